//! The names of rules: those of today, and those that they had.
//!
//! Knows which rule an old id stands for. Must never know what a rule says.

use std::collections::BTreeMap;

use bufcheck_model::case::RuleData;
use globset::GlobMatcher;

use crate::plan::pattern::{PlanError, glob};
use crate::suggest;

/// Every id of a rule, old ones among them.
#[derive(Debug, Clone, Default)]
pub struct RuleNames {
    ids: Vec<String>,
    /// What an old id is called today.
    old: BTreeMap<String, String>,
}

impl RuleNames {
    /// The names of these rules.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a RuleData>) -> Self {
        let mut names = Self::default();
        for rule in rules {
            names.ids.push(rule.id.clone());
            let old = rule.aliases.iter().map(|old| (old.clone(), rule.id.clone()));
            names.old.extend(old);
        }
        names
    }

    /// What a rule is called today; a name that is none is given back as it is.
    pub fn today<'a>(&'a self, id: &'a str) -> &'a str {
        self.old.get(id).map_or(id, String::as_str)
    }

    /// What a rule is called today, where that is another name.
    pub fn renamed(&self, id: &str) -> Option<&str> {
        self.old.get(id).map(String::as_str)
    }

    /// The sentence that tells of a new name.
    pub fn told(&self, id: &str) -> Option<String> {
        let today = self.renamed(id)?;
        Some(format!("the rule `{id}` is part of `{today}` now"))
    }

    /// `; did you mean ...?`, or nothing.
    pub fn hint(&self, id: &str) -> String {
        suggest::did_you_mean(id, self.ids.iter().map(String::as_str))
    }

    /// What a glob of a record names.
    pub(super) fn matching(&self, text: &str) -> Result<Named, PlanError> {
        let today = self.today(text);
        let matcher = glob(today)?;
        // A family may be gone: then its old ids say what was meant.
        let old = if self.ids.iter().any(|id| matcher.is_match(id)) {
            Vec::new()
        } else {
            let meant = self.old.iter().filter(|(old, _)| matcher.is_match(old));
            meant.map(|(_, id)| id.clone()).collect()
        };
        Ok(Named { matcher, old })
    }
}

/// The rules that a glob names.
#[derive(Debug)]
pub(super) struct Named {
    matcher: GlobMatcher,
    old: Vec<String>,
}

impl Named {
    /// Whether the rule of today is one of them.
    pub(super) fn holds(&self, rule: &str) -> bool {
        self.matcher.is_match(rule) || self.old.iter().any(|id| id == rule)
    }
}

#[cfg(test)]
mod tests {
    use bufcheck_model::case::{Level, Side};

    use super::*;

    fn rule(id: &str, aliases: &[&str]) -> RuleData {
        RuleData {
            code: Vec::new(),
            id: id.into(),
            aliases: aliases.iter().map(|old| (*old).to_owned()).collect(),
            level: Level::Must,
            title: String::new(),
            harm: bufcheck_model::case::Harm::default(),
            consumers: Vec::new(),
            raised: None,
            side: Side::Exporter,
            statement: String::new(),
            source: Vec::new(),
            requests: None,
            why: String::new(),
            fix: None,
            camps: Vec::new(),
            caused_by: Vec::new(),
            seen: Vec::new(),
            unobserved: None,
        }
    }

    #[test]
    fn an_old_name_stands_for_the_rule_of_today() {
        let rules = [
            rule("len.product", &["shape.product", "old.len"]),
            rule("len.positive", &[]),
        ];
        let names = RuleNames::of(&rules);
        assert_eq!(names.today("shape.product"), "len.product");
        assert_eq!(names.today("len.positive"), "len.positive");
        assert_eq!(names.renamed("len.product"), None);
        let named = |text: &str, rule: &str| names.matching(text).expect("a glob").holds(rule);
        assert!(named("shape.product", "len.product"));
        assert!(named("old.*", "len.product"), "a family that is gone");
        assert!(named("len.*", "len.positive"));
        assert!(
            !named("*.positive", "len.product"),
            "what is there today comes first"
        );
    }
}
