//! Predicates about one release.
//!
//! Knows what may stand after it. Must never know in which thread or at which address it happened.

use super::words::exception;
use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::Field;

pub(super) fn cleanly(play: &Play<'_>, view: &str) -> Option<Broken> {
    let release = play.release(view)?;
    if let Some(raised) = &release.raised {
        return Some(Broken::new(
            format!("the release left {}", exception(raised)),
            "no exception",
        ));
    }
    if let Some(raised) = &release.unraisable {
        return Some(Broken::new(
            format!("the release reported {}", exception(raised)),
            "no exception",
        ));
    }
    release
        .obj_kept
        .then(|| Broken::new("`obj` is not NULL after the release", "a view that is given back"))
}

pub(super) fn no_unraisable(play: &Play<'_>, view: &str) -> Option<Broken> {
    let raised = play.release(view)?.unraisable.as_ref()?;
    Some(Broken::new(
        format!("the release raised {}", exception(raised)),
        "a release that succeeds",
    ))
}

pub(super) fn reports(play: &Play<'_>, view: &str) -> Option<Broken> {
    let release = play.release(view)?;
    release.unraisable.is_none().then(|| {
        let found = release
            .raised
            .as_ref()
            .map_or_else(|| "no report".to_owned(), exception);
        Broken::new(found, "a report to sys.unraisablehook")
    })
}

pub(super) fn internal_kept(play: &Play<'_>, view: &str) -> Option<Broken> {
    play.release(view)?.changed.contains(Field::Internal).then(|| {
        Broken::new(
            "`internal` changed while the view was held",
            "`internal` as the exporter stored it",
        )
    })
}

pub(super) fn pending_kept(play: &Play<'_>, view: &str) -> Option<Broken> {
    let release = play.release(view)?;
    (release.pending_kept == Some(false)).then(|| {
        let now = release.raised.as_ref().map_or_else(
            || "nothing is".to_owned(),
            |raised| format!("{} is", exception(raised)),
        );
        Broken::new(
            format!("an exception was set before the release; after it {now} set"),
            "the exception that was set before",
        )
    })
}
