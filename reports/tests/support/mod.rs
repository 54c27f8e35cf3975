//! A report built by hand in which everything occurs once: what conforms, deviates, dies, hangs, is recorded,
//! stale, contested, skipped or broken by the harness, on two interpreters, with names that attack.

#![allow(dead_code, reason = "each test file uses another part")]

pub(crate) mod large;
pub(crate) mod others;

use std::collections::BTreeMap;

use bufcheck_model::case::{Camp, Code, Fixes, Harm, Level, RuleData, Side, Source};
use bufcheck_model::not_asked::{Kind, NotAsked, Why};
use bufcheck_model::report::{
    Consequence, Counts, Finding, Interpreter, Report, SCHEMA, Stale, Standing, Status, Subject, Tool, Totals,
};
use bufcheck_model::selftest::{Clean, Fate, Killed, Matrix};
use bufcheck_protocol::request::Request;
use bufcheck_protocol::said;

/// A name that is markup in HTML, XML and Markdown, ends quotations, and breaks lines.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'`|*_[x](javascript:1)\n\u{1b}[31m\u{202e}";

fn title(id: &str) -> &str {
    match id {
        "format.null-unless-requested" => "A format that nobody asked for",
        "process.survives" => "The process ends",
        _ => "",
    }
}

fn harm(id: &str) -> Harm {
    match id {
        "process.survives" => Harm::Crashes,
        "shape.null-unless-nd" => Harm::WrongData,
        "request.met-when-possible" => Harm::Refuses,
        _ => Harm::Describes,
    }
}

/// A rule as the catalogue would say it.
pub(crate) fn rule(id: &str, level: Level, statement: &str) -> RuleData {
    RuleData {
        id: id.into(),
        aliases: Vec::new(),
        level,
        title: title(id).into(),
        harm: harm(id),
        consumers: vec!["zlib.crc32".into(), "file.readinto".into()],
        raised: None,
        side: Side::Exporter,
        statement: statement.into(),
        source: vec![
            Source {
                document: "c-api/buffer".into(),
                anchor: Some("c.PyBUF_FORMAT".into()),
                since: "3.0".into(),
            },
            Source {
                document: "PEP 3118".into(),
                anchor: None,
                since: "3.0".into(),
            },
        ],
        requests: Some("all without FORMAT".into()),
        why: "A consumer that did not ask for a format assumes unsigned bytes, and takes a set format for a \
              promise that it may cast by."
            .into(),
        fix: Some(Fixes {
            c: "Set `view->format = NULL` unless `(flags & PyBUF_FORMAT) == PyBUF_FORMAT`.".into(),
            cython: "In `__getbuffer__`, write `buffer.format = NULL` unless the flag is set.".into(),
            pybind11: "Use `def_buffer`; it follows the flag.".into(),
            nanobind: "Return an `nb::ndarray`; it follows the flag.".into(),
            pyo3: "Fill `(*view).format` only when the flag is set.".into(),
            zig: None,
            python: "Return `memoryview(...)` from `__buffer__`.".into(),
        }),
        code: ["C", "Cython", "nanobind", "PyO3", "Python"]
            .map(|binding| Code {
                binding: binding.into(),
                file: format!("python/examples/{binding}/image"),
                lines: vec![
                    "/* Unsigned bytes, where nobody asks for a format. */".into(),
                    format!("if (!ASKS(flags, PyBUF_FORMAT)) /* {binding} */"),
                    "    view->format = NULL;".into(),
                ],
            })
            .into(),
        camps: Vec::new(),
        caused_by: Vec::new(),
        seen: vec!["gh-57060".into(), "https://example.org/bug".into()],
        unobserved: None,
    }
}

/// A new finding of a rule.
pub(crate) fn finding(rule: &str, level: Level, requests: Vec<Request>) -> Finding {
    Finding {
        rule: rule.into(),
        level,
        case: requests
            .first()
            .map_or_else(String::new, |request| request.case_id()),
        requests_said: said::requests(&requests, &Request::all().collect::<Vec<_>>()),
        requests,
        found: "format is \"<i\"".into(),
        wanted: "format is NULL, for FORMAT was not asked".into(),
        standing: Standing::New,
        reason: None,
        link: None,
        repro: format!("bufcheck run 'mylib/image' --rule {rule}"),
        id: String::new(),
        headline: String::new(),
        steps: Vec::new(),
        death: None,
        proof: None,
        example: None,
        consequences: Vec::new(),
    }
}

/// The same finding, recorded.
pub(crate) fn recorded(mut finding: Finding) -> Finding {
    finding.standing = Standing::AsRecorded;
    finding.reason = Some("ctypes ignores the request flags".into());
    finding.link = Some("https://github.com/python/cpython/issues/57060".into());
    for folded in &mut finding.consequences {
        folded.standing = Standing::AsRecorded;
    }
    finding
}

