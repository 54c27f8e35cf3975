//! A trace for the terminal: findings first, then the pairs.
//!
//! Knows how many lines are bearable. Must never print.

use std::fmt::Write as _;

use bufcheck_model::trace::{Pair, TraceFinding, TraceReport, Verdict};

use super::said::{asker, count, head, native, place, sums, verdict};
use crate::words::{side, visible};

/// Pairs that are shown where not all are.
const PAIRS: usize = 20;

/// Findings that are shown where not all are.
const FINDINGS: usize = 30;

/// Renders the report; all pairs and findings, if `verbose`.
pub fn terminal(report: &TraceReport, verbose: bool) -> String {
    let mut text = format!(
        "bufcheck {}: traced {}\n{}\n",
        visible(&report.tool),
        head(report),
        sums(report)
    );
    let shown = if verbose { usize::MAX } else { FINDINGS };
    for finding in report.findings.iter().take(shown) {
        tell(&mut text, finding);
    }
    let rest = report.findings.len().saturating_sub(shown);
    if rest > 0 {
        let _ = writeln!(
            text,
            "\nand {}: `--verbose` shows them all",
            count(rest as u64, "finding", "findings")
        );
    }
    if report.findings.is_empty() && !report.processes.is_empty() {
        text.push_str("\nno rule was seen to be broken\n");
    }
    table(&mut text, report, verbose);
    for limit in &report.limits {
        let _ = writeln!(text, "note: {}", visible(limit));
    }
    text
}

fn tell(text: &mut String, finding: &TraceFinding) {
    let _ = writeln!(
        text,
        "\n{} {} ({}, {})",
        finding.level.name(),
        visible(&finding.rule),
        side(finding.side),
        finding.harm.name()
    );
    let _ = writeln!(
        text,
        "    `{}` asked by {} for {}",
        visible(&finding.type_name),
        asker(finding),
        visible(&finding.requests.join(", "))
    );
    if let Some(by) = &finding.by {
        let _ = writeln!(text, "    released by {}", native(by));
    }
    let _ = writeln!(text, "    found:  {}", visible(&finding.found));
    let _ = writeln!(text, "    wanted: {}", visible(&finding.wanted));
    if let Some(at) = &finding.place {
        let _ = writeln!(text, "    first at {}", place(at));
    }
}

fn table(text: &mut String, report: &TraceReport, verbose: bool) {
    if report.pairs.is_empty() {
        return;
    }
    // What is broken is shown however rarely it was asked.
    let mut pairs: Vec<&Pair> = report.pairs.iter().collect();
    if !verbose {
        pairs.sort_by_key(|pair| std::cmp::Reverse((pair.verdict != Verdict::Clean, pair.requests)));
        pairs.truncate(PAIRS);
    }
    let width = |of: &dyn Fn(&Pair) -> &str| {
        pairs
            .iter()
            .map(|pair| visible(of(pair)).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (types, modules) = (width(&|pair| &pair.type_name), width(&|pair| &pair.module));
    let _ = writeln!(
        text,
        "\n  requests    grants   refused  released  verdict   {:types$}  {:modules$}  request",
        "type", "module"
    );
    for pair in &pairs {
        let _ = writeln!(
            text,
            "{:10}{:10}{:10}{:10}  {:8}  {:types$}  {:modules$}  {}",
            pair.requests,
            pair.grants,
            pair.refusals,
            pair.releases,
            verdict(pair.verdict),
            visible(&pair.type_name),
            visible(&pair.module),
            visible(&pair.request)
        );
    }
    let rest = report.pairs.len() - pairs.len();
    if rest > 0 {
        let _ = writeln!(
            text,
            "and {}: `--verbose` shows them all",
            count(rest as u64, "pair", "pairs")
        );
    }
}
