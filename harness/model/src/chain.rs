//! An error with everything that caused it, in one line.
//!
//! Knows the chain of sources. Must never know where it is shown.

use std::error::Error;
use std::fmt::Write as _;

/// The error and its causes, each behind a colon.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}
