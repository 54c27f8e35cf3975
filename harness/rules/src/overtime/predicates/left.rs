//! Predicates about what keeps an object that nobody needs any more.
//!
//! Knows views from other holders, by the names of their types. Must never know what was done to the object.

use crate::broken::Broken;
use crate::overtime::play::Play;

/// What a view consists of, as the collector sees it.
const VIEWS: [&str; 3] = ["managedbuffer", "memoryview", "_buffer_wrapper"];

/// Whether the name of a holder's type is that of a view, or a part of one.
pub(super) fn is_view(name: &str) -> bool {
    VIEWS.contains(&name.rsplit('.').next().unwrap_or_default())
}

pub(super) fn none_lost(play: &Play<'_>, object: &str, like: &str, refused: Option<&str>) -> Option<Broken> {
    if let Some(mutation) = refused {
        play.ran(mutation)??;
    }
    // What the collector sees may hold what it likes.
    kept(play, object, like)?.is_empty().then(|| {
        let meanwhile = refused.map_or_else(String::new, |mutation| {
            format!(", since {} was refused", play.statement(mutation))
        });
        Broken::new(
            format!(
                "the object is still there though nothing that the collector sees refers to it{meanwhile}"
            ),
            "an object that is finalised, as one that was left alone",
        )
    })
}

pub(super) fn no_ring(play: &Play<'_>, object: &str, like: &str) -> Option<Broken> {
    let holders = kept(play, object, like)?;
    (!holders.is_empty() && holders.iter().all(|name| is_view(name))).then(|| {
        Broken::new(
            "a view of the object keeps it, and nothing that the collector sees refers to the view",
            "an object and a view of itself that are collected, as an object that was left alone",
        )
    })
}

/// What holds an object that is still there, though another one is gone that should be there as well.
fn kept<'a>(play: &Play<'a>, object: &str, like: &str) -> Option<&'a [String]> {
    if play.alive(like)? || !play.alive(object)? {
        return None;
    }
    play.holders(object)
}
