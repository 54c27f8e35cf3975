//! Words that several predicates use, and what freed memory looks like.
//!
//! Knows the bytes that debugging allocators leave. Must never know who freed the memory.

use bufcheck_model::observation::{Content, Field, FieldSet, Raised};

/// What Python's debugging allocator writes over freed memory.
const FREED_BY_PYTHON: u8 = 0xdd;

/// What the C library writes over freed memory when `MALLOC_PERTURB_` holds this number.
pub(in crate::overtime) const FREED_BY_C: u8 = 0xa7;

/// Bytes at the start of a freed block in which the C library keeps its lists: nothing, one link, two, and two more in
/// large blocks.
const LINKS: [usize; 4] = [0, 8, 16, 32];

/// Bytes of filling that are enough to tell it from data.
const ENOUGH: usize = 4;

/// An exception with its message.
pub(super) fn exception(raised: &Raised) -> String {
    if raised.message.is_empty() {
        raised.type_name.clone()
    } else {
        format!("{} ({})", raised.type_name, raised.message)
    }
}

/// Names of fields, in the order of the struct.
pub(super) fn fields(changed: FieldSet) -> String {
    let names: Vec<&str> = changed.iter().map(Field::name).collect();
    names.join(", ")
}

/// The changed fields that matter; all if none are named.
pub(super) fn relevant(changed: FieldSet, wanted: &[Field]) -> FieldSet {
    if wanted.is_empty() {
        return changed;
    }
    let mut set = FieldSet::EMPTY;
    for field in wanted {
        set.insert(*field);
    }
    changed.and(set)
}

/// Whether the content is what freed memory is filled with, though it was something else before.
pub(super) fn freed(before: &Content, after: &Content) -> bool {
    before.bytes != after.bytes && (looks_freed(after) || erased(before, after))
}

/// Whether both ends are filled as freed memory is, and were something else before: Python's debugging allocator fills
/// no more of a block that was moved as it grew (`ERASED_SIZE` in `Objects/obmalloc.c`).
fn erased(before: &Content, after: &Content) -> bool {
    const ERASED: usize = 64;
    let ends = |content: &Content| {
        let bytes = &content.bytes;
        let room = bytes.len() >= 2 * ERASED && content.complete;
        room.then(|| [&bytes[..ERASED], &bytes[bytes.len() - ERASED..]].concat())
    };
    let filled = |bytes: &[u8]| bytes.iter().all(|byte| *byte == FREED_BY_PYTHON);
    match (ends(before), ends(after)) {
        (Some(before), Some(after)) => filled(&after) && !filled(&before),
        _ => false,
    }
}

/// Whether the content is what freed memory is filled with.
pub(crate) fn looks_freed(content: &Content) -> bool {
    let bytes = &content.bytes;
    if bytes.is_empty() {
        return false;
    }
    let filled = |from: usize, byte: u8| bytes.iter().skip(from).all(|found| *found == byte);
    let by_c = |from: usize| bytes.len() >= from + ENOUGH && filled(from, FREED_BY_C);
    filled(0, FREED_BY_PYTHON) || LINKS.into_iter().any(by_c)
}

/// Whether the content starts with what freed memory is filled with, as far as an earlier one reached that showed
/// something else. The block that was freed may be shorter than what is read at its old place.
pub(super) fn freed_start(before: &Content, after: &Content) -> bool {
    let length = before.bytes.len().min(after.bytes.len());
    let cut = |content: &Content| Content {
        bytes: content.bytes[..length].to_vec(),
        ..content.clone()
    };
    length >= ENOUGH && freed(&cut(before), &cut(after))
}

/// The first bytes of a content, in hexadecimal.
pub(super) fn start(content: &Content) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for byte in content.bytes.iter().take(SHOWN) {
        text += &format!("{byte:02x} ");
    }
    if content.bytes.len() > SHOWN {
        text += "...";
    }
    text.trim_end().to_owned()
}
