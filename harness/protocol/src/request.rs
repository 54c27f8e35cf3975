//! The request: the flags word that a consumer passes to `PyObject_GetBuffer`.
//!
//! Knows the eight request bits, every macro and compound macro built from them, and which words are
//! well-formed, combined or malformed and why. Must never know how any exporter answers.
//!
//! Source: CPython documentation, `c-api/buffer#buffer-request-types`; values as in
//! `Include/pybuffer.h` and `inspect.BufferFlags`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A flags word, kept as the C `int` that the exporter receives; bits without a meaning are kept too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request(i32);

/// The macros, widest first: the order in which a word is taken apart for printing.
const MACROS: [(&str, i32); 9] = [
    ("INDIRECT", 0x118),
    ("C_CONTIGUOUS", 0x38),
    ("F_CONTIGUOUS", 0x58),
    ("ANY_CONTIGUOUS", 0x98),
    ("STRIDES", 0x18),
    ("ND", 0x8),
    ("FORMAT", 0x4),
    ("WRITABLE", 0x1),
    ("SIMPLE", 0x0),
];

/// Compound macros of the documentation, with the word each stands for.
const COMPOUNDS: [(&str, i32); 8] = [
    ("FULL", 0x11d),
    ("FULL_RO", 0x11c),
    ("RECORDS", 0x1d),
    ("RECORDS_RO", 0x1c),
    ("STRIDED", 0x19),
    ("STRIDED_RO", 0x18),
    ("CONTIG", 0x9),
    ("CONTIG_RO", 0x8),
];

/// Names of single bits that are no macro by themselves.
const BITS: [(&str, i32); 5] = [
    ("STRIDES-bit", 0x10),
    ("C-bit", 0x20),
    ("F-bit", 0x40),
    ("ANY-bit", 0x80),
    ("INDIRECT-bit", 0x100),
];

/// Whether a word is something the documentation lets a consumer ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WellFormed {
    /// One structure macro, alone or with `WRITABLE` and `FORMAT`.
    Yes,
    /// Documented macros whose joint meaning can only be inferred (several contiguity demands).
    Combined,
    /// Half a macro, `FORMAT` without a shape, or bits without a meaning.
    Malformed,
}

/// Why a word is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// 0x10 without `ND`.
    StridesWithoutNd,
    /// 0x20, 0x40 or 0x80 without full `STRIDES`.
    ContiguityWithoutStrides,
    /// 0x100 without full `STRIDES`.
    IndirectWithoutStrides,
    /// `FORMAT` without `ND`.
    FormatWithoutShape,
    /// The whole word is `PyBUF_READ` (0x100) or `PyBUF_WRITE` (0x200), which belong to memoryview.
    ReadOrWrite,
    /// Bits that the protocol gives no meaning.
    UnknownBits,
}

impl Request {
    /// No demand but flat readable bytes.
    pub const SIMPLE: Self = Self(0);
    /// Writable memory.
    pub const WRITABLE: Self = Self(0x1);
    /// The `format` field.
    pub const FORMAT: Self = Self(0x4);
    /// The `shape` field.
    pub const ND: Self = Self(0x8);
    /// `shape` and `strides`.
    pub const STRIDES: Self = Self(0x18);
    /// C-contiguous memory.
    pub const C_CONTIGUOUS: Self = Self(0x38);
    /// Fortran-contiguous memory.
    pub const F_CONTIGUOUS: Self = Self(0x58);
    /// Memory contiguous in either order.
    pub const ANY_CONTIGUOUS: Self = Self(0x98);
    /// Suboffsets are understood.
    pub const INDIRECT: Self = Self(0x118);
    /// Everything, read-only accepted: what `memoryview()` asks.
    pub const FULL_RO: Self = Self(0x11c);
    /// Everything, writable.
    pub const FULL: Self = Self(0x11d);
    /// The bits that carry a meaning.
    pub const KNOWN_BITS: i32 = 0x1fd;

    /// The request with these flags.
    pub const fn new(flags: i32) -> Self {
        Self(flags)
    }

    /// The flags as the exporter receives them.
    pub const fn flags(self) -> i32 {
        self.0
    }

