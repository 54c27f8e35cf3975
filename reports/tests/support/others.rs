//! Results of other kinds: a table of exporters and consumers, and a traced program.

use bufcheck_model::case::{Harm, Level, Side};
use bufcheck_model::compat::{Cell, Column, Compat, Row, SCHEMA, Verdict};
use bufcheck_model::report::{Interpreter, Tool};
use bufcheck_model::spy::{Lie, Measured};
use bufcheck_model::trace::{
    self, Kind, Native, Pair, Place, Process, TRACE_REPORT, TraceFinding, TraceReport,
};

use super::HOSTILE;

fn column(id: &str) -> Column {
    Column {
        id: id.into(),
        type_name: "array.array".into(),
        content: Some(Measured {
            format: "i".into(),
            itemsize: 4,
            shape: vec![3],
            lie: Lie::Apart,
            readonly: false,
        }),
    }
}

fn cell(verdict: Verdict, reason: &str, expected: Option<Verdict>) -> Cell {
    Cell {
        verdict,
        reason: reason.into(),
        expected,
    }
}

fn row(id: &str, cells: Vec<Cell>) -> Row {
    Row {
        id: id.into(),
        call: format!("m:{id}"),
        asks: vec!["SIMPLE".into(), "FULL_RO".into()],
        reason: cells.is_empty().then(|| "the import failed".into()),
        cells,
    }
}

/// A table with one cell of each kind.
pub(crate) fn table() -> Compat {
    let works = || cell(Verdict::Works, "", Some(Verdict::Works));
    Compat {
        schema: SCHEMA,
        tool: Tool {
            name: "bufcheck".into(),
            version: "1.2.3".into(),
        },
        interpreter: Interpreter {
            id: "cpython-3.13".into(),
            version: "3.13.0".into(),
            executable: "python".into(),
            system: "linux".into(),
            machine: "x86_64".into(),
            unchecked: Vec::new(),
        },
        exporters: vec![column("a|b"), column("<script>")],
        consumers: vec![
            row(
                "first",
                vec![
                    works(),
                    cell(Verdict::ExporterRefuses, "it refuses SIMPLE (0x000)", None),
                ],
            ),
            row(
                "second",
                vec![
                    cell(
                        Verdict::Wrong,
                        "the result is <b>7</b>\u{1b}[31m",
                        Some(Verdict::Works),
                    ),
                    works(),
                ],
            ),
            row("third", Vec::new()),
        ],
    }
}

/// A traced program with a finding, and names that attack.
pub(crate) fn traced() -> TraceReport {
    let native = Native {
        module: HOSTILE.into(),
        interpreter: false,
        symbol: Some("gb".into()),
        offset: 0x41,
    };
    TraceReport {
        kind: Kind::Trace,
        schema: TRACE_REPORT,
        tool: "1.2.3".into(),
        command: vec!["python".into(), HOSTILE.into()],
        status: Some(0),
        processes: vec![Process {
            pid: 42,
            forked_from: None,
            python: "3.13.0".into(),
            requests: 7,
            releases: 6,
            complete: true,
            held: Some(1),
        }],
        pairs: vec![Pair {
            type_name: HOSTILE.into(),
            module: "image.so".into(),
            flags: 0x1c,
            request: "STRIDES|FORMAT".into(),
            requests: 7,
            grants: 6,
            refusals: 1,
            releases: 6,
            verdict: trace::Verdict::Broken,
        }],
        findings: vec![TraceFinding {
            rule: "format.null-unless-requested".into(),
            level: Level::Must,
            harm: Harm::Describes,
            side: Side::Exporter,
            type_name: HOSTILE.into(),
            asked_by: native.clone(),
            through: None,
            by: Some(native),
            requests: vec!["SIMPLE".into()],
            found: HOSTILE.into(),
            wanted: "format is NULL".into(),
            place: Some(Place {
                file: HOSTILE.into(),
                line: 7,
                test: None,
            }),
            pid: 42,
        }],
        limits: vec!["Releases inside of the interpreter are not seen.".into()],
    }
}
