//! From bytes to values.
//!
//! Knows how each kind of scalar is encoded, and walks a resolved layout over the bytes of one item. Must
//! never know text or how the layout came about. The number of values is bounded before the first one is
//! made.

use super::code::Kind;
use super::error::FormatError;
use super::float;
use super::layout::{Element, Field, Record, Scalar};
use super::value::{FloatWidth, Value};

/// The most single values that one item may decode to.
pub const MAX_ITEMS: u64 = 1 << 20;

/// Why bytes could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The format has no layout on this platform.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// No reading of the format has this size.
    #[error("wanted an item of {wanted:?} bytes, found {found}")]
    Size {
        /// Sizes that the format can have, in bytes.
        wanted: Vec<u64>,
        /// The size given, in bytes.
        found: u64,
    },
    /// One item holds more values than are decoded.
    #[error("wanted at most {MAX_ITEMS} values in an item, found {found}")]
    TooMany {
        /// Values in the item.
        found: u64,
    },
}

/// Decodes a whole item of `record.size` bytes.
pub(super) fn item(record: &Record<'_>, bytes: &[u8]) -> Value {
    match record.fields.as_slice() {
        // NumPy exports a void item as nothing but padding.
        [
            Field {
                valued: false,
                element: Element::Scalar(scalar),
                axes,
                ..
            },
        ] if scalar.kind == Kind::Pad && axes.is_empty() => Value::Opaque(bytes.to_vec()),
        fields => {
            let mut valued = fields.iter().filter(|field| field.valued);
            match (valued.next(), valued.next()) {
                (Some(only), None) if only.name.is_none() => {
                    array(only, &only.axes, slice(bytes, only.offset), 0)
                }
                _ => fields_of(record, bytes),
            }
        }
    }
}

/// Values and list nodes that decoding a record makes, saturating: what is bounded by [`MAX_ITEMS`].
pub(super) fn cost(record: &Record<'_>) -> u64 {
    let fields = record.fields.iter().filter(|field| field.valued);
    fields.fold(1, |sum, field| {
        let each = match &field.element {
            Element::Scalar(scalar) => scalar.bits.max(1),
            Element::Record(inner) => cost(inner),
        };
        let mut nodes = 1_u64;
        let mut all = 0_u64;
        for axis in &field.axes {
            nodes = nodes.saturating_mul(*axis);
            all = all.saturating_add(nodes);
        }
        sum.saturating_add(all).saturating_add(nodes.saturating_mul(each))
    })
}

fn fields_of(record: &Record<'_>, bytes: &[u8]) -> Value {
    let fields = record.fields.iter().filter(|field| field.valued);
    Value::Record(
        fields
            .map(|field| {
                let value = array(field, &field.axes, slice(bytes, field.offset), 0);
                (field.name.map(str::to_owned), value)
            })
            .collect(),
    )
}

/// The part of a field's elements that starts with element `first`; `bytes` start at the field.
fn array(field: &Field<'_>, axes: &[u64], bytes: &[u8], first: u64) -> Value {
    let Some((length, inner)) = axes.split_first() else {
        return element(field, bytes, first);
    };
    let step = inner
        .iter()
        .fold(1, |product: u64, axis| product.saturating_mul(*axis));
    let part = |index: u64| {
        array(
            field,
            inner,
            bytes,
            index.saturating_mul(step).saturating_add(first),
        )
    };
    Value::List((0..*length).map(part).collect())
}

fn element(field: &Field<'_>, bytes: &[u8], index: u64) -> Value {
    match &field.element {
        Element::Record(record) => fields_of(record, slice(bytes, index.saturating_mul(field.stride))),
        Element::Scalar(scalar) if scalar.kind == Kind::Bits => bits(
            scalar,
            bytes,
            index.saturating_mul(scalar.bits).saturating_add(field.bit),
        ),
        Element::Scalar(scalar) => {
            let bytes = slice(bytes, index.saturating_mul(field.stride));
            self::scalar(*scalar, bytes.get(..index_of(scalar.size)).unwrap_or_default())
        }
    }
}

