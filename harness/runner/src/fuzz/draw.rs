//! Draws histories at random and shortens them.
//!
//! Knows how likely each step is, and proptest, which keeps every way to make a history simpler. Must never know
//! what a step means.

use bufcheck_rules::histories::{SLOTS, Step, Way};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Steps of one history at most.
const LENGTH: usize = 40;

/// A history: its steps, and the mutator that is run behind them.
pub(super) type History = (Vec<Step>, u8);

/// A history that can be made simpler.
pub(super) type Tree = Box<dyn ValueTree<Value = History>>;

/// A source of histories; the same seed gives the same ones.
pub(super) struct Draw {
    runner: TestRunner,
    histories: BoxedStrategy<History>,
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            runner: runner(seed),
            // Only where nothing was changed can the object be compared with a fresh one in the end.
            histories: prop_oneof![history(quiet().boxed()), history(any_step().boxed())].boxed(),
        }
    }

    /// The next history; `None` if it could not be drawn.
    pub(super) fn next(&mut self) -> Option<Tree> {
        self.histories.new_tree(&mut self.runner).ok()
    }
}

/// Where random numbers come from; the same seed gives the same ones.
pub(super) fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, rng)
}

fn history(step: BoxedStrategy<Step>) -> BoxedStrategy<History> {
    (vec(step, 1..=LENGTH), 0..16_u8).boxed()
}

fn elsewhere() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.1)
}

/// Steps that change nothing. What is simpler comes first: proptest shortens towards it.
fn quiet() -> impl Strategy<Value = Step> {
    // The widest request is drawn often: it shows most.
    let request = prop_oneof![2 => Just(0_u8), 3 => 0..32_u8];
    let way = prop_oneof![4 => Just(Way::Plain), 1 => Just(Way::Copy), 1 => Just(Way::Pending)];
    prop_oneof![
        12 => (0..SLOTS, request, elsewhere())
            .prop_map(|(slot, request, elsewhere)| Step::Ask { slot, request, elsewhere }),
        10 => (0..SLOTS, way, elsewhere())
            .prop_map(|(slot, way, elsewhere)| Step::Release { slot, way, elsewhere }),
        4 => (0..SLOTS).prop_map(|slot| Step::Write { slot }),
        2 => Just(Step::Collect),
        1 => Just(Step::Drop),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => quiet(),
        1 => (0..16_u8, elsewhere()).prop_map(|(mutator, elsewhere)| Step::Mutate { mutator, elsewhere }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64) -> History {
        Draw::new(seed).next().unwrap().current()
    }

    #[test]
    fn the_same_seed_draws_the_same_histories() {
        assert_eq!(first(7), first(7));
        assert_ne!(first(7), first(8));
    }

    #[test]
    fn a_history_becomes_as_short_as_what_matters() {
        let mut draw = Draw::new(3);
        let drops = |history: &History| history.0.contains(&Step::Drop);
        let mut tree = std::iter::from_fn(|| draw.next())
            .find(|tree| drops(&tree.current()))
            .unwrap();
        let mut best = tree.current();
        let mut more = tree.simplify();
        while more {
            let current = tree.current();
            more = if drops(&current) {
                best = current;
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        assert_eq!(best, (vec![Step::Drop], 0));
    }
}
