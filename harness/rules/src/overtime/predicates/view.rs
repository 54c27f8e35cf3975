//! Predicates about one view: granted, unchanged, readable, written through.
//!
//! Knows how a later reading compares with the grant. Must never know what happened in between.

use super::words::{exception, fields, freed, freed_start, looks_freed, relevant, start};
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::{Answer, Field};

pub(super) fn granted(play: &Play<'_>, view: &str) -> Option<Broken> {
    let Answer::Refused(refusal) = play.answer(view)? else {
        return None;
    };
    let raised = refusal
        .raised
        .as_ref()
        .map_or_else(|| "no exception".to_owned(), exception);
    Some(Broken::new(
        format!("view `{view}` was refused: {raised}"),
        "a view, as when nothing else is held",
    ))
}

pub(super) fn refused(play: &Play<'_>, view: &str) -> Option<Broken> {
    let found = match play.answer(view)? {
        Answer::Granted(_) => "a view".to_owned(),
        Answer::Refused(refusal) => {
            let raised = refusal.raised.as_ref()?;
            if raised.is_buffer_error {
                return None;
            }
            exception(raised)
        }
    };
    Some(Broken::new(found, "BufferError"))
}

pub(super) fn returned_zero(play: &Play<'_>, view: &str) -> Option<Broken> {
    let returned = play.granted(view)?.returned;
    (returned != 0).then(|| {
        Broken::new(
            format!("returned {returned}, while another view was held"),
            "0, or -1",
        )
    })
}

pub(super) fn same_outcome(play: &Play<'_>, views: &[String]) -> Option<Broken> {
    let mut outcomes = Vec::new();
    for view in views {
        outcomes.push(matches!(play.answer(view)?, Answer::Granted(_)));
    }
    let granted = outcomes.iter().filter(|granted| **granted).count();
    (granted > 0 && granted < outcomes.len()).then(|| {
        Broken::new(
            format!(
                "asked {} times with the same view held, the same request was granted {granted} times and refused {} \
                 times",
                outcomes.len(),
                outcomes.len() - granted
            ),
            "one answer, whenever the object is asked like that",
        )
    })
}

pub(super) fn same_at_grant(
    play: &Play<'_>,
    left: &str,
    right: &str,
    beside: Option<&str>,
) -> Option<Broken> {
    let (before, after) = (play.first_content(left)?, play.first_content(right)?);
    // Memories by turns, or a snapshot for each view: nothing has to happen for other bytes.
    let alike = beside.and_then(|view| play.first_content(view));
    if !play.is_constant() || alike.is_some_and(|alike| alike.bytes != before.bytes) {
        return None;
    }
    (before.bytes != after.bytes).then(|| {
        Broken::new(
            format!(
                "a new view shows {}, the one from before showed {}",
                start(after),
                start(before)
            ),
            "the same bytes",
        )
    })
}

pub(super) fn granted_or_buffer_error(play: &Play<'_>, view: &str) -> Option<Broken> {
    let Answer::Refused(refusal) = play.answer(view)? else {
        return None;
    };
    let raised = refusal.raised.as_ref()?;
    (!raised.is_buffer_error).then(|| {
        Broken::new(
            format!("a second view was refused with {}", exception(raised)),
            "a second view, or BufferError",
        )
    })
}

pub(super) fn unchanged<'a>(play: &Play<'a>, view: &'a str, wanted: &[Field]) -> Option<Broken> {
    let changed = relevant(play.readings(view).next()?.changed, wanted);
    (!changed.is_empty()).then(|| {
        Broken::new(
            format!("{} of a held view changed", fields(changed)),
            "every field, and what it points to, as it was granted",
        )
    })
}

pub(super) fn readable<'a>(play: &Play<'a>, view: &'a str) -> Option<Broken> {
    let before = play.first_content(view)?;
    let gone = |after: &bufcheck_model::observation::Content| {
        before.unreadable.is_none() && after.unreadable.is_some()
    };
    play.contents(view).any(gone).then(|| {
        Broken::new(
            "the memory of a held view is no longer mapped",
            "memory that can be read until the release",
        )
    })
}

pub(super) fn same_content<'a>(play: &Play<'a>, view: &'a str) -> Option<Broken> {
    if !play.is_steady() {
        return None;
    }
    let before = play.first_content(view)?;
    let after = play.latest_content(view)?;
    (before.bytes != after.bytes).then(|| {
        Broken::new(
            format!(
                "bytes {} of a held view, which were {}",
                start(after),
                start(before)
            ),
            "the bytes that were there when the view was granted",
        )
    })
}

