//! The rule table: one check for every rule that an observation can prove broken.
//!
//! Knows, for each rule id, the pure function that judges it; what is *said* about a rule (level, sentence,
//! source, remedy) stands in `cases/rules/`, and a test proves that the two name the same rules. Must never
//! know how an observation came about.

mod answers;
mod buf;
mod consistency;
mod contig;
mod empty;
mod evidence;
mod format;
mod handed;
mod items;
mod itemsize;
mod judge;
mod len;
mod memory;
mod ndim;
mod obj;
pub mod outcome;
mod process;
mod readonly;
mod refusal;
mod relation;
mod release;
mod request;
mod scalar;
mod scenario;
mod shape;
mod strides;
mod suboffsets;
mod view;
mod words;

pub use evidence::{Denial, Evidence, Facts, Grant, LayoutProblem, Native, read_layout};
pub use judge::{Hit, camps, judge};
pub(crate) use process::death_in_words;

use crate::request::Request;

/// A rule that can be checked.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `family.kebab-case`, as in `cases/rules/`.
    pub id: &'static str,
    /// How it is checked.
    pub check: Check,
}

/// How a rule is checked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// On each granted request.
    Granted(fn(&Grant<'_>) -> Option<Broken>),
    /// On each refused request.
    Refused(fn(&Denial<'_>) -> Option<Broken>),
    /// On everything together: what was broken, and on which requests.
    Whole(fn(&Evidence<'_>) -> Vec<Found>),
    /// By the cases of `cases/relations/` that name it.
    Relation,
    /// By the scenarios of `cases/scenarios/` that name it ([`crate::scenario`]).
    Scenario,
    /// A contested rule: which camp the exporter belongs to, if it shows.
    Camp(fn(&Evidence<'_>) -> Option<&'static str>),
}

/// What was broken, and on which requests.
pub type Found = (Vec<Request>, Broken);

/// A violation, in words. Both sides are shown; equal texts on several requests become one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
}

impl Broken {
    /// A violation.
    pub fn new(found: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            wanted: wanted.into(),
        }
    }
}

/// Every rule that is checked, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

const FAMILIES: &[&[Rule]] = &[
    request::RULES,
    refusal::RULES,
    obj::RULES,
    buf::RULES,
    len::RULES,
    readonly::RULES,
    view::RULES,
    itemsize::RULES,
    format::RULES,
    ndim::RULES,
    scalar::RULES,
    empty::RULES,
    shape::RULES,
    strides::RULES,
    suboffsets::RULES,
    contig::RULES,
    memory::RULES,
    release::RULES,
    consistency::RULES,
    process::RULES,
    scenario::RULES,
];
