//! Predicates about where memory lies.
//!
//! Knows that an address says something only of memory that is held: what was given back may be handed out again. Must
//! never know why a view lies where it does.

use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::read_layout;
use bufcheck_model::scenario::Neighbour;
use bufcheck_protocol::layout::{Layout, LayoutClass};
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::Request;

pub(super) fn same_place(play: &Play<'_>, left: &str, right: &str, beside: &str) -> Option<Broken> {
    let (before, after) = (play.granted(left)?, play.granted(right)?);
    // Memory that is made for each view lies anywhere.
    if play.granted(beside)?.buf != before.buf || before.buf == after.buf {
        return None;
    }
    // Where the bytes stay as they were, nobody who kept their address loses anything.
    let kept = play.first_content(left).zip(play.latest_content(left));
    if kept.is_some_and(|(then, now)| now.unreadable.is_none() && then.bytes == now.bytes) {
        return None;
    }
    Some(Broken::new(
        "the memory lies elsewhere now",
        "memory that stays where it is as long as the object lives",
    ))
}

/// The layout of a held view, where its memory lies in one piece, and what was asked beside it.
fn held<'a>(play: &Play<'a>, view: &str) -> Option<(u64, Layout, &'a [Neighbour])> {
    let granted = play.granted(view)?;
    let layout = read_layout(granted).ok()?;
    let plain = granted.len > 0 && !layout.is_empty() && layout.class() != LayoutClass::Pil;
    plain.then_some((granted.buf, layout, play.beside(view)?))
}

pub(super) fn one_memory(play: &Play<'_>, view: &str) -> Option<Broken> {
    let (buf, layout, beside) = held(play, view)?;
    let class = layout.class();
    let same_bytes = |neighbour: &Neighbour| {
        let (here, there) = (play.content(neighbour.content)?, play.content(neighbour.of_held)?);
        Some(here.unreadable.is_none() && here.bytes == there.bytes)
    };
    let apart = beside.iter().find(|neighbour| {
        native_meets(Request::new(neighbour.request), class)
            && neighbour.buf != buf
            && neighbour.len > 0
            // Memory made anew for each view is the exporter's right.
            && neighbour.again == Some(neighbour.buf)
            && same_bytes(neighbour) == Some(true)
    })?;
    Some(Broken::new(
        format!(
            "{} shows the same bytes in other memory than the view that is held",
            Request::new(apart.request)
        ),
        "one memory for all requests that it meets",
    ))
}

pub(super) fn in_order(play: &Play<'_>, view: &str) -> Option<Broken> {
    let (buf, layout, beside) = held(play, view)?;
    let class = layout.class();
    let low = i128::from(buf) + i128::from(layout.span().low);
    let flat = beside.iter().find(|neighbour| {
        let request = Request::new(neighbour.request);
        !request.wants_strides()
            && !native_meets(request, class)
            && neighbour.len > 0
            && (neighbour.buf == buf || i128::from(neighbour.buf) == low)
    })?;
    Some(Broken::new(
        format!(
            "{} was granted the memory as it lies, with shape {:?} and strides {:?}",
            Request::new(flat.request),
            layout.shape(),
            layout.strides()
        ),
        "a refusal, or C-contiguous memory",
    ))
}
