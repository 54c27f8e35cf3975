//! What a worker writes down while it plays a scenario.
//!
//! Knows one entry for each act. Must never know what any of it means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blocks::Block;
use crate::observation::{Answer, Content, Crash, FieldSet, HowEnded, InFlight, Raised};

/// A scenario, played to the end or to the death of the process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Played {
    /// Its id.
    pub scenario: String,
    /// The mutator it was played with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutator: Option<String>,
    /// What was noted; if the process ended, what was noted when only the acts before that were done.
    #[serde(default, skip_serializing_if = "Trace::is_empty")]
    pub trace: Trace,
    /// How the process ended; said by the orchestrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(HowEnded, InFlight)>,
    /// The end was seen once in this many runs; absent where it was seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<u32>,
    /// What it noted of its crash before it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
}

/// One entry for each act but [`super::Act::Expect`], in the order in which they were done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The entries; fewer than acts where one made it impossible to go on.
    pub seen: Vec<Seen>,
    /// Every distinct content, in order of first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
}

impl Trace {
    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

/// What was noted of one act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Seen {
    /// It was done, and there is nothing to say.
    Done,
    /// It could not be done here: the view was refused, the object could not be made.
    Impossible(String),
    /// The harness itself failed at it, such as a thread of its own; nothing follows from that.
    Fault(String),
    /// The answer to a request.
    Asked(Box<Answer>),
    /// A held view, read again.
    Read(Reading),
    /// A write through a view.
    Wrote {
        /// Bytes of the first item; 0 if there is none.
        bytes: u64,
        /// Whether the operating system let them be written.
        written: bool,
    },
    /// Two views, read one right after the other.
    Compared {
        /// Content of the first.
        left: u32,
        /// Content of the second.
        right: u32,
    },
    /// The block around `buf`; absent where the allocator's books do not tell it for certain.
    Block(Option<Block>),
    /// A release.
    Released(Release),
    /// A statement, or making something: the exception, if one was raised.
    Ran {
        /// The exception.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raised: Option<Raised>,
    },
    /// A mutator that was run again and again.
    Outgrown {
        /// How often it ran.
        times: u32,
        /// Whether a new view lay elsewhere at the end, or had another length.
        moved: bool,
        /// The exception that ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raised: Option<Raised>,
    },
    /// An expression.
    Called {
        /// Name of the type of its value.
        #[serde(rename = "type")]
        type_name: String,
        /// Whether the value is true; absent where that cannot be told.
        truth: Option<bool>,
        /// Its `repr()`, cut to a bounded length.
        shown: String,
    },
    /// A reference count; absent for immortal objects.
    Counted(Option<i64>),
    /// A reference count that was not what it was when the object was counted last, so that the collector ran.
    Recounted {
        /// Before the collector ran.
        at_once: i64,
        /// Afterwards: what is left is no garbage.
        kept: i64,
    },
    /// Whether an object is still there; absent where its type has no weak references.
    Alive(Option<bool>),
    /// What refers to an object that was dropped and is still there, as far as the collector sees: names of types,
    /// each once. Views are passed through, and named. Absent where the object is gone, or that cannot be told.
    Holders(Option<Vec<String>>),
    /// Where the buffer slots of a type come from.
    Slots(SlotOrigins),
    /// Views that were asked beside one that is held; those that were refused are left out.
    Beside(Vec<Neighbour>),
    /// Several views.
    Held {
        /// How many were granted.
        granted: u32,
        /// How many were refused.
        refused: u32,
        /// The first refusal's exception.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Raised>,
    },
    /// Several views, read again: what differed from the grant.
    ReadAll {
        /// How many readings there were.
        readings: u32,
        /// Fields that had changed in any of them.
        #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
        changed: FieldSet,
        /// The first view with a changed field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_changed: Option<u32>,
        /// The first view with other content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_other: Option<u32>,
        /// The first view that could no longer be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_unreadable: Option<u32>,
        /// The first exception that a release left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raised: Option<Raised>,
    },
    /// A repetition.
    Repeated {
        /// Cycles in each half.
        times: u32,
        /// Before the first half, between the halves, after the second.
        measures: [Measure; 3],
    },
    /// Threads that asked at once.
    Threads {
        /// Grants.
        granted: u32,
        /// Refusals.
        refused: u32,
        /// The first refusal that is no `BufferError`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Raised>,
        /// Views with a changed field at the second reading.
        changed: u32,
        /// Views that could no longer be read.
        unreadable: u32,
        /// Contents at the first and at the second reading, where they differed: the first few pairs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<(u32, u32)>,
        /// The first exception that a release left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raised: Option<Raised>,
        /// How often the mutator returned while others asked.
        mutated: u32,
        /// Change of the reference count from the end of the warm-up to the end; absent for immortal objects.
        references: Option<i64>,
        /// The same in each half, without garbage; absent for immortal objects, and where there are no halves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        halves: Option<[i64; 2]>,
    },
}

/// A held view, read again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Fields, or arrays behind them, that differ from the grant.
    #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
    pub changed: FieldSet,
    /// The content; absent where there was nothing to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<u32>,
}

/// Where the buffer slots of a type come from: for each the last type along the bases that holds the same function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotOrigins {
    /// Name of the type that `bf_getbuffer` is of.
    pub request: String,
    /// Name of the type that `bf_releasebuffer` is of; absent where that slot is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// One of the two types derives from the other, or both from an exporter.
    pub related: bool,
}

/// A view beside another one that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// The flags word.
    pub request: i32,
    /// Address of its first element.
    pub buf: u64,
    /// Length in bytes.
    pub len: i64,
    /// Address of the first element of one more view, asked alike while both were held; absent where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<u64>,
    /// Its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<u32>,
    /// The content of the held view, read right behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_held: Option<u32>,
}

/// A release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Fields, or arrays behind them, that differed from the grant right before.
    #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
    pub changed: FieldSet,
    /// The exception that was set afterwards, other than one that was set before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    /// An exception that could not be raised and was reported instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unraisable: Option<Raised>,
    /// `obj` was not NULL afterwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub obj_kept: bool,
    /// For a release with an exception set: whether that very exception was set afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_kept: Option<bool>,
    /// The view was not given back: its `obj` could not be trusted, or was no object any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreleased: bool,
}

/// What is measured between the halves of a repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// References of `x`; absent for immortal objects, or where there is no `x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<i64>,
    /// References of what the collector sees that `x` refers to, summed up; absent where there is nothing of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<i64>,
    /// `sys.getallocatedblocks()`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<i64>,
    /// Bytes of the C heap in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap: Option<i64>,
    /// Bytes of resident memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<i64>,
}
