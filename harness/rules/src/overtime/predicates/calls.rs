//! Predicates about Python expressions.
//!
//! Knows values and exceptions by type. Must never know the expressions.

use super::words::exception;
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::scenario::Seen;

pub(super) fn is_true(play: &Play<'_>, call: &str) -> Option<Broken> {
    let (code, seen) = play.called(call)?;
    let found = match seen {
        Seen::Called {
            truth: Some(true), ..
        } => return None,
        Seen::Called { shown, .. } => format!("`{code}` is {shown}"),
        Seen::Ran { raised: Some(raised) } => format!("`{code}` raised {}", exception(raised)),
        _ => return None,
    };
    Some(Broken::new(found, "a true value"))
}

pub(super) fn gives(play: &Play<'_>, call: &str, wanted: &str) -> Option<Broken> {
    let (code, seen) = play.called(call)?;
    let found = match seen {
        Seen::Called { type_name, .. } if type_name == wanted => return None,
        Seen::Called { type_name, .. } => format!("`{code}` gave an object of type `{type_name}`"),
        Seen::Ran { raised: Some(raised) } if raised.is_buffer_error => return None,
        Seen::Ran { raised: Some(raised) } => format!("`{code}` raised {}", exception(raised)),
        _ => return None,
    };
    Some(Broken::new(
        found,
        format!("an object of type `{wanted}`, or BufferError"),
    ))
}

pub(super) fn raises(play: &Play<'_>, call: &str, types: &[String]) -> Option<Broken> {
    let (code, seen) = play.called(call)?;
    let found = match seen {
        Seen::Ran { raised: Some(raised) } if types.contains(&raised.type_name) => return None,
        Seen::Ran { raised: Some(raised) } => format!("`{code}` raised {}", exception(raised)),
        Seen::Called { shown, .. } => format!("`{code}` gave {shown}"),
        _ => return None,
    };
    Some(Broken::new(found, types.join(" or ")))
}
