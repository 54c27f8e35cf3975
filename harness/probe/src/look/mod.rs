//! Asking for a view and looking at what came back, without trusting it.
//!
//! Knows the struct, the exception, the owner and the memory behind a view. Must never know why it is asked.
//!
//! There is one way to ask ([`asked`]) and one way to look ([`seen`]), used under two policies: [`Asker`] asks one
//! request after the other and records everything, [`Held`] holds a view and tells what changed.

mod ask;
mod asked;
pub(crate) mod content;
pub(crate) mod disturb;
pub(crate) mod extent;
pub(crate) mod heap;
mod held;
mod key;
pub(crate) mod memory;
pub(crate) mod object;
mod pages;
mod pinned;
pub(crate) mod raised;
pub(crate) mod reader;
mod seen;
#[cfg(all(test, unix))]
mod test_pages;
mod view;

pub use ask::ask_repeatedly;
pub use memory::{NotReadable, OwnMemory};

pub(crate) use ask::Asker;
pub(crate) use asked::{Aftermath, Way, differences};
pub(crate) use held::{Held, Places};
pub(crate) use key::{Key, KeyMap};
pub(crate) use view::{text_of, view};