    /// All 256 combinations of the eight bits with a meaning, in ascending order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=Self::KNOWN_BITS)
            .filter(|flags| flags & !Self::KNOWN_BITS == 0)
            .map(Self)
    }

    /// Whether every bit of `other` is set: the test `(flags & MACRO) == MACRO`.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This request with the bits of `other` added.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This request without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether writable memory is demanded.
    pub const fn wants_writable(self) -> bool {
        self.contains(Self::WRITABLE)
    }

    /// Whether the format is demanded.
    pub const fn wants_format(self) -> bool {
        self.contains(Self::FORMAT)
    }

    /// Whether the shape is demanded.
    pub const fn wants_shape(self) -> bool {
        self.contains(Self::ND)
    }

    /// Whether strides are demanded (both bits: half the macro demands nothing).
    pub const fn wants_strides(self) -> bool {
        self.contains(Self::STRIDES)
    }

    /// Whether suboffsets are understood.
    pub const fn takes_suboffsets(self) -> bool {
        self.contains(Self::INDIRECT)
    }

    /// Whether C-contiguous memory is demanded in so many words.
    pub const fn wants_c(self) -> bool {
        self.contains(Self::C_CONTIGUOUS)
    }

    /// Whether Fortran-contiguous memory is demanded.
    pub const fn wants_f(self) -> bool {
        self.contains(Self::F_CONTIGUOUS)
    }

    /// Whether memory contiguous in either order is demanded.
    pub const fn wants_any(self) -> bool {
        self.contains(Self::ANY_CONTIGUOUS)
    }

    /// Bits that the protocol gives no meaning.
    pub const fn unknown_bits(self) -> i32 {
        self.0 & !Self::KNOWN_BITS
    }

    /// Why the word is malformed; empty if it is not.
    pub fn flaws(self) -> Vec<Flaw> {
        let half = |bits: i32| self.0 & bits != 0 && !self.wants_strides();
        [
            (self.0 & 0x10 != 0 && !self.wants_shape(), Flaw::StridesWithoutNd),
            (half(0xe0), Flaw::ContiguityWithoutStrides),
            (half(0x100), Flaw::IndirectWithoutStrides),
            (
                self.wants_format() && !self.wants_shape(),
                Flaw::FormatWithoutShape,
            ),
            (self.0 == 0x100 || self.0 == 0x200, Flaw::ReadOrWrite),
            (self.unknown_bits() != 0, Flaw::UnknownBits),
        ]
        .into_iter()
        .filter_map(|(present, flaw)| present.then_some(flaw))
        .collect()
    }

    /// Whether the word is well-formed, combined or malformed.
    pub fn well_formed(self) -> WellFormed {
        let half = self.0 & 0x1f0 != 0 && !self.wants_strides();
        if half || self.unknown_bits() != 0 || (self.wants_format() && !self.wants_shape()) {
            return WellFormed::Malformed;
        }
        match (self.0 & 0x1e0).count_ones() {
            0 | 1 => WellFormed::Yes,
            _ => WellFormed::Combined,
        }
    }

    /// Every macro and compound macro that equals this word exactly, without the `PyBUF_` prefix.
    pub fn macros(self) -> Vec<&'static str> {
        MACROS
            .iter()
            .chain(&COMPOUNDS)
            .filter(|(_, flags)| *flags == self.0)
            .map(|(name, _)| *name)
            .collect()
    }

    /// The word in hexadecimal, three digits wide: `0x018`, `-0x001`.
    pub fn hex(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{:#05x}", self.0.unsigned_abs())
    }

    /// The id of the case that asks this request: `requests/0x018-strides`.
    pub fn case_id(self) -> String {
        if self.unknown_bits() != 0 {
            return format!("requests/{}-unknown-bits", self.hex());
        }
        format!(
            "requests/{}-{}",
            self.hex(),
            self.to_string().to_lowercase().replace('|', "+")
        )
    }
}

/// The macros the word is made of, joined by `|`: `STRIDES|FORMAT`; left-over bits by name or in hexadecimal.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            return write!(f, "{}", self.hex());
        }
        let mut covered = 0;
        let mut parts: Vec<Cow<'static, str>> = Vec::new();
        for (name, flags) in MACROS {
            if flags != 0 && self.contains(Self(flags)) && covered & flags != flags {
                covered |= flags;
                parts.push(name.into());
            }
        }
        for (name, bit) in BITS {
            if self.0 & bit != 0 && covered & bit == 0 {
                covered |= bit;
                parts.push(name.into());
            }
        }
        if self.0 & !covered != 0 {
            parts.push(format!("{:#x}", self.0 & !covered).into());
        }
        if parts.is_empty() {
            parts.push("SIMPLE".into());
        }
        write!(f, "{}", parts.join("|"))
    }
}

/// A text that names no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no request: want a number such as `0x1c`, or macros joined by `|` such as `STRIDES|FORMAT`"
)]
pub struct ParseRequestError {
    text: String,
}

/// Reads what [`Request`] prints, compound macros, a `PyBUF_` prefix, and decimal or hexadecimal numbers.
impl FromStr for Request {
    type Err = ParseRequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseRequestError {
            text: text.to_owned(),
        };
        text.split(['|', '+'])
            .try_fold(0, |flags, part| parse_part(part.trim()).map(|bits| flags | bits))
            .map(Self)
            .ok_or_else(error)
    }
}

fn parse_part(part: &str) -> Option<i32> {
    let (negative, digits) = part.strip_prefix('-').map_or((false, part), |rest| (true, rest));
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => digits.parse::<i64>().ok(),
    };
    if let Some(number) = number {
        return i32::try_from(if negative { -number } else { number }).ok();
    }
    let name = part.strip_prefix("PyBUF_").unwrap_or(part);
    let same = |(known, flags): &(&str, i32)| known.eq_ignore_ascii_case(name).then_some(*flags);
    MACROS.iter().chain(&COMPOUNDS).chain(&BITS).find_map(same)
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Request {
    fn schema_name() -> Cow<'static, str> {
        "Request".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A flags word: hexadecimal (`0x01c`) or macros joined by `|` (`STRIDES|FORMAT`).",
            "pattern": "^(-?0x[0-9a-f]+|[A-Za-z_-]+(\\|[A-Za-z_-]+)*)$"
        })
    }
}
