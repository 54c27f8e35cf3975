//! A view that is held, before and after something was done to its object.
//!
//! Knows readings of one view. Must never know layouts.

use bufcheck_model::example::{Drawing, Place, PlaceKind, Row};
use bufcheck_model::observation::{Answer, Content};
use bufcheck_model::scenario::{Act, Played, ScenarioCase, Seen};

use super::tells::tells;
use crate::overtime::events;

/// Most bytes that are drawn.
const DRAWN: usize = 12;

/// What a view showed when it was granted, and at the first reading that showed something else.
pub(super) fn drawing(case: &ScenarioCase, played: &Played) -> Option<Drawing> {
    let events = events(&case.acts, played);
    let mut done: Option<String> = None;
    for (act, seen) in &events {
        if let Act::Mutate { code, .. } = act {
            done = code.clone().or_else(|| played.mutator.clone());
        }
        let (Act::Read { view }, Seen::Read(reading)) = (act, seen) else {
            continue;
        };
        let Some(before) = granted(&events, played, view) else {
            continue;
        };
        let after = reading.content.and_then(|index| content(played, index));
        let Some(after) = after.filter(|after| after.bytes != before.bytes || after.unreadable.is_some())
        else {
            continue;
        };
        let what = done
            .as_deref()
            .map_or("at the next reading".to_owned(), |code| format!("after `{code}`"));
        let drawing = rows(before, after, &what);
        return tells(&drawing).then_some(drawing);
    }
    None
}

fn granted<'a>(events: &[(&Act, &Seen)], played: &'a Played, name: &str) -> Option<&'a Content> {
    events.iter().find_map(|(act, seen)| match (act, seen) {
        (Act::Ask { view, .. }, Seen::Asked(answer)) if view == name => match answer.as_ref() {
            Answer::Granted(view) => content(played, view.content?),
            Answer::Refused(_) => None,
        },
        _ => None,
    })
}

fn content(played: &Played, index: u32) -> Option<&Content> {
    played.trace.contents.get(usize::try_from(index).ok()?)
}

fn rows(before: &Content, after: &Content, what: &str) -> Drawing {
    // The part that is drawn holds the first byte that changed.
    let first = before
        .bytes
        .iter()
        .zip(&after.bytes)
        .position(|(old, new)| old != new);
    let start = first.unwrap_or(0) / DRAWN * DRAWN;
    let end = before.bytes.len().min(start + DRAWN);
    let row = |said: String, bytes: &[u8]| Row {
        said,
        more: before.bytes.len().saturating_sub(end) as u64,
        places: (start..end)
            .map(|at| {
                let byte = bytes.get(at);
                let changed = byte != before.bytes.get(at);
                Place {
                    at: i64::try_from(at).unwrap_or(i64::MAX),
                    bytes: 1,
                    name: String::new(),
                    holds: byte.map_or("gone".to_owned(), |byte| format!("{byte:02x}")),
                    kind: if changed {
                        PlaceKind::Changed
                    } else {
                        PlaceKind::Item
                    },
                }
            })
            .collect(),
    };
    let changed = (0..before.bytes.len())
        .filter(|at| before.bytes.get(*at) != after.bytes.get(*at))
        .count();
    let of = before.bytes.len();
    Drawing {
        said: format!("Of the {of} bytes that a held view showed, {changed} read otherwise {what}."),
        rows: vec![
            row("the view when it was granted".to_owned(), &before.bytes),
            row(format!("the same view {what}"), &after.bytes),
        ],
    }
}
