//! Stated in data, computed in code: the request cases and the rules agree on every request and layout class.
//!
//! Knows `cases/requests/`. Must never know how a rule finds out.

mod support;

use std::collections::BTreeMap;

use bufcheck_model::case::RequestCase;
use bufcheck_model::observation::{Answer, Content, View};
use bufcheck_protocol::layout::{Layout, LayoutClass, Order};
use bufcheck_protocol::outcome::{Contiguity, Outcome};
use bufcheck_protocol::outcome::{contiguity, field_states, outcome};
use bufcheck_protocol::request::{Request, WellFormed};
use bufcheck_rules::{Hit, rule};
use rstest::rstest;
use support::{Model, data, intern, only, told};

fn stated(case: &RequestCase, class: LayoutClass, readonly: bool) -> Outcome {
    let outcomes = case
        .outcomes
        .get(&class)
        .unwrap_or_else(|| panic!("{}: no outcome for {class:?}", case.id));
    if readonly {
        outcomes.readonly
    } else {
        outcomes.writable
    }
}

fn memories() -> impl Iterator<Item = (LayoutClass, bool)> {
    LayoutClass::ALL
        .into_iter()
        .flat_map(|class| [(class, false), (class, true)])
}

#[test]
fn the_data_states_every_combination_of_the_eight_bits() {
    let stated: Vec<Request> = data::requests().iter().map(|case| case.request).collect();
    for request in Request::all() {
        assert_eq!(
            stated.iter().filter(|other| **other == request).count(),
            1,
            "{request}"
        );
    }
}

#[test]
fn outcomes_agree() {
    for case in data::requests() {
        for (class, readonly) in memories() {
            let computed = outcome(case.request, class, readonly);
            assert_eq!(
                computed,
                stated(case, class, readonly),
                "{} {class:?} readonly={readonly}",
                case.id
            );
        }
    }
}

#[test]
fn field_states_agree() {
    for case in data::requests() {
        assert_eq!(field_states(case.request), case.granted, "{}", case.id);
    }
}

#[test]
fn names_and_flaws_agree() {
    for case in data::requests() {
        assert_eq!(case.request.case_id(), case.id);
        assert_eq!(case.request.macros(), case.names, "{}", case.id);
        assert_eq!(case.request.well_formed(), case.well_formed, "{}", case.id);
        assert_eq!(case.request.flaws(), case.flaws, "{}", case.id);
    }
}

/// The hits of an exporter that answers as the data says, but for `careless`.
fn judged(model: &Model, careless: impl Fn(&RequestCase, Outcome) -> Option<Answer>) -> Vec<Hit> {
    let mut subject = model.subject();
    intern(&mut subject.sweep.contents, read_flat(model));
    for case in data::requests() {
        if let Some(answer) = careless(case, stated(case, model.class, model.readonly)) {
            subject = subject.replaced(only(case.request.flags()), |_| answer.clone());
        }
    }
    // C and F at once accuse nobody, but are told: the data states them like all other words.
    let mut hits = subject.accusations();
    hits.extend(subject.hits_of("request.several-contiguity-flags"));
    hits
}

/// What a consumer reads who takes native memory for flat bytes.
fn read_flat(model: &Model) -> Content {
    let suboffsets = model.suboffsets.as_deref();
    let layout = Layout::new(model.itemsize, &model.shape, Some(&model.strides), suboffsets)
        .expect("the models have layouts");
    let bytes = model.bytes();
    let mut memory = BTreeMap::new();
    if suboffsets.is_none() {
        for (offset, item) in layout.offsets().zip(bytes.chunks(4)) {
            memory.extend((offset..).zip(item.iter().copied()));
        }
    }
    // What lies between and behind the items, and the pointers, are other bytes.
    let flat = (0_i64..)
        .take(bytes.len())
        .map(|offset| memory.get(&offset).copied().unwrap_or(0xee));
    Content {
        bytes: flat.collect(),
        complete: true,
        ..Content::default()
    }
}

