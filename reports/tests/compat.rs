//! The table of exporters and consumers in each format.
//!
//! Knows a table with one cell of each kind. Must never know how a pair was tried.

use bufcheck_model::compat::{Cell, Column, Compat, Row, SCHEMA, Verdict};
use bufcheck_model::report::{Interpreter, Tool};
use bufcheck_model::spy::{Lie, Measured};
use bufcheck_reports::compat;

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

fn table() -> Compat {
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

#[test]
fn json_is_the_table() {
    let text = compat::json(&table());
    let read: Compat = serde_json::from_str(&text).expect("the same shape");
    assert_eq!(read, table());
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn every_cell_has_its_sign_and_whatever_is_bad_its_reason() {
    let text = compat::terminal(&table());
    assert!(text.contains("first   +e\n"), "{text}");
    assert!(text.contains("second  W+\n"), "{text}");
    assert!(text.contains("`second` given `a|b`: wrong result"), "{text}");
    assert!(
        text.contains("not tried to the end: third\n    the import failed"),
        "{text}"
    );
    assert!(text.contains("One pair came out another way"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn one_exporter_is_told_in_sentences() {
    let mut one = table();
    one.exporters.truncate(1);
    one.consumers.iter_mut().for_each(|row| row.cells.truncate(1));
    let text = compat::terminal(&one);
    let head = "`a|b` (`i` [3], strided, writable): works with 1 consumer, refused with 0, wrong with 1";
    assert!(text.contains(head), "{text}");
    assert!(text.contains("wrong result (1): the result is"), "{text}");
}

#[test]
fn one_consumer_is_told_in_sentences() {
    let mut one = table();
    one.consumers.truncate(1);
    let text = compat::terminal(&one);
    let head = "`first` (it asks SIMPLE, FULL_RO): works with 1 exporter, refused with 1, wrong with 0";
    assert!(text.contains(head), "{text}");
    assert!(
        text.contains("refused by the exporter (1): it refuses SIMPLE (0x000)\n    <script>"),
        "{text}"
    );
}

#[test]
fn nothing_untrusted_is_markup() {
    let html = compat::html(&table());
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
    assert!(html.contains("&lt;b&gt;7") && !html.contains("<b>7"), "{html}");
    assert!(html.contains("unexpected") && !html.contains('\u{1b}'));
    let markdown = compat::markdown(&table());
    assert!(
        markdown.contains(r"a\|b") && !markdown.contains("a|b"),
        "{markdown}"
    );
    assert!(markdown.contains("&lt;script&gt;"), "{markdown}");
    assert!(markdown.contains("| second | W | + |"), "{markdown}");
}
