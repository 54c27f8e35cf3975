//! The page is read back with a small tokenizer: nothing from a report became markup, nothing is loaded, and
//! the matrix says what the data say.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::report::Status;
use bufcheck_protocol::request::Request;
use bufcheck_reports::html;
use serde_json::{Value, json};
use support::{HOSTILE, empty, finding, full, subject};

/// A tag or a text.
#[derive(Debug, PartialEq)]
enum Token {
    Open {
        name: String,
        attributes: Vec<(String, String)>,
    },
    Close(String),
    Text(String),
}

/// Splits a page into tokens as a browser would, as far as our own page goes.
fn tokens(page: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        if start > 0 {
            tokens.push(Token::Text(unescape(&rest[..start])));
        }
        rest = &rest[start + 1..];
        let (tag, behind) = tag(rest);
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            tokens.push(Token::Close(name.trim().into()));
        } else if !tag.starts_with('!') {
            let (name, attributes) = attributes(tag);
            // Styles and scripts are raw text up to their end tag.
            if name == "style" || name == "script" {
                let end = rest.find(&format!("</{name}")).expect("the raw text ends");
                rest = &rest[end..];
            }
            tokens.push(Token::Open { name, attributes });
        }
    }
    tokens
}

/// The text up to the `>` that is not in quotes, and what stands behind it.
fn tag(text: &str) -> (&str, &str) {
    let mut quoted = None;
    for (index, letter) in text.char_indices() {
        match (quoted, letter) {
            (None, '>') => return (&text[..index], &text[index + 1..]),
            (None, '"') => quoted = Some('"'),
            (Some(quote), letter) if quote == letter => quoted = None,
            _ => {}
        }
    }
    panic!("a tag does not end: {text:.80}");
}

fn attributes(tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("the value ends");
            value = unescape(&quoted[..end]);
            rest = &quoted[end + 1..];
        } else if let Some(bare) = rest.strip_prefix('=') {
            let end = bare.find(' ').unwrap_or(bare.len());
            bare[..end].clone_into(&mut value);
            rest = &bare[end..];
        }
        attributes.push((key, value));
    }
    (name.to_owned(), attributes)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&amp;", "&")
}

fn opened<'a>(tokens: &'a [Token], wanted: &'a str) -> impl Iterator<Item = &'a Vec<(String, String)>> {
    tokens.iter().filter_map(move |token| match token {
        Token::Open { name, attributes } if name == wanted => Some(attributes),
        Token::Open { .. } | Token::Close(_) | Token::Text(_) => None,
    })
}

fn value<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
}

#[test]
fn the_kill_matrix_is_part_of_the_page_where_it_is_known() {
    let said = |report: &_, text: &str| {
        let shows = |token: &Token| matches!(token, Token::Text(said) if said.contains(text));
        tokens(&html::render(report)).iter().any(shows)
    };
    let mut report = full();
    assert!(said(&report, "The suite fails its own test"));
    assert!(said(
        &report,
        "1 mutants killed by their own rule, 1 survived, 1 false alarms"
    ));
    report.selftest[0].mutants.pop();
    report.selftest[0].clean.clear();
    report.selftest[0].unproven.clear();
    assert!(said(&report, "no clean one is accused"));
    report.selftest.clear();
    assert!(!said(&report, "The suite, tested"));
}

#[test]
fn a_hostile_name_stays_text() {
    // What moves a cursor or turns the reading direction is shown as an escape.
    let shown = shown(HOSTILE);
    let page = html::render(&full());
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    let tokens = tokens(&page);
    assert_eq!(
        opened(&tokens, "script").count(),
        2,
        "only our own script and its data"
    );
    for tag in ["b", "i"] {
        assert_eq!(
            opened(&tokens, tag)
                .filter(|attributes| !attributes.is_empty())
                .count(),
            0
        );
    }
    assert!(
        tokens
            .iter()
            .any(|token| matches!(token, Token::Text(text) if text.contains(&shown)))
    );
    let names: Vec<&str> = opened(&tokens, "tr")
        .filter_map(|row| value(row, "data-name"))
        .collect();
    assert!(
        names.contains(&shown.as_str()),
        "it is whole in an attribute: {names:?}"
    );
    for token in &tokens {
        let Token::Open { attributes, .. } = token else {
            continue;
        };
        for (key, value) in attributes {
            assert!(!key.starts_with("on"), "a handler `{key}`");
            assert!(!value.trim_start().starts_with("javascript:"), "{key}={value}");
        }
    }
}

