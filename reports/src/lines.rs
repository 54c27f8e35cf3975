//! A report as JSON lines, for programs that read one thing at a time.
//!
//! Knows the kinds of lines. Must never hold what the JSON report does not: the shapes are the same.

use bufcheck_model::report::{Report, Subject};
use serde::Serialize;
use serde_json::{Value, json};

/// A `run` line, then for each subject a `subject` line and behind it a `finding` line for each of its findings, then a
/// `totals` line.
pub fn render(report: &Report) -> String {
    let mut lines = vec![json!({
        "type": "run",
        "schema": report.schema,
        "tool": report.tool,
        "interpreters": report.interpreters,
        "interrupted": report.interrupted,
    })];
    for subject in &report.subjects {
        let bare = Subject {
            findings: Vec::new(),
            ..subject.clone()
        };
        lines.push(tagged("subject", &bare));
        for finding in &subject.findings {
            let mut line = tagged("finding", finding);
            line["subject"] = json!(subject.id);
            line["interpreter"] = json!(subject.interpreter);
            lines.push(line);
        }
    }
    lines.push(tagged("totals", &report.totals));
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

fn tagged(kind: &str, value: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    value["type"] = json!(kind);
    value
}
