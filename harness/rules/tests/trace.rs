//! A trace accuses who broke a rule, and nobody else: what is merely unusual stays silent.
//!
//! Knows lines of a trace, written by hand. Must never need a program that is traced.

mod support;

use bufcheck_model::observation::{Answer, Field, FieldSet, Made, ObjRef, Text, View};
use bufcheck_model::trace::{
    Counts, Event, GLOBALS, Global, Happened, MAGIC, Native, Record, SelfCount, Site, Start, TRACE_VERSION,
    Told,
};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::trace::{Traced, faults, pairs, proven};
use bufcheck_rules::{Check, rule};
use rstest::rstest;
use support::{conforming, data};

fn native(module: &str) -> Native {
    Native {
        module: module.into(),
        interpreter: module == "libpython3.13.so",
        symbol: None,
        offset: 16,
    }
}

fn counted(slot_only: u64) -> Counts {
    let mut words = [0u64; GLOBALS];
    words[0] = MAGIC;
    words[Global::SlotOnly as usize] = slot_only;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Counts::read(&bytes).unwrap()
}

fn start() -> Start {
    Start {
        version: TRACE_VERSION,
        pid: 7,
        forked_from: None,
        python: [3, 13, 0],
        executable: "python".into(),
        from_start: true,
        counted: vec![SelfCount {
            what: "join".into(),
            requests: [2, 2],
            releases: [2, 2],
        }],
        no_entries: None,
        all_slots: false,
    }
}

fn site(number: u32, flags: i32, asked_by: &str) -> Record {
    Record::Site(Box::new(Site {
        site: number,
        made: Made {
            type_name: "numpy.ndarray".into(),
            exports: true,
            releases: true,
            ..Made::default()
        },
        flags,
        asked_by: native(asked_by),
        through: None,
        place: None,
    }))
}

fn told(site: u32, poison: u8, answer: Answer) -> Record {
    Record::Answer(Box::new(Told {
        site,
        poison,
        answer,
        error_before: false,
        place: None,
    }))
}

fn event(what: Happened, owner_releases: bool, by: &str) -> Record {
    Record::Event(Box::new(Event {
        site: 0,
        what,
        owner_releases,
        by: Some(native(by)),
        place: None,
    }))
}

fn rules_of(start: Start, records: Vec<Record>, counts: Counts) -> Vec<&'static str> {
    let traced = [Traced::new(start, records, counts)];
    faults(&traced).iter().map(|fault| fault.rule).collect()
}

fn rules_of_answers(flags: i32, answers: &[(u8, Answer)]) -> Vec<&'static str> {
    let mut records = vec![site(0, flags, "consumer.so")];
    records.extend(
        answers
            .iter()
            .map(|(poison, answer)| told(0, *poison, answer.clone())),
    );
    rules_of(start(), records, counted(0))
}

#[test]
fn what_is_proven_are_rules_that_exist_and_bind() {
    for id in proven() {
        let known = rule(id).unwrap_or_else(|| panic!("no rule `{id}`"));
        let camp = matches!(known.check, Check::Camp(_) | Check::Relation | Check::Scenario);
        assert!(!camp, "`{id}` needs more than a trace sees");
    }
}

/// Each answer by itself, as a trace sees it: what conforms is never accused, whatever it is and whatever was asked.
#[rstest]
fn answers_of_an_exporter_without_faults_are_silent(
    #[values(
        LayoutClass::C1d,
        LayoutClass::Cnd,
        LayoutClass::Fnd,
        LayoutClass::CFnd,
        LayoutClass::Strided,
        LayoutClass::Negative,
        LayoutClass::Broadcast,
        LayoutClass::Scalar,
        LayoutClass::Empty,
        LayoutClass::Pil
    )]
    class: LayoutClass,
    #[values(true, false)] readonly: bool,
) {
    let subject = conforming(class, readonly);
    for (position, flags) in subject.sweep.requests.iter().enumerate() {
        let answers: Vec<(u8, Answer)> = subject
            .sweep
            .rounds
            .iter()
            .filter_map(|round| {
                let answer = round.answers[position]?;
                Some((round.poison, subject.sweep.answers[answer as usize].clone()))
            })
            .collect();
        let found = rules_of_answers(*flags, &answers);
        assert!(
            found.iter().all(|rule| !data::binds(rule)),
            "{class:?} {flags:#x}: {found:?}"
        );
    }
}

