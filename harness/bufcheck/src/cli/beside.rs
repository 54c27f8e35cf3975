//! What other files say that a report is to show.
//!
//! Knows what they hold. Must never know how they are named or read.

use bufcheck_model::report::Report;
use bufcheck_model::selftest::Matrix;

/// What was read.
#[derive(Debug)]
pub struct Beside {
    /// The kill matrices of a self-test.
    pub(super) selftest: Option<Vec<Matrix>>,
    /// The report that this one is compared with.
    pub(super) since: Option<Report>,
}
