//! What is written down and read again: runs, reports, lists, programs, histories.
//!
//! Knows the files. Must never know a rule.

use std::process::Output;

use bufcheck_model::report::Report;
use bufcheck_model::scenario::ScenarioCase;

use crate::support::command::{bufcheck, bufcheck_in, exits, exits_in, stderr, stdout, without_run};

#[test]
fn a_recorded_run_is_judged_again_with_the_same_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = bufcheck_in(
        folder.path(),
        &[
            "check",
            "ctypes:(c_int*3)()",
            "builtins:bytes(3)",
            "--record",
            "run.jsonl",
            "--json",
            "first.json",
        ],
    );
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    let again = bufcheck_in(folder.path(), &["judge", "run.jsonl", "--json", "second.json"]);
    assert_eq!(again.status.code(), Some(1), "{}", stderr(&again));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a report");
    assert_eq!(
        without_run(&read("first.json")),
        without_run(&read("second.json"))
    );
    let rendered = bufcheck_in(
        folder.path(),
        &["report", "first.json", "--html", "page.html", "--quiet"],
    );
    assert_eq!(rendered.status.code(), Some(1));
    assert!(read("page.html").contains("ctypes:(c_int*3)()"));
    assert!(rendered.stdout.is_empty(), "quiet is quiet");
}

#[test]
fn damaged_files_are_errors_not_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("a", ""),
        ("b", "{}"),
        ("c", "{\"run\": 3}\n"),
        ("d", "\u{0}\u{1}"),
        ("e", "[[[[[["),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
        for command in ["judge", "report"] {
            let output = bufcheck_in(folder.path(), &[command, name]);
            assert_eq!(
                output.status.code(),
                Some(2),
                "{command} {text:?}: {}",
                stderr(&output)
            );
            assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
        }
    }
}

#[test]
fn lists_count_what_there_is() {
    let cases = stdout(&exits(&["list", "cases"], 0));
    assert!(cases.contains("\n256 request combinations"), "{cases}");
    assert!(cases.contains("scenarios/lock/widest-view-held"), "{cases}");
    let scenario = stdout(&exits(&["explain", "scenarios/lock/widest-view-held"], 0));
    let read: ScenarioCase = serde_json::from_str(&scenario).expect("a scenario as its author wrote it");
    assert_eq!(read.id, "scenarios/lock/widest-view-held");
    let coverage = stdout(&exits(&["list", "rules", "--coverage"], 0));
    assert!(
        coverage.contains("rules that bind the exporter are checked"),
        "{coverage}"
    );
    let subjects = exits(&["list", "subjects", "--json"], 0);
    let subjects: Vec<serde_json::Value> = serde_json::from_slice(&subjects.stdout).expect("JSON");
    assert!(subjects.len() >= 120, "{} subjects", subjects.len());
}

