//! What is expected of single views over time: each predicate holds of what is right and fails of what is not.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::stage::{Stage, bytes, stage, unmapped};
use crate::{DATA, buffer_error, silent, value_error};
use bufcheck_model::observation::{Field, Volatile};
use rstest::rstest;
use serde_json::json;

/// View `a`, granted with [`DATA`], read again with this.
fn read_again(content: &[u8], changed: &[Field]) -> Stage {
    stage()
        .granted("a", bytes(&DATA))
        .read("a", bytes(content), changed)
}

#[test]
fn a_view_is_granted() {
    let that = json!({"granted": {"view": "a"}});
    stage().holds(&that);
    stage().granted("a", bytes(&DATA)).holds(&that);
    stage().refused("b", None).granted("a", bytes(&DATA)).holds(&that);
    stage()
        .refused("a", Some(value_error()))
        .fails(&that, "view `a` was refused: ValueError (closed)");
    stage()
        .refused("a", None)
        .fails(&that, "view `a` was refused: no exception");
}

#[test]
fn a_view_is_refused() {
    let that = json!({"refused": {"view": "a"}});
    stage().refused("a", Some(buffer_error())).holds(&that);
    stage().refused("a", None).holds(&that);
    stage().granted("a", bytes(&DATA)).fails(&that, "a view");
    stage()
        .refused("a", Some(silent("OSError")))
        .fails(&that, "OSError");
}

#[test]
fn a_second_view_is_granted_or_refused_properly() {
    let that = json!({"granted-or-buffer-error": {"view": "a"}});
    stage().granted("a", bytes(&DATA)).holds(&that);
    stage().refused("a", Some(buffer_error())).holds(&that);
    stage().refused("a", None).holds(&that);
    stage()
        .refused("a", Some(value_error()))
        .fails(&that, "a second view was refused with ValueError (closed)");
}

#[test]
fn a_view_keeps_its_fields() {
    let that = json!({"unchanged": {"view": "a"}});
    read_again(&DATA, &[]).holds(&that);
    stage().granted("a", bytes(&DATA)).holds(&that);
    read_again(&DATA, &[Field::Shape, Field::Buf]).fails(&that, "buf, shape of a held view changed");
    // The latest reading counts.
    read_again(&DATA, &[Field::Shape])
        .read("a", bytes(&DATA), &[])
        .holds(&that);
    read_again(&DATA, &[Field::Shape])
        .granted("b", bytes(&DATA))
        .read("b", bytes(&DATA), &[])
        .fails(&that, "shape of a held view changed");
    let format = json!({"unchanged": {"view": "a", "fields": ["format"]}});
    read_again(&DATA, &[Field::Shape]).holds(&format);
    read_again(&DATA, &[Field::Shape, Field::Format]).fails(&format, "format of a held view changed");
}

#[test]
fn memory_stays_readable() {
    let that = json!({"readable": {"view": "a"}});
    read_again(&[], &[]).holds(&that);
    stage()
        .granted("a", bytes(&DATA))
        .read("a", unmapped(), &[])
        .fails(&that, "the memory of a held view is no longer mapped");
    // What never could be read says nothing.
    stage()
        .granted("a", unmapped())
        .read("a", unmapped(), &[])
        .holds(&that);
}

#[test]
fn content_stays() {
    let that = json!({"same-content": {"view": "a"}});
    read_again(&DATA, &[Field::Buf]).holds(&that);
    read_again(&[1, 2, 3], &[]).fails(
        &that,
        "bytes 01 02 03 of a held view, which were 01 02 03 04 05 06 07 08 ...",
    );
    let eight = &DATA[..8];
    stage()
        .granted("a", bytes(eight))
        .read("a", bytes(&[0xff]), &[])
        .fails(
            &that,
            "bytes ff of a held view, which were 01 02 03 04 05 06 07 08",
        );
}

#[rstest]
#[case::by_python(&[0xdd; 10], true)]
#[case::by_python_one_byte(&[0xdd], true)]
#[case::by_c(&[0xa7; 10], true)]
#[case::by_c_just_enough(&[0xa7; 4], true)]
#[case::too_short_to_tell(&[0xa7; 3], false)]
#[case::behind_one_link(&[1, 2, 3, 4, 5, 6, 7, 8, 0xa7, 0xa7, 0xa7, 0xa7], true)]
#[case::behind_one_link_too_short(&[1, 2, 3, 4, 5, 6, 7, 8, 0xa7, 0xa7, 0xa7], false)]
#[case::behind_two_links(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa7, 0xa7, 0xa7, 0xa7], true)]
#[case::behind_four_links(&[&[9; 32][..], &[0xa7; 4]].concat(), true)]
#[case::almost(&[0xdd, 0xdd, 0xdd, 0xdc], false)]
#[case::other_data(&[9, 9, 9, 9], false)]
#[case::nothing(&[], false)]
fn freed_memory_is_known_by_its_filling(#[case] content: &[u8], #[case] freed: bool) {
    let that = json!({"not-freed": {"view": "a"}});
    let found = read_again(content, &[]).found(&that);
    assert_eq!(found.is_some(), freed, "{found:?}");
    // What looked like that from the start is data.
    stage()
        .granted("a", bytes(content))
        .read("a", bytes(content), &[])
        .holds(&that);
}

