//! The lines that a report shows as a remedy stand in the examples, which are built and checked.

use std::path::Path;

use bufcheck_model::case::{CodeFile, RuleFile};

/// A line without its anchors, its blanks, and the marks of a comment that holds nothing else.
fn bare(line: &str) -> String {
    let mut text = line.to_owned();
    while let Some((before, (anchor, after))) = text
        .split_once("[rule: ")
        .and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
    {
        assert!(!anchor.contains(' '), "{line}");
        text = format!("{before}{after}");
    }
    text.retain(|letter| !letter.is_whitespace() && !"`:./*#".contains(letter));
    text
}

#[test]
fn remedies_are_lines_of_the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let known: Vec<String> = bufcheck_cases::files("rules")
        .iter()
        .flat_map(|(_, text)| serde_json::from_str::<RuleFile>(text).expect("it is valid").rules)
        .map(|rule| rule.id)
        .collect();
    let mut shown = 0;
    for (name, text) in bufcheck_cases::files("code") {
        let file: CodeFile = serde_json::from_str(text).expect("it is valid");
        for piece in &file.pieces {
            let source = std::fs::read_to_string(root.join(&piece.file));
            let source = source.unwrap_or_else(|error| panic!("{name}: {}: {error}", piece.file));
            let lines: Vec<String> = source.lines().map(bare).filter(|line| !line.is_empty()).collect();
            let wanted: Vec<String> = piece
                .lines
                .iter()
                .filter(|line| line.trim() != "...")
                .map(|line| bare(line))
                .filter(|line| !line.is_empty())
                .collect();
            let found = lines.windows(wanted.len()).any(|lines| lines == wanted);
            assert!(
                found,
                "{name}: {}: run tools/code: {:#?}",
                piece.file, piece.lines
            );
            assert!(wanted.len() <= 8, "{name}: {:?}", piece.rules);
            for rule in &piece.rules {
                assert!(known.contains(rule), "{name}: {rule}");
                shown += 1;
            }
        }
    }
    assert!(shown > 400, "every binding shows its lines: {shown}");
}
