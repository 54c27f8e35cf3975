//! Puts a subject through its scenarios, whatever they do to the process.
//!
//! Knows which scenario is to blame for a death, that what is fatal is taken out while everything else is still played,
//! and
//! that what something else could have done, such as growth, is believed only when a fresh worker shows it too. Must
//! never know what a scenario expects.

use std::collections::VecDeque;

use bufcheck_model::not_asked::{Kind, Why};
use bufcheck_model::observation::Phase;
use bufcheck_model::scenario::{Act, Played, Script};
use bufcheck_model::wire::{Hello, JobOutcome, StepOutcome};
use bufcheck_protocol::request::Request;
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{Background, faults, scripts, suspects};

use crate::exporter::observed::Observed;
use crate::exporter::patience::{MAX_DEATHS, Patience, TOO_LONG, TOO_OFTEN};
use crate::exporter::play::{Unplayed, beginning, dies_unasked, play, unusable};
use crate::exporter::requests::unsure;
use crate::plan::{Plan, Planned};
use crate::supervise::server::{Ending, Lost, Server};

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

/// Plays every scenario that applies to a subject and asks nothing that is known to be fatal; what came of them is added
/// to what was observed.
pub fn play_all(
    server: &mut impl Server,
    subject: &Planned,
    plan: &Plan,
    hello: &Hello,
    fatal: &[Request],
    observed: &mut Observed,
    patience: &mut Patience,
) {
    let Some((scripts, background)) = applicable(subject, plan, hello, fatal, observed) else {
        return;
    };
    let suspect = |played: &Played| {
        let mut cases = plan.scenarios.iter().filter(|case| case.id == played.scenario);
        cases.any(|case| suspects(case, played, &background))
    };
    let played = play_scripts(server, subject, &scripts, &suspect, observed, patience);
    observed.faults.extend(faults(&played));
    if let Some(JobOutcome::Done { steps, .. }) = &mut observed.outcome {
        let step = |played| StepOutcome::Scenario(Box::new(played));
        steps.extend(played.into_iter().map(step));
    }
}

/// How many times longer a repetition of single views is, where it grew: whoever remembers so many of the last
/// requests has no room for more by then, and whoever leaks goes on.
const LONGER: u32 = 10;

/// A script with longer repetitions. One that holds many views at a time asks often enough as it is.
fn longer(mut script: Script) -> Script {
    for act in &mut script.acts {
        if let Act::Repeat { times, acts, .. } = act
            && !acts.iter().any(|act| matches!(act, Act::Hold { .. }))
        {
            *times = times.saturating_mul(LONGER);
        }
    }
    script
}

/// Plays these scripts; what was seen, in their order. What is a `suspect` is played again.
pub(crate) fn play_scripts(
    server: &mut impl Server,
    subject: &Planned,
    scripts: &[Script],
    suspect: &dyn Fn(&Played) -> bool,
    observed: &mut Observed,
    patience: &mut Patience,
) -> Vec<Played> {
    let mut playing = Playing {
        server,
        subject,
        patience,
        observed,
        played: Vec::new(),
        struck: Vec::new(),
        unsure: Vec::new(),
        deaths: 0,
        stopped: None,
    };
    playing.all(scripts);
    playing.measure_again(suspect, scripts);
    playing.settle();
    let mut played = playing.played;
    played.sort_by_key(|(number, _)| *number);
    played.into_iter().map(|(_, played)| played).collect()
}

/// The scripts of a subject that was asked, without those that would end the process for certain.
fn applicable(
    subject: &Planned,
    plan: &Plan,
    hello: &Hello,
    fatal: &[Request],
    observed: &mut Observed,
) -> Option<(Vec<Script>, Background)> {
    let Some(JobOutcome::Done { made, steps }) = &observed.outcome else {
        return None;
    };
    let Some(StepOutcome::Sweep(sweep)) = steps.first() else {
        return None;
    };
    let evidence = Evidence::new(&subject.case, made, &hello.platform, hello.version, sweep, &[]);
    let mut scripts = scripts(&plan.scenarios, &plan.catalogue.mutators, &evidence);
    let background = Background::of(&evidence);
    let planned = scripts.len();
    scripts.retain(|script| script.requests().iter().all(|asked| !fatal.contains(asked)));
    let reason = "they ask what ended the process";
    observed.leave_out(Kind::Scenarios, planned - scripts.len(), Why::Fatal, reason);
    Some((scripts, background))
}

/// Scripts on their way through a worker.
struct Playing<'a, S> {
    server: &'a mut S,
    subject: &'a Planned,
    patience: &'a mut Patience,
    observed: &'a mut Observed,
    /// What was seen, with the number of the script.
    played: Vec<(usize, Played)>,
    /// Mutators that end the process or do not come back.
    struck: Vec<String>,
    /// What did not come back, while nobody was sure of it yet.
    unsure: Vec<(usize, Script, Ending)>,
    deaths: usize,
    /// Why nothing more is played.
    stopped: Option<(Why, &'static str)>,
}

