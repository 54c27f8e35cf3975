//! The case data: embedded in the binary, or read from a folder.
//!
//! Knows the folders of `cases/` and what must hold between the files. Must never know how a case is run.

use std::collections::BTreeSet;
use std::path::Path;

use bufcheck_model::case::{
    CleanFile, CleanInterpreter, Code, CodeFile, ConsumerCase, ConsumerFile, ConsumerMutant, EcosystemFile,
    ExporterCase, ExporterFile, InterpreterMutant, Known, Mutant, MutantFile, RelationCase, RelationFile,
    RequestCase, RequestFile, RuleData, RuleFile,
};
use bufcheck_model::interpreter::{Group, InterpreterFile};
use bufcheck_model::scenario::{CallTable, ScenarioCase, ScenarioFile};
use bufcheck_model::spy::{Spy, SpyFile};
use bufcheck_rules::{Rule, rules};

use crate::load::{self, LoadError};
use crate::plan::config::{check_declared, check_known};
use crate::plan::files::{Ids, Place, sense};
use crate::plan::names::RuleNames;

/// All data files, read and checked against each other.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// What is said about every rule, checked or not, family by family.
    pub rules: Vec<RuleData>,
    /// What the rules are and were called.
    names: RuleNames,
    /// The request cases.
    pub requests: Vec<RequestCase>,
    /// The relation cases.
    pub relations: Vec<RelationCase>,
    /// The scenarios.
    pub scenarios: Vec<ScenarioCase>,
    /// Statements that touch the memory of well-known types.
    pub mutators: Vec<CallTable>,
    /// The built-in corpus, with the name of each file.
    pub exporters: Vec<(String, ExporterFile)>,
    /// The consumers of the built-in corpus, with the name of each file.
    pub consumers: Vec<(String, ConsumerFile)>,
    /// Calls of the interpreter's own functions, with the name of each file.
    pub interpreter: Vec<(String, InterpreterFile)>,
    /// Packages that people use, with the name of each file.
    pub ecosystem: Vec<(String, EcosystemFile)>,
    /// The mutants of the self-test.
    pub mutants: Vec<Mutant>,
    /// The consumers among the mutants.
    pub consumer_mutants: Vec<ConsumerMutant>,
    /// The interpreters among the mutants.
    pub interpreter_mutants: Vec<InterpreterMutant>,
    /// The interpreters of the clean set.
    pub clean_interpreters: Vec<CleanInterpreter>,
    /// The consumers of the clean set.
    pub clean_consumers: Vec<ConsumerCase>,
    /// The spies that consumers are given.
    pub spies: Vec<Spy>,
    /// The clean set of the self-test: besides the corpus, exporters that no rule may accuse.
    pub clean: Vec<ExporterCase>,
}

/// Files of the corpus that are not part of a plain run: they are there to test the tool itself.
const NOT_IN_CORPUS: [&str; 1] = ["hostile"];

