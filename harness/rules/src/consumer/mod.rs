//! Rules about what a consumer did with the buffers that it was given.
//!
//! Knows what spies wrote down, and which rule each thing breaks. Must never know how a spy lies in memory, nor any
//! consumer by name.
//!
//! One call shows one thing, and a fault of a consumer shows in many calls. So the calls are looked through first, for
//! [`offence::Offence`]s; then each is put down to the rule of what is special about its spy, unless it shows with plain
//! spies, too.

mod declared;
mod evidence;
mod history;
mod judge;
mod memory;
mod offence;
mod pair;
mod refusal;
mod release;
mod result;
pub(crate) mod table;
mod words;

pub use evidence::Evidence;
pub use history::judge_history;
pub use judge::judge;
pub use pair::pair;