fn scalar(scalar: Scalar, bytes: &[u8]) -> Value {
    let ordered = |bytes: &[u8]| -> Vec<u8> {
        if scalar.big_endian {
            bytes.iter().rev().copied().collect()
        } else {
            bytes.to_vec()
        }
    };
    let number = || float::unsigned(&ordered(bytes));
    match scalar.kind {
        Kind::Pad => Value::Opaque(bytes.to_vec()),
        Kind::Char | Kind::Bytes => Value::Bytes(bytes.to_vec()),
        Kind::Pascal => Value::Bytes(pascal(bytes)),
        Kind::Bool => Value::Bool(number() != 0),
        Kind::Unsigned => Value::Int(number().cast_signed()),
        Kind::Signed => {
            let unused = 128 - 8 * u32::try_from(bytes.len()).unwrap_or(16).clamp(1, 16);
            Value::Int((number() << unused).cast_signed() >> unused)
        }
        Kind::Float => real(&ordered(bytes)),
        Kind::LongDouble => long_double(scalar, bytes),
        Kind::Complex | Kind::ComplexLong => {
            let (re, im) = bytes.split_at(bytes.len() / 2);
            Value::Complex(Box::new(if scalar.kind == Kind::Complex {
                [real(&ordered(re)), real(&ordered(im))]
            } else {
                [long_double(scalar, re), long_double(scalar, im)]
            }))
        }
        Kind::Ucs2 => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| unit16(&ordered(unit))).collect();
            String::from_utf16(&units).map_or_else(|_| Value::Opaque(bytes.to_vec()), Value::Text)
        }
        Kind::Ucs4 => {
            let points = bytes
                .chunks_exact(4)
                .map(|unit| char::from_u32(unit32(&ordered(unit))));
            points
                .collect::<Option<String>>()
                .map_or_else(|| Value::Opaque(bytes.to_vec()), Value::Text)
        }
        Kind::Pointer => Value::Pointer(float::low64(number())),
        Kind::Object => Value::Object(float::low64(number())),
        Kind::Bits => bits(&scalar, bytes, 0),
    }
}

/// `bytes` are least significant first.
fn real(bytes: &[u8]) -> Value {
    match bytes.len() {
        2 => Value::Float(half::f16::from_bits(unit16(bytes)).to_f64(), FloatWidth::Half),
        4 => Value::Float(f64::from(f32::from_bits(unit32(bytes))), FloatWidth::Single),
        _ => Value::Float(
            f64::from_bits(float::low64(float::unsigned(bytes))),
            FloatWidth::Double,
        ),
    }
}

fn long_double(scalar: Scalar, bytes: &[u8]) -> Value {
    let mut ordered = bytes.to_vec();
    if scalar.big_endian {
        ordered.reverse();
    }
    Value::LongDouble(float::long_double(&ordered, scalar.long_double), bytes.to_vec())
}

/// Of `n` bytes the first says how many of the others count, as the struct module reads it.
fn pascal(bytes: &[u8]) -> Vec<u8> {
    let Some((length, text)) = bytes.split_first() else {
        return Vec::new();
    };
    text.get(..text.len().min(usize::from(*length)))
        .unwrap_or_default()
        .to_vec()
}

/// Bits `start..` of `bytes`: from the least significant of each byte in little-endian order, from the
/// most significant in big-endian order.
fn bits(scalar: &Scalar, bytes: &[u8], start: u64) -> Value {
    let bit = |at: u64| {
        let byte = bytes.get(index_of(at / 8)).copied().unwrap_or(0);
        let shift = if scalar.big_endian { 7 - at % 8 } else { at % 8 };
        byte >> shift & 1 == 1
    };
    Value::Bits(
        (0..scalar.bits)
            .map(|index| bit(start.saturating_add(index)))
            .collect(),
    )
}

fn unit16(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .rev()
        .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
}

fn unit32(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |unit, byte| unit << 8 | u32::from(*byte))
}

fn slice(bytes: &[u8], from: u64) -> &[u8] {
    bytes.get(index_of(from)..).unwrap_or_default()
}

fn index_of(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