#[test]
fn freed_memory_is_shown() {
    let that = json!({"not-freed": {"view": "a"}});
    read_again(&[0xdd; 9], &[]).fails(
        &that,
        "the memory of a held view was freed: it reads dd dd dd dd dd dd dd dd ...",
    );
}

#[test]
fn a_new_view_leads_nowhere_old() {
    let that = json!({"not-dangling": {"view": "b", "before": "a"}});
    let then = |content| stage().granted("a", bytes(&DATA)).granted("b", content);
    then(bytes(&DATA)).holds(&that);
    then(bytes(&[0xdd; 3])).holds(&that);
    then(bytes(&[0xdd, 0xdd, 0xdd, 0xdd]))
        .fails(&that, "a new view leads to freed memory: it reads dd dd dd dd");
    // Only as far as the earlier view reached.
    stage()
        .granted("a", bytes(&[1, 2, 3, 4]))
        .granted("b", bytes(&[0xdd, 0xdd, 0xdd, 0xdd, 5]))
        .fails(&that, "a new view leads to freed memory: it reads dd dd dd dd 05");
    then(unmapped()).fails(&that, "a new view leads to memory that is not mapped");
    stage()
        .granted("a", unmapped())
        .granted("b", unmapped())
        .holds(&that);
}

#[test]
fn views_agree() {
    let same = json!({"same-at-grant": {"left": "a", "right": "b"}});
    let both = |content: &[u8]| stage().granted("a", bytes(&DATA)).granted("b", bytes(content));
    both(&DATA).holds(&same);
    both(&[7]).fails(
        &same,
        "a new view shows 07, the one from before showed 01 02 03 04 05 06 07 08 ...",
    );
    both(&[7]).volatile(Volatile::Views).holds(&same);
    let beside = json!({"same-at-grant": {"left": "a", "right": "b", "beside": "c"}});
    both(&[7]).granted("c", bytes(&DATA)).fails(
        &beside,
        "a new view shows 07, the one from before showed 01 02 03 04 05 06 07 08 ...",
    );
    both(&[7]).granted("c", bytes(&[7])).holds(&beside);
    let place = json!({"same-place": {"left": "a", "right": "b", "beside": "c"}});
    let at = |moved: u64, other: u64| {
        stage()
            .granted("a", bytes(&DATA))
            .granted_as("c", bytes(&DATA), |view| view.buf += other)
            .granted_as("b", bytes(&DATA), |view| view.buf += moved)
    };
    at(0, 0).holds(&place);
    at(8, 0).fails(&place, "the memory lies elsewhere now");
    at(8, 0)
        .read("a", bytes(&[7]), &[])
        .fails(&place, "the memory lies elsewhere now");
    // The same pages, mapped a second time.
    at(8, 0).read("a", bytes(&DATA), &[]).holds(&place);
    at(8, 16).holds(&place);
    let equal = json!({"equal": {"left": "a", "right": "b"}});
    stage().holds(&equal);
    stage().compared([bytes(&[1]), bytes(&[1])]).holds(&equal);
    stage()
        .compared([bytes(&[1]), bytes(&[2])])
        .fails(&equal, "view `a` shows 01, view `b` 02");
    stage()
        .compared([bytes(&[1]), bytes(&[2])])
        .volatile(Volatile::Views)
        .holds(&equal);
    stage()
        .compared([bytes(&[1]), bytes(&[2])])
        .holds(&json!({"equal": {"left": "a", "right": "c"}}));
}

#[test]
fn what_is_written_shows() {
    let that = json!({"shows-write": {"view": "b", "written": "a"}});
    let written = |bytes_written, done| stage().granted("a", bytes(&DATA)).wrote("a", bytes_written, done);
    written(2, true)
        .granted("b", bytes(&[0xfe, 0xfd, 3]))
        .holds(&that);
    written(2, true).granted("b", bytes(&[0xfe, 2, 3])).fails(
        &that,
        "the first item reads fe 02 03 after it was inverted through another view",
    );
    written(2, false).granted("b", bytes(&DATA)).holds(&that);
    written(0, true).granted("b", bytes(&DATA)).holds(&that);
    written(2, true).granted("b", unmapped()).holds(&that);
    written(2, true).granted("b", bytes(&[])).holds(&that);
    written(2, true)
        .granted("b", bytes(&DATA))
        .read("b", bytes(&[0xfe, 0xfd]), &[])
        .holds(&that);
    stage()
        .granted("a", unmapped())
        .wrote("a", 2, true)
        .granted("b", bytes(&DATA))
        .holds(&that);

    let wrote = json!({"wrote": {"view": "a"}});
    written(2, true).holds(&wrote);
    written(0, false).holds(&wrote);
    written(2, false).fails(&wrote, "the memory of a writable view could not be written");
}
