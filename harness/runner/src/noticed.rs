//! What is told of a subject beside its findings: facts that break nothing, and limit what could be judged.
//!
//! Knows the evidence and the words for it. Must never know a rule, nor decide a status.

use bufcheck_model::observation::{Answer, Volatile};
use bufcheck_protocol::request::Request;
use bufcheck_rules::exporter::Evidence;

/// A line for each fact.
pub(crate) fn noticed(evidence: &Evidence<'_>) -> Vec<String> {
    let sweep = evidence.sweep;
    let restless = sweep.volatile.map(restless);
    let told = restless.into_iter().chain(untold(&sweep.untold));
    told.chain(starved(&sweep.answers)).collect()
}

/// A mutator that was let through and moved nothing. How often it ran is left out: that depends on the machine.
pub(crate) fn never_moved(code: &str) -> String {
    format!(
        "`{code}` goes through while a view is held, and however often it ran the memory stayed where it was, as \
         long as it was: it never moved, so whether the object locks was not seen"
    )
}

/// A refusal for want of memory says something of the worker, too.
fn starved(answers: &[Answer]) -> Option<String> {
    let wants = |answer: &Answer| match answer {
        Answer::Refused(refusal) => refusal
            .raised
            .as_ref()
            .is_some_and(|raised| raised.type_name == "MemoryError"),
        Answer::Granted(_) => false,
    };
    answers.iter().any(wants).then(|| {
        "requests were refused with MemoryError: `--memory MIB` gives the worker more than the 2048 that it has by \
         itself"
            .to_owned()
    })
}

fn untold(words: &[i32]) -> Option<String> {
    let first = Request::new(*words.first()?);
    let more = match words.len() {
        1 => String::new(),
        many => format!(" (and after {} more)", many - 1),
    };
    Some(format!(
        "after {first}{more} it grants nothing any more: the interpreter refused what `__buffer__` had returned, and \
         did not call `__release_buffer__`; everything else was asked of fresh objects"
    ))
}

fn restless(volatile: Volatile) -> String {
    match volatile {
        Volatile::Held => {
            "the bytes of a held view change though nothing is done, so the bytes of two moments were not \
             compared; `volatile = true` declares that others write this memory"
        }
        Volatile::Views => {
            "views that are asked alike show other bytes though nothing is done between, and each keeps its own, so \
             the bytes of two views were not compared; `volatile = true` declares that this is meant"
        }
    }
    .to_owned()
}
