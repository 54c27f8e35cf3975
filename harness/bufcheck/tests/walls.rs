//! The walls between the crates: who may depend on whom, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Every crate of the workspace and the crates of the workspace it may use. What is not listed is forbidden.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("bufcheck-spec", &[]),
    ("bufcheck-probe", &["bufcheck-spec"]),
    ("bufcheck-runner", &["bufcheck-spec"]),
    ("bufcheck-reports", &["bufcheck-spec"]),
    (
        "bufcheck",
        &[
            "bufcheck-spec",
            "bufcheck-probe",
            "bufcheck-runner",
            "bufcheck-reports",
        ],
    ),
    (
        "bufcheck-python",
        &["bufcheck", "bufcheck-probe", "bufcheck-runner", "bufcheck-spec"],
    ),
];

/// Only these may load Python; of `bufcheck` only workers do, as the last two tests here prove.
const MAY_USE_PYTHON: [&str; 3] = ["bufcheck", "bufcheck-probe", "bufcheck-python"];

/// Libraries that load Python.
const PYTHON: [&str; 3] = ["pyo3", "pyo3-ffi", "numpy"];

fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .expect("`cargo metadata` answers");
    metadata
        .packages
        .iter()
        .map(|package| {
            let used = package.dependencies.iter();
            let used = used.filter(|dependency| dependency.kind != DependencyKind::Development);
            (
                package.name.to_string(),
                used.map(|dependency| dependency.name.clone()).collect(),
            )
        })
        .collect()
}

#[test]
fn crates_use_only_what_they_may() {
    let edges = edges();
    let names: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        edges.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        names,
        "every crate has its entry"
    );
    for (name, allowed) in MAY_USE {
        for used in edges[name].iter().filter(|used| names.contains(used.as_str())) {
            assert!(allowed.contains(&used.as_str()), "`{name}` must not use `{used}`");
        }
    }
}

#[test]
fn only_workers_load_python() {
    for (name, used) in edges() {
        if !MAY_USE_PYTHON.contains(&name.as_str()) {
            let python: Vec<_> = PYTHON.iter().filter(|library| used.contains(**library)).collect();
            assert!(
                python.is_empty(),
                "`{name}` must not load Python, but uses {python:?}"
            );
        }
    }
}

#[test]
fn unsafe_code_is_in_the_probe_alone() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for lib in ["harness/spec", "harness/runner", "harness/bufcheck", "reports"] {
        let text =
            std::fs::read_to_string(root.join(lib).join("src/lib.rs")).expect("every crate has a lib.rs");
        assert!(
            text.contains("#![forbid(unsafe_code)]"),
            "`{lib}` must forbid unsafe code"
        );
    }
}

/// The sources of the face that may name Python: the worker program, and the module whose code is compiled into
/// the test programs of other crates.
const FACE_TO_PYTHON: [&str; 2] = ["bufcheck-worker.rs", "embed.rs"];

#[test]
fn of_the_face_only_workers_call_python() {
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src"
    ))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !FACE_TO_PYTHON.iter().any(|name| path.ends_with(name)) {
                let text = std::fs::read_to_string(&path).expect("a source");
                for word in ["pyo3::", "bufcheck_probe"] {
                    assert!(!text.contains(word), "`{}` must not use `{word}`", path.display());
                }
            }
        }
    }
}

#[test]
fn the_command_is_not_linked_with_python() {
    // What a program loads stands in it by name: `libpython3.11.so.1.0`, `libpython3.11.dylib`, `python311.dll`.
    let names = |program: &str| {
        let bytes = std::fs::read(program).expect("the program was built");
        ["libpython3".as_bytes(), b"python3.dll", b"python31"]
            .into_iter()
            .any(|name| bytes.windows(name.len()).any(|window| window == name))
    };
    assert!(
        names(env!("CARGO_BIN_EXE_bufcheck-worker")),
        "the worker is, so that this can be seen"
    );
    assert!(
        !names(env!("CARGO_BIN_EXE_bufcheck")),
        "`bufcheck` must not load Python"
    );
}
