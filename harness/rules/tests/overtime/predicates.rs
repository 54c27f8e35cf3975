//! What is expected of single views over time: each predicate holds of what is right and fails of what is not.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::raised;
use crate::support::stage::{Stage, bytes, set, stage, unmapped};
use crate::value_error;
use bufcheck_model::observation::{Array, Content, Field, ObjRef, Raised, Volatile};
use bufcheck_model::scenario::{Release, Seen};
use rstest::rstest;
use serde_json::json;

const DATA: [u8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

fn buffer_error() -> Raised {
    raised("BufferError", true)
}

fn silent(type_name: &str) -> Raised {
    Raised {
        message: String::new(),
        ..raised(type_name, false)
    }
}

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

#[test]
fn a_release_is_clean() {
    let that = json!({"released-cleanly": {"view": "a"}});
    let no_unraisable = json!({"no-unraisable": {"view": "a"}});
    let reports = json!({"reports": {"view": "a"}});
    let internal = json!({"internal-kept": {"view": "a"}});
    let pending = json!({"pending-kept": {"view": "a"}});

    let clean = stage().released("a", Release::default());
    clean.holds(&that);
    clean.holds(&no_unraisable);
    clean.holds(&internal);
    clean.holds(&pending);
    clean.fails(&reports, "no report");
    stage().holds(&reports);

    let raising = stage().released(
        "a",
        Release {
            raised: Some(value_error()),
            pending_kept: Some(false),
            changed: set(&[Field::Internal]),
            ..Release::default()
        },
    );
    raising.fails(&that, "the release left ValueError (closed)");
    raising.fails(&reports, "ValueError (closed)");
    raising.fails(&internal, "`internal` changed while the view was held");
    raising.fails(
        &pending,
        "an exception was set before the release; after it ValueError (closed) is set",
    );

    let reporting = stage().released(
        "a",
        Release {
            unraisable: Some(silent("OSError")),
            pending_kept: Some(true),
            changed: set(&[Field::Buf]),
            ..Release::default()
        },
    );
    reporting.fails(&that, "the release reported OSError");
    reporting.fails(&no_unraisable, "the release raised OSError");
    reporting.holds(&reports);
    reporting.holds(&internal);
    reporting.holds(&pending);

    let kept = Release {
        obj_kept: true,
        pending_kept: Some(false),
        ..Release::default()
    };
    stage()
        .released("a", kept.clone())
        .fails(&that, "`obj` is not NULL after the release");
    stage().released("a", kept.clone()).fails(
        &pending,
        "an exception was set before the release; after it nothing is set",
    );
    stage().released("b", kept).holds(&that);
}

#[rstest]
#[case::balanced([3, 3, 3], None)]
#[case::stored_at_first_use([3, 4, 4], None)]
#[case::stored_late([3, 3, 4], None)]
#[case::come_and_gone([3, 4, 3], None)]
#[case::leak([3, 5, 6], Some("the reference count changed by +2, and by +1 when that was repeated"))]
#[case::owed([3, 2, 1], Some("the reference count changed by -1, and by -1 when that was repeated"))]
fn counts_change_with_every_cycle_or_hardly_matter(#[case] counts: [i64; 3], #[case] found: Option<&str>) {
    let that = json!({"balanced": {"counts": ["p", "q", "r"]}});
    let [p, q, r] = counts.map(Some);
    let stage = stage().counted("p", p).counted("q", q).counted("r", r);
    assert_eq!(stage.found(&that).as_deref(), found);
}

#[rstest]
#[case::balanced([3, 3, 3, 3, 3], None)]
#[case::any_way_leaks([3, 4, 5, 6, 7], None)]
#[case::stored_at_first_use([3, 3, 4, 4, 4], None)]
#[case::plain_leaks_alone([3, 4, 4, 5, 5],
    Some("the reference count changed by -1 more than in the plain way, and by -1 when that was repeated"))]
#[case::leaks_more([3, 4, 6, 7, 10],
    Some("the reference count changed by +1 more than in the plain way, and by +2 when that was repeated"))]
fn another_way_is_compared_with_the_plain_one(#[case] counts: [i64; 5], #[case] found: Option<&str>) {
    let names = ["p", "q", "r", "s", "t"];
    let that = json!({"balanced-as-plain": {"counts": names}});
    let counted = names.iter().zip(counts);
    let stage = counted.fold(stage(), |stage, (name, count)| stage.counted(name, Some(count)));
    assert_eq!(stage.found(&that).as_deref(), found);
}

#[test]
fn garbage_is_no_leak() {
    let that = json!({"balanced": {"counts": ["p", "q", "r"]}});
    let recounted = |kept| {
        let count = |stage: Stage, name: &str, kept| {
            let seen = Seen::Recounted {
                at_once: kept + 5,
                kept,
            };
            stage.act(json!({"count": {"name": name}}), seen)
        };
        let [one, other] = kept;
        count(count(stage().counted("p", Some(3)), "q", one), "r", other)
    };
    recounted([3, 3]).holds(&that);
    recounted([4, 5]).fails(
        &that,
        "the reference count changed by +1, and by +1 when that was repeated",
    );
    let immortal = stage()
        .counted("p", None)
        .counted("q", Some(3))
        .counted("r", Some(4));
    immortal.holds(&that);
}

#[test]
fn lives_agree() {
    let alive = json!({"alive": {"object": "x", "view": "a"}});
    let owned = |owner: fn() -> ObjRef, found| {
        stage()
            .granted_as("a", bytes(&DATA), |view| view.obj = owner())
            .looked("x", found)
    };
    owned(|| ObjRef::Exporter, Some(true)).holds(&alive);
    owned(|| ObjRef::Exporter, None).holds(&alive);
    owned(|| ObjRef::Null, Some(false)).holds(&alive);
    owned(|| ObjRef::Exporter, Some(false))
        .fails(&alive, "the object was finalised while its memory was exported");

    let gone = json!({"gone": {"object": "x", "like": "y"}});
    let found = |other, own| stage().looked("y", other).looked("x", own);
    found(Some(false), Some(false)).holds(&gone);
    found(Some(true), Some(true)).holds(&gone);
    found(None, Some(true)).holds(&gone);
    found(Some(false), Some(true)).fails(&gone, "the object is still there though nothing refers to it");
}
