//! Formats: the PEP 3118 struct string that describes one item of a buffer.
//!
//! Knows the grammar, the codes, sizes and alignment on a stated [`Platform`], decoding of bytes, and what
//! the struct module makes of a string. Must never know requests, views, rules, or which exporter wrote a
//! string.
//!
//! A string is parsed once, whatever the machine, and laid out for a platform:
//!
//! ```
//! use bufcheck_protocol::format::{Format, Platform};
//!
//! let format: Format = "T{i:id:(2,3)<h:grid:b:flag:}".parse()?;
//! let sizes = format.layout(&Platform::LP64_LE)?;
//! assert_eq!((sizes.exact, sizes.items), (17, 8));
//! assert!(format.accepts_itemsize(17, &Platform::LP64_LE));
//! # Ok::<(), bufcheck_protocol::format::FormatError>(())
//! ```
//!
//! Where the text and the implementations part ways (padding at the end of a struct, order marks that cross
//! a closing brace), every reading is accepted: [`Format::accepted_sizes`] lists them.
//!
//! Sources: PEP 3118, "Additions to the struct string-syntax"; `library/struct`; `NumPy`'s
//! `numpy/_core/_internal.py` and ctypes for what is really written.

mod code;
mod decode;
mod equivalence;
mod error;
mod float;
mod inspect;
mod layout;
mod parse;
mod platform;
mod stored;
mod struct_module;
mod syntax;
mod value;

use std::fmt::{self, Display};
use std::str::FromStr;

pub use code::Order;
pub use decode::{DecodeError, MAX_ITEMS};
pub use equivalence::Names;
pub use error::{Fault, FormatError, MAX_AXES, MAX_DEPTH, MAX_LENGTH, MAX_SIZE};
pub use inspect::{NameFlaw, NameFlawKind, Witness};
pub use platform::{LongDouble, Platform, Word};
pub use value::{FloatWidth, Value, hex_bytes};

use serde_json::Value as Json;

use layout::{EXACT, PADDED, READINGS, Record};
use syntax::{Entries, Entry};

/// Bytes of an item at most whose declared values are looked through.
const MAX_DECLARED: usize = 1 << 20;

/// A parsed format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    text: String,
    entries: Vec<Entry>,
}

/// What one item takes on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes with native alignment between fields and nothing behind the last one.
    pub exact: u64,
    /// Bytes where every natively aligned struct, and the item itself, is padded to its alignment.
    pub padded: u64,
    /// Bytes.
    pub alignment: u64,
    /// Single values: padding is none, `5s` is one, `(2,3)i` is six.
    pub items: u64,
}

impl Format {
    /// Parses a string, in time proportional to its length.
    ///
    /// # Errors
    /// [`FormatError`] with the place of the first fault; codes without a standard size are found only by
    /// [`Format::layout`].
    pub fn parse(text: &str) -> Result<Format, FormatError> {
        Ok(Format {
            entries: parse::parse(text)?,
            text: text.to_owned(),
        })
    }

    /// The string as it was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Sizes, alignment and number of values.
    ///
    /// # Errors
    /// A code without a standard size under `=`, `<`, `>` or `!`, or a size beyond `Py_ssize_t`.
    pub fn layout(&self, platform: &Platform) -> Result<Sizes, FormatError> {
        let exact = layout::resolve(&self.text, &self.entries, *platform, EXACT)?;
        let padded = layout::resolve(&self.text, &self.entries, *platform, PADDED)?;
        Ok(Sizes {
            exact: exact.size,
            padded: padded.size,
            alignment: exact.align,
            items: exact.items,
        })
    }

    /// Every size in bytes that some reading gives, the exact sum first; under `=`, `<`, `>`, `!` and `^`
    /// there is only that one.
    ///
    /// # Errors
    /// As [`Format::layout`].
    pub fn accepted_sizes(&self, platform: &Platform) -> Result<Vec<u64>, FormatError> {
        let mut sizes = vec![layout::resolve(&self.text, &self.entries, *platform, EXACT)?.size];
        for reading in READINGS {
            // Another reading's padding may pass the largest size, and then gives none.
            let Ok(record) = layout::resolve(&self.text, &self.entries, *platform, reading) else {
                continue;
            };
            if !sizes.contains(&record.size) {
                sizes.push(record.size);
            }
        }
        Ok(sizes)
    }

