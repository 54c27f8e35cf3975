//! What an object does beside answering: to standard output, standard error and the process that others share.
//!
//! Knows that a whole job is looked at from outside, at the cost of a few system calls, and that only where something
//! is no longer as it was it is done again under watch. Must never know what is right.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub(super) use linux::Moment;

#[cfg(not(target_os = "linux"))]
mod unseen;

#[cfg(not(target_os = "linux"))]
pub(super) use unseen::Moment;

/// What cannot be seen here.
pub(super) const UNCHECKED: &[&str] = if cfg!(target_os = "linux") {
    &[]
} else {
    &["what an exporter writes to standard output and changes of its process: this is seen on Linux only"]
};
