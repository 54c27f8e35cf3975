//! A trace beside the acts it was noted of.
//!
//! Knows how to find what was noted of a named thing, up to a place in the scenario. Must never know what
//! is expected of it.

use super::background::Background;
use bufcheck_model::observation::{Answer, Content, Raised, View, Volatile};
use bufcheck_model::scenario::Act;
use bufcheck_model::scenario::{Block, Neighbour, Played, Reading, Release, Seen, SlotOrigins};

/// What was played up to some act.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play<'a> {
    played: &'a Played,
    events: &'a [(&'a Act, &'a Seen)],
    background: &'a Background,
}

/// Acts and what was noted of them, in order, as far as they go together: a recorded trace may be of an earlier wording
/// of the scenario.
pub(crate) fn events<'a>(acts: &'a [Act], played: &'a Played) -> Vec<(&'a Act, &'a Seen)> {
    let done = acts
        .iter()
        .flat_map(Act::flat)
        .filter(|act| !matches!(act, Act::Expect(_)));
    done.zip(&played.trace.seen)
        .take_while(|(act, seen)| fits(act, seen))
        .collect()
}

/// Whether this may be noted of such an act.
fn fits(act: &Act, seen: &Seen) -> bool {
    match seen {
        Seen::Done | Seen::Impossible(_) | Seen::Fault(_) => true,
        Seen::Asked(_) => matches!(act, Act::Ask { .. }),
        Seen::Read(_) => matches!(act, Act::Read { .. }),
        Seen::Wrote { .. } => matches!(act, Act::Write { .. }),
        Seen::Compared { .. } => matches!(act, Act::Compare { .. }),
        Seen::Block(_) => matches!(act, Act::Block { .. }),
        Seen::Released(_) => matches!(
            act,
            Act::Release { .. }
                | Act::ReleaseCopy { .. }
                | Act::ReleaseTwice { .. }
                | Act::PendingException { .. }
        ),
        Seen::Ran { .. } => matches!(act, Act::Mutate { .. } | Act::Call { .. }),
        Seen::Outgrown { .. } => matches!(act, Act::Outgrow { .. }),
        Seen::Called { .. } => matches!(act, Act::Call { .. }),
        Seen::Counted(_) | Seen::Recounted { .. } => matches!(act, Act::Count { .. }),
        Seen::Holders(_) => matches!(act, Act::Holders { .. }),
        Seen::Beside(_) => matches!(act, Act::Beside { .. }),
        Seen::Slots(_) => matches!(act, Act::Slots { .. }),
        Seen::Alive(_) => matches!(act, Act::Alive { .. }),
        Seen::Held { .. } => matches!(act, Act::Hold { .. }),
        Seen::ReadAll { .. } => matches!(act, Act::ReadAll { .. } | Act::ReleaseAll { .. }),
        Seen::Repeated { .. } => matches!(act, Act::Repeat { .. }),
        Seen::Threads { .. } => matches!(act, Act::Threads { .. }),
    }
}

impl<'a> Play<'a> {
    pub(super) fn new(
        played: &'a Played,
        events: &'a [(&'a Act, &'a Seen)],
        background: &'a Background,
    ) -> Self {
        Self {
            played,
            events,
            background,
        }
    }

    /// Whether the bytes of a view that is held are the object's own affair: nobody else writes them.
    pub(super) fn is_steady(&self) -> bool {
        self.background.volatile != Some(Volatile::Held)
    }

    /// Whether, besides, views that are asked alike show the same bytes as long as nothing is done.
    pub(super) fn is_constant(&self) -> bool {
        self.background.volatile.is_none()
    }

    /// The statement that stands for the bound mutator, in words.
    pub(super) fn statement(&self, name: &str) -> String {
        let code = self.find(|act| match act {
            Act::Mutate { name: own, code, .. } if own == name => Some(code.clone()),
            _ => None,
        });
        let code = code
            .and_then(|(code, _)| code)
            .or_else(|| self.played.mutator.clone());
        code.map_or_else(|| "the statement".to_owned(), |code| format!("`{code}`"))
    }

