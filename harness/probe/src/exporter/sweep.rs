//! Many requests of one object, each distinct answer kept once.
//!
//! Knows rounds, orders and how answers are told apart. Must never know what an answer means.
//!
//! For an answer that has been seen before, a request costs the asking, one comparison of a short key, and
//! nothing else: no allocation, no system call, no string.

use std::collections::HashMap;

use bufcheck_model::observation::{Answer, Content, Raised, Refusal, Round, Sweep, View};
use bufcheck_model::wire::RoundPlan;
use bufcheck_protocol::widest::WIDEST;
use pyo3::prelude::*;

use super::made::is_python_level;
use super::restless::volatile;
use crate::host::mark::Marker;
use crate::look::Aftermath;
use crate::look::Asker;
use crate::look::content;
use crate::look::extent;
use crate::look::object::collect;
use crate::look::raised::Exception;
use crate::look::{Key, KeyMap, view};

/// The fill pattern of a request whose answer is not recorded.
const UNRECORDED_POISON: u8 = 0x5a;

/// Makes the object once more; `None` where it cannot be made.
pub type Anew<'a, 'py> = &'a dyn Fn(Python<'py>) -> Option<Bound<'py, PyAny>>;

/// Asks every request in every round. `content_budget` is in bytes, for each view.
pub fn sweep<'py>(
    exporter: &Bound<'py, PyAny>,
    requests: &[i32],
    rounds: &[RoundPlan],
    content_budget: usize,
    mark: &Marker,
    anew: Anew<'_, 'py>,
) -> Sweep {
    let mut sweeper = Sweeper::new(exporter, content_budget, mark);
    sweeper.anew = is_python_level(&exporter.get_type()).then_some(anew);
    let rounds: Vec<Round> = rounds.iter().map(|plan| sweeper.round(requests, *plan)).collect();
    let last = rounds.last();
    let widest = last.and_then(|round| sweeper.widest(requests, &round.answers));
    let exporter = sweeper.asker.exporter();
    let volatile = widest.and_then(|at| volatile(exporter, requests[at], content_budget, mark));
    Sweep {
        requests: requests.to_vec(),
        answers: sweeper.answers,
        contents: sweeper.contents,
        rounds,
        volatile,
        untold: sweeper.untold,
        effects: Vec::new(),
    }
}

/// What became of a view: the aftermath and the exception after the release, as an index plus one.
type Ending = (Aftermath, u32);

/// A distinct view, and what became of it each time.
struct Distinct {
    view: View,
    /// Something changed before a release: look closely every time.
    suspect: bool,
    endings: Vec<(Ending, u32)>,
}

pub(crate) struct Sweeper<'a, 'py> {
    py: Python<'py>,
    asker: Asker<'a, 'py>,
    /// For a class with `__buffer__`: makes a fresh object.
    anew: Option<Anew<'a, 'py>>,
    /// The word that was granted last, by this object or the one before.
    granted: Option<i32>,
    untold: Vec<i32>,
    /// What the interpreter itself refuses may leave an object behind that waits for a release.
    suspicious: bool,
    content_budget: usize,
    key: Key,
    views: KeyMap<u32>,
    distinct: Vec<Distinct>,
    refusals: KeyMap<Vec<(Option<i64>, u32)>>,
    answers: Vec<Answer>,
    contents: Vec<Content>,
    content_index: HashMap<Content, u32>,
    raised: Vec<Raised>,
    /// Types of exceptions in keys, which are told apart by address.
    kept: Vec<Py<PyAny>>,
}

impl<'a, 'py> Sweeper<'a, 'py> {
    pub(crate) fn new(exporter: &Bound<'py, PyAny>, content_budget: usize, mark: &'a Marker) -> Self {
        Self {
            py: exporter.py(),
            asker: Asker::new(exporter, mark),
            anew: None,
            granted: None,
            untold: Vec::new(),
            suspicious: false,
            content_budget,
            key: Key::new(),
            views: KeyMap::default(),
            distinct: Vec::new(),
            refusals: KeyMap::default(),
            answers: Vec::new(),
            contents: Vec::new(),
            content_index: HashMap::new(),
            raised: Vec::new(),
            kept: Vec::new(),
        }
    }

