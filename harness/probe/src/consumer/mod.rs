//! Consumers as subjects: functions that are called with spies.
//!
//! Knows guarded memory, what is written down when a closed page is touched, and how a batch of calls survives the death
//! of one. Must never know what a consumer ought to do.
//!
//! A spy lies in pages of its own, flush against pages that nobody can reach; what a request hands out is opened by it,
//! and closed by the last release. Whoever touches what is closed is written down, the page is opened, and the call
//! goes on as it would have gone on over ordinary memory. All calls happen in a forked child: what kills it costs one
//! call.

#[cfg(target_os = "linux")]
mod answer;
#[cfg(target_os = "linux")]
mod batch;
#[cfg(target_os = "linux")]
mod children;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod fault;
mod function;
#[cfg(target_os = "linux")]
mod given;
mod guests;
#[cfg(target_os = "linux")]
mod meet;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod moment;
#[cfg(target_os = "linux")]
mod object;
#[cfg(target_os = "linux")]
mod one;
#[cfg(target_os = "linux")]
mod shared;
#[cfg(target_os = "linux")]
mod told;
#[cfg(target_os = "linux")]
mod worn;

#[cfg(target_os = "linux")]
pub(crate) use batch::consume;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::Worn;
#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Wardrobe, consume};
pub(crate) use function::{Function, function};
#[cfg(target_os = "linux")]
pub(crate) use given::Wardrobe;
pub(crate) use guests::Guests;
#[cfg(target_os = "linux")]
pub use worn::Worn;
