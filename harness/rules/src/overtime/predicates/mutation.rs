//! Predicates about statements that touch the memory while it is exported.
//!
//! Knows that such a statement must raise or leave the view valid. Must never know any statement by name.

use super::view::{not_freed, readable, unchanged};
use super::words::{exception, start};
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::{Content, Field};

/// The fields that lead to the memory, or say how it is read: all but the format.
const OF_THE_MEMORY: [Field; 10] = [
    Field::Buf,
    Field::Obj,
    Field::Len,
    Field::Itemsize,
    Field::Readonly,
    Field::Ndim,
    Field::Shape,
    Field::Strides,
    Field::Suboffsets,
    Field::Internal,
];

pub(super) fn locked_or_valid<'a>(
    play: &Play<'a>,
    mutation: &str,
    view: &'a str,
    now: Option<&str>,
) -> Option<Broken> {
    if play.ran(mutation)?.is_some() {
        return None;
    }
    // The format leads to other memory, and has a rule of its own.
    let broken = unchanged(play, view, &OF_THE_MEMORY)
        .or_else(|| readable(play, view))
        .or_else(|| not_freed(play, view))
        .or_else(|| abandoned(play, mutation, view, now?))?;
    Some(Broken::new(
        format!("{} went through, and {}", play.statement(mutation), broken.found),
        "BufferError while a view is held, or a view that stays valid",
    ))
}

/// Memory that changed though the object lies elsewhere by now: nobody but a new owner can have done that.
fn abandoned<'a>(play: &Play<'a>, mutation: &str, view: &'a str, now: &str) -> Option<Broken> {
    let (held, new) = (play.granted(view)?, play.granted(now)?);
    let before = play.content_before(mutation, view)?;
    let since = play.contents_since(mutation, view);
    let latest = *since.last()?;
    let later = since.iter().any(|earlier| earlier.bytes != latest.bytes);
    let strange = || {
        let own = play.is_declared(mutation) && is_own(before, latest, play.first_content(now));
        before.bytes != latest.bytes && !own
    };
    (play.is_steady() && held.buf != new.buf && (later || strange())).then(|| {
        Broken::new(
            "the object lies elsewhere now, and the memory of the held view is in other use",
            "memory that stays until the release",
        )
    })
}

/// Whether what a declared mutator left in the old memory is the object's own: a ring that is written in place, and
/// read in the order of time as a copy, shows it in both.
fn is_own(before: &Content, after: &Content, now: Option<&Content>) -> bool {
    let differs = |(one, other): (&u8, &u8)| one != other;
    let pairs = || before.bytes.iter().zip(&after.bytes);
    let (Some(first), Some(last)) = (pairs().position(differs), pairs().rposition(differs)) else {
        return false;
    };
    let written = &after.bytes[first..=last];
    now.is_some_and(|now| now.bytes.windows(written.len()).any(|window| window == written))
}

/// Memory that is made anew for each view does not show what is changed in the object.
pub(super) fn follows<'a>(
    play: &Play<'a>,
    mutation: &str,
    view: &'a str,
    beside: &str,
    now: &str,
) -> Option<Broken> {
    if play.ran(mutation)?.is_some() || !play.is_constant() {
        return None;
    }
    let (held, alike, new) = (play.granted(view)?, play.granted(beside)?, play.granted(now)?);
    let own = held.buf != alike.buf && held.buf != new.buf;
    let same_kind = held.len == new.len
        && held.format == new.format
        && held.shape.values() == new.shape.values()
        && play.first_content(view)?.bytes == play.first_content(beside)?.bytes;
    let (old, now) = play.compared(view, now)?;
    (own && same_kind && old.bytes != now.bytes).then(|| {
        Broken::new(
            format!(
                "{} went through, and a new view shows {}, the held one still {}: each view has memory of its own",
                play.statement(mutation),
                start(now),
                start(old)
            ),
            "one memory, which every view shows",
        )
    })
}

pub(super) fn buffer_error_unless_free(play: &Play<'_>, mutation: &str, free: &str) -> Option<Broken> {
    let raised = play.ran(mutation)??;
    if raised.is_buffer_error || play.ran(free)?.is_some() {
        return None;
    }
    Some(Broken::new(
        format!(
            "{} raised {} while a view was held",
            play.statement(mutation),
            exception(raised)
        ),
        "BufferError",
    ))
}

pub(super) fn untouched_if_raised<'a>(play: &Play<'a>, mutation: &str, view: &'a str) -> Option<Broken> {
    play.ran(mutation)??;
    let changed = unchanged(play, view, &[]).map(|broken| broken.found);
    let found = changed.or_else(|| {
        let (before, after) = (play.first_content(view)?, play.latest_content(view)?);
        (play.is_steady() && before.bytes != after.bytes)
            .then(|| format!("the bytes are {}, they were {}", start(after), start(before)))
    })?;
    Some(Broken::new(
        format!("{} raised, but {found}", play.statement(mutation)),
        "the object and its views as they were before",
    ))
}

pub(super) fn alike_if_raised(play: &Play<'_>, mutation: &str, before: &str, after: &str) -> Option<Broken> {
    play.ran(mutation)??;
    let (was, is) = (play.granted(before)?, play.granted(after)?);
    let found = if was.len != is.len {
        format!("a new view has {} bytes, the one from before {}", is.len, was.len)
    } else if was.shape.values() != is.shape.values() {
        format!(
            "a new view has the shape {:?}, the one from before {:?}",
            is.shape.values(),
            was.shape.values()
        )
    } else {
        return None;
    };
    Some(Broken::new(
        format!("{} raised, but {found}", play.statement(mutation)),
        "an object that is as it was before",
    ))
}

pub(super) fn raises_like(play: &Play<'_>, mutation: &str, earlier: &str, view: &str) -> Option<Broken> {
    play.granted(view)?;
    let raised = play.ran(earlier)??;
    // A statement that never works says nothing about the lock.
    if !raised.is_buffer_error || play.ran(mutation)?.is_some() {
        return None;
    }
    Some(Broken::new(
        format!(
            "{} went through while one of the views was still held",
            play.statement(mutation)
        ),
        "BufferError until the last view is released, as before",
    ))
}

pub(super) fn works_like(play: &Play<'_>, mutation: &str, free: &str) -> Option<Broken> {
    let raised = play.ran(mutation)??;
    if play.ran(free)?.is_some() {
        return None;
    }
    Some(Broken::new(
        format!(
            "{} raised {} after every view was released",
            play.statement(mutation),
            exception(raised)
        ),
        "it works again, as on an object that was never asked",
    ))
}