    fn round(&mut self, requests: &[i32], plan: RoundPlan) -> Round {
        self.asker.begin_round();
        let mut before = self.asker.count();
        let mut answers = vec![None; requests.len()];
        for position in plan.order.positions(requests.len()) {
            answers[position] = Some(self.answer(requests[position], plan.poison));
            if self.is_stuck(requests[position]) && self.start_anew() {
                before = self.asker.count();
            }
        }
        let widest = self.widest(requests, &answers);
        let content_after = widest.and_then(|at| self.content_now(requests[at]));
        let references = self.kept(before);
        Round {
            poison: plan.poison,
            answers,
            content_after,
            references,
        }
    }

    /// The position of the widest request that was granted.
    fn widest(&self, requests: &[i32], answers: &[Option<u32>]) -> Option<usize> {
        let granted = |at: usize| {
            matches!(
                answers[at].map(|index| &self.answers[index as usize]),
                Some(Answer::Granted(_))
            )
        };
        let listed = |flags: &i32| requests.iter().position(|request| request == flags);
        let mut widest = WIDEST.iter().filter_map(listed).chain(0..requests.len());
        widest.find(|at| granted(*at))
    }

    /// What became of the exporter's references since there were so many, once garbage is collected; `None` where they
    /// do not move, or are as many as before at once.
    fn kept(&self, before: Option<i64>) -> Option<i64> {
        let (before, now) = before.zip(self.asker.count())?;
        if now == before {
            return None;
        }
        // Garbage only adds references; an object that lost some is better not shown to the collector.
        if now > before {
            collect(self.py);
        }
        Some(self.asker.count()? - before)
    }

    /// Asks once; the index of the answer.
    #[inline]
    pub(crate) fn answer(&mut self, flags: i32, poison: u8) -> u32 {
        let raised = self.asker.ask(flags, poison);
        if self.asker.granted() {
            self.granted = Some(flags);
            self.grant(raised)
        } else {
            // A refusal of the class itself has a traceback.
            self.suspicious =
                self.anew.is_some() && !raised.as_ref().is_some_and(Exception::is_raised_in_python);
            self.refusal(raised)
        }
    }

    /// Whether an object that has just refused `flags`, of itself or not, refuses what it granted before.
    fn is_stuck(&mut self, flags: i32) -> bool {
        if !std::mem::take(&mut self.suspicious) {
            return false;
        }
        let Some(granted) = self.granted else { return false };
        let raised = self.asker.ask(granted, UNRECORDED_POISON);
        let refused = !self.asker.granted();
        drop(raised);
        if !refused {
            let changed = self.asker.reread(false);
            drop(self.asker.release(changed));
        } else if !self.untold.contains(&flags) {
            self.untold.push(flags);
        }
        refused
    }

    /// Goes on with a fresh object; whether there is one.
    fn start_anew(&mut self) -> bool {
        let Some(fresh) = self.anew.and_then(|anew| anew(self.py)) else {
            return false;
        };
        self.asker.turn_to(fresh);
        true
    }

    #[inline]
    fn grant(&mut self, mut raised: Option<Exception<'py>>) -> u32 {
        self.key.of_view(&self.asker.seen, raised.as_ref());
        let (known, thorough) = match self.views.get(self.key.words()) {
            Some(known) => (*known as usize, self.distinct[*known as usize].suspect),
            None => (self.new_view(raised.as_mut()), true),
        };
        drop(raised);
        let changed = self.asker.reread(thorough);
        if !changed.is_empty() {
            self.distinct[known].suspect = true;
        }
        let (aftermath, exception) = self.asker.release(changed);
        let exception = match exception {
            None => 0,
            Some(mut exception) => self.intern_raised(&mut exception),
        };
        let ending = (aftermath, exception);
        match self.distinct[known]
            .endings
            .iter()
            .find(|(seen, _)| *seen == ending)
        {
            Some((_, answer)) => *answer,
            None => self.new_ending(known, ending),
        }
    }

