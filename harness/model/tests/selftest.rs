//! What a kill matrix comes to.
//!
//! Knows fates and accusations, picked by hand. Must never know how a mutant is run.

use bufcheck_model::selftest::{Clean, Fate, Killed, Matrix};
use rstest::rstest;

fn killed(id: &str, fate: Fate) -> Killed {
    Killed {
        id: id.into(),
        breaks: "len.equals-nbytes".into(),
        fate,
        by: Vec::new(),
        reason: Vec::new(),
    }
}

fn clean(id: &str) -> Clean {
    Clean {
        id: id.into(),
        accused: Vec::new(),
        reason: Vec::new(),
        fault: false,
    }
}

fn accused(id: &str) -> Clean {
    Clean {
        accused: vec!["len.equals-nbytes".into()],
        ..clean(id)
    }
}

/// A matrix that passes.
fn sound() -> Matrix {
    Matrix {
        interpreter: "cpython-3.13".into(),
        mutants: vec![
            killed("a", Fate::KilledByOwnRule),
            killed("b", Fate::NotTested),
            killed("c", Fate::KilledByOwnRule),
        ],
        clean: vec![
            clean("d"),
            clean("e"),
            Clean {
                reason: vec!["needs Python >=3.14".into()],
                ..clean("f")
            },
        ],
        unproven: Vec::new(),
    }
}

#[test]
fn what_is_killed_and_in_peace_is_counted() {
    let mut matrix = sound();
    assert!(matrix.passes());
    assert_eq!(matrix.count(Fate::KilledByOwnRule), 2);
    assert_eq!(matrix.count(Fate::NotTested), 1);
    assert_eq!(matrix.count(Fate::Survived), 0);
    assert_eq!(matrix.at_peace(), 2);
    assert_eq!(matrix.false_alarms().count(), 0);

    matrix.clean.extend([accused("g"), clean("h")]);
    let alarms: Vec<_> = matrix.false_alarms().map(|clean| clean.id.as_str()).collect();
    assert_eq!(alarms, ["g"]);
    assert_eq!(matrix.at_peace(), 3);
}

#[rstest]
#[case::killed_by_another(|matrix: &mut Matrix| matrix.mutants[0].fate = Fate::KilledByAnother)]
#[case::survived(|matrix: &mut Matrix| matrix.mutants[2].fate = Fate::Survived)]
#[case::not_made(|matrix: &mut Matrix| matrix.mutants[1].fate = Fate::Fault)]
#[case::no_mutant(|matrix: &mut Matrix| matrix.unproven.push("buf.not-null".into()))]
#[case::false_alarm(|matrix: &mut Matrix| matrix.clean[0] = accused("d"))]
#[case::clean_not_made(|matrix: &mut Matrix| matrix.clean[1].fault = true)]
fn one_flaw_is_enough_to_fail(#[case] spoil: fn(&mut Matrix)) {
    let mut matrix = sound();
    spoil(&mut matrix);
    assert!(!matrix.passes());
}

#[test]
fn reasons_and_faults_are_written_where_there_are_any() {
    let text = serde_json::to_string(&sound()).unwrap();
    assert_eq!(text.matches("reason").count(), 1);
    assert!(!text.contains("fault"));
    let mut broken = sound();
    broken.clean[0].fault = true;
    let text = serde_json::to_string(&broken).unwrap();
    let read: Matrix = serde_json::from_str(&text).unwrap();
    assert_eq!(read, broken);
}