fn granted(flags: i32, change: impl Fn(&mut View)) -> Answer {
    let subject = conforming(LayoutClass::Cnd, false);
    let position = subject
        .sweep
        .requests
        .iter()
        .position(|known| *known == flags)
        .unwrap();
    let answer = subject.sweep.rounds[0].answers[position].unwrap();
    let mut answer = subject.sweep.answers[answer as usize].clone();
    let Answer::Granted(view) = &mut answer else {
        panic!("the ideal exporter grants {flags:#x}");
    };
    change(view);
    answer
}

#[rstest]
#[case(Request::SIMPLE.flags(), "format.null-unless-requested", |view: &mut View| view.format = Text::Ascii("B".into()))]
#[case(0x11c, "obj.not-null-on-success", |view: &mut View| view.obj = ObjRef::Null)]
#[case(0x11c, "obj.valid-pointer", |view: &mut View| view.obj = ObjRef::Stray(24))]
#[case(0x11c, "buf.not-null-unless-empty", |view: &mut View| view.buf = 0)]
#[case(0x11c, "len.product-of-shape-times-itemsize", |view: &mut View| view.len += 1)]
#[case(0x11c, "itemsize.matches-format", |view: &mut View| view.itemsize *= 2)]
#[case(0x11c, "format.non-null-when-requested", |view: &mut View| view.format = Text::Null)]
#[case(0x11c, "format.pointer-readable", |view: &mut View| view.format = Text::Unreadable(8))]
#[case(0x11c, "ndim.non-negative", |view: &mut View| view.ndim = -1)]
#[case(0x11c, "strides.non-null-when-requested", |view: &mut View| view.strides = bufcheck_model::observation::Array::Null)]
#[case(0x1d, "request.writable-refused-when-readonly", |view: &mut View| view.readonly = 1)]
fn an_answer_that_breaks_a_rule_is_found(
    #[case] flags: i32,
    #[case] rule: &str,
    #[case] change: fn(&mut View),
) {
    let found = rules_of_answers(flags, &[(0xa5, granted(flags, change))]);
    assert!(found.contains(&rule), "{found:?}");
    assert!(!rules_of_answers(flags, &[(0xa5, granted(flags, |_| {}))]).contains(&rule));
}

#[test]
fn a_field_is_unwritten_only_if_both_patterns_were_left_alone() {
    let unwritten = |field| granted(0x11c, move |view: &mut View| view.untouched.insert(field));
    let rule = "view.all-fields-assigned";
    let both = [
        (0xa5, unwritten(Field::Suboffsets)),
        (0x5a, unwritten(Field::Suboffsets)),
    ];
    assert!(rules_of_answers(0x11c, &both).contains(&rule));
    assert!(!rules_of_answers(0x11c, &both[..1]).contains(&rule));
    // The exporter's own, which nobody demands.
    let own = [
        (0xa5, unwritten(Field::Internal)),
        (0x5a, unwritten(Field::Internal)),
    ];
    assert!(!rules_of_answers(0x11c, &own).contains(&rule));
}

fn fields(all: &[Field]) -> FieldSet {
    let mut set = FieldSet::EMPTY;
    for field in all {
        set.insert(*field);
    }
    set
}

fn changed(all: &[Field], untouched: &[Field]) -> Happened {
    Happened::Changed {
        fields: fields(all),
        untouched: fields(untouched),
    }
}

fn after(what: Happened, owner_releases: bool) -> Vec<&'static str> {
    let records = vec![
        site(0, 0, "consumer.so"),
        event(what, owner_releases, "consumer.so"),
    ];
    rules_of(start(), records, counted(0))
}

#[test]
fn a_changed_struct_is_told_by_its_fields() {
    let internal = "release.internal-unchanged-at-release";
    assert_eq!(after(changed(&[Field::Internal], &[]), true), [internal]);
    assert_eq!(
        after(changed(&[Field::Shape], &[]), true),
        ["consumer.arrays-not-freed"]
    );
    assert!(after(changed(&[Field::Len, Field::Buf], &[]), true).is_empty());
}

