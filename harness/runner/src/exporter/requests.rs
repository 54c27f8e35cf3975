//! Asks a subject every request that it survives, and finds out which request is to blame for a death.
//!
//! Knows that a crash counts the first time and is only repeated to learn more of it; that any other end counts when it
//! comes again; and that what does not come back is taken out while everything else is still asked. Must never know how
//! a worker is started or what an answer means.

use std::ops::ControlFlow::{self, Break, Continue};

use bufcheck_model::case::Make;
use bufcheck_model::not_asked::{Kind, Why};
use bufcheck_model::observation::{Death, HowEnded, InFlight, Phase};
use bufcheck_model::wire::{Job, JobOutcome, RoundPlan, Step};
use bufcheck_protocol::request::Request;
use bufcheck_rules::death::{ended, how_often};

use crate::exporter::observed::Observed;
use crate::exporter::patience::{MAX_DEATHS, Patience, TOO_LONG, TOO_OFTEN};
use crate::plan::{CONTENT_BUDGET, Planned};
use crate::supervise::server::{Ending, Lost, Server};

/// Jobs that are begun for one subject at most.
const MAX_TURNS: usize = 3 * MAX_DEATHS;

/// What is asked of a subject, and what of it ended the process.
#[derive(Debug)]
pub struct Asking<'a> {
    subject: &'a Planned,
    requests: &'a [Request],
    rounds: &'a [RoundPlan],
    /// The requests that are not known to be fatal.
    left: Vec<Request>,
    /// The object is not dropped any more: that ended the process.
    keep: bool,
    /// A worker ended while it imported what the object needs.
    imported_in_vain: bool,
    /// What did not come back, while nobody was sure of it yet.
    unsure: Vec<Ending>,
}

/// What became of a second try.
enum Repeated {
    /// It ended again.
    Again(Death),
    /// It did not, in so many runs; the answers to everything.
    Once(u32, Option<JobOutcome>),
}

/// Makes the subject and asks it every request that it survives.
pub fn ask<'a>(
    server: &mut impl Server,
    subject: &'a Planned,
    requests: &'a [Request],
    rounds: &'a [RoundPlan],
    patience: &mut Patience,
) -> (Observed, Asking<'a>) {
    let mut asking = Asking {
        subject,
        requests,
        rounds,
        left: requests.to_vec(),
        keep: false,
        imported_in_vain: false,
        unsure: Vec::new(),
    };
    let mut observed = Observed::default();
    // Each turn finds one more fatal request, or ends.
    for _ in 0..MAX_TURNS {
        if asking.left.is_empty() || asking.turn(server, &mut observed, patience).is_break() {
            break;
        }
    }
    if observed.outcome.is_none() {
        asking.nothing_came_back(&mut observed);
    }
    (observed, asking)
}

