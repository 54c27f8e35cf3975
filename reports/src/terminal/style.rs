//! Colours, applied last.
//!
//! Knows which word has which colour. Must never change the words: without colour the text says the same.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use bufcheck_model::case::Level;

use super::Options;
use crate::verdict::{Class, Tone};

/// Names of sections and subjects.
pub(super) const HEAD: Style = Style::new().bold();
/// What is said in passing.
pub(super) const DIM: Style = Style::new().dimmed();
/// What was wanted.
pub(super) const WANTED: Style = AnsiColor::Green.on_default();
/// What was found.
pub(super) const FOUND: Style = AnsiColor::Red.on_default();
/// Commands and addresses.
pub(super) const COPY: Style = AnsiColor::Cyan.on_default();

const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// The text in a style, if colours are wanted.
pub(super) fn paint(options: &Options, style: Style, text: impl Display) -> String {
    if options.color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_string()
    }
}

/// The colour of a level.
pub(super) const fn level(level: Level) -> Style {
    match level {
        Level::Must => BAD,
        Level::Should => WARN,
        Level::Contested | Level::Info => DIM,
    }
}

/// The colour of a verdict.
pub(super) const fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Bad => BAD,
        Tone::Warn => WARN,
        Tone::Good => GOOD,
    }
}

/// The colour of a class.
pub(super) const fn class(class: Class) -> Style {
    match class {
        Class::Broken => BAD,
        Class::Dubious | Class::Fault | Class::Incomplete | Class::Barren | Class::Racy => WARN,
        Class::Recorded | Class::NotTested => DIM,
        Class::Conforms => GOOD,
    }
}