/// What a trial accused, and should not have.
#[test]
fn what_is_unusual_is_no_fault() {
    // A field that the exporter never wrote is nobody's.
    assert!(after(changed(&[Field::Internal], &[Field::Internal]), true).is_empty());
    // `bytes.join` makes structs up for what has no release slot.
    assert!(after(changed(&[Field::Internal], &[]), false).is_empty());
    assert!(after(Happened::Again { others_held: false }, false).is_empty());
    // Another view of the same object may be the one.
    assert!(after(Happened::Again { others_held: true }, true).is_empty());
}

#[test]
fn a_second_release_is_told_where_everything_was_seen_from_the_start() {
    let records = || {
        vec![
            site(0, 0, "consumer.so"),
            event(Happened::Again { others_held: false }, true, "consumer.so"),
        ]
    };
    assert_eq!(rules_of(start(), records(), counted(0)), ["release.exactly-once"]);
    let later = Start {
        from_start: false,
        ..start()
    };
    assert!(rules_of(later, records(), counted(0)).is_empty());
}

#[test]
fn what_is_lost_is_told_only_where_every_release_was_seen() {
    let records = |releases| {
        vec![
            site(0, 0, "consumer.so"),
            event(Happened::Lost { views: 3 }, releases, "consumer.so"),
        ]
    };
    let told = ["release.exactly-once"];
    assert_eq!(rules_of(start(), records(false), counted(0)), told);
    // A slot saw a release that the entry did not.
    assert!(rules_of(start(), records(false), counted(1)).is_empty());
    assert_eq!(rules_of(start(), records(true), counted(1)), told);
    // The interpreter asks a memoryview for a class with `__buffer__`, and is itself not seen to be asked.
    let of_a_class = vec![
        site(0, 0, "libpython3.13.so"),
        event(Happened::Lost { views: 1 }, true, "consumer.so"),
    ];
    assert!(rules_of(start(), of_a_class.clone(), counted(1)).is_empty());
    assert_eq!(rules_of(start(), of_a_class, counted(0)), told);
    // The count at the start did not come out even.
    let mut uneven = start();
    uneven.counted[0].releases = [2, 0];
    assert!(rules_of(uneven, records(false), counted(0)).is_empty());
    let slots_alone = Start {
        no_entries: Some("another processor".into()),
        ..start()
    };
    assert!(rules_of(slots_alone, records(false), counted(0)).is_empty());
    // The parent may give it back.
    let child = Start {
        forked_from: Some(3),
        ..start()
    };
    assert!(rules_of(child, records(true), counted(0)).is_empty());
}

#[test]
fn a_release_without_the_lock_is_told() {
    assert_eq!(after(Happened::WithoutLock, false), ["consumer.needs-gil"]);
}

#[test]
fn a_request_with_an_exception_set_is_put_down_to_a_module_and_not_to_the_interpreter() {
    let records = |asked_by| {
        let Record::Answer(mut told) = told(0, 0xa5, granted(0x11c, |_| {})) else {
            unreachable!("an answer");
        };
        told.error_before = true;
        vec![site(0, 0x11c, asked_by), Record::Answer(told)]
    };
    let rule = "consumer.request-with-error-set";
    assert_eq!(rules_of(start(), records("consumer.so"), counted(0)), [rule]);
    assert!(rules_of(start(), records("libpython3.13.so"), counted(0)).is_empty());
}

#[test]
fn what_shows_alike_is_told_once_with_all_its_requests() {
    let spoil = |flags| granted(flags, |view: &mut View| view.obj = ObjRef::Null);
    let records = vec![
        site(0, 0x11c, "/lib/consumer.so"),
        site(1, 0x1c, "/lib/consumer.so"),
        site(2, 0x1c, "/lib/other.so"),
        told(0, 0xa5, spoil(0x11c)),
        told(1, 0xa5, spoil(0x1c)),
        told(2, 0xa5, spoil(0x1c)),
    ];
    let traced = [Traced::new(start(), records, counted(0))];
    let found = faults(&traced);
    let mine: Vec<_> = found
        .iter()
        .filter(|fault| fault.rule == "obj.not-null-on-success")
        .collect();
    assert_eq!(mine.len(), 2);
    assert_eq!(mine[0].requests, [Request::new(0x11c), Request::new(0x1c)]);
    let names: Vec<_> = pairs(&traced)
        .into_keys()
        .map(|(_, module, flags)| (module, flags))
        .collect();
    assert_eq!(
        names,
        [
            ("consumer.so".into(), 0x1c),
            ("consumer.so".into(), 0x11c),
            ("other.so".into(), 0x1c)
        ]
    );
}
