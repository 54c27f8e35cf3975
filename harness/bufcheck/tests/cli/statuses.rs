//! What the exit status says.
//!
//! Knows a run for each status. Must never know how a verdict comes about.

use std::process::Output;

use bufcheck_model::report::Report;

use crate::support::command::{bufcheck_in, exits, stderr, stdout};

#[test]
fn conforming_objects_exit_0() {
    exits(&["check", "array:array(\"d\", [1.5, 2.5])"], 0);
    exits(&["check", "builtins:bytes(5)", "builtins:bytearray"], 0);
}

#[test]
fn a_broken_rule_exits_1_and_names_what_ctypes_does() {
    let output = exits(&["check", "ctypes:(c_int*3)()", "--json", "-"], 1);
    let report: Report =
        serde_json::from_str(&stdout(&output)).expect("the report alone is on standard output");
    let broken: Vec<&str> = report.subjects[0]
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    for rule in [
        "format.null-unless-requested",
        "shape.null-unless-nd",
        "strides.non-null-when-requested",
    ] {
        assert!(broken.contains(&rule), "{rule} is not among {broken:?}");
    }
    let printed = stderr(&output);
    assert!(
        printed.contains("format.null-unless-requested"),
        "the summary goes to standard error: {printed}"
    );
}

#[test]
fn usage_exits_2() {
    exits(&["check"], 2);
    exits(&["chek", "x:y"], 2);
    exits(&["check", "no-colon"], 2);
    exits(&["check", "os:x", "--level", "may"], 2);
    let output = exits(&["explain", "format.nul-unless-requested"], 2);
    assert!(
        stderr(&output).contains("did you mean `format.null-unless-requested`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_misspelt_configuration_exits_2_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("bufcheck.toml"),
        "[[exporter]]\nmake = \"array:array('i')\"\nreadnly = true\n",
    )
    .expect("a file");
    let output = bufcheck_in(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(2));
    let printed = stderr(&output);
    for part in ["bufcheck.toml", "line 3", "readnly", "did you mean `readonly`?"] {
        assert!(printed.contains(part), "`{part}` is missing in: {printed}");
    }
}

#[test]
fn what_cannot_be_made_exits_3_and_the_others_still_run() {
    let output = exits(
        &[
            "check",
            "os:nothing",
            "nowhere:x",
            "builtins:bytes(3)",
            "os:getcwd()",
            "--json",
            "-",
        ],
        3,
    );
    let report: Report = serde_json::from_str(&stdout(&output)).expect("a report");
    let names: Vec<&str> = report
        .subjects
        .iter()
        .map(|subject| subject.status.name())
        .collect();
    assert_eq!(
        names,
        ["harness-fault", "harness-fault", "conforms", "harness-fault"]
    );
    assert!(
        report.subjects[0].reason.join("\n").contains("NameError"),
        "{:?}",
        report.subjects[0].reason
    );
    assert!(
        report.subjects[1]
            .reason
            .join("\n")
            .contains("No module named 'nowhere'")
    );
    assert!(report.subjects[3].reason.join("\n").contains("is no exporter"));
}

#[test]
fn an_interpreter_that_is_none_exits_3() {
    let output = exits(&["check", "builtins:bytes(3)", "--python", "no-such-python"], 3);
    assert!(stderr(&output).contains("no-such-python"), "{}", stderr(&output));
}

#[test]
fn records_are_obeyed_and_stale_ones_exit_4() {
    let folder = tempfile::tempdir().expect("a folder");
    let exporter = "[[exporter]]\nid = \"mine/ints\"\nmake = \"ctypes:(c_int*3)()\"\n";
    let known = "[[known]]\nsubject = \"mine/*\"\nrule = \"*\"\nreason = \"ctypes ignores the flags\"\n";
    let stale = "[[known]]\nsubject = \"mine/*\"\nrule = \"len.non-negative\"\nreason = \"never true\"\n";
    let run = |text: String| {
        std::fs::write(folder.path().join("bufcheck.toml"), text).expect("a file");
        bufcheck_in(folder.path(), &["run"])
    };
    assert_eq!(run(exporter.to_owned()).status.code(), Some(1));
    let recorded = run(format!("{exporter}{known}"));
    assert_eq!(recorded.status.code(), Some(0), "{}", stdout(&recorded));
    let output = run(format!("{exporter}{known}{stale}"));
    assert_eq!(output.status.code(), Some(4), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("bufcheck.toml:8"),
        "the line is named: {}",
        stdout(&output)
    );
    let expired = run(format!("{exporter}{known}expires = \"2020-01-31\"\n"));
    assert_eq!(
        expired.status.code(),
        Some(1),
        "an expired record tolerates nothing"
    );
}

/// Ids are for ever: one that has become part of another rule stands for it.
#[test]
fn an_old_name_of_a_rule_is_understood_and_the_new_one_said() {
    let says = |output: &Output, text: &str| {
        let said = stdout(output) + &stderr(output);
        assert!(said.contains(text), "`{text}` is missing in: {said}");
    };
    let part = "the rule `request.simple-is-flat-bytes` is part of `shape.null-unless-nd` now";
    let explained = exits(&["explain", "request.simple-is-flat-bytes"], 0);
    says(&explained, part);
    says(&explained, "older names");
    says(&exits(&["list", "rules"], 0), "part of shape.null-unless-nd");
    let check = [
        "check",
        "ctypes:(c_int*3)()",
        "--rule",
        "request.simple-is-flat-bytes",
    ];
    let output = exits(&check, 1);
    says(&output, part);
    says(&output, "shape.null-unless-nd");
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = |rule: &str| {
        let text = format!(
            "[[exporter]]\nmake = \"ctypes:(c_int*3)()\"\n\n[[known]]\nsubject = \"*\"\nrule = \"{rule}\"\nreason = \"so\"\n"
        );
        std::fs::write(folder.path().join("bufcheck.toml"), text).expect("a file");
        bufcheck_in(folder.path(), &["run", "--rule", "shape.null-unless-nd"])
    };
    let output = recorded("request.simple-is-flat-bytes");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    says(&output, &format!("bufcheck.toml:4: {part}"));
    let misspelt = recorded("shape.nul-unless-nd");
    assert_eq!(misspelt.status.code(), Some(2), "{}", stdout(&misspelt));
    says(&misspelt, "did you mean `shape.null-unless-nd`?");
}

#[test]
fn nothing_selected_exits_5() {
    exits(&["run", "--corpus", "no/such/*"], 5);
    let output = exits(
        &[
            "run",
            "--corpus",
            "bytes/*",
            "--rule",
            "format.nul-unless-requested",
        ],
        5,
    );
    assert!(
        stderr(&output).contains("did you mean `format.null-unless-requested`?"),
        "{}",
        stderr(&output)
    );
}
