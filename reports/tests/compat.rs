//! The table of exporters and consumers in each format.
//!
//! Knows a table with one cell of each kind. Must never know how a pair was tried.

mod support;

use bufcheck_model::compat::Compat;
use bufcheck_reports::compat;
use support::others::table;

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
