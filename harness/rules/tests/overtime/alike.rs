//! What is expected of views side by side, and of one view while nothing is done to it.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::stage::{Stage, bytes, stage};
use crate::support::{Model, raised};
use bufcheck_model::observation::{Array, Text, View, Volatile};
use bufcheck_model::scenario::{Neighbour, Seen};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use serde_json::json;

const OLD: [u8; 4] = [1, 2, 3, 4];
const NEW: [u8; 4] = [9, 2, 3, 4];

#[test]
fn a_held_view_follows_what_is_changed_in_place() {
    let that = json!({"follows": {"mutation": "m", "view": "a", "beside": "c", "now": "b"}});
    let changed = |alike: u64, now: u64, len: i64, raised| {
        stage()
            .bound("x.put(9)")
            .granted("a", bytes(&OLD))
            .granted_as("c", bytes(&OLD), |view| view.buf += alike)
            .mutated("m", raised)
            .granted_as("b", bytes(&NEW), |view| {
                view.buf += now;
                view.len += len;
            })
            .compared([bytes(&OLD), bytes(&NEW)])
    };
    changed(64, 128, 0, None).fails(
        &that,
        "`x.put(9)` went through, and a new view shows 09 02 03 04, the held one still 01 02 03 04: each view has \
         memory of its own",
    );
    // One memory, which was left to the views that are held.
    changed(0, 128, 0, None).holds(&that);
    changed(64, 128, 4, None).holds(&that);
    changed(64, 128, 0, Some(raised("BufferError", true))).holds(&that);
    changed(64, 128, 0, None).volatile(Volatile::Views).holds(&that);
}

#[test]
fn memory_is_no_one_elses() {
    let that = json!({"steady": {"view": "a"}});
    let read = |once: &[u8], again: &[u8]| {
        stage()
            .granted("a", bytes(&OLD))
            .read("a", bytes(once), &[])
            .read("a", bytes(again), &[])
    };
    read(&OLD, &OLD).holds(&that);
    read(&OLD, &NEW).fails(
        &that,
        "the view shows memory that is in other use: it read 01 02 03 04, and 09 02 03 04 when other memory had been \
         allocated and nothing else done",
    );
    // It changed before anything was allocated: others write it.
    read(&NEW, &OLD).holds(&that);
    read(&OLD, &NEW).volatile(Volatile::Held).holds(&that);
    stage()
        .granted("a", bytes(&OLD))
        .read("a", bytes(&NEW), &[])
        .holds(&that);
    // What is freed may be handed out to whoever reads it.
    let freed = |last: &[u8]| {
        stage()
            .granted("a", bytes(&[0xdd; 4]))
            .read("a", bytes(&NEW), &[])
            .read("a", bytes(last), &[])
    };
    freed(&OLD).fails(
        &that,
        "the view shows memory that is in other use: it read dd dd dd dd, and 01 02 03 04 when other memory had been \
         allocated and nothing else done",
    );
    freed(&[0xdd; 4]).holds(&that);
}

#[test]
fn a_request_decides_the_fields() {
    let that = json!({"same-fields": {"left": "a", "right": "b"}});
    let then = |format: &str, len| {
        stage()
            .granted_as("a", bytes(&OLD), |view| view.format = Text::Ascii("i".into()))
            .granted_as("b", bytes(&NEW), |view| {
                view.buf += 64;
                view.format = Text::Ascii(format.into());
                view.len += len;
            })
    };
    then("i", 0).holds(&that);
    then("d", 0).fails(&that, "another view by the same request has another format");
    then("d", 8).fails(&that, "another view by the same request has another len, format");
}

#[test]
fn a_second_view_is_granted_with_nothing_else_than_zero() {
    let that = json!({"returned-zero": {"view": "b"}});
    let returned = |number| {
        stage()
            .granted("a", bytes(&OLD))
            .granted_as("b", bytes(&OLD), |view| view.returned = number)
    };
    returned(0).holds(&that);
    returned(1).fails(&that, "returned 1, while another view was held");
    stage().refused("b", None).holds(&that);
}

