//! The steps that a history is made of.
//!
//! Knows what can be done next. Must never know what must hold afterwards.

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
