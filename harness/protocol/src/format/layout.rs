//! From entries to offsets on one platform.
//!
//! Knows sizes, alignment, and the readings on which text and implementations part ways: padding behind
//! the last field, and whether a closing brace ends what an order mark inside it began. Must never know
//! bytes or values.
//!
//! The primary reading: a count repeats (each repetition aligned), a struct is aligned to its widest
//! member, nothing is padded at its end, and an order mark stays in force until the next one, across
//! braces, as PEP 3118 says. Whether a struct is aligned at all depends on the mark in force behind it, as
//! in `NumPy`. Runs of `t` share bytes, and what follows starts at a whole byte: nobody implements `t`, so
//! this is our reading.

use super::code::{Extent, Kind, Order};
use super::error::{Fault, FormatError, MAX_SIZE};
use super::platform::{LongDouble, Platform};
use super::syntax::{Entry, Item, each_entry};

/// One way of reading what the texts leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Structs inside are padded to their alignment.
    pub(super) pad_nested: bool,
    /// The whole item is padded to its alignment.
    pub(super) pad_outer: bool,
    /// A closing brace restores the order mark of before the opening one.
    pub(super) scoped: bool,
}

/// No padding but alignment: the struct module's sum.
pub(super) const EXACT: Reading = Reading {
    pad_nested: false,
    pad_outer: false,
    scoped: false,
};
/// Padding behind every natively aligned struct and item: `NumPy`'s parser.
pub(super) const PADDED: Reading = Reading {
    pad_nested: true,
    pad_outer: true,
    scoped: false,
};

/// Every reading, the likeliest first.
pub(super) const READINGS: [Reading; 8] = [
    EXACT,
    PADDED,
    Reading {
        pad_nested: true,
        pad_outer: false,
        scoped: false,
    },
    Reading {
        pad_nested: false,
        pad_outer: true,
        scoped: false,
    },
    Reading {
        pad_nested: false,
        pad_outer: false,
        scoped: true,
    },
    Reading {
        pad_nested: true,
        pad_outer: true,
        scoped: true,
    },
    Reading {
        pad_nested: true,
        pad_outer: false,
        scoped: true,
    },
    Reading {
        pad_nested: false,
        pad_outer: true,
        scoped: true,
    },
];

/// A record with its fields at their offsets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record<'f> {
    pub(super) fields: Vec<Field<'f>>,
    /// Bytes.
    pub(super) size: u64,
    /// Bytes, at least 1.
    pub(super) align: u64,
    /// Single values inside, saturating.
    pub(super) items: u64,
}

/// One entry at its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field<'f> {
    /// Bytes from the start of the record.
    pub(super) offset: u64,
    /// Bits behind `offset`, for bit fields.
    pub(super) bit: u64,
    /// Axes: the shape, then a repeating count.
    pub(super) axes: Vec<u64>,
    /// Bytes from one element to the next.
    pub(super) stride: u64,
    pub(super) element: Element<'f>,
    pub(super) name: Option<&'f str>,
    /// Whether the field holds a value at all, and is not only a gap.
    pub(super) valued: bool,
}

/// What one element of a field is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Element<'f> {
    Scalar(Scalar),
    Record(Record<'f>),
}

/// A single value, with everything that decoding needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) kind: Kind,
    /// Bytes of the whole value; for bit fields 0.
    pub(super) size: u64,
    /// Bits, for bit fields only.
    pub(super) bits: u64,
    pub(super) big_endian: bool,
    pub(super) long_double: LongDouble,
}

impl Field<'_> {
    /// Elements in the field: 1 without axes, `None` beyond `u64`.
    pub(super) fn count(&self) -> Option<u64> {
        count(&self.axes)
    }

    /// Single values in the field, saturating.
    pub(super) fn items(&self) -> u64 {
        let each = match &self.element {
            Element::Scalar(_) => 1,
            Element::Record(record) => record.items,
        };
        if self.valued {
            self.count().unwrap_or(u64::MAX).saturating_mul(each)
        } else {
            0
        }
    }
}

/// The product of axes; 0 as soon as one of them is 0.
fn count(axes: &[u64]) -> Option<u64> {
    if axes.contains(&0) {
        return Some(0);
    }
    axes.iter()
        .try_fold(1_u64, |product, axis| product.checked_mul(*axis))
}

/// Lays out `entries`, the whole of `text`.
pub(super) fn resolve<'f>(
    text: &str,
    entries: &'f [Entry],
    platform: Platform,
    reading: Reading,
) -> Result<Record<'f>, FormatError> {
    Walk {
        text,
        platform,
        reading,
        order: Order::Native,
    }
    .record(entries, reading.pad_outer)
}

struct Walk<'p> {
    text: &'p str,
    platform: Platform,
    reading: Reading,
    order: Order,
}

