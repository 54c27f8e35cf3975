//! The JSON report goes round, and a damaged one is told apart with a clear word.

mod support;

use bufcheck_reports::json;
use support::full;

#[track_caller]
fn check(text: &str, want: &str) {
    let error = json::parse(text).expect_err("the text is damaged").to_string();
    assert!(error.contains(want), "want `{want}` in `{error}`");
}

#[test]
fn a_report_goes_round() {
    let report = full();
    let text = json::render(&report);
    assert!(text.ends_with("}\n"));
    assert_eq!(json::parse(&text).expect("what was written can be read"), report);
    assert_eq!(json::render(&report), text, "the same report gives the same text");
}

#[test]
fn another_schema_names_both_numbers() {
    let text = json::render(&full()).replacen("\"schema\": 1", "\"schema\": 7", 1);
    check(&text, "the report has schema 7, this bufcheck reads schema 1");
}

#[test]
fn damage_is_named_with_its_place() {
    let text = json::render(&full());
    check("", "no JSON object");
    check("[1, 2]", "no JSON object");
    check("{}", "`schema` is missing");
    check(&text[..text.len() / 2], "no JSON object");
    check(&format!("{text}x"), "no JSON object");
    check(
        &text.replacen("\"conforms\"", "\"perfect\"", 1),
        "at `subjects[0].status`: unknown variant `perfect`",
    );
    check(
        &text.replacen("\"answers\": \"G", "\"answers\": \"?", 1),
        "`?` is no answer",
    );
    check(
        &text.replacen("\"answers\": \"G", "\"answers\": \"GG", 1),
        "at `subjects[0].answers`: 259 letters for 258 requests",
    );
    check(
        &text.replacen(
            "\"interpreter\": \"cpython-3.11\"",
            "\"interpreter\": \"pypy\"",
            1,
        ),
        "`pypy` is not in `interpreters`",
    );
    check(&text.replacen("\"tool\"", "\"tol\"", 1), "unknown field `tol`");
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("{{\"schema\": 1, \"tool\": {}", "[".repeat(100_000));
    assert!(json::parse(&text).is_err());
}