#[test]
fn every_tag_is_closed_or_may_stay_open() {
    // The end tags that HTML lets out, and elements without content.
    const OPEN: [&str; 5] = ["td", "tr", "meta", "input", "link"];
    let page = html::render(&full());
    let mut stack: Vec<String> = Vec::new();
    for token in tokens(&page) {
        match token {
            Token::Open { name, .. } if OPEN.contains(&name.as_str()) => {}
            Token::Open { name, .. } => stack.push(name),
            Token::Close(name) if OPEN.contains(&name.as_str()) => {}
            Token::Close(name) => assert_eq!(stack.pop().as_deref(), Some(name.as_str()), "{stack:?}"),
            Token::Text(_) => {}
        }
    }
    assert_eq!(stack, Vec::<String>::new());
}

#[test]
fn nothing_is_loaded() {
    let page = html::render(&full());
    let tokens = tokens(&page);
    for tag in [
        "link", "img", "iframe", "object", "embed", "base", "form", "video",
    ] {
        assert_eq!(opened(&tokens, tag).count(), 0, "<{tag}>");
    }
    for token in &tokens {
        let Token::Open { name, attributes } = token else {
            continue;
        };
        assert_eq!(value(attributes, "src"), None);
        assert_eq!(value(attributes, "style"), None);
        assert!(value(attributes, "href").is_none() || name == "a");
    }
    assert!(
        !page.contains("@import") && !page.contains("url("),
        "the style loads nothing"
    );
}

#[test]
fn every_link_within_the_page_leads_somewhere() {
    let page = html::render(&full());
    let tokens = tokens(&page);
    let ids: Vec<&str> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Open { attributes, .. } => value(attributes, "id"),
            Token::Close(_) | Token::Text(_) => None,
        })
        .collect();
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "ids are unique");
    let inner: Vec<&str> = opened(&tokens, "a")
        .filter_map(|link| value(link, "href")?.strip_prefix('#'))
        .collect();
    assert!(inner.len() > 10);
    for target in inner {
        assert!(ids.contains(&target), "#{target}");
    }
}

/// A name as the page shows it.
fn shown(name: &str) -> String {
    name.replace('\u{1b}', "\\u{1b}").replace('\u{202e}', "\\u{202e}")
}

/// The data island of a page.
fn island(page: &str) -> Value {
    let start = page.find("id=\"island\">").expect("there is an island") + "id=\"island\">".len();
    let end = page[start..].find("</script>").expect("it ends");
    serde_json::from_str(&page[start..start + end]).expect("it is JSON")
}

#[test]
fn the_island_says_what_the_data_say() {
    let report = full();
    let island = island(&html::render(&report));
    let flags: Vec<i64> = report.requests.iter().map(|asked| asked.flags().into()).collect();
    assert_eq!(island["requests"], json!(flags));
    assert_eq!(island["named"].as_array().map(Vec::len), Some(26));
    assert_eq!(island["named"][0], json!([0, "SIMPLE"]));
    let mut asked = report
        .subjects
        .iter()
        .filter(|subject| !subject.answers.is_empty());
    let text = |of: &str, at: &Value| {
        let at = usize::try_from(at.as_u64().expect("a place")).expect("a small one");
        island[of][at].clone()
    };
    let mut marks: Vec<(String, usize, usize)> = Vec::new();
    for row in island["subjects"].as_array().expect("rows") {
        let subject = asked.next().expect("as many as in the report");
        assert_eq!(row[0], json!(shown(&subject.id)));
        assert_eq!(text("interpreters", &row[1]), json!(subject.interpreter));
        assert_eq!(text("answers", &row[2]), json!(subject.answers));
        let touched = text("marks", &row[3]);
        let count = |letter: char| touched.as_str().expect("text").matches(letter).count();
        marks.push((subject.id.clone(), count('n'), count('k')));
    }
    assert!(asked.next().is_none());
    let of = |id: &str| -> Vec<(usize, usize)> {
        let own = marks.iter().filter(|(name, _, _)| name == id);
        own.map(|(_, new, known)| (*new, *known)).collect()
    };
    // 128 requests without FORMAT, INDIRECT is one of them, on each of two interpreters.
    assert_eq!(of("mylib/image"), [(128, 0), (128, 0)]);
    assert_eq!(of("ctypes/int-array"), [(0, 128), (0, 128)]);
    assert_eq!(of("stdlib/bytes"), [(0, 0), (0, 0)]);
}

