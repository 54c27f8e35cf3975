//! What is expected of views side by side, and of one view while nothing is done to it.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::raised;
use crate::support::stage::{bytes, stage};
use bufcheck_model::observation::{Text, Volatile};
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
