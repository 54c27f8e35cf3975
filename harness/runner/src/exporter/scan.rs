//! Finds what may be an exporter in a module: types that fill the buffer slot, and attributes of such types.
//!
//! Knows how a worker is made to list them, and which targets follow. Must never import the module itself, nor
//! judge what is found.
//!
//! The listing needs no message of its own: it is an object like any other, `bytes` made by a few lines of
//! Python, and it is read through its buffer.

use bufcheck_model::case::{ExporterCase, Make};
use bufcheck_model::observation::{Answer, Raised};
use bufcheck_model::order::Order;
use bufcheck_model::wire::{Job, JobOutcome, RoundPlan, Step, StepOutcome};
use bufcheck_protocol::request::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::supervise::server::{Lost, Server};

/// Run in a copy of the module's namespace.
const LISTING: &str = include_str!("scan.py");

/// The longest listing, in bytes.
const BUDGET: usize = 1 << 20;

/// What a module holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Types that fill the buffer slot.
    pub types: Vec<Found>,
    /// Attributes whose type does.
    pub objects: Vec<Found>,
}

/// An attribute of a module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The module.
    pub module: String,
    /// The attribute.
    pub name: String,
    /// Qualified name of the type.
    #[serde(rename = "type")]
    pub type_name: String,
}

impl Found {
    /// The target that evaluates the attribute; a type is called without arguments.
    pub fn target(&self) -> String {
        format!("{}:{}", self.module, self.name)
    }

    /// The attribute as an exporter to be checked.
    pub fn case(&self) -> ExporterCase {
        ExporterCase {
            id: self.target(),
            make: Some(self.target()),
            ..ExporterCase::default()
        }
    }
}

/// A module that could not be scanned.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScanError {
    /// Not a name.
    #[error("`{0}` is no module: want a dotted name, such as `mylib.core`")]
    NoModule(String),
    /// The import failed.
    #[error("`{module}` could not be imported: {problem}")]
    Import {
        /// The module.
        module: String,
        /// The exception.
        problem: String,
    },
    /// The process ended.
    #[error(
        "the worker {how}, when `{module}` was to be imported: import it in an interpreter of your own to see why"
    )]
    Died {
        /// The module.
        module: String,
        /// How, and where.
        how: String,
    },
    /// No worker, or a defect of bufcheck.
    #[error("{0}")]
    Worker(String),
}

/// A script as set-up lines that run it in names of its own: a module may call anything `len`.
fn apart(script: &str) -> String {
    // A JSON string is a Python string.
    let text = serde_json::Value::from(script);
    format!(
        "import builtins as _bufcheck_builtins\n_bufcheck_names = {{}}\n\
         _bufcheck_builtins.exec({text}, _bufcheck_names)\n\
         _bufcheck_listing = _bufcheck_names['_bufcheck_listing']\n"
    )
}

/// Lets a worker list what `module` holds.
pub fn list(server: &mut impl Server, module: &str) -> Result<Listing, ScanError> {
    listing(server, module, LISTING)
}

/// Lets a worker list what a script finds in `module`.
pub(crate) fn listing<T: DeserializeOwned>(
    server: &mut impl Server,
    module: &str,
    script: &str,
) -> Result<T, ScanError> {
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !module.split('.').all(named) {
        return Err(ScanError::NoModule(module.to_owned()));
    }
    let make = Make::Expression {
        module: module.to_owned(),
        expression: "_bufcheck_listing()".to_owned(),
        setup: Some(apart(&script.replace("__bufcheck_module__", module))),
        requires: Vec::new(),
    };
    let round = RoundPlan {
        poison: 0,
        order: Order::Listed,
    };
    let steps = vec![Step::Sweep {
        requests: vec![Request::SIMPLE.flags()],
        rounds: vec![round],
    }];
    let outcome = server.run(&Job {
        id: 0,
        make,
        sibling: None,
        steps,
        content_budget: BUDGET,
        keep: false,
    });
    match outcome {
        Ok(JobOutcome::Done { steps, .. }) => {
            let bytes =
                content(&steps).ok_or_else(|| ScanError::Worker("the listing could not be read".into()))?;
            serde_json::from_slice(&bytes)
                .map_err(|error| ScanError::Worker(format!("the listing is damaged: {error}")))
        }
        Ok(JobOutcome::NotMade { raised, .. }) => Err(ScanError::Import {
            module: module.to_owned(),
            problem: why_not_imported(&raised),
        }),
        Ok(JobOutcome::NoExporter { .. } | JobOutcome::NoConsumer { .. }) => {
            Err(ScanError::Worker("the listing is no buffer".into()))
        }
        Err(Lost::Ended(ending)) => Err(ScanError::Died {
            module: module.to_owned(),
            how: ending.told(),
        }),
        Err(lost) => Err(ScanError::Worker(lost.told())),
    }
}

/// The exception; a module that is not there can be had.
fn why_not_imported(raised: &Raised) -> String {
    let problem = format!("{}: {}", raised.type_name, raised.message);
    if raised.type_name == "ModuleNotFoundError" {
        format!("{problem}: install it for the interpreter, or start bufcheck in the folder that holds it")
    } else {
        problem
    }
}

/// The content of the first view of the first sweep.
fn content(steps: &[StepOutcome]) -> Option<Vec<u8>> {
    let sweep = steps.iter().find_map(|step| match step {
        StepOutcome::Sweep(sweep) => Some(sweep),
        StepOutcome::Scenario(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
    })?;
    let Answer::Granted(view) = sweep.answers.first()? else {
        return None;
    };
    let content = sweep.contents.get(view.content? as usize)?;
    content.complete.then(|| content.bytes.clone())
}
