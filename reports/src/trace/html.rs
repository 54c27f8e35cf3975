//! A trace as one HTML file.
//!
//! Knows the page. Must never put text into it unescaped: the template escapes every value.

use bufcheck_model::trace::TraceReport;
use minijinja::{AutoEscape, Environment, Value, context};

use super::said::{asker, head, native, place, sums, verdict};
use crate::words::{side, visible};

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
                rule => visible(&finding.rule),
                side => side(finding.side),
                harm => finding.harm.name(),
                kind => visible(&finding.type_name),
                asker => asker(finding),
                by => finding.by.as_ref().map(native),
                requests => visible(&finding.requests.join(", ")),
                found => visible(&finding.found),
                wanted => visible(&finding.wanted),
                place => finding.place.as_ref().map(place),
            }
        })
        .collect();
    let pairs: Vec<Value> = report
        .pairs
        .iter()
        .map(|pair| {
            context! {
                kind => visible(&pair.type_name),
                module => visible(&pair.module),
                request => visible(&pair.request),
                requests => pair.requests,
                grants => pair.grants,
                refusals => pair.refusals,
                releases => pair.releases,
                verdict => verdict(pair.verdict),
            }
        })
        .collect();
    let limits: Vec<String> = report.limits.iter().map(|limit| visible(limit)).collect();
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .add_template("trace", include_str!("page.html"))
        .expect("the template is well formed");
    environment
        .get_template("trace")
        .and_then(|template| {
            template.render(context! {
                tool => visible(&report.tool),
                head => head(report),
                sums => sums(report),
                findings => findings,
                pairs => pairs,
                limits => limits,
            })
        })
        .expect("the template renders")
}
