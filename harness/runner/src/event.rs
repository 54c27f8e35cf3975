//! What a run tells while it goes: the one stream that progress bars and test runners listen to.
//!
//! Knows what can happen. Must never know who listens.

use bufcheck_model::report::Subject;
use bufcheck_model::wire::Hello;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// An interpreter answered.
    Interpreter(&'a Hello),
    /// An interpreter could not be used.
    NoInterpreter {
        /// The host, as the user named it.
        host: &'a str,
        /// Why.
        problem: &'a str,
    },
    /// A subject was judged.
    Judged {
        /// What came of it.
        subject: &'a Subject,
        /// The interpreter that it was judged in.
        hello: &'a Hello,
        /// How many subjects are done.
        done: usize,
        /// Of how many.
        total: usize,
    },
}
