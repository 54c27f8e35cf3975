//! Hostile input for everything that bufcheck reads from somebody else: formats and numbers that exporters
//! claim, case and configuration files, lines of workers, recorded runs.
//!
//! Knows the targets and how input is made out of the corpus. Must never know what a right result is: the
//! only demands are no panic, no endless computation, no unbounded memory, and that what was read can be
//! written and read again.

#![forbid(unsafe_code)]

mod mutate;
mod targets;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use mutate::Mutator;
pub use targets::{TARGETS, Target};

/// The longest input, in bytes.
pub const MAX_INPUT: usize = 4096;

/// The longest that a single input may take.
pub const MAX_TIME: Duration = Duration::from_secs(5);

/// The inputs in the repository for one target, in the order of their names.
pub fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
}

/// Runs one input.
///
/// # Panics
/// If it took too long; a panic of the target passes through.
pub fn run(target: &Target, input: &[u8]) {
    let start = Instant::now();
    (target.run)(input);
    let took = start.elapsed();
    assert!(took < MAX_TIME, "{} took {took:?}", target.name);
}

/// Runs the corpus, and then what becomes of it, until the time is over; how many inputs were run.
pub fn fuzz(target: &Target, seed: u64, span: Duration) -> u64 {
    let seeds = corpus(target);
    for input in &seeds {
        run(target, input);
    }
    let start = Instant::now();
    let mut mutator = Mutator::new(seed);
    let mut inputs = seeds.len() as u64;
    while start.elapsed() < span {
        let input = mutator.next(&seeds);
        let ran = std::panic::catch_unwind(|| run(target, &input));
        if let Err(panic) = ran {
            eprintln!(
                "target {}, input {:?}",
                target.name,
                String::from_utf8_lossy(&input)
            );
            std::panic::resume_unwind(panic);
        }
        inputs += 1;
    }
    inputs
}
