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

pub use arena::Arena;
pub use history::{FRESH, RULES, history};

/// Views that can be held at once.
pub const SLOTS: u8 = 6;

/// One step of a history. Numbers beyond the end of a list count from its start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Ask for a view, if the slot is free.
    Ask {
        /// The slot, below [`SLOTS`].
        slot: u8,
        /// Which of [`Arena::requests`].
        request: u8,
        /// In another thread.
        elsewhere: bool,
    },
    /// Give a view back, if the slot holds one.
    Release {
        /// The slot.
        slot: u8,
        /// How.
        way: Way,
        /// In another thread.
        elsewhere: bool,
    },
    /// Invert the first item through a writable view that was asked after the last mutation, and invert it again.
    Write {
        /// The slot.
        slot: u8,
    },
    /// Run a mutator.
    Mutate {
        /// Which of [`Arena::mutators`].
        mutator: u8,
        /// In another thread.
        elsewhere: bool,
    },
    /// Drop the name of the object, if a view is held.
    Drop,
    /// Run the garbage collector.
    Collect,
}

/// How a view is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// The struct itself.
    Plain,
    /// A bitwise copy at another address.
    Copy,
    /// The struct itself, while an exception is set.
    Pending,
}
