//! Predicates about threads that ask, read and release at once.
//!
//! Knows their sums. Must never know in which order they ran.

use super::counts::lasting;
use super::words::{exception, freed, start};
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::scenario::Seen;

pub(super) fn served(play: &Play<'_>, threads: &str) -> Option<Broken> {
    let Seen::Threads {
        refusal: Some(raised),
        ..
    } = play.threads(threads)?
    else {
        return None;
    };
    Some(Broken::new(
        format!(
            "asked in another thread, a request was refused with {}",
            exception(raised)
        ),
        "a view, or BufferError",
    ))
}

pub(super) fn undisturbed(play: &Play<'_>, threads: &str) -> Option<Broken> {
    let Seen::Threads {
        granted,
        changed,
        unreadable,
        others,
        ..
    } = play.threads(threads)?
    else {
        return None;
    };
    let lost = others
        .iter()
        .filter(|_| play.is_steady())
        .find_map(|(before, after)| {
            let (before, after) = (play.content(Some(*before))?, play.content(Some(*after))?);
            freed(before, after).then(|| format!("a view read as freed memory, {},", start(after)))
        });
    let found = if *unreadable > 0 {
        format!("{unreadable} of {granted} views could no longer be read")
    } else if *changed > 0 {
        format!("fields of {changed} of {granted} views changed")
    } else {
        lost?
    };
    Some(Broken::new(
        format!("{found} while other threads used the object"),
        "every view valid until its release",
    ))
}

pub(super) fn balanced(play: &Play<'_>, threads: &str) -> Option<Broken> {
    let Seen::Threads {
        halves: Some(halves), ..
    } = play.threads(threads)?
    else {
        return None;
    };
    let (first, second) = lasting(*halves)?;
    Some(Broken::new(
        format!(
            "the reference count changed by {first:+} while it was asked and released in other threads, and by \
             {second:+} when that was done again"
        ),
        "the reference count it had before",
    ))
}

pub(super) fn released_cleanly(play: &Play<'_>, threads: &str) -> Option<Broken> {
    let Seen::Threads {
        raised: Some(raised), ..
    } = play.threads(threads)?
    else {
        return None;
    };
    Some(Broken::new(
        format!("a release left {}", exception(raised)),
        "a release that succeeds",
    ))
}
