//! Runs one subject to the end whatever it does to the process, and finds out which request is to blame.
//!
//! Knows that a death is believed only when it happens again: first with the request alone in a fresh
//! worker, then with everything before it. Must never know how a worker is started or what an answer means.

use std::collections::BTreeSet;

use bufcheck_model::observation::{Death, HowEnded, InFlight, Phase};
use bufcheck_model::wire::{Job, JobOutcome, RoundPlan, Step};
use bufcheck_protocol::request::Request;

use crate::plan::{CONTENT_BUDGET, Planned};
use crate::supervise::worker::Lost;

/// Deaths after which the rest of a subject is not asked any more.
const MAX_DEATHS: usize = 3;

/// A worker that is started anew when it is gone.
pub trait Server {
    /// Runs a job; after `Err` the next call meets a fresh worker.
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Failure>;

    /// Ends the worker, so that the next call meets a fresh one.
    fn refresh(&mut self);
}

/// A job without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The worker was lost.
    Lost(Lost),
    /// No worker could be started.
    NoWorker(String),
}

/// What came of a subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Served {
    /// The last reply, for the requests that can be survived.
    pub outcome: Option<JobOutcome>,
    /// The deaths that happened twice.
    pub deaths: Vec<Death>,
    /// What the harness itself stumbled over.
    pub faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    pub unusable: Vec<String>,
}

/// Makes the subject and asks it every request that it survives.
pub fn serve(
    server: &mut impl Server,
    subject: &Planned,
    requests: &[Request],
    rounds: &[RoundPlan],
) -> Served {
    let mut served = Served::default();
    let mut fatal: BTreeSet<Request> = BTreeSet::new();
    let mut upto = requests.len();
    // Each turn finds one more fatal request, or ends.
    for _ in 0..=2 * MAX_DEATHS {
        let alive: Vec<Request> = requests[..upto]
            .iter()
            .copied()
            .filter(|request| !fatal.contains(request))
            .collect();
        let (how, during) = match server.run(&job(subject, &alive, rounds)) {
            Ok(outcome) => {
                served.outcome = Some(outcome);
                return served;
            }
            Err(Failure::NoWorker(problem)) => {
                served.faults.push(problem);
                return served;
            }
            Err(Failure::Lost(Lost::Garbled(problem))) => {
                served
                    .faults
                    .push(format!("the worker's reply could not be read: {problem}"));
                return served;
            }
            Err(Failure::Lost(Lost::Ended(how, during))) => (how, during),
        };
        let Some(death) = confirm(server, subject, &alive, rounds, (how, during)) else {
            served.faults.push(format!(
                "the worker {} once {}, but not when that was repeated",
                told(how),
                whereabouts(during)
            ));
            continue;
        };
        let again = death.during.request.is_some_and(|request| !fatal.insert(request));
        served.deaths.push(death);
        let Some(request) = death_request(&served) else {
            return served;
        };
        if again {
            return served;
        }
        if served.deaths.len() >= MAX_DEATHS || how == HowEnded::Hung {
            // What was asked before the last death is still worth judging.
            upto = requests.iter().position(|asked| *asked == request).unwrap_or(0);
        }
        server.refresh();
    }
    served
}

fn death_request(served: &Served) -> Option<Request> {
    served.deaths.last()?.during.request
}

/// Repeats what ended a worker: the request alone, then everything once more.
fn confirm(
    server: &mut impl Server,
    subject: &Planned,
    alive: &[Request],
    rounds: &[RoundPlan],
    (how, during): (HowEnded, InFlight),
) -> Option<Death> {
    server.refresh();
    if let Some(request) = during.request
        && let Err(Failure::Lost(Lost::Ended(how, again))) = server.run(&job(subject, &[request], rounds))
        && again.request == during.request
    {
        return Some(Death {
            how,
            during: again,
            alone: true,
        });
    }
    server.refresh();
    match server.run(&job(subject, alive, rounds)) {
        Err(Failure::Lost(Lost::Ended(again, place))) => {
            // Memory that was corrupted ends a process where it is next touched: another place the second time
            // is no excuse.
            let same = place.request == during.request;
            Some(Death {
                how: if same { again } else { how },
                during: if same { place } else { during },
                alone: same && during.request.is_none() && during.phase != Phase::Idle,
            })
        }
        _ => None,
    }
}

fn job(subject: &Planned, requests: &[Request], rounds: &[RoundPlan]) -> Job {
    Job {
        id: 0,
        make: subject.make.clone(),
        steps: vec![Step::Sweep {
            requests: requests.iter().map(|request| request.flags()).collect(),
            rounds: rounds.to_vec(),
        }],
        content_budget: CONTENT_BUDGET,
    }
}

/// How a process ended, in words that follow its name.
pub fn told(how: HowEnded) -> String {
    match how {
        HowEnded::Signal(number) => format!("was killed by {}", signal(number)),
        HowEnded::Exit(status) => format!("exited with status {status}"),
        HowEnded::Silent => "closed its pipe".into(),
        HowEnded::Hung => "did not come back".into(),
    }
}

/// A signal by number and name.
fn signal(number: i32) -> String {
    let name = match number {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        _ => return format!("signal {number}"),
    };
    format!("signal {number} ({name})")
}

/// What was in flight, in words.
pub fn whereabouts(during: InFlight) -> String {
    let doing = match during.phase {
        Phase::Idle => "between two jobs",
        Phase::Make => "while the object was made",
        Phase::Ask => "while it was asked",
        Phase::Read => "while the view was read",
        Phase::Release => "while the view was released",
        Phase::Mutate => "while the object was changed",
        Phase::Drop => "while the object was dropped",
    };
    match during.request {
        Some(request) => format!("{doing} ({request}, {})", request.hex()),
        None => doing.to_owned(),
    }
}
