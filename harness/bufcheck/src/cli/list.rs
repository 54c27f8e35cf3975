//! `list`: rules, cases, subjects, and how much of the catalogue is checked.
//!
//! Knows tables of names. Must never run anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use bufcheck_model::case::{RuleData, Side};
use bufcheck_model::interpreter::Group;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use serde_json::json;

use super::args::Listed;
use super::exit::Exit;
use super::failure::Failure;
use super::output::print;

pub(super) fn list(
    what: Listed,
    json: bool,
    coverage: bool,
    config: Option<&Path>,
    catalogue: &Catalogue,
) -> Result<Exit, Failure> {
    let text = match what {
        Listed::Rules if coverage => self::coverage(catalogue, json),
        Listed::Rules => rules(catalogue, json),
        Listed::Cases => cases(catalogue, json),
        Listed::Subjects => subjects(catalogue, config, json)?,
        Listed::Packages => packages(catalogue, json),
    };
    print(&text);
    Ok(Exit::Conforms)
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn rules(catalogue: &Catalogue, json: bool) -> String {
    if json {
        return pretty(&json!(catalogue.rules));
    }
    let mut text = String::new();
    for (_, rule) in catalogue.checked() {
        let _ = writeln!(text, "{:44} {:9} {}", rule.id, rule.level.name(), rule.statement);
        for old in &rule.aliases {
            let _ = writeln!(text, "{:44} {:9} part of {}", old, "", rule.id);
        }
    }
    let _ = writeln!(
        text,
        "{} rules are checked; `--coverage` lists the rest.",
        catalogue.checked().count()
    );
    text
}

fn packages(catalogue: &Catalogue, json: bool) -> String {
    let packages = catalogue.ecosystem.iter().map(|(_, data)| data);
    if json {
        return pretty(&json!(packages.collect::<Vec<_>>()));
    }
    let mut text = String::new();
    for data in packages {
        let count = data.exporters.len() + data.consumers.len();
        let _ = writeln!(
            text,
            "{:20} {:10} {count:3} subjects  {}",
            data.package, data.versions, data.about
        );
    }
    text
}

fn cases(catalogue: &Catalogue, json: bool) -> String {
    if json {
        return pretty(
            &json!({ "requests": catalogue.requests, "relations": catalogue.relations,
            "scenarios": catalogue.scenarios,
            "interpreter": catalogue.interpreter.iter().map(|(_, data)| data).collect::<Vec<_>>() }),
        );
    }
    let mut text = String::new();
    let mut combinations = 0;
    for case in &catalogue.requests {
        combinations += usize::from(case.request.unknown_bits() == 0);
        let _ = writeln!(text, "{:60} {}", case.id, case.names.join(" "));
    }
    for case in &catalogue.relations {
        let _ = writeln!(text, "{:60} {}", case.id, case.rule);
    }
    for case in &catalogue.scenarios {
        let _ = writeln!(text, "{:60} {}", case.id, case.about);
    }
    let groups: Vec<&Group> = catalogue
        .interpreter
        .iter()
        .flat_map(|(_, data)| &data.groups)
        .collect();
    for group in &groups {
        let _ = writeln!(text, "{:60} {}", format!("{}/*", group.id), group.about);
    }
    let _ = writeln!(
        text,
        "{combinations} request combinations, {} requests with unknown bits, {} relations, {} scenarios, {} calls of \
         the interpreter; `bufcheck explain` shows a scenario or calls.",
        catalogue.requests.len() - combinations,
        catalogue.relations.len(),
        catalogue.scenarios.len(),
        groups.iter().map(|group| group.cases.len()).sum::<usize>()
    );
    text
}

fn subjects(catalogue: &Catalogue, config: Option<&Path>, json: bool) -> Result<String, Failure> {
    let configuration = match config {
        Some(file) => Some(Configuration::read(file)?),
        None => Configuration::find(Path::new("."))?,
    };
    let from = configuration
        .as_ref()
        .map_or(Subjects::Corpus, Subjects::Configured);
    let plan = Plan::new(catalogue.clone(), &from, &Selection::default())?;
    if json {
        return Ok(pretty(&json!(
            plan.subjects
                .iter()
                .map(|subject| &subject.case)
                .collect::<Vec<_>>()
        )));
    }
    let mut text = String::new();
    for subject in &plan.subjects {
        let calls = subject.interpreter.as_ref().map(|group| group.about.as_str());
        let how = subject
            .case
            .make
            .as_deref()
            .or(calls)
            .unwrap_or("(built in Rust)");
        let _ = writeln!(text, "{:40} {how}", subject.case.id);
    }
    let _ = writeln!(text, "{} subjects.", plan.subjects.len());
    Ok(text)
}

/// How many rules of the exporter side are checked, family by family, and why the others are not.
fn coverage(catalogue: &Catalogue, json: bool) -> String {
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut sides: BTreeMap<Side, (usize, usize)> = BTreeMap::new();
    let mut unobserved: Vec<&RuleData> = Vec::new();
    for rule in &catalogue.rules {
        let checked = usize::from(bufcheck_rules::rule(&rule.id).is_some());
        let family = rule.id.split('.').next().unwrap_or_default();
        for (sum, all) in [
            families.entry(family).or_default(),
            sides.entry(rule.side).or_default(),
        ] {
            *sum += checked;
            *all += 1;
        }
        if checked == 0 {
            unobserved.push(rule);
        }
    }
    let (checked, all) = sides
        .values()
        .fold((0, 0), |(sum, all), (part, of)| (sum + part, all + of));
    if json {
        let families: BTreeMap<_, _> = families
            .iter()
            .map(|(name, (checked, all))| (*name, json!({ "checked": checked, "rules": all })))
            .collect();
        let open: Vec<_> = unobserved
            .iter()
            .map(|rule| json!({ "id": rule.id, "side": rule.side, "reason": rule.unobserved }))
            .collect();
        return pretty(
            &json!({ "checked": checked, "rules": all, "families": families, "unobserved": open }),
        );
    }
    let mut text = String::new();
    for (name, (checked, all)) in &families {
        let _ = writeln!(text, "{name:14} {checked:3} of {all:3}");
    }
    text.push('\n');
    for rule in &unobserved {
        let reason = rule.unobserved.as_deref().unwrap_or("not yet");
        let _ = writeln!(text, "{:44} {reason}", rule.id);
    }
    text.push('\n');
    for (side, (checked, all)) in &sides {
        let name = format!("{side:?}").to_lowercase();
        let _ = writeln!(text, "{checked} of {all} rules that bind the {name} are checked");
    }
    let _ = writeln!(text, "{checked} of {all} rules of the catalogue are checked.");
    text
}
