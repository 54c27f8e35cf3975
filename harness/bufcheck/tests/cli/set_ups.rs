//! Set-ups as people have them: mutators, modules, configurations in parent folders, ids, shards.
//!
//! Knows folders. Must never know a rule.

use std::path::Path;
use std::process::Output;

use bufcheck_model::report::Report;

use crate::support::command::{bufcheck_in, exits, stderr, stdout};

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
