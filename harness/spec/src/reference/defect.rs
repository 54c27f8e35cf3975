//! What can be wrong with an exporter, as data: one behaviour each, and the occasions on which it shows.
//!
//! Knows the faults by name. Must never know which rule a fault breaks, nor how it is carried out. A
//! fault changes what it names and nothing else; where it finds nothing to change (a wrong shape on a
//! request without shape), the answer is that of the sound exporter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::observation::Field;
use crate::request::Request;

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

/// Wrong lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LenFault {
    /// The number of items.
    InItems,
    /// The distance from the lowest to the highest byte.
    OfSpan,
    /// The bytes of the first axis, as if there were no other.
    OfFirstAxis,
    /// `shape[0]`.
    FirstExtent,
    /// One byte less.
    ByteShort,
    /// One byte more.
    ByteOver,
    /// One item less.
    ItemShort,
    /// One item more.
    ItemOver,
    /// 0.
    Zero,
    /// -1.
    Negative,
    /// One item, whatever the shape is.
    OneItem,
}

/// Wrong item sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemsizeFault {
    /// 0.
    Zero,
    /// 1.
    One,
    /// Twice the size.
    Doubled,
    /// One byte more.
    OneOver,
    /// -1.
    Negative,
    /// The whole length.
    Len,
}

/// Wrong numbers of axes; arrays that are handed out have room for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NdimFault {
    /// -1.
    Negative,
    /// 0.
    Zero,
    /// 1.
    One,
    /// One axis more.
    OneMore,
    /// One axis less.
    OneLess,
    /// 65.
    TooMany,
}

/// Wrong flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadonlyFault {
    /// Only the lowest byte of the int is written.
    OneByte,
    /// 1 for memory that is writable.
    Claimed,
    /// 0 for memory that is read-only.
    Denied,
    /// 2 or -1: true, but not 1.
    Odd,
}

/// Wrong addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PointerFault {
    /// NULL.
    Null,
    /// The address of the next item in memory.
    NextItem,
    /// One byte further.
    NextByte,
    /// The start of the block, wherever the first item lies.
    BlockStart,
    /// A page that nobody may touch.
    Unmapped,
    /// A fresh copy of the block at each request.
    Moving,
    /// Where the block was before a method moved it: memory that is gone.
    Stale,
}

/// Wrong formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormatFault {
    /// NULL although it was asked.
    Null,
    /// Set although it was not asked.
    Unasked,
    /// `B`.
    Bytes,
    /// The other byte order.
    Swapped,
    /// The same format twice over: an item twice as large.
    Twice,
    /// The format of the whole array.
    Whole,
    /// Empty.
    Empty,
    /// Text that is no format.
    Nonsense,
    /// Other codes of the same size.
    OtherCode,
    /// A byte that is not ASCII in front.
    NotAscii,
    /// 64 KiB without a NUL.
    Endless,
    /// A page that nobody may touch.
    Unreadable,
    /// An equivalent spelling at every other request.
    Changing,
    /// Overwritten with another format when the next view is granted.
    Overwritten,
    /// A standard-size prefix in front of native-size codes.
    Standard,
}

/// Wrong extents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeFault {
    /// NULL although it was asked.
    Null,
    /// Set although it was not asked.
    Unasked,
    /// In the opposite order.
    Reversed,
    /// The extent in bytes (of the chosen axis).
    InBytes,
    /// -1 (on the chosen axis).
    Negative,
    /// One more (on the chosen axis).
    OneMore,
    /// One less (on the chosen axis).
    OneLess,
    /// 0 (on the chosen axis).
    Zero,
    /// All items on the first axis, 1 on the others.
    Flat,
}

/// Wrong steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StridesFault {
    /// NULL although they were asked.
    Null,
    /// Set although they were not asked.
    Unasked,
    /// In items.
    InItems,
    /// In the opposite order.
    Reversed,
    /// Those of C order.
    COrder,
    /// Those of Fortran order.
    FOrder,
    /// Without their signs.
    Positive,
    /// 0 (on the chosen axis).
    Zero,
    /// One byte more (on the chosen axis).
    ByteOver,
    /// One item more (on the chosen axis).
    ItemOver,
    /// Far outside of any memory (on the chosen axis).
    Huge,
}

