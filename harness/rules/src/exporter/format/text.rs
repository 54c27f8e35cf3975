//! Format strings as text: where the order marks stand, and the same string under other marks.
//!
//! Knows that a name between colons is no code. Must never know sizes.

use bufcheck_protocol::format::{Format, Order};

/// The string with every order mark, and the native one that is understood at its start, replaced.
///
/// `None` if that gives no format.
pub(super) fn remarked(format: &Format, to: impl Fn(Order) -> Order) -> Option<Format> {
    let text = format.text();
    let mut changed = String::with_capacity(text.len() + 1);
    let starts_with_mark = text
        .trim_start()
        .bytes()
        .next()
        .is_some_and(|byte| Order::from_mark(byte).is_some());
    if !starts_with_mark {
        changed.push(to(Order::Native).mark());
    }
    for (_, c, code) in outside_names(text) {
        let mark = mark(c).filter(|_| code);
        changed.push(mark.map_or(c, |order| to(order).mark()));
    }
    Format::parse(&changed).ok()
}

/// Whether some order mark of the string, or the one understood at its start, is of this kind.
pub(super) fn has_mark(format: &Format, kind: impl Fn(Order) -> bool) -> bool {
    outside_names(format.text()).any(|(_, c, code)| code && mark(c).is_some_and(&kind))
}

/// The first order mark that is not the first character, and its place in bytes.
pub(super) fn inner_mark(text: &str) -> Option<(usize, char)> {
    outside_names(text)
        .filter(|(at, c, code)| *at > 0 && *code && mark(*c).is_some())
        .map(|(at, c, _)| (at, c))
        .find(|(at, _)| !text[..*at].trim().is_empty())
}

/// The text with each `\xNN` made one letter, so that names beyond ASCII can be told from codes.
pub(super) fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\\x");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('_');
        plain.push_str(part.get(2..).unwrap_or_default());
    }
    plain
}

fn mark(c: char) -> Option<Order> {
    u8::try_from(c).ok().and_then(Order::from_mark)
}

/// Every character with its place in bytes, and whether it stands outside of names. The arrow of a
/// function's signature holds no order mark.
fn outside_names(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let mut in_name = false;
    let mut before = ' ';
    text.char_indices().map(move |(at, c)| {
        let arrow = before == '-' && c == '>';
        before = c;
        if c == ':' {
            in_name = !in_name;
        }
        (at, c, !in_name && !arrow)
    })
}
