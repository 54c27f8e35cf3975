//! A scenario under way, by hand: acts, and what was noted of each.
//!
//! Knows how acts and observations stand side by side. Must never know what a predicate says.

use bufcheck_model::observation::{
    Answer, Content, Field, FieldSet, Raised, Refusal, Unreadable, View, Volatile,
};
use bufcheck_model::scenario::{Act, Played, Reading, Release, ScenarioCase, Seen, Trace};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::overtime::{Background, judge};
use serde_json::{Value as Json, json};

use super::{Model, refusal};

/// The rule that every expectation here is about.
pub(crate) const RULE: &str = "export.locks-resize";

#[derive(Clone, Default)]
pub(crate) struct Stage {
    acts: Vec<Json>,
    seen: Vec<Seen>,
    contents: Vec<Content>,
    mutator: Option<String>,
    background: Background,
}

pub(crate) fn stage() -> Stage {
    Stage::default()
}

/// All of these bytes.
pub(crate) fn bytes(bytes: &[u8]) -> Content {
    Content {
        bytes: bytes.to_vec(),
        complete: true,
        ..Content::default()
    }
}

/// Memory that cannot be read from its first byte on.
pub(crate) fn unmapped() -> Content {
    Content {
        unreadable: Some(Unreadable::default()),
        ..Content::default()
    }
}

pub(crate) fn set(fields: &[Field]) -> FieldSet {
    let mut set = FieldSet::EMPTY;
    for field in fields {
        set.insert(*field);
    }
    set
}

impl Stage {
    pub(crate) fn act(mut self, act: Json, seen: Seen) -> Self {
        self.acts.push(act);
        self.seen.push(seen);
        self
    }

    fn keep(&mut self, content: Content) -> Option<u32> {
        self.contents.push(content);
        u32::try_from(self.contents.len() - 1).ok()
    }

    /// What was seen to change though nothing was done.
    pub(crate) fn volatile(mut self, volatile: Volatile) -> Self {
        self.background.volatile = Some(volatile);
        self
    }

    pub(crate) fn bound(mut self, mutator: &str) -> Self {
        self.mutator = Some(mutator.to_owned());
        self
    }

    pub(crate) fn granted(self, view: &str, content: Content) -> Self {
        self.granted_as(view, content, |_| ())
    }

    pub(crate) fn granted_as(mut self, view: &str, content: Content, change: impl Fn(&mut View)) -> Self {
        let mut granted = Model::new(LayoutClass::C1d, false).view(Request::FULL);
        granted.content = self.keep(content);
        change(&mut granted);
        self.asked(view, Answer::Granted(Box::new(granted)))
    }

    pub(crate) fn refused(self, view: &str, raised: Option<Raised>) -> Self {
        self.asked(view, Answer::Refused(Refusal { raised, ..refusal() }))
    }

    fn asked(self, view: &str, answer: Answer) -> Self {
        let act = json!({"ask": {"view": view, "request": "widest"}});
        self.act(act, Seen::Asked(Box::new(answer)))
    }

    pub(crate) fn read(mut self, view: &str, content: Content, changed: &[Field]) -> Self {
        let content = self.keep(content);
        let changed = set(changed);
        self.act(
            json!({"read": {"view": view}}),
            Seen::Read(Reading { changed, content }),
        )
    }

    pub(crate) fn wrote(self, view: &str, bytes: u64, written: bool) -> Self {
        self.act(json!({"write": {"view": view}}), Seen::Wrote { bytes, written })
    }

    pub(crate) fn compared(mut self, contents: [Content; 2]) -> Self {
        let [left, right] = contents.map(|content| self.keep(content).expect("few contents"));
        let act = json!({"compare": {"left": "a", "right": "b"}});
        self.act(act, Seen::Compared { left, right })
    }

    pub(crate) fn mutated(self, name: &str, raised: Option<Raised>) -> Self {
        self.act(json!({"mutate": {"name": name}}), Seen::Ran { raised })
    }

    pub(crate) fn released(self, view: &str, release: Release) -> Self {
        self.act(json!({"release": {"view": view}}), Seen::Released(release))
    }

    pub(crate) fn counted(self, name: &str, count: Option<i64>) -> Self {
        self.act(json!({"count": {"name": name}}), Seen::Counted(count))
    }

    pub(crate) fn looked(self, object: &str, alive: Option<bool>) -> Self {
        self.act(json!({"alive": {"object": object}}), Seen::Alive(alive))
    }

    pub(crate) fn called(self, seen: Seen) -> Self {
        self.act(json!({"call": {"name": "c", "code": "f()"}}), seen)
    }

    /// The scenario with this expectation at its end, and its trace.
    pub(crate) fn played(&self, that: &Json) -> (ScenarioCase, Played) {
        let expect = json!({"expect": {"rule": RULE, "that": that}});
        let acts = self.acts.iter().cloned().chain([expect]);
        let acts: Vec<Act> = acts
            .map(|act| serde_json::from_value(act).expect("an act"))
            .collect();
        let case = ScenarioCase {
            id: "scenarios/by/hand".into(),
            acts,
            ..ScenarioCase::default()
        };
        let played = Played {
            scenario: case.id.clone(),
            mutator: self.mutator.clone(),
            trace: Trace {
                seen: self.seen.clone(),
                contents: self.contents.clone(),
            },
            ended: None,
            once_in: None,
            crash: None,
        };
        (case, played)
    }

    /// What was found instead, where this does not hold.
    pub(crate) fn found(&self, that: &Json) -> Option<String> {
        let (case, played) = self.played(that);
        let mut hits = judge(&[case], &[played], &self.background, |_| true);
        assert!(hits.len() <= 1, "{hits:?}");
        hits.pop().map(|hit| hit.broken.found)
    }

    #[track_caller]
    pub(crate) fn holds(&self, that: &Json) {
        assert_eq!(self.found(that), None);
    }

    #[track_caller]
    pub(crate) fn fails(&self, that: &Json, found: &str) {
        assert_eq!(self.found(that).as_deref(), Some(found));
    }
}
