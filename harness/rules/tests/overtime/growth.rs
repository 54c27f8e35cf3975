//! Fixtures of `overtime`: what grows with every repetition.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::stage::{Stage, bytes, stage};
use bufcheck_model::scenario::{Measure, Seen};
use bufcheck_rules::overtime::{Background, suspects};
use rstest::rstest;
use serde_json::{Value as Json, json};

fn repeated(times: u32, measures: [Measure; 3]) -> Stage {
    let act = json!({"repeat": {"name": "r", "times": times, "acts": []}});
    stage().act(act, Seen::Repeated { times, measures })
}

fn no_growth(of: &str) -> Json {
    json!({"no-growth": {"repeat": "r", "of": of}})
}

#[rstest]
#[case::one_each_cycle("references", 100, [0, 100, 200], Some("+200 references of the exporter in 200 cycles"))]
#[case::sinking("references", 100, [200, 100, 0], Some("-200 references of the exporter in 200 cycles"))]
#[case::held("held", 40, [0, 40, 80], Some("+80 references of what the exporter refers to in 80 cycles"))]
#[case::held_may_sink("held", 40, [80, 40, 0], None)]
#[case::half_a_unit("blocks", 100, [0, 50, 100], Some("+100 blocks of Python's allocator in 200 cycles"))]
#[case::less_than_half("blocks", 100, [0, 49, 98], None)]
#[case::in_one_half_only("blocks", 100, [0, 100, 100], None)]
#[case::in_the_other_only("blocks", 100, [0, 0, 100], None)]
#[case::blocks_may_sink("blocks", 100, [200, 100, 0], None)]
#[case::by_chance("references", 4, [0, 3, 6], None)]
#[case::more_than_chance("references", 4, [0, 4, 8], Some("+8 references of the exporter in 8 cycles"))]
#[case::blocks_by_chance("blocks", 4, [0, 15, 30], None)]
#[case::heap("heap", 1000, [0, 8000, 16000], Some("+16000 bytes of the C heap in 2000 cycles"))]
#[case::less_heap("heap", 1000, [0, 7999, 16000], None)]
#[case::heap_by_chance("heap", 4, [0, 2047, 4094], None)]
#[case::resident("resident", 1000, [0, 2_048_000, 4_096_000],
    Some("+4096000 bytes of resident memory in 2000 cycles"))]
#[case::less_resident("resident", 1000, [0, 2_047_999, 4_096_000], None)]
#[case::resident_by_chance("resident", 4, [0, 262_143, 524_286], None)]
#[case::never_repeated("references", 0, [0, 100, 200], None)]
fn growth_is_more_than_chance(
    #[case] of: &str,
    #[case] times: u32,
    #[case] figures: [i64; 3],
    #[case] found: Option<&str>,
) {
    let measures = figures.map(|figure| {
        let mut measure = Measure::default();
        match of {
            "references" => measure.references = Some(figure),
            "held" => measure.held = Some(figure),
            "blocks" => measure.blocks = Some(figure),
            "heap" => measure.heap = Some(figure),
            _ => measure.resident = Some(figure),
        }
        measure
    });
    let stage = repeated(times, measures);
    let wanted = found.map(|found| format!("{found}, about as many in each half"));
    assert_eq!(stage.found(&no_growth(of)), wanted);
    let (case, played) = stage.played(&no_growth(of));
    assert_eq!(suspects(&case, &played, &Background::default()), wanted.is_some());
}

/// Others may have written between two moments; nobody else can refuse a request.
#[test]
fn only_what_another_could_have_done_is_seen_twice() {
    let refused = stage().refused("a", None);
    let (case, played) = refused.played(&json!({"granted": {"view": "a"}}));
    assert!(!suspects(&case, &played, &Background::default()));
    let touched = stage().granted("a", bytes(&[1])).read("a", bytes(&[2]), &[]);
    let (case, played) = touched.played(&json!({"same-content": {"view": "a"}}));
    assert!(suspects(&case, &played, &Background::default()));
    repeated(100, [Measure::default(); 3]).holds(&no_growth("heap"));
}
