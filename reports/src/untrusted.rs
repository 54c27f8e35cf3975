//! Text that came from outside: from exporters, modules, messages of interpreters, files.
//!
//! Knows that it can only be shown escaped. Must never give the text itself away.

use std::fmt;

use crate::words;

/// Text from outside. What moves a cursor, colours a terminal or turns the direction of writing is shown by its number;
/// there is no other way to display it.
#[derive(Clone, Copy)]
pub struct Untrusted<'a> {
    text: &'a str,
    lines: bool,
}

impl<'a> Untrusted<'a> {
    /// On one line: line ends are escaped as well.
    pub const fn line(text: &'a str) -> Self {
        Self { text, lines: false }
    }

    /// With line ends and tabs as they are.
    pub const fn lines(text: &'a str) -> Self {
        Self { text, lines: true }
    }
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.lines {
            words::visible(self.text)
        } else {
            words::line(self.text)
        };
        f.pad(&shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_through() {
        let text = "a\u{1b}[31m\nb\u{202e}\tc\r";
        assert_eq!(
            Untrusted::line(text).to_string(),
            "a\\u{1b}[31m\\nb\\u{202e}\\tc\\r"
        );
        assert_eq!(
            Untrusted::lines(text).to_string(),
            "a\\u{1b}[31m\nb\\u{202e}\tc\\r"
        );
        assert_eq!(format!("{:6}|", Untrusted::line("ab")), "ab    |");
    }
}
