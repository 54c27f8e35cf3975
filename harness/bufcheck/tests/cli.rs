//! The command line as a user meets it: words, exit statuses, files.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use bufcheck_model::report::Report;
use bufcheck_model::scenario::ScenarioCase;

/// Runs `bufcheck` in an empty folder.
fn bufcheck(words: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    bufcheck_in(folder.path(), words)
}

fn bufcheck_in(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bufcheck"))
        .args(words)
        .current_dir(folder)
        .env("BUFCHECK_WORKER", support::worker())
        .env_remove("BUFCHECK_CONFIG")
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn exits(words: &[&str], status: i32) -> Output {
    let output = bufcheck(words);
    assert_eq!(
        output.status.code(),
        Some(status),
        "{words:?}\n{}\n{}",
        stdout(&output),
        stderr(&output)
    );
    output
}

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
    assert_eq!(read("first.json"), read("second.json"));
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
    let text = include_str!("../../../cases/schema/report.schema.json");
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
    // What a sound exporter answers as well proves nothing: no program says so without asking one.
    let found = stdout(&exits(
        &[
            "repro",
            "--script",
            "ctypes/structure-packed/consistency.declared-format",
        ],
        0,
    ));
    assert!(
        found.contains("# as it was found") && found.contains("2 if wrong(control)"),
        "{found}"
    );
    let told = stdout(&exits(
        &["repro", "ctypes/structure-packed/consistency.declared-format"],
        1,
    ));
    assert!(told.contains("an exporter that is right did not pass"), "{told}");
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
        let output = bufcheck_in(folder.path(), &words);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{words:?}: {}",
            stderr(&output)
        );
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

