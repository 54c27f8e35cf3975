//! Which scenarios a subject is put through, and with which requests and statements.
//!
//! Knows subjects without faults and what they offer. Must never play a scenario.

use crate::support::{Subject, conforming, refusal};
use bufcheck_model::observation::Text;
use bufcheck_model::scenario::{Act, Asked, Bindings, CallTable, Needs, ReleaseOrder, ScenarioCase, Script};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};
use bufcheck_rules::overtime::scripts;
use rstest::rstest;
use serde_json::{Value as Json, json};

fn case(needs: Needs, acts: &Json) -> ScenarioCase {
    ScenarioCase {
        id: "scenarios/by/hand".into(),
        about: String::new(),
        needs,
        acts: serde_json::from_value(acts.clone()).expect("acts"),
    }
}

fn planned(subject: &Subject, case: ScenarioCase, tables: &[CallTable]) -> Vec<Script> {
    subject.with_evidence(|evidence| scripts(&[case], tables, evidence))
}

fn applies(subject: &Subject, needs: Needs) -> bool {
    !planned(subject, case(needs, &json!([{"make": {}}])), &[]).is_empty()
}

fn cnd(readonly: bool) -> Subject {
    conforming(LayoutClass::Cnd, readonly)
}

fn ask(request: &str) -> Json {
    json!([{"make": {}}, {"ask": {"view": "a", "request": request}}])
}

#[rstest]
#[case::typed(Needs { type_name: Some("demo.Ideal".into()), ..Needs::default() }, true)]
#[case::typed_by_start(Needs { type_name: Some("demo.*".into()), ..Needs::default() }, true)]
#[case::other_type(Needs { type_name: Some("demo.Other".into()), ..Needs::default() }, false)]
#[case::start_is_no_whole(Needs { type_name: Some("demo".into()), ..Needs::default() }, false)]
#[case::writable(Needs { writable: Some(true), ..Needs::default() }, true)]
#[case::readonly(Needs { writable: Some(false), ..Needs::default() }, false)]
#[case::shareable(Needs { shareable: true, ..Needs::default() }, true)]
#[case::not_empty(Needs { not_empty: true, ..Needs::default() }, true)]
#[case::plain_items(Needs { plain_items: true, ..Needs::default() }, true)]
#[case::weakref(Needs { weakref: true, ..Needs::default() }, false)]
#[case::gc(Needs { gc: true, ..Needs::default() }, false)]
#[case::mortal(Needs { mortal: true, ..Needs::default() }, true)]
#[case::python_level(Needs { python_level: Some(true), ..Needs::default() }, false)]
#[case::not_python_level(Needs { python_level: Some(false), ..Needs::default() }, true)]
#[case::release_slot(Needs { release_slot: Some(true), ..Needs::default() }, true)]
#[case::no_release_slot(Needs { release_slot: Some(false), ..Needs::default() }, false)]
#[case::same_version(Needs { since: Some("3.13".into()), ..Needs::default() }, true)]
#[case::earlier_version(Needs { since: Some("3.9".into()), ..Needs::default() }, true)]
#[case::same_micro_version(Needs { since: Some("3.13.0".into()), ..Needs::default() }, true)]
#[case::later_micro_version(Needs { since: Some("3.13.1".into()), ..Needs::default() }, false)]
#[case::later_version(Needs { since: Some("3.14".into()), ..Needs::default() }, false)]
#[case::no_version(Needs { since: Some("soon".into()), ..Needs::default() }, false)]
#[case::two_needs_and_one_not_met(
    Needs { mortal: true, gc: true, shareable: true, ..Needs::default() }, false)]
fn a_subject_is_put_through_what_it_meets(#[case] needs: Needs, #[case] met: bool) {
    assert!(!needs.is_empty());
    assert_eq!(applies(&cnd(false), needs), met);
}

#[test]
fn what_a_subject_lacks_counts() {
    assert!(Needs::default().is_empty());
    assert!(applies(
        &cnd(true),
        Needs {
            writable: Some(false),
            ..Needs::default()
        }
    ));
    let not_empty = || Needs {
        not_empty: true,
        ..Needs::default()
    };
    assert!(!applies(&conforming(LayoutClass::Empty, false), not_empty()));

    let shareable = || Needs {
        shareable: true,
        ..Needs::default()
    };
    let alone = cnd(false).declaring(|declared| declared.shareable = Some(false));
    assert!(!applies(&alone, shareable()));
    assert!(applies(&alone, Needs::default()));
    assert!(applies(
        &cnd(false).declaring(|declared| declared.shareable = Some(true)),
        shareable()
    ));

    let objects = cnd(false).granted(Request::wants_format, |view| {
        view.format = Text::Ascii("O".into());
    });
    assert!(!applies(
        &objects,
        Needs {
            plain_items: true,
            ..Needs::default()
        }
    ));

    let mut other = cnd(false);
    (other.made.weakref, other.made.gc, other.made.immortal) = (true, true, true);
    assert!(applies(
        &other,
        Needs {
            weakref: true,
            gc: true,
            ..Needs::default()
        }
    ));
    assert!(!applies(
        &other,
        Needs {
            mortal: true,
            ..Needs::default()
        }
    ));

    let nothing = cnd(false).replaced(
        |_| true,
        |_| bufcheck_model::observation::Answer::Refused(refusal()),
    );
    assert!(!applies(&nothing, Needs::default()));
}

