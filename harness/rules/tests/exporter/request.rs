//! Fixtures of the family `request`: which requests are answered, and how.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::FormatAlone;
use crate::support::{Model, Subject, conforming, intern, only, refusal, sensible, told};
use crate::{
    READONLY, WRITABLE, broken, c1d, cnd, each_fires, fires, flat, half_written, handed_out, handing_out,
    refusing, undeclared,
};
use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Answer, Array, Text, View};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};
use rstest::rstest;

#[rstest]
#[case::flat(refusing(LayoutClass::C1d, WRITABLE, only(0x0)), 0x0)]
#[case::writable(refusing(LayoutClass::Strided, WRITABLE, only(0x19)), 0x19)]
#[case::readonly(refusing(LayoutClass::Fnd, READONLY, only(0x58)), 0x58)]
#[case::indirect(refusing(LayoutClass::Pil, WRITABLE, only(0x119)), 0x119)]
fn meetable_requests_are_met(#[case] subject: Subject, #[case] flags: i32) {
    fires("request.met-when-possible", &subject, &[flags]);
}

#[rstest]
#[case::combined(refusing(LayoutClass::C1d, WRITABLE, |request| request.well_formed() != WellFormed::Yes))]
#[case::unmeetable(refusing(LayoutClass::Strided, WRITABLE, only(0x38)))]
#[case::writable_of_unknown_memory(undeclared(refusing(
    LayoutClass::C1d,
    READONLY,
    Request::wants_writable
)))]
fn refusals_that_may_be(#[case] subject: Subject) {
    assert!(subject.hits_of("request.met-when-possible").is_empty());
}

#[test]
fn writable_views_are_not_read_only() {
    let subject = c1d().granted(only(0x19), |view| view.readonly = 1);
    fires("request.writable-refused-when-readonly", &subject, &[0x19]);
}

/// An exporter that is right in itself and a declaration that says otherwise: one of the two is wrong, and nothing
/// else is accused.
#[rstest]
#[case::writable(WRITABLE)]
#[case::readonly(READONLY)]
fn a_declaration_accuses_nobody_else(#[case] readonly: bool) {
    let subject =
        conforming(LayoutClass::C1d, readonly).declaring(|declared| declared.readonly = Some(!readonly));
    let accused = subject.accusations();
    assert!(
        !accused.is_empty()
            && accused
                .iter()
                .all(|hit| hit.rule == "consistency.declared-readonly"),
        "{}",
        told(&accused)
    );
}

#[test]
fn a_half_written_readonly_is_no_read_only_view() {
    let subject = half_written(c1d());
    assert!(
        subject
            .hits_of("request.writable-refused-when-readonly")
            .is_empty()
    );
    assert!(subject.hits_of("readonly.zero-or-nonzero").is_empty());
}

#[rstest]
#[case::simple(0x0)]
#[case::writable_alone(0x1)]
fn flat_requests_show_no_shape_or_format(#[case] flags: i32) {
    let shaped = c1d().granted(only(flags), |view| view.shape = Array::InView(vec![6]));
    fires("shape.null-unless-nd", &shaped, &[flags]);
    let formatted = c1d().granted(only(flags), |view| view.format = Text::Ascii("B".into()));
    fires("format.null-unless-requested", &formatted, &[flags]);
}

#[test]
fn writable_changes_nothing_else() {
    let subject = cnd().granted(only(0x9), |view| view.len = 20);
    fires("request.writable-orthogonal", &subject, &[0x9]);
    let subject = cnd().granted(only(0x1d), |view| view.format = Text::Ascii("i".into()));
    fires("request.writable-orthogonal", &subject, &[0x1d]);
}

#[test]
fn readonly_is_one_choice() {
    let subject = c1d().granted(only(0x18), |view| view.readonly = 1);
    fires("request.readonly-choice-consistent", &subject, &[0x18]);
    fires("request.readonly-implied-by-writable-success", &subject, &[0x18]);
    assert!(subject.hits_of("py.readonly-choice-consistent").is_empty());
}

#[test]
fn readonly_of_a_python_class_is_another_rule() {
    let mut subject = c1d().granted(only(0x18), |view| view.readonly = 1);
    subject.made.python_level = true;
    fires("py.readonly-choice-consistent", &subject, &[0x18]);
    assert!(subject.hits_of("request.readonly-choice-consistent").is_empty());
}

