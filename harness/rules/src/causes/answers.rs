//! Answers as they would be without a cause.
//!
//! Knows views and refusals. Must never know a rule.

use bufcheck_model::observation::{Answer, Content, Field, ObjRef, Refusal, Sweep};

use bufcheck_protocol::request::Request;

use crate::exporter::Grant;

/// What a slot means that returns something other than 0 and -1, or 0 with an exception: a refusal where an exception
/// is set, else a grant.
pub(super) fn take_at_its_word(answer: &mut Answer) {
    let Answer::Granted(view) = answer else {
        return;
    };
    let Some(raised) = view.raised.take() else {
        view.returned = 0;
        return;
    };
    *answer = Answer::Refused(Refusal {
        raised: Some(raised),
        obj: match &view.obj {
            // What a refusal leaves there is not the view's.
            ObjRef::Null | ObjRef::Untouched => view.obj.clone(),
            ObjRef::Exporter | ObjRef::Other(_) | ObjRef::Stray(_) => ObjRef::Null,
        },
        references: view.references.map(|_| 0),
        overrun: view.overrun,
    });
}

pub(super) fn take_at_their_word(answers: &mut [Answer]) {
    answers.iter_mut().for_each(take_at_its_word);
}

/// Takes the grants of these requests out of the rounds.
pub(super) fn take_out(sweep: &mut Sweep, which: impl Fn(Request) -> bool) {
    for (position, flags) in sweep.requests.iter().enumerate() {
        if !which(Request::new(*flags)) {
            continue;
        }
        for round in &mut sweep.rounds {
            let Some(answer) = round.answers.get_mut(position) else {
                continue;
            };
            let known = answer.and_then(|index| sweep.answers.get(index as usize));
            if matches!(known, Some(Answer::Granted(_))) {
                *answer = None;
            }
        }
    }
}

/// Forgets the contents of this kind, wherever they were seen.
pub(super) fn forget_contents(sweep: &mut Sweep, which: impl Fn(&Content) -> bool) {
    let contents = &sweep.contents;
    let doubtful = |index: u32| contents.get(index as usize).is_some_and(&which);
    for answer in &mut sweep.answers {
        if let Answer::Granted(view) = answer {
            view.content = view.content.filter(|index| !doubtful(*index));
        }
    }
    for round in &mut sweep.rounds {
        round.content_after = round.content_after.filter(|index| !doubtful(*index));
    }
}

/// Forgets what was read where nobody wrote `buf`, and what was counted where nobody wrote `obj`.
pub(super) fn forget_what_was_left_alone(answers: &mut [Answer]) {
    for answer in answers {
        if let Answer::Granted(view) = answer {
            if view.untouched.contains(Field::Buf) {
                view.content = None;
            }
            if view.untouched.contains(Field::Obj) {
                (view.references, view.obj_references) = (None, None);
            }
        }
    }
}

/// Forgets what was counted.
pub(super) fn forget_counts(answers: &mut [Answer]) {
    for answer in answers {
        match answer {
            Answer::Granted(view) => {
                view.references = None;
                view.obj_references = None;
            }
            Answer::Refused(refusal) => refusal.references = None,
        }
    }
}

/// The item size of a view whose format describes another, and that one.
pub(super) fn itemsize_of_format(grant: &Grant<'_>) -> Option<(i64, i64)> {
    let format = grant.facts.format.as_ref()?.as_ref().ok()?;
    let sizes = format.accepted_sizes(grant.evidence.platform).ok()?;
    let right = i64::try_from(*sizes.first()?).ok()?;
    let found = grant.view.itemsize;
    let fits = u64::try_from(found).is_ok_and(|found| sizes.contains(&found));
    (!fits).then_some((found, right))
}

/// Puts the right item size in the place of a wrong one, wherever that stands. What was counted by the wrong one is
/// counted again, and what was read by it is forgotten.
pub(super) fn resize_items<'a>(answers: impl Iterator<Item = &'a mut Answer>, wrong: i64, right: i64) {
    let mut lengths: Vec<(i64, i64)> = Vec::new();
    let mut flat = Vec::new();
    for answer in answers {
        let Answer::Granted(view) = answer else { continue };
        if view.itemsize != wrong {
            continue;
        }
        view.itemsize = right;
        view.content = None;
        match view.shape.values().and_then(|shape| size(shape, right)) {
            Some(len) => {
                lengths.push((view.len, len));
                view.len = len;
            }
            None => flat.push(view),
        }
    }
    for view in flat {
        let counted = lengths.iter().find(|(wrong, _)| *wrong == view.len);
        view.len = counted.map_or(view.len, |(_, len)| *len);
    }
}

fn size(shape: &[i64], itemsize: i64) -> Option<i64> {
    let mut extents = shape.iter();
    extents.try_fold(itemsize, |size, extent| size.checked_mul(*extent))
}
