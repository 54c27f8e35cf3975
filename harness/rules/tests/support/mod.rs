//! What the rule tests share: an ideal exporter of every layout class, and ways to spoil its answers.
//!
//! Knows how a sweep over an exporter without faults looks ([`model`]), how the data files are read
//! ([`data`]), how one answer is changed, and how a scenario is played by hand ([`stage`]). Must never know what
//! a rule says.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub(crate) mod data;
pub(crate) mod model;
pub(crate) mod stage;

use bufcheck_model::case::{ExporterCase, RelationCase};
use bufcheck_model::observation::{Answer, Content, Death, Made, ObjRef, Raised, Refusal, Sweep, View};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::exporter::{Evidence, camps, judge};
use bufcheck_rules::{Hit, Rule, rules};

pub(crate) use model::Model;

/// Everything that is judged, owned, so that tests can spoil it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) declared: ExporterCase,
    pub(crate) made: Made,
    pub(crate) python: [u32; 3],
    pub(crate) sweep: Sweep,
    pub(crate) deaths: Vec<Death>,
}

/// The answers of an exporter without faults: four rounds, with two fill patterns in two orders.
pub(crate) fn conforming(class: LayoutClass, readonly: bool) -> Subject {
    Model::new(class, readonly).subject()
}

impl Subject {
    /// Changes the view of every granted request that `which` selects, in every round.
    pub(crate) fn granted(self, which: impl Fn(Request) -> bool, change: impl Fn(&mut View)) -> Self {
        self.granted_in(|_| true, which, change)
    }

    /// Changes the view of every granted request that `which` selects, in the rounds that `round` selects
    /// by their fill pattern.
    pub(crate) fn granted_in(
        self,
        round: impl Fn(u8) -> bool,
        which: impl Fn(Request) -> bool,
        change: impl Fn(&mut View),
    ) -> Self {
        self.answered(
            |number, sweep, request| round(sweep.rounds[number].poison) && which(request),
            |answer| {
                if let Answer::Granted(view) = answer {
                    change(view);
                }
            },
        )
    }

    /// Changes every refusal that `which` selects, in every round.
    pub(crate) fn refused(self, which: impl Fn(Request) -> bool, change: impl Fn(&mut Refusal)) -> Self {
        self.answered(
            |_, _, request| which(request),
            |answer| {
                if let Answer::Refused(refusal) = answer {
                    change(refusal);
                }
            },
        )
    }

    /// Puts another answer in the place of each that `which` selects, in every round.
    pub(crate) fn replaced(self, which: impl Fn(Request) -> bool, by: impl Fn(Request) -> Answer) -> Self {
        let mut subject = self;
        for number in 0..subject.sweep.rounds.len() {
            subject = subject.replaced_in_round(number, &which, &by);
        }
        subject
    }

    /// Puts another answer in the place of each that `which` selects, in one round (0 to 3).
    pub(crate) fn replaced_in_round(
        mut self,
        number: usize,
        which: impl Fn(Request) -> bool,
        by: impl Fn(Request) -> Answer,
    ) -> Self {
        for position in 0..self.sweep.requests.len() {
            let request = Request::new(self.sweep.requests[position]);
            if which(request) {
                let index = intern(&mut self.sweep.answers, by(request));
                self.sweep.rounds[number].answers[position] = Some(index);
            }
        }
        self
    }

    /// Changes every content that was read through a granted request that `which` selects.
    pub(crate) fn content(self, which: impl Fn(Request) -> bool, change: impl Fn(&mut Content)) -> Self {
        let mut subject = self;
        let mut changed = Vec::new();
        for original in subject.sweep.contents.clone() {
            let mut content = original;
            change(&mut content);
            changed.push(intern(&mut subject.sweep.contents, content));
        }
        subject.granted(which, |view| {
            view.content = view.content.map(|index| changed[index as usize]);
        })
    }

    /// Changes what the author declares.
    pub(crate) fn declaring(mut self, change: impl FnOnce(&mut ExporterCase)) -> Self {
        change(&mut self.declared);
        self
    }

