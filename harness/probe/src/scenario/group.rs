//! Several views of one object at once.
//!
//! Knows how they are asked, read and given back in some order. Must never know which order is legal.

use bufcheck_model::observation::{FieldSet, Phase};
use bufcheck_model::scenario::{ReleaseOrder, Seen};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::{note, release};
use super::impossible::impossible;
use super::player::Player;
use crate::look::{Held, Way};

/// Views of one group at most.
const MAX_VIEWS: u8 = 64;

/// Asks for several views.
pub(super) fn hold(
    player: &mut Player<'_>,
    object: &Bound<'_, PyAny>,
    name: &str,
    count: u8,
    requests: &[Request],
) -> Seen {
    let mut views = Vec::new();
    let (mut granted, mut refused, mut refusal) = (0, 0, None);
    for request in requests.iter().cycle().take(usize::from(count.min(MAX_VIEWS))) {
        note(player.mark, request.flags());
        if player.muted {
            let held = Held::ask_bare(object, request.flags());
            granted += u32::from(held.is_some());
            refused += u32::from(held.is_none());
            views.extend(held.map(Some));
            continue;
        }
        match Held::ask(object, request.flags(), player.counts) {
            Ok(mut held) => {
                granted += 1;
                let content = held.view().and_then(|view| player.read(view));
                held.keep_content(content);
                views.push(Some(held));
            }
            Err(answer) => {
                refused += 1;
                if let bufcheck_model::observation::Answer::Refused(answer) = answer {
                    refusal = refusal.or(answer.raised);
                }
            }
        }
    }
    player.groups.insert(name.to_owned(), views);
    Seen::Held {
        granted,
        refused,
        refusal,
    }
}

/// What differed from the grant, over several readings.
#[derive(Default)]
struct Differences {
    readings: u32,
    changed: FieldSet,
    first_changed: Option<u32>,
    first_other: Option<u32>,
    first_unreadable: Option<u32>,
    raised: Option<bufcheck_model::observation::Raised>,
}

impl Differences {
    fn look(&mut self, player: &mut Player<'_>, number: usize, held: &Held) {
        let number = u32::try_from(number).ok();
        self.readings += 1;
        let changed = held.changed();
        if !changed.is_empty() {
            self.changed.0 |= changed.0;
            self.first_changed = self.first_changed.or(number);
        }
        let Some(view) = held.view() else { return };
        let Some(content) = player.content(view) else {
            return;
        };
        if content.unreadable.is_some() {
            self.first_unreadable = self.first_unreadable.or(number);
        } else if Some(player.intern(content)) != view.content {
            self.first_other = self.first_other.or(number);
        }
    }

    fn entry(self) -> Seen {
        Seen::ReadAll {
            readings: self.readings,
            changed: self.changed,
            first_changed: self.first_changed,
            first_other: self.first_other,
            first_unreadable: self.first_unreadable,
            raised: self.raised,
        }
    }
}

/// Reads all views of a group again.
pub(super) fn read_all(player: &mut Player<'_>, name: &str) -> Result<Seen, Seen> {
    player.mark.phase(Phase::Read);
    let views = player
        .groups
        .remove(name)
        .ok_or_else(|| impossible("no such views"))?;
    let mut differences = Differences::default();
    for (number, held) in views.iter().enumerate() {
        if let Some(held) = held {
            differences.look(player, number, held);
        }
    }
    player.groups.insert(name.to_owned(), views);
    Ok(differences.entry())
}

/// Gives all views of a group back; after each release the one that will go last is read, and half-way all.
pub(super) fn release_all(
    player: &mut Player<'_>,
    py: Python<'_>,
    name: &str,
    order: ReleaseOrder,
) -> Result<Seen, Seen> {
    let mut views = player
        .groups
        .remove(name)
        .ok_or_else(|| impossible("no such views"))?;
    let mut differences = Differences::default();
    let positions = order.positions(views.len());
    for (turn, position) in positions.iter().enumerate() {
        let Some(held) = views[*position].take() else {
            continue;
        };
        player.mark.phase(Phase::Release);
        let release = release(held, py, Way::Plain, Some(&player.unraisable));
        if !release.changed.is_empty() {
            differences.changed.0 |= release.changed.0;
            differences.first_changed = differences.first_changed.or(u32::try_from(*position).ok());
        }
        differences.raised = differences.raised.or(release.raised).or(release.unraisable);
        if player.muted {
            continue;
        }
        player.mark.phase(Phase::Read);
        let half_way = turn == positions.len() / 2;
        for later in &positions[turn + 1..] {
            if let Some(held) = views[*later]
                .as_ref()
                .filter(|_| half_way || Some(later) == positions.last())
            {
                differences.look(player, *later, held);
            }
        }
    }
    Ok(differences.entry())
}
