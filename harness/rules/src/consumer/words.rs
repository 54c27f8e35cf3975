//! Words for what a consumer touched and was given.
//!
//! Knows only what can be known: where a load began, never how wide it was. Must never know a rule.

use bufcheck_model::spy::{Access, Dress, Region};
use bufcheck_protocol::request::Request;

use super::evidence::Seen;

/// What a region is called.
pub(super) fn region(region: Region, seen: &Seen<'_>) -> String {
    match region {
        Region::Memory => memory(seen),
        Region::Pointers => "the pointers that suboffsets go through".into(),
        Region::Shape => "`shape`".into(),
        Region::Strides => "`strides`".into(),
        Region::Suboffsets => "`suboffsets`".into(),
        Region::Format => "`format`".into(),
    }
}

/// The memory of a buffer.
pub(super) fn memory(seen: &Seen<'_>) -> String {
    match seen.spy.shape.iter().product::<usize>() * seen.spy.itemsize {
        0 => "a buffer without items".into(),
        1 => "a buffer of one byte".into(),
        bytes => format!("a {bytes}-byte buffer"),
    }
}

/// Reading or writing.
pub(super) const fn did(access: Option<Access>) -> &'static str {
    match access {
        Some(Access::Read) => "read",
        Some(Access::Write) => "wrote",
        None => "touched",
    }
}

/// The last request that was granted, in words.
pub(super) fn asked(seen: &Seen<'_>) -> String {
    let last = seen.granted().next_back().unwrap_or(Request::SIMPLE);
    format!("{last} ({})", last.hex())
}

/// What a spy says of its memory.
pub(super) const fn readonly(value: i32) -> &'static str {
    if value == 0 { "writable" } else { "read-only" }
}

/// Which call it was.
pub(super) fn given(seen: &Seen<'_>) -> String {
    let readonly = readonly(seen.call.readonly);
    let dress = match seen.dress {
        Dress::Spy => "",
        Dress::Sequence => ", of a type with a length and items",
        Dress::NoRelease => ", of a type without a slot for releases",
        Dress::Memoryview => ", in a memoryview",
    };
    format!("given {}, {readonly}{dress}", seen.spy.about)
}