#[test]
fn mutators_that_cannot_be_used_are_no_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = "import os\n\nclass Fragile(bytearray):\n    def die(self):\n        os.abort()\n";
    std::fs::write(folder.path().join("fragile.py"), module).expect("a module");
    let exporter = |id: &str, mutator: &str| {
        format!(
            "[[exporter]]\nid = \"{id}\"\nmake = \"fragile:Fragile(b'abcd')\"\nmutators = [\"{mutator}\"]\n"
        )
    };
    let config = [
        exporter("fine", "append(9)"),
        exporter("misspelt", "apend(9)"),
        exporter("unclosed", "append(9"),
        exporter("mistaken", "append('9')"),
        exporter("deadly", "die()"),
    ];
    std::fs::write(folder.path().join("bufcheck.toml"), config.concat()).expect("a configuration");
    let output = bufcheck_in(folder.path(), &["run", "--json", "-"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
    let told: Vec<String> = report
        .subjects
        .iter()
        .map(|subject| format!("{} {}", subject.status.name(), subject.unusable.join("; ")))
        .collect();
    assert_eq!(told[0], "conforms ");
    for (told, part) in told[1..].iter().zip([
        "AttributeError",
        "SyntaxError",
        "TypeError",
        "though no view was asked for",
    ]) {
        assert!(told.starts_with("incomplete") && told.contains(part), "{told}");
    }
    let output = bufcheck_in(
        folder.path(),
        &["fuzz", "deadly", "--seed", "1", "--steps", "300"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
}

#[test]
fn modules_may_name_and_give_their_things_as_they_like() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = "class Thing(bytearray):\n    pass\n\ndef len():\n    pass\n\ndef __getattr__(name):\n    if name == 'Late':\n        \
                  return Thing\n    raise AttributeError(name)\n";
    std::fs::write(folder.path().join("odd.py"), module).expect("a module");
    // A module of a type of its own, which keeps its things elsewhere until they are asked for.
    let typed = "import sys, types\n\nclass Typed(types.ModuleType):\n    def __getattribute__(self, name):\n        if name == \
                 'Late':\n            return bytearray\n        return super().__getattribute__(name)\n\n\
                 sys.modules[__name__].__class__ = Typed\n";
    std::fs::write(folder.path().join("typed.py"), typed).expect("a module");
    for (words, status) in [
        (&["check", "odd:Late(b'abc')"][..], 0),
        (&["check", "odd:Never(b'abc')"], 3),
        (&["check", "typed:Late(b'abc')"], 0),
        (&["check", "typed:Never(b'abc')"], 3),
        (&["scan", "odd"], 0),
    ] {
        let output = bufcheck_in(folder.path(), words);
        let told = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{words:?} {told}");
    }
}

/// Writes a configuration into a folder and runs it from `below`.
fn run_below(folder: &Path, below: &str, text: &str, words: &[&str]) -> Output {
    std::fs::write(folder.join("bufcheck.toml"), text).expect("a file");
    let below = folder.join(below);
    std::fs::create_dir_all(&below).expect("a folder");
    bufcheck_in(&below, words)
}

#[test]
fn nothing_is_run_that_nobody_registered() {
    let output = exits(&["run"], 2);
    for part in ["bufcheck.toml", "bufcheck check", "bufcheck run --corpus"] {
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}

#[test]
fn the_configuration_of_a_repository_is_that_of_its_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = "[[exporter]]\nid = \"mine/one\"\nmake = \"builtins:bytes(3)\"\n";
    let outside = run_below(folder.path(), "src/deep", one, &["run"]);
    assert_eq!(
        outside.status.code(),
        Some(2),
        "nobody means what lies above: {}",
        stderr(&outside)
    );
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    let output = run_below(folder.path(), "src/deep", one, &["run"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("../../bufcheck.toml"),
        "{}",
        stderr(&output)
    );
    let output = run_below(folder.path(), "src/deep", one, &["run", "other/*"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(
        stderr(&output).contains("../../bufcheck.toml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn two_subjects_of_one_id_and_names_that_are_nearly_right_exit_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = "[[exporter]]\nid = \"mine/one\"\nmake = \"builtins:bytes(3)\"\n";
    let output = run_below(folder.path(), "", &format!("{one}{one}"), &["run"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    for part in ["`exporter[1]`", "`mine/one`", "`exporter[0]`"] {
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
    let known = "[[known]]\nsubject = \"mine/on\"\nrule = \"shape.null-unless-nd\"\nreason = \"so\"\n";
    let output = run_below(folder.path(), "", &format!("{one}{known}"), &["run"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("did you mean `mine/one`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_target_without_its_colon_is_understood() {
    for (text, meant) in [
        ("bufcheck.mod.Class()", "`bufcheck.mod:Class()`"),
        ("bytes(3)", "`builtins:bytes(3)`"),
        ("array.array", "`array:array`"),
        ("os.path.x[1:2]", "`os.path:x[1:2]`"),
    ] {
        let output = exits(&["check", text], 2);
        assert!(stderr(&output).contains(meant), "{text}: {}", stderr(&output));
    }
}

#[test]
fn a_shard_without_subjects_is_done() {
    let words = ["check", "builtins:bytes(3)", "--shard", "2/2", "--json", "-"];
    let output = exits(&words, 0);
    assert!(
        stderr(&output).contains("nothing for this shard"),
        "{}",
        stderr(&output)
    );
    assert!(
        stdout(&output).contains("\"subjects\": []"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn ids_of_targets_are_the_targets() {
    let output = exits(
        &["check", "builtins:b'a b'", "builtins:b'ab'", "--json", "-", "-q"],
        0,
    );
    assert!(
        stdout(&output).contains("\"builtins:b'a b'\""),
        "{}",
        stdout(&output)
    );
}

#[test]
fn chosen_rules_hide_no_death() {
    let words = ["check", "os:kill(getpid(), 11)", "--rule", "shape.null-unless-nd"];
    let output = exits(&words, 1);
    assert!(
        stdout(&output).contains("process.survives"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn an_import_that_does_not_come_back_is_no_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("slow.py"), "while True:\n    pass\n").expect("a module");
    std::fs::write(folder.path().join("dead.py"), "import os\nos.abort()\n").expect("a module");
    let output = bufcheck_in(folder.path(), &["check", "slow:x", "--timeout", "1"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    for part in ["while `slow` was imported", "--timeout"] {
        assert!(stdout(&output).contains(part), "{}", stdout(&output));
    }
    let output = bufcheck_in(folder.path(), &["check", "dead:x"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stdout(&output).contains("SIGABRT"), "{}", stdout(&output));
}

#[test]
fn modules_are_found_beside_the_configuration_and_where_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        ("src/within/__init__.py", "made = bytes(3)\n"),
        ("beside.py", "made = bytes(3)\n"),
    ] {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().expect("it has one")).expect("a folder");
        std::fs::write(file, text).expect("a module");
    }
    let text =
        "path = [\"src\"]\n[[exporter]]\nmake = \"within:made\"\n\n[[exporter]]\nmake = \"beside:made\"\n";
    let file = folder.path().join("bufcheck.toml");
    let words = ["run", "--config", file.to_str().expect("it is text")];
    let output = run_below(folder.path(), "elsewhere", text, &words);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn rules_without_evidence_are_not_tested() {
    let closed = "builtins:(view := memoryview(b'abc'), view.release())[0]";
    let output = exits(&["check", closed, "--junit", "-", "-q"], 5);
    let text = stdout(&output);
    let of = |family: &str| {
        let start = text
            .find(&format!("testcase name=\"{family}\""))
            .expect("a family");
        text[start + 1..]
            .split("<testcase")
            .next()
            .expect("its own")
            .to_owned()
    };
    for family in ["format", "lifetime", "release", "write", "thread", "export"] {
        assert!(of(family).contains("<skipped"), "{family}: {}", of(family));
    }
    assert!(!of("process").contains("<skipped"), "{}", of("process"));
}