pub(super) fn steady<'a>(play: &Play<'a>, view: &'a str) -> Option<Broken> {
    if !play.is_steady() {
        return None;
    }
    let mut readings = play.readings(view).map(|reading| play.content(reading.content));
    let (after, before) = (readings.next()??, readings.next()??);
    let first = play.first_content(view)?;
    // Bytes that change before anything is allocated are written by somebody else, or were freed before they were read:
    // to read takes memory too.
    let settled = first.bytes == before.bytes || looks_freed(first);
    (settled && first.bytes != after.bytes).then(|| {
        Broken::new(
            format!(
                "the view shows memory that is in other use: it read {}, and {} when other memory had been allocated \
                 and nothing else done",
                start(first),
                start(after)
            ),
            "memory that stays allocated until the release",
        )
    })
}

pub(super) fn same_fields(play: &Play<'_>, left: &str, right: &str) -> Option<Broken> {
    let (before, after) = (play.granted(left)?, play.granted(right)?);
    let wrong = [
        ("len", before.len != after.len),
        ("itemsize", before.itemsize != after.itemsize),
        ("ndim", before.ndim != after.ndim),
        ("format", before.format != after.format),
        ("shape", before.shape.values() != after.shape.values()),
        ("strides", before.strides.values() != after.strides.values()),
    ];
    let names: Vec<&str> = wrong
        .iter()
        .filter(|(_, wrong)| *wrong)
        .map(|(name, _)| *name)
        .collect();
    (!names.is_empty()).then(|| {
        Broken::new(
            format!(
                "another view by the same request has another {}",
                names.join(", ")
            ),
            "fields that the request and the object decide, and nothing else",
        )
    })
}

pub(super) fn not_freed<'a>(play: &Play<'a>, view: &'a str) -> Option<Broken> {
    if !play.is_steady() {
        return None;
    }
    let before = play.first_content(view)?;
    // What was freed may be in other use at a later reading.
    let after = play.contents(view).find(|after| freed(before, after))?;
    Some(Broken::new(
        format!("the memory of a held view was freed: it reads {}", start(after)),
        "memory that stays until the release",
    ))
}

pub(super) fn not_dangling(play: &Play<'_>, view: &str, before: &str) -> Option<Broken> {
    let (earlier, now) = (play.first_content(before)?, play.first_content(view)?);
    let found = if earlier.unreadable.is_none() && now.unreadable.is_some() {
        "a new view leads to memory that is not mapped".to_owned()
    } else if play.is_steady() && freed_start(earlier, now) {
        format!("a new view leads to freed memory: it reads {}", start(now))
    } else {
        return None;
    };
    Some(Broken::new(found, "memory that belongs to the object"))
}

pub(super) fn equal(play: &Play<'_>, left: &str, right: &str) -> Option<Broken> {
    let (first, second) = play.compared(left, right)?;
    if !play.is_constant() {
        return None;
    }
    (first.bytes != second.bytes).then(|| {
        Broken::new(
            format!(
                "view `{left}` shows {}, view `{right}` {}",
                start(first),
                start(second)
            ),
            "the same bytes through both",
        )
    })
}

pub(super) fn shows_write<'a>(
    play: &Play<'a>,
    view: &'a str,
    written: &str,
    laid_out_alike: bool,
) -> Option<Broken> {
    let (bytes, true) = play.wrote(written)? else {
        return None;
    };
    if laid_out_alike {
        let (reader, writer) = (play.granted(view)?, play.granted(written)?);
        let alike = reader.shape.values() == writer.shape.values()
            && reader.strides.values() == writer.strides.values()
            && reader.strides.values().is_some();
        if !alike {
            return None;
        }
    }
    if !play.is_steady() {
        return None;
    }
    let bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0)?;
    let before = play.first_content(written)?;
    // A view that was asked after the write shows it at once.
    let after = play.latest_content(view).or_else(|| play.first_content(view))?;
    if before.unreadable.is_some() || after.unreadable.is_some() {
        return None;
    }
    let wanted: Vec<u8> = before.bytes.get(..bytes)?.iter().map(|byte| !byte).collect();
    (after.bytes.get(..bytes)? != wanted).then(|| {
        Broken::new(
            format!(
                "the first item reads {} after it was inverted through another view",
                start(after)
            ),
            "what was written",
        )
    })
}

pub(super) fn wrote(play: &Play<'_>, view: &str) -> Option<Broken> {
    let (bytes, written) = play.wrote(view)?;
    (bytes > 0 && !written).then(|| {
        Broken::new(
            "the memory of a writable view could not be written",
            "memory that can be written",
        )
    })
}
