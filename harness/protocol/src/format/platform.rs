//! What a C compiler decides and a format string leaves open.
//!
//! Knows the sizes, alignments and encodings that differ between machines. Must never know which machine a
//! recorded run came from: the worker states its platform, and the judge passes it in.

use std::ffi::c_long;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Size of a machine word, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(with = "u8")]
pub enum Word {
    /// Four bytes.
    Four,
    /// Eight bytes.
    Eight,
}

impl Word {
    /// The size in bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            Word::Four => 4,
            Word::Eight => 8,
        }
    }
}

impl From<Word> for u8 {
    fn from(word: Word) -> u8 {
        match word {
            Word::Four => 4,
            Word::Eight => 8,
        }
    }
}

impl TryFrom<u8> for Word {
    type Error = String;

    fn try_from(bytes: u8) -> Result<Word, String> {
        match bytes {
            4 => Ok(Word::Four),
            8 => Ok(Word::Eight),
            other => Err(format!("wanted a word of 4 or 8 bytes, found {other}")),
        }
    }
}

/// How `long double` lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LongDouble {
    /// 80-bit extended precision in 16 bytes, aligned to 16 (x86-64 but Windows).
    X87Padded16,
    /// 80-bit extended precision in 12 bytes, aligned to 4 (32-bit x86 Linux).
    X87Padded12,
    /// The same as `double` (Windows, Arm macOS, 32-bit Arm).
    Double,
    /// IEEE 754 binary128, aligned to 16 (`AArch64` and RISC-V Linux).
    Quad,
    /// IEEE 754 binary128, aligned to 8 (s390x).
    QuadAlign8,
    /// The sum of two doubles, aligned to 16 (`PowerPC`).
    DoubleDouble,
}

impl LongDouble {
    /// The size in bytes, padding included.
    pub const fn size(self) -> u64 {
        match self {
            LongDouble::Double => 8,
            LongDouble::X87Padded12 => 12,
            LongDouble::X87Padded16
            | LongDouble::Quad
            | LongDouble::QuadAlign8
            | LongDouble::DoubleDouble => 16,
        }
    }
}

/// The machine on which a format was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// Size of `long`: 8 bytes, or 4 on Windows and 32-bit machines.
    pub long: Word,
    /// Size of pointers, `size_t` and `ssize_t`.
    pub pointer: Word,
    /// Alignment of `double` and `long long`: 8 bytes, or 4 on 32-bit x86 Linux.
    pub align8: Word,
    /// Size, alignment and encoding of `long double`.
    pub long_double: LongDouble,
}

impl Platform {
    /// Little-endian with 64-bit `long` and x87 `long double`: x86-64 Linux and macOS.
    pub const LP64_LE: Platform = Platform {
        little_endian: true,
        long: Word::Eight,
        pointer: Word::Eight,
        align8: Word::Eight,
        long_double: LongDouble::X87Padded16,
    };

    /// The machine for which this crate was compiled, as a `CPython` built for it sees it.
    pub const fn host() -> Platform {
        Platform {
            little_endian: cfg!(target_endian = "little"),
            long: word(size_of::<c_long>()),
            pointer: word(size_of::<usize>()),
            align8: word(align_of::<u64>()),
            long_double: host_long_double(),
        }
    }

    /// Alignment of `long double`, in bytes.
    pub const fn long_double_align(&self) -> u64 {
        match self.long_double {
            LongDouble::X87Padded12 => 4,
            LongDouble::Double => self.align8.bytes(),
            LongDouble::QuadAlign8 => 8,
            LongDouble::X87Padded16 | LongDouble::Quad | LongDouble::DoubleDouble => 16,
        }
    }
}

const fn word(bytes: usize) -> Word {
    if bytes == 4 { Word::Four } else { Word::Eight }
}

const fn host_long_double() -> LongDouble {
    let apple = cfg!(target_vendor = "apple");
    if cfg!(windows) {
        LongDouble::Double
    } else if cfg!(target_arch = "x86_64") || (cfg!(target_arch = "x86") && apple) {
        LongDouble::X87Padded16
    } else if cfg!(target_arch = "x86") {
        LongDouble::X87Padded12
    } else if cfg!(target_arch = "s390x") {
        LongDouble::QuadAlign8
    } else if cfg!(any(target_arch = "powerpc", target_arch = "powerpc64")) {
        LongDouble::DoubleDouble
    } else if cfg!(any(
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "mips64",
        target_arch = "sparc64",
        target_arch = "wasm32"
    )) && !apple
    {
        LongDouble::Quad
    } else {
        LongDouble::Double
    }
}