/// A subject that conforms.
pub(crate) fn subject(id: &str, interpreter: &str, report: &Report) -> Subject {
    let answers: String = report
        .requests
        .iter()
        .map(|r| if r.wants_writable() { 'R' } else { 'G' })
        .collect();
    let refused = answers.matches('R').count();
    Subject {
        id: id.into(),
        kind: Side::Exporter,
        package: id.split_once('/').map(|(package, _)| package.into()),
        version: None,
        interpreter: interpreter.into(),
        type_name: Some(format!("builtins.{}", id.split('/').next_back().unwrap_or(id))),
        registered: None,
        status: Status::Conforms,
        reason: Vec::new(),
        faults: Vec::new(),
        unusable: Vec::new(),
        not_asked: Vec::new(),
        untested: Vec::new(),
        noticed: Vec::new(),
        findings: Vec::new(),
        requests: Counts {
            granted: answers.len() - refused,
            refused,
            died: 0,
            ..Counts::default()
        },
        answers,
        camps: BTreeMap::new(),
        output: String::new(),
    }
}

/// Nothing but interpreters, requests and rules.
pub(crate) fn empty() -> Report {
    let interpreter = |minor: u8, unchecked: Vec<String>| Interpreter {
        id: format!("cpython-3.{minor}"),
        version: format!("3.{minor}.1"),
        executable: format!("/usr/bin/python3.{minor}"),
        system: "linux".into(),
        machine: "x86_64".into(),
        unchecked,
    };
    let mut contested = rule(
        "ndim.when-shape-null",
        Level::Contested,
        "Without a shape, ndim is the true number of axes.",
    );
    contested.camps = vec![
        Camp {
            name: "one".into(),
            who: vec!["bytes".into(), "memoryview".into()],
            answer: "ndim is 1".into(),
        },
        Camp {
            name: "zero".into(),
            who: vec!["NumPy".into()],
            answer: "ndim is 0".into(),
        },
    ];
    let mut unseen = rule("obj.no-cycle", Level::Should, "The owner does not own the view.");
    unseen.unobserved = Some("it shows only in a garbage collector's trace".into());
    Report {
        schema: SCHEMA,
        tool: Tool {
            name: "bufcheck".into(),
            version: "0.1.0".into(),
        },
        interpreters: vec![
            interpreter(11, vec!["leaks of memory".into()]),
            interpreter(13, Vec::new()),
        ],
        run: None,
        since: None,
        requests: Request::all()
            .chain([Request::new(0x2), Request::new(-1)])
            .collect(),
        subjects: Vec::new(),
        rules: vec![
            rule(
                "format.null-unless-requested",
                Level::Must,
                "format is NULL unless FORMAT was asked.",
            ),
            rule(
                "shape.null-unless-nd",
                Level::Must,
                "shape is NULL unless ND was asked.",
            ),
            rule(
                "request.met-when-possible",
                Level::Should,
                "A request that can be met is met.",
            ),
            rule("process.survives", Level::Must, "No request ends the process."),
            contested,
            unseen,
        ],
        stale: Vec::new(),
        totals: Totals::default(),
        selftest: Vec::new(),
        interrupted: false,
        shard: None,
    }
}

/// A kill matrix with a mutant that was killed, one that survived, and a clean exporter that was accused.
pub(crate) fn kills() -> Matrix {
    let mutant = |id: &str, fate| Killed {
        id: id.into(),
        breaks: "shape.null-unless-nd".into(),
        fate,
        by: Vec::new(),
        reason: Vec::new(),
    };
    Matrix {
        interpreter: "cpython-3.11".into(),
        mutants: vec![
            mutant("mutants/killed", Fate::KilledByOwnRule),
            mutant(HOSTILE, Fate::Survived),
        ],
        clean: vec![Clean {
            id: HOSTILE.into(),
            accused: vec![HOSTILE.into()],
            reason: Vec::new(),
            fault: false,
        }],
        unproven: vec!["process.survives".into()],
    }
}

/// What a subject that hung was not asked.
fn left_out() -> Vec<NotAsked> {
    vec![
        NotAsked {
            what: Kind::Requests,
            count: 200,
            why: Why::GivenUp,
            reason: "the subject did not come back twice".into(),
        },
        NotAsked {
            what: Kind::Scenarios,
            count: 1,
            why: Why::Fatal,
            reason: "they ask what ended the process".into(),
        },
    ]
}

/// One that ended once and whose mutator is misspelt, and one that grants nothing.
fn partly(report: &Report) -> [Subject; 2] {
    let make = |id: &str| subject(id, "cpython-3.11", report);
    let mut unsteady = make("crash/once");
    unsteady.status = Status::Incomplete;
    unsteady.faults = vec!["the process was killed by signal 9 (SIGKILL), seen once in 3 runs".into()];
    unsteady.unusable = vec!["the mutator `x.apend(9)` never works".into()];
    let mut closed = make("stdlib/closed");
    closed.status = Status::NothingGranted;
    closed.answers = "R".repeat(closed.answers.len());
    closed.requests = Counts {
        granted: 0,
        refused: closed.answers.len(),
        died: 0,
        ..Counts::default()
    };
    closed.untested = vec!["format".into(), "shape".into()];
    [unsteady, closed]
}