#[test]
fn answering_as_stated_is_silent() {
    for (class, readonly) in memories() {
        let model = Model::new(class, readonly);
        let hits = judged(&model, |case, outcome| {
            Some(match outcome {
                Outcome::Grant | Outcome::Either => Answer::Granted(Box::new(model.view(case.request))),
                Outcome::Refuse | Outcome::RefuseOrFaithfulCopy => model.refuse(),
                Outcome::Interpreter => return None,
            })
        });
        assert!(hits.is_empty(), "{class:?} readonly={readonly}: {}", told(&hits));
    }
}

/// A copy is as good as a refusal where native memory does not do.
#[test]
fn serving_faithful_copies_is_silent() {
    for (class, readonly) in memories() {
        let model = Model::new(class, readonly);
        let hits = judged(&model, |case, outcome| {
            let copy = copy(&model, case.request).filter(|_| outcome == Outcome::RefuseOrFaithfulCopy)?;
            Some(Answer::Granted(Box::new(View {
                buf: 0x7f00_9000,
                ..copy
            })))
        });
        assert!(hits.is_empty(), "{class:?} readonly={readonly}: {}", told(&hits));
    }
}

/// A view of a contiguous copy of the memory, in the order that the request wants; none where it wants both
/// and the axes do not allow that.
fn copy(model: &Model, request: Request) -> Option<View> {
    let order = match contiguity(request) {
        Contiguity::F => Order::F,
        Contiguity::CAndF if model.shape.iter().filter(|extent| **extent > 1).count() > 1 => return None,
        Contiguity::None | Contiguity::C | Contiguity::Any | Contiguity::CAndF => Order::C,
    };
    let mut strides = model.strides.clone();
    let mut step = model.itemsize;
    let mut lay = |axis: usize| {
        strides[axis] = step;
        step *= model.shape[axis];
    };
    match order {
        Order::F => (0..model.shape.len()).for_each(&mut lay),
        Order::C | Order::Any => (0..model.shape.len()).rev().for_each(&mut lay),
    }
    Some(
        Model {
            strides,
            suboffsets: None,
            ..model.clone()
        }
        .view(request),
    )
}

#[rstest]
fn handing_out_native_memory_is_caught(#[values(false, true)] same_address: bool) {
    for (class, readonly) in memories() {
        let model = Model::new(class, readonly);
        let wrong = |outcome| matches!(outcome, Outcome::Refuse | Outcome::RefuseOrFaithfulCopy);
        let hits = judged(&model, |case, outcome| {
            wrong(outcome).then(|| {
                let mut view = model.view(case.request);
                if outcome == Outcome::RefuseOrFaithfulCopy {
                    // At another address only the bytes and the fields give it away.
                    view.buf += if same_address { 0 } else { 0x8000 };
                    view.content = if view.strides.is_null() || model.suboffsets.is_some() {
                        Some(1)
                    } else {
                        Some(0)
                    };
                }
                Answer::Granted(Box::new(view))
            })
        });
        for case in data::requests()
            .iter()
            .filter(|case| wrong(stated(case, class, readonly)))
        {
            assert!(
                hits.iter()
                    .any(|hit| hit.rule.starts_with("request.") && hit.requests.contains(&case.request)),
                "{} {class:?} readonly={readonly}: {}",
                case.id,
                told(&hits)
            );
        }
    }
}

#[test]
fn refusing_what_can_be_met_is_caught() {
    let met = [rule("request.met-when-possible").expect("the rule is checked")];
    for (class, readonly) in memories() {
        let model = Model::new(class, readonly);
        let subject = model.subject();
        // Whether combined demands must be met is only inferred, so their refusal is nobody's fault.
        let demanded = data::requests().iter().filter(|case| {
            case.well_formed == WellFormed::Yes && stated(case, class, readonly) == Outcome::Grant
        });
        for case in demanded {
            let spoilt = subject
                .clone()
                .replaced(only(case.request.flags()), |_| model.refuse());
            let hits = spoilt.judge(met, &[]);
            assert_eq!(
                hits.iter()
                    .flat_map(|hit| hit.requests.clone())
                    .collect::<Vec<_>>(),
                [case.request],
                "{} {class:?} readonly={readonly}",
                case.id
            );
        }
    }
}
