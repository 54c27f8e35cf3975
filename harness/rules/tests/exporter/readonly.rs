//! Fixtures of the family `readonly`: whether the memory may be written.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::only;
use crate::{c1d, fires, half_written, readonly_subject};

#[test]
fn readonly_is_zero_or_one() {
    let subject = readonly_subject().granted(only(0x18), |view| view.readonly = -1);
    fires("readonly.zero-or-nonzero", &subject, &[0x18]);
    assert!(subject.hits_of("readonly.whole-int-written").is_empty());
}

#[test]
fn readonly_is_truthful() {
    let subject = c1d().content(only(0x18), |content| content.writable = Some(false));
    fires("memory.writable-when-not-readonly", &subject, &[0x18]);
}

#[test]
fn readonly_is_written_as_a_whole() {
    let subject = half_written(c1d());
    let granted: Vec<i32> = subject
        .sweep
        .requests
        .iter()
        .copied()
        .filter(|flags| !matches!(flags, 0x100 | 0x200))
        .collect();
    fires("readonly.whole-int-written", &subject, &granted);
    let hits = subject.hits_of("readonly.whole-int-written");
    assert_eq!(
        hits[0].broken.found,
        "3 of the 4 bytes of `readonly` were not written"
    );
}
