//! How long one subject is waited for.
//!
//! Knows the bounds. Must never know what is waited for.

/// Deadlines that are waited for in vain before nothing more is asked of a subject: one for what does not come back,
/// and one to be sure.
const DEADLINES: u8 = 2;

/// Ends of the process after which nothing new is asked of a subject.
pub(crate) const MAX_DEATHS: usize = 3;

/// Why nothing more was asked, for the report.
pub(crate) const TOO_LONG: &str = "the subject did not come back twice: nothing more is asked of it then";

/// The same after [`MAX_DEATHS`].
pub(crate) const TOO_OFTEN: &str =
    "the subject ended the process three times: nothing more is asked of it then";

/// What is left of the patience with a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(u8);

impl Default for Patience {
    fn default() -> Self {
        Self(DEADLINES)
    }
}

impl Patience {
    /// A deadline was waited for in vain.
    pub(crate) fn spend(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }

    /// Whether another one can be waited for.
    pub(crate) const fn is_left(self) -> bool {
        self.0 > 0
    }
}
