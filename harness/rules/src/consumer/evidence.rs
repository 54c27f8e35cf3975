//! What is known of a consumer, and what follows from it at once.
//!
//! Knows calls, spies and their twins. Must never know a rule.

use bufcheck_model::case::ConsumerCase;
use bufcheck_model::spy::{Call, Consumed, Dress, Ended, Event, History, Oracle, Spied, Spy, Told, Twin};
use bufcheck_protocol::request::Request;

/// Everything observed of one consumer.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// What is declared of it.
    pub case: &'a ConsumerCase,
    calls: Vec<Seen<'a>>,
    /// Equal buffers give equal results.
    steady: bool,
    /// It tells formats of one size apart.
    tells_formats: bool,
}

/// One call and what was seen in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) call: Call,
    pub(super) spy: &'a Spy,
    pub(super) spied: &'a Spied,
    pub(super) dress: Dress,
}

impl<'a> Seen<'a> {
    /// The requests, in order, and whether each was granted.
    pub(super) fn asked(&self) -> impl DoubleEndedIterator<Item = (Request, bool)> + use<'a> {
        self.spied.events.iter().filter_map(|event| match event {
            Event::Asked { request, granted, .. } => Some((*request, *granted)),
            Event::Released { .. } => None,
        })
    }

    /// The requests that were granted.
    pub(super) fn granted(&self) -> impl DoubleEndedIterator<Item = Request> + use<'a> {
        self.asked()
            .filter(|(_, granted)| *granted)
            .map(|(request, _)| request)
    }

    /// Whether it asked for anything.
    pub(super) fn asks(&self) -> bool {
        self.asked().next().is_some()
    }

    /// Every different request.
    pub(super) fn requests(&self) -> Vec<Request> {
        let mut all: Vec<Request> = self.asked().map(|(request, _)| request).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether a granted request held all these bits.
    pub(super) fn was_given(&self, word: Request) -> bool {
        self.granted().any(|request| request.contains(word))
    }

    /// It asked, and every request was refused.
    pub(super) fn is_refused(&self) -> bool {
        self.asks() && self.granted().next().is_none()
    }

    /// The result, where nothing was touched that must not be.
    pub(super) fn result(&self) -> Option<&'a Told> {
        match &self.spied.ended {
            Ended::Returned(told) if self.spied.faults.is_empty() => Some(told),
            Ended::Returned(_) | Ended::Unreadable(_) | Ended::Raised { .. } | Ended::Died(_) => None,
        }
    }

    /// The result is the buffer itself, unread.
    pub(super) fn hands_back(&self) -> bool {
        matches!(&self.spied.ended, Ended::Returned(told) if told.is_unread())
    }

    /// It came back with a result.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.spied.ended, Ended::Returned(_))
    }

    /// It came back with an exception.
    pub(super) fn raised(&self) -> bool {
        matches!(self.spied.ended, Ended::Raised { .. })
    }

    /// Result and memory are as in another call.
    fn is_like(&self, other: &Self) -> Option<bool> {
        let (ours, theirs) = (self.result()?, other.result()?);
        let memory = |seen: &Self| seen.spied.written.as_ref().map(|written| written.digest);
        Some(ours.digest == theirs.digest && memory(self) == memory(other))
    }
}

impl<'a> Evidence<'a> {
    /// Puts together what was planned and what was seen; calls that were not made are left out.
    pub fn new(case: &'a ConsumerCase, spies: &'a [Spy], calls: &[Call], seen: &'a Consumed) -> Self {
        let together = calls.iter().zip(&seen.calls).filter_map(|(call, spied)| {
            Some(Seen {
                call: *call,
                spy: spies.get(call.spy)?,
                spied,
                dress: seen.dress,
            })
        });
        let mut evidence = Self {
            case,
            calls: together.collect(),
            steady: true,
            tells_formats: false,
        };
        evidence.steady = evidence.is_steady();
        evidence.tells_formats = !case.formats.is_empty() || evidence.does_tell_formats();
        evidence
    }

