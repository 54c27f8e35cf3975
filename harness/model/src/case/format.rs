//! Format vectors: strings with what any parser should make of them.
//!
//! Knows the closed shape of `cases/formats/*.json`. Must never know files or what this crate's own parser
//! says: a test compares the two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use bufcheck_protocol::format::Fault;
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::format::hex_bytes;

/// One file of vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatCases {
    /// What the vectors of this file have in common.
    pub about: String,
    /// How many vectors follow.
    pub count: usize,
    /// The vectors.
    pub vectors: Vec<FormatCase>,
}

/// One string and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatCase {
    /// Stable name, a path without spaces.
    pub id: String,
    /// The string.
    pub format: String,
    /// Whether the string has a meaning and, on the platform, a layout.
    pub valid: bool,
    /// The platform, `lp64-le` where nothing is said.
    #[serde(default, skip_serializing_if = "is_default")]
    pub platform: CasePlatform,
    /// Bytes of one item, without padding behind its last field. Stated for valid strings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Bytes of one item whose natively aligned structs are padded, where that differs from `size`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padded_size: Option<u64>,
    /// Further sizes in bytes that a reading of the texts allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_sizes: Vec<u64>,
    /// Alignment in bytes. Stated for valid strings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<u64>,
    /// Single values in one item. Stated for valid strings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Whether Python's struct module (3.11) takes the string.
    pub struct_module: bool,
    /// Bytes of one item, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_hex: Option<String>,
    /// What those bytes decode to: numbers, `"nan"`, `"inf"`, `"-inf"`, `[re, im]`, latin-1 text or
    /// `{"hex": ".."}`, text of `0` and `1` for bits, lists for sub-arrays and records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Json>,
    /// What is wrong with an invalid string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CaseError>,
    /// Where the expectation comes from.
    pub source: CaseSource,
}

/// What is wrong with a string, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseError {
    /// The fault.
    pub kind: Fault,
    /// Bytes from the start of the string.
    pub position: usize,
}

/// The document or program that an expectation follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseSource {
    /// Which one.
    pub document: CaseDocument,
    /// The place in it, or how the expectation was found.
    pub note: String,
}

/// Documents and programs that vectors come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CaseDocument {
    /// The struct module.
    #[serde(rename = "struct")]
    Struct,
    /// PEP 3118.
    #[serde(rename = "PEP 3118")]
    Pep3118,
    /// `NumPy`'s parser, or what `NumPy` exports.
    #[serde(rename = "NumPy")]
    NumPy,
    /// What ctypes exports.
    #[serde(rename = "ctypes")]
    Ctypes,
    /// What other parts of the standard library export.
    #[serde(rename = "CPython")]
    CPython,
}

/// Platforms that vectors name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CasePlatform {
    /// x86-64 Linux and macOS.
    #[default]
    Lp64Le,
    /// s390x: big-endian, binary128 aligned to 8.
    Lp64Be,
    /// 64-bit Windows: `long` of 4 bytes, `long double` as `double`.
    Llp64Le,
    /// 32-bit x86 Linux: 8-byte numbers aligned to 4, `long double` of 12 bytes.
    Ilp32Le,
    /// `AArch64` Linux: `long double` as binary128.
    Lp64LeQuad,
}

impl CasePlatform {
    /// The platform that the name stands for.
    pub const fn platform(self) -> Platform {
        use bufcheck_protocol::format::{LongDouble, Word};
        let base = Platform::LP64_LE;
        match self {
            CasePlatform::Lp64Le => base,
            CasePlatform::Lp64Be => Platform {
                little_endian: false,
                long_double: LongDouble::QuadAlign8,
                ..base
            },
            CasePlatform::Llp64Le => Platform {
                long: Word::Four,
                long_double: LongDouble::Double,
                ..base
            },
            CasePlatform::Ilp32Le => Platform {
                little_endian: true,
                long: Word::Four,
                pointer: Word::Four,
                align8: Word::Four,
                long_double: LongDouble::X87Padded12,
            },
            CasePlatform::Lp64LeQuad => Platform {
                long_double: LongDouble::Quad,
                ..base
            },
        }
    }
}

impl FormatCase {
    /// The bytes of `bytes_hex`; `None` if it is absent or no hexadecimal.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.bytes_hex.as_deref().and_then(hex_bytes)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default(platform: &CasePlatform) -> bool {
    *platform == CasePlatform::default()
}
