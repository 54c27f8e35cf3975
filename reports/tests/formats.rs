//! What services demand of SARIF and `JUnit` beside their schemas: a file for every result, no text that is taken for a
//! link, the same names of tests whatever came of them.

mod support;

use std::collections::BTreeSet;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Line, Ran, Report, Status};
use bufcheck_reports::{junit, sarif};
use serde_json::Value;
use support::{empty, full, subject};

fn log(report: &Report) -> Value {
    serde_json::from_str(&sarif::render(report)).expect("it is JSON")
}

#[test]
fn every_result_has_a_file_and_a_line() {
    let mut report = full();
    report.subjects[1].registered = Some(Line {
        file: "cfg dir/bufcheck.toml".into(),
        line: 12,
    });
    let name = report.subjects[1].id.clone();
    let log = log(&report);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(!results.is_empty());
    let mut registered = 0;
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a path");
        assert!(!uri.starts_with('/') && !uri.contains([' ', '\\', ':']), "{uri}");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        let here = &result["locations"][0]["logicalLocations"][0]["name"];
        if uri == "cfg%20dir/bufcheck.toml" {
            assert_eq!(
                (here, &place["region"]["startLine"]),
                (&name.clone().into(), &12.into())
            );
            registered += 1;
        } else {
            assert_eq!(
                (uri, &place["region"]["startLine"]),
                ("pyproject.toml", &1.into())
            );
        }
    }
    assert!(registered > 0);
}

#[test]
fn rules_are_described_and_found_by_their_index() {
    let log = log(&full());
    let driver = &log["runs"][0]["tool"]["driver"];
    assert!(
        driver["informationUri"]
            .as_str()
            .expect("an address")
            .starts_with("https://")
    );
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(
                rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()),
                "{rule}"
            );
        }
    }
    for result in log["runs"][0]["results"].as_array().expect("results") {
        if let Some(index) = result["ruleIndex"].as_u64() {
            assert_eq!(
                rules[usize::try_from(index).expect("small")]["id"],
                result["ruleId"]
            );
        }
    }
}

/// `[text](3)` in a plain message is a link to a place (SARIF 2.1.0, 3.11.6).
#[test]
fn brackets_are_no_links() {
    let log = sarif::render(&full());
    assert!(
        log.contains("_\\\\[x\\\\](javascript:1)"),
        "the name that attacks, escaped"
    );
    assert!(
        !log.contains("*_[x](javascript:1)") || log.contains("\"name\""),
        "only as a name"
    );
}

/// The names of the tests of a suite.
fn names(xml: &str) -> BTreeSet<&str> {
    xml.split("<testcase name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn tests_have_the_same_names_whether_they_pass_or_fail() {
    let report = full();
    let with = |pick: &dyn Fn(&bufcheck_model::report::Subject) -> bool| {
        let mut alone = report.clone();
        alone
            .subjects
            .retain(|subject| subject.interpreter == "cpython-3.11" && pick(subject));
        assert_eq!(alone.subjects.len(), 1);
        junit::render(&alone, Level::Must)
    };
    let failing = with(&|subject| subject.id == "mylib/image");
    let passing = with(&|subject| subject.id == "stdlib/bytes");
    assert!(failing.contains("<failure") && !passing.contains("<failure"));
    let wanted = BTreeSet::from([
        "subject", "complete", "format", "ndim", "process", "request", "shape",
    ]);
    assert_eq!(names(&passing), wanted);
    assert_eq!(names(&failing), wanted);
    let died = with(&|subject| subject.status == Status::Died && subject.id == "crash/segfault");
    assert_eq!(names(&died), wanted);
    assert!(died.contains("<error"));
}

#[test]
fn a_test_stands_where_its_subject_is_registered() {
    let mut report = empty();
    let mut registered = subject("mylib/image", "cpython-3.11", &report);
    registered.registered = Some(Line {
        file: "bufcheck.toml".into(),
        line: 7,
    });
    report.subjects.push(registered);
    let xml = junit::render(&report, Level::Must);
    let suite = xml.split("<testsuite ").nth(1).expect("a suite");
    assert!(suite.contains("file=\"bufcheck.toml\""), "{xml}");
    assert!(suite.contains("<property name=\"line\" value=\"7\"/>"), "{xml}");
}

/// Attributes by element, as the schema by which Jenkins accepts such files has them (its `junit-10.xsd`; the whole of it
/// is what `python/tests/test_formats.py` asks).
const KNOWN: [(&str, &[&str]); 4] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
            "group",
        ],
    ),
    ("testcase", &["name", "time", "classname", "group"]),
    ("failure", &["type", "message"]),
];

#[test]
fn a_suite_takes_as_long_as_its_subject() {
    let mut report = empty();
    report
        .subjects
        .push(subject("mylib/image", "cpython-3.11", &report));
    let took = [(Ran::key("cpython-3.11", "mylib/image"), 1250)];
    report.run = Some(Ran {
        started: "2027-06-30T12:00:00Z".into(),
        milliseconds: 2000,
        took: took.into(),
        ..Ran::default()
    });
    let xml = junit::render(&report, Level::Must);
    let suite = xml.split("<testsuite ").nth(1).expect("a suite");
    assert!(
        xml.contains("<testsuites name=\"bufcheck\"") && xml.contains("time=\"2.000\""),
        "{xml}"
    );
    assert!(suite.contains("timestamp=\"2027-06-30T12:00:00Z\""), "{xml}");
    let times: Vec<&str> = suite.split(" time=\"").skip(1).collect();
    assert!(
        times[0].starts_with("1.250") && times[1].starts_with("1.250"),
        "the suite, its first test: {xml}"
    );
    assert!(times[2..].iter().all(|time| time.starts_with("0.000")), "{xml}");
}

#[test]
fn elements_have_no_attribute_that_the_common_schema_does_not_know() {
    let xml = junit::render(&full(), Level::Must);
    for (element, known) in KNOWN {
        let mut seen = 0;
        for tag in xml.split(&format!("<{element} ")).skip(1) {
            let mut rest = tag;
            while let Some((name, behind)) = rest.split_once("=\"") {
                let name = name.trim();
                assert!(known.contains(&name), "<{element} {name}=...>");
                let (_, behind) = behind.split_once('"').expect("the value ends");
                rest = behind;
                seen += 1;
                if rest.trim_start().starts_with(['>', '/']) {
                    break;
                }
            }
        }
        assert!(seen > 0, "<{element}>");
    }
}
