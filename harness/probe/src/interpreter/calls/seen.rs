//! What a call shows, or why there is nothing.
//!
//! Knows absent functions and arguments that cannot be made. Must never know a function.

use std::ffi::c_char;

use bufcheck_model::interpreter::{Facts, View, ViewProblem};
use pyo3::PyErr;

/// Why there is nothing to be seen.
pub(super) enum Unseen {
    /// The interpreter has no such function.
    Absent(&'static str),
    /// An argument could not be made.
    NotMade(String),
}

/// What a call shows, or why there is nothing.
pub(super) type Seen = Result<Facts, Unseen>;

impl From<String> for Unseen {
    fn from(problem: String) -> Self {
        Self::NotMade(problem)
    }
}

impl From<ViewProblem> for Unseen {
    fn from(problem: ViewProblem) -> Self {
        Self::NotMade(problem.to_string())
    }
}

/// A function of the table, or that there is none.
pub(super) fn there<F>(function: Option<F>, name: &'static str) -> Result<F, Unseen> {
    function.ok_or(Unseen::Absent(name))
}

impl From<PyErr> for Unseen {
    fn from(error: PyErr) -> Self {
        Self::NotMade(error.to_string())
    }
}

/// The letter of an order as C has it.
pub(super) fn letter(order: char) -> Result<c_char, Unseen> {
    let letter = u8::try_from(order).map_err(|_| "the order is no letter of one byte".to_owned())?;
    Ok(letter.cast_signed() as c_char)
}

/// A length in bytes that a case may tell.
pub(super) fn length(len: i64) -> Result<(isize, usize), Unseen> {
    let told = isize::try_from(len).map_err(|_| "the length is no ssize_t".to_owned())?;
    let bytes = usize::try_from(len).unwrap_or(0);
    if bytes > View::MAX_SIZE {
        return Err(Unseen::NotMade("the length is too large".into()));
    }
    Ok((told, bytes))
}
