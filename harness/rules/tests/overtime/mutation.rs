//! What is expected of views while something touches the memory, and of whoever is refused for it.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::stage::{bytes, stage, unmapped};
use crate::{DATA, buffer_error, value_error};
use bufcheck_model::observation::{Array, Content, Field, Volatile};
use serde_json::json;

#[test]
fn a_mutation_is_locked_out_or_harmless() {
    let that = json!({"locked-or-valid": {"mutation": "m", "view": "a"}});
    let mutated = |raised, content, changed: &[Field]| {
        stage()
            .bound("x.grow()")
            .granted("a", bytes(&DATA))
            .mutated("m", raised)
            .read("a", content, changed)
    };
    mutated(None, bytes(&DATA), &[]).holds(&that);
    mutated(Some(value_error()), unmapped(), &[Field::Shape]).holds(&that);
    mutated(None, bytes(&DATA), &[Field::Shape])
        .fails(&that, "`x.grow()` went through, and shape of a held view changed");
    mutated(None, unmapped(), &[]).fails(
        &that,
        "`x.grow()` went through, and the memory of a held view is no longer mapped",
    );
    mutated(None, bytes(&[0xdd; 4]), &[]).fails(
        &that,
        "`x.grow()` went through, and the memory of a held view was freed: it reads dd dd dd dd",
    );
    // Other content is the object's right, unless it lies elsewhere by now.
    mutated(None, bytes(&[7]), &[]).holds(&that);
    let now = json!({"locked-or-valid": {"mutation": "m", "view": "a", "now": "b"}});
    mutated(None, bytes(&[7]), &[])
        .granted("b", bytes(&[7]))
        .holds(&now);
    let moved = |content: &[u8], later: &[u8]| {
        mutated(None, bytes(content), &[])
            .granted_as("b", bytes(&[7, 8]), |view| view.buf += 64)
            .read("a", bytes(later), &[])
    };
    moved(&DATA, &DATA).holds(&now);
    // A ring that is read in the order of time, from the second round on as a copy.
    moved(&[7], &[7]).holds(&now);
    let in_other_use = "`x.grow()` went through, and the object lies elsewhere now, and the memory of the held view is in other use";
    // What the object does not hold was written by somebody else.
    moved(&[9], &[9]).fails(&now, in_other_use);
    moved(&DATA, &[7]).fails(&now, in_other_use);
}

/// A block that was moved as it grew: the debugging allocator fills 64 bytes at each end of the old one.
#[test]
fn a_block_that_was_moved_is_filled_at_both_ends() {
    let locked = json!({"locked-or-valid": {"mutation": "m", "view": "a"}});
    let long = |first: usize, last: usize| {
        let mut after = vec![7; 256];
        after[..first].fill(0xdd);
        after[256 - last..].fill(0xdd);
        stage()
            .bound("x.grow()")
            .granted("a", bytes(&[7; 256]))
            .mutated("m", None)
            .read("a", bytes(&after), &[])
    };
    long(64, 64).fails(
        &locked,
        "`x.grow()` went through, and the memory of a held view was freed: it reads dd dd dd dd dd dd dd dd ...",
    );
    long(64, 63).holds(&locked);
    long(0, 64).holds(&locked);
}

/// What others write tells nothing of what was done meanwhile; fields and readability do.
#[test]
fn bytes_that_others_write_are_not_compared() {
    let touched = |content: Content, changed: &[Field]| {
        stage()
            .volatile(Volatile::Held)
            .bound("x.grow()")
            .granted("a", bytes(&DATA))
            .wrote("a", 2, true)
            .mutated("m", None)
            .granted_as("b", bytes(&[0xdd; 10]), |view| view.buf += 64)
            .read("a", content, changed)
    };
    let locked = json!({"locked-or-valid": {"mutation": "m", "view": "a", "now": "b"}});
    for that in [
        &json!({"same-content": {"view": "a"}}),
        &json!({"not-freed": {"view": "a"}}),
        &json!({"not-dangling": {"view": "b", "before": "a"}}),
        &json!({"same-at-grant": {"left": "a", "right": "b"}}),
        &json!({"shows-write": {"view": "b", "written": "a"}}),
        &locked,
    ] {
        touched(bytes(&[0xdd; 10]), &[]).holds(that);
    }
    let readable = json!({"readable": {"view": "a"}});
    touched(unmapped(), &[]).fails(&readable, "the memory of a held view is no longer mapped");
    touched(bytes(&[7]), &[Field::Len])
        .fails(&locked, "`x.grow()` went through, and len of a held view changed");

    // A view of memory that differs from view to view keeps its own bytes.
    let snapshot = stage()
        .volatile(Volatile::Views)
        .granted("a", bytes(&DATA))
        .read("a", bytes(&[7]), &[]);
    snapshot.fails(
        &json!({"same-content": {"view": "a"}}),
        "bytes 07 of a held view, which were 01 02 03 04 05 06 07 08 ...",
    );

    let raised = stage()
        .volatile(Volatile::Held)
        .granted("a", bytes(&DATA))
        .mutated("m", Some(buffer_error()))
        .read("a", bytes(&[7]), &[]);
    raised.holds(&json!({"untouched-if-raised": {"mutation": "m", "view": "a"}}));
}

