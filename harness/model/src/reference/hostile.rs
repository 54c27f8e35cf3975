//! What an exporter can do to the process it lives in: data for the tests of the worker supervision.
//!
//! Knows the attacks by name. Must never know how they are survived.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defect::When;
use super::is_default;

/// One attack and its occasion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hostile {
    /// What it does.
    pub kind: HostileKind,
    /// Where it does it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at: Place,
    /// For `getbuffer` and `release`: on which occasions; on all if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: When,
}

/// Where an attack happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In `bf_getbuffer`.
    #[default]
    Getbuffer,
    /// In `bf_releasebuffer`.
    Release,
    /// While the object is made.
    Make,
    /// While the object is deallocated.
    Drop,
}

/// The attacks. Those that return go on as a lawful exporter would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostileKind {
    /// Writes to a page that nobody may touch.
    Segfault,
    /// Calls `abort()`.
    Abort,
    /// Computes for ever and keeps the interpreter locked.
    Loop,
    /// Sleeps for ever and keeps the interpreter locked.
    Sleep,
    /// Calls `exit(0)`.
    #[serde(rename = "exit-0")]
    Exit0,
    /// Raises `SystemExit`.
    SystemExit,
    /// Raises `KeyboardInterrupt`.
    KeyboardInterrupt,
    /// Raises `MemoryError`.
    MemoryError,
    /// Writes a line to file descriptors 1 and 2.
    Print,
    /// Writes a line that looks like a reply of a worker to file descriptor 1.
    PrintReply,
    /// Writes to file descriptor 1 for ever.
    PrintForever,
    /// Closes file descriptor 1.
    CloseStdout,
    /// Closes file descriptors 0 to 255.
    CloseAllFds,
    /// Allocates and touches memory until the process ends.
    Allocate,
    /// Calls itself until the stack ends.
    StackOverflow,
    /// Changes the current directory to the root.
    ChangeDirectory,
}
