//! One answer that shows a violation, field by field, beside what the request demands; and the memory, drawn.
//!
//! Knows the demands of a request and the fields each family of rules speaks of. Must never decide whether anything is
//! broken: what is shown here was found broken before.

mod fields;
mod held;
mod memory;
mod tells;

use bufcheck_model::example::Example;
use bufcheck_model::scenario::{Played, ScenarioCase};
use bufcheck_protocol::request::Request;

use crate::exporter::Evidence;
use crate::overtime::Background;

/// A violation, as a finding names it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The rule.
    pub rule: &'a str,
    /// The requests on which it shows.
    pub requests: &'a [Request],
    /// The scenario in which it shows, where no request does.
    pub case: &'a str,
}

/// What shows a violation; `None` where there is nothing to see but its sentence.
pub fn example(
    shown: Shown<'_>,
    evidence: &Evidence<'_>,
    (cases, played): (&[ScenarioCase], &[Played]),
) -> Option<Example> {
    let known = |request: &&Request| request.unknown_bits() == 0;
    let plain = shown.requests.iter().find(known);
    if let Some(request) = plain.or(shown.requests.first()) {
        return Some(Example {
            request: Some(*request),
            fields: fields::compared(evidence, *request, shown.rule),
            memory: memory::drawing(evidence, *request),
        });
    }
    let case = cases.iter().find(|case| case.id == shown.case)?;
    let background = Background::of(evidence);
    let (played, _) = crate::overtime::violated(case, played, &background, shown.rule)?;
    let memory = held::drawing(case, played)?;
    Some(Example {
        memory: Some(memory),
        ..Example::default()
    })
}