#[test]
fn requests_are_bound_to_what_was_granted() {
    let bound = |subject: &Subject, request: &str| -> Option<Bindings> {
        let mut scripts = planned(subject, case(Needs::default(), &ask(request)), &[]);
        assert!(scripts.len() <= 1);
        scripts.pop().map(|script| script.bindings)
    };
    let asked = |asked| vec![asked];
    let widest = bound(&cnd(true), "widest").expect("a view");
    assert_eq!(widest.requests(&asked(Asked::Widest)), [Request::FULL_RO]);
    assert!(widest.requests(&asked(Asked::Writable)).is_empty());
    assert_eq!(
        (widest.writable, widest.refused, widest.granted.len()),
        (None, None, 0)
    );

    let writable = bound(&cnd(false), "writable").expect("a view");
    assert_eq!(writable.requests(&asked(Asked::Writable)), [Request::FULL]);
    assert_eq!(bound(&cnd(true), "writable"), None);
    // The flags say so, and the view does not.
    let pretending = cnd(false).granted(|request| request == Request::FULL, |view| view.readonly = 1);
    let found = bound(&pretending, "writable").and_then(|bound| bound.writable);
    assert_eq!(found, Some(Request::new(0x119)));

    let refused = bound(&cnd(true), "refused").expect("a refusal");
    let word = refused.requests(&asked(Asked::Refused));
    assert_eq!(word.len(), 1);
    assert!(word[0].wants_writable() || word[0].wants_f());
    // Where all that makes sense is granted, a word that makes none is asked.
    let row = bound(&conforming(LayoutClass::C1d, false), "refused").expect("a refusal");
    let word = row.requests(&asked(Asked::Refused))[0];
    assert_eq!(word.well_formed(), WellFormed::Malformed);

    let granted = bound(&cnd(false), "each-granted").expect("views");
    let words = granted.requests(&asked(Asked::EachGranted));
    assert_eq!(words.len(), 22);
    assert!(
        words
            .iter()
            .all(|word| word.flaws().is_empty() && !word.wants_f())
    );

    // More would only repeat the same answers.
    let many = bound(&conforming(LayoutClass::CFnd, false), "each-granted").expect("views");
    assert_eq!(many.granted.len(), 24);

    let exact = bound(&cnd(false), "STRIDES").expect("a script");
    assert!(exact.is_empty());
    assert_eq!(
        exact.requests(&asked(Asked::Exact(Request::STRIDES))),
        [Request::STRIDES]
    );
}

#[test]
fn a_request_that_wavers_is_neither_granted_nor_refused() {
    let wavering = conforming(LayoutClass::C1d, false).replaced_in_round(
        1,
        |request| request == Request::STRIDES,
        |_| bufcheck_model::observation::Answer::Refused(refusal()),
    );
    let refused = planned(&wavering, case(Needs::default(), &ask("refused")), &[]);
    let word = refused[0].bindings.refused.expect("a refusal");
    assert_eq!(word.well_formed(), WellFormed::Malformed);
    let scripts = planned(&wavering, case(Needs::default(), &ask("each-granted")), &[]);
    assert!(!scripts[0].bindings.granted.contains(&Request::STRIDES));
}

#[test]
fn what_leaves_a_class_waiting_for_a_release_is_not_the_refused_request() {
    let chosen = |untold: Vec<i32>| {
        let mut subject = conforming(LayoutClass::C1d, true);
        subject.sweep.untold = untold;
        let scripts = planned(&subject, case(Needs::default(), &ask("refused")), &[]);
        scripts.first().and_then(|script| script.bindings.refused)
    };
    let first = chosen(Vec::new()).expect("a request that is refused");
    assert_ne!(chosen(vec![first.flags()]), Some(first));
}

#[test]
fn an_object_that_grants_nothing_is_looked_at_where_no_view_is_needed() {
    let nothing = conforming(LayoutClass::C1d, false).replaced(
        |_| true,
        |_| bufcheck_model::observation::Answer::Refused(refusal()),
    );
    let without_grants = Needs {
        without_grants: true,
        ..Needs::default()
    };
    let make = json!([{"make": {}}]);
    assert_eq!(
        planned(&nothing, case(without_grants.clone(), &make), &[]).len(),
        1
    );
    assert!(planned(&nothing, case(Needs::default(), &make), &[]).is_empty());
    let not_empty = Needs {
        not_empty: true,
        ..without_grants
    };
    assert!(planned(&nothing, case(not_empty, &make), &[]).is_empty());
}