    #[cold]
    fn new_view(&mut self, mut raised: Option<&mut Exception<'py>>) -> usize {
        let mut view = view(self.py, &self.asker.seen, raised.as_deref_mut());
        self.asker.mistrust();
        view.content = self.read(&view);
        self.kept.extend(raised.and_then(|raised| raised.keep_kind()));
        let index = self.distinct.len();
        self.distinct.push(Distinct {
            view,
            suspect: false,
            endings: Vec::new(),
        });
        self.views.insert(self.key.words().into(), as_index(index));
        index
    }

    #[cold]
    fn new_ending(&mut self, known: usize, ending: Ending) -> u32 {
        let (aftermath, exception) = ending;
        let answer = as_index(self.answers.len());
        let mut view = self.distinct[known].view.clone();
        view.changed = aftermath.changed;
        view.overrun = aftermath.overrun;
        view.unreleased = aftermath.unreleased;
        view.references = aftermath.references;
        view.obj_references = aftermath.obj_references;
        view.raised_by_release = (exception as usize)
            .checked_sub(1)
            .map(|index| self.raised[index].clone());
        self.answers.push(Answer::Granted(Box::new(view)));
        self.distinct[known].endings.push((ending, answer));
        answer
    }

    #[inline]
    fn refusal(&mut self, mut raised: Option<Exception<'py>>) -> u32 {
        self.key.of_refusal(&self.asker.seen, raised.as_ref());
        if let Some(seen) = self.refusals.get(self.key.words()) {
            drop(raised);
            let references = self.asker.count_since();
            if let Some((_, answer)) = seen.iter().find(|(count, _)| *count == references) {
                return *answer;
            }
            let (_, alike) = seen[0];
            let Answer::Refused(mut refusal) = self.answers[alike as usize].clone() else {
                unreachable!("keys of refusals lead to refusals");
            };
            refusal.references = references;
            return self.new_refusal(refusal);
        }
        let refusal = Refusal {
            obj: self.asker.obj(),
            raised: raised.as_mut().map(Exception::describe),
            references: None,
            overrun: self.asker.seen.asked.overrun,
        };
        self.kept.extend(raised.as_ref().and_then(Exception::keep_kind));
        drop(raised);
        let references = self.asker.count_since();
        self.new_refusal(Refusal {
            references,
            ..refusal
        })
    }

    #[cold]
    fn new_refusal(&mut self, refusal: Refusal) -> u32 {
        let answer = as_index(self.answers.len());
        let counted = (refusal.references, answer);
        self.answers.push(Answer::Refused(refusal));
        self.refusals
            .entry(self.key.words().into())
            .or_default()
            .push(counted);
        answer
    }

    /// Asks once more, only to read; the content, if it was granted again.
    fn content_now(&mut self, flags: i32) -> Option<u32> {
        let raised = self.asker.ask(flags, UNRECORDED_POISON);
        if !self.asker.granted() {
            return None;
        }
        drop(raised);
        let view = view(self.py, &self.asker.seen, None);
        let content = self.read(&view);
        let changed = self.asker.reread(false);
        drop(self.asker.release(changed));
        content
    }

    fn read(&mut self, view: &View) -> Option<u32> {
        let mut content = content::read(view, self.content_budget)?;
        extent::try_writing(view, &mut content);
        if let Some(index) = self.content_index.get(&content) {
            return Some(*index);
        }
        let index = as_index(self.contents.len());
        self.contents.push(content.clone());
        self.content_index.insert(content, index);
        Some(index)
    }

    /// The index of an exception, plus one.
    #[cold]
    fn intern_raised(&mut self, exception: &mut Exception<'_>) -> u32 {
        let raised = exception.describe();
        let found = self.raised.iter().position(|known| *known == raised);
        let index = found.unwrap_or_else(|| {
            self.raised.push(raised);
            self.raised.len() - 1
        });
        as_index(index + 1)
    }
}

/// A sweep has far fewer answers than `u32` counts: at most one for each request and round of a bounded line.
fn as_index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
