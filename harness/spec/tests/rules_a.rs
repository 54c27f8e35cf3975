//! Every rule of the families request, refusal, obj, view, buf, len, readonly, itemsize, release and process
//! fires on an exporter that breaks it, on the right requests, and is silent on one that does not.
//!
//! Knows the ideal exporter and one way to spoil it for each rule. Must never know how a rule finds out.

mod support;

use bufcheck_spec::layout::LayoutClass;
use bufcheck_spec::observation::{
    Answer, Array, Death, Field, HowEnded, InFlight, ObjRef, Owner, Phase, References, Text, Unreadable,
};
use bufcheck_spec::request::{Request, WellFormed};
use bufcheck_spec::rules::{Check, rules};
use rstest::rstest;
use support::model::{FormatAlone, POISONS, RefusedObj};
use support::{Model, Subject, conforming, intern, only, raised, refusal, sensible, told};

const WRITABLE: bool = false;
const READONLY: bool = true;

fn c1d() -> Subject {
    conforming(LayoutClass::C1d, WRITABLE)
}

fn cnd() -> Subject {
    conforming(LayoutClass::Cnd, WRITABLE)
}

fn any(_: Request) -> bool {
    true
}

/// The object without a declaration: what is not declared is judged by what shows.
fn undeclared(subject: Subject) -> Subject {
    subject.declaring(|declared| *declared = Default::default())
}

/// An owner other than the exporter.
fn owner(type_name: &str, exports: bool) -> ObjRef {
    ObjRef::Other(Owner {
        type_name: type_name.into(),
        address: 0x7f00_5000,
        exports,
        releases: exports,
    })
}

/// Native memory of this class, handed out for these requests although it does not meet them.
fn handed_out(class: LayoutClass, which: impl Fn(Request) -> bool) -> Subject {
    let model = Model::new(class, WRITABLE);
    model
        .subject()
        .replaced(which, |request| Answer::Granted(Box::new(model.view(request))))
}

fn refusing(class: LayoutClass, readonly: bool, which: impl Fn(Request) -> bool) -> Subject {
    conforming(class, readonly).replaced(which, |_| Answer::Refused(refusal()))
}

/// The rule is silent on `before`, and on `after` it fires on exactly these requests.
#[track_caller]
fn fires(id: &str, after: &Subject, requests: &[i32]) {
    let found: Vec<String> = after.fires_on(id).into_iter().map(Request::hex).collect();
    let wanted: Vec<String> = requests.iter().map(|flags| Request::new(*flags).hex()).collect();
    assert_eq!(found, wanted, "{}", told(&after.hits_of(id)));
    assert!(!after.hits_of(id).is_empty(), "`{id}` is silent");
}

#[test]
fn nothing_fires_on_exporters_without_faults() {
    for model in Model::every() {
        let subject = model.subject();
        for subject in [undeclared(subject.clone()), subject] {
            let hits = subject.accusations();
            assert!(hits.is_empty(), "{model:?}{}", told(&hits));
        }
    }
}

#[test]
fn nothing_fires_on_an_object_that_was_never_asked() {
    let subject = Subject {
        sweep: Default::default(),
        ..c1d()
    };
    assert!(subject.hits().is_empty(), "{}", told(&subject.hits()));
}

// --- request -------------------------------------------------------------------------------------------

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
#[case::everything(refusing(LayoutClass::C1d, WRITABLE, any))]
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
    let model = Model {
        readonly: false,
        ..Model::new(LayoutClass::C1d, READONLY)
    };
    let subject = model
        .subject()
        .declaring(|declared| declared.readonly = Some(true));
    let requests: Vec<i32> = subject
        .sweep
        .requests
        .iter()
        .copied()
        .filter(|flags| flags & 1 == 1 && *flags != 0x201)
        .collect();
    let found: Vec<i32> = subject
        .fires_on("request.writable-refused-when-readonly")
        .into_iter()
        .map(Request::flags)
        .filter(|flags| *flags != 0x201)
        .collect();
    assert_eq!(found, requests);
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
#[case("request.writable-alone-means-simple-writable", 0x1)]
#[case("request.simple-is-flat-bytes", 0x0)]
fn flat_requests_show_no_shape_or_format(#[case] id: &str, #[case] flags: i32) {
    let shaped = c1d().granted(only(flags), |view| view.shape = Array::InView(vec![6]));
    fires(id, &shaped, &[flags]);
    let formatted = c1d().granted(only(flags), |view| view.format = Text::Ascii("B".into()));
    fires(id, &formatted, &[flags]);
    let [hit] = &formatted.hits_of(id)[..] else {
        panic!("one finding")
    };
    assert_eq!(hit.broken.found, "`format` is \"B\"");
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
    let subject = model.subject().replaced(only(0x0), |request| {
        let mut view = model.view(request);
        (view.buf, view.readonly) = (0x7f00_9000, 1);
        Answer::Granted(Box::new(view))
    });
    assert!(subject.hits_of("request.readonly-choice-consistent").is_empty());
}

