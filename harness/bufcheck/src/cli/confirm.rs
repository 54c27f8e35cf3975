//! Runs the programs of a report, and notes in it what came of them.
//!
//! Knows in which interpreter each belongs. Must never know what a program asks.

use std::collections::HashMap;
use std::path::Path;

use bufcheck_model::report::{Interpreter, Proof, Report};
use bufcheck_runner::repro::confirm;

/// Runs every program of a report in the interpreter of its subject, and notes in the report what came of it; what they
/// printed, in the order of the findings.
pub(super) fn confirm_all(report: &mut Report) -> Vec<String> {
    let pythons: HashMap<String, Interpreter> = report
        .interpreters
        .iter()
        .map(|known| (known.id.clone(), known.clone()))
        .collect();
    let mut printed = Vec::new();
    for subject in &mut report.subjects {
        let Some(python) = pythons.get(&subject.interpreter) else {
            continue;
        };
        for proof in subject
            .findings
            .iter_mut()
            .filter_map(|finding| finding.proof.as_mut())
        {
            printed.push(prove(proof, python));
        }
    }
    printed
}

fn prove(proof: &mut Proof, python: &Interpreter) -> String {
    if proof.script.is_empty() {
        return String::new();
    }
    let on = format!("CPython {}", python.version);
    match confirm(&proof.script, Path::new(&python.executable)) {
        Ok(outcome) => {
            proof.why_not = outcome.why_not;
            if outcome.confirmed && !proof.confirmed_on.contains(&on) {
                proof.confirmed_on.push(on);
            }
            outcome.output
        }
        Err(error) => {
            proof.why_not = format!("the interpreter could not be started: {error}");
            String::new()
        }
    }
}
