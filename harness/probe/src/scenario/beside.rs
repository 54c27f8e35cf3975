//! Views that come and go beside one that is held.
//!
//! Knows where they lie and what they show. Must never know where they should lie.

use bufcheck_model::observation::{Phase, View};
use bufcheck_model::scenario::{Neighbour, Seen};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::{note, release};
use super::player::Player;
use crate::look::{Held, Way};

/// Asks by each request twice, and gives both views back before the next.
pub(super) fn ask(
    player: &mut Player<'_>,
    object: &Bound<'_, PyAny>,
    held: &View,
    requests: &[Request],
) -> Seen {
    let found = requests.iter().filter_map(|request| {
        note(player.mark, request.flags());
        let first = Held::ask(object, request.flags(), player.counts).ok()?;
        let second = Held::ask(object, request.flags(), player.counts).ok();
        player.mark.note(Phase::Read, Some(request.flags()));
        let again = second.as_ref().and_then(|second| Some(second.view()?.buf));
        let neighbour = first.view().cloned().map(|view| Neighbour {
            request: request.flags(),
            buf: view.buf,
            len: view.len,
            again,
            content: player.read(&view),
            of_held: player.read(held),
        });
        player.mark.phase(Phase::Release);
        for view in second.into_iter().chain([first]) {
            release(view, object.py(), Way::Plain, Some(&player.unraisable));
        }
        neighbour
    });
    Seen::Beside(found.collect())
}
