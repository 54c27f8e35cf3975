//! Reports as large as those of whole runs, with findings that have everything a finding can have.

use bufcheck_model::case::Level;
use bufcheck_model::example::{Compared, Drawing, Example, Place, PlaceKind, Row};
use bufcheck_model::report::{Finding, Proof, Report, Status, Subject};
use bufcheck_protocol::request::Request;

use super::{empty, finding, rule, subject};

/// Rules of a whole run.
const RULES: usize = 180;

/// A report as large as that of a run with every rule and every request.
pub(crate) fn run(interpreters: usize) -> Report {
    let mut report = empty();
    let words = (0..22).map(|bit| Request::new(0x400 + bit));
    report.requests = Request::all().chain(words).collect();
    let first = report.interpreters[0].clone();
    report.interpreters = (0..interpreters)
        .map(|minor| {
            let mut interpreter = first.clone();
            interpreter.id = format!("cpython-3.{}", 11 + minor);
            interpreter
        })
        .collect();
    report.rules = (0..RULES)
        .map(|number| rule(&id(number), Level::Must, "A field says what was asked."))
        .collect();
    report
}

fn id(number: usize) -> String {
    let families = [
        "request", "format", "shape", "strides", "readonly", "refusal", "release", "export", "leak",
    ];
    format!(
        "{}.null-unless-requested-{number}",
        families[number % families.len()]
    )
}

/// A finding with everything that it can have.
pub(crate) fn whole(number: usize) -> Finding {
    let without_format: Vec<Request> = Request::all().filter(|asked| !asked.wants_format()).collect();
    let place = |at: i64| Place {
        at: 4 * at,
        bytes: 4,
        name: format!("[{},{}]", at / 3, at % 3),
        holds: at.to_string(),
        kind: if at % 3 == 1 {
            PlaceKind::Displaced
        } else {
            PlaceKind::Item
        },
    };
    let row = |said: &str| Row {
        said: said.into(),
        places: (0..12).map(place).collect(),
        more: 3,
    };
    let field = |name: &str| Compared {
        name: name.into(),
        wanted: if name == "obj" {
            "the exporter, or who owns the memory"
        } else {
            "[2, 3]"
        }
        .into(),
        found: "[2, 3]".into(),
        wrong: name == "format",
        elsewhere: false,
    };
    let names = [
        "answer",
        "buf",
        "obj",
        "len",
        "itemsize",
        "readonly",
        "ndim",
        "format",
        "shape",
        "strides",
        "suboffsets",
    ];
    let mut finding = finding(&id(number), Level::Must, without_format);
    finding.example = Some(Example {
        request: Some(Request::FULL_RO),
        fields: names.into_iter().map(field).collect(),
        // A difference in the layout is what few findings are about.
        memory: (number.is_multiple_of(4)).then(|| Drawing {
            said: "Who asks F_CONTIGUOUS and believes the answer looks for 4 of its items where others lie."
                .into(),
            rows: vec![
                row("the object's items as they lie"),
                row("what a consumer takes"),
            ],
        }),
    });
    finding.proof = Some(Proof {
        // As long as those of the findings about `ctypes`.
        script: "    found = {\"strides\": view.strides[:view.ndim] or None}\n".repeat(36),
        confirmed_on: vec!["CPython 3.11.7".into()],
        why_not: String::new(),
    });
    finding
}

/// Adds a subject with these findings, on every interpreter.
pub(crate) fn add(report: &mut Report, name: &str, findings: &[Finding]) {
    for interpreter in report.interpreters.clone() {
        let mut subject: Subject = subject(name, &interpreter.id, report);
        subject.findings = findings.to_vec();
        if !findings.is_empty() {
            subject.status = Status::Deviates;
        }
        report.subjects.push(subject);
    }
}
