//! Puts a subject through its scenarios, whatever they do to the process.
//!
//! Knows that a death is believed only when it happens again with the scenario alone, and growth only when a
//! fresh worker shows it too. Must never know what a scenario expects.

use bufcheck_model::observation::{Death, HowEnded, InFlight, Phase};
use bufcheck_model::scenario::{Act, Played, Script};
use bufcheck_model::wire::{Hello, Job, JobOutcome, Step, StepOutcome};
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{faults, scripts, suspects};

use crate::blame::{Failure, Served, Server, told};
use crate::plan::{Plan, Planned};
use crate::supervise::worker::Lost;

/// Bytes of content that are read through one view: enough to tell freed memory.
const CONTENT_BUDGET: usize = 256;

/// Deaths after which the rest is not played any more.
const MAX_DEATHS: usize = 3;

/// Environment of a worker that plays scenarios, so that freed memory shows for certain: Python's allocators
/// and the C library's overwrite it, and the latter keeps nothing aside untouched.
pub const ENVIRONMENT: [(&str, &str); 3] = [
    ("PYTHONMALLOC", "debug"),
    ("MALLOC_PERTURB_", "167"),
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=131072:glibc.malloc.trim_threshold=131072",
    ),
];

/// Plays every scenario that applies to a subject and asks nothing that it did not survive; the outcomes and what the harness
/// stumbled over are added to `served`.
pub fn perform(server: &mut impl Server, subject: &Planned, plan: &Plan, hello: &Hello, served: &mut Served) {
    let scripts = match &served.outcome {
        Some(JobOutcome::Done { made, steps }) => {
            let Some(StepOutcome::Sweep(sweep)) = steps.first() else {
                return;
            };
            let evidence = Evidence::new(&subject.case, made, &hello.platform, hello.version, sweep, &[]);
            let mut scripts = scripts(&plan.scenarios, &plan.catalogue.mutators, &evidence);
            scripts.retain(|script| survivable(script, &served.deaths));
            scripts
        }
        _ => return,
    };
    if scripts.is_empty() {
        return;
    }
    let mut troubles = Troubles::default();
    let mut played = match play(server, subject, &scripts) {
        Ok(played) => played,
        Err(Failure::NoWorker(problem)) => {
            served.faults.push(problem);
            return;
        }
        Err(Failure::Lost(_)) => one_by_one(server, subject, &scripts, &mut troubles),
    };
    measure_again(server, subject, plan, &scripts, &mut played);
    troubles.faults.extend(faults(&played));
    if let Some(JobOutcome::Done { steps, .. }) = &mut served.outcome {
        steps.extend(
            played
                .into_iter()
                .map(|played| StepOutcome::Scenario(Box::new(played))),
        );
    }
    served.faults.extend(troubles.faults);
    served.unusable.extend(troubles.unusable);
}

/// What is no finding.
#[derive(Default)]
struct Troubles {
    faults: Vec<String>,
    unusable: Vec<String>,
}

/// Whether the script asks nothing that is known to end the process; where nobody knows what does, nothing is.
fn survivable(script: &Script, deaths: &[Death]) -> bool {
    deaths.iter().all(|death| {
        death
            .during
            .request
            .is_some_and(|fatal| !script.requests().contains(&fatal))
    })
}

/// Plays scripts one after the other in one worker.
pub(crate) fn play(
    server: &mut impl Server,
    subject: &Planned,
    scripts: &[Script],
) -> Result<Vec<Played>, Failure> {
    let job = Job {
        id: 0,
        make: subject.make.clone(),
        steps: scripts.iter().cloned().map(Step::Scenario).collect(),
        content_budget: CONTENT_BUDGET,
    };
    Ok(match server.run(&job)? {
        JobOutcome::Done { steps, .. } => steps
            .into_iter()
            .filter_map(|step| match step {
                StepOutcome::Scenario(played) => Some(*played),
                StepOutcome::Sweep(_) => None,
            })
            .collect(),
        // The sweep made it; what cannot be made any more has no scenarios.
        JobOutcome::NotMade { .. } | JobOutcome::NoExporter { .. } => Vec::new(),
    })
}