impl Asking<'_> {
    fn turn(
        &mut self,
        server: &mut impl Server,
        observed: &mut Observed,
        patience: &mut Patience,
    ) -> ControlFlow<()> {
        match server.run(&self.job(&self.left)) {
            Ok(outcome) => {
                observed.outcome = Some(outcome);
                Break(())
            }
            Err(Lost::Ended(ending)) if never_began(&ending) => {
                if ending.how.is_endless() {
                    patience.spend();
                }
                observed.faults.push(before_it_began(&ending, server.suspect()));
                Continue(())
            }
            Err(Lost::Ended(ending)) if ending.during.phase == Phase::Import => {
                // What a subject before it may have damaged does not end a fresh worker; who hangs would hang again.
                if self.imported_in_vain || ending.how.is_endless() {
                    observed.faults.push(not_imported(self.subject, ending.how));
                    return Break(());
                }
                self.imported_in_vain = true;
                server.refresh();
                Continue(())
            }
            Err(Lost::Ended(ending)) if ending.how.is_endless() => {
                patience.spend();
                self.endless(ending, observed, *patience)
            }
            Err(Lost::Ended(ending)) => {
                let suspect = server.suspect().map(str::to_owned);
                let repeated = self.repeat(server, &ending, observed, patience);
                self.died(&ending, repeated, suspect.as_deref(), observed)
            }
            Err(lost) => {
                observed.faults.push(lost.told());
                Break(())
            }
        }
    }

    fn job(&self, requests: &[Request]) -> Job {
        Job {
            id: 0,
            make: self.subject.make.clone(),
            sibling: None,
            steps: vec![Step::Sweep {
                requests: requests.iter().map(|request| request.flags()).collect(),
                rounds: self.rounds.to_vec(),
            }],
            content_budget: CONTENT_BUDGET,
            keep: self.keep,
        }
    }

    /// Repeats what ended a worker: the request alone, then everything once more.
    fn repeat(
        &self,
        server: &mut impl Server,
        first: &Ending,
        observed: &mut Observed,
        patience: &mut Patience,
    ) -> Repeated {
        let mut runs = 1;
        if let Some(request) = first.during.request {
            runs += 1;
            server.refresh();
            if let Err(Lost::Ended(again)) = server.run(&self.job(&[request])) {
                if again.how.is_endless() {
                    patience.spend();
                }
                if again.during.request == first.during.request {
                    return Repeated::Again(death(&again, true));
                }
            }
        }
        server.refresh();
        match server.run(&self.job(&self.left)) {
            Ok(outcome) => Repeated::Once(runs + 1, Some(outcome)),
            Err(Lost::Ended(again)) => {
                if again.how.is_endless() {
                    patience.spend();
                }
                // Memory that was corrupted ends a process where it is next touched: another place the second time
                // is no excuse.
                let same = again.during.request == first.during.request;
                let alone = same && first.during.request.is_none();
                Repeated::Again(death(if same { &again } else { first }, alone))
            }
            Err(lost) => {
                observed.faults.push(lost.told());
                Repeated::Once(runs + 1, None)
            }
        }
    }

    /// The process ended by itself.
    fn died(
        &mut self,
        first: &Ending,
        repeated: Repeated,
        suspect: Option<&str>,
        observed: &mut Observed,
    ) -> ControlFlow<()> {
        match repeated {
            Repeated::Again(death) => {
                let during = death.during;
                observed.deaths.push(death);
                self.take_out(during, observed)
            }
            Repeated::Once(runs, outcome) => {
                if first.how.is_crash() && suspect.is_none() {
                    observed.deaths.push(Death {
                        once_in: Some(runs),
                        ..death(first, false)
                    });
                } else {
                    observed.faults.push(unsure(first, runs, suspect));
                }
                observed.outcome = outcome;
                if observed.outcome.is_some() {
                    Break(())
                } else {
                    Continue(())
                }
            }
        }
    }

    /// Takes out what ended the process, so that everything else can be asked.
    fn take_out(&mut self, during: InFlight, observed: &mut Observed) -> ControlFlow<()> {
        let Some(request) = during.request else {
            if during.phase == Phase::Drop && !self.keep {
                self.keep = true;
                return Continue(());
            }
            return Break(());
        };
        let Some(place) = self.left.iter().position(|asked| *asked == request) else {
            return Break(());
        };
        self.left.remove(place);
        if observed.deaths.len() >= MAX_DEATHS {
            self.give_up(place, TOO_OFTEN, observed);
        }
        Continue(())
    }

    /// Asks nothing any more from this place on; what stands before it came back once.
    fn give_up(&mut self, place: usize, reason: &str, observed: &mut Observed) {
        let count = self.left.len() - place;
        self.left.truncate(place);
        observed.leave_out(Kind::Requests, count, Why::GivenUp, reason);
    }

    /// The process did not come back: a deadline was waited for.
    fn endless(&mut self, ending: Ending, observed: &mut Observed, patience: Patience) -> ControlFlow<()> {
        let place = |request| self.left.iter().position(|asked| *asked == request);
        match (ending.during.request.and_then(place), ending.during.phase) {
            (Some(place), _) => {
                self.unsure.push(ending);
                self.left.remove(place);
                if !patience.is_left() {
                    self.give_up(place, TOO_LONG, observed);
                }
                Continue(())
            }
            (None, Phase::Make) if !patience.is_left() => {
                observed.faults.push(not_made(&ending));
                Break(())
            }
            (None, _) if !patience.is_left() => {
                observed.deaths.push(death(&ending, false));
                Break(())
            }
            // What concerns no single request is tried once more.
            (None, _) => Continue(()),
        }
    }

    /// Counts what was left when no answer came at all.
    fn nothing_came_back(&self, observed: &mut Observed) {
        let (why, reason) = if observed.deaths.is_empty() && self.unsure.is_empty() {
            (Why::Fault, "no answer came")
        } else {
            (
                Why::GivenUp,
                "the process ended each time before the answers came",
            )
        };
        observed.leave_out(Kind::Requests, self.left.len(), why, reason);
    }

    /// The requests that nobody should ask again: they end the process, or do not come back.
    pub(crate) fn fatal(&self, observed: &Observed) -> Vec<Request> {
        let repeated = observed.deaths.iter().filter(|death| death.once_in.is_none());
        let during = repeated.map(|death| death.during);
        let unsure = self.unsure.iter().map(|ending| ending.during);
        during.chain(unsure).filter_map(|during| during.request).collect()
    }

    /// Makes sure of what did not come back. What happened in several places is sure; what happened once is asked once
    /// more, with everything else.
    pub(crate) fn settle(
        mut self,
        server: &mut impl Server,
        observed: &mut Observed,
        patience: &mut Patience,
    ) {
        let [ending] = self.unsure.as_slice() else {
            let deaths = self.unsure.iter().map(|ending| death(ending, false));
            observed.deaths.extend(deaths);
            return;
        };
        let ending = ending.clone();
        if !patience.is_left() {
            observed.deaths.push(death(&ending, false));
            return;
        }
        let wanted = |asked: &&Request| self.left.contains(asked) || ending.during.request == Some(**asked);
        self.left = self.requests.iter().filter(wanted).copied().collect();
        server.refresh();
        match server.run(&self.job(&self.left)) {
            Ok(JobOutcome::Done { made, mut steps }) => {
                observed.faults.push(unsure(&ending, 2, None));
                // These answers are complete; what was played since stays.
                match &mut observed.outcome {
                    Some(JobOutcome::Done { steps: known, .. }) if !known.is_empty() && !steps.is_empty() => {
                        known[0] = steps.swap_remove(0);
                    }
                    _ => observed.outcome = Some(JobOutcome::Done { made, steps }),
                }
            }
            Ok(
                JobOutcome::NotMade { .. } | JobOutcome::NoExporter { .. } | JobOutcome::NoConsumer { .. },
            ) => {
                observed.faults.push(unsure(&ending, 2, None));
            }
            Err(Lost::Ended(again)) => {
                if again.how.is_endless() {
                    patience.spend();
                }
                observed.deaths.push(death(&again, false));
            }
            Err(lost) => observed.faults.extend([unsure(&ending, 1, None), lost.told()]),
        }
    }
}