#[test]
fn a_scenario_is_played_with_each_mutator() {
    let mutate = json!([{"make": {}}, {"thread": {"acts": [
        {"mutate": {"name": "m"}},
        {"expect": {"rule": "export.locks-resize", "that": {"granted": {"view": "a"}}}},
    ]}}]);
    let table = |type_name: &str, calls: &[&str]| CallTable {
        type_name: type_name.into(),
        calls: calls.iter().map(|call| (*call).to_owned()).collect(),
    };
    let tables = [
        table("demo.*", &["x.grow()", "del x[0]"]),
        table("other.Type", &["x.never()"]),
    ];
    let subject = cnd(false).declaring(|declared| declared.mutators = vec!["grow()".into()]);
    let scripts = planned(&subject, case(Needs::default(), &mutate), &tables);
    let found: Vec<_> = scripts
        .iter()
        .map(|script| script.bindings.mutator.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(found, ["x.grow()", "del x[0]"]);
    // Expectations stay at home, also those of a thread.
    let acts: Vec<&Act> = scripts[0].acts.iter().flat_map(Act::flat).collect();
    assert_eq!(acts.len(), 2);
    assert!(planned(&cnd(false), case(Needs::default(), &mutate), &[]).is_empty());
    // Who mutates nothing needs no mutator.
    assert_eq!(
        planned(&subject, case(Needs::default(), &ask("widest")), &tables).len(),
        1
    );
}

#[rstest]
#[case(json!({"mutate": {"name": "m"}}), true)]
#[case(json!({"mutate": {"name": "m", "code": "x.grow()"}}), false)]
#[case(json!({"threads": {"name": "t", "count": 2, "times": 1, "requests": [], "mutate": true}}), true)]
#[case(json!({"threads": {"name": "t", "count": 2, "times": 1, "requests": []}}), false)]
#[case(json!({"repeat": {"name": "r", "times": 1, "acts": [{"make": {}}, {"mutate": {"name": "m"}}]}}), true)]
#[case(json!({"thread": {"acts": [{"make": {}}]}}), false)]
#[case(json!({"make": {}}), false)]
fn acts_know_whether_they_use_the_mutator(#[case] act: Json, #[case] mutates: bool) {
    let act: Act = serde_json::from_value(act).expect("an act");
    assert_eq!(act.mutates(), mutates);
}

#[test]
fn acts_know_what_they_ask() {
    let act: Act = serde_json::from_value(json!({"repeat": {"name": "r", "times": 1, "acts": [
        {"ask": {"view": "a", "request": "widest"}},
        {"hold": {"views": "v", "count": 2, "requests": ["writable", "STRIDES"]}},
        {"thread": {"acts": [{"ask": {"view": "b", "request": "refused"}}]}},
        {"threads": {"name": "t", "count": 2, "times": 1, "requests": ["each-granted"]}},
        {"release": {"view": "a"}},
    ]}}))
    .expect("an act");
    let asked: Vec<Asked> = act.asked().into_iter().cloned().collect();
    assert_eq!(
        asked,
        [
            Asked::Widest,
            Asked::Writable,
            Asked::Exact(Request::STRIDES),
            Asked::Refused,
            Asked::EachGranted
        ]
    );
    let text = serde_json::to_value(&act).expect("JSON");
    assert_eq!(
        text["repeat"]["acts"][0]["ask"],
        json!({"view": "a", "request": "widest"})
    );
    assert_eq!(serde_json::from_value::<Act>(text).expect("an act"), act);
}

#[test]
fn an_object_that_is_not_named_is_x() {
    let named: Act = serde_json::from_value(json!({"make": {"object": "y"}})).expect("an act");
    let plain: Act = serde_json::from_value(json!({"make": {}})).expect("an act");
    assert_eq!(plain, Act::Make { object: "x".into() });
    assert_eq!(serde_json::to_value(&plain).unwrap(), json!({"make": {}}));
    assert_eq!(
        serde_json::to_value(&named).unwrap(),
        json!({"make": {"object": "y"}})
    );
}

#[test]
fn views_are_given_back_in_every_order() {
    assert_eq!(ReleaseOrder::First.positions(4), [0, 1, 2, 3]);
    assert_eq!(ReleaseOrder::Last.positions(4), [3, 2, 1, 0]);
    assert_eq!(ReleaseOrder::InsideOut.positions(5), [2, 1, 3, 0, 4]);
    assert_eq!(ReleaseOrder::InsideOut.positions(4), [1, 2, 0, 3]);
    assert!(ReleaseOrder::InsideOut.positions(0).is_empty());
    let mut shuffled = ReleaseOrder::Random(7).positions(12);
    assert_ne!(shuffled, (0..12).collect::<Vec<_>>());
    shuffled.sort_unstable();
    assert_eq!(shuffled, (0..12).collect::<Vec<_>>());
}

#[test]
fn a_scenario_names_each_rule_once() {
    let expect = |rule: &str| json!({"expect": {"rule": rule, "that": {"granted": {"view": "a"}}}});
    let acts = json!([
        {"make": {}},
        expect("b.one"),
        {"thread": {"acts": [expect("a.two"), expect("b.one")]}},
        expect("a.two"),
    ]);
    let case = case(Needs::default(), &acts);
    assert_eq!(case.catches().collect::<Vec<_>>(), ["b.one", "a.two"]);
}