#[test]
fn a_copy_may_be_read_only_where_the_memory_is_not() {
    let model = Model::new(LayoutClass::Strided, WRITABLE);
    // The second lies where the memory itself did, in a block that was free again.
    for place in [0x7f00_9000, 0x7f00_1000] {
        let subject = model.subject().replaced(only(0x0), |request| {
            let mut view = model.view(request);
            (view.buf, view.readonly) = (place, 1);
            Answer::Granted(Box::new(view))
        });
        assert!(subject.hits_of("request.readonly-choice-consistent").is_empty());
    }
}

/// One fact, one rule.
#[rstest]
#[case(Text::Null, "format.non-null-when-requested")]
#[case(Text::Unreadable(0x10), "format.pointer-readable")]
#[case(Text::Unterminated("iii".into()), "format.nul-terminated")]
fn format_comes_when_asked(#[case] format: Text, #[case] id: &str) {
    let subject = c1d().granted(only(0x1c), |view| view.format = format.clone());
    fires(id, &subject, &[0x1c]);
    let accused: Vec<String> = subject.accusations().into_iter().map(|hit| hit.rule).collect();
    let others = ["format.consistent-across-requests", "request.writable-orthogonal"];
    assert!(
        accused
            .iter()
            .all(|rule| rule == id || others.contains(&rule.as_str())),
        "{accused:?}"
    );
}

#[test]
fn format_is_always_to_be_had() {
    let subject = refusing(LayoutClass::C1d, WRITABLE, Request::wants_format);
    let wanted: Vec<i32> = Request::all()
        .filter(|request| sensible(*request) && request.wants_format())
        .map(Request::flags)
        .collect();
    fires("request.format-always-available", &subject, &wanted);
}

#[test]
fn structure_requests_give_their_arrays() {
    let without = |field: fn(&mut View) -> &mut Array, flags: i32| {
        cnd().granted(only(flags), move |view| *field(view) = Array::Null)
    };
    let with = |field: fn(&mut View) -> &mut Array, flags: i32| {
        cnd().granted(only(flags), move |view| {
            *field(view) = Array::Elsewhere(vec![-1, -1]);
        })
    };
    fires(
        "request.nd-gives-shape",
        &without(|view| &mut view.shape, 0x8),
        &[0x8],
    );
    fires(
        "request.nd-gives-shape",
        &without(|view| &mut view.shape, 0x118),
        &[0x118],
    );
    fires(
        "strides.null-unless-strides",
        &with(|view| &mut view.strides, 0xd),
        &[0xd],
    );
    fires(
        "strides.non-null-when-requested",
        &without(|view| &mut view.strides, 0x1c),
        &[0x1c],
    );
    fires(
        "suboffsets.null-unless-indirect",
        &with(|view| &mut view.suboffsets, 0x19),
        &[0x19],
    );
    let needless = with(|view| &mut view.suboffsets, 0x11c);
    fires("suboffsets.null-when-all-negative", &needless, &[0x11c]);
    let unasked = with(|view| &mut view.suboffsets, 0x19);
    assert!(unasked.hits_of("suboffsets.null-when-all-negative").is_empty());
}

#[rstest]
#[case("request.no-strides-means-c-contiguous", LayoutClass::Fnd, 0x0)]
#[case("request.no-strides-means-c-contiguous", LayoutClass::Strided, 0xd)]
#[case("request.no-strides-means-c-contiguous", LayoutClass::Negative, 0x8)]
#[case("request.no-strides-means-c-contiguous", LayoutClass::Broadcast, 0x1)]
#[case("request.c-contiguous", LayoutClass::Fnd, 0x38)]
#[case("request.c-contiguous", LayoutClass::Strided, 0x3d)]
#[case("request.f-contiguous", LayoutClass::Cnd, 0x58)]
#[case("request.any-contiguous", LayoutClass::Strided, 0x98)]
#[case("request.several-contiguity-flags", LayoutClass::Cnd, 0x78)]
#[case("request.several-contiguity-flags", LayoutClass::Fnd, 0xf8)]
#[case("request.indirect-with-contiguity", LayoutClass::Pil, 0x138)]
#[case("request.indirect-with-contiguity", LayoutClass::Pil, 0x19c)]
#[case("request.suboffsets-refused-without-indirect", LayoutClass::Pil, 0x18)]
#[case("request.suboffsets-refused-without-indirect", LayoutClass::Pil, 0x0)]
fn native_memory_is_not_handed_out_where_it_does_not_do(
    #[case] id: &str,
    #[case] class: LayoutClass,
    #[case] flags: i32,
) {
    fires(id, &handed_out(class, only(flags)), &[flags]);
}

