//! Shards give the report of the whole run, in whatever order they come.

use bufcheck_model::report::Report;
use bufcheck_runner::merge::merge;
use serde_json::{Value, json};

const ORDER: [&str; 3] = ["a.a", "b.b", "c.c"];

fn rule(id: &str) -> Value {
    json!({ "id": id, "level": "must", "side": "exporter", "statement": "", "source": [] })
}

fn subject(name: usize, interpreter: &str) -> Value {
    json!({ "id": format!("mylib/{name}"), "kind": "exporter", "interpreter": interpreter, "status": "conforms",
            "findings": [], "requests": { "granted": 1, "refused": 0, "died": 0 } })
}

fn interpreter(minor: u32) -> Value {
    json!({ "id": format!("cpython-3.{minor}"), "version": format!("3.{minor}.4"), "executable": "",
            "system": "linux", "machine": "x86_64" })
}

/// The report of the subjects of these numbers.
fn report(numbers: &[usize], rules: &[&str], shard: Option<(usize, usize)>) -> Value {
    let on = |python: &'static str| numbers.iter().map(move |number| subject(*number, python));
    let subjects: Vec<Value> = on("cpython-3.11").chain(on("cpython-3.12")).collect();
    let rules: Vec<Value> = rules.iter().map(|id| rule(id)).collect();
    let mut report = json!({
        "schema": 1, "tool": { "name": "bufcheck", "version": "0" }, "requests": [], "rules": rules,
        "interpreters": [interpreter(11), interpreter(12)], "subjects": subjects,
        "totals": { "subjects": { "conforms": subjects.len() }, "subjects_as_recorded": 0, "new": {}, "recorded": {},
                    "judged": subjects.len(), "rules": rules.len() },
    });
    if let Some((part, of)) = shard {
        report["shard"] = json!({ "part": part, "of": of });
    }
    report
}

fn parsed(report: Value) -> Report {
    serde_json::from_value(report).expect("a report")
}

#[test]
fn shards_give_the_whole_whatever_order_they_come_in() {
    let whole = parsed(report(&[0, 1, 2, 3, 4, 5, 6], &ORDER, None));
    let parts = [
        report(&[0, 3, 6], &["a.a", "c.c"], Some((1, 3))),
        report(&[1, 4], &["b.b", "c.c"], Some((2, 3))),
        report(&[2, 5], &["c.c"], Some((3, 3))),
    ];
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let parts: Vec<Report> = order.iter().map(|part| parsed(parts[*part].clone())).collect();
        assert_eq!(merge(parts, &ORDER), Ok(Some(whole.clone())));
    }
}

#[test]
fn reports_that_are_no_shards_stand_one_behind_the_other() {
    let parts = vec![
        parsed(report(&[5], &["b.b"], None)),
        parsed(report(&[1], &["a.a"], None)),
    ];
    let whole = merge(parts, &ORDER)
        .expect("they go together")
        .expect("there are some");
    let ids: Vec<&str> = whole.subjects.iter().map(|subject| subject.id.as_str()).collect();
    assert_eq!(ids, ["mylib/5", "mylib/5", "mylib/1", "mylib/1"]);
    assert_eq!((whole.totals.judged, whole.totals.rules), (4, 2));
}

#[test]
fn what_does_not_go_together_is_named() {
    let problem =
        |one: Value, two: Value| merge(vec![parsed(one), parsed(two)], &ORDER).expect_err("they do not");
    let (number, problem_twice) = problem(report(&[1], &[], None), report(&[1], &[], None));
    assert_eq!(number, 1);
    assert!(
        problem_twice.contains("in another report already"),
        "{problem_twice}"
    );
    let (_, cut) = problem(report(&[1], &[], Some((1, 2))), report(&[2], &[], Some((2, 3))));
    assert!(cut.contains("part 2 of 3"), "{cut}");
    let mut other = report(&[2], &[], None);
    other["interpreters"][0]["version"] = json!("3.11.9");
    let (_, python) = problem(report(&[1], &[], None), other);
    assert!(python.contains("3.11.9"), "{python}");
    assert_eq!(merge(Vec::new(), &ORDER), Ok(None));
}

/// A record of several subjects is stale in the part that holds none of those that break the rule.
#[test]
fn a_record_that_shows_in_another_part_is_not_stale() {
    let stale = |subject: &str, rule: &str| {
        json!({ "file": "f", "line": 3, "subject": subject, "rule": rule, "interpreter": "cpython-3.11",
                "problem": "no longer shows" })
    };
    let mut one = report(&[0], &["a.a"], Some((1, 2)));
    one["stale"] = json!([stale("mylib/*", "a.*"), stale("mylib/*", "b.b")]);
    let mut two = report(&[1], &["a.a"], Some((2, 2)));
    two["stale"] = json!([stale("mylib/*", "b.b")]);
    two["subjects"][0]["findings"] = json!([{
        "rule": "a.a", "level": "must", "requests": [], "case": "", "found": "", "wanted": "",
        "standing": "as-recorded", "repro": "" }]);
    let whole = merge(vec![parsed(one), parsed(two)], &ORDER)
        .expect("they go together")
        .expect("there are some");
    let left: Vec<&str> = whole.stale.iter().map(|stale| stale.rule.as_str()).collect();
    assert_eq!(left, ["b.b"], "once");
}