#[rstest]
#[case(Text::Null, "`format` is NULL")]
#[case(Text::Unreadable(0x10), "`format` is a pointer that cannot be read")]
#[case(Text::Unterminated("iii".into()), "`format` is a string without an end")]
fn format_comes_when_asked(#[case] format: Text, #[case] found: &str) {
    let subject = c1d().granted(only(0x1c), |view| view.format = format.clone());
    fires("request.format-when-asked", &subject, &[0x1c]);
    assert_eq!(
        subject.hits_of("request.format-when-asked")[0].broken.found,
        found
    );
}

#[test]
fn format_is_always_to_be_had() {
    let subject = refusing(LayoutClass::C1d, WRITABLE, |request| request.wants_format());
    let wanted: Vec<i32> = Request::all()
        .filter(|request| sensible(*request) && request.wants_format())
        .map(Request::flags)
        .collect();
    fires("request.format-always-available", &subject, &wanted);
}

#[test]
fn structure_requests_give_their_arrays() {
    let without = |field: fn(&mut bufcheck_spec::observation::View) -> &mut Array, flags: i32| {
        cnd().granted(only(flags), move |view| *field(view) = Array::Null)
    };
    let with = |field: fn(&mut bufcheck_spec::observation::View) -> &mut Array, flags: i32| {
        cnd().granted(only(flags), move |view| {
            *field(view) = Array::Elsewhere(vec![-1, -1])
        })
    };
    fires(
        "request.nd-gives-shape",
        &without(|view| &mut view.shape, 0x8),
        &[0x8],
    );
    fires(
        "request.nd-gives-shape",
        &with(|view| &mut view.strides, 0xd),
        &[0xd],
    );
    fires(
        "request.strides-gives-shape-and-strides",
        &without(|view| &mut view.strides, 0x1c),
        &[0x1c],
    );
    fires(
        "request.strides-gives-shape-and-strides",
        &without(|view| &mut view.shape, 0x18),
        &[0x18],
    );
    fires(
        "request.strides-gives-shape-and-strides",
        &with(|view| &mut view.suboffsets, 0x19),
        &[0x19],
    );
    fires(
        "request.indirect-gives-suboffsets-if-needed",
        &without(|view| &mut view.strides, 0x118),
        &[0x118],
    );
    fires(
        "request.indirect-gives-suboffsets-if-needed",
        &with(|view| &mut view.suboffsets, 0x11c),
        &[0x11c],
    );
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
        view.suboffsets = Array::Elsewhere(vec![-1, -1])
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

// --- refusal -------------------------------------------------------------------------------------------

fn readonly_subject() -> Subject {
    conforming(LayoutClass::C1d, READONLY)
}

#[rstest]
#[case("ValueError")]
#[case("TypeError")]
#[case("KeyboardInterrupt")]
fn refusals_raise_buffererror(#[case] type_name: &str) {
    let subject = readonly_subject().refused(only(0x19), |refusal| {
        refusal.raised = Some(raised(type_name, false))
    });
    fires("refusal.raises-buffererror", &subject, &[0x19]);
    assert!(
        subject
            .hits_of("refusal.other-error-when-cause-differs")
            .is_empty()
    );
    assert!(subject.hits_of("py.raise-buffererror").is_empty());
}

#[test]
fn refusals_of_a_python_class_are_another_rule() {
    let mut subject = readonly_subject().refused(only(0x19), |refusal| {
        refusal.raised = Some(raised("ValueError", false))
    });
    subject.made.python_level = true;
    fires("py.raise-buffererror", &subject, &[0x19]);
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[test]
fn a_subclass_of_buffererror_will_do() {
    let subject =
        readonly_subject().refused(any, |refusal| refusal.raised = Some(raised("mylib.Closed", true)));
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[rstest]
#[case::no_memory(
    readonly_subject().refused(only(0x19), |refusal| refusal.raised = Some(raised("MemoryError", false))),
    vec![0x19]
)]
#[case::comes_and_goes(
    c1d().replaced_in_round(2, only(0x18), |_| {
        let mut refusal = refusal();
        refusal.raised = Some(raised("RuntimeError", false));
        Answer::Refused(refusal)
    }),
    vec![0x18]
)]
fn other_errors_have_other_causes(#[case] subject: Subject, #[case] requests: Vec<i32>) {
    fires("refusal.other-error-when-cause-differs", &subject, &requests);
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[test]
fn a_closed_object_raises_what_it_likes() {
    let subject = refusing(LayoutClass::C1d, WRITABLE, any)
        .refused(any, |refusal| refusal.raised = Some(raised("ValueError", false)));
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
    assert!(
        !subject
            .hits_of("refusal.other-error-when-cause-differs")
            .is_empty()
    );
}

#[test]
fn verdict_and_exception_agree() {
    let id = "refusal.returns-minus-one";
    fires(id, &c1d().granted(only(0x8), |view| view.returned = 1), &[0x8]);
    fires(
        id,
        &c1d().granted(only(0x8), |view| view.raised = Some(raised("ValueError", false))),
        &[0x8],
    );
    fires(
        id,
        &readonly_subject().refused(only(0x9), |refusal| refusal.raised = None),
        &[0x9],
    );
}

#[rstest]
#[case(RefusedObj::Cleared, "cleared")]
#[case(RefusedObj::Untouched, "untouched")]
fn obj_after_a_refusal_shows_a_camp(#[case] refused_obj: RefusedObj, #[case] camp: &str) {
    let model = Model {
        refused_obj,
        ..Model::new(LayoutClass::C1d, READONLY)
    };
    assert_eq!(model.subject().camp("refusal.obj-null").as_deref(), Some(camp));
}

#[test]
fn obj_after_a_refusal_shows_no_camp_without_one() {
    assert_eq!(c1d().camp("refusal.obj-null"), None);
}

#[rstest]
#[case(ObjRef::Exporter)]
#[case(owner("bytes", true))]
#[case(ObjRef::Stray(0x8))]
fn a_refusal_leaves_no_owner(#[case] obj: ObjRef) {
    let subject = readonly_subject().refused(only(0x1), |refusal| refusal.obj = obj.clone());
    fires("refusal.obj-not-owned", &subject, &[0x1]);
}

#[test]
fn a_refusal_leaves_no_reference() {
    let subject = readonly_subject().refused(only(0x1), |refusal| refusal.references = Some(1));
    fires("refusal.no-export-counted", &subject, &[0x1]);
    let once = readonly_subject().replaced_in_round(0, only(0x1), |_| {
        let mut refusal = refusal();
        refusal.references = Some(1);
        Answer::Refused(refusal)
    });
    assert!(once.hits_of("refusal.no-export-counted").is_empty());
}

#[test]
fn verdicts_are_repeatable() {
    let subject = c1d().replaced_in_round(3, only(0x38), |_| Answer::Refused(refusal()));
    fires("refusal.repeatable", &subject, &[0x38]);
}

#[test]
fn refusals_say_why() {
    let subject = readonly_subject().refused(only(0x1), |refusal| {
        refusal
            .raised
            .as_mut()
            .expect("a refusal has an exception")
            .message
            .clear();
    });
    fires("refusal.message-not-empty", &subject, &[0x1]);
}

// --- obj and release -----------------------------------------------------------------------------------

#[test]
fn a_view_owns_a_new_reference() {
    let subject = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 0, after: -1 })
    });
    fires("obj.new-reference", &subject, &[0x8]);
    fires("obj.refcount-balanced", &subject, &[0x8]);
    assert!(subject.hits_of("release.no-decref-of-obj").is_empty());
}