#[test]
fn the_report_follows_its_schema() {
    let text = include_str!("../../../../cases/schema/report.schema.json");
    let schema: serde_json::Value = serde_json::from_str(text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let output = bufcheck(&[
        "check",
        "ctypes:(c_int*3)()",
        "os:nothing",
        "builtins:bytes(3)",
        "--json",
        "-",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut broken = report;
    broken["extra"] = serde_json::json!(1);
    assert!(!validator.is_valid(&broken), "the schema is closed");
}

#[test]
fn a_finding_is_shown_by_a_program_that_needs_nothing_else() {
    let finding = "ctypes:(c_int*3)()/strides.non-null-when-requested";
    let script = stdout(&exits(&["repro", "--script", finding], 0));
    assert!(script.lines().count() <= 40, "{script}");
    assert!(script.lines().all(|line| line.len() <= 120), "{script}");
    assert!(!script.contains("bufcheck"), "{script}");
    let told = stdout(&exits(&["repro", finding], 0));
    assert!(
        told.contains("control: bytearray(12) -> {'ndim': 1, 'strides': [1]}"),
        "{told}"
    );
    assert!(told.contains("found:   {'ndim': 1, 'strides': None}"), "{told}");
    assert!(told.contains(&format!("confirmed: {finding} on")), "{told}");
    // What happens over time has one, too.
    let lock = "ctypes:(c_char * 200)(*[b'A'] * 200)/export.locks-resize";
    let told = stdout(&exits(&["repro", lock], 0));
    assert!(told.contains("control: bytearray -> as it should be"), "{told}");
    // What a sound exporter answers as well proves nothing: it is asked, one that should answer otherwise.
    let packed = "ctypes/structure-packed/consistency.declared-format";
    let found = stdout(&exits(&["repro", "--script", packed], 0));
    assert!(
        found.contains("# as it was found") && found.contains("2 if wrong(control)"),
        "{found}"
    );
    let told = stdout(&exits(&["repro", packed], 0));
    assert!(
        told.contains("control: memoryview(bytearray(16)).cast(\"d\") ->"),
        "{told}"
    );
    assert!(told.contains(&format!("confirmed: {packed} on")), "{told}");
    // Where nothing is wrong there is nothing to show.
    exits(&["repro", "builtins:bytearray(8)"], 5);
}

#[test]
fn a_report_says_where_programs_showed_their_fault() {
    let words = [
        "check",
        "ctypes:(c_int * 3)()",
        "--rule",
        "strides.*",
        "--json",
        "-",
    ];
    let of = |output: Output| -> Report { serde_json::from_str(&stdout(&output)).unwrap() };
    let report = of(exits(&words, 1));
    let proof = report.subjects[0].findings[0].proof.clone().unwrap();
    assert!(proof.confirmed_on.is_empty() && !proof.script.is_empty());
    let report = of(exits(&[&words[..], &["--confirm"]].concat(), 1));
    let proof = report.subjects[0].findings[0].proof.clone().unwrap();
    assert!(proof.confirmed_on[0].starts_with("CPython 3."), "{proof:?}");
    assert_eq!(proof.why_not, "");
}

#[test]
fn what_fuzz_finds_is_saved_played_again_and_judged_again() {
    const TARGET: &str = "ctypes:(c_int * 64)()";
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str], status: i32| {
        let output = bufcheck_in(folder.path(), words);
        let told = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{words:?}\n{told}");
        told
    };
    let words = "--seed 1 --steps 500 --save found.json --record run.jsonl";
    let words: Vec<&str> = ["fuzz", TARGET].into_iter().chain(words.split(' ')).collect();
    let told = run(&words, 1);
    for part in [
        "must export.locks-resize",
        ".resize(x",
        "\"expect\"",
        "seed 1; saved to found.json",
    ] {
        assert!(told.contains(part), "{part} is not said: {told}");
    }
    let again = [
        "check",
        TARGET,
        "--scenarios",
        "found.json",
        "--case",
        "scenarios/fuzz/*",
    ];
    assert!(run(&again, 1).contains("must export.locks-resize"));
    let judged = run(&["judge", "run.jsonl", "--scenarios", "found.json"], 1);
    assert!(judged.contains("must export.locks-resize"), "{judged}");
    let twice = run(
        &[
            "check",
            TARGET,
            "--scenarios",
            "found.json",
            "--scenarios",
            "found.json",
        ],
        2,
    );
    assert!(twice.contains("already"), "{twice}");
}

#[test]
fn fuzz_leaves_sound_objects_in_peace() {
    let words = [
        "builtins:bytearray(b'abcd')",
        // As long as its own mutator makes it: one that grows ends with SIGBUS where it is read.
        "mmap:mmap(-1, 1 << 18)",
        "array:array('i', [1, 2, 3])",
    ];
    let told = stdout(&exits(&[&["fuzz"], &words[..], &["--steps", "500"]].concat(), 0));
    assert!(
        told.contains("steps in all, seed "),
        "the seed is told even if nobody chose it: {told}"
    );
    exits(&["fuzz", "os:nothing", "--seed", "1"], 3);
    exits(&["fuzz", "array/no-such"], 5);
    exits(&["fuzz"], 2);
    exits(&["fuzz", "array:array('i')", "--steps", "0"], 2);
}

#[test]
fn the_kill_matrix_of_a_self_test_can_stand_in_the_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str, status: i32| {
        let words: Vec<&str> = words.split(' ').collect();
        exits_in(folder.path(), &words, status);
    };
    run("selftest --rule shape.null-unless-nd --json kills.json", 0);
    run(
        "check builtins:bytes(3) --selftest kills.json --html page.html --json report.json",
        0,
    );
    let page = std::fs::read_to_string(folder.path().join("page.html")).expect("a page");
    assert!(page.contains("The suite, tested"));
    run("report report.json --html again.html", 0);
    let again = std::fs::read_to_string(folder.path().join("again.html")).expect("a page");
    assert!(again.contains("The suite, tested"), "the report itself holds it");
    run("check builtins:bytes(3) --selftest report.json", 2);
}

#[test]
fn a_death_over_time_names_the_act() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = "import os\n\nclass Fragile(bytearray):\n    def shrink(self):\n        try:\n            self.clear()\n        \
                  except BufferError:\n            os.abort()\n";
    std::fs::write(folder.path().join("fragile.py"), module).expect("a module");
    let config =
        "[[exporter]]\nid = \"fragile\"\nmake = \"fragile:Fragile(b'abcd')\"\nmutators = [\"shrink()\"]\n";
    std::fs::write(folder.path().join("bufcheck.toml"), config).expect("a configuration");
    for (words, act) in [
        (&["run"][..], "{\"mutate\":{\"name\":\"held\"}}"),
        (
            &["fuzz", "fragile", "--seed", "1", "--steps", "300"],
            "\"code\":\"x.shrink()\"",
        ),
    ] {
        let output = bufcheck_in(folder.path(), words);
        let told = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["must process.survives", "SIGABRT", "at the act", act] {
            assert!(told.contains(part), "{part} is not said: {told}");
        }
    }
}
