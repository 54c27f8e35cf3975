//! How large the page may be: for one subject, for a package, and for a corpus on three interpreters.

mod support;

use bufcheck_model::report::{Finding, Report};
use bufcheck_reports::html;
use support::large::{add, run, whole};
use support::recorded;

#[track_caller]
fn check(what: &str, report: &Report, budget: usize) {
    let size = html::render(report).len();
    println!("{what}: {size} bytes of HTML, at most {budget}");
    assert!(size <= budget, "{what}: {size} bytes, at most {budget}");
}

#[test]
fn one_subject() {
    let mut report = run(1);
    let findings: Vec<Finding> = (0..3).map(whole).collect();
    add(&mut report, "mylib/image", &findings);
    check("one subject with 3 findings", &report, 60_000);
}

#[test]
fn thirty_subjects() {
    let mut report = run(1);
    for number in 0..30 {
        let findings: Vec<Finding> = if number < 5 {
            (0..2).map(|rule| whole(number + 5 * rule)).collect()
        } else {
            Vec::new()
        };
        add(&mut report, &format!("mylib/object-{number}"), &findings);
    }
    check("30 subjects with 10 findings", &report, 120_000);
}

#[test]
fn a_corpus_on_three_interpreters() {
    let mut report = run(3);
    for number in 0..461 {
        let some = if number % 5 < 2 { 2 } else { 0 };
        let findings: Vec<Finding> = (0..some)
            .map(|rule| recorded(whole(number % 40 + 40 * rule)))
            .collect();
        add(
            &mut report,
            &format!("package-{}/object-{number}", number / 20),
            &findings,
        );
    }
    check("461 subjects on 3 interpreters", &report, 1_500_000);
}

#[test]
fn a_package_in_which_everything_is_wrong() {
    let mut report = run(1);
    for number in 0..200 {
        add(
            &mut report,
            &format!("mylib/object-{number}"),
            &[whole(number % 40), whole(40 + number % 40)],
        );
    }
    check("200 subjects with 400 new findings", &report, 1_500_000);
}
