//! The command line as a user meets it: words, exit statuses, files.

mod formats;
mod hostile_consumers;
mod scanned;
mod set_ups;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
mod written;