#[rstest]
#[case(ObjRef::Null, "obj.not-null-on-success")]
#[case(ObjRef::Untouched, "obj.not-null-on-success")]
#[case(ObjRef::Stray(0x8), "obj.valid-pointer")]
#[case(owner("list", false), "obj.is-exporter-or-root")]
#[case(owner("bytes", true), "obj.same-for-every-request")]
fn a_view_has_the_right_owner(#[case] obj: ObjRef, #[case] id: &str) {
    let subject = c1d().granted(only(0x18), |view| view.obj = obj.clone());
    fires(id, &subject, &[0x18]);
}

#[test]
fn the_interpreters_wrapper_is_an_owner() {
    let mut subject = c1d().granted(any, |view| view.obj = owner("_buffer_wrapper", false));
    subject.made.python_level = true;
    assert!(subject.hits().is_empty(), "{}", told(&subject.hits()));
}

#[test]
fn a_release_drops_one_reference() {
    let twice = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 1, after: -1 })
    });
    fires("release.no-decref-of-obj", &twice, &[0x8]);
    let of_root = c1d().granted(only(0x8), |view| {
        view.obj = owner("bytearray", true);
        view.obj_references = Some(References { during: 0, after: -2 });
    });
    fires("release.no-decref-of-obj", &of_root, &[0x8]);
    let well = c1d().granted(any, |view| {
        view.obj = owner("bytearray", true);
        view.references = Some(References { during: 0, after: 0 });
        view.obj_references = Some(References { during: 0, after: -1 });
    });
    assert!(well.hits().is_empty(), "{}", told(&well.hits()));
}

