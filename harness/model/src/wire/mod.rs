//! The messages between orchestrator and worker: JSON, one message a line, on private file descriptors.
//!
//! Knows the shape and the bounds of every message and of the in-flight mark. Must never know how a
//! process is started or a line is read.
//!
//! A worker says [`Hello`] first, then answers each [`Job`] with one [`Reply`]. What it is doing meanwhile
//! stands in the *mark*: a small shared file that the worker maps and overwrites before each step, so that
//! the orchestrator can name the request that was in flight when the process died, at no cost per request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bend::Bend;
use crate::case::Make;
use crate::interpreter::{Ask, Interpreted};
use crate::observation::{Made, Raised, Sweep};
use crate::order::Order;
use crate::scenario::{Played, Script};
use crate::spy::{Call, Consumed, Dress, Spy};
use bufcheck_protocol::format::Platform;

mod mark;
mod zygote;

pub use mark::{LastWords, Mark, SHARED};
pub use zygote::{ForkOrder, ZYGOTE_VARIABLE, ZygoteSays};

/// Version of these messages; a worker that speaks another is not used.
pub const PROTOCOL: u32 = 2;

/// The longest line either side accepts, in bytes.
pub const MAX_LINE: usize = 64 << 20;

/// Exit status of a worker that cannot say anything more: something in it closed the pipe.
pub const NO_PIPE: i32 = 74;

/// Environment variable that carries `READ,WRITE`: the worker's file descriptors for jobs and replies.
/// Without it they are standard input and output, which the worker takes over before anything else runs.
pub const FDS_VARIABLE: &str = "BUFCHECK_WORKER_FDS";

/// Environment variable that names the file of the in-flight mark.
pub const MARK_VARIABLE: &str = "BUFCHECK_WORKER_MARK";

/// Environment variable with the number of the process that started the worker: without that process there is nobody
/// to work for.
pub const PARENT_VARIABLE: &str = "BUFCHECK_WORKER_PARENT";

/// Environment variable that asks the worker for a keeper, and names the run that it keeps: a process that waits for the
/// end of the orchestrator and then ends whoever is left of its families.
pub const KEEP_VARIABLE: &str = "BUFCHECK_WORKER_KEEP";

/// Environment variable with folders that the worker imports from, as the system writes such lists.
pub const PATH_VARIABLE: &str = "BUFCHECK_WORKER_PATH";

/// Environment variable with the memory a worker may use on top of what it starts with, in bytes.
pub const MEMORY_VARIABLE: &str = "BUFCHECK_MEMORY_LIMIT";

/// The first line of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Version of bufcheck that the worker was built from.
    pub tool: String,
    /// `cpython`, `pypy`, ...
    pub implementation: String,
    /// Major, minor and micro version of the language.
    pub version: [u32; 3],
    /// `sys.version`, first line.
    pub version_text: String,
    /// `sys.executable`.
    pub executable: String,
    /// Sizes and byte order of the machine.
    pub platform: Platform,
    /// `sys.platform`.
    pub system: String,
    /// `platform.machine()`.
    pub machine: String,
    /// Built without the GIL.
    #[serde(default)]
    pub free_threaded: bool,
    /// Debug build of the interpreter.
    #[serde(default)]
    pub debug: bool,
    /// What this worker cannot check on its platform, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

impl Hello {
    /// The id of the interpreter in reports: `cpython-3.11`.
    pub fn interpreter_id(&self) -> String {
        let [major, minor, _] = self.version;
        let threads = if self.free_threaded { "t" } else { "" };
        format!("{}-{major}.{minor}{threads}", self.implementation)
    }

    /// The version in reports: `3.11.7`.
    pub fn number(&self) -> String {
        let [major, minor, micro] = self.version;
        format!("{major}.{minor}.{micro}")
    }

    /// The name by which such an interpreter is found on any machine: `python3.13`, `pypy3.10`.
    pub fn command(&self) -> String {
        let [major, minor, _] = self.version;
        let threads = if self.free_threaded { "t" } else { "" };
        let name = match self.implementation.as_str() {
            "cpython" => "python",
            other => other,
        };
        format!("{name}{major}.{minor}{threads}")
    }
}

/// One piece of work: make an object and do the steps with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Repeated in the reply.
    pub id: u64,
    /// How to make the object.
    pub make: Make,
    /// How to make one of the same type with other items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sibling: Option<Make>,
    /// What to do with it.
    pub steps: Vec<Step>,
    /// How many bytes of content are read through one view.
    pub content_budget: usize,
    /// The object is kept for ever: dropping it is known to end the process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// One step of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Ask every request, release each view before the next, in several rounds.
    Sweep {
        /// The flags words.
        requests: Vec<i32>,
        /// The rounds.
        rounds: Vec<RoundPlan>,
    },
    /// Play a scenario with fresh objects.
    Scenario(Script),
    /// Call a consumer with spies.
    Consume {
        /// The spies.
        spies: Vec<Spy>,
        /// The calls.
        calls: Vec<Call>,
        /// What it is handed.
        #[serde(default)]
        dress: Dress,
        /// Exporters that it is given one after the other, behind the spies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        meets: Vec<Make>,
    },
    /// Call functions of the interpreter.
    Interpret {
        /// The calls.
        asks: Vec<Ask>,
        /// What is changed in the table of functions first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bend: Option<Bend>,
    },
}

/// How one round of a sweep is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundPlan {
    /// The byte that fills the struct before each request.
    pub poison: u8,
    /// The order of asking.
    pub order: Order,
}

/// The answer to a [`Job`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The id of the job.
    pub job: u64,
    /// What came of it.
    pub outcome: JobOutcome,
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// The object was made and all steps were done.
    Done {
        /// The object.
        made: Made,
        /// One entry a step.
        steps: Vec<StepOutcome>,
    },
    /// The object could not be made.
    NotMade {
        /// Where it failed.
        stage: MakeStage,
        /// The exception.
        raised: Raised,
        /// The last lines of the traceback.
        #[serde(default)]
        traceback: Vec<String>,
    },
    /// The object was made, but its type does not fill `bf_getbuffer`.
    NoExporter {
        /// The object.
        made: Made,
    },
    /// What was to be a consumer cannot be called, and its expression has no `buf`.
    NoConsumer {
        /// What it is instead.
        made: Made,
    },
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Of [`Step::Sweep`].
    Sweep(Sweep),
    /// Of [`Step::Scenario`].
    Scenario(Box<Played>),
    /// Of [`Step::Consume`].
    Consume(Box<Consumed>),
    /// Of [`Step::Interpret`].
    Interpret(Box<Interpreted>),
}

/// The stages of making an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MakeStage {
    /// Importing the module.
    Import,
    /// Running the set-up lines.
    Setup,
    /// Evaluating the expression, or calling its result.
    Evaluate,
}