    /// Whether an item of `itemsize` bytes fits some reading; never where there is no layout.
    pub fn accepts_itemsize(&self, itemsize: u64, platform: &Platform) -> bool {
        self.accepted_sizes(platform)
            .is_ok_and(|sizes| sizes.contains(&itemsize))
    }

    /// What `struct.calcsize` answers in bytes; `None` where it raises.
    pub fn struct_module_size(&self, platform: &Platform) -> Option<u64> {
        struct_module::size(&self.text, *platform)
    }

    /// Whether Python's struct module (3.11) takes the string.
    pub fn struct_module_accepts(&self, platform: &Platform) -> bool {
        self.struct_module_size(platform).is_some()
    }

    /// Whether both strings describe items with the same values at the same places, in some common
    /// reading of the padding.
    pub fn equivalent(&self, other: &Format, platform: &Platform, names: Names) -> bool {
        let (left, right) = (self.readings(*platform), other.readings(*platform));
        left.iter()
            .any(|left| right.iter().any(|right| equivalence::same(left, right, names)))
    }

    /// The two common readings, as far as they have a layout.
    fn readings(&self, platform: Platform) -> Vec<Record<'_>> {
        let resolve = |reading| layout::resolve(&self.text, &self.entries, platform, reading).ok();
        [EXACT, PADDED].into_iter().filter_map(resolve).collect()
    }

    /// A decoder for items of `itemsize` bytes, to be kept for many of them.
    ///
    /// The reading of the format that has this size is chosen, the exact one before any padded one.
    ///
    /// # Errors
    /// No layout, no reading of this size, or more values in one item than [`MAX_ITEMS`].
    pub fn decoder(&self, itemsize: u64, platform: &Platform) -> Result<Decoder<'_>, DecodeError> {
        for (index, reading) in READINGS.into_iter().enumerate() {
            let record = match layout::resolve(&self.text, &self.entries, *platform, reading) {
                Ok(record) => record,
                Err(error) if index == 0 => return Err(error.into()),
                Err(_) => continue,
            };
            if record.size == itemsize {
                let found = decode::cost(&record);
                if found > MAX_ITEMS {
                    return Err(DecodeError::TooMany { found });
                }
                return Ok(Decoder { record });
            }
        }
        Err(DecodeError::Size {
            wanted: self.accepted_sizes(platform)?,
            found: itemsize,
        })
    }

    /// What keeps a declared value (in JSON, as [`Value::equals_json`] reads it) from being stored as an item of this
    /// format; `None` if nothing does, or if there is no layout.
    pub fn misfit(&self, declared: &Json, platform: &Platform) -> Option<String> {
        let exact = self.layout(platform).ok()?.exact;
        let size = usize::try_from(exact).ok().filter(|size| *size <= MAX_DECLARED)?;
        let decoder = self.decoder(exact, platform).ok()?;
        let of = |byte: u8| decoder.decode(&vec![byte; size]).ok();
        let (zeros, ones, sevens) = (of(0)?, of(0xff)?, of(0x7f)?);
        let stored = stored::Stored {
            zeros: &zeros,
            ones: &ones,
            sevens: &sevens,
        };
        stored.misfit(declared)
    }

    /// Decodes one item, whose size is that of `bytes`.
    ///
    /// # Errors
    /// As [`Format::decoder`].
    pub fn decode(&self, bytes: &[u8], platform: &Platform) -> Result<Value, DecodeError> {
        let itemsize = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.decoder(itemsize, platform)?.decode(bytes)
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Format, FormatError> {
        Format::parse(text)
    }
}

impl Display for Format {
    /// The string without whitespace, order marks behind shapes, and neighbouring gaps drawn together.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Entries(&self.entries).fmt(f)
    }
}

/// Decodes items of one format and one size.
#[derive(Clone, Debug)]
pub struct Decoder<'f> {
    record: Record<'f>,
}

impl Decoder<'_> {
    /// Decodes one item.
    ///
    /// A single unnamed code gives its value; a `T{}`, a name or several codes give a record.
    ///
    /// # Errors
    /// [`DecodeError::Size`] if `bytes` do not have the decoder's size.
    pub fn decode(&self, bytes: &[u8]) -> Result<Value, DecodeError> {
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found == self.record.size {
            Ok(decode::item(&self.record, bytes))
        } else {
            Err(DecodeError::Size {
                wanted: vec![self.record.size],
                found,
            })
        }
    }
}
