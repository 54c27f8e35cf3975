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
    let text = json::render(&full()).replacen("\"schema\": 2", "\"schema\": 7", 1);
    check(
        &text,
        "the report has schema 7, this bufcheck reads schema 1 and 2",
    );
    let text = text.replacen("\"schema\": 7", "\"schema\": 0", 1);
    check(&text, "the report has schema 0");
}

/// A report of the first schema has neither ids nor headlines: they follow from what it has.
#[test]
fn an_earlier_schema_is_read() {
    let mut report: serde_json::Value = serde_json::from_str(&json::render(&full())).expect("JSON");
    report["schema"] = 1.into();
    let subjects = report["subjects"].as_array_mut().expect("subjects");
    for finding in subjects
        .iter_mut()
        .filter_map(|subject| subject["findings"].as_array_mut())
        .flatten()
    {
        let finding = finding.as_object_mut().expect("a finding");
        finding.retain(|key, _| !["id", "headline", "requests_said"].contains(&key.as_str()));
    }
    let read = json::parse(&report.to_string()).expect("it is read");
    assert_eq!(read.schema, 2);
    let finding = &read.subjects[1].findings[1];
    assert_eq!(
        finding.id,
        "mylib/image/format.null-unless-requested/requests/0x000-simple"
    );
    assert_eq!(
        finding.headline,
        "`mylib/image`: A format that nobody asked for: format is \"<i\""
    );
    assert_eq!(finding.requests_said, "all without FORMAT (128 requests)");
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
