//! What vanishes with a cause, and what has a cause of its own.
//!
//! Knows exporters with one fault and its consequences, and exporters with two. Must never need Python.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::observation::{Answer, Array, Field, ObjRef, References, Text, Unreadable, View};
use bufcheck_model::scenario::{Allocator, Block, Measure, Neighbour, Played, Release, Seen, Trace};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{Background, judge};
use bufcheck_rules::{Broken, Hit, causes};
use serde_json::json;
use support::stage::{bytes, stage, unmapped};
use support::{Model, Subject, conforming, data, intern, only, raised, told};

/// The rules that are broken, and those that are left once the cause is mended.
fn mend(subject: &Subject, cause: &str) -> (Vec<String>, Vec<String>) {
    let hits = subject.accusations();
    let own: Vec<&Hit> = hits.iter().filter(|hit| hit.rule == cause).collect();
    assert!(!own.is_empty(), "`{cause}` is not broken:{}", told(&hits));
    let mended = subject
        .with_evidence(|evidence| causes::mended(cause, evidence, &[], &own))
        .expect("a cause");
    let again = Subject {
        declared: mended.declared,
        sweep: mended.sweep,
        ..subject.clone()
    };
    let rules = |hits: Vec<Hit>| {
        let mut rules: Vec<String> = hits.into_iter().map(|hit| hit.rule).collect();
        rules.dedup();
        rules
    };
    (rules(hits), rules(again.accusations()))
}