#[test]
fn references_come_back() {
    let leak = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 2, after: 1 })
    });
    fires("obj.refcount-balanced", &leak, &[0x8]);
    // A cache that fills at the first request is no leak.
    let model = Model::new(LayoutClass::C1d, WRITABLE);
    let cache = c1d().replaced_in_round(0, only(0x8), |request| {
        let mut view = model.view(request);
        view.references = Some(References { during: 2, after: 1 });
        Answer::Granted(Box::new(view))
    });
    assert!(cache.hits_of("obj.refcount-balanced").is_empty());
}

#[test]
fn releases_do_not_fail() {
    let subject = c1d().granted(only(0x8), |view| {
        view.raised_by_release = Some(raised("ValueError", false))
    });
    fires("release.never-fails", &subject, &[0x8]);
}

// --- view ----------------------------------------------------------------------------------------------

#[test]
fn every_field_is_written() {
    let subject = c1d().granted(only(0x8), |view| {
        view.untouched.insert(Field::Suboffsets);
        view.untouched.insert(Field::Internal);
    });
    fires("view.all-fields-assigned", &subject, &[0x8]);
    assert_eq!(
        subject.hits_of("view.all-fields-assigned")[0].broken.found,
        "never written: `suboffsets`"
    );
    let internal = c1d().granted(any, |view| view.untouched.insert(Field::Internal));
    assert!(internal.hits().is_empty(), "{}", told(&internal.hits()));
    // A value that happens to equal one pattern was written all the same.
    let chance = c1d().granted_in(
        |poison| poison == POISONS[0],
        only(0x8),
        |view| {
            view.untouched.insert(Field::Suboffsets);
        },
    );
    assert!(chance.hits_of("view.all-fields-assigned").is_empty());
}

#[test]
fn the_old_content_of_the_struct_does_not_matter() {
    let subject = c1d().granted_in(|poison| poison == POISONS[1], only(0x18), |view| view.len = 23);
    fires("view.prior-content-ignored", &subject, &[0x18]);
    let model = Model::new(LayoutClass::C1d, WRITABLE);
    let moody = c1d().replaced_in_round(1, only(0x18), |request| {
        let mut view = model.view(request);
        view.len = 23;
        Answer::Granted(Box::new(view))
    });
    assert!(moody.hits_of("view.prior-content-ignored").is_empty());
    fires("consistency.fields-follow-request", &moody, &[0x18]);
}

#[test]
fn the_struct_is_not_overrun() {
    fires(
        "view.struct-not-overrun",
        &c1d().granted(only(0x18), |view| view.overrun = true),
        &[0x18],
    );
    let refused = readonly_subject().refused(only(0x19), |refusal| refusal.overrun = true);
    fires("view.struct-not-overrun", &refused, &[0x19]);
}

#[test]
fn what_no_flag_governs_is_always_the_same() {
    fires(
        "view.request-independent-fields",
        &c1d().granted(only(0x9), |view| view.itemsize = 1),
        &[0x9],
    );
    fires(
        "len.request-independent",
        &c1d().granted(only(0x9), |view| view.len = 6),
        &[0x9],
    );
    fires(
        "itemsize.kept-without-format",
        &c1d().granted(only(0x8), |view| view.itemsize = 1),
        &[0xc],
    );
}

// --- buf -----------------------------------------------------------------------------------------------