/// Wrong offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuboffsetsFault {
    /// NULL although the memory needs them.
    Null,
    /// All -1 where the memory needs none and INDIRECT was asked.
    AllNegative,
    /// Set although INDIRECT was not asked (all -1 where the memory needs none).
    Unasked,
    /// 0 where there is a pointer.
    Zero,
    /// One item more where there is a pointer.
    ItemOver,
}

/// Arrays in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageFault {
    /// In the stack frame of the function that answers.
    Stack,
    /// In a page that nobody may touch.
    Unreadable,
    /// In one place that the next request overwrites with other numbers.
    Overwritten,
}

/// Wrong owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjFault {
    /// NULL; nobody can release the view.
    Null,
    /// The exporter, without a reference of the view's own.
    Borrowed,
    /// The exporter, with one reference too many.
    Extra,
    /// An address where no object is.
    Stray,
    /// An object that is no exporter.
    Other,
    /// A new object at each request.
    Fresh,
}

/// Wrong refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalFault {
    /// -1 without an exception.
    NoException,
    /// `ValueError`.
    ValueError,
    /// `TypeError`.
    TypeError,
    /// `RuntimeError`.
    RuntimeError,
    /// The exporter is left in `obj`, with a reference that nobody will give back.
    ObjOwned,
    /// The exporter is left in `obj`, without a reference.
    ObjBorrowed,
    /// An address where no object is, in `obj`.
    ObjStray,
    /// A reference to the exporter is lost.
    Leak,
    /// The refused view counts as held.
    Counted,
}

/// Wrong return values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnFault {
    /// 0 with an exception set.
    Raised,
    /// 1 where a request is granted.
    Positive,
    /// -2 where one is refused.
    MinusTwo,
    /// -1 with `BufferError`, but with the view filled and its reference taken.
    FailedAfterAll,
    /// 0 without having touched the view.
    Nothing,
}

/// Side effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SideFault {
    /// The first byte of the memory is changed.
    DataChanged,
    /// 8 bytes behind the struct are overwritten.
    OverrunBehind,
    /// 8 bytes before the struct are overwritten.
    OverrunBefore,
    /// 4 KiB are allocated and lost.
    Leak,
    /// The views that are held move to a copy of the memory: their structs are changed.
    HeldMoved,
}

/// Wrong copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopyFault {
    /// In the opposite order.
    OtherOrder,
    /// Full of zeros.
    Zeroed,
    /// The items as they lie in memory, gaps and all.
    Raw,
}

/// Wrong releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseFault {
    /// Gives back the reference in `obj`, which is not its own.
    Decref,
    /// Leaves an exception.
    Raise,
    /// Clears an exception that was pending.
    ClearsException,
    /// Counts only if the struct lies where it was filled.
    ByAddress,
    /// Overwrites the shared shape and strides, which other views may still use.
    SpoilsArrays,
    /// Changes the first byte of the memory.
    DataChanged,
    /// Does not free what the view allocated.
    Leak,
}

/// Wrong locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LockFault {
    /// Methods move memory although views are held (the old memory stays mapped, filled with 0xdd).
    Missing,
    /// The first release ends the lock of all views.
    EndedByFirst,
    /// The lock never ends.
    Endless,
    /// `ValueError` instead of `BufferError`.
    ValueError,
    /// The method changes the contents before it raises.
    TooLate,
}

/// What a struct is taken to say before it is filled. Negative numbers are taken for no wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriorFault {
    /// A `len` beyond the content, which is refused.
    LenWanted,
    /// An `itemsize`: where it is not that of the items, 1 is given.
    ItemsizeWanted,
    /// An `ndim`: where it is not that of the memory, 1 is given.
    NdimWanted,
}

/// What is wrong in other threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadFault {
    /// A request is refused with `RuntimeError`.
    Refuse,
    /// A request moves the memory, whoever looks at it (the old one stays mapped, filled with 0xdd).
    MoveMemory,
    /// A request overwrites the shared shape and strides, which other views may still use.
    SpoilArrays,
    /// A release does not end the lock of its view.
    ReleaseUncounted,
    /// A release leaves an exception.
    ReleaseRaises,
}
