//! Text for people at a terminal: one finding, the whole run, one rule explained.
//!
//! Knows columns and colours. Must never know whether a terminal is there, nor rely on colour to tell
//! anything.

mod explain;
mod finding;
mod style;
mod summary;

pub use explain::explain;
pub use finding::{MAX_LINES, finding};
pub use summary::summary;

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether escape sequences for colours are written.
    pub color: bool,
    /// The longest line in columns; only commands and addresses, which are copied, may be longer.
    pub width: usize,
    /// Whether every subject, finding and name is shown.
    pub verbose: bool,
}

impl Default for Options {
    /// Plain text of 100 columns, no longer than needed.
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            verbose: false,
        }
    }
}

impl Options {
    /// The width, never so small that nothing fits.
    pub(crate) fn columns(&self) -> usize {
        self.width.max(40)
    }
}