#[test]
fn a_lock_says_so_with_buffer_error() {
    let that = json!({"buffer-error-unless-free": {"mutation": "m", "free": "f"}});
    let mutated = |free, held| stage().mutated("f", free).mutated("m", held);
    mutated(None, None).holds(&that);
    mutated(None, Some(buffer_error())).holds(&that);
    mutated(Some(value_error()), Some(value_error())).holds(&that);
    mutated(None, Some(value_error())).fails(
        &that,
        "the statement raised ValueError (closed) while a view was held",
    );
}

#[test]
fn a_refused_mutation_leaves_everything_alone() {
    let that = json!({"untouched-if-raised": {"mutation": "m", "view": "a"}});
    let mutated = |raised, content: &[u8], changed: &[Field]| {
        stage()
            .granted("a", bytes(&DATA))
            .mutated("m", raised)
            .read("a", bytes(content), changed)
    };
    mutated(Some(buffer_error()), &DATA, &[]).holds(&that);
    mutated(None, &[7], &[Field::Len]).holds(&that);
    mutated(Some(buffer_error()), &[7], &[]).fails(
        &that,
        "the statement raised, but the bytes are 07, they were 01 02 03 04 05 06 07 08 ...",
    );
    mutated(Some(buffer_error()), &DATA, &[Field::Len])
        .fails(&that, "the statement raised, but len of a held view changed");

    let alike = json!({"alike-if-raised": {"mutation": "m", "before": "a", "after": "b"}});
    let after = |raised, len, shape: i64| {
        stage()
            .granted("a", bytes(&DATA))
            .mutated("m", raised)
            .granted_as("b", bytes(&DATA), |view| {
                view.len = len;
                view.shape = Array::Elsewhere(vec![shape]);
            })
    };
    after(Some(buffer_error()), 24, 6).holds(&alike);
    after(None, 25, 7).holds(&alike);
    after(Some(buffer_error()), 25, 6).fails(
        &alike,
        "the statement raised, but a new view has 25 bytes, the one from before 24",
    );
    after(Some(buffer_error()), 24, 12).fails(
        &alike,
        "the statement raised, but a new view has the shape Some([12]), the one from before Some([6])",
    );
}

#[test]
fn a_lock_lasts_and_ends() {
    let lasts = json!({"raises-like": {"mutation": "m", "earlier": "e", "view": "a"}});
    let tried = |earlier, later| {
        stage()
            .granted("a", bytes(&DATA))
            .mutated("e", earlier)
            .mutated("m", later)
    };
    tried(Some(buffer_error()), Some(buffer_error())).holds(&lasts);
    tried(None, None).holds(&lasts);
    tried(Some(value_error()), None).holds(&lasts);
    tried(Some(buffer_error()), None).fails(
        &lasts,
        "the statement went through while one of the views was still held",
    );
    stage()
        .refused("a", Some(buffer_error()))
        .mutated("e", Some(buffer_error()))
        .mutated("m", None)
        .holds(&lasts);

    let ends = json!({"works-like": {"mutation": "m", "free": "f"}});
    let after = |free, later| stage().mutated("f", free).mutated("m", later);
    after(None, None).holds(&ends);
    after(Some(value_error()), Some(buffer_error())).holds(&ends);
    after(None, Some(value_error())).fails(
        &ends,
        "the statement raised ValueError (closed) after every view was released",
    );
}
