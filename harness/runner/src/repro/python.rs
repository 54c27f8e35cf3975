//! Python text: literals, and lines that are no longer than a screen is wide.
//!
//! Knows how values are written. Must never know what they are of.

/// The longest line of a script, in characters.
pub(super) const WIDTH: usize = 120;

/// A string literal.
pub(super) fn text(value: &str) -> String {
    // What JSON escapes, Python reads alike; it must stay on its line and in ASCII.
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut literal = String::new();
    for letter in json.chars() {
        match u32::from(letter) {
            0x20..=0x7e => literal.push(letter),
            code @ 0..=0xffff => literal.push_str(&format!("\\u{code:04x}")),
            code => literal.push_str(&format!("\\U{code:08x}")),
        }
    }
    literal
}

/// A bytes literal.
pub(super) fn bytes(value: &[u8]) -> String {
    let escaped: String = value
        .iter()
        .flat_map(|byte| std::ascii::escape_default(*byte))
        .map(char::from)
        .collect();
    format!("b\"{escaped}\"")
}

/// A list of numbers.
pub(super) fn list(values: &[i64]) -> String {
    format!("{values:?}")
}

/// A sentence for a comment or a docstring: one line of harmless letters, cut where it is too long.
pub(super) fn sentence(text: &str, most: usize) -> String {
    let plain: String = text
        .chars()
        .map(|letter| match letter {
            '\\' => '/',
            '"' => '\'',
            ' '..='~' => letter,
            _ => '?',
        })
        .collect();
    if plain.len() <= most {
        return plain;
    }
    let cut = &plain[..most.saturating_sub(3)];
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}...", &cut[..end])
}

/// A name of a scenario as a name of Python.
pub(super) fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

/// A statement about `x` as an expression that can be called later.
pub(super) fn statement(code: &str, object: &str) -> String {
    let plain = code.starts_with("x.") && code.ends_with(')') && !code.contains('=') && !code.contains(';');
    if plain {
        format!("{object}.{}", &code[2..])
    } else {
        format!("exec({}, {{\"x\": {object}}})", text(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_be_left() {
        assert_eq!(text("a\"b\n\u{202e}\u{7f}"), "\"a\\\"b\\n\\u202e\\u007f\"");
        assert_eq!(text("\u{1f600}"), "\"\\U0001f600\"");
        assert_eq!(bytes(b"\"\\\x00a"), "b\"\\\"\\\\\\x00a\"");
        assert_eq!(
            sentence("\"\"\"\nimport os \\", 80),
            "''' import os /".replace("''' ", "'''?")
        );
        assert_eq!(sentence("one two three", 10), "one...");
    }
}
