//! What an exporter printed last before its process ended: it is often the answer.
//!
//! Knows which findings tell of an end. Must never know how it is shown.

use bufcheck_model::report::{Finding, Subject};

/// The rules that the end of a process breaks.
const ENDS: [&str; 2] = ["process.survives", "memory.heap-intact"];

/// How many lines are shown.
const LINES: usize = 3;

/// The last lines that were printed, of a finding about the end of a process.
pub(crate) fn last<'a>(subject: &'a Subject, finding: &Finding) -> Vec<&'a str> {
    if !ENDS.contains(&finding.rule.as_str()) {
        return Vec::new();
    }
    let lines = subject.output.lines().map(str::trim_end);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].to_vec()
}
