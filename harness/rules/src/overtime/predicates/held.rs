//! Predicates about several views that are held at once.
//!
//! Knows what differed from the grant at any of their readings. Must never know the views one by one.

use super::words::{exception, fields, relevant};
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::Field;
use bufcheck_model::scenario::Seen;

pub(super) fn all_granted(play: &Play<'_>, views: &str) -> Option<Broken> {
    let Seen::Held {
        granted,
        refused,
        refusal,
    } = play.held(views)?
    else {
        return None;
    };
    (*refused > 0).then(|| {
        let raised = refusal
            .as_ref()
            .map_or_else(|| "no exception".to_owned(), exception);
        Broken::new(
            format!(
                "of {} views held at once {refused} were refused: {raised}",
                granted + refused
            ),
            "every request that is granted alone is granted beside others",
        )
    })
}

pub(super) fn all_unchanged<'a>(play: &Play<'a>, views: &'a str, wanted: &[Field]) -> Option<Broken> {
    play.read_all(views).find_map(|seen| {
        let Seen::ReadAll {
            changed,
            first_changed,
            ..
        } = seen
        else {
            return None;
        };
        let changed = relevant(*changed, wanted);
        let view = first_changed.filter(|_| !changed.is_empty())?;
        Some(Broken::new(
            format!(
                "{} of view {view} changed while other views came and went",
                fields(changed)
            ),
            "every view keeps its fields, and what they point to",
        ))
    })
}

pub(super) fn all_same_content<'a>(play: &Play<'a>, views: &'a str) -> Option<Broken> {
    let steady = play.is_steady();
    play.read_all(views).find_map(|seen| {
        let Seen::ReadAll {
            first_other,
            first_unreadable,
            ..
        } = seen
        else {
            return None;
        };
        let found = match (first_unreadable, first_other) {
            (Some(view), _) => format!("view {view} could no longer be read"),
            (None, Some(view)) if steady => format!("view {view} showed other bytes"),
            (None, _) => return None,
        };
        Some(Broken::new(
            format!("{found} while other views came and went"),
            "every view keeps its memory until its own release",
        ))
    })
}

pub(super) fn all_released_cleanly<'a>(play: &Play<'a>, views: &'a str) -> Option<Broken> {
    play.read_all(views).find_map(|seen| {
        let Seen::ReadAll {
            raised: Some(raised), ..
        } = seen
        else {
            return None;
        };
        Some(Broken::new(
            format!("a release left {}", exception(raised)),
            "views that can be released in any order",
        ))
    })
}