#[test]
fn buf_points_to_the_first_element() {
    let subject = c1d().content(only(0x18), |content| content.bytes.rotate_left(4));
    fires("buf.points-to-first-element", &subject, &[0x18]);
    let hit = &subject.hits_of("buf.points-to-first-element")[0];
    assert_eq!(hit.broken.found, "at `buf` stands 2");
    assert_eq!(hit.broken.wanted, "the first element, which is declared to be 1");
}

#[test]
fn contiguous_memory_starts_at_buf() {
    let unreadable = Unreadable {
        index: vec![5],
        address: 0x7f00_1014,
    };
    let subject = c1d().content(only(0x18), |content| {
        content.unreadable = Some(unreadable.clone())
    });
    fires("buf.contiguous-starts-block", &subject, &[0x18]);
}

#[test]
fn buf_may_be_null_where_there_is_nothing() {
    let empty = conforming(LayoutClass::Empty, WRITABLE).granted(only(0x18), |view| view.buf = 0);
    fires("buf.null-allowed-when-empty", &empty, &[0x18]);
    assert!(empty.hits_of("buf.not-null-unless-empty").is_empty());
    let full = c1d().granted(only(0x18), |view| view.buf = 0);
    fires("buf.not-null-unless-empty", &full, &[0x18]);
    assert!(full.hits_of("buf.null-allowed-when-empty").is_empty());
}

#[test]
fn requests_share_one_memory() {
    let id = "buf.same-memory-across-requests";
    let near = c1d().granted(only(0x8), |view| view.buf += 8);
    fires(id, &near, &[0x8]);
    assert_eq!(
        near.hits_of(id)[0].broken.found,
        "`buf` lies 8 bytes behind that of INDIRECT|FORMAT"
    );
    let far = c1d().granted(only(0x8), |view| view.buf += 0x1_0000);
    assert_eq!(far.hits_of(id)[0].broken.found, "`buf` lies in other memory");
    let anew = c1d().granted_in(
        |poison| poison == POISONS[0],
        only(0x8),
        |view| view.buf += 0x1_0000,
    );
    assert!(anew.hits_of(id).is_empty());
    let copy = conforming(LayoutClass::Fnd, WRITABLE);
    let model = Model::new(LayoutClass::Fnd, WRITABLE);
    let copy = copy.replaced(only(0x8), |request| {
        let mut view = model.view(request);
        view.buf += 0x1_0000;
        Answer::Granted(Box::new(view))
    });
    assert!(copy.hits_of(id).is_empty());
}

#[test]
fn native_items_are_aligned() {
    let id = "buf.alignment-of-items";
    let native = |model: Model| {
        Model {
            format: "i".into(),
            ..model
        }
        .subject()
    };
    let shifted = native(Model::new(LayoutClass::C1d, WRITABLE)).granted(only(0x1c), |view| view.buf += 2);
    fires(id, &shifted, &[0x1c]);
    let crooked = native(Model {
        strides: vec![6],
        ..Model::new(LayoutClass::Strided, WRITABLE)
    });
    assert!(
        crooked.hits_of(id).is_empty(),
        "one stride for two axes is no layout"
    );
    let crooked = native(Model {
        strides: vec![30, 6],
        ..Model::new(LayoutClass::Strided, WRITABLE)
    });
    assert!(!crooked.hits_of(id).is_empty());
    let standard = c1d().granted(only(0x1c), |view| view.buf += 2);
    assert!(standard.hits_of(id).is_empty());
}

// --- len -----------------------------------------------------------------------------------------------

#[test]
fn len_is_the_product() {
    let subject = cnd().granted(only(0x8), |view| view.len = 20);
    fires("len.product-of-shape-times-itemsize", &subject, &[0x8]);
    let scalar = conforming(LayoutClass::Scalar, WRITABLE).granted(only(0x8), |view| view.len = 8);
    fires("len.product-of-shape-times-itemsize", &scalar, &[0x8]);
}

#[test]
fn len_is_logical() {
    let subject = conforming(LayoutClass::Strided, WRITABLE).granted(only(0x18), |view| view.len = 52);
    fires("len.logical-not-physical", &subject, &[0x18]);
}

#[test]
fn len_is_not_negative() {
    let subject = c1d().granted(only(0x18), |view| view.len = -1);
    fires("len.non-negative", &subject, &[0x18]);
    let wrapped = cnd().granted(only(0x18), |view| {
        (view.shape, view.len) = (Array::Elsewhere(vec![i64::MAX, 3]), 0);
    });
    fires("len.non-negative", &wrapped, &[0x18]);
    assert!(wrapped.hits_of("len.product-of-shape-times-itemsize").is_empty());
}