/// A block that was given back is handed out again: the address agrees by chance, and the bytes are a faithful copy.
#[rstest]
#[case(LayoutClass::Negative)]
#[case(LayoutClass::Fnd)]
#[case(LayoutClass::Strided)]
fn a_faithful_copy_in_a_block_that_was_free_again_is_no_native_memory(#[case] class: LayoutClass) {
    let model = Model::new(class, WRITABLE);
    let flat = |request: Request| sensible(request) && !request.wants_strides();
    let subject = model
        .subject()
        .replaced(flat, |request| Answer::Granted(Box::new(model.view(request))));
    assert!(
        subject.accusations().is_empty(),
        "{}",
        told(&subject.accusations())
    );
}

#[test]
fn contiguity_is_also_read_off_the_view_itself() {
    // Only this request is granted, so nothing else tells what the memory is.
    let subject = undeclared(handed_out(LayoutClass::Cnd, only(0x58)))
        .replaced(|request| request.flags() != 0x58, |_| Answer::Refused(refusal()));
    fires("request.f-contiguous", &subject, &[0x58]);
}

#[test]
fn suboffsets_have_no_place_beside_contiguity() {
    let subject = cnd().granted(only(0x138), |view| {
        view.suboffsets = Array::Elsewhere(vec![-1, -1]);
    });
    fires("request.indirect-with-contiguity", &subject, &[0x138]);
}

#[test]
fn a_wider_consumer_is_served_too() {
    fires(
        "request.extra-capability-harmless",
        &refusing(LayoutClass::C1d, WRITABLE, |request| {
            sensible(request) && request.takes_suboffsets()
        }),
        &[0x118, 0x119, 0x11c, 0x11d],
    );
    fires(
        "request.extra-capability-harmless",
        &refusing(LayoutClass::C1d, WRITABLE, |request| {
            sensible(request) && request.flags() > 0x1
        }),
        &[0x8, 0x9],
    );
}

#[rstest]
#[case(FormatAlone::Refuse, "refuse")]
#[case(FormatAlone::Bytes, "bytes")]
#[case(FormatAlone::Truth, "true-format")]
fn format_alone_shows_a_camp(#[case] format_alone: FormatAlone, #[case] camp: &str) {
    for class in [LayoutClass::C1d, LayoutClass::Scalar] {
        let model = Model {
            format_alone,
            ..Model::new(class, READONLY)
        };
        assert_eq!(
            model.subject().camp("request.format-alone-outcome").as_deref(),
            Some(camp)
        );
    }
}

#[test]
fn format_alone_shows_no_camp_where_both_look_alike() {
    let model = Model {
        format: "B".into(),
        ..Model::new(LayoutClass::C1d, WRITABLE)
    };
    assert_eq!(model.subject().camp("request.format-alone-outcome"), None);
}

#[test]
fn format_alone_shows_no_camp_where_contiguity_is_refused() {
    let subject = conforming(LayoutClass::Fnd, WRITABLE);
    assert_eq!(subject.camp("request.format-alone-outcome"), None);
}

#[test]
fn half_macros_are_not_there() {
    let subject = c1d().granted(only(0x10), |view| view.strides = Array::InView(vec![1]));
    fires("request.partial-macro-ignored", &subject, &[0x10]);
}

#[rstest]
#[case(0x2)]
#[case(0x400)]
#[case(0x8000)]
#[case(0x4000_0000)]
#[case(-1)]
#[case(0x11e)]
fn unknown_bits_change_nothing(#[case] flags: i32) {
    fires(
        "request.unknown-bits-ignored",
        &refusing(LayoutClass::C1d, WRITABLE, only(flags)),
        &[flags],
    );
}

#[test]
fn pybuf_read_and_write_are_not_the_exporters_affair() {
    let subject = refusing(LayoutClass::C1d, WRITABLE, |request| {
        matches!(request.flags(), 0x100 | 0x200)
    });
    assert!(subject.hits().is_empty(), "{}", told(&subject.hits()));
}

#[test]
fn asking_does_not_change_the_data() {
    let mut subject = c1d();
    let mut content = subject.sweep.contents[0].clone();
    content.bytes[5] ^= 1;
    subject.sweep.rounds[2].content_after = Some(intern(&mut subject.sweep.contents, content));
    let hits = subject.hits_of("request.no-side-effects-on-data");
    assert_eq!(hits.len(), 1);
    assert!(hits[0].broken.found.contains("from byte 5 on"), "{}", told(&hits));
}

