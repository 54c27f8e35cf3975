//! The lines that a traced process writes: each is written when something is seen for the first time.
//!
//! Knows their shape. Must never know what follows from one. A process that ends at once loses no line that it wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::{Answer, FieldSet, Made};

/// The version of these lines; another one is not read.
pub const TRACE_VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// The first line of every file.
    Start(Start),
    /// Somebody asked a type in a way in which nobody had asked it.
    Site(Box<Site>),
    /// An answer that a site had not got before.
    Answer(Box<Told>),
    /// Something happened to a view, at a place where it had not happened before.
    Event(Box<Event>),
    /// The interpreter ended in good order.
    Ended(Ended),
}

/// A process begins to be traced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// [`TRACE_VERSION`].
    pub version: u32,
    /// Its number.
    pub pid: u32,
    /// The process that it was forked from, if it is such a child: what that one holds, it holds, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<u32>,
    /// The interpreter's version: major, minor, micro.
    pub python: [u32; 3],
    /// Its program.
    pub executable: String,
    /// Whether the trace began before any code of the program ran.
    pub from_start: bool,
    /// What was asked and released on purpose, and how much of it each way of watching saw.
    pub counted: Vec<SelfCount>,
    /// Why the entries of `PyObject_GetBuffer` and `PyBuffer_Release` are not watched; absent where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_entries: Option<String>,
    /// Whether the slots of all types are watched, and not only those of `bytearray`.
    pub all_slots: bool,
}

/// One thing that was done on purpose, at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfCount {
    /// What was done.
    pub what: String,
    /// Requests seen at the slot, and at the entry of `PyObject_GetBuffer`.
    pub requests: [u64; 2],
    /// Releases seen at the slot, and at the entry of `PyBuffer_Release`.
    pub releases: [u64; 2],
}

/// Who asks what of which type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its number in this file, and of its counts.
    pub site: u32,
    /// The type that is asked.
    pub made: Made,
    /// The flags.
    pub flags: i32,
    /// The code that called.
    pub asked_by: Native,
    /// Where that is the interpreter itself: the first module outside of it up the stack, when it was seen first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Native>,
    /// Where the program was when it was seen first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A distinct answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The site that got it.
    pub site: u32,
    /// The byte that the struct was filled with.
    pub poison: u8,
    /// What was answered.
    pub answer: Answer,
    /// Whether an exception was set before the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub error_before: bool,
    /// Where the program was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Something that happened to a view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The site that asked for the view.
    pub site: u32,
    /// What happened.
    pub what: Happened,
    /// The type of its owner has a release slot, and what is released through it is seen.
    pub owner_releases: bool,
    /// The code that did it; absent where nobody did anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Native>,
    /// Where the program was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What happened to a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// At its release the struct, at the address where it was filled, was not as it had been.
    Changed {
        /// The fields.
        fields: FieldSet,
        /// Fields that the exporter had never written.
        untouched: FieldSet,
    },
    /// A struct was released that is, bit by bit, one that was released before, while no view like it was held.
    Again {
        /// Whether any view of the same object was held.
        others_held: bool,
    },
    /// The interpreter ended, and neither the struct nor a copy of it is left in the memory of the process.
    Lost {
        /// How many views of this site.
        views: u64,
    },
    /// The struct was released by a thread without a thread state.
    WithoutLock,
}

/// Machine code: where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// The file that it was loaded from; empty where it belongs to none.
    pub module: String,
    /// Whether that file holds the interpreter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interpreter: bool,
    /// The exported function that it is in, where it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Bytes from the start of the module.
    pub offset: u64,
}

/// A line of Python code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, as its code object names it.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The test that ran, as pytest names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

/// The interpreter ended in good order, or a block that was traced did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Views that were still held and whose struct, or a copy of it, is still there.
    pub held: u64,
    /// Views that were never released and of which nothing is left.
    pub lost: u64,
    /// Why the memory was not searched for copies, so that no view counts as lost; absent where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_searched: Option<String>,
}
