//! What is written for other programs: shards put together, places in files, one line a test.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::command::{bufcheck_in, exits_in, stderr, stdout, without_run};

const TARGETS: [&str; 5] = [
    "builtins:bytes(3)",
    "ctypes:(c_int * 3)(1, 2, 3)",
    "builtins:bytearray(3)",
    "array:array('i', [1, 2])",
    "ctypes:c_double(1.5)",
];

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect("it was written")
}

#[test]
fn shards_are_merged_into_the_report_of_the_whole_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |more: &[&str]| {
        let words = [
            "check",
            "-q",
            "--case",
            "requests/*",
            "--rule",
            "format.*",
            "--rule",
            "strides.*",
        ];
        let words = [&words, more, &TARGETS].concat();
        let output = bufcheck_in(folder.path(), &words);
        assert_eq!(output.status.code(), Some(1), "{words:?}\n{}", stderr(&output));
    };
    check(&["--json", "whole.json"]);
    for (part, file) in [("1/2", "1.json"), ("2/2", "2.json")] {
        check(&["--shard", part, "--json", file]);
    }
    let words = [
        "merge",
        "-q",
        "2.json",
        "1.json",
        "--json",
        "merged.json",
        "--tap",
        "merged.tap",
    ];
    let output = bufcheck_in(folder.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(
        without_run(&read(folder.path(), "merged.json")),
        without_run(&read(folder.path(), "whole.json"))
    );
    assert!(read(folder.path(), "merged.tap").contains("1..5\n"));
}

#[test]
fn results_stand_where_their_subject_is_registered() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[project]\nname = \"mylib\"\n\n[[tool.bufcheck.exporter]]\nid = \"mylib/ints\"\n\
                make = \"ctypes:(c_int * 3)()\"\n";
    fs::write(folder.path().join("pyproject.toml"), text).expect("a file");
    let words = [
        "run",
        "-q",
        "--case",
        "requests/*",
        "--rule",
        "format.*",
        "--sarif",
        "r.sarif",
        "--junit",
        "r.xml",
        "--badge",
        "b.svg",
        "--json",
        "r.json",
        "--json-rules",
        "used",
    ];
    exits_in(folder.path(), &words, 1);
    let log: Value = serde_json::from_str(&read(folder.path(), "r.sarif")).expect("it is JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&"pyproject.toml".into(), &4.into())
    );
    let junit = read(folder.path(), "r.xml");
    assert!(junit.contains(" file=\"pyproject.toml\""), "{junit}");
    assert!(junit.contains("<property name=\"line\" value=\"4\"/>"), "{junit}");
    assert!(read(folder.path(), "b.svg").contains("1 of 1 not sound"));
    let report: Value = serde_json::from_str(&read(folder.path(), "r.json")).expect("it is JSON");
    let rules: Vec<&str> = report["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    assert_eq!(rules, ["format.null-unless-requested"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_crash_says_what_was_touched_and_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |target: &str| {
        let words = ["check", target, "-q", "--json", "-"];
        let output = bufcheck_in(folder.path(), &words);
        let report: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
        let subject = &report["subjects"][0];
        format!("{} {}", subject["findings"][0]["death"], subject["output"])
    };
    let read = make("ctypes:(print('about to read', flush=True), string_at(8))");
    assert!(
        read.contains(r#""signal":"SIGSEGV""#) && read.contains("about to read"),
        "{read}"
    );
    assert!(
        read.contains(r#""address":8,"#) && read.contains(r#""file":"libc"#),
        "{read}"
    );
    let written = make("ctypes:memset(16, 1, 1)");
    assert!(written.contains(r#""address":16,"#), "{written}");
    if cfg!(target_arch = "x86_64") {
        assert!(read.contains(r#""wrote":false"#) && written.contains(r#""wrote":true"#));
    }
    let called = make("ctypes:CFUNCTYPE(None)(0x1000)()");
    assert!(called.contains(r#""called":4096,"#), "{called}");
    let aborted = make("os:abort()");
    assert!(
        aborted.contains(r#""signal":"SIGABRT""#) && aborted.contains(r#""offset":"#),
        "{aborted}"
    );
}

/// A finding over time is told step by step, and what was named by `--since` stands beside it.
#[test]
fn steps_end_with_the_fatal_one_and_earlier_reports_are_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = [
        "check",
        "ctypes:((c_int * 3) * 2)()",
        "-q",
        "--rule",
        "export.locks-resize",
    ];
    let check = |more: &[&str]| {
        let output = bufcheck_in(folder.path(), &[&words, more].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    };
    check(&["--json", "first.json"]);
    let mut report: Value = serde_json::from_str(&read(folder.path(), "first.json")).expect("JSON");
    assert_eq!(
        (&report["run"]["command"][0], &report["run"]["command"][1]),
        (&"bufcheck".into(), &"check".into())
    );
    let finding = &report["subjects"][0]["findings"][0];
    let steps = finding["steps"].as_array().expect("it has steps");
    let fatal: Vec<bool> = steps.iter().map(|step| step["fatal"] == true).collect();
    assert_eq!(fatal.iter().filter(|fatal| **fatal).count(), 1);
    assert_eq!(fatal.last(), Some(&true));
    assert!(
        steps
            .iter()
            .any(|step| step["said"].as_str().is_some_and(|said| said.contains("resize"))),
        "{steps:?}"
    );
    let id = finding["id"].as_str().expect("an id").to_owned();
    assert!(id.contains("/export.locks-resize/scenarios/lock/"), "{id}");

    // The whole id names the finding for `repro`, too.
    let output = bufcheck_in(
        folder.path(),
        &["repro", &id, "--script", "--report", "first.json"],
    );
    assert!(stdout(&output).contains("import c_int"), "{}", stdout(&output));

    report["subjects"][0]["findings"] = serde_json::json!([]);
    report["subjects"][0]["status"] = "conforms".into();
    fs::write(folder.path().join("earlier.json"), report.to_string()).expect("a file");
    check(&[
        "--since",
        "earlier.json",
        "--json",
        "second.json",
        "--html",
        "page.html",
    ]);
    let second: Value = serde_json::from_str(&read(folder.path(), "second.json")).expect("JSON");
    assert_eq!(second["since"]["differences"][0]["standing"], "new");
    assert!(read(folder.path(), "page.html").contains("Since the earlier report: "));
    let output = bufcheck_in(
        folder.path(),
        &[&words, &["--since", "nowhere.json"][..]].concat(),
    );
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