#[test]
fn half_a_macro_may_be_answered_with_strides_that_explain_the_memory() {
    let model = Model::new(LayoutClass::Fnd, WRITABLE);
    let explained = |flags| {
        model.subject().replaced(only(flags), |_| {
            Answer::Granted(Box::new(model.view(Request::STRIDES)))
        })
    };
    let contiguous = ["request.c-contiguous", "request.no-strides-means-c-contiguous"];
    for rule in contiguous {
        assert_eq!(explained(0x28).fires_on(rule), [], "{rule}");
    }
    assert_eq!(
        explained(0x38).fires_on("request.c-contiguous"),
        [Request::new(0x38)]
    );
}

#[test]
fn flat_bytes_are_in_c_order() {
    let reversed = Model::new(LayoutClass::Negative, WRITABLE);
    let fortran = Model::new(LayoutClass::Fnd, WRITABLE);
    each_fires(vec![
        // The last item stands first in memory.
        broken(
            "request.no-strides-means-c-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000 - 20, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        // `buf` kept, so that the bytes behind the memory are read.
        broken(
            "request.no-strides-means-c-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000, &[1, 0, 0, 0, 0, 0]),
            flat,
        ),
        // A copy of the memory as it lies.
        broken(
            "request.no-strides-means-c-contiguous",
            handing_out(&reversed, flat, 0x7f00_9000, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        broken(
            "request.no-strides-means-c-contiguous",
            handing_out(&fortran, flat, 0x7f00_1000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
        broken(
            "request.no-strides-means-c-contiguous",
            handing_out(&fortran, flat, 0x7f00_9000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
    ]);
}

/// How native memory was handed out is said: as it lies, or copied.
#[test]
fn what_was_handed_out_is_named() {
    let id = "request.no-strides-means-c-contiguous";
    let told = |class: LayoutClass, at: u64, bytes: &[i32]| {
        let model = Model::new(class, false);
        let hits = handing_out(&model, flat, at, bytes).hits_of(id);
        let found: Vec<String> = hits.into_iter().map(|hit| hit.broken.found).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let reversed = [6, 5, 4, 3, 2, 1];
    for (class, at, bytes, how) in [
        (
            LayoutClass::Negative,
            0x7f00_1000 - 20,
            reversed,
            "the memory as it lies",
        ),
        (
            LayoutClass::Negative,
            0x7f00_1000,
            [1, 0, 0, 0, 0, 0],
            "the memory as it lies",
        ),
        (
            LayoutClass::Negative,
            0x7f00_9000,
            reversed,
            "a copy of the memory as it lies",
        ),
        (
            LayoutClass::Negative,
            0x7f00_1000 - 4,
            reversed,
            "a copy of the memory as it lies",
        ),
        (
            LayoutClass::Fnd,
            0x7f00_9000,
            [9, 9, 9, 9, 9, 9],
            "bytes that are not the content",
        ),
    ] {
        let found = told(class, at, &bytes);
        assert!(found.starts_with(&format!("granted {how}, as ")), "{found}");
    }
}

#[test]
fn the_same_order_by_chance_is_no_violation() {
    // A palindrome reads the same from both ends.
    let model = Model {
        values: vec![1, 2, 3, 3, 2, 1],
        ..Model::new(LayoutClass::Negative, false)
    };
    let subject = handing_out(&model, flat, 0x7f00_9000, &[1, 2, 3, 3, 2, 1]);
    assert_eq!(subject.fires_on("request.no-strides-means-c-contiguous"), []);
}

/// Nothing at all is granted, though it is said what the object holds: a violation that weighs more.
#[test]
fn an_object_of_which_something_is_known_grants_something() {
    let id = "request.met-when-possible";
    let barren = |change: fn(&mut ExporterCase)| {
        let model = Model::new(LayoutClass::C1d, READONLY);
        model
            .subject()
            .replaced(|_| true, |_| model.refuse())
            .declaring(change)
    };
    let declared = barren(|_| ());
    fires(id, &declared, &[0x118, 0x11c]);
    assert!(declared.hits_of(id).iter().all(|hit| hit.broken.raised));
    assert!(
        barren(|declared| declared.grants = Some(false))
            .hits_of(id)
            .is_empty()
    );
    assert!(
        barren(|declared| *declared = ExporterCase::default())
            .hits_of(id)
            .is_empty()
    );
    let narrow = conforming(LayoutClass::C1d, READONLY).replaced(only(0x18), |_| Answer::Refused(refusal()));
    assert!(narrow.hits_of(id).iter().all(|hit| !hit.broken.raised));
}
