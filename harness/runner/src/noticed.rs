//! What is told of a subject beside its findings: facts that break nothing, and limit what could be judged.
//!
//! Knows the evidence and the words for it. Must never know a rule, nor decide a status.

use bufcheck_model::observation::Volatile;
use bufcheck_rules::exporter::Evidence;

/// A line for each fact.
pub(crate) fn noticed(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.sweep.volatile.map(restless).into_iter().collect()
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