fn death(ending: &Ending, alone: bool) -> Death {
    Death {
        how: ending.how,
        during: ending.during,
        alone,
        once_in: None,
        crash: ending.crash(),
    }
}

/// The object was never there: that is no fault of its answers.
fn not_made(ending: &Ending) -> String {
    if ending.how == HowEnded::Hung {
        return "the object could not be made within the deadline: `--timeout SECONDS` gives it longer"
            .into();
    }
    let place = ending.crash().map_or_else(String::new, |crash| crash.place());
    format!(
        "the object could not be made: the process {}{place}",
        ended(ending.how)
    )
}

/// The same of what it needs.
fn not_imported(subject: &Planned, how: HowEnded) -> String {
    let what = match &subject.make {
        Make::Expression {
            module, setup: None, ..
        } => format!("while `{module}` was imported"),
        Make::Expression { module, .. } => format!("while `{module}` was imported or the set-up lines ran"),
        Make::Reference(_) | Make::RustNumpy(_) | Make::Consumer { .. } | Make::Interpreter => {
            "while it was prepared".to_owned()
        }
    };
    let longer = if how == HowEnded::Hung {
        ": `--timeout SECONDS` gives it longer"
    } else {
        ""
    };
    format!(
        "the object could not be made: the process {} {what}{longer}",
        ended(how)
    )
}

/// The worker ended, or would not take the job, before anything of it was begun.
fn never_began(ending: &Ending) -> bool {
    // Where there is no mark, nothing is known of what was begun.
    cfg!(unix) && ending.step.is_none() && ending.during.phase == Phase::Idle
}

fn before_it_began(ending: &Ending, suspect: Option<&str>) -> String {
    let suspect = suspect.map_or_else(String::new, blamed);
    format!(
        "the worker {} before it began with this subject{suspect}",
        ended(ending.how)
    )
}

/// What was seen once.
pub(crate) fn unsure(ending: &Ending, runs: u32, suspect: Option<&str>) -> String {
    let suspect = suspect.map_or_else(String::new, blamed);
    format!("the process {}{}{suspect}", ending.told(), how_often(Some(runs)))
}

fn blamed(suspect: &str) -> String {
    format!(", in a worker in which `{suspect}` had broken a rule: either of the two may damage memory")
}

#[cfg(test)]
mod tests;
