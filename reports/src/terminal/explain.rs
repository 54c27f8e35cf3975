//! One rule, explained in full.
//!
//! Knows how a rule is laid out for reading. Must never shorten anything: this is where the shortened texts
//! send the reader.

use std::fmt::Write as _;

use bufcheck_model::case::RuleData;

use super::Options;
use super::style::{self, paint};
use crate::words::{fixes, line, list, side, wrap};
use bufcheck_model::link;

/// Everything that is known about a rule.
pub fn explain(rule: &RuleData, options: &Options) -> String {
    let mut text = format!(
        "{} ({}, binds the {})\n",
        paint(options, style::HEAD, line(&rule.id)),
        paint(options, style::level(rule.level), rule.level.name()),
        side(rule.side),
    );
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{}", paint(options, style::DIM, title));
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
    };
    let columns = options.columns() - 2;
    let prose = |text: &str| {
        if text.is_empty() {
            Vec::new()
        } else {
            wrap(&line(text), columns)
        }
    };
    part(
        "broken",
        prose(&if rule.title.is_empty() {
            String::new()
        } else {
            format!("{} ({})", rule.title, rule.harm.name())
        }),
    );
    part("rule", prose(&rule.statement));
    let raised = rule.raised.as_ref();
    part(
        "level",
        raised
            .map(|raised| {
                prose(&format!(
                    "{}; {} where {}",
                    rule.level.name(),
                    raised.level.name(),
                    raised.when
                ))
            })
            .unwrap_or_default(),
    );
    part("older names", rule.aliases.iter().map(|id| line(id)).collect());
    part("requests", prose(rule.requests.as_deref().unwrap_or("")));
    part(
        "source",
        rule.source
            .iter()
            .flat_map(|source| {
                let mut lines = wrap(&line(&link::name(source)), columns);
                // An address is copied: it stays on one line, however long.
                lines.extend(
                    link::source(source)
                        .map(|url| paint(options, style::COPY, format_args!("  {}", line(&url)))),
                );
                lines
            })
            .collect(),
    );
    part("why it matters", prose(&rule.why));
    part("shows in", prose(&list(&rule.consumers, usize::MAX)));
    part(
        "camps: the text and the implementations disagree, nobody fails",
        rule.camps
            .iter()
            .flat_map(|camp| {
                hanging(
                    &format!("{} ({}): {}", camp.name, camp.who.join(", "), camp.answer),
                    columns,
                )
            })
            .collect(),
    );
    if let Some(hints) = &rule.fix {
        let lines = fixes(hints).into_iter().flat_map(|(name, hint)| {
            let mut lines = labelled(name, hint, columns);
            lines.extend(shown(rule, name));
            lines
        });
        part("how to mend it", lines.collect());
    }
    part("follows from", rule.caused_by.iter().map(|id| line(id)).collect());
    part(
        "seen in the wild",
        rule.seen
            .iter()
            .map(|seen| match link::reference(seen) {
                Some(url) => format!("{}: {}", line(seen), paint(options, style::COPY, url)),
                None => line(seen),
            })
            .collect(),
    );
    part("not checked", prose(rule.unobserved.as_deref().unwrap_or("")));
    text
}

/// Lines that keep the rule in this binding, below its remedy; they are not wrapped.
fn shown(rule: &RuleData, binding: &str) -> Vec<String> {
    let code = rule.code.iter().find(|code| code.binding == binding);
    code.map_or_else(Vec::new, |code| {
        let lines = code.lines.iter();
        lines.map(|text| format!("{:12}{}", "", line(text))).collect()
    })
}

fn hanging(text: &str, columns: usize) -> Vec<String> {
    indented(wrap(&line(text), columns - 2), 2, "")
}

fn labelled(label: &str, text: &str, columns: usize) -> Vec<String> {
    let width = 10;
    indented(
        wrap(&line(text), columns - width),
        width,
        &format!("{label:<width$}"),
    )
}

fn indented(lines: Vec<String>, indent: usize, first: &str) -> Vec<String> {
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            if index == 0 {
                format!("{first}{line}")
            } else {
                format!("{:indent$}{line}", "")
            }
        })
        .collect()
}
