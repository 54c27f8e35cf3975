//! The interpreter as the subject: its buffer functions are called with arguments that were thought out before.
//!
//! Knows the functions, the memory that their arguments lie in, and how what they did is written down. Must never know
//! what they ought to do.
//!
//! All calls are made in a forked child, so that one that ends the process costs no other. Memory lies flush against
//! pages that nobody can reach, with canaries before it.

#[cfg(unix)]
mod arena;
#[cfg(unix)]
mod bare;
#[cfg(unix)]
mod batch;
#[cfg(unix)]
mod bent;
#[cfg(unix)]
mod calls;
#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod exporter;
#[cfg(unix)]
mod given;
#[cfg(unix)]
mod raised;
#[cfg(unix)]
mod room;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod told;

#[cfg(unix)]
pub(crate) use batch::interpret;
#[cfg(not(unix))]
pub(crate) use elsewhere::interpret;