/// Everything once.
pub(crate) fn full() -> Report {
    let mut report = empty();
    report.selftest.push(kills());
    let without_format: Vec<Request> = Request::all().filter(|asked| !asked.wants_format()).collect();
    let mut deviating = finding(
        "format.null-unless-requested",
        Level::Must,
        without_format.clone(),
    );
    deviating.consequences.push(Consequence {
        rule: "shape.null-unless-nd".into(),
        level: Level::Must,
        requests: vec![Request::SIMPLE],
        found: "shape is set".into(),
        wanted: "shape is NULL".into(),
        standing: Standing::New,
    });
    let refusing = finding(
        "request.met-when-possible",
        Level::Should,
        vec![Request::INDIRECT],
    );
    let mut subjects = Vec::new();
    for interpreter in ["cpython-3.11", "cpython-3.13"] {
        let make = |id: &str| subject(id, interpreter, &report);
        let mut bytes = make("stdlib/bytes");
        bytes.camps.insert("ndim.when-shape-null".into(), "one".into());
        let mut image = make("mylib/image");
        image.status = Status::Deviates;
        image.findings = vec![refusing.clone(), deviating.clone()];
        image.camps.insert("ndim.when-shape-null".into(), "zero".into());
        let mut ctypes = make("ctypes/int-array");
        ctypes.status = Status::Deviates;
        ctypes.version = Some("1.1.0".into());
        ctypes.findings = vec![recorded(deviating.clone())];
        subjects.extend([bytes, image, ctypes]);
    }
    let make = |id: &str| subject(id, "cpython-3.11", &report);
    let mut died = make("crash/segfault");
    died.status = Status::Died;
    died.answers.replace_range(0..3, "DVH");
    died.requests.died = 2;
    died.findings = vec![finding("process.survives", Level::Must, vec![Request::SIMPLE])];
    "about to read\u{0}\u{1b}[31m past the end\n</pre><b>".clone_into(&mut died.output);
    let mut hung = make("crash/loop");
    hung.status = Status::Hung;
    hung.not_asked = left_out();
    let [unsteady, closed] = partly(&report);
    let mut known_death = make("crash/known");
    known_death.status = Status::Died;
    known_death.findings = vec![recorded(finding(
        "process.survives",
        Level::Must,
        vec![Request::SIMPLE],
    ))];
    let mut skipped = make("stdlib/user-class");
    skipped.status = Status::NotTested;
    skipped.reason = vec!["needs Python >=3.12".into()];
    skipped.answers.clear();
    skipped.requests = Counts::default();
    let mut fault = make("other/gone");
    fault.status = Status::HarnessFault;
    fault.reason = vec![
        "the import failed: ModuleNotFoundError: No module named 'gone'".into(),
        "File \"<frozen importlib>\", line 1, in <module>".into(),
    ];
    fault.answers.clear();
    fault.requests = Counts::default();
    let mut hostile = make(HOSTILE);
    hostile.package = Some(HOSTILE.into());
    hostile.type_name = Some(HOSTILE.into());
    hostile.status = Status::Deviates;
    let mut attack = finding("format.null-unless-requested", Level::Must, vec![Request::ND]);
    attack.found = HOSTILE.into();
    attack.wanted = HOSTILE.into();
    attack.repro = format!("bufcheck check '{HOSTILE}'");
    let mut other = recorded(attack.clone());
    other.reason = Some(HOSTILE.into());
    other.link = Some("javascript:alert(1)".into());
    hostile.findings = vec![attack, other];
    hostile.camps.insert(HOSTILE.into(), HOSTILE.into());
    subjects.extend([died, hung, unsteady, closed, known_death, skipped, fault, hostile]);
    report.subjects = subjects;
    report.stale = vec![Stale {
        file: "cases/exporters/ctypes.json".into(),
        line: Some(120),
        subject: "ctypes/*".into(),
        rule: "len.*".into(),
        interpreter: Some("cpython-3.13".into()),
        problem: "no longer shows: delete the record, or narrow its versions".into(),
    }];
    report.totals = Totals {
        subjects: BTreeMap::from([("conforms".into(), 2), ("deviates".into(), 5)]),
        subjects_as_recorded: 3,
        new: BTreeMap::from([("must".into(), 6), ("should".into(), 2)]),
        recorded: BTreeMap::from([("must".into(), 6)]),
        by_chance: BTreeMap::new(),
        judged: 5160,
        rules: 5,
    };
    report
}