impl Catalogue {
    /// The data that was built in.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::read(&Place::Embedded)
    }

    /// The data of a folder, laid out as `cases/`.
    pub fn from_dir(dir: &Path) -> Result<Self, LoadError> {
        Self::read(&Place::Folder(dir.to_owned()))
    }

    fn read(place: &Place) -> Result<Self, LoadError> {
        let mut catalogue = Self::default();
        let mut ids = Ids::default();
        for (file, data) in place.files::<RuleFile>("rules")? {
            for rule in &data.rules {
                if rule.id.split('.').next() != Some(data.family.as_str()) {
                    let problem = format!("the id must start with the family, `{}.`", data.family);
                    return Err(sense(&file, &rule.id, problem));
                }
                for id in std::iter::once(&rule.id).chain(&rule.aliases) {
                    ids.insert(&file, id)?;
                }
            }
            catalogue.rules.extend(data.rules);
        }
        catalogue.names = RuleNames::of(&catalogue.rules);
        for (file, data) in place.files::<CodeFile>("code")? {
            catalogue.take_code(&file, &data)?;
        }
        for (file, data) in place.files::<RequestFile>("requests")? {
            if data.count != data.cases.len() {
                let problem = format!("declares {} cases and holds {}", data.count, data.cases.len());
                return Err(sense(&file, "count", problem));
            }
            for case in &data.cases {
                ids.insert(&file, &case.id)?;
            }
            catalogue.requests.extend(data.cases);
        }
        for (file, mut data) in place.files::<RelationFile>("relations")? {
            for case in &mut data.cases {
                ids.insert(&file, &case.id)?;
                case.rule = catalogue.known_rule(&file, &case.id, &case.rule)?;
            }
            catalogue.relations.extend(data.cases);
        }
        for (file, data) in place.files::<ExporterFile>("exporters")? {
            for case in &data.exporters {
                ids.insert(&file, &case.id)?;
                declared(&file, case)?;
            }
            catalogue.known_rules(&file, &data.known)?;
            catalogue.exporters.push((file, data));
        }
        for (file, data) in place.files::<ConsumerFile>("consumers")? {
            for case in &data.consumers {
                ids.insert(&file, &case.id)?;
            }
            catalogue.known_rules(&file, &data.known)?;
            catalogue.consumers.push((file, data));
        }
        for (file, data) in place.files::<InterpreterFile>("interpreter")? {
            catalogue.take_interpreter(file, data, &mut ids)?;
        }
        for (file, data) in place.files::<EcosystemFile>("ecosystem")? {
            catalogue.take_package(file, data, &mut ids)?;
        }
        catalogue.take_selftest(place, &mut ids)?;
        for (file, data) in place.files::<ScenarioFile>("scenarios")? {
            catalogue.take_scenarios(&file, data, &mut ids)?;
        }
        for (file, data) in place.files::<SpyFile>("spies")? {
            catalogue.take_spies(&file, data, &mut ids)?;
        }
        // What shows with plain spies is told of them.
        let special = |spy: &Spy| spy.blames.is_some() || spy.like.is_some() || spy.refuses.is_some();
        catalogue.spies.sort_by_key(special);
        for rule in &catalogue.rules {
            for cause in &rule.caused_by {
                catalogue.known_rule("rules", &rule.id, cause)?;
            }
        }
        catalogue
            .requests
            .sort_by_key(|case| (case.request.flags() < 0, case.request));
        Ok(catalogue)
    }

    /// Takes the lines of one binding, each to the rules that it keeps.
    fn take_code(&mut self, file: &str, data: &CodeFile) -> Result<(), LoadError> {
        for piece in &data.pieces {
            for id in &piece.rules {
                let id = self.known_rule(file, &data.binding, id)?;
                let code = Code {
                    binding: data.binding.clone(),
                    file: piece.file.clone(),
                    lines: piece.lines.clone(),
                };
                if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == id) {
                    rule.code.push(code);
                }
            }
        }
        Ok(())
    }

    /// Takes what the self-test is made of.
    fn take_selftest(&mut self, place: &Place, ids: &mut Ids) -> Result<(), LoadError> {
        for (file, mut data) in place.files::<MutantFile>("mutants")? {
            for mutant in &mut data.mutants {
                ids.insert(&file, &mutant.exporter.id)?;
                declared(&file, &mutant.exporter)?;
                mutant.breaks = self.known_rule(&file, &mutant.exporter.id, &mutant.breaks)?;
            }
            for mutant in &mut data.consumers {
                ids.insert(&file, &mutant.consumer.id)?;
                mutant.breaks = self.known_rule(&file, &mutant.consumer.id, &mutant.breaks)?;
            }
            for mutant in &mut data.interpreters {
                ids.insert(&file, &mutant.id)?;
                mutant.breaks = self.known_rule(&file, &mutant.id, &mutant.breaks)?;
                self.shows(&file, mutant)?;
            }
            self.interpreter_mutants.extend(data.interpreters);
            self.mutants.extend(data.mutants);
            self.consumer_mutants.extend(data.consumers);
        }
        for (file, data) in place.files::<CleanFile>("clean")? {
            for case in &data.exporters {
                ids.insert(&file, &case.id)?;
                declared(&file, case)?;
            }
            for case in &data.consumers {
                ids.insert(&file, &case.id)?;
            }
            for case in &data.interpreters {
                ids.insert(&file, &case.id)?;
                let absent = case
                    .calls
                    .iter()
                    .find(|id| *id != "*" && self.calls(id).is_none());
                if let Some(id) = absent {
                    return Err(sense(&file, &case.id, format!("there are no calls `{id}`")));
                }
            }
            self.clean_interpreters.extend(data.interpreters);
            self.clean.extend(data.exporters);
            self.clean_consumers.extend(data.consumers);
        }
        Ok(())
    }

    fn take_interpreter(
        &mut self,
        file: String,
        mut data: InterpreterFile,
        ids: &mut Ids,
    ) -> Result<(), LoadError> {
        let mut count = 0;
        for group in &mut data.groups {
            ids.insert(&file, &group.id)?;
            group.rule = self.known_rule(&file, &group.id, &group.rule)?;
            for case in &group.cases {
                ids.insert(&file, &case.id)?;
                if !case.id.starts_with(&format!("{}/", group.id)) {
                    let problem = format!("the id must start with that of the group, `{}/`", group.id);
                    return Err(sense(&file, &case.id, problem));
                }
            }
            count += group.cases.len();
        }
        if data.count != count {
            let problem = format!("declares {} cases and holds {count}", data.count);
            return Err(sense(&file, "count", problem));
        }
        self.known_rules(&file, &data.known)?;
        self.interpreter.push((file, data));
        Ok(())
    }

    /// The calls of the interpreter with this id.
    pub(crate) fn calls(&self, id: &str) -> Option<&Group> {
        let mut groups = self.interpreter.iter().flat_map(|(_, data)| &data.groups);
        groups.find(|group| group.id == id)
    }

    /// The calls that are made of a clean interpreter.
    pub(crate) fn calls_of<'a>(&'a self, case: &'a CleanInterpreter) -> impl Iterator<Item = &'a Group> {
        let all = case.calls.iter().any(|id| id == "*");
        let files = self.interpreter.iter();
        files
            .flat_map(|(_, data)| data.groups.iter().map(move |group| (data, group)))
            .filter(move |(data, group)| {
                let deviates = data.known.iter().any(|known| known.subject == group.id);
                case.calls.contains(&group.id) || all && !deviates
            })
            .map(|(_, group)| group)
    }

    /// A defect shows in its calls, if nothing shows in them without it.
    fn shows(&self, file: &str, mutant: &InterpreterMutant) -> Result<(), LoadError> {
        let problem = match self.calls(&mutant.calls) {
            None => format!("there are no calls `{}`", mutant.calls),
            Some(group) if group.rule != mutant.breaks => {
                format!("`{}` shows `{}`, not `{}`", group.id, group.rule, mutant.breaks)
            }
            Some(group) => {
                let mut known = self.interpreter.iter().flat_map(|(_, data)| &data.known);
                if known.all(|known| known.subject != group.id) {
                    return Ok(());
                }
                format!("deviations of `{}` are known without it", group.id)
            }
        };
        Err(sense(file, &mutant.id, problem))
    }

    /// Takes a package: what it leaves unsaid of its exporters and records is what the file says of all.
    fn take_package(
        &mut self,
        file: String,
        mut data: EcosystemFile,
        ids: &mut Ids,
    ) -> Result<(), LoadError> {
        let prefix = format!("{}/", file_stem(&file).trim_end_matches(".json"));
        let consumers = data.consumers.iter().map(|case| &case.id);
        for id in data.exporters.iter().map(|case| &case.id).chain(consumers) {
            if !id.starts_with(&prefix) {
                return Err(sense(
                    &file,
                    id,
                    format!("the id must start with the file's name, `{prefix}`"),
                ));
            }
            ids.insert(&file, id)?;
        }
        for case in &mut data.exporters {
            declared(&file, case)?;
            case.requires.insert(0, data.module.clone());
        }
        for case in &mut data.consumers {
            case.requires.insert(0, data.module.clone());
        }
        for known in &mut data.known {
            known.package.get_or_insert_with(|| data.versions.clone());
            check_known(known).map_err(|problem| sense(&file, &known.subject, problem))?;
        }
        self.known_rules(&file, &data.known)?;
        self.ecosystem.push((file, data));
        Ok(())
    }

    fn take_spies(&mut self, file: &str, mut data: SpyFile, ids: &mut Ids) -> Result<(), LoadError> {
        for spy in &mut data.spies {
            ids.insert(file, &spy.id)?;
            let sound = spy.offsets().and_then(|_| spy.values());
            sound.map_err(|problem| sense(file, &spy.id, problem.to_string()))?;
            let id = spy.id.clone();
            for rule in [&mut spy.blames, &mut spy.refused_breaks].into_iter().flatten() {
                *rule = self.known_rule(file, &id, rule)?;
            }
        }
        self.spies.extend(data.spies);
        Ok(())
    }

    /// Adds the scenarios and mutators of one more file.
    pub fn add_scenarios(&mut self, path: &Path) -> Result<(), LoadError> {
        let file = path.display().to_string();
        let data: ScenarioFile = load::json(&load::read(path)?, &file)?;
        let mut ids = Ids::default();
        for case in &self.scenarios {
            ids.insert("the scenarios that are there already", &case.id)?;
        }
        self.take_scenarios(&file, data, &mut ids)
    }

    fn take_scenarios(&mut self, file: &str, mut data: ScenarioFile, ids: &mut Ids) -> Result<(), LoadError> {
        for case in &mut data.scenarios {
            ids.insert(file, &case.id)?;
            let id = case.id.clone();
            for rule in case.rules_mut() {
                *rule = self.known_rule(file, &id, rule)?;
            }
        }
        self.mutators.extend(data.mutators);
        self.scenarios.extend(data.scenarios);
        Ok(())
    }

    /// The mutants, exporters, consumers and interpreters: the id of each and the rule that it was made to break.
    pub fn broken_on_purpose(&self) -> impl Iterator<Item = (&str, &str)> {
        let exporters = self
            .mutants
            .iter()
            .map(|mutant| (mutant.exporter.id.as_str(), mutant.breaks.as_str()));
        let consumers = self.consumer_mutants.iter();
        let interpreters = self.interpreter_mutants.iter();
        exporters
            .chain(consumers.map(|mutant| (mutant.consumer.id.as_str(), mutant.breaks.as_str())))
            .chain(interpreters.map(|mutant| (mutant.id.as_str(), mutant.breaks.as_str())))
    }

    /// What is said about a rule, by the name it has or had.
    pub fn rule(&self, id: &str) -> Option<&RuleData> {
        let id = self.names.today(id);
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules that a race between threads can show, which may not show the next time.
    pub fn by_chance(&self) -> BTreeSet<&str> {
        let races = self.scenarios.iter().filter(|case| case.is_race());
        races.flat_map(ScenarioCase::catches).collect()
    }

    /// The names of the rules.
    pub fn names(&self) -> &RuleNames {
        &self.names
    }

    /// The rules that are checked, in the order of the table, with what is said about them.
    pub fn checked(&self) -> impl Iterator<Item = (&'static Rule, &RuleData)> {
        rules().filter_map(|rule| Some((rule, self.rule(rule.id)?)))
    }

    /// The corpus of a plain run.
    pub fn corpus(&self) -> impl Iterator<Item = &(String, ExporterFile)> {
        self.exporters
            .iter()
            .filter(|(file, _)| !NOT_IN_CORPUS.iter().any(|name| file_stem(file).starts_with(name)))
    }

    /// The files whose name starts so.
    pub fn files<'a>(&'a self, stem: &'a str) -> impl Iterator<Item = &'a (String, ExporterFile)> {
        self.exporters
            .iter()
            .filter(move |(file, _)| file_stem(file).starts_with(stem))
    }

    /// Records name rules that there are, or globs.
    fn known_rules(&self, file: &str, known: &[Known]) -> Result<(), LoadError> {
        let plain = known
            .iter()
            .filter(|known| !known.rule.contains(['*', '?', '[', '{']));
        for known in plain {
            self.known_rule(file, &known.subject, &known.rule)?;
        }
        Ok(())
    }

    /// The name of today of a rule that must be there.
    fn known_rule(&self, file: &str, place: &str, rule: &str) -> Result<String, LoadError> {
        self.rule(rule).map(|known| known.id.clone()).ok_or_else(|| {
            let hint = self.names.hint(rule);
            sense(file, place, format!("there is no rule `{rule}`{hint}"))
        })
    }
}

/// The declared facts of an exporter go together.
fn declared(file: &str, case: &ExporterCase) -> Result<(), LoadError> {
    check_declared(case).map_err(|(key, problem)| LoadError::Sense {
        file: file.to_owned(),
        place: format!("`{}`, `{key}`", case.id),
        problem,
    })
}

fn file_stem(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
