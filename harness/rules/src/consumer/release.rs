//! Views that were not given back, or given back too often, and references that do not add up.
//!
//! Knows how grants and releases of one call are counted against each other. Must never know what a view shows.

use bufcheck_model::observation::Field;
use bufcheck_model::spy::{Ended, Event, Released};

use super::evidence::{Evidence, Seen};
use super::offence::{Kind, Offence};

/// Everything of this kind.
pub(super) fn offences<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    let returns_and_leaks = evidence.spied().any(|seen| {
        grows(&seen.spied.left) && matches!(seen.spied.ended, Ended::Returned(_)) && plain(&seen)
    });
    for seen in evidence.spied() {
        given_back(&seen, found);
        left_behind(&seen, returns_and_leaks, found);
        moments(&seen, found);
    }
}

/// A spy whose memory holds something, and that refuses nothing.
fn plain(seen: &Seen<'_>) -> bool {
    !seen.spy.is_empty() && seen.asked().all(|(_, granted)| granted)
}

/// More is left after each call.
fn grows(left: &[i64]) -> bool {
    left.len() > 1
        && left.first().is_some_and(|first| *first > 0)
        && left.windows(2).all(|pair| pair[0] < pair[1])
}

fn given_back<'a>(seen: &Seen<'a>, found: &mut Vec<Offence<'a>>) {
    let granted = seen.granted().count();
    let releases = seen
        .spied
        .events
        .iter()
        .filter(|event| matches!(event, Event::Released { .. }))
        .count();
    let (mut held, mut refused_last) = (0_usize, false);
    let mut add = |rule, text: &str, wanted: &str| {
        if !found
            .iter()
            .any(|known: &Offence<'_>| known.rule == rule && known.seen.call == seen.call)
        {
            found.push(Offence::new(seen, Kind::Other, rule, text, wanted));
        }
    };
    for event in &seen.spied.events {
        match event {
            Event::Asked { granted, .. } => {
                held += usize::from(*granted);
                refused_last = !granted;
            }
            Event::Released { what, changed, .. } => {
                match what {
                    Released::Held => held = held.saturating_sub(1),
                    Released::Again => add(
                        "release.exactly-once",
                        "gave the same view back twice",
                        "each view is given back once",
                    ),
                    Released::Unknown if refused_last && held == 0 => add(
                        "refusal.view-not-released",
                        "released the struct of a refused request",
                        "nothing to release after a refusal",
                    ),
                    Released::Unknown if held == 0 || releases > granted => add(
                        "release.not-without-get",
                        "released a struct that was never handed out",
                        "only views that were granted are released",
                    ),
                    Released::Unknown => {
                        held = held.saturating_sub(1);
                        add(
                            "release.internal-unchanged-at-release",
                            "`internal` had changed when the view was given back",
                            "`internal` as the exporter set it",
                        );
                    }
                }
                let arrays = [Field::Format, Field::Shape, Field::Strides, Field::Suboffsets];
                if let Some(field) = arrays.into_iter().find(|field| changed.contains(*field)) {
                    add(
                        "consumer.arrays-not-freed",
                        &format!(
                            "`{}` of the struct had been replaced when the view was given back",
                            field.name()
                        ),
                        "format and arrays as the exporter set them",
                    );
                }
            }
        }
    }
}

fn left_behind<'a>(seen: &Seen<'a>, returns_and_leaks: bool, found: &mut Vec<Offence<'a>>) {
    let (left, references) = (&seen.spied.left, &seen.spied.references);
    let asked_anything = seen.asks();
    let mut add =
        |kind, rule, text: String, wanted: &str| found.push(Offence::new(seen, kind, rule, text, wanted));
    if grows(left) && !grows(references) {
        add(
            Kind::Other,
            "obj.consumer-does-not-decref",
            "the reference in `obj` was dropped, but the view was never given back".into(),
            "PyBuffer_Release, which drops the reference",
        );
    } else if grows(left) {
        let refused = seen.asked().any(|(_, granted)| !granted);
        let raised = matches!(seen.spied.ended, Ended::Raised { .. });
        let each = format!("each call leaves {} behind", views(left[1] - left[0]));
        let wanted = "a release for each view";
        if returns_and_leaks {
            add(
                Kind::Leak,
                "release.exactly-once",
                format!("{each}: a view is never given back"),
                wanted,
            );
        } else if refused {
            let text = format!("{each}, where a second request is refused");
            add(Kind::Leak, "consumer.no-retry-leak", text, wanted);
        } else {
            let path = if raised {
                "that ends in an exception"
            } else {
                "without items"
            };
            add(
                Kind::Leak,
                "release.on-every-path",
                format!("{each}, on a path {path}"),
                wanted,
            );
        }
    } else if asked_anything && grows(references) && left.iter().all(|left| *left == 0) {
        let (rule, text, wanted) = if seen.dress.hears_releases() {
            (
                "release.through-pybuffer-release",
                "the slot was called, but the reference in `obj` stays: each call leaves one more",
                "PyBuffer_Release, not the slot itself",
            )
        } else {
            (
                "release.exactly-once",
                "each call leaves the reference in `obj` behind: a view is never given back",
                "a release for each view, also of an exporter without a slot for releases",
            )
        };
        add(Kind::Other, rule, text.into(), wanted);
    } else if asked_anything && !references.is_empty() && references.iter().all(|left| *left < 0) {
        let text = format!("each call drops {} too many", references_word(-references[0]));
        add(
            Kind::Other,
            "obj.consumer-does-not-decref",
            text,
            "PyBuffer_Release drops the reference in `obj`",
        );
    }
}

fn views(count: i64) -> String {
    if count == 1 {
        "one view".into()
    } else {
        format!("{count} views")
    }
}

fn references_word(count: i64) -> String {
    if count == 1 {
        "one reference".into()
    } else {
        format!("{count} references")
    }
}

/// How requests and releases came.
fn moments<'a>(seen: &Seen<'a>, found: &mut Vec<Offence<'a>>) {
    let mut add = |rule, text: &str, wanted: &str| {
        found.push(Offence::new(seen, Kind::Other, rule, text, wanted));
    };
    let without_gil = |event: &&Event| match event {
        Event::Asked { moment, .. } | Event::Released { moment, .. } => moment.without_gil,
    };
    let with_error = |event: &&Event| matches!(event, Event::Asked { moment, .. } if moment.error_set);
    if let Some(event) = seen.spied.events.iter().find(without_gil) {
        let what = if matches!(event, Event::Asked { .. }) {
            "asked"
        } else {
            "released"
        };
        let text = format!("{what} in a thread that did not hold the interpreter lock");
        add(
            "consumer.needs-gil",
            &text,
            "requests and releases under the interpreter lock",
        );
    }
    if seen.spied.events.iter().any(|event| with_error(&event)) {
        let text = "asked for a buffer while an exception was set";
        add(
            "consumer.request-with-error-set",
            text,
            "an exception is handled before the next request",
        );
    }
}
