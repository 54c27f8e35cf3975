//! Lets a worker play scripts, and tries parts of one that ends the process.
//!
//! Knows what a script without views or without its last acts is. Must never know what is played next.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::scenario::{Act, Played, Script};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};
use bufcheck_rules::death::ended;

use crate::plan::Planned;
use crate::supervise::server::{Lost, Server};

/// Bytes of content that are read through one view: enough to tell freed memory.
const CONTENT_BUDGET: usize = 256;

/// Scripts that were not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unplayed {
    /// The worker was lost.
    Lost(Lost),
    /// The object, which the sweep could make, cannot be made any more.
    NotMade(String),
}

impl Unplayed {
    /// What happened, as a sentence without its full stop.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Lost(lost) => lost.told(),
            Self::NotMade(why) => format!("the object could not be made once more: {why}"),
        }
    }
}

/// Plays scripts one after the other in one worker; one entry for each.
pub(crate) fn play(
    server: &mut impl Server,
    subject: &Planned,
    scripts: &[Script],
) -> Result<Vec<Played>, Unplayed> {
    let job = Job {
        id: 0,
        make: subject.make.clone(),
        sibling: subject.sibling.clone(),
        steps: scripts.iter().cloned().map(Step::Scenario).collect(),
        content_budget: CONTENT_BUDGET,
        keep: false,
    };
    let steps = match server.run(&job).map_err(Unplayed::Lost)? {
        JobOutcome::Done { steps, .. } => steps,
        JobOutcome::NotMade { raised, .. } => {
            let why = format!("{}: {}", raised.type_name, raised.message);
            return Err(Unplayed::NotMade(why));
        }
        JobOutcome::NoExporter { made } | JobOutcome::NoConsumer { made } => {
            let why = format!("`{}` is no exporter", made.type_name);
            return Err(Unplayed::NotMade(why));
        }
    };
    let played: Vec<Played> = steps
        .into_iter()
        .filter_map(|step| match step {
            StepOutcome::Scenario(played) => Some(*played),
            StepOutcome::Sweep(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
        })
        .collect();
    if played.len() == scripts.len() {
        Ok(played)
    } else {
        let problem = format!(
            "{} scenarios were to be played, {} were",
            scripts.len(),
            played.len()
        );
        Err(Unplayed::Lost(Lost::Garbled(problem)))
    }
}

/// Whether playing this ends the process.
fn ends(server: &mut impl Server, subject: &Planned, script: Script) -> bool {
    matches!(
        play(server, subject, &[script]),
        Err(Unplayed::Lost(Lost::Ended(_)))
    )
}

/// Whether a script with mutations ends the process though every request is left out: then it is no matter of buffers.
pub(crate) fn dies_unasked(server: &mut impl Server, subject: &Planned, script: &Script) -> bool {
    let acts = without_views(&script.acts);
    let mutates = |act: &Act| matches!(act, Act::Mutate { .. });
    let control = Script {
        acts,
        ..script.clone()
    };
    control.acts.iter().flat_map(Act::flat).any(mutates) && ends(server, subject, control)
}

fn without_views(acts: &[Act]) -> Vec<Act> {
    acts.iter()
        .flat_map(|act| match act {
            Act::Make { .. } | Act::Mutate { .. } | Act::Drop { .. } | Act::Collect {} => vec![act.clone()],
            // Once shows whether it is survived.
            Act::Repeat { acts, .. } => without_views(acts),
            Act::Thread { acts } => vec![Act::Thread {
                acts: without_views(acts),
            }],
            Act::Threads {
                name, mutate: true, ..
            } => vec![Act::Mutate {
                name: name.clone(),
                code: None,
                object: "x".to_owned(),
            }],
            _ => Vec::new(),
        })
        .collect()
}

/// What is said of a mutator that ends the process by itself.
pub(crate) fn unusable(script: &Script, how: HowEnded) -> String {
    let mut statements: Vec<&str> = script.bindings.mutator.iter().map(String::as_str).collect();
    for act in script.acts.iter().flat_map(Act::flat) {
        if let Act::Mutate { code: Some(code), .. } = act
            && !statements.contains(&code.as_str())
        {
            statements.push(code);
        }
    }
    let statements: Vec<String> = statements.iter().map(|code| format!("`{code}`")).collect();
    format!(
        "the process {} when {} runs, though no view was asked for",
        ended(how),
        statements.join(" and ")
    )
}

/// What is seen of the longest beginning of a fatal script that is survived.
pub(crate) fn beginning(server: &mut impl Server, subject: &Planned, script: &Script) -> Option<Played> {
    let mut first = |acts: usize| {
        let script = Script {
            acts: script.acts[..acts].to_vec(),
            ..script.clone()
        };
        play(server, subject, &[script]).ok()?.pop()
    };
    // Of the first `low` acts it is known that they are survived, of the first `high` that they are not.
    let (mut low, mut high) = (0, script.acts.len());
    let mut best = None;
    while high - low > 1 {
        let middle = low.midpoint(high);
        match first(middle) {
            Some(played) => (low, best) = (middle, Some(played)),
            None => high = middle,
        }
    }
    best
}
