//! What can be wrong with an exporter, as data: one behaviour each, and the occasions on which it shows.
//!
//! Knows the faults by name. Must never know which rule a fault breaks, nor how it is carried out. A
//! fault changes what it names and nothing else; where it finds nothing to change (a wrong shape on a
//! request without shape), the answer is that of the sound exporter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::{
    CopyFault, FormatFault, ItemsizeFault, LenFault, LockFault, NdimFault, ObjFault, PointerFault,
    PriorFault, ReadonlyFault, RefusalFault, ReleaseFault, ReturnFault, ShapeFault, SideFault, StorageFault,
    StridesFault, SuboffsetsFault, ThreadFault,
};
use super::is_default;
use crate::observation::Field;
use bufcheck_protocol::request::Request;

/// One fault and its occasion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// Which axis a fault in one number of an array concerns.
    #[serde(default, skip_serializing_if = "is_default")]
    pub axis: AxisChoice,
    /// When it shows; always if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: When,
}

/// An axis, wherever that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AxisChoice {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
}

/// An occasion: all conditions that are given must hold. Faults of a release look at the request that
/// was granted last, and count releases instead of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The request is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// It holds all these bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Request>,
    /// It holds none of these bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<Request>,
    /// From the n-th time on that the conditions above hold, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Only at the n-th time, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<u64>,
    /// Every n-th time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// At least so many views are held already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// The request before this one was refused.
    #[serde(skip_serializing_if = "is_default")]
    pub after_refusal: bool,
}

impl When {
    /// Whether the conditions about the request itself hold.
    pub fn concerns(&self, request: Request) -> bool {
        let flags = request.flags();
        (self.requests.is_empty() || self.requests.contains(&request))
            && self.with.is_none_or(|bits| request.contains(bits))
            && self.without.is_none_or(|bits| flags & bits.flags() == 0)
    }

    /// Whether the conditions about the history hold: this is the `count`-th time that the request
    /// concerns it, `held` views are out, and the request before was refused or not.
    pub fn holds(&self, count: u64, held: u64, after_refusal: bool) -> bool {
        self.from.is_none_or(|from| count >= from)
            && self.only.is_none_or(|only| count == only)
            && self
                .every
                .is_none_or(|every| every != 0 && count.is_multiple_of(every))
            && self.held.is_none_or(|least| held >= least)
            && (!self.after_refusal || after_refusal)
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DefectKind {
    /// Refuses (with `BufferError`) what it would grant.
    Refuse,
    /// Answers as if these bits had not been asked.
    Ignore(Request),
    /// Answers as if these bits had been asked as well.
    Assume(Request),
    /// Hands out its memory although that does not meet the request's demand for contiguity.
    ServeNative,
    /// Grants more views than `sharing` allows.
    Overshare,
    /// A wrong `len`.
    Len(LenFault),
    /// A wrong `itemsize`.
    Itemsize(ItemsizeFault),
    /// A wrong `ndim`.
    Ndim(NdimFault),
    /// A wrong `readonly`.
    Readonly(ReadonlyFault),
    /// A wrong `buf`.
    Buf(PointerFault),
    /// A wrong `format`.
    Format(FormatFault),
    /// A wrong `shape`.
    Shape(ShapeFault),
    /// Wrong `strides`.
    Strides(StridesFault),
    /// Wrong `suboffsets`.
    Suboffsets(SuboffsetsFault),
    /// Shape, strides and suboffsets in the wrong place.
    Storage(StorageFault),
    /// A wrong `obj` in a granted view.
    Obj(ObjFault),
    /// A wrong way to refuse.
    Refusal(RefusalFault),
    /// A wrong return value.
    Return(ReturnFault),
    /// Something that should not happen while a request is answered.
    Side(SideFault),
    /// A field that is not written.
    Unwritten(Field),
    /// A wrong copy, where a copy is served.
    Copy(CopyFault),
    /// A wrong release.
    Release(ReleaseFault),
    /// A wrong lock of the methods that move memory.
    Lock(LockFault),
    /// An answer that depends on what the struct held before.
    Prior(PriorFault),
    /// Something that is wrong in any other thread than the one that made the object.
    Abroad(ThreadFault),
}

impl DefectKind {
    /// Whether it shows at releases, and [`When`] counts those.
    pub const fn is_of_release(self) -> bool {
        matches!(
            self,
            Self::Release(_) | Self::Abroad(ThreadFault::ReleaseUncounted | ThreadFault::ReleaseRaises)
        )
    }
}
