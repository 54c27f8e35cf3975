//! A trace as one HTML file.
//!
//! Knows the page. Must never put text into it unescaped: the template escapes every value.

use bufcheck_model::trace::TraceReport;
use minijinja::{Value, context};

use super::said::{asker, head, native, place, sums, verdict};
use crate::html::fill;
use crate::words::side;

/// Renders the page.
///
/// # Panics
///
/// Never: the template is part of the program and tested.
pub fn html(report: &TraceReport) -> String {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            context! {
                level => finding.level.name(),
                rule => finding.rule.as_str(),
                side => side(finding.side),
                harm => finding.harm.name(),
                kind => finding.type_name.as_str(),
                asker => asker(finding),
                by => finding.by.as_ref().map(native),
                requests => finding.requests.join(", "),
                found => finding.found.as_str(),
                wanted => finding.wanted.as_str(),
                place => finding.place.as_ref().map(place),
            }
        })
        .collect();
    let pairs: Vec<Value> = report
        .pairs
        .iter()
        .map(|pair| {
            context! {
                kind => pair.type_name.as_str(),
                module => pair.module.as_str(),
                request => pair.request.as_str(),
                requests => pair.requests,
                grants => pair.grants,
                refusals => pair.refusals,
                releases => pair.releases,
                verdict => verdict(pair.verdict),
            }
        })
        .collect();
    let page = context! {
        tool => report.tool.as_str(),
        head => head(report),
        sums => sums(report),
        findings => findings,
        pairs => pairs,
        limits => report.limits.clone(),
    };
    fill(include_str!("page.html"), page)
}
