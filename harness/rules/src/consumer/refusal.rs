//! What a consumer makes of a refusal, and what it refuses itself.
//!
//! Knows exceptions by name. Must never know why a spy refuses.

use bufcheck_model::spy::{Ended, RefusalKind, Refusing};

use super::evidence::{Evidence, Seen};
use super::offence::{Kind, Offence};

/// What a refused struct is filled with, as it looks in a number.
const FILLED: [&str; 3] = ["-6365935209750747225", "12080808863958804391", "a7a7a7a7a7a7a7a7"];

/// An exception that says what is not there yet: memoryview knows native formats, as documented.
const UNFINISHED: &str = "NotImplementedError";

/// Everything of this kind in one call.
pub(super) fn offences<'a>(seen: &Seen<'a>, found: &mut Vec<Offence<'a>>) {
    const SWALLOWED: &str = "consumer.error-not-swallowed-silently";
    let mut add = |offence| found.push(offence);
    match &seen.spied.ended {
        Ended::Raised {
            type_name, message, ..
        } if type_name == "SystemError" && seen.asks() => {
            let text = format!("SystemError: {message}");
            let wanted = "an exception is passed on, or cleared before a result is given";
            add(Offence::new(seen, Kind::Other, SWALLOWED, text, wanted).raised());
        }
        Ended::Raised { type_name, bases, .. } if seen.is_refused() => {
            let planned = planned(seen);
            if let Some(planned @ (RefusalKind::MemoryError | RefusalKind::KeyboardInterrupt)) = planned
                && !bases.iter().any(|base| base == planned.name())
            {
                let text = format!("a {} of the exporter came out as {type_name}", planned.name());
                add(Offence::new(
                    seen,
                    Kind::Other,
                    SWALLOWED,
                    text,
                    "the exception of the exporter",
                ));
            }
        }
        // To take a refusal for "no buffer", and give the object back unread, is fair.
        Ended::Returned(_) if seen.hands_back() && !is_grave(seen) => {}
        Ended::Returned(told) if seen.is_refused() => {
            if FILLED.iter().any(|filled| told.text.contains(filled)) {
                let text = format!(
                    "the result is made of a struct that was never filled: {}",
                    told.text
                );
                let wanted = "no field of a struct that was not filled is used";
                add(Offence::new(
                    seen,
                    Kind::Other,
                    "refusal.no-field-assumptions",
                    text,
                    wanted,
                ));
            } else {
                let text = format!("every request was refused, and the result is {}", told.text);
                add(Offence::new(
                    seen,
                    Kind::Other,
                    SWALLOWED,
                    text,
                    "the exception of the exporter",
                ));
            }
        }
        Ended::Raised { .. } | Ended::Returned(_) | Ended::Unreadable(_) | Ended::Died(_) => {}
    }
}

/// An exception that is no refusal was raised.
fn is_grave(seen: &Seen<'_>) -> bool {
    matches!(
        planned(seen),
        Some(RefusalKind::MemoryError | RefusalKind::KeyboardInterrupt)
    )
}

/// What the refusal that was planned raised, if it came to that.
fn planned(seen: &Seen<'_>) -> Option<RefusalKind> {
    let refusal = seen.spy.refuses.as_ref()?;
    let asked = seen.asked().count();
    let happened = match refusal.which {
        Refusing::All | Refusing::First => asked > 0,
        Refusing::Second => asked > 1,
        Refusing::WhileHeld => false,
    };
    happened.then_some(refusal.raises)
}

/// Spies that are refused though another is taken that differs in nothing that matters.
pub(super) fn unequal<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    if evidence.worn_out().is_some() {
        return;
    }
    for seen in evidence.spied() {
        let Ended::Raised {
            type_name, message, ..
        } = &seen.spied.ended
        else {
            continue;
        };
        let told = format!("{type_name}: {message}");
        let like = seen
            .spy
            .like
            .as_deref()
            .and_then(|like| evidence.other(like, seen.call.readonly));
        if let (Some(rule), Some(like)) = (known(seen.spy.refused_breaks.as_deref()), like)
            && like.result().is_some()
            && type_name != UNFINISHED
        {
            let text = format!("refused with {told}, though {} are taken", like.spy.about);
            found.push(Offence::new(
                &seen,
                Kind::Other,
                rule,
                text,
                "the same answer to both",
            ));
        }
        let writable = seen.call.readonly == 0 && seen.spy.refuses.is_none();
        let asks_writable = |seen: &Seen<'_>| seen.asked().any(|(request, _)| request.wants_writable());
        if writable
            && !asks_writable(&seen)
            && seen.granted().next().is_some()
            && let Some(other) = evidence.other(&seen.spy.id, 1)
            && other.result().is_some()
            && !asks_writable(&other)
        {
            let text = format!("refused writable memory with {told}, and takes it read-only");
            let wanted = "the same answer to both: WRITABLE was not asked for";
            found.push(Offence::new(
                &seen,
                Kind::Other,
                "consumer.handles-readonly-either",
                text,
                wanted,
            ));
        }
    }
}

/// The id in the table of rules, which lives as long as the program.
fn known(id: Option<&str>) -> Option<&'static str> {
    crate::table::rule(id?).map(|rule| rule.id)
}
