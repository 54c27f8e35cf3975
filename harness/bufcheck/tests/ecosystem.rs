//! Packages that people use: what the data must hold, and what `run --ecosystem` makes of it.

mod support;

use std::fs;
use std::path::Path;

use bufcheck_model::report::{Report, Standing, Status};
use bufcheck_runner::plan::catalogue::Catalogue;

use support::command::bufcheck_in;

/// The case data with one package besides: `ctypes`, which has a version of its own.
fn with_ctypes(versions: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for kind in bufcheck_cases::folders() {
        let place = folder.path().join("cases").join(kind);
        fs::create_dir_all(&place).expect("a folder");
        for (name, text) in bufcheck_cases::files(kind) {
            let name = Path::new(&name).file_name().expect("a name");
            fs::write(place.join(name), text).expect("a file");
        }
    }
    let known = |rule: &str| {
        serde_json::json!({
            "subject": "ctypes/*", "rule": rule, "reason": "flags are not looked at"
        })
    };
    let package = serde_json::json!({
        "about": "Arrays of C numbers.",
        "package": "ctypes",
        "module": "ctypes",
        "versions": versions,
        "exporters": [{"id": "ctypes/ints", "make": "ctypes:(c_int*3)()", "format": "i", "shape": [3]}],
        "known": [
            known("strides.non-null-when-requested"),
            known("format.null-unless-requested"),
            known("shape.null-unless-nd"),
        ]
    });
    let file = folder.path().join("cases/ecosystem/ctypes.json");
    fs::write(file, package.to_string()).expect("a file");
    folder
}

/// What `run --ecosystem ctypes` says where the records are about these versions.
fn report(versions: &str) -> (Option<i32>, Report) {
    let folder = with_ctypes(versions);
    let words = ["run", "--ecosystem", "--cases", "cases", "ctypes", "--json", "-"];
    let output = bufcheck_in(folder.path(), &words);
    let report = serde_json::from_slice(&output.stdout).expect("a report on standard output");
    (output.status.code(), report)
}

#[test]
fn a_package_is_as_recorded_in_the_versions_that_were_tried() {
    let (status, report) = report(">=1");
    assert_eq!(status, Some(0), "{:?}", report.subjects);
    let subject = &report.subjects[0];
    assert_eq!(report.subjects.len(), 1);
    assert_eq!(subject.package.as_deref(), Some("ctypes"));
    assert!(subject.findings.len() >= 3, "{:?}", subject.findings);
}

#[test]
fn what_another_version_does_is_new() {
    let (status, report) = report("==99.0");
    assert_eq!(status, Some(1));
    let new = report.subjects[0]
        .findings
        .iter()
        .filter(|finding| finding.standing == Standing::New);
    assert!(new.count() >= 3, "{:?}", report.subjects[0].findings);
}

/// A module inside a package that is not there is not there either.
#[test]
fn what_is_not_installed_is_not_tested() {
    for module in ["ctypes_of_nobody", "ctypes_of_nobody.part.of_it"] {
        let folder = with_ctypes(">=1");
        let file = folder.path().join("cases/ecosystem/ctypes.json");
        let text = fs::read_to_string(&file).expect("a file");
        let absent = text.replace("\"module\":\"ctypes\"", &format!("\"module\":\"{module}\""));
        assert_ne!(text, absent);
        fs::write(&file, absent).expect("a file");
        let words = [
            "run",
            "--ecosystem",
            "--cases",
            "cases",
            "ctypes/ints",
            "--json",
            "-",
        ];
        let output = bufcheck_in(folder.path(), &words);
        let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
        assert_eq!(report.subjects[0].status, Status::NotTested, "{module}");
    }
}

#[test]
fn a_name_that_is_no_package_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = bufcheck_in(folder.path(), &["run", "--ecosystem", "pyarow"]);
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("pyarow"), "{said}");
    let output = bufcheck_in(
        folder.path(),
        &["run", "--ecosystem", "--config", "bufcheck.toml"],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_package_keeps_to_its_own_ids() {
    let folder = with_ctypes(">=1");
    let from = folder.path().join("cases/ecosystem/ctypes.json");
    fs::rename(from, folder.path().join("cases/ecosystem/cffy.json")).expect("a file");
    let output = bufcheck_in(folder.path(), &["list", "packages", "--cases", "cases"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`cffy/`"), "{said}");
}

#[test]
fn every_package_says_what_was_tried() {
    let catalogue = Catalogue::embedded().expect("the data can be read");
    assert!(catalogue.ecosystem.len() >= 30);
    for (file, data) in &catalogue.ecosystem {
        assert_eq!(file, &format!("cases/ecosystem/{}.json", data.package));
        assert!(!data.about.is_empty(), "{file}");
        assert!(data.exporters.len() + data.consumers.len() > 0, "{file}");
        assert!(
            data.versions.starts_with("==") || data.versions.contains(','),
            "{file}: the versions that were tried are a bounded range"
        );
        for case in &data.exporters {
            assert_eq!(case.requires.first(), Some(&data.module), "{file}: {}", case.id);
        }
        for known in &data.known {
            assert!(known.link.is_some(), "{file}: {} has no link", known.rule);
            assert_eq!(known.package.as_ref(), Some(&data.versions), "{file}");
        }
    }
}
