//! How a worker process ended, and what it was doing.
//!
//! Knows the phases of a worker. Must never know who is to blame.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bufcheck_protocol::request::Request;

/// How and where a worker process ended while it served a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// How it ended.
    pub how: HowEnded,
    /// What was in flight.
    pub during: InFlight,
    /// It happened again when this step ran alone in a fresh process.
    pub alone: bool,
    /// It was seen once in this many runs; absent where it was seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<u32>,
    /// What it noted of its crash before it went; addresses are of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
}

/// What a process noted of its crash before it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// `SIGSEGV`.
    pub signal: String,
    /// The address that was touched, where the processor tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<u64>,
    /// Whether it was written to, where the processor tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrote: Option<bool>,
    /// The address that was called, where that is no code: then the place is the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<u64>,
    /// The name of the file that the instruction comes from: the program, or a library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where in that file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The function that the place belongs to, and how far behind its start, where the file tells: `gb+0x41`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

/// Addresses below are reached through a NULL pointer to a struct or an array, in bytes.
pub const NEAR_NULL: u64 = 1 << 16;

impl Crash {
    /// In words: `SIGSEGV, writing to NULL + 0x8, in image.so+0x1139 (gb+0x41)`.
    pub fn told(&self) -> String {
        format!("{}{}", self.signal, self.place())
    }

    /// The same behind the name of the signal; nothing where only that is known.
    pub fn place(&self) -> String {
        let mut told = String::new();
        if let Some(address) = self.address {
            let doing = match self.wrote {
                Some(true) => "writing to",
                Some(false) => "reading",
                None => "touching",
            };
            let place = match address {
                0 => "NULL".to_owned(),
                near if near < NEAR_NULL => format!("NULL + {near:#x}"),
                far => format!("address {far:#x}"),
            };
            told.push_str(&format!(", {doing} {place}"));
        }
        if let Some(called) = self.called {
            told.push_str(&format!(", calling {called:#x}"));
        }
        if let Some(file) = &self.file {
            let from = if self.called.is_some() { " from" } else { ", in" };
            told.push_str(&format!("{from} {file}+{:#x}", self.offset.unwrap_or_default()));
            if let Some(symbol) = &self.symbol {
                told.push_str(&format!(" ({symbol})"));
            }
        }
        told
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HowEnded {
    /// By this signal.
    Signal(i32),
    /// By SIGABRT, after an allocator had written that its memory was damaged.
    Damaged(Allocator),
    /// With this exit status.
    Exit(i32),
    /// It closed its pipe to the orchestrator but lived on.
    Silent,
    /// It did not finish the step before the deadline and was ended.
    Hung,
    /// It printed more than it may and was ended.
    Flooded,
    /// It started more processes than it may and was ended.
    Crowded,
    /// It ended itself by SIGABRT, after it had written that it was given no more memory.
    Starved,
}

impl HowEnded {
    /// Whether the processor, the C library or the operating system ended it for what it did: nothing that a busy
    /// machine does to a sound process. Signals are numbered as on Linux, on every platform.
    pub const fn is_crash(self) -> bool {
        match self {
            // ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS.
            Self::Signal(number) => matches!(number, 4..=8 | 11 | 31),
            Self::Damaged(_) | Self::Starved => true,
            // Windows tells of an exception by its number: of the system (0xC...), or of C++.
            Self::Exit(status) => matches!(status.cast_unsigned(), 0xC000_0000..=0xCFFF_FFFF | 0xE06D_7363),
            Self::Silent | Self::Hung | Self::Flooded | Self::Crowded => false,
        }
    }

    /// Whether it was ended because it would not end by itself.
    pub const fn is_endless(self) -> bool {
        matches!(self, Self::Hung | Self::Flooded | Self::Crowded)
    }
}

/// Who keeps the books about blocks of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Allocator {
    /// Python's debugging allocator, which knows the length of a block to the byte.
    Python,
    /// The C library.
    C,
}

/// What a worker was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InFlight {
    /// The kind of work.
    pub phase: Phase,
    /// The request it concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
}

/// The kinds of work a worker can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Between jobs.
    Idle,
    /// Making the object.
    Make,
    /// Inside `bf_getbuffer`.
    Ask,
    /// Reading what the view claims.
    Read,
    /// Inside `bf_releasebuffer`.
    Release,
    /// Inside a method of the object.
    Mutate,
    /// Dropping the object.
    Drop,
    /// Importing what the object needs, and running its set-up lines.
    Import,
}

impl Phase {
    /// All phases; the position is the code in the in-flight mark.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Make,
        Self::Ask,
        Self::Read,
        Self::Release,
        Self::Mutate,
        Self::Drop,
        Self::Import,
    ];
}