/// Plays each scenario by itself, to find those that end the process.
fn one_by_one(
    server: &mut impl Server,
    subject: &Planned,
    scripts: &[Script],
    troubles: &mut Troubles,
) -> Vec<Played> {
    let mut all = Vec::new();
    let mut deaths = 0;
    let mut struck: Vec<String> = Vec::new();
    for script in scripts {
        if script
            .bindings
            .mutator
            .as_ref()
            .is_some_and(|code| struck.contains(code))
        {
            continue;
        }
        let first = play(server, subject, std::slice::from_ref(script));
        let Some((how, _)) = ended(&first) else {
            all.extend(first.unwrap_or_default());
            continue;
        };
        server.refresh();
        let second = play(server, subject, std::slice::from_ref(script));
        if let Some((
            again,
            InFlight {
                phase: Phase::Idle, ..
            },
        )) = ended(&second)
        {
            // It never began: the worker itself would not have the job.
            troubles.faults.push(format!(
                "the worker {} before it played `{}`",
                told(again),
                script.scenario
            ));
            break;
        }
        if let Some((again, _)) = ended(&second)
            && dies_unasked(server, subject, script)
        {
            let told = unusable(script, again);
            match &script.bindings.mutator {
                Some(code) => {
                    struck.push(code.clone());
                    troubles.unusable.push(told);
                }
                // Nobody declared it: such as `__init__` without arguments, which not every type bears.
                None => troubles.faults.push(told),
            }
            continue;
        }
        if let Some(again) = ended(&second) {
            all.push(fatal(server, subject, script, again));
            deaths += 1;
        } else {
            troubles.faults.push(format!(
                "the worker {} once in `{}`, but not when that was repeated",
                told(how),
                script.scenario
            ));
            all.extend(second.unwrap_or_default());
        }
        if deaths >= MAX_DEATHS || how == HowEnded::Hung {
            break;
        }
    }
    all
}

/// Whether a script with mutations ends the process though every request is left out: then it is no matter of buffers.
pub(crate) fn dies_unasked(server: &mut impl Server, subject: &Planned, script: &Script) -> bool {
    fn without_views(acts: &[Act]) -> Vec<Act> {
        acts.iter()
            .filter_map(|act| match act {
                Act::Make { .. } | Act::Mutate { .. } | Act::Drop { .. } | Act::Collect {} => {
                    Some(act.clone())
                }
                Act::Thread { acts } => Some(Act::Thread {
                    acts: without_views(acts),
                }),
                Act::Threads {
                    name, mutate: true, ..
                } => Some(Act::Mutate {
                    name: name.clone(),
                    code: None,
                    object: "x".to_owned(),
                }),
                _ => None,
            })
            .collect()
    }
    let acts = without_views(&script.acts);
    let mutates = |act: &Act| matches!(act, Act::Mutate { .. });
    if !acts.iter().flat_map(Act::flat).any(mutates) {
        return false;
    }
    let control = Script {
        acts,
        ..script.clone()
    };
    ended(&play(server, subject, &[control])).is_some()
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
        told(how),
        statements.join(" and ")
    )
}

/// A script that ends the process: what is seen of the longest beginning that is survived.
pub(crate) fn fatal(
    server: &mut impl Server,
    subject: &Planned,
    script: &Script,
    ended: (HowEnded, InFlight),
) -> Played {
    let before = match ended.0 {
        // Each further try would cost the whole deadline.
        HowEnded::Hung => None,
        HowEnded::Signal(_) | HowEnded::Exit(_) | HowEnded::Silent => beginning(server, subject, script),
    };
    Played {
        scenario: script.scenario.clone(),
        mutator: script.bindings.mutator.clone(),
        ended: Some(ended),
        ..before.unwrap_or_default()
    }
}

fn beginning(server: &mut impl Server, subject: &Planned, script: &Script) -> Option<Played> {
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

fn ended(result: &Result<Vec<Played>, Failure>) -> Option<(HowEnded, InFlight)> {
    match result {
        Err(Failure::Lost(Lost::Ended(how, during))) => Some((*how, *during)),
        _ => None,
    }
}

/// Plays again, in a fresh worker, what seemed to grow; the second measure counts.
fn measure_again(
    server: &mut impl Server,
    subject: &Planned,
    plan: &Plan,
    scripts: &[Script],
    played: &mut [Played],
) {
    let suspect = |played: &Played| {
        plan.scenarios
            .iter()
            .any(|case| case.id == played.scenario && suspects(case, played))
    };
    let again: Vec<Script> = played
        .iter()
        .filter(|played| suspect(played))
        .filter_map(|played| {
            let same = |script: &&Script| {
                script.scenario == played.scenario && script.bindings.mutator == played.mutator
            };
            scripts.iter().find(same).cloned()
        })
        .collect();
    if again.is_empty() {
        return;
    }
    server.refresh();
    for measured in play(server, subject, &again).unwrap_or_default() {
        let same =
            |played: &&mut Played| played.scenario == measured.scenario && played.mutator == measured.mutator;
        if let Some(place) = played.iter_mut().find(same) {
            *place = measured;
        }
    }
}
