//! What can be wrong with each part of an exporter.
//!
//! Knows the faults by name. Must never know on which occasion one shows, nor how it is carried out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
