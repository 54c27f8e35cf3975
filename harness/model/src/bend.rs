//! Defects that are planted into the table of the interpreter's functions, and changes that are none.
//!
//! Knows what each does, in words. Must never know how one is done, nor which rule minds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! bends {
    ($($(#[$about:meta])+ $name:ident,)+) => {
        /// What is changed in the table of functions before the calls are made. The interpreter itself stays as it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Bend {
            $($(#[$about])+ $name,)+
        }

        impl Bend {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

bends! {
    /// `PyObject_CheckBuffer` says 1 of every object.
    CheckSaysYes,
    /// `PyObject_CheckBuffer` asks the object, and says 0 where it refuses.
    CheckAsks,
    /// `PyObject_CheckBuffer` leaves an exception behind where it says 0.
    CheckRaises,

    /// `PyObject_GetBuffer` adds FORMAT to the flags.
    GetAddsFormat,
    /// `PyObject_GetBuffer` takes WRITABLE out of the flags.
    GetDropsWritable,
    /// `PyObject_GetBuffer` clears bits of the flags that it does not know.
    GetClearsUnknown,
    /// `PyObject_GetBuffer` raises `BufferError` for an object that exports nothing.
    GetRaisesBufferError,
    /// `PyObject_GetBuffer` takes one reference too many.
    GetLeaks,
    /// `PyObject_GetBuffer` returns 1 for success.
    GetReturnsOne,
    /// `PyObject_GetBuffer` asks twice and gives the first view back.
    GetAsksTwice,
    /// `PyObject_GetBuffer` puts the object that was asked into `obj`, whoever granted.
    GetNamesAsked,
    /// `PyObject_GetBuffer` makes every exception of an exporter a `BufferError`.
    GetTurnsExceptions,

    /// `PyBuffer_Release` leaves `obj` set.
    ReleaseLeavesObj,
    /// `PyBuffer_Release` drops the reference and calls no slot.
    ReleaseSkipsSlot,
    /// `PyBuffer_Release` loses an exception that was set before.
    ReleaseSwallows,
    /// `PyBuffer_Release` calls the slot twice.
    ReleaseTwice,
    /// `PyBuffer_Release` writes zeroes over the whole struct.
    ReleaseZeroes,
    /// `PyBuffer_Release` keeps the reference.
    ReleaseLeaks,
    /// `PyBuffer_Release` hands the slot `internal` as NULL.
    ReleaseDropsInternal,
    /// `PyBuffer_Release` hands the slot an `obj` that is NULL.
    ReleaseHidesObj,

    /// `PyBuffer_SizeFromFormat` says 1 of a format that it does not know.
    SizeGuesses,
    /// `PyBuffer_SizeFromFormat` fails without an exception.
    SizeFailsSilently,
    /// `PyBuffer_SizeFromFormat` takes standard sizes for native ones.
    SizeStandard,
    /// `PyBuffer_SizeFromFormat` says 1 where the size is 0.
    SizeNeverZero,

    /// `PyBuffer_IsContiguous` takes `A` for `C`.
    ContiguousAnyIsC,
    /// `PyBuffer_IsContiguous` takes small letters.
    ContiguousSmallLetters,
    /// `PyBuffer_IsContiguous` insists on the stride of an axis with one item.
    ContiguousStrictOnOne,
    /// `PyBuffer_IsContiguous` looks at strides where there are no items.
    ContiguousStrictOnNone,
    /// `PyBuffer_IsContiguous` does not look at suboffsets.
    ContiguousIgnoresSuboffsets,
    /// `PyBuffer_IsContiguous` says 1 of one axis that runs downwards.
    ContiguousDownwards,
    /// `PyBuffer_IsContiguous` says 1 for `F` wherever `strides` is NULL.
    ContiguousNullStridesAreF,
    /// `PyBuffer_IsContiguous` says 1 of a scalar for `C` only.
    ContiguousScalarIsC,

    /// `PyBuffer_GetPointer` takes strides without their sign.
    PointerAbsoluteStrides,
    /// `PyBuffer_GetPointer` takes a suboffset of 0 for none.
    PointerZeroIsNone,
    /// `PyBuffer_GetPointer` follows a pointer and adds nothing.
    PointerForgetsSuboffset,
    /// `PyBuffer_GetPointer` adds negative suboffsets.
    PointerAddsNegative,

    /// `PyBuffer_ToContiguous` writes in C order for `F`.
    ToFortranIsC,
    /// `PyBuffer_ToContiguous` takes a `len` that is not the view's.
    ToTakesAnyLen,
    /// `PyBuffer_ToContiguous` copies memory as it lies.
    ToFlat,
    /// `PyBuffer_ToContiguous` writes in C order for `A`.
    ToAnyIsC,
    /// `PyBuffer_ToContiguous` fails without an exception.
    ToFailsSilently,

    /// `PyBuffer_FromContiguous` stops one item early.
    FromStopsEarly,
    /// `PyBuffer_FromContiguous` reads in C order for `F`.
    FromFortranIsC,
    /// `PyBuffer_FromContiguous` fails for a `len` beyond the view's.
    FromRefusesLonger,
    /// `PyBuffer_FromContiguous` writes to memory as it lies.
    FromFlat,
    /// `PyBuffer_FromContiguous` writes over the pointers that suboffsets stand for.
    FromOverwritesPointers,

    /// `PyObject_CopyData` copies memory as it lies wherever lengths are equal.
    CopyFlat,
    /// `PyObject_CopyData` keeps a view of the source.
    CopyKeepsView,
    /// `PyObject_CopyData` returns 0 for a failure.
    CopyReturnsZero,
    /// `PyObject_CopyData` asks the source first.
    CopyAsksSourceFirst,

    /// `PyBuffer_FillContiguousStrides` takes `F` for `C` and anything else for `F`.
    StridesSwapped,
    /// `PyBuffer_FillContiguousStrides` counts items, not bytes.
    StridesInItems,
    /// `PyBuffer_FillContiguousStrides` writes one number too many.
    StridesOneMore,
    /// `PyBuffer_FillContiguousStrides` gives an axis with one item the stride of an item.
    StridesOfOne,

    /// `PyBuffer_FillInfo` grants WRITABLE over read-only memory.
    FillGrantsReadonly,
    /// `PyBuffer_FillInfo` sets `format` unasked.
    FillSetsFormat,
    /// `PyBuffer_FillInfo` sets `strides` where only ND is asked.
    FillSetsStrides,
    /// `PyBuffer_FillInfo` sets `shape` where nothing is asked.
    FillSetsShape,
    /// `PyBuffer_FillInfo` never says read-only.
    FillNeverReadonly,
    /// `PyBuffer_FillInfo` puts `len` into `itemsize`.
    FillLenIsItemsize,
    /// `PyBuffer_FillInfo` makes a scalar of one byte.
    FillScalar,
    /// `PyBuffer_FillInfo` takes one reference too many.
    FillLeaks,
    /// `PyBuffer_FillInfo` refuses with `ValueError`.
    FillRaisesValueError,

    /// `PyMemoryView_FromMemory` takes READ for WRITE.
    MemorySwapsFlags,
    /// `PyMemoryView_FromMemory` loses the last byte.
    MemoryLosesByte,

    /// `PyMemoryView_FromBuffer` loses `suboffsets`.
    BufferDropsSuboffsets,
    /// `PyMemoryView_FromBuffer` loses `format`.
    BufferDropsFormat,
    /// `PyMemoryView_FromBuffer` takes 65 axes as 64.
    BufferCutsAxes,
    /// `PyMemoryView_FromBuffer` loses `readonly`.
    BufferDropsReadonly,
    /// `PyMemoryView_FromBuffer` keeps the owner of the struct.
    BufferKeepsOwner,

    /// `PyMemoryView_GetContiguous` copies in C order whatever is asked.
    GetContiguousIsC,
    /// `PyMemoryView_GetContiguous` makes a copy for WRITE, too.
    GetContiguousCopiesForWrite,
    /// `PyMemoryView_GetContiguous` gives plain bytes.
    GetContiguousIsBytes,
    /// `PyMemoryView_GetContiguous` hands out what is there in any order.
    GetContiguousHandsOn,

    /// `PyMemoryView_FromObject` asks SIMPLE first.
    ObjectAsksSimple,
    /// `PyMemoryView_FromObject` gives a copy of the bytes.
    ObjectCopies,
    /// `PyMemoryView_FromObject` raises `TypeError` whatever the exporter raised.
    ObjectTurnsExceptions,

    /// `y*` takes `str`.
    ParseTakesText,
    /// `w*` takes read-only objects.
    ParseWritesReadonly,
    /// `z*` refuses `None`.
    ParseRefusesNone,
    /// `y#` takes objects with a release slot.
    ParseBorrowsLocked,
    /// `y` takes text with a NUL in it.
    ParseTakesNul,
    /// `y*` `s*` `z*` `w*` give a length that is one too short.
    ParseShort,
    /// `w*` asks for FULL.
    ParseAsksFull,

    /// `Py_BuildValue` stops at a NUL.
    BuildStopsAtNul,

    /// No defect: every exception is of a subclass.
    RaisesSubclass,
    /// No defect: what a version may refuse is refused, and nothing is read that need not be there.
    RefusesMore,
    /// No defect: `obj` is NULL after every failure of `PyObject_GetBuffer` and `PyBuffer_FillInfo`.
    ClearsObj,
}

impl Bend {
    /// Its name in the data.
    pub fn name(self) -> String {
        let json = serde_json::to_value(self).ok();
        let name = json.as_ref().and_then(|name| name.as_str());
        name.unwrap_or_default().to_owned()
    }
}
