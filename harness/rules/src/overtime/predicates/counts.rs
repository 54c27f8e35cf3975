//! Predicates about reference counts, growth and life.
//!
//! Knows how counts compare. Must never know what was done between them.

use crate::broken::Broken;
use crate::overtime::growth::growth;
use crate::overtime::play::Play;
use bufcheck_model::observation::ObjRef;
use bufcheck_model::scenario::Amount;
use bufcheck_model::scenario::Seen;

pub(super) fn balanced(play: &Play<'_>, before: &str, after: &str) -> Option<Broken> {
    let change = play.count(after)?.checked_sub(play.count(before)?)?;
    (change != 0).then(|| {
        Broken::new(
            format!("the reference count changed by {change:+}"),
            "the reference count it had before",
        )
    })
}

pub(super) fn no_growth(play: &Play<'_>, repeat: &str, of: Amount) -> Option<Broken> {
    let Seen::Repeated { times, measures } = play.repeated(repeat)? else {
        return None;
    };
    let grown = growth(of, *times, measures)?;
    let what = match of {
        Amount::References => "references of the exporter",
        Amount::Blocks => "blocks of Python's allocator",
        Amount::Heap => "bytes of the C heap",
        Amount::Resident => "bytes of resident memory",
    };
    let cycles = 2 * i64::from(*times);
    Some(Broken::new(
        format!("{grown:+} {what} in {cycles} cycles, about as many in each half"),
        "as much as before, however often it is repeated",
    ))
}

pub(super) fn alive(play: &Play<'_>, object: &str, view: &str) -> Option<Broken> {
    // Where the owner is another object, the one that was asked may go.
    if play.granted(view)?.obj != ObjRef::Exporter || play.alive(object)? {
        return None;
    }
    Some(Broken::new(
        "the object was finalised while its memory was exported",
        "an object that lives as long as its views",
    ))
}

pub(super) fn gone(play: &Play<'_>, object: &str, like: &str) -> Option<Broken> {
    // Some subjects are kept by something else: a cache, a module.
    if play.alive(like)? {
        return None;
    }
    play.alive(object)?.then(|| {
        Broken::new(
            "the object is still there though nothing refers to it",
            "an object that is finalised, as one that was never asked",
        )
    })
}
