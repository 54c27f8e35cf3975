//! A violation, in words.
//!
//! Knows that both sides are shown. Must never know which rule is broken.

/// A violation, in words. Both sides are shown; equal texts on several requests become one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
    /// Whether it is one of those that weigh more, as the rule data says.
    pub raised: bool,
}

impl Broken {
    /// A violation.
    pub fn new(found: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            wanted: wanted.into(),
            raised: false,
        }
    }

    /// The violation as one of those that weigh more.
    #[must_use]
    pub fn raised(self) -> Self {
        Self { raised: true, ..self }
    }
}
