//! Planted defects: an entry of the table is replaced by a function that does almost the same.
//!
//! Knows which function each defect stands in. Must never know what notices it.
//!
//! Only what the suite calls is bent. The interpreter itself calls its own functions, which stay as they are: bent for
//! the whole process, some of these would not let it start.

mod carry;
mod fill;
mod look;
mod other;
mod parse;
mod release;
mod request;
mod views;

use std::ffi::c_char;

use bufcheck_model::bend::Bend;

use super::table::Table;

/// The orders, as C has them.
const ANY: c_char = b'A'.cast_signed() as c_char;
const C: c_char = b'C'.cast_signed() as c_char;
const F: c_char = b'F'.cast_signed() as c_char;

/// A function of the interpreter as it is; it is there, since no other is ever bent.
macro_rules! real {
    ($field:ident) => {
        $crate::interpreter::table::Table::whole()
            .$field
            .expect("what is bent is there")
    };
}
use real;

macro_rules! bends {
    ($table:ident, $how:ident: $($($bend:ident)|+ => $($field:ident: $function:path),+;)+) => {
        match $how {
            $($(Bend::$bend)|+ => {
                $($table.$field = $table.$field.map(|_| $function as _);)+
            })+
        }
    };
}

/// A table with one defect. What the interpreter lacks stays absent.
pub(super) fn bend(mut table: Table, how: Bend) -> Table {
    bends! { table, how:
        CheckSaysYes => check_buffer: request::says_yes;
        CheckAsks => check_buffer: request::asks;
        CheckRaises => check_buffer: request::raises;
        GetAddsFormat => get_buffer: request::adds_format;
        GetDropsWritable => get_buffer: request::drops_writable;
        GetClearsUnknown => get_buffer: request::clears_unknown;
        GetRaisesBufferError => get_buffer: request::raises_buffer_error;
        GetLeaks => get_buffer: request::leaks;
        GetReturnsOne => get_buffer: request::returns_one;
        GetAsksTwice => get_buffer: request::asks_twice;
        GetNamesAsked => get_buffer: request::names_asked;
        GetTurnsExceptions => get_buffer: request::turns_exceptions;
        ReleaseLeavesObj => release: release::leaves_obj;
        ReleaseSkipsSlot => release: release::skips_slot;
        ReleaseSwallows => release: release::swallows;
        ReleaseTwice => release: release::twice;
        ReleaseZeroes => release: release::zeroes;
        ReleaseLeaks => release: release::leaks;
        ReleaseDropsInternal => release: release::drops_internal;
        ReleaseHidesObj => release: release::hides_obj;
        SizeGuesses => size_from_format: look::guesses;
        SizeFailsSilently => size_from_format: look::size_fails_silently;
        SizeStandard => size_from_format: look::standard;
        SizeNeverZero => size_from_format: look::never_zero;
        ContiguousAnyIsC => is_contiguous: look::any_is_c;
        ContiguousSmallLetters => is_contiguous: look::small_letters;
        ContiguousStrictOnOne => is_contiguous: look::strict_on_one;
        ContiguousStrictOnNone => is_contiguous: look::strict_on_none;
        ContiguousIgnoresSuboffsets => is_contiguous: look::ignores_suboffsets;
        ContiguousDownwards => is_contiguous: look::downwards;
        ContiguousNullStridesAreF => is_contiguous: look::null_strides_are_f;
        ContiguousScalarIsC => is_contiguous: look::scalar_is_c;
        PointerAbsoluteStrides => get_pointer: look::absolute_strides;
        PointerZeroIsNone => get_pointer: look::zero_is_none;
        PointerForgetsSuboffset => get_pointer: look::forgets_suboffset;
        PointerAddsNegative => get_pointer: look::adds_negative;
        ToFortranIsC => to_contiguous: carry::to_fortran_is_c;
        ToTakesAnyLen => to_contiguous: carry::to_takes_any_len;
        ToFlat => to_contiguous: carry::to_flat;
        ToAnyIsC => to_contiguous: carry::to_any_is_c;
        ToFailsSilently => to_contiguous: carry::to_fails_silently;
        FromStopsEarly => from_contiguous: carry::from_stops_early;
        FromFortranIsC => from_contiguous: carry::from_fortran_is_c;
        FromRefusesLonger => from_contiguous: carry::from_refuses_longer;
        FromFlat => from_contiguous: carry::from_flat;
        FromOverwritesPointers => from_contiguous: carry::from_overwrites_pointers;
        CopyFlat => copy_data: carry::copy_flat;
        CopyKeepsView => copy_data: carry::copy_keeps_view;
        CopyReturnsZero => copy_data: carry::copy_returns_zero;
        CopyAsksSourceFirst => copy_data: carry::copy_asks_source_first;
        StridesSwapped => fill_strides: fill::swapped;
        StridesInItems => fill_strides: fill::in_items;
        StridesOneMore => fill_strides: fill::one_more;
        StridesOfOne => fill_strides: fill::of_one;
        FillGrantsReadonly => fill_info: fill::grants_readonly;
        FillSetsFormat => fill_info: fill::sets_format;
        FillSetsStrides => fill_info: fill::sets_strides;
        FillSetsShape => fill_info: fill::sets_shape;
        FillNeverReadonly => fill_info: fill::never_readonly;
        FillLenIsItemsize => fill_info: fill::len_is_itemsize;
        FillScalar => fill_info: fill::scalar;
        FillLeaks => fill_info: fill::leaks;
        FillRaisesValueError => fill_info: fill::raises_value_error;
        MemorySwapsFlags => from_memory: views::swaps_flags;
        MemoryLosesByte => from_memory: views::loses_byte;
        BufferDropsSuboffsets => from_buffer: views::drops_suboffsets;
        BufferDropsFormat => from_buffer: views::drops_format;
        BufferCutsAxes => from_buffer: views::cuts_axes;
        BufferDropsReadonly => from_buffer: views::drops_readonly;
        BufferKeepsOwner => from_buffer: views::keeps_owner;
        GetContiguousIsC => get_contiguous: views::contiguous_is_c;
        GetContiguousCopiesForWrite => get_contiguous: views::copies_for_write;
        GetContiguousIsBytes => get_contiguous: views::contiguous_is_bytes;
        GetContiguousHandsOn => get_contiguous: views::hands_on;
        ObjectAsksSimple => from_object: views::asks_simple;
        ObjectCopies => from_object: views::copies;
        ObjectTurnsExceptions => from_object: views::turns_exceptions;
        ParseTakesText => parse_view: parse::takes_text;
        ParseWritesReadonly => parse_view: parse::writes_readonly;
        ParseRefusesNone => parse_view: parse::refuses_none;
        ParseBorrowsLocked => parse_sized: parse::borrows_locked;
        ParseTakesNul => parse_text: parse::takes_nul;
        ParseShort => parse_view: parse::short;
        ParseAsksFull => parse_view: parse::asks_full;
        BuildStopsAtNul => build_sized: parse::stops_at_nul;
        RaisesSubclass => get_buffer: other::get_buffer, size_from_format: other::size_from_format,
            to_contiguous: other::to_contiguous, fill_info: other::fill_info, copy_data: other::copy_data,
            from_object: other::from_object, from_buffer: other::from_buffer,
            get_contiguous: other::get_contiguous, parse_view: other::parse_view,
            parse_text: other::parse_text, parse_sized: other::parse_sized, build_sized: other::build_sized;
        RefusesMore => is_contiguous: other::needs_shape, to_contiguous: other::needs_shape_to_copy,
            parse_text: other::lends_no_text, parse_sized: other::lends_no_bytes;
        ClearsObj => get_buffer: other::clears_obj, fill_info: other::clears_obj_filled;
    }
    table
}
