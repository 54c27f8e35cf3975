//! Words that every format shares: counts, names of requests, lists, text made safe for one line.
//!
//! Knows plain text. Must never know colours or markup.

use std::fmt::Write as _;

use bufcheck_model::case::{Fixes, Side};
use bufcheck_model::report::Subject;

/// `1 subject`, `2 subjects`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `a`, `a and b`, `a, b and c`, `a, b and 7 more`.
pub(crate) fn list<S: AsRef<str>>(items: &[S], limit: usize) -> String {
    let shown = if items.len() > limit {
        &items[..limit]
    } else {
        items
    };
    let mut parts: Vec<String> = shown.iter().map(|item| item.as_ref().to_owned()).collect();
    if items.len() > shown.len() {
        parts.push(format!("{} more", items.len() - shown.len()));
    }
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// The text on one line: what would move the cursor, colour a terminal or reverse the reading direction is
/// written as an escape.
pub(crate) fn line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if is_hidden(letter) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(letter));
            }
            _ => safe.push(letter),
        }
    }
    safe
}

/// The text with line ends and tabs as they are, and every other character without a shape as an escape.
pub(crate) fn visible(text: &str) -> String {
    let shown = |part: &str| part.split('\t').map(line).collect::<Vec<_>>().join("\t");
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// Whether a character has an effect instead of a shape.
pub(crate) fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text, cut to a number of characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(3)).collect();
    kept.push_str("...");
    kept
}

/// The text in lines of at most `width` characters, broken at spaces where there are any.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + rest.len() > width {
            lines.push(std::mem::take(&mut current));
            length = 0;
        } else if length > 0 {
            current.push(' ');
            length += 1;
        }
        while rest.len() > width {
            lines.push(rest.drain(..width).collect());
        }
        length += rest.len();
        current.extend(rest);
    }
    if !current.is_empty() || lines.is_empty() {
        lines.push(current);
    }
    lines
}

/// What a subject can be.
pub(crate) const fn side(side: Side) -> &'static str {
    match side {
        Side::Exporter => "exporter",
        Side::Consumer => "consumer",
        Side::Interpreter => "interpreter",
    }
}

/// The fixes with the name of each binding, in the order of the data.
pub(crate) fn fixes(fixes: &Fixes) -> Vec<(&'static str, &str)> {
    let all = [
        ("C", Some(&fixes.c)),
        ("Cython", Some(&fixes.cython)),
        ("pybind11", Some(&fixes.pybind11)),
        ("nanobind", Some(&fixes.nanobind)),
        ("PyO3", Some(&fixes.pyo3)),
        ("Zig", fixes.zig.as_ref()),
        ("Python", Some(&fixes.python)),
    ];
    all.into_iter()
        .filter_map(|(name, fix)| Some((name, fix?.as_str())))
        .collect()
}

/// The fix for the binding in which a subject seems to be written, with the name of the binding.
pub(crate) fn helpful<'a>(subject: &Subject, hints: &'a Fixes) -> (&'static str, &'a str) {
    let fixes = fixes(hints);
    let wanted = binding(subject);
    let own = fixes.iter().find(|(name, _)| *name == wanted);
    let own = *own.unwrap_or(&fixes[0]);
    // Some rules are kept by a binding itself: then the remedy is another layer's.
    let idle = |(_, hint): &(&str, &str)| hint.starts_with("Nothing to do");
    let helpful = std::iter::once(own).chain(fixes).find(|fix| !idle(fix));
    helpful.unwrap_or(own)
}

/// The binding whose fix is shown: C, unless the names tell another, or it is a function of Python.
fn binding(subject: &Subject) -> &'static str {
    const NAMES: [&str; 5] = ["Cython", "pybind11", "nanobind", "PyO3", "Zig"];
    let type_name = subject.type_name.as_deref();
    if subject.kind == Side::Consumer && matches!(type_name, Some("function" | "method")) {
        return "Python";
    }
    let texts = [subject.package.as_deref(), type_name, Some(&subject.id)];
    let told = |name: &str| {
        let name = name.to_ascii_lowercase();
        let mut texts = texts.iter().flatten();
        texts.any(|text| text.to_ascii_lowercase().contains(&name))
    };
    NAMES.into_iter().find(|name| told(name)).unwrap_or("C")
}

/// The part of a rule id before the dot.
pub(crate) fn family(rule: &str) -> &str {
    rule.split_once('.').map_or(rule, |(family, _)| family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_the_first_and_count_the_rest() {
        assert_eq!(list(&["a"], 3), "a");
        assert_eq!(list(&["a", "b"], 3), "a and b");
        assert_eq!(list(&["a", "b", "c", "d"], 3), "a, b, c and 1 more");
        assert_eq!(list::<&str>(&[], 3), "");
    }

    #[test]
    fn nothing_on_a_line_moves_the_cursor() {
        assert_eq!(line("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
    }

    #[test]
    fn visible_text_keeps_its_lines() {
        assert_eq!(visible("a\n\tb\u{1b}[31m\r\n"), "a\n\tb\\u{1b}[31m\\r\n");
    }

    #[test]
    fn wrapping_loses_no_word_and_passes_no_margin() {
        let text = "one two threefourfivesixseveneightnine ten";
        let lines = wrap(text, 12);
        assert!(lines.iter().all(|line| line.chars().count() <= 12), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }
}