    /// What is known of a history, besides what one call of each spy shows.
    pub(super) fn of_history(&self, history: &'a History, spies: &'a [Spy]) -> Self {
        let calls = history.calls.iter().zip(spies).zip(&history.seen.calls);
        let seen = calls.map(|((call, spy), spied)| Seen {
            call: *call,
            spy,
            spied,
            dress: history.seen.dress,
        });
        Self {
            case: self.case,
            calls: seen.collect(),
            steady: self.steady,
            tells_formats: self.tells_formats,
        }
    }

    /// The same, of a consumer whose results depend on what it was called with before.
    #[must_use]
    pub fn unsteady(self) -> Self {
        Self {
            steady: false,
            ..self
        }
    }

    /// The calls with spies.
    pub(super) fn spied(&self) -> impl Iterator<Item = Seen<'a>> {
        self.calls.iter().filter(|seen| seen.call.twin.is_none()).copied()
    }

    /// The same call with a twin of its spy.
    pub(super) fn twin(&self, seen: &Seen<'_>, twin: Twin) -> Option<Seen<'a>> {
        self.twins(seen)
            .find(|other| other.call.moved == seen.call.moved && other.call.twin == Some(twin))
    }

    /// The same call with all its twins, whatever their content.
    pub(super) fn twins(&self, seen: &Seen<'_>) -> impl Iterator<Item = Seen<'a>> {
        let (spy, readonly) = (seen.spy.id.as_str(), seen.call.readonly);
        let wanted = move |other: &&Seen<'a>| {
            other.call.twin.is_some() && other.spy.id == spy && other.call.readonly == readonly
        };
        self.calls.iter().filter(wanted).copied()
    }

    /// A call with another spy, dressed as this one.
    pub(super) fn other(&self, id: &str, readonly: i32) -> Option<Seen<'a>> {
        let wanted = |seen: &Seen<'a>| seen.spy.id == id && seen.call.readonly == readonly;
        self.spied().find(wanted)
    }

    /// The sizes of the items of plain spies.
    pub(super) fn plain_sizes(&self) -> Vec<usize> {
        let plain = self.spied().filter(|seen| seen.spy.blames.is_none());
        plain.map(|seen| seen.spy.itemsize).collect()
    }

    /// Whether results can be compared at all.
    pub fn steady(&self) -> bool {
        self.steady
    }

    /// Whether formats of one size make a difference to it.
    pub(super) fn tells_formats(&self) -> bool {
        self.tells_formats
    }

    /// Whether it asked any spy for anything.
    pub fn asked_anything(&self) -> bool {
        self.spied().any(|seen| seen.asks())
    }

    /// Whether it asks for a shape, of whatever spy.
    pub(super) fn asks_shapes(&self) -> bool {
        self.spied()
            .any(|seen| seen.asked().any(|(request, _)| request.wants_shape()))
    }

    /// The different words that it asks, in the order in which they come first.
    pub fn words(&self) -> Vec<Request> {
        let mut words = Vec::new();
        for (request, _) in self.spied().flat_map(|seen| seen.asked()) {
            if !words.contains(&request) {
                words.push(request);
            }
        }
        words
    }

    /// What the oracle raised, if it raised wherever it was asked.
    pub fn oracle_raised(&self) -> Option<&'a str> {
        let mut raised = None;
        for seen in &self.calls {
            match &seen.spied.oracle {
                Some(Oracle::Raises(told)) => raised = raised.or(Some(told.as_str())),
                Some(Oracle::Agrees | Oracle::Differs(_)) => return None,
                None => {}
            }
        }
        raised
    }

    /// Whether the oracle agrees with a result for items of another format, and with none for this one.
    pub(super) fn is_right_elsewhere(&self, format: &str) -> bool {
        let agrees = |seen: &Seen<'_>| seen.spied.oracle == Some(Oracle::Agrees);
        let mut right = self.spied().filter(agrees).peekable();
        right.peek().is_some() && right.all(|seen| seen.spy.format != format)
    }

    /// Whether it came to no result, whatever it was given.
    pub fn never_answers(&self) -> bool {
        self.spied().all(|seen| seen.raised())
    }

    /// What it raises in the end for plain bytes that it took at first: a limit was met, and what it refused before that
    /// need not be the fault of a buffer.
    pub fn worn_out(&self) -> Option<String> {
        let last = self.calls.iter().rev().find(|seen| seen.spy.is_plain())?;
        let first = self.other(&last.spy.id, last.call.readonly)?;
        match &last.spied.ended {
            Ended::Raised {
                type_name, message, ..
            } if first.is_answered() => Some(format!("{type_name}: {message}")),
            Ended::Raised { .. } | Ended::Returned(_) | Ended::Unreadable(_) | Ended::Died(_) => None,
        }
    }

    /// What it came to where it never asked.
    pub fn result(&self) -> Option<&'a str> {
        self.spied().find_map(|seen| Some(seen.result()?.text.as_str()))
    }

    /// What it said where it never asked.
    pub fn complaint(&self) -> Option<String> {
        self.spied().find_map(|seen| match &seen.spied.ended {
            Ended::Raised {
                type_name, message, ..
            } => Some(format!("{type_name}: {message}")),
            Ended::Returned(_) | Ended::Unreadable(_) | Ended::Died(_) => None,
        })
    }

    /// How many requests were granted and refused, and calls that ended the process.
    pub fn counts(&self) -> (usize, usize, usize) {
        let all = || self.spied().flat_map(|seen| seen.asked());
        let granted = all().filter(|(_, granted)| *granted).count();
        let died = self
            .spied()
            .filter(|seen| matches!(seen.spied.ended, Ended::Died(_)));
        (granted, all().count() - granted, died.count())
    }

    /// A spy of plain bytes and its twins are the same to whoever looks at the buffer alone, also after all other calls:
    /// what shows something of an earlier call is not judged by what it shows.
    fn is_steady(&self) -> bool {
        self.spied().filter(|seen| seen.spy.is_plain()).all(|seen| {
            let same = |other: &&Seen<'_>| {
                other.spy.id == seen.spy.id
                    && other.call.readonly == seen.call.readonly
                    && matches!(other.call.twin, Some(Twin::Bytes | Twin::Layout))
            };
            let mut twins = self.calls.iter().filter(same);
            !twins.any(|twin| seen.is_like(twin) == Some(false))
        })
    }

    /// The same bytes as ints and as floats are not the same to it, or one type is taken and another of its size is not.
    fn does_tell_formats(&self) -> bool {
        let differ = |one: &str, other: &str| {
            [1, 0].into_iter().any(|readonly| {
                let (Some(one), Some(other)) = (self.other(one, readonly), self.other(other, readonly))
                else {
                    return false;
                };
                (one.result().is_some() && other.raised()) || (one.raised() && other.result().is_some())
            })
        };
        let same_bytes = [1, 0].into_iter().any(|readonly| {
            let ints = self.other("spies/ints/plain", readonly);
            let floats = self.other("spies/floats/bytes-of-ints", readonly);
            ints.zip(floats).and_then(|(ints, floats)| ints.is_like(&floats)) == Some(false)
        });
        same_bytes
            || differ("spies/ints/plain", "spies/floats/plain")
            || differ("spies/long-longs/plain", "spies/doubles/plain")
            || differ("spies/bytes/plain", "spies/chars/plain")
            || differ("spies/signed/plain", "spies/bools/plain")
    }

    /// Whether result and memory of two calls are the same, where both can be compared.
    pub(super) fn alike(one: &Seen<'_>, other: &Seen<'_>) -> Option<bool> {
        one.is_like(other)
    }
}
