//! Rules of the family `readonly`: the field that says whether the memory may be written.
//!
//! Knows that it is a C `int`, and that an exporter may fill only part of it. Must never know which requests
//! may be granted.

use super::words::filled;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Grant;
use bufcheck_model::observation::Field;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "readonly.zero-or-nonzero",
        check: Check::Granted(zero_or_one),
    },
    Rule {
        id: "readonly.whole-int-written",
        check: Check::Granted(whole_int_written),
    },
];

/// What the field says; `None` where it was not, or not wholly, written.
pub(super) fn is_readonly(grant: &Grant<'_>) -> Option<bool> {
    match grant.view.readonly {
        _ if grant.view.untouched.contains(Field::Readonly) => None,
        0 => Some(false),
        1 => Some(true),
        _ => unwritten_bytes(grant).is_none().then_some(true),
    }
}

/// Which bytes of the field hold the fill pattern of their round in every round, the lowest address first;
/// `None` if none does or if only one pattern was tried.
fn unwritten_bytes(grant: &Grant<'_>) -> Option<[bool; 4]> {
    let mut unwritten = [true; 4];
    let mut first = None;
    let mut patterns = false;
    for (poison, grant) in filled(grant.evidence, grant.request) {
        patterns |= *first.get_or_insert(poison) != poison;
        let bytes = if grant.evidence.platform.little_endian {
            grant.view.readonly.to_le_bytes()
        } else {
            grant.view.readonly.to_be_bytes()
        };
        for (unwritten, byte) in unwritten.iter_mut().zip(bytes) {
            *unwritten &= byte == poison;
        }
    }
    (patterns && unwritten.contains(&true)).then_some(unwritten)
}

fn zero_or_one(grant: &Grant<'_>) -> Option<Broken> {
    if matches!(grant.view.readonly, 0 | 1) || is_readonly(grant).is_none() {
        return None;
    }
    Some(Broken::new(
        format!("`readonly` is {}", grant.view.readonly),
        "0 or 1: some helpers test for 1",
    ))
}

fn whole_int_written(grant: &Grant<'_>) -> Option<Broken> {
    if matches!(grant.view.readonly, 0 | 1) || grant.view.untouched.contains(Field::Readonly) {
        return None;
    }
    let unwritten = unwritten_bytes(grant)?;
    let count = unwritten.iter().filter(|unwritten| **unwritten).count();
    (count < 4).then(|| {
        Broken::new(
            format!("{count} of the 4 bytes of `readonly` were not written"),
            "a whole C int: a consumer reads the rest as \"read-only\"",
        )
    })
}
