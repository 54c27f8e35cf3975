//! Predicates about reference counts, growth and life.
//!
//! Knows how counts compare. Must never know what was done between them.

use crate::broken::Broken;
use crate::overtime::growth::growth;
use crate::overtime::play::Play;
use crate::overtime::predicates::left::is_view;
use bufcheck_model::observation::ObjRef;
use bufcheck_model::scenario::Amount;
use bufcheck_model::scenario::Seen;

pub(super) fn balanced(play: &Play<'_>, counts: &[String; 3]) -> Option<Broken> {
    let [first, second] = changes(play, counts)?;
    let (one, other) = lasting([first, second])?;
    Some(Broken::new(
        format!("the reference count changed by {one:+}, and by {other:+} when that was repeated"),
        "the reference count it had before",
    ))
}

pub(super) fn balanced_as_plain(play: &Play<'_>, counts: &[String; 5]) -> Option<Broken> {
    let [plain, other, plain_again, other_again] = changes(play, counts)?;
    let beyond = |other: i64, plain: i64| other.checked_sub(plain);
    let (first, second) = lasting([beyond(other, plain)?, beyond(other_again, plain_again)?])?;
    Some(Broken::new(
        format!(
            "the reference count changed by {first:+} more than in the plain way, and by {second:+} when that was \
             repeated"
        ),
        "the reference count that it has after a view was asked and released in the plain way",
    ))
}

/// What each of several cycles did to the reference count.
fn changes<const COUNTS: usize, const CYCLES: usize>(
    play: &Play<'_>,
    counts: &[String; COUNTS],
) -> Option<[i64; CYCLES]> {
    let mut changes = [0; CYCLES];
    for (change, pair) in changes.iter_mut().zip(counts.windows(2)) {
        *change = play.count(&pair[1])?.checked_sub(play.count(&pair[0])?)?;
    }
    Some(changes)
}

/// The changes of two equal cycles, if both go in one direction. What is stored once, such as a helper that knows its
/// owner, shows in one of them; what comes and goes shows with both signs.
pub(super) fn lasting([first, second]: [i64; 2]) -> Option<(i64, i64)> {
    (first.signum() * second.signum() > 0).then_some((first, second))
}

/// What a repetition adds, and in how many cycles.
fn grown(play: &Play<'_>, repeat: &str, of: Amount) -> Option<(i64, i64)> {
    let Seen::Repeated { times, measures } = play.repeated(repeat)? else {
        return None;
    };
    Some((growth(of, *times, measures)?, 2 * i64::from(*times)))
}

pub(super) fn no_more_growth(play: &Play<'_>, repeat: &str, than: &str, of: Amount) -> Option<Broken> {
    play.repeated(than)?;
    if grown(play, than, of).is_some() {
        return None;
    }
    no_growth(play, repeat, of)
}

pub(super) fn no_growth(play: &Play<'_>, repeat: &str, of: Amount) -> Option<Broken> {
    let (grown, cycles) = grown(play, repeat, of)?;
    let what = match of {
        Amount::References => "references of the exporter",
        Amount::Held => "references of what the exporter refers to",
        Amount::Blocks => "blocks of Python's allocator",
        Amount::Heap => "bytes of the C heap",
        Amount::Resident => "bytes of resident memory",
    };
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
    // Whoever is seen to hold it, and is no view of it, may do so: a pool that it came back to, a record of uses.
    let strangers = |holders: &[String]| holders.iter().any(|name| !is_view(name));
    let held = play.holders(object).is_some_and(strangers);
    (play.alive(object)? && !held).then(|| {
        Broken::new(
            "the object is still there though nothing refers to it",
            "an object that is finalised, as one that was never asked",
        )
    })
}