#[test]
fn a_request_that_is_repeated_has_one_outcome() {
    let that = json!({"same-outcome": {"views": ["b", "c"]}});
    let buffer_error = || Some(raised("BufferError", true));
    let granted = || stage().granted("a", bytes(&OLD)).granted("b", bytes(&OLD));
    granted().granted("c", bytes(&OLD)).holds(&that);
    granted().refused("c", buffer_error()).fails(
        &that,
        "asked 2 times with the same view held, the same request was granted 1 times and refused 1 times",
    );
    stage()
        .refused("b", buffer_error())
        .refused("c", buffer_error())
        .holds(&that);
    // What was never asked says nothing.
    granted().holds(&that);
}

#[test]
fn a_copy_for_another_layout_need_not_show_what_is_written() {
    let that = json!({"shows-write": {"view": "b", "written": "a", "laid_out_alike": true}});
    let strided = |view: &mut View, stride| view.strides = Array::Elsewhere(vec![stride]);
    let written = |stride| {
        stage()
            .granted_as("b", bytes(&OLD), |view| strided(view, stride))
            .granted_as("a", bytes(&OLD), |view| strided(view, 4))
            .wrote("a", 1, true)
            .read("b", bytes(&OLD), &[])
    };
    written(4).fails(
        &that,
        "the first item reads 01 02 03 04 after it was inverted through another view",
    );
    written(8).holds(&that);
}

/// View `a`, granted as this, and one more beside it by the word, which shows the same bytes.
fn beside(request: i32, grant: impl Fn(&mut View), distance: i64, again: i64) -> Stage {
    let buf = granted_at(&grant);
    let at = |distance: i64| buf.wrapping_add_signed(distance);
    let neighbour = Neighbour {
        request,
        buf: at(distance),
        len: 24,
        again: Some(at(again)),
        content: Some(0),
        of_held: Some(0),
    };
    let act = json!({"beside": {"view": "a", "requests": ["each-granted"]}});
    stage()
        .granted_as("a", bytes(&OLD), grant)
        .act(act, Seen::Beside(vec![neighbour]))
}

fn granted_at(grant: &impl Fn(&mut View)) -> u64 {
    let mut view = Model::new(LayoutClass::C1d, false).view(Request::FULL);
    grant(&mut view);
    view.buf
}

#[test]
fn one_memory_is_shown_to_all_that_it_meets() {
    let that = json!({"one-memory": {"view": "a"}});
    let elsewhere = "SIMPLE shows the same bytes in other memory than the view that is held";
    let found = beside(0x0, |_| (), 64, 64).found(&that);
    assert_eq!(found.as_deref(), Some(elsewhere));
    beside(0x0, |_| (), 0, 0).holds(&that);
    // Memory made anew for each view.
    beside(0x0, |_| (), 64, 128).holds(&that);
    // What the memory does not meet is shown as a copy.
    let strided = |view: &mut View| view.strides = Array::Elsewhere(vec![8]);
    beside(0x0, strided, 64, 64).holds(&that);
    // Where pointers are followed, `buf` is no place of an item.
    let indirect = |view: &mut View| view.suboffsets = Array::Elsewhere(vec![0]);
    beside(0x11c, indirect, 64, 64).holds(&that);
}

#[test]
fn memory_in_another_order_is_not_handed_out_flat() {
    let that = json!({"in-order": {"view": "a"}});
    let backwards = |view: &mut View| view.strides = Array::Elsewhere(vec![-4]);
    let low = -20;
    for distance in [0, low] {
        let found = beside(0x8, backwards, distance, distance).found(&that);
        let found = found.expect("the memory as it lies");
        assert!(
            found.contains("was granted the memory as it lies, with shape [6] and strides [-4]"),
            "{found}"
        );
    }
    beside(0x8, backwards, 64, 64).holds(&that);
    // Strides say how it lies.
    beside(0x18, backwards, 0, 0).holds(&that);
    beside(0x8, |_| (), 0, 0).holds(&that);
}
