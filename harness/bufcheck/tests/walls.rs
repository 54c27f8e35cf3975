//! The walls between the crates: who may depend on whom, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

#[path = "support/mod.rs"]
mod support;

/// Every crate of the workspace and the crates of the workspace it may use. What is not listed is forbidden.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("bufcheck-cases", &[]),
    ("bufcheck-protocol", &[]),
    ("bufcheck-family", &[]),
    ("bufcheck-model", &["bufcheck-protocol"]),
    ("bufcheck-rules", &["bufcheck-protocol", "bufcheck-model"]),
    (
        "bufcheck-probe",
        &["bufcheck-protocol", "bufcheck-family", "bufcheck-model"],
    ),
    ("bufcheck-reports", &["bufcheck-protocol", "bufcheck-model"]),
    (
        "bufcheck-runner",
        &[
            "bufcheck-cases",
            "bufcheck-protocol",
            "bufcheck-family",
            "bufcheck-model",
            "bufcheck-rules",
        ],
    ),
    (
        "bufcheck",
        &[
            "bufcheck-protocol",
            "bufcheck-model",
            "bufcheck-rules",
            "bufcheck-probe",
            "bufcheck-runner",
            "bufcheck-reports",
        ],
    ),
    (
        "bufcheck-python",
        &["bufcheck", "bufcheck-model", "bufcheck-probe", "bufcheck-runner"],
    ),
];

/// Only these may load Python; of `bufcheck` only workers do, as the last two tests here prove.
const MAY_USE_PYTHON: [&str; 3] = ["bufcheck", "bufcheck-probe", "bufcheck-python"];

/// Libraries that load Python.
const PYTHON: [&str; 3] = ["pyo3", "pyo3-ffi", "numpy"];

/// What a worker must never reach, by however many steps: it observes and holds no opinion.
const NO_BUSINESS_OF_A_WORKER: [&str; 4] = [
    "bufcheck-rules",
    "bufcheck-runner",
    "bufcheck-reports",
    "bufcheck-cases",
];

/// The crate that the worker program and the worker entry of the wheel are made of.
const WORKER: &str = "bufcheck-probe";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .expect("`cargo metadata` answers")
}

fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata().packages;
    packages
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
fn a_worker_reaches_no_rule() {
    let edges = edges();
    let mut reached = BTreeSet::from([WORKER.to_owned()]);
    let mut next = vec![WORKER.to_owned()];
    while let Some(name) = next.pop() {
        for used in edges.get(&name).into_iter().flatten() {
            if reached.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    assert!(reached.contains("bufcheck-model"), "the closure was followed");
    for name in NO_BUSINESS_OF_A_WORKER {
        assert!(!reached.contains(name), "a worker reaches `{name}`");
    }
}

#[test]
fn the_worker_program_is_made_of_the_probe() {
    let metadata = metadata();
    let owners: Vec<&str> = metadata
        .packages
        .iter()
        .filter(|package| {
            package
                .targets
                .iter()
                .any(|target| target.name == "bufcheck-worker")
        })
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(owners, [WORKER]);
}

/// The wheel holds one extension module for all that it does; what a worker runs of it stands in a file of its own,
/// which names no other crate than the probe and the model.
#[test]
fn the_worker_entry_of_the_wheel_is_made_of_the_probe() {
    let text = std::fs::read_to_string(root().join("python/src/worker.rs")).expect("the worker entry");
    let names = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let used: BTreeSet<&str> = names.filter(|name| name.starts_with("bufcheck_")).collect();
    assert_eq!(used, BTreeSet::from(["bufcheck_model", "bufcheck_probe"]));
    assert!(
        !text.contains("crate::") && !text.contains("super::"),
        "nothing else of the module is reached"
    );
    let worker =
        std::fs::read_to_string(root().join("python/bufcheck/worker.py")).expect("the entry in Python");
    assert!(worker.contains("import serve"), "it calls that function");
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
    let metadata = metadata();
    for package in metadata.packages.iter().filter(|package| package.name != WORKER) {
        for target in package
            .targets
            .iter()
            .filter(|target| target.name != "build-script-build")
        {
            let source = target.src_path.as_str();
            if !source.ends_with("/src/lib.rs") || package.name == "bufcheck-python" {
                continue;
            }
            let text = std::fs::read_to_string(source).expect("every crate has a lib.rs");
            assert!(
                text.contains("#![forbid(unsafe_code)]"),
                "`{}` must forbid unsafe code",
                package.name
            );
        }
    }
}

/// The source of the face that may name Python: the module whose code is compiled into the test programs of other
/// crates.
const FACE_TO_PYTHON: &str = "embed.rs";

#[test]
fn of_the_face_only_workers_call_python() {
    let mut folders = vec![root().join("harness/bufcheck/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(FACE_TO_PYTHON) {
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
    let names = |program: &Path| {
        let bytes = std::fs::read(program).expect("the program was built");
        ["libpython3".as_bytes(), b"python3.dll", b"python31"]
            .into_iter()
            .any(|name| bytes.windows(name.len()).any(|window| window == name))
    };
    assert!(
        names(&support::worker()),
        "the worker is, so that this can be seen"
    );
    assert!(
        !names(Path::new(env!("CARGO_BIN_EXE_bufcheck"))),
        "`bufcheck` must not load Python"
    );
}
