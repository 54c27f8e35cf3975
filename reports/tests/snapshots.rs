//! How each text format looks.

mod support;

use bufcheck_model::case::Level;
use bufcheck_reports::{junit, markdown, sarif, terminal};
use support::{empty, full, subject};

#[test]
fn terminal_summary() {
    insta::assert_snapshot!(terminal::summary(&full(), &terminal::Options::default()));
}

#[test]
fn terminal_summary_narrow_and_verbose() {
    let options = terminal::Options {
        width: 80,
        verbose: true,
        ..terminal::Options::default()
    };
    insta::assert_snapshot!(terminal::summary(&full(), &options));
}

#[test]
fn terminal_summary_of_what_conforms() {
    let mut report = empty();
    report
        .subjects
        .push(subject("stdlib/bytes", "cpython-3.11", &report));
    insta::assert_snapshot!(terminal::summary(&report, &terminal::Options::default()));
}

#[test]
fn terminal_finding_in_colour() {
    let report = full();
    let image = &report.subjects[1];
    let options = terminal::Options {
        color: true,
        ..terminal::Options::default()
    };
    insta::assert_snapshot!(terminal::finding(&report, image, &image.findings[1], &options));
}

#[test]
fn terminal_explain() {
    let report = empty();
    let told: Vec<String> = [0, 4, 5]
        .iter()
        .map(|&index| terminal::explain(&report.rules[index], &terminal::Options::default()))
        .collect();
    insta::assert_snapshot!(told.join("--------\n"));
}

#[test]
fn junit_xml() {
    insta::assert_snapshot!(junit::render(&full(), Level::Must));
}

#[test]
fn markdown_summary() {
    insta::assert_snapshot!(markdown::render(&full()));
}

#[test]
fn sarif_log() {
    insta::assert_snapshot!(sarif::render(&full()));
}
