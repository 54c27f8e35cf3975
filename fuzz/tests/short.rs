//! A short run of every target, always with the same input.
//!
//! Knows how long a test may take. Must never know a target by name.

use std::time::Duration;

use bufcheck_fuzz::{Mutator, TARGETS, corpus, fuzz, run};

#[test]
fn every_target_has_a_corpus_and_survives_it() {
    for target in TARGETS {
        let inputs = corpus(&target);
        assert!(inputs.len() >= 3, "{} has {} inputs", target.name, inputs.len());
        for input in &inputs {
            run(&target, input);
        }
    }
}

#[test]
fn every_target_survives_two_thousand_changes() {
    for target in TARGETS {
        let (seeds, mut mutator) = (corpus(&target), Mutator::new(20_260_101));
        for _ in 0..2000 {
            run(&target, &mutator.next(&seeds));
        }
    }
}

#[test]
fn every_target_survives_a_moment() {
    for target in TARGETS {
        assert!(fuzz(&target, 7, Duration::from_millis(300)) > 0);
    }
}
