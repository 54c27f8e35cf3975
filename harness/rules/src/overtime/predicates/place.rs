//! Predicates about where memory lies.
//!
//! Knows that an address says something only of memory that is held: what was given back may be handed out again. Must
//! never know why a view lies where it does.

use crate::broken::Broken;
use crate::overtime::play::Play;

pub(super) fn same_place(play: &Play<'_>, left: &str, right: &str, beside: &str) -> Option<Broken> {
    let (before, after) = (play.granted(left)?, play.granted(right)?);
    // Memory that is made for each view lies anywhere.
    if play.granted(beside)?.buf != before.buf || before.buf == after.buf {
        return None;
    }
    Some(Broken::new(
        "the memory lies elsewhere now",
        "memory that stays where it is as long as the object lives",
    ))
}
