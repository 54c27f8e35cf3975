//! One scenario, from the first act to the last release.
//!
//! Knows the objects and views that are alive and the entries noted so far. Must never know how a single act
//! works: that is for [`super::acts`] and its neighbours.

use std::collections::{BTreeMap, BTreeSet};

use bufcheck_model::observation::{Content, Phase, Raised};
use bufcheck_model::scenario::{Act, Bindings, Played, Script, Seen, Trace};
use pyo3::prelude::*;

use crate::host::mark::Marker;
use crate::look::object::{Counts, collect};
use crate::look::{Held, Way};

use super::held::release;
use super::python::{self, Objects, Unraisable};

/// Makes a fresh object of the subject.
pub(crate) type Remake<'a> = dyn Fn(Python<'_>) -> Result<Py<PyAny>, Raised> + 'a;

/// Makes an object of the same type with other items; `None` where none is declared.
pub(crate) type MakeSibling<'a> = dyn Fn(Python<'_>) -> Option<Result<Py<PyAny>, Raised>> + 'a;

/// How the objects of a play are made.
pub(crate) struct Makers<'a> {
    /// Those of the subject.
    pub(crate) make: &'a Remake<'a>,
    /// Others of its type.
    pub(crate) sibling: &'a MakeSibling<'a>,
}

/// Plays a scenario. `template` is an object that was made before; `content_budget` is in bytes, for each
/// reading.
pub(crate) fn play(
    py: Python<'_>,
    script: &Script,
    makers: &Makers<'_>,
    template: &Bound<'_, PyAny>,
    content_budget: usize,
    mark: &Marker,
) -> Played {
    // What was imported before need not be looked through at every collection.
    python::freeze(py);
    let mut player = Player {
        make: makers.make,
        make_sibling: makers.sibling,
        mark,
        bindings: &script.bindings,
        content_budget,
        counts: Counts::new(py),
        unraisable: Unraisable::listen(py),
        objects: Objects::new(),
        counted: BTreeMap::new(),
        dropped: BTreeMap::new(),
        views: BTreeMap::new(),
        refused: BTreeSet::new(),
        groups: BTreeMap::new(),
        sited: sited(&script.acts),
        contents: Vec::new(),
        muted: false,
        template: template.as_ptr() as usize,
        shared: false,
    };
    let mut seen = Vec::new();
    let whole = player.acts(py, &script.acts, &mut seen);
    if !whole {
        // What is impossible is the last entry; later acts would only be about things that are not there.
        debug_assert!(matches!(seen.last(), Some(Seen::Impossible(_) | Seen::Fault(_))));
    }
    let trace = Trace {
        seen,
        contents: player.end(py),
    };
    Played {
        scenario: script.scenario.clone(),
        mutator: script.bindings.mutator.clone(),
        trace,
        ended: None,
        once_in: None,
        crash: None,
    }
}

/// The views whose blocks a script notes.
fn sited(acts: &[Act]) -> BTreeSet<String> {
    let named = |act: &Act| match act {
        Act::Block { view } => Some(view.clone()),
        _ => None,
    };
    acts.iter().flat_map(Act::flat).filter_map(named).collect()
}

/// The state of a play.
pub(super) struct Player<'a> {
    pub(super) make: &'a Remake<'a>,
    pub(super) make_sibling: &'a MakeSibling<'a>,
    pub(super) mark: &'a Marker,
    pub(super) bindings: &'a Bindings,
    content_budget: usize,
    pub(super) counts: Counts,
    pub(super) unraisable: Unraisable,
    pub(super) objects: Objects,
    /// References of each object when it was counted last.
    pub(super) counted: BTreeMap<String, i64>,
    /// Weak references to objects that were dropped.
    pub(super) dropped: BTreeMap<String, Option<Py<PyAny>>>,
    pub(super) views: BTreeMap<String, Held>,
    /// Views that were asked for and refused: acts about them have nothing to do.
    pub(super) refused: BTreeSet<String>,
    pub(super) groups: BTreeMap<String, Vec<Option<Held>>>,
    /// Views whose blocks will be noted.
    pub(super) sited: BTreeSet<String>,
    contents: Vec<Content>,
    /// Within a repetition nothing is read but what an act itself needs.
    pub(super) muted: bool,
    /// The address of an object that was made before the play.
    pub(super) template: usize,
    /// Every `make` gives that very object, so that it must not be changed.
    pub(super) shared: bool,
}

impl Player<'_> {
    /// The content of a view as the number of an entry; `None` where there is nothing to read.
    pub(super) fn read(&mut self, view: &bufcheck_model::observation::View) -> Option<u32> {
        let content = self.content(view)?;
        Some(self.intern(content))
    }

    /// The content of a view.
    pub(super) fn content(&self, view: &bufcheck_model::observation::View) -> Option<Content> {
        crate::look::content::read(view, self.content_budget)
    }

    /// The number of a content.
    pub(super) fn intern(&mut self, content: Content) -> u32 {
        let known = self.contents.iter().position(|known| *known == content);
        let index = known.unwrap_or_else(|| {
            self.contents.push(content);
            self.contents.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Gives back whatever is still held and drops whatever is still there.
    fn end(mut self, py: Python<'_>) -> Vec<Content> {
        self.mark.phase(Phase::Release);
        while let Some((_, held)) = self.views.pop_last() {
            release(held, py, Way::Plain, Some(&self.unraisable));
        }
        for held in std::mem::take(&mut self.groups).into_values().flatten().flatten() {
            release(held, py, Way::Plain, Some(&self.unraisable));
        }
        self.mark.phase(Phase::Drop);
        self.objects.clear();
        self.dropped.clear();
        collect(py);
        self.unraisable.stop(py);
        self.mark.phase(Phase::Idle);
        self.contents
    }
}
