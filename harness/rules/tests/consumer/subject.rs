//! A consumer that does everything right, and ways to spoil it.
//!
//! Knows what such a consumer shows with each spy. Must never know a rule.

use bufcheck_model::case::ConsumerCase;
use bufcheck_model::compat::Cell;
use bufcheck_model::observation::FieldSet;
use bufcheck_model::spy::{
    Call, Consumed, Dress, Ended, Event, Flush, History, Met, Moment, Released, Spied, Spy, Told, Twin,
};
use bufcheck_protocol::request::Request;
use bufcheck_rules::Hit;
use bufcheck_rules::consumer::{Evidence, judge, judge_history, pair};

use crate::data::spies;

/// Everything that is judged, owned, so that tests can spoil it.
pub(crate) struct Subject {
    pub(crate) case: ConsumerCase,
    calls: Vec<Call>,
    seen: Consumed,
}

pub(crate) fn told(text: &str, digest: u64) -> Told {
    Told {
        text: text.to_owned(),
        digest,
    }
}

pub(crate) fn raised(type_name: &str) -> Ended {
    Ended::Raised {
        type_name: type_name.to_owned(),
        bases: vec![type_name.to_owned(), "BaseException".to_owned()],
        message: "no".to_owned(),
        cause: None,
    }
}

impl Subject {
    /// It asks once, for this, and gives the view back.
    pub(crate) fn asking(request: Request) -> Self {
        let (mut calls, mut seen) = (Vec::new(), Consumed::default());
        for (number, spy) in spies().iter().enumerate() {
            for readonly in &spy.readonly {
                for twin in [None, Some(Twin::Bytes), Some(Twin::Layout), Some(Twin::Values)] {
                    calls.push(Call {
                        spy: number,
                        readonly: *readonly,
                        flush: Flush::End,
                        twin,
                        refuses: None,
                        moved: 0,
                    });
                    seen.calls.push(right(spy, number, request));
                }
            }
        }
        Self {
            case: ConsumerCase::default(),
            calls,
            seen,
        }
    }

    /// Changes what is seen with one spy.
    pub(crate) fn with(self, spy: &str, change: impl Fn(&mut Spied)) -> Self {
        self.changed(|call| spies()[call.spy].id == spy && call.twin.is_none(), change)
    }

    /// Changes what is seen with one spy that says this of `readonly`.
    pub(crate) fn when(self, spy: &str, readonly: i32, change: impl Fn(&mut Spied)) -> Self {
        let wanted =
            |call: &Call| spies()[call.spy].id == spy && call.twin.is_none() && call.readonly == readonly;
        self.changed(wanted, change)
    }

    /// Changes what is seen with one twin of a spy.
    pub(crate) fn with_twin(self, spy: &str, twin: Twin, change: impl Fn(&mut Spied)) -> Self {
        self.changed(
            |call| spies()[call.spy].id == spy && call.twin == Some(twin),
            change,
        )
    }

    /// Changes what is seen with one spy that says this of `readonly`, and with its twins.
    pub(crate) fn when_all(self, spy: &str, readonly: i32, change: impl Fn(&mut Spied)) -> Self {
        self.changed(
            |call| spies()[call.spy].id == spy && call.readonly == readonly,
            change,
        )
    }

    /// Plain bytes come once more at the end.
    pub(crate) fn again(mut self) -> Self {
        let plain = spies().iter().position(bufcheck_model::spy::Spy::is_plain);
        let number = plain.expect("one of them is plain");
        let own = |call: &Call| call.spy == number && call.twin == Some(Twin::Layout);
        let place = self.calls.iter().position(own).expect("it has twins");
        self.calls.push(self.calls[place]);
        self.seen.calls.push(self.seen.calls[place].clone());
        self
    }

    /// It takes spies in this dress.
    pub(crate) fn dressed(mut self, dress: Dress) -> Self {
        self.seen.dress = dress;
        self
    }

    /// Changes what is seen at the last call.
    pub(crate) fn at_last(mut self, change: impl Fn(&mut Spied)) -> Self {
        change(self.seen.calls.last_mut().expect("there are calls"));
        self
    }

    /// How many requests were granted and refused, and calls that ended the process.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        Evidence::new(&self.case, spies(), &self.calls, &self.seen).counts()
    }

    /// Changes what is seen with one spy and all its twins.
    pub(crate) fn with_all(self, spy: &str, change: impl Fn(&mut Spied)) -> Self {
        self.changed(|call| spies()[call.spy].id == spy, change)
    }

    /// Declares something of it.
    pub(crate) fn declared(mut self, declare: impl Fn(&mut ConsumerCase)) -> Self {
        declare(&mut self.case);
        self
    }

    fn changed(mut self, which: impl Fn(&Call) -> bool, change: impl Fn(&mut Spied)) -> Self {
        let calls = self.calls.iter().zip(&mut self.seen.calls);
        calls
            .filter(|(call, _)| which(call))
            .for_each(|(_, seen)| change(seen));
        self
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        let evidence = Evidence::new(&self.case, spies(), &self.calls, &self.seen);
        judge(&evidence, |_| true)
    }

    /// What comes of it and an exporter.
    pub(crate) fn pair(&self, met: &Met) -> Cell {
        pair(&Evidence::new(&self.case, spies(), &self.calls, &self.seen), met)
    }

    /// What calls in a row break, that no single call does.
    pub(crate) fn in_a_row(&self, history: &History) -> Option<Hit> {
        let evidence = Evidence::new(&self.case, spies(), &self.calls, &self.seen);
        judge_history(history, (&evidence, &self.broken()), |_| true)
    }

    /// The rules that are broken.
    pub(crate) fn broken(&self) -> Vec<String> {
        self.hits().into_iter().map(|hit| hit.rule).collect()
    }
}

pub(crate) fn right(spy: &Spy, number: usize, request: Request) -> Spied {
    let refusal = spy.refuses.as_ref().map(|refusal| refusal.raises.name());
    let moment = Moment::default();
    let granted = refusal.is_none();
    let mut events = vec![Event::Asked {
        request,
        granted,
        moment,
    }];
    if granted {
        events.push(Event::Released {
            what: Released::Held,
            changed: FieldSet::EMPTY,
            moment,
        });
    }
    Spied {
        events,
        faults: Vec::new(),
        ended: refusal.map_or_else(|| Ended::Returned(told("right", 100 + number as u64)), raised),
        held: 0,
        left: Vec::new(),
        references: Vec::new(),
        written: None,
        oracle: None,
    }
}
