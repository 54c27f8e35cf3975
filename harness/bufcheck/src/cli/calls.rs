//! `explain` of calls of the interpreter.
//!
//! Knows how a group, or one case, is written out. Must never know what an answer means.

use std::fmt::Write as _;

use bufcheck_model::interpreter::{Basis, Group, InterpreterCase};
use bufcheck_runner::plan::catalogue::Catalogue;

/// A group of calls or one of them, by its id; nothing where there is no such.
pub(super) fn explained(catalogue: &Catalogue, id: &str) -> Option<String> {
    let mut groups = catalogue.interpreter.iter().flat_map(|(_, data)| &data.groups);
    groups.find_map(|group| {
        if group.id == id {
            return Some(whole(group));
        }
        let case = group.cases.iter().find(|case| case.id == id)?;
        Some(format!("{}\n{}", head(group), one(case)))
    })
}

fn head(group: &Group) -> String {
    let basis = match group.basis {
        Basis::Documented => "the documentation says so",
        Basis::Inferred => "it follows from the documentation",
        Basis::DeFacto => "nothing says so, and every implementation that was asked does it",
    };
    let python = group
        .python
        .as_ref()
        .map_or_else(String::new, |range| format!(", on Python {range}"));
    format!(
        "{}: {}\nrule {}{python}; {basis}\n",
        group.id, group.about, group.rule
    )
}

fn whole(group: &Group) -> String {
    let mut text = head(group);
    for case in &group.cases {
        let _ = writeln!(text, "  {}", case.id);
    }
    text
}

fn one(case: &InterpreterCase) -> String {
    // Plain data, which always has a text.
    let pretty = serde_json::to_string_pretty(case).unwrap_or_default();
    format!("{pretty}\n")
}
