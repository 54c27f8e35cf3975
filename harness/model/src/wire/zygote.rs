//! What a zygote is asked, and what it says: a process that has imported modules and made nothing, and that forks workers.
//!
//! Knows the shape of these messages. Must never know how a process is forked.
//!
//! It says [`super::Hello`] first, as every worker does. To each [`ForkOrder`] it answers [`ZygoteSays::Forked`] and, when
//! that worker has ended, [`ZygoteSays::Ended`]; or [`ZygoteSays::Refused`]. The worker that it forks speaks for itself,
//! over the files that the order names.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::HowEnded;

/// Environment variable that makes a worker a zygote.
pub const ZYGOTE_VARIABLE: &str = "BUFCHECK_WORKER_ZYGOTE";

/// Asks for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForkOrder {
    /// The modules that are imported before, if they are not yet. What an import raises is the affair of the worker, which
    /// imports again.
    pub modules: Vec<String>,
    /// The file that the worker reads jobs from.
    pub jobs: PathBuf,
    /// The file that it writes replies to.
    pub replies: PathBuf,
    /// The file that takes what is printed.
    pub printed: PathBuf,
    /// The file of its in-flight mark.
    pub mark: PathBuf,
    /// What it bears in its environment as its family; as long as what the zygote bears.
    pub family: String,
}

/// An answer to a [`ForkOrder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ZygoteSays {
    /// There is a worker.
    Forked {
        /// The number of its process, which no other gets before the next order.
        pid: i32,
    },
    /// There is none, and there will be none for these modules.
    Refused {
        /// Why.
        why: String,
    },
    /// The worker has ended.
    Ended {
        /// How.
        how: HowEnded,
    },
}