// --- readonly ------------------------------------------------------------------------------------------

/// Writes 0 into the lowest byte of `readonly` alone.
fn half_written(subject: Subject) -> Subject {
    POISONS.into_iter().fold(subject, |subject, poison| {
        subject.granted_in(
            |other| other == poison,
            any,
            |view| {
                view.readonly = i32::from_le_bytes([0, poison, poison, poison]);
            },
        )
    })
}

#[test]
fn readonly_is_zero_or_one() {
    let subject = readonly_subject().granted(only(0x18), |view| view.readonly = -1);
    fires("readonly.zero-or-nonzero", &subject, &[0x18]);
    assert!(subject.hits_of("readonly.whole-int-written").is_empty());
}

#[test]
fn readonly_is_truthful() {
    let subject = c1d().content(only(0x18), |content| content.writable = Some(false));
    fires("readonly.truthful", &subject, &[0x18]);
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

// --- itemsize ------------------------------------------------------------------------------------------

#[test]
fn items_have_a_size() {
    fires(
        "itemsize.positive",
        &c1d().granted(only(0x18), |view| view.itemsize = 0),
        &[0x18],
    );
    fires(
        "itemsize.positive",
        &c1d().granted(only(0x18), |view| view.itemsize = -4),
        &[0x18],
    );
    let nothing = Model {
        format: "0s".into(),
        itemsize: 0,
        ..Model::new(LayoutClass::Empty, WRITABLE)
    };
    assert!(nothing.subject().hits_of("itemsize.positive").is_empty());
}

#[rstest]
#[case("<i", 8, "itemsize.matches-format")]
#[case("B", 4, "itemsize.matches-format")]
#[case("<Zf", 4, "itemsize.matches-extended-format")]
#[case("T{<i:a:<i:b:}", 4, "itemsize.matches-extended-format")]
fn items_are_as_large_as_their_format(#[case] format: &str, #[case] itemsize: i64, #[case] id: &str) {
    let subject = c1d().granted(only(0x1c), |view| {
        view.format = Text::Ascii(format.into());
        view.itemsize = itemsize;
    });
    fires(id, &subject, &[0x1c]);
}

#[rstest]
#[case("ib", 8)]
#[case("ib", 5)]
#[case("T{i:a:b:b:}", 8)]
#[case("T{i:a:b:b:}", 5)]
fn padding_behind_a_native_item_is_left_open(#[case] format: &str, #[case] itemsize: i64) {
    let subject = c1d().granted(only(0x1c), |view| {
        view.format = Text::Ascii(format.into());
        view.itemsize = itemsize;
    });
    assert!(subject.hits_of("itemsize.matches-format").is_empty());
    assert!(subject.hits_of("itemsize.matches-extended-format").is_empty());
}

// --- process -------------------------------------------------------------------------------------------

#[rstest]
#[case(
    HowEnded::Signal(11),
    Phase::Ask,
    "killed by signal 11 (SIGSEGV) while answering STRIDES (0x018)"
)]
#[case(
    HowEnded::Hung,
    Phase::Release,
    "did not come back within the deadline while releasing STRIDES (0x018)"
)]
#[case(
    HowEnded::Exit(0),
    Phase::Read,
    "the process ended with status 0 while the view was read, after STRIDES (0x018)"
)]
fn the_process_survives(#[case] how: HowEnded, #[case] phase: Phase, #[case] found: &str) {
    let during = InFlight {
        phase,
        request: Some(Request::STRIDES),
    };
    let subject = Subject {
        deaths: vec![Death {
            how,
            during,
            alone: true,
        }],
        ..c1d()
    };
    fires("process.survives", &subject, &[0x18]);
    assert_eq!(subject.hits_of("process.survives")[0].broken.found, found);
}

#[test]
fn every_rule_of_these_families_is_tried_here() {
    let families = [
        "request", "refusal", "obj", "view", "buf", "len", "readonly", "itemsize", "release", "process", "py",
    ];
    let source = include_str!("rules_a.rs");
    let untried: Vec<&str> = rules()
        .filter(|rule| {
            rule.id
                .split_once('.')
                .is_some_and(|(family, _)| families.contains(&family))
        })
        .filter(|rule| !source.contains(&format!("\"{}\"", rule.id)))
        .map(|rule| rule.id)
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
    assert!(rules().any(|rule| matches!(rule.check, Check::Camp(_))));
}