    /// The latest act that `choose` wants, and what was noted of it.
    fn find<T>(&self, choose: impl Fn(&'a Act) -> Option<T>) -> Option<(T, &'a Seen)> {
        self.events
            .iter()
            .rev()
            .find_map(|(act, seen)| choose(act).map(|found| (found, *seen)))
    }

    /// The answer to the request for this view.
    pub(super) fn answer(&self, view: &str) -> Option<&'a Answer> {
        match self
            .find(|act| matches!(act, Act::Ask { view: name, .. } if name == view).then_some(()))?
            .1
        {
            Seen::Asked(answer) => Some(answer),
            _ => None,
        }
    }

    /// The view as it was granted.
    pub(super) fn granted(&self, view: &str) -> Option<&'a View> {
        match self.answer(view)? {
            Answer::Granted(view) => Some(view),
            Answer::Refused(_) => None,
        }
    }

    /// The readings of the view, the latest first.
    pub(super) fn readings(&self, view: &'a str) -> impl Iterator<Item = &'a Reading> + use<'a> {
        let events = self.events;
        events
            .iter()
            .rev()
            .filter_map(move |(act, seen)| match (act, seen) {
                (Act::Read { view: name }, Seen::Read(reading)) if name == view => Some(reading),
                _ => None,
            })
    }

    /// What was read of the view, the latest first.
    pub(super) fn contents(&self, view: &'a str) -> impl Iterator<Item = &'a Content> {
        self.readings(view)
            .filter_map(|reading| self.content(reading.content))
    }

    /// The content of this number.
    pub(super) fn content(&self, number: Option<u32>) -> Option<&'a Content> {
        self.played.trace.contents.get(number? as usize)
    }

    /// The content as it was granted.
    pub(super) fn first_content(&self, view: &str) -> Option<&'a Content> {
        self.content(self.granted(view)?.content)
    }

    /// The content at the latest reading.
    pub(super) fn latest_content(&self, view: &'a str) -> Option<&'a Content> {
        self.content(self.readings(view).next()?.content)
    }

    /// The content at the latest reading before a mutation; as it was granted, if there was none.
    pub(super) fn content_before(&self, mutation: &str, view: &'a str) -> Option<&'a Content> {
        let end = self.place_of(mutation)?;
        let before = Self::new(self.played, &self.events[..end], self.background);
        before.latest_content(view).or_else(|| before.first_content(view))
    }

    /// The contents at all readings since a mutation, the latest last.
    pub(super) fn contents_since(&self, mutation: &str, view: &'a str) -> Vec<&'a Content> {
        let Some(end) = self.place_of(mutation) else {
            return Vec::new();
        };
        let since = Self::new(self.played, &self.events[end..], self.background);
        let mut contents: Vec<&Content> = since.contents(view).collect();
        contents.reverse();
        contents
    }

    /// Where a mutation stands among the events.
    fn place_of(&self, mutation: &str) -> Option<usize> {
        let ran = |(act, _): &(&Act, &Seen)| matches!(act, Act::Mutate { name, .. } if name == mutation);
        self.events.iter().rposition(ran)
    }

    /// Whether a mutation is one that the subject declares or its type is known for, not one that the scenario names.
    pub(super) fn is_declared(&self, mutation: &str) -> bool {
        let named = |act: &Act| match act {
            Act::Mutate { name, code, .. } => (name == mutation).then_some(code.is_none()),
            Act::Outgrow { name, .. } => (name == mutation).then_some(true),
            _ => None,
        };
        self.find(named).is_some_and(|(declared, _)| declared)
    }

    /// What came of a mutation: the exception, if it raised.
    pub(super) fn ran(&self, mutation: &str) -> Option<Option<&'a Raised>> {
        let named = |act: &Act| match act {
            Act::Mutate { name, .. } | Act::Outgrow { name, .. } => name == mutation,
            _ => false,
        };
        match self.find(|act| named(act).then_some(()))?.1 {
            Seen::Ran { raised } | Seen::Outgrown { raised, .. } => Some(raised.as_ref()),
            _ => None,
        }
    }

    /// What came of a call.
    pub(super) fn called(&self, call: &str) -> Option<(&'a str, &'a Seen)> {
        self.find(|act| match act {
            Act::Call { name, code } if name == call => Some(code.as_str()),
            _ => None,
        })
    }

    /// The release of the view, however it was done.
    pub(super) fn release(&self, view: &str) -> Option<&'a Release> {
        let named = |act: &Act| {
            let (Act::Release { view: name }
            | Act::ReleaseCopy { view: name }
            | Act::ReleaseTwice { view: name }
            | Act::PendingException { release: name }) = act
            else {
                return None;
            };
            (name == view).then_some(())
        };
        match self.find(named)?.1 {
            Seen::Released(release) => Some(release),
            _ => None,
        }
    }

    /// The block around `buf` of a view, as it was noted last.
    pub(super) fn block(&self, view: &str) -> Option<&'a Block> {
        let named = |act: &Act| matches!(act, Act::Block { view: name } if name == view).then_some(());
        match self.find(named)?.1 {
            Seen::Block(block) => block.as_ref(),
            _ => None,
        }
    }

    /// The contents of two views at the latest comparison.
    pub(super) fn compared(&self, left: &str, right: &str) -> Option<(&'a Content, &'a Content)> {
        let named = |act: &Act| {
            matches!(act, Act::Compare { left: one, right: other } if one == left && other == right)
                .then_some(())
        };
        match self.find(named)?.1 {
            Seen::Compared { left, right } => Some((self.content(Some(*left))?, self.content(Some(*right))?)),
            _ => None,
        }
    }

    /// A reference count.
    pub(super) fn count(&self, count: &str) -> Option<i64> {
        match self
            .find(|act| matches!(act, Act::Count { name, .. } if name == count).then_some(()))?
            .1
        {
            Seen::Counted(count) => *count,
            Seen::Recounted { kept, .. } => Some(*kept),
            _ => None,
        }
    }

    /// Whether a dropped object was still there when it was last looked for.
    pub(super) fn alive(&self, object: &str) -> Option<bool> {
        match self
            .find(|act| matches!(act, Act::Alive { object: name } if name == object).then_some(()))?
            .1
        {
            Seen::Alive(alive) => *alive,
            _ => None,
        }
    }

    /// What refers to a dropped object that is still there, when that was noted last.
    pub(super) fn holders(&self, object: &str) -> Option<&'a [String]> {
        let named = |act: &Act| matches!(act, Act::Holders { object: name } if name == object).then_some(());
        match self.find(named)?.1 {
            Seen::Holders(holders) => holders.as_deref(),
            _ => None,
        }
    }

    /// Views that were asked beside a held one.
    pub(super) fn beside(&self, view: &str) -> Option<&'a [Neighbour]> {
        let named = |act: &Act| matches!(act, Act::Beside { view: name, .. } if name == view).then_some(());
        match self.find(named)?.1 {
            Seen::Beside(neighbours) => Some(neighbours),
            _ => None,
        }
    }

    /// Where the slots of an object come from.
    pub(super) fn slots(&self, object: &str) -> Option<&'a SlotOrigins> {
        let named = |act: &Act| matches!(act, Act::Slots { object: name } if name == object).then_some(());
        match self.find(named)?.1 {
            Seen::Slots(origins) => Some(origins),
            _ => None,
        }
    }

    /// The request for several views.
    pub(super) fn held(&self, views: &str) -> Option<&'a Seen> {
        Some(
            self.find(|act| matches!(act, Act::Hold { views: name, .. } if name == views).then_some(()))?
                .1,
        )
    }

    /// The readings of several views, also those during their release.
    pub(super) fn read_all(&self, views: &'a str) -> impl Iterator<Item = &'a Seen> + use<'a> {
        let events = self.events;
        events.iter().filter_map(move |(act, seen)| {
            let (Act::ReadAll { views: name } | Act::ReleaseAll { views: name, .. }) = act else {
                return None;
            };
            (name == views).then_some(*seen)
        })
    }

    /// A repetition.
    pub(super) fn repeated(&self, repeat: &str) -> Option<&'a Seen> {
        Some(
            self.find(|act| matches!(act, Act::Repeat { name, .. } if name == repeat).then_some(()))?
                .1,
        )
    }

    /// A tumult.
    pub(super) fn threads(&self, threads: &str) -> Option<&'a Seen> {
        Some(
            self.find(|act| matches!(act, Act::Threads { name, .. } if name == threads).then_some(()))?
                .1,
        )
    }

    /// A write through this view.
    pub(super) fn wrote(&self, view: &str) -> Option<(u64, bool)> {
        match self
            .find(|act| matches!(act, Act::Write { view: name } if name == view).then_some(()))?
            .1
        {
            Seen::Wrote { bytes, written } => Some((*bytes, *written)),
            _ => None,
        }
    }
}