#[test]
fn without_scripts_the_answers_stand_in_words() {
    let page = html::render(&full());
    assert!(
        page.contains(
            "granted: all without WRITABLE (129 requests); refused: all with WRITABLE (129 requests)"
        )
    );
}

#[test]
fn it_starts_with_a_sentence_and_no_percentage() {
    let report = full();
    let tokens = tokens(&html::render(&report));
    let texts: Vec<&str> = tokens
        .iter()
        .skip_while(|token| !matches!(token, Token::Open { attributes, .. } if value(attributes, "class").is_some_and(|class| class.starts_with("verdict"))))
        .filter_map(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            Token::Open { .. } | Token::Close(_) => None,
        })
        .collect();
    assert!(
        texts[0].contains("break the protocol in a way that no record knows"),
        "{:?}",
        &texts[..3]
    );
    assert!(!texts.iter().any(|text| text.contains('%')));
}

#[test]
fn a_process_that_hung_is_told_although_no_rule_was_broken() {
    let page = html::render(&full());
    let told = page
        .find("The process hung on cpython-3.11: no rule says why.")
        .expect("it is told");
    assert!(
        told < page.find("id=\"matrix\"").expect("there is a table"),
        "among the new findings"
    );
}

#[test]
fn remarks_are_no_findings() {
    let mut report = empty();
    let mut bytes = subject("stdlib/bytes", "cpython-3.11", &report);
    bytes.findings = vec![support::finding(
        "format.struct-parseable",
        bufcheck_model::case::Level::Info,
        vec![Request::ND],
    )];
    report.subjects.push(bytes);
    let page = html::render(&report);
    assert!(
        page.contains("id=\"remarks\"") && !page.contains("id=\"new\"") && !page.contains("id=\"matrix\"")
    );
    assert!(
        page.contains("The only subject that was tested conforms"),
        "the verdict does not count them"
    );
}

#[test]
fn the_worst_stands_at_the_top_and_leads_to_its_finding() {
    let page = html::render(&full());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no `{text}`"));
    let (worst, first) = (at("aria-label=\"The worst findings\""), at("<main"));
    assert!(worst < first);
    let cards = &page[worst..first];
    assert!(
        cards.find("CRASHES").expect("the crash") < cards.find("A format that nobody asked for").expect("it")
    );
    assert!(cards.contains("<b>Change</b> in C: "), "{cards}");
    assert!(!html::render(&empty()).contains("The worst findings"));
}

/// One deviation with other numbers on another interpreter is told once, with a table of what is other.
#[test]
fn other_numbers_elsewhere_are_no_other_finding() {
    let mut report = empty();
    for (interpreter, found) in [("cpython-3.11", "len 4"), ("cpython-3.13", "len 8")] {
        let mut image = subject("mylib/image", interpreter, &report);
        let mut broken = finding("shape.null-unless-nd", Level::Must, vec![Request::SIMPLE]);
        broken.found = found.into();
        image.findings = vec![broken];
        image.status = Status::Deviates;
        report.subjects.push(image);
    }
    let page = html::render(&report);
    assert_eq!(page.matches("<section class=\"finding fresh\"").count(), 1);
    let table = page
        .split("The same with other numbers")
        .nth(1)
        .expect("the table");
    let table = table.split("</table>").next().expect("its end");
    assert!(
        table.contains("cpython-3.13") && table.contains("len 8"),
        "{table}"
    );
    assert!(!table.contains("cpython-3.11"), "{table}");
    let text = bufcheck_reports::terminal::summary(&report, &bufcheck_reports::terminal::Options::default());
    assert!(text.contains("cpython-3.13: len 8"), "{text}");
    // Another place is another finding.
    report.subjects[1].findings[0].case = "scenarios/other".into();
    assert_eq!(
        html::render(&report)
            .matches("<section class=\"finding fresh\"")
            .count(),
        2
    );
}
