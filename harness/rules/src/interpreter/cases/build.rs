//! Files and groups, put together.
//!
//! Knows ids and counts. Must never know a function.

use bufcheck_model::interpreter::{
    Ask, Basis, Expected, Fact, Group, InterpreterCase, InterpreterFile, Wants,
};
use bufcheck_protocol::format::Platform;

use crate::interpreter::oracle;

/// A group that is being written.
pub(super) struct Writing(Group);

/// Begins a group; `id` follows `interpreter/`.
pub(super) fn group(id: &str, rule: &str, basis: Basis, about: &str) -> Writing {
    Writing(Group {
        id: format!("interpreter/{id}"),
        about: about.into(),
        rule: rule.into(),
        basis,
        python: None,
        cases: Vec::new(),
    })
}

impl Writing {
    /// Only these versions of Python are asked.
    pub(super) fn python(mut self, range: &str) -> Self {
        self.0.python = Some(range.into());
        self
    }

    /// Adds a call whose answer the protocol's types decide; nothing where they do not.
    pub(super) fn ask(&mut self, name: &str, ask: Ask) {
        if let Some(want) = oracle::want(&ask, Platform::LP64_LE) {
            self.push(name, ask, want);
        }
    }

    /// Adds a call of whose answer only these facts are wanted.
    pub(super) fn ask_for(&mut self, facts: &[Fact], name: &str, ask: Ask) {
        if let Some(mut want) = oracle::want(&ask, Platform::LP64_LE) {
            want.retain(|fact, _| facts.contains(fact));
            self.push(name, ask, want);
        }
    }

    /// Adds a call with what is wanted of it.
    pub(super) fn state<const N: usize>(&mut self, name: &str, ask: Ask, want: [(Fact, Expected); N]) {
        self.push(name, ask, Wants::from(want));
    }

    /// The same, of as many facts as there are.
    pub(super) fn state_all(&mut self, name: &str, ask: Ask, want: Vec<(Fact, Expected)>) {
        self.push(name, ask, want.into_iter().collect());
    }

    /// Takes back calls that stand elsewhere.
    pub(super) fn leave_out(&mut self, which: impl Fn(&Ask) -> bool) {
        self.0.cases.retain(|case| !which(&case.ask));
    }

    fn push(&mut self, name: &str, ask: Ask, want: Wants) {
        let id = format!("{}/{name}", self.0.id);
        assert!(
            self.0.cases.iter().all(|case| case.id != id),
            "`{id}` stands twice"
        );
        self.0.cases.push(InterpreterCase { id, ask, want });
    }
}

/// A file of these groups.
pub(super) fn file(about: &str, groups: Vec<Writing>) -> InterpreterFile {
    let groups: Vec<Group> = groups.into_iter().map(|writing| writing.0).collect();
    for group in &groups {
        assert!(!group.cases.is_empty(), "`{}` holds no case", group.id);
    }
    InterpreterFile {
        about: about.into(),
        count: groups.iter().map(|group| group.cases.len()).sum(),
        groups,
        known: Vec::new(),
    }
}