    /// Every violation of the rules in `rules`.
    pub(crate) fn judge<'r>(
        &self,
        rules: impl IntoIterator<Item = &'r Rule>,
        relations: &[RelationCase],
    ) -> Vec<Hit> {
        self.with_evidence(|evidence| judge(evidence, rules, relations))
    }

    /// Every violation of any rule, with the relations of the data.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.judge(rules(), &data::relations())
    }

    /// Every violation of a rule that binds: neither contested ground nor a mere remark.
    pub(crate) fn accusations(&self) -> Vec<Hit> {
        let mut hits = self.hits();
        hits.retain(|hit| data::binds(&hit.rule));
        hits
    }

    /// Every violation of this one rule.
    pub(crate) fn hits_of(&self, id: &str) -> Vec<Hit> {
        let rule = bufcheck_rules::rule(id).unwrap_or_else(|| panic!("no rule `{id}`"));
        self.judge([rule], &data::relations())
    }

    /// The requests on which this rule fires, in the order in which they were asked.
    pub(crate) fn fires_on(&self, id: &str) -> Vec<Request> {
        let mut requests: Vec<Request> = self
            .hits_of(id)
            .into_iter()
            .flat_map(|hit| hit.requests)
            .collect();
        requests.sort_by_key(|request| {
            self.sweep
                .requests
                .iter()
                .position(|flags| *flags == request.flags())
        });
        requests.dedup();
        requests
    }

    /// The camp shown in a contested rule.
    pub(crate) fn camp(&self, id: &str) -> Option<String> {
        self.with_evidence(|evidence| camps(evidence, rules())).remove(id)
    }

    /// Calls `look` with the evidence.
    pub(crate) fn with_evidence<T>(&self, look: impl FnOnce(&Evidence<'_>) -> T) -> T {
        look(&Evidence::new(
            &self.declared,
            &self.made,
            &Platform::LP64_LE,
            self.python,
            &self.sweep,
            &self.deaths,
        ))
    }

    fn answered(
        mut self,
        which: impl Fn(usize, &Sweep, Request) -> bool,
        change: impl Fn(&mut Answer),
    ) -> Self {
        for number in 0..self.sweep.rounds.len() {
            for position in 0..self.sweep.requests.len() {
                let request = Request::new(self.sweep.requests[position]);
                let Some(index) = self.sweep.rounds[number].answers[position] else {
                    continue;
                };
                if which(number, &self.sweep, request) {
                    let mut answer = self.sweep.answers[index as usize].clone();
                    change(&mut answer);
                    let index = intern(&mut self.sweep.answers, answer);
                    self.sweep.rounds[number].answers[position] = Some(index);
                }
            }
        }
        self
    }
}

/// A refusal as it should be: `BufferError`, nothing left behind.
pub(crate) fn refusal() -> Refusal {
    Refusal {
        raised: Some(raised("BufferError", true)),
        obj: ObjRef::Null,
        references: Some(0),
        overrun: false,
    }
}

/// An exception with a message.
pub(crate) fn raised(type_name: &str, is_buffer_error: bool) -> Raised {
    Raised {
        type_name: type_name.into(),
        is_buffer_error,
        message: "this object cannot do that".into(),
    }
}

/// Selects one request.
pub(crate) fn only(flags: i32) -> impl Fn(Request) -> bool {
    move |request| request.flags() == flags
}

/// Selects every request that is no malformed one.
pub(crate) fn sensible(request: Request) -> bool {
    request.well_formed() != bufcheck_protocol::request::WellFormed::Malformed
}

/// The index of a value, which is added if it is new.
pub(crate) fn intern<T: PartialEq>(known: &mut Vec<T>, value: T) -> u32 {
    let index = known.iter().position(|seen| *seen == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    });
    u32::try_from(index).expect("a sweep has few distinct answers")
}

/// Hits in a form that fits an assertion's message.
pub(crate) fn told(hits: &[Hit]) -> String {
    let line = |hit: &Hit| {
        let requests: Vec<String> = hit.requests.iter().map(|request| request.hex()).collect();
        let (found, wanted) = (&hit.broken.found, &hit.broken.wanted);
        format!(
            "\n  {} [{}]: found {found}; wanted {wanted}",
            hit.rule,
            requests.join(" ")
        )
    };
    hits.iter().map(line).collect()
}
