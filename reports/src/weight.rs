//! How much a finding weighs, and the few words in which that is said.
//!
//! Knows standings, levels, harms and titles. Must never know how a line is shown.

use std::collections::HashMap;

use bufcheck_model::case::{Harm, Level, RuleData};
use bufcheck_model::report::{Finding, Report, Standing};

/// The rules of a report, by id.
pub(crate) type Rules<'a> = HashMap<&'a str, &'a RuleData>;

/// How much a finding weighs: what is new before what is known, then by level, then by harm.
pub(crate) type Weight = (Option<Level>, Level, Harm);

/// What the rules say, by id.
pub(crate) fn rules(report: &Report) -> Rules<'_> {
    report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect()
}

/// The gravest level at which a finding or one of its consequences is not recorded.
pub(crate) fn gravest_new(finding: &Finding) -> Option<Level> {
    gravest(finding, is_new)
}

/// The gravest level at which a finding or one of its consequences decides what a run amounts to.
pub(crate) fn gravest_counted(finding: &Finding) -> Option<Level> {
    gravest(finding, |standing| {
        is_new(standing) && standing != Standing::ByChance
    })
}

fn gravest(finding: &Finding, counts: impl Fn(Standing) -> bool) -> Option<Level> {
    let folded = finding
        .consequences
        .iter()
        .map(|folded| (folded.level, folded.standing));
    std::iter::once((finding.level, finding.standing))
        .chain(folded)
        .filter(|(_, standing)| counts(*standing))
        .map(|(level, _)| level)
        .max()
}

/// Whether a standing asks for attention.
pub(crate) const fn is_new(standing: Standing) -> bool {
    match standing {
        Standing::New | Standing::Changed | Standing::ByChance => true,
        Standing::AsRecorded | Standing::Fixed => false,
    }
}

/// The weight of a finding.
pub(crate) fn weight(finding: &Finding, rules: &Rules<'_>) -> Weight {
    (gravest_new(finding), finding.level, harm(finding, rules))
}

/// What happens at worst because of a finding, or of one that counts and follows from it.
pub(crate) fn harm(finding: &Finding, rules: &Rules<'_>) -> Harm {
    let of = |rule: &str| rules.get(rule).map_or(Harm::default(), |rule| rule.harm);
    let counted = finding
        .consequences
        .iter()
        .filter(|folded| folded.level >= Level::Should);
    counted
        .map(|folded| of(&folded.rule))
        .fold(of(&finding.rule), Ord::max)
}

/// What a finding is called: the title of its rule, or its id where it has none.
pub(crate) fn title<'a>(finding: &'a Finding, rules: &Rules<'a>) -> &'a str {
    let title = rules.get(finding.rule.as_str()).map(|rule| rule.title.as_str());
    title.filter(|title| !title.is_empty()).unwrap_or(&finding.rule)
}

/// A harm as a word over a finding.
pub(crate) const fn shout(harm: Harm) -> &'static str {
    match harm {
        Harm::Corrupts => "CORRUPTS",
        Harm::Crashes => "CRASHES",
        Harm::WrongData => "WRONG DATA",
        Harm::Leaks => "LEAKS",
        Harm::Refuses => "REFUSES",
        Harm::Describes => "DESCRIBES",
    }
}