#[track_caller]
fn explains_all(subject: &Subject, cause: &str, others: &[&str]) {
    let (before, after) = mend(subject, cause);
    for other in others {
        assert!(
            before.iter().any(|rule| rule == other),
            "`{other}` is not broken: {before:?}"
        );
    }
    let left: Vec<&String> = after.iter().filter(|rule| *rule != cause).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[track_caller]
fn leaves(subject: &Subject, cause: &str, other: &str) {
    let (before, after) = mend(subject, cause);
    assert!(before.iter().any(|rule| rule == other), "{before:?}");
    assert!(after.iter().any(|rule| rule == other), "{after:?}");
}

/// 1 for success, 0 with an exception over a struct that nobody filled for a refusal.
fn truth_for_success(class: LayoutClass) -> Subject {
    let model = Model::new(class, true);
    let answered = model.subject().granted(|_| true, |view| view.returned = 1);
    answered.replaced(Request::wants_writable, |request| {
        let mut view = model.view(request);
        view.raised = Some(raised("BufferError", true));
        view.obj = ObjRef::Null;
        view.shape = Array::Null;
        view.format = Text::Null;
        Answer::Granted(Box::new(view))
    })
}

#[test]
fn a_result_that_is_none_is_taken_at_its_word() {
    let cause = "refusal.returns-minus-one";
    let subject = truth_for_success(LayoutClass::C1d);
    explains_all(
        &subject,
        cause,
        &[
            "obj.not-null-on-success",
            "request.writable-refused-when-readonly",
        ],
    );
    // The views themselves may be wrong all the same.
    let long = subject.granted(|request| !request.wants_writable(), |view| view.len += 1);
    leaves(&long, cause, "len.product-of-shape-times-itemsize");
}

/// Items as large as pointers, and a length that counts them so on the first axis.
fn itemsize_of_pointer() -> Subject {
    conforming(LayoutClass::Cnd, false).granted(
        |_| true,
        |view| {
            view.itemsize = 8;
            view.len = 16;
        },
    )
}

#[test]
fn what_is_counted_by_a_wrong_item_size_follows_from_it() {
    let cause = "itemsize.matches-format";
    let others = ["len.product-of-shape-times-itemsize", "request.c-contiguous"];
    explains_all(&itemsize_of_pointer(), cause, &others);
    let crooked = itemsize_of_pointer().granted(Request::wants_strides, |view| {
        view.strides = Array::Elsewhere(vec![32, 8]);
    });
    leaves(&crooked, cause, "request.c-contiguous");
}

#[test]
fn values_are_read_by_the_format_that_is_contradicted() {
    let model = Model::new(LayoutClass::C1d, false);
    let subject = model
        .subject()
        .declaring(|declared| declared.format = Some("<f".into()))
        .declaring(|declared| declared.values = Some(json!([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])));
    explains_all(
        &subject,
        "consistency.declared-format",
        &["buf.points-to-first-element"],
    );
    let long = subject.granted(only(0x8), |view| view.len += 1);
    leaves(
        &long,
        "consistency.declared-format",
        "len.product-of-shape-times-itemsize",
    );
}

/// Claimed memory that cannot be read from an item on, the same under every request.
#[test]
fn what_is_read_where_nothing_is_follows_from_that() {
    let cause = "memory.readable-whole-extent";
    let subject = conforming(LayoutClass::C1d, false).content(
        |_| true,
        |content| {
            content.bytes.truncate(8);
            content.complete = false;
            content.unreadable = Some(Unreadable::default());
        },
    );
    explains_all(&subject, cause, &[]);
    let (case, played) = stage()
        .granted("a", bytes(&[1, 2, 3]))
        .read("a", unmapped(), &[])
        .played(&json!({"readable": {"view": "a"}}));
    let left = |requests: &[i32]| {
        let hit = violation(cause, requests);
        let mended = subject
            .with_evidence(|evidence| causes::mended(cause, evidence, std::slice::from_ref(&played), &[&hit]))
            .expect("a cause");
        judge(
            std::slice::from_ref(&case),
            &mended.played,
            &Background::default(),
            |_| true,
        )
        .len()
    };
    assert_eq!(left(&[0x11c]), 0);
    assert_eq!(left(&[0x8]), 1, "another request than the one that scenarios ask");
    assert_eq!(left(&[]), 1, "what was taken away on the way");
    assert!(causes::spares(cause, "request.no-strides-means-c-contiguous"));
}

fn violation(rule: &str, requests: &[i32]) -> Hit {
    Hit {
        by_chance: false,
        rule: rule.into(),
        requests: requests.iter().copied().map(Request::new).collect(),
        broken: Broken::new("found", "wanted"),
        case: None,
    }
}

fn leaking(view: &mut View) {
    view.references = Some(References { during: 2, after: 1 });
}

#[test]
fn one_lost_reference_shows_in_every_count() {
    let cause = "obj.refcount-balanced";
    let subject = conforming(LayoutClass::C1d, true).granted(|_| true, leaking);
    explains_all(&subject, cause, &[]);
    assert!(causes::spares(cause, "refusal.no-export-counted"));
    assert!(!causes::spares(cause, "thread.count-atomic"));
}

#[test]
fn a_lost_reference_explains_scenarios_only_where_they_met_it() {
    let (case, played) = stage()
        .counted("before", Some(3))
        .released("a", Release::default())
        .counted("between", Some(4))
        .released("a", Release::default())
        .counted("after", Some(5))
        .played(&json!({"balanced": {"counts": ["before", "between", "after"]}}));
    let left = |requests: &[i32]| {
        let subject = conforming(LayoutClass::C1d, true);
        let hit = violation("obj.refcount-balanced", requests);
        let mended = subject
            .with_evidence(|evidence| {
                causes::mended(
                    "obj.refcount-balanced",
                    evidence,
                    std::slice::from_ref(&played),
                    &[&hit],
                )
            })
            .expect("a cause");
        judge(
            std::slice::from_ref(&case),
            &mended.played,
            &Background::default(),
            |_| true,
        )
        .len()
    };
    // The widest request, which is what scenarios ask.
    assert_eq!(left(&[0x8, 0x11c]), 0);
    assert_eq!(left(&[0x8]), 1, "another request: a leak of its own");
}

#[test]
fn memory_that_dangles_explains_every_content() {
    let (case, played) = stage()
        .granted("a", bytes(&[1, 2, 3]))
        .read("a", bytes(&[9, 9, 9]), &[])
        .played(&json!({"same-content": {"view": "a"}}));
    assert_eq!(
        judge(
            std::slice::from_ref(&case),
            std::slice::from_ref(&played),
            &Background::default(),
            |_| true
        )
        .len(),
        1
    );
    let subject = conforming(LayoutClass::C1d, true);
    let mended = subject
        .with_evidence(|evidence| {
            causes::mended(
                "memory.valid-until-release",
                evidence,
                std::slice::from_ref(&played),
                &[],
            )
        })
        .expect("a cause");
    assert!(
        judge(
            std::slice::from_ref(&case),
            &mended.played,
            &Background::default(),
            |_| true
        )
        .is_empty()
    );
}

#[test]
fn growth_of_memory_is_no_matter_of_references() {
    let measure = |at: i64| Measure {
        references: Some(at),
        blocks: Some(at),
        ..Measure::default()
    };
    let played = Played {
        scenario: "scenarios/by/hand".into(),
        trace: Trace {
            seen: vec![Seen::Repeated {
                times: 8,
                measures: [measure(0), measure(8), measure(16)],
            }],
            contents: Vec::new(),
        },
        ..Played::default()
    };
    let subject = conforming(LayoutClass::C1d, true);
    let mended = subject
        .with_evidence(|evidence| {
            let hit = violation("obj.refcount-balanced", &[]);
            causes::mended("obj.refcount-balanced", evidence, &[played], &[&hit])
        })
        .expect("a cause");
    let Seen::Repeated { measures, .. } = &mended.played[0].trace.seen[0] else {
        panic!("a repetition")
    };
    assert_eq!((measures[2].references, measures[2].blocks), (None, Some(16)));
}

/// Every cause is a rule that counts.
#[test]
fn causes_are_rules() {
    for cause in causes::causes() {
        let rule = data::rules().iter().find(|rule| rule.id == cause);
        assert!(rule.is_some_and(|rule| rule.level >= Level::Should), "{cause}");
    }
}

#[test]
fn what_is_read_where_nobody_wrote_an_address_follows_from_that() {
    let subject = conforming(LayoutClass::C1d, false)
        .granted(Request::wants_strides, |view| {
            view.buf = 0xa5a5_a5a5_a5a5_a5a5;
            view.untouched.insert(Field::Buf);
            view.references = Some(References { during: 1, after: 1 });
        })
        .content(Request::wants_strides, |content| {
            content.bytes.clear();
            content.complete = false;
            content.unreadable = Some(Unreadable::default());
        });
    let cause = "view.all-fields-assigned";
    leaves(&subject, cause, "obj.refcount-balanced");
    let (_, after) = mend(&subject, cause);
    assert!(
        !after.iter().any(|rule| rule == "memory.readable-whole-extent"),
        "{after:?}"
    );
}

/// Views that reach beyond their memory are not believed; what others show is.
#[test]
fn steps_that_lead_out_of_the_memory_explain_what_is_read_there() {
    let mut subject = conforming(LayoutClass::Cnd, false);
    let mut content = subject.sweep.contents[0].clone();
    content.bytes[20] = 99;
    let other = intern(&mut subject.sweep.contents, content);
    let subject = subject.granted(only(0x18), move |view| {
        view.strides = Array::Elsewhere(vec![24, 4]);
        view.content = Some(other);
    });
    let cause = "memory.verify-structure";
    explains_all(&subject, cause, &["consistency.content-equal"]);
    let evidence = |subject: &Subject| {
        Evidence::new(
            &subject.declared,
            &subject.made,
            &Platform::LP64_LE,
            subject.python,
            &subject.sweep,
            &subject.deaths,
        )
        .native()
        .map(|native| native.request)
    };
    assert_eq!(evidence(&subject), Some(Request::FULL_RO));
}

/// A block that lies where freed memory was says nothing of the view; where items lead out of a block that is theirs,
/// that is another fault.
#[test]
fn the_block_around_freed_memory_is_somebody_elses() {
    let around = Block {
        start: 0x7f00_1000,
        len: 8,
        of: Allocator::C,
        freed: false,
    };
    let block = |first: u8| {
        let view = Model::new(LayoutClass::C1d, false).view(Request::FULL_RO);
        let granted = Answer::Granted(Box::new(View {
            content: Some(0),
            ..view
        }));
        let played = Played {
            scenario: "scenarios/by/hand".into(),
            trace: Trace {
                seen: vec![Seen::Asked(Box::new(granted)), Seen::Block(Some(around))],
                contents: vec![bytes(&[first; 24])],
            },
            ..Played::default()
        };
        let subject = conforming(LayoutClass::C1d, false);
        let mended = subject.with_evidence(|evidence| {
            let hit = violation("memory.valid-until-release", &[]);
            causes::mended("memory.valid-until-release", evidence, &[played], &[&hit])
        });
        match &mended.expect("a cause").played[0].trace.seen[1] {
            Seen::Block(block) => *block,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(block(0xdd), None);
    assert_eq!(block(0x11), Some(around));
}

/// Where steps lead out of the memory, they do not say in which order a flat view has to show it.
#[test]
fn steps_that_lead_out_of_the_memory_ask_nothing_of_flat_views() {
    let played = Played {
        scenario: "scenarios/by/hand".into(),
        trace: Trace {
            seen: vec![Seen::Beside(vec![Neighbour::default()])],
            contents: Vec::new(),
        },
        ..Played::default()
    };
    let subject = conforming(LayoutClass::Fnd, false);
    let mended = subject.with_evidence(|evidence| {
        let hit = violation("memory.verify-structure", &[]);
        causes::mended("memory.verify-structure", evidence, &[played], &[&hit])
    });
    assert_eq!(mended.expect("a cause").played[0].trace.seen, [Seen::Done]);
}
