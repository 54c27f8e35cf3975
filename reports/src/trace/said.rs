//! What is said of a trace in every format.
//!
//! Knows words. Must never know where they are put.

use bufcheck_model::trace::{Native, Place, TraceFinding, TraceReport, Verdict};

use crate::words::visible;

/// Programs, processes and interpreters, in one line.
pub(super) fn head(report: &TraceReport) -> String {
    let command = if report.command.is_empty() {
        "a running program".to_owned()
    } else {
        format!("`{}`", visible(&report.command.join(" ").replace('\n', " ")))
    };
    let status = report
        .status
        .map(|status| format!(" (exit status {status})"))
        .unwrap_or_default();
    let mut versions: Vec<&str> = report.processes.iter().map(|one| one.python.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let on = if versions.is_empty() {
        String::new()
    } else {
        format!(" on CPython {}", visible(&versions.join(", ")))
    };
    format!(
        "{command}{status}: {}{on}",
        count(report.processes.len() as u64, "process", "processes")
    )
}

/// How much was seen, in one line.
pub(super) fn sums(report: &TraceReport) -> String {
    let sum = |of: fn(&bufcheck_model::trace::Process) -> u64| {
        report.processes.iter().map(of).fold(0, u64::saturating_add)
    };
    let mut types: Vec<&str> = report.pairs.iter().map(|pair| pair.type_name.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let mut modules: Vec<&str> = report.pairs.iter().map(|pair| pair.module.as_str()).collect();
    modules.sort_unstable();
    modules.dedup();
    format!(
        "{} and {}; {} asked by {}",
        count(sum(|one| one.requests), "request", "requests"),
        count(sum(|one| one.releases), "release", "releases"),
        count(types.len() as u64, "type", "types"),
        count(modules.len() as u64, "module", "modules")
    )
}

pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Machine code, by the file name of its module.
pub(super) fn native(native: &Native) -> String {
    let name = native.module.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = if name.is_empty() { "unknown code" } else { name };
    native.symbol.as_ref().map_or_else(
        || format!("{} at {:#x}", visible(name), native.offset),
        |symbol| format!("{} in {}", visible(symbol), visible(name)),
    )
}

/// Who asked, and on whose behalf.
pub(super) fn asker(finding: &TraceFinding) -> String {
    let through = finding
        .through
        .as_ref()
        .map(|through| format!(", first for {}", native(through)))
        .unwrap_or_default();
    format!("{}{through}", native(&finding.asked_by))
}

/// A line of Python, and the test.
pub(super) fn place(place: &Place) -> String {
    let line = if place.file.is_empty() {
        "no Python code".to_owned()
    } else {
        format!("{}:{}", visible(&place.file), place.line)
    };
    match &place.test {
        Some(test) => format!("{line} (in {})", visible(test)),
        None => line,
    }
}

/// What was found of a pair.
pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Remarked => "remarked",
        Verdict::Broken => "broken",
    }
}
