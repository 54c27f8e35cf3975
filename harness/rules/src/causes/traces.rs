//! Traces of scenarios as they would be without a cause.
//!
//! Knows where contents and counts are noted. Must never know a rule: a predicate about something that was not
//! observed holds.

use bufcheck_model::observation::Answer;
use bufcheck_model::scenario::{Played, Seen};

use crate::overtime::looks_freed;

fn each(played: &mut [Played], change: impl Fn(&mut Seen)) {
    for played in played {
        played.trace.seen.iter_mut().for_each(&change);
    }
}

/// Every answer.
pub(super) fn answers(played: &mut [Played]) -> impl Iterator<Item = &mut Answer> {
    let seen = played.iter_mut().flat_map(|played| &mut played.trace.seen);
    seen.filter_map(|seen| match seen {
        Seen::Asked(answer) => Some(answer.as_mut()),
        _ => None,
    })
}

/// Forgets every content that was read.
pub(super) fn forget_contents(played: &mut [Played]) {
    each(played, |seen| match seen {
        Seen::Asked(answer) => {
            if let Answer::Granted(view) = answer.as_mut() {
                view.content = None;
            }
        }
        Seen::Read(reading) => reading.content = None,
        Seen::Compared { .. } => *seen = Seen::Done,
        Seen::Beside(neighbours) => {
            for neighbour in neighbours {
                (neighbour.content, neighbour.of_held) = (None, None);
            }
        }
        Seen::ReadAll {
            first_other,
            first_unreadable,
            ..
        } => (*first_other, *first_unreadable) = (None, None),
        Seen::Threads {
            unreadable, others, ..
        } => {
            *unreadable = 0;
            others.clear();
        }
        Seen::Done
        | Seen::Impossible(_)
        | Seen::Fault(_)
        | Seen::Wrote { .. }
        | Seen::Released(_)
        | Seen::Ran { .. }
        | Seen::Outgrown { .. }
        | Seen::Called { .. }
        | Seen::Counted(_)
        | Seen::Recounted { .. }
        | Seen::Alive(_)
        | Seen::Holders(_)
        | Seen::Slots(_)
        | Seen::Held { .. }
        | Seen::Block(_)
        | Seen::Repeated { .. } => {}
    });
}

/// Whether a view was granted of memory that was freed before.
pub(super) fn grant_freed_memory(played: &[Played]) -> bool {
    played.iter().any(|played| {
        played.trace.seen.iter().any(|seen| match seen {
            Seen::Asked(answer) => match answer.as_ref() {
                Answer::Granted(view) => view
                    .content
                    .and_then(|content| played.trace.contents.get(content as usize))
                    .is_some_and(looks_freed),
                Answer::Refused(_) => false,
            },
            _ => false,
        })
    })
}

/// Forgets every view that was asked beside a held one.
pub(super) fn forget_neighbours(played: &mut [Played]) {
    each(played, |seen| {
        if matches!(seen, Seen::Beside(_)) {
            *seen = Seen::Done;
        }
    });
}

/// Forgets every block that was looked up.
pub(super) fn forget_blocks(played: &mut [Played]) {
    each(played, |seen| {
        if let Seen::Block(block) = seen {
            *block = None;
        }
    });
}

/// Forgets every count of references, and whether an object was still there.
pub(super) fn forget_counts(played: &mut [Played]) {
    each(played, |seen| match seen {
        Seen::Counted(_) | Seen::Recounted { .. } => *seen = Seen::Counted(None),
        Seen::Alive(alive) => *alive = None,
        Seen::Holders(holders) => *holders = None,
        Seen::Repeated { measures, .. } => {
            for measure in measures {
                (measure.references, measure.held) = (None, None);
            }
        }
        Seen::Threads {
            references, halves, ..
        } => (*references, *halves) = (None, None),
        Seen::Done
        | Seen::Impossible(_)
        | Seen::Fault(_)
        | Seen::Asked(_)
        | Seen::Read(_)
        | Seen::Wrote { .. }
        | Seen::Compared { .. }
        | Seen::Released(_)
        | Seen::Ran { .. }
        | Seen::Outgrown { .. }
        | Seen::Called { .. }
        | Seen::Slots(_)
        | Seen::Beside(_)
        | Seen::Held { .. }
        | Seen::Block(_)
        | Seen::ReadAll { .. } => {}
    });
}
