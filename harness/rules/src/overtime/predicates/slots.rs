//! Predicates about types.
//!
//! Knows what bases mean for the buffer slots. Must never know how a type is looked through.

use crate::broken::Broken;
use crate::overtime::play::Play;

pub(super) fn one_line(play: &Play<'_>, object: &str) -> Option<Broken> {
    let origins = play.slots(object)?;
    let release = origins.release.as_ref()?;
    (!origins.related).then(|| {
        Broken::new(
            format!(
                "views are granted by the slot of `{}` and released by that of `{release}`, which knows nothing of them",
                origins.request
            ),
            "both slots of one base",
        )
    })
}