/// Scripts with their numbers, and whether they came back once.
struct Batch {
    scripts: Vec<(usize, Script)>,
    came_back: bool,
}

impl<S: Server> Playing<'_, S> {
    fn all(&mut self, scripts: &[Script]) {
        let mut queue: VecDeque<Batch> = VecDeque::new();
        queue.push_back(Batch {
            scripts: scripts.iter().cloned().enumerate().collect(),
            came_back: false,
        });
        while let Some(batch) = queue.pop_front() {
            let batch = self.admitted(batch);
            if batch.is_empty() {
                continue;
            }
            let scripts: Vec<Script> = batch.iter().map(|(_, script)| script.clone()).collect();
            match play(self.server, self.subject, &scripts) {
                Ok(played) => {
                    let numbers = batch.iter().map(|(number, _)| *number);
                    self.played.extend(numbers.zip(played));
                }
                Err(Unplayed::Lost(Lost::Ended(ending))) => self.take_apart(batch, ending, &mut queue),
                Err(other) => {
                    self.fault(other.told());
                    self.stopped = Some((Why::Fault, "the harness could not go on"));
                    self.leave_out(batch.len());
                }
            }
        }
    }

    /// Counts what is not to be played any more, and hands back the rest.
    fn admitted(&mut self, batch: Batch) -> Vec<(usize, Script)> {
        let fault = matches!(self.stopped, Some((Why::Fault, _)));
        if self.stopped.is_some() && (fault || !batch.came_back) {
            self.leave_out(batch.scripts.len());
            return Vec::new();
        }
        let mut scripts = batch.scripts;
        let before = scripts.len();
        let struck = &self.struck;
        scripts.retain(|(_, script)| {
            let mutator = script.bindings.mutator.as_ref();
            mutator.is_none_or(|code| !struck.contains(code))
        });
        let reason = "their mutator ends the process, or does not come back";
        self.observed
            .leave_out(Kind::Scenarios, before - scripts.len(), Why::Fatal, reason);
        scripts
    }

    fn leave_out(&mut self, count: usize) {
        if let Some((why, reason)) = self.stopped {
            self.observed.leave_out(Kind::Scenarios, count, why, reason);
        }
    }

    /// Finds the script to blame; what stands before and behind it is played without it.
    fn take_apart(&mut self, mut batch: Vec<(usize, Script)>, ending: Ending, queue: &mut VecDeque<Batch>) {
        let place = match ending.step {
            _ if batch.len() == 1 => 0,
            Some(step) if step < batch.len() => step,
            // Between the steps, or where nobody knows: one by one.
            _ => {
                if ending.how.is_endless() {
                    self.patience.spend();
                }
                for one in batch.into_iter().rev() {
                    queue.push_front(Batch {
                        scripts: vec![one],
                        came_back: false,
                    });
                }
                return;
            }
        };
        // The worker is gone, and with it what it would have said of those before.
        let behind = batch.split_off(place + 1);
        let Some((number, script)) = batch.pop() else {
            return;
        };
        queue.push_front(Batch {
            scripts: behind,
            came_back: false,
        });
        queue.push_front(Batch {
            scripts: batch,
            came_back: self.stopped.is_none(),
        });
        if ending.how.is_endless() {
            self.endless(number, script, ending);
        } else {
            self.ended(number, &script, &ending);
        }
    }

    /// A script did not come back: a deadline was waited for.
    fn endless(&mut self, number: usize, script: Script, ending: Ending) {
        self.patience.spend();
        self.struck.extend(script.bindings.mutator.clone());
        self.unsure.push((number, script, ending));
        if !self.patience.is_left() {
            self.stopped = Some((Why::GivenUp, TOO_LONG));
        }
    }

    /// A script ended the process: it is played again, alone in a fresh worker.
    fn ended(&mut self, number: usize, script: &Script, first: &Ending) {
        let suspect = self.server.suspect().map(str::to_owned);
        self.server.refresh();
        match play(self.server, self.subject, std::slice::from_ref(script)) {
            Err(Unplayed::Lost(Lost::Ended(again))) if again.how.is_endless() => {
                self.endless(number, script.clone(), again);
            }
            Err(Unplayed::Lost(Lost::Ended(again))) => self.ended_again(number, script, &again),
            Ok(mut played) => {
                let mut played = played.pop().unwrap_or_default();
                if first.how.is_crash() && suspect.is_none() {
                    played.ended = Some((first.how, first.during));
                    played.once_in = Some(2);
                    played.crash = first.crash();
                } else {
                    let told = unsure(first, 2, suspect.as_deref());
                    self.fault(format!("{told}, in `{}`", script.scenario));
                }
                self.played.push((number, played));
            }
            Err(other) => {
                self.fault(unsure(first, 1, suspect.as_deref()));
                self.fault(other.told());
            }
        }
    }

    fn ended_again(&mut self, number: usize, script: &Script, again: &Ending) {
        let before = matches!(again.during.phase, Phase::Idle | Phase::Import);
        let never_began = cfg!(unix) && again.step.is_none() && before;
        if never_began {
            self.fault(format!(
                "the worker {}, before it played `{}`",
                again.told(),
                script.scenario
            ));
            self.stopped = Some((Why::Fault, "the harness could not go on"));
        } else if dies_unasked(self.server, self.subject, script) {
            self.strike(script, again);
        } else {
            let before = beginning(self.server, self.subject, script);
            self.died(number, script, again, before);
        }
    }

    fn died(&mut self, number: usize, script: &Script, ending: &Ending, before: Option<Played>) {
        let played = Played {
            scenario: script.scenario.clone(),
            mutator: script.bindings.mutator.clone(),
            ended: Some((ending.how, ending.during)),
            crash: ending.crash(),
            ..before.unwrap_or_default()
        };
        self.played.push((number, played));
        self.deaths += 1;
        if self.deaths >= MAX_DEATHS {
            self.stopped = Some((Why::GivenUp, TOO_OFTEN));
        }
    }

    /// A mutator ends the process by itself, or does not come back though nobody holds a view.
    fn strike(&mut self, script: &Script, ending: &Ending) {
        // What nobody declared, such as `__init__` without arguments, not every type bears. That is no matter of
        // buffers, and says nothing about what was declared.
        if let Some(code) = &script.bindings.mutator {
            if !self.struck.contains(code) {
                self.struck.push(code.clone());
            }
            self.observed.unusable.push(unusable(script, ending.how));
        }
    }

    fn fault(&mut self, told: String) {
        if !self.observed.faults.contains(&told) {
            self.observed.faults.push(told);
        }
    }

    /// Plays again, in a fresh worker, what something else could have done; the second time counts.
    fn measure_again(&mut self, suspect: &dyn Fn(&Played) -> bool, scripts: &[Script]) {
        let numbers: Vec<usize> = self
            .played
            .iter()
            .filter(|(_, played)| suspect(played))
            .map(|(number, _)| *number)
            .collect();
        if numbers.is_empty() {
            return;
        }
        let again: Vec<Script> = numbers
            .iter()
            .map(|number| longer(scripts[*number].clone()))
            .collect();
        self.server.refresh();
        match play(self.server, self.subject, &again) {
            Ok(measured) => {
                for (number, measured) in numbers.into_iter().zip(measured) {
                    if let Some(place) = self.played.iter_mut().find(|(known, _)| *known == number) {
                        place.1 = measured;
                    }
                }
            }
            Err(Unplayed::Lost(Lost::Ended(ending))) => self.measured_in_vain(&numbers, scripts, &ending),
            Err(other) => self.fault(format!(
                "what should be seen twice could not be played again: {}",
                other.told()
            )),
        }
    }

    /// The process ended at the second measuring, but not at the first.
    fn measured_in_vain(&mut self, numbers: &[usize], scripts: &[Script], ending: &Ending) {
        if ending.how.is_endless() {
            self.patience.spend();
        }
        let number = ending.step.and_then(|step| numbers.get(step)).copied();
        match number.and_then(|number| self.played.iter_mut().find(|(known, _)| *known == number)) {
            Some((_, played)) if ending.how.is_crash() => {
                played.ended = Some((ending.how, ending.during));
                played.once_in = Some(2);
                played.crash = ending.crash();
            }
            _ => {
                let place = number.map_or_else(String::new, |number| {
                    format!(", in `{}`", scripts[number].scenario)
                });
                self.fault(format!("{}{place}", unsure(ending, 2, None)));
            }
        }
        self.fault("what should be seen twice could not be played again: the process ended meanwhile".into());
    }

    /// Makes sure of what did not come back: what happened twice is sure; what happened once is played once more, first
    /// with every request left out.
    fn settle(&mut self) {
        let unsure = std::mem::take(&mut self.unsure);
        let sure = !self.patience.is_left();
        for (number, script, ending) in unsure {
            if sure {
                self.died(number, &script, &ending, None);
                continue;
            }
            self.server.refresh();
            if dies_unasked(self.server, self.subject, &script) {
                self.patience.spend();
                self.strike(&script, &ending);
                continue;
            }
            match play(self.server, self.subject, std::slice::from_ref(&script)) {
                Err(Unplayed::Lost(Lost::Ended(again))) => {
                    if again.how.is_endless() {
                        self.patience.spend();
                    }
                    self.died(number, &script, &again, None);
                }
                Ok(mut played) => {
                    self.played.push((number, played.pop().unwrap_or_default()));
                    let told = crate::exporter::requests::unsure(&ending, 2, None);
                    self.fault(format!("{told}, in `{}`", script.scenario));
                }
                Err(other) => self.fault(other.told()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
