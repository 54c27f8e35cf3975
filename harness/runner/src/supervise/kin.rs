//! Names by which all that a worker starts is known again.
//!
//! Knows the names of this run. Must never know what is done to whom they belong to.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bufcheck_family as family;

/// The name of a worker, before it is started.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    run: String,
    number: u64,
    /// The run has no keeper yet: this worker is to start one.
    wants_keeper: bool,
}

/// What this process has called its workers so far. A process that was forked off starts anew.
#[derive(Debug)]
struct Named {
    process: u32,
    run: String,
    workers: u64,
    kept: bool,
}

static NAMED: Mutex<Option<Named>> = Mutex::new(None);

impl Name {
    /// A name that no other worker has.
    pub(crate) fn new() -> Self {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if named.as_ref().is_none_or(|named| named.process != process) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            // Numbers of processes are used again, moments are not.
            let moment = since.map_or(0, |since| since.as_nanos());
            *named = Some(Named {
                process,
                run: format!("{process}-{moment:x}"),
                workers: 0,
                kept: false,
            });
        }
        let Some(named) = named.as_mut() else {
            unreachable!("it was set a moment ago")
        };
        named.workers += 1;
        Self {
            run: named.run.clone(),
            number: named.workers,
            wants_keeper: !named.kept,
        }
    }

    /// The name of the worker's family.
    pub(crate) fn family(&self) -> String {
        family::name(&self.run, self.number)
    }

    /// What the worker bears in its environment.
    pub(crate) fn variable(&self) -> String {
        let inherited = std::env::var(family::VARIABLE).ok();
        family::variable(inherited.as_deref(), &self.run, self.number)
    }

    /// The run for which the worker is to start a keeper.
    pub(crate) fn keeper(&self) -> Option<&str> {
        self.wants_keeper.then_some(self.run.as_str())
    }

    /// The worker has come so far that the keeper is there.
    pub(crate) fn has_kept(&self) {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = named.as_mut().filter(|named| named.run == self.run) {
            named.kept = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_has_a_name_and_the_first_brings_the_keeper() {
        let (one, two) = (Name::new(), Name::new());
        assert_ne!(one.family(), two.family());
        assert_eq!(family::run(&one.variable()), Some(one.run.as_str()));
        assert!(family::bears(&two.variable(), &two.family()));
        one.has_kept();
        assert_eq!(Name::new().keeper(), None);
    }
}