impl Walk<'_> {
    fn record<'f>(&mut self, entries: &'f [Entry], padded: bool) -> Result<Record<'f>, FormatError> {
        let mut record = Record {
            fields: Vec::with_capacity(entries.len()),
            size: 0,
            align: 1,
            items: 0,
        };
        let mut bits = 0_u64;
        let mut last = 0;
        for entry in entries {
            last = entry.at;
            self.order = entry.order.unwrap_or(self.order);
            let before = self.order;
            let mut field = self.field(entry)?;
            if let Element::Scalar(Scalar {
                kind: Kind::Bits,
                bits: width,
                ..
            }) = field.element
            {
                (field.offset, field.bit) = (record.size + bits / 8, bits % 8);
                let all = field
                    .count()
                    .and_then(|count| count.checked_mul(width))
                    .and_then(|all| bits.checked_add(all));
                bits = all
                    .filter(|all| *all / 8 <= MAX_SIZE)
                    .ok_or_else(|| self.overflow(entry.at))?;
            } else {
                record.size = self.sum(record.size, bits.div_ceil(8), entry.at)?;
                bits = 0;
                // What a pointer's target says of order comes behind the pointer.
                let native = match entry.item {
                    Item::Struct(_) => self.order == Order::Native,
                    Item::Code(..) | Item::Pointer(_) | Item::Function(..) => before == Order::Native,
                };
                self.place(&mut record, &mut field, native, entry.at)?;
            }
            record.items = record.items.saturating_add(field.items());
            record.fields.push(field);
        }
        record.size = self.sum(record.size, bits.div_ceil(8), last)?;
        if padded && self.order == Order::Native {
            record.size = self.round_up(record.size, record.align, last)?;
        }
        Ok(record)
    }

    /// Puts a field of whole bytes behind what the record holds already.
    fn place(
        &self,
        record: &mut Record<'_>,
        field: &mut Field<'_>,
        native: bool,
        at: usize,
    ) -> Result<(), FormatError> {
        let (size, align) = match &field.element {
            Element::Scalar(scalar) => (scalar.size, field.stride),
            Element::Record(inner) => (inner.size, inner.align),
        };
        field.stride = size;
        if native {
            record.size = self.round_up(record.size, align, at)?;
            record.align = record.align.max(align);
            field.stride = self.round_up(size, align, at)?;
        }
        field.offset = record.size;
        let count = field.count().ok_or_else(|| self.overflow(at))?;
        let extent = match count.checked_sub(1) {
            None => Some(0),
            Some(before) => before
                .checked_mul(field.stride)
                .and_then(|bytes| bytes.checked_add(size)),
        };
        record.size = self.sum(record.size, extent.ok_or_else(|| self.overflow(at))?, at)?;
        Ok(())
    }

    /// The field without its place; `stride` holds a scalar's alignment until it is placed.
    fn field<'f>(&mut self, entry: &'f Entry) -> Result<Field<'f>, FormatError> {
        let mut axes = entry.shape.clone();
        let mut repeats = entry.count;
        let mut align = 1;
        let element = match &entry.item {
            Item::Code(code, at) => {
                let extent = code
                    .extent(self.order, self.platform)
                    .ok_or_else(|| FormatError::new(Fault::NoStandardSize, self.text, *at))?;
                let mut length = 1;
                if code.kind.counts_length() {
                    length = repeats.take().unwrap_or(1);
                }
                align = extent.align;
                Element::Scalar(self.scalar(code.kind, extent, length, entry.at)?)
            }
            Item::Struct(fields) => {
                let outer = self.order;
                let record = self.record(fields, self.reading.pad_nested)?;
                self.leave(outer);
                Element::Record(record)
            }
            Item::Pointer(_) | Item::Function(..) => {
                let size = self.platform.pointer.bytes();
                align = size;
                let scalar = self.scalar(Kind::Pointer, Extent { size, align }, 1, entry.at)?;
                let outer = self.order;
                for inner in entry.inner() {
                    self.follow(inner);
                }
                self.leave(outer);
                Element::Scalar(scalar)
            }
        };
        axes.extend(repeats.filter(|count| *count != 1));
        let empty_repeat = repeats == Some(0) && entry.shape.is_empty() && entry.name.is_none();
        Ok(Field {
            offset: 0,
            bit: 0,
            axes,
            stride: align,
            element,
            name: entry.name.as_ref().map(|name| name.text.as_str()),
            valued: !entry.is_gap() && !empty_repeat,
        })
    }

    fn scalar(&self, kind: Kind, extent: Extent, length: u64, at: usize) -> Result<Scalar, FormatError> {
        let (size, bits) = if kind == Kind::Bits {
            (0, length)
        } else {
            (extent.size, 0)
        };
        let size = size.checked_mul(if kind.counts_length() { length } else { 1 });
        Ok(Scalar {
            kind,
            size: size
                .filter(|size| *size <= MAX_SIZE)
                .ok_or_else(|| self.overflow(at))?,
            bits,
            big_endian: self.order.big_endian(self.platform),
            long_double: self.platform.long_double,
        })
    }

    /// Follows the order marks of what a pointer points to: its size is of no concern here.
    fn follow(&mut self, entry: &Entry) {
        each_entry(std::slice::from_ref(entry), &mut |inner, _| {
            self.order = inner.order.unwrap_or(self.order);
        });
    }

    fn leave(&mut self, outer: Order) {
        if self.reading.scoped {
            self.order = outer;
        }
    }

    fn round_up(&self, size: u64, align: u64, at: usize) -> Result<u64, FormatError> {
        size.checked_next_multiple_of(align.max(1))
            .filter(|size| *size <= MAX_SIZE)
            .ok_or_else(|| self.overflow(at))
    }

    fn sum(&self, left: u64, right: u64, at: usize) -> Result<u64, FormatError> {
        left.checked_add(right)
            .filter(|size| *size <= MAX_SIZE)
            .ok_or_else(|| self.overflow(at))
    }

    fn overflow(&self, at: usize) -> FormatError {
        FormatError::new(Fault::SizeOverflow, self.text, at)
    }
}
