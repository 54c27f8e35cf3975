//! What was seen of a consumer.
//!
//! Knows requests, releases, accesses that met a closed page, and how a call ended. Must never know what is due.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::{FieldSet, HowEnded};
use bufcheck_protocol::request::Request;

/// What was seen in one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spied {
    /// What the spy was asked and given back, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Accesses to memory that was closed to them, in order; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// How the call ended.
    pub ended: Ended,
    /// Views that were held while the result was there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: i64,
    /// Views still held once result and exception were gone: after the first call, and where there were some, after
    /// each of a few more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<i64>,
    /// References to the spy that were not there before, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<i64>,
    /// What became of the memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// What the author's own expression says of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<Oracle>,
}

/// What the author's own expression says of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Oracle {
    /// It gives the same.
    Agrees,
    /// It gives this instead.
    Differs(String),
    /// It raises, and says nothing.
    Raises(String),
}

/// What a spy was asked, or given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A request.
    Asked {
        /// The word.
        request: Request,
        /// Whether it was granted.
        granted: bool,
        /// How it was.
        #[serde(default, skip_serializing_if = "Moment::is_usual")]
        moment: Moment,
    },
    /// A release.
    Released {
        /// What was given back.
        what: Released,
        /// Fields of the struct that had changed.
        #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
        changed: FieldSet,
        /// How it was.
        #[serde(default, skip_serializing_if = "Moment::is_usual")]
        moment: Moment,
    },
}

/// The state of the interpreter in a request or a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// The thread did not hold the interpreter lock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_gil: bool,
    /// An exception was set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub error_set: bool,
}

impl Moment {
    /// As it should be.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Released {
    /// A view that is held.
    Held,
    /// A view that was given back before.
    Again,
    /// A struct that was never handed out: `internal` is none of ours.
    Unknown,
}

/// An access to memory that was closed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Reading or writing, where the processor tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Where.
    pub place: Place,
    /// Views that were held then.
    pub held: u32,
    /// Views that had been granted by then.
    pub granted: u32,
    /// The call was over: its result was being read, or dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_call: bool,
}

/// How memory was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Access {
    Read,
    Write,
}

/// Where memory was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the pages of a region.
    Inside(Region),
    /// In the pages that nobody can reach before a region.
    Before(Region),
    /// In those behind it.
    Behind(Region),
    /// So many bytes from address 0.
    Null(u16),
    /// At an address that no memory can have: what the refused struct is filled with, or worse.
    Impossible,
    /// Anywhere else.
    Elsewhere,
}

/// A part of a spy with pages of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// The items.
    Memory,
    /// The pointers that suboffsets go through.
    Pointers,
    /// The array.
    Shape,
    /// The array.
    Strides,
    /// The array.
    Suboffsets,
    /// The text.
    Format,
}

impl Region {
    /// Every region, in the order in which they lie in memory.
    pub const ALL: [Self; 6] = [
        Self::Memory,
        Self::Pointers,
        Self::Shape,
        Self::Strides,
        Self::Suboffsets,
        Self::Format,
    ];
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// With a result.
    Returned(Told),
    /// With a result that cannot be read.
    Unreadable(Told),
    /// With an exception.
    Raised {
        /// The name of its type.
        type_name: String,
        /// The names of the types that it is one of.
        bases: Vec<String>,
        /// Its message, cut.
        message: String,
        /// The type of its cause or context.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// The process ended.
    Died(HowEnded),
}

/// What stands in [`Told::text`] for the spy itself: a result that holds it has not read it.
pub const ITSELF: &str = "<the buffer itself>";

/// What stands there for the object that `obj` of its views is, where that is another.
pub const OWNER: &str = "<the owner of the buffer>";

/// A result in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What it looks like, cut.
    pub text: String,
    /// A digest of all of it.
    pub digest: u64,
}

impl Told {
    /// Whether it is, or holds, the buffer itself, unread.
    pub fn is_unread(&self) -> bool {
        self.text.contains(ITSELF) || self.holds_owner()
    }

    /// Whether it is, or holds, the object that `obj` is instead of the one that was given.
    pub fn holds_owner(&self) -> bool {
        self.text.contains(OWNER)
    }
}

/// Memory that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// A digest of all items in C order.
    pub digest: u64,
    /// Memory between the items was changed, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gaps: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(value: &i64) -> bool {
    *value == 0
}
