//! From answers to a broken rule.
//!
//! Knows how what was seen is compared with what is wanted, fact by fact. Must never know a rule by name.

use std::borrow::Cow;

use bufcheck_model::interpreter::{Answer, Fact, Facts, Group, InterpreterCase, Value, Wants};
use bufcheck_protocol::format::Platform;

use super::oracle;
use super::words::call;
use crate::broken::Broken;
use crate::death::ended;
use crate::hit::Hit;

/// What a group of cases came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The broken rule, if it is; one group has one rule.
    pub hit: Option<Hit>,
    /// Cases that were judged.
    pub judged: usize,
    /// Cases that are not as wanted.
    pub broken: usize,
    /// Cases that ended the process.
    pub died: usize,
    /// Functions that the interpreter lacks.
    pub absent: Vec<String>,
    /// Arguments that could not be made, in words.
    pub not_made: Vec<String>,
    /// Cases that were not called for that.
    pub unmade: usize,
}

/// Judges the answers of a group; there is one for each case, as far as the worker came.
pub fn judge(group: &Group, answers: &[Answer], platform: Platform) -> Judged {
    let mut judged = Judged::default();
    for (case, answer) in group.cases.iter().zip(answers) {
        let once = |list: &mut Vec<String>, text: &String| {
            if !list.contains(text) {
                list.push(text.clone());
            }
        };
        let broken = match answer {
            Answer::Absent(name) => {
                once(&mut judged.absent, name);
                continue;
            }
            Answer::NotMade(problem) => {
                once(&mut judged.not_made, problem);
                judged.unmade += 1;
                continue;
            }
            Answer::Died(how) => {
                judged.died += 1;
                Some(Broken::new(
                    format!("{}: the process {}", call(&case.ask), ended(*how)),
                    wanted_at_all(&wants(case, platform)),
                ))
            }
            Answer::Seen(facts) => compare(case, facts, &wants(case, platform)),
        };
        judged.judged += 1;
        let Some(broken) = broken else { continue };
        judged.broken += 1;
        judged.hit.get_or_insert_with(|| Hit {
            by_chance: false,
            rule: group.rule.clone(),
            requests: Vec::new(),
            broken,
            case: Some(case.id.clone()),
        });
    }
    if let Some(hit) = &mut judged.hit {
        match judged.broken - 1 {
            0 => {}
            1 => hit.broken.found += " (and in one more case)",
            more => hit.broken.found += &format!(" (and in {more} more cases)"),
        }
    }
    judged
}

/// What a case wants: what stands there, or on another platform what is computed for it.
fn wants(case: &InterpreterCase, platform: Platform) -> Cow<'_, Wants> {
    if platform == Platform::LP64_LE {
        return Cow::Borrowed(&case.want);
    }
    oracle::want(&case.ask, platform).map_or(Cow::Borrowed(&case.want), Cow::Owned)
}

fn compare(case: &InterpreterCase, facts: &Facts, wants: &Wants) -> Option<Broken> {
    let intact = |fact: &Fact| facts.get(fact) != Some(&Value::Bool(false));
    if !intact(&Fact::Canaries) && !wants.contains_key(&Fact::Canaries) {
        return Some(Broken::new(
            format!("{} wrote beside the memory that it was given", call(&case.ask)),
            "nothing else is written to",
        ));
    }
    let nothing = Value::Null;
    let (fact, wanted) = wants
        .iter()
        .find(|(fact, wanted)| !wanted.admits(**fact, facts.get(*fact).unwrap_or(&nothing)))?;
    let seen = match facts.get(fact) {
        Some(value) => value.to_string(),
        None => match facts.get(&Fact::Raises) {
            Some(raised @ Value::Texts(_)) => format!("not there, since {raised} was raised"),
            _ => "not there".into(),
        },
    };
    Some(Broken::new(
        format!("{}: {} {seen}", call(&case.ask), said(*fact)),
        format!("{} {}", said(*fact), told(*fact, wanted)),
    ))
}

/// What is wanted instead of a death: the first fact.
fn wanted_at_all(wants: &Wants) -> String {
    wants.iter().next().map_or_else(
        || "it comes back".to_owned(),
        |(fact, wanted)| format!("{} {}", said(*fact), told(*fact, wanted)),
    )
}

fn told(fact: Fact, wanted: &bufcheck_model::interpreter::Expected) -> String {
    match (fact, wanted.to_string().as_str()) {
        (Fact::Raises, "*") => "some exception".into(),
        (Fact::Raises, "NULL") => "nothing".into(),
        (_, text) => text.to_owned(),
    }
}

/// What a fact is called in a sentence.
fn said(fact: Fact) -> Cow<'static, str> {
    match fact {
        Fact::Returns => "returns".into(),
        Fact::Raises => "raises".into(),
        Fact::Offset => "gives the byte".into(),
        Fact::Memory => "leaves the memory".into(),
        Fact::Output => "writes".into(),
        Fact::PointersKept => "keeps the pointers in the memory:".into(),
        Fact::Log => "the exporter saw".into(),
        Fact::References => "references taken:".into(),
        Fact::ReferencesAfter => "references left:".into(),
        Fact::Pending => "the exception that was pending is then".into(),
        Fact::Noted => "the object wrote down".into(),
        Fact::Held => "views that are never given back:".into(),
        Fact::ObjAfter => "`obj` after the release is".into(),
        Fact::FieldsAfter => "the other fields stay as they were:".into(),
        Fact::Content => "the bytes are".into(),
        Fact::Base => "the object behind it is".into(),
        Fact::Value => "gives".into(),
        other => format!("`{}` is", other.name().replace('-', "_")).into(),
    }
}
