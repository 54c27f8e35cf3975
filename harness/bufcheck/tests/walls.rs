//! The walls between the crates: who may depend on whom, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Every crate of the workspace and the crates of the workspace it may use. What is not listed is forbidden.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("bufcheck-spec", &[]),
    ("bufcheck-probe", &["bufcheck-spec"]),
    ("bufcheck-runner", &["bufcheck-spec"]),
    ("bufcheck-reports", &["bufcheck-spec"]),
    ("bufcheck", &["bufcheck-spec", "bufcheck-probe", "bufcheck-runner", "bufcheck-reports"]),
    ("bufcheck-python", &["bufcheck", "bufcheck-probe", "bufcheck-runner"]),
];

/// Only these may load Python.
const MAY_USE_PYTHON: [&str; 2] = ["bufcheck-probe", "bufcheck-python"];

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
            (package.name.to_string(), used.map(|dependency| dependency.name.clone()).collect())
        })
        .collect()
}

#[test]
fn crates_use_only_what_they_may() {
    let edges = edges();
    let names: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    assert_eq!(edges.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "every crate has its entry");
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
            assert!(python.is_empty(), "`{name}` must not load Python, but uses {python:?}");
        }
    }
}

#[test]
fn unsafe_code_is_in_the_probe_alone() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for lib in ["harness/spec", "harness/runner", "harness/bufcheck", "reports"] {
        let text = std::fs::read_to_string(root.join(lib).join("src/lib.rs")).expect("every crate has a lib.rs");
        assert!(text.contains("#![forbid(unsafe_code)]"), "`{lib}` must forbid unsafe code");
    }
}
