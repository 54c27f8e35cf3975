//! What shows a violation: nothing is wrong with the answers of an exporter without faults, whatever was asked of
//! memory of whatever layout; and where something was spoiled, that field is pointed at, and what it does is drawn.

#[path = "support/mod.rs"]
mod support;

use bufcheck_model::example::{Compared, Example, PlaceKind};
use bufcheck_model::observation::{Array, Text};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::example::{Shown, example};
use support::{Subject, conforming};

fn shown(subject: &Subject, rule: &str, request: Request) -> Example {
    let shown = Shown {
        rule,
        requests: &[request],
        case: "",
    };
    let found = subject.with_evidence(|evidence| example(shown, evidence, (&[], &[])));
    found.expect("a request shows it")
}

fn row<'a>(example: &'a Example, name: &str) -> &'a Compared {
    let row = example.fields.iter().find(|row| row.name == name);
    row.unwrap_or_else(|| panic!("no row `{name}`"))
}

fn wrong(example: &Example) -> Vec<&str> {
    let rows = example.fields.iter().filter(|row| row.wrong && !row.elsewhere);
    rows.map(|row| row.name.as_str()).collect()
}

#[test]
fn nothing_is_wrong_with_an_exporter_without_faults() {
    for class in LayoutClass::ALL {
        for readonly in [false, true] {
            let subject = conforming(class, readonly);
            for request in Request::all() {
                let example = shown(&subject, "consistency.content-equal", request);
                assert_eq!(
                    wrong(&example),
                    Vec::<&str>::new(),
                    "{class:?} {request}: {example:?}"
                );
                assert_eq!(example.memory, None, "{class:?} {request}");
            }
        }
    }
}

#[test]
fn the_field_of_the_rule_is_pointed_at() {
    let subject = conforming(LayoutClass::Cnd, false).granted(
        |request| !request.wants_format(),
        |view| {
            view.format = Text::Ascii("<i".into());
            view.strides = Array::Null;
        },
    );
    let example = shown(&subject, "format.null-unless-requested", Request::STRIDES);
    assert_eq!(wrong(&example), ["format"]);
    assert_eq!(
        (
            row(&example, "format").wanted.as_str(),
            row(&example, "format").found.as_str()
        ),
        ("NULL", "\"<i\"")
    );
    assert!(row(&example, "strides").elsewhere, "that is another finding");
    let other = shown(&subject, "strides.non-null-when-requested", Request::STRIDES);
    assert_eq!(wrong(&other), ["strides"]);
}

/// Without the shape that was asked for nobody knows what a consumer takes: nothing is drawn.
#[test]
fn a_shape_that_is_missing_is_pointed_at_and_nothing_is_drawn() {
    let subject = conforming(LayoutClass::C1d, false).granted(
        |request| !request.wants_format(),
        |view| {
            view.shape = Array::Null;
            view.strides = Array::Elsewhere(vec![4]);
        },
    );
    let example = shown(&subject, "request.nd-gives-shape", Request::ND);
    assert_eq!(wrong(&example), ["shape"]);
    assert!(row(&example, "strides").elsewhere, "that is another finding");
    assert_eq!(example.memory, None);
}

#[test]
fn what_fits_the_request_is_still_pointed_at_where_its_rule_is_broken() {
    let subject = conforming(LayoutClass::C1d, false);
    let example = shown(&subject, "format.struct-parseable", Request::FULL_RO);
    assert_eq!(wrong(&example), ["format"]);
    assert_eq!(row(&example, "format").wanted, "");
}

#[test]
fn memory_in_another_order_is_drawn_as_it_is_taken() {
    let native = conforming(LayoutClass::Cnd, false);
    let full = native.with_evidence(|evidence| {
        let grant = evidence.granted(Request::FULL_RO).expect("it is granted");
        grant.view.clone()
    });
    let subject = native.replaced(
        |request| request.wants_f() && !request.wants_c(),
        |_| bufcheck_model::observation::Answer::Granted(Box::new(full.clone())),
    );
    let example = shown(&subject, "request.f-contiguous", Request::F_CONTIGUOUS);
    assert!(wrong(&example).contains(&"answer"), "{example:?}");
    assert!(
        row(&example, "format").elsewhere,
        "that FORMAT was not asked is another finding: {example:?}"
    );
    let drawing = example.memory.expect("items are displaced");
    let [lies, taken] = drawing.rows.as_slice() else {
        panic!("two rows: {drawing:?}");
    };
    let kinds = |kind| taken.places.iter().filter(|place| place.kind == kind).count();
    assert!(
        kinds(PlaceKind::Displaced) > 0 && kinds(PlaceKind::Outside) == 0,
        "{taken:?}"
    );
    assert!(
        lies.places
            .iter()
            .all(|place| place.kind == PlaceKind::Item && !place.name.is_empty())
    );
    // The first and the last item lie where they are looked for in either order.
    assert_eq!(
        taken.places.first().map(|place| place.kind),
        Some(PlaceKind::Item)
    );
}

#[test]
fn a_view_that_is_too_long_leads_outside() {
    let subject =
        conforming(LayoutClass::C1d, false).granted(|request| !request.wants_shape(), |view| view.len *= 2);
    let example = shown(&subject, "len.equals-shape-times-itemsize", Request::SIMPLE);
    assert_eq!(wrong(&example), ["len"]);
    let drawing = example.memory.expect("bytes outside are taken");
    assert!(drawing.said.contains("outside the memory"), "{}", drawing.said);
    assert!(
        drawing.rows[1]
            .places
            .iter()
            .any(|place| place.kind == PlaceKind::Outside)
    );
}

#[test]
fn what_no_request_and_no_scenario_shows_has_no_example() {
    let subject = conforming(LayoutClass::C1d, false);
    let shown = Shown {
        rule: "leak.memory",
        requests: &[],
        case: "scenarios/none",
    };
    assert_eq!(
        subject.with_evidence(|evidence| example(shown, evidence, (&[], &[]))),
        None
    );
}
