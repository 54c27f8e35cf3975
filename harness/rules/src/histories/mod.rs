//! Random histories of one object: what can be done next, and what must hold afterwards.
//!
//! Knows the [`Arena`] of a subject, the [`Step`]s that a history is made of, and the model beside it: which views
//! are held, whether the object still has a name, whether its bytes may have been changed. Must never know how a
//! history is drawn, shortened or played.
//!
//! Steps name their views by slot. A step that makes no sense where it stands (a release of a view that is not
//! held) is passed over, so that any part of a history is a history, too: that is what makes it easy to shorten.

mod arena;
mod history;
mod step;

pub use arena::Arena;
pub use history::{FRESH, RULES, history};
pub use step::{SLOTS, Step, Way};
