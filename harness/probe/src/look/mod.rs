//! Asking for a view and looking at what came back, without trusting it.
//!
//! Knows the struct, the exception, the owner and the memory behind a view. Must never know why it is asked.

mod ask;
pub(crate) mod content;
mod disturb;
pub(crate) mod heap;
pub(crate) mod memory;
pub(crate) mod object;
mod pinned;
pub(crate) mod raised;
mod seen;
mod view;

pub use ask::ask_repeatedly;
pub use memory::{NotReadable, OwnMemory};

pub(crate) use ask::Asker;
pub(crate) use pinned::{PinnedView, VIEW_BYTES};
pub(crate) use seen::{Aftermath, Holder};
pub(crate) use view::{Key, KeyMap, obj_ref, view};
