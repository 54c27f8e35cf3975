//! The acts of a scenario.
//!
//! Knows every step that an author may write. Must never know how a worker carries it out.
//!
//! Objects, views and everything that an expectation refers to have names; an object that is not named is
//! `x`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::expect::Expectation;
use super::name::{is_x, x};
use bufcheck_protocol::request::Request;

/// One step of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Make a fresh object, as the subject is declared.
    Make {
        /// Its name.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Make a fresh object of the same type with other items, as the subject's `sibling` is declared.
    MakeSibling {
        /// Its name.
        object: String,
    },
    /// Evaluate a Python expression that sees every object by its name; the result is another object.
    Derive {
        /// The name of the result.
        object: String,
        /// The expression.
        code: String,
    },
    /// Ask for a view.
    Ask {
        /// Its name.
        view: String,
        /// The request.
        request: Asked,
        /// The object that is asked.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Read a held view again: its fields, the arrays behind them, its content.
    Read {
        /// The view.
        view: String,
    },
    /// Invert every bit of the first item through a held view with `readonly` 0; twice restores it.
    Write {
        /// The view.
        view: String,
    },
    /// Read two held views, one right after the other.
    Compare {
        /// The first.
        left: String,
        /// The second.
        right: String,
    },
    /// Note the block of an allocator that `buf` of a held view lay in when it was granted, where that is known for
    /// certain.
    Block {
        /// The view.
        view: String,
    },
    /// Give a view back.
    Release {
        /// The view.
        view: String,
    },
    /// Give a view back through a bitwise copy of the struct at another address; `obj` moves with it.
    ReleaseCopy {
        /// The view.
        view: String,
    },
    /// Give a view back, then once more with the same struct.
    ReleaseTwice {
        /// The view.
        view: String,
    },
    /// Give a view back while an exception is set.
    PendingException {
        /// The view.
        release: String,
    },
    /// Run a statement that touches the memory of `x`.
    Mutate {
        /// The name of this attempt.
        name: String,
        /// The statement; the mutator that the scenario was bound to if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// The object that the statement knows as `x`.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Run the bound mutator on `x` again and again (10, 1,000, 100,000 times, as far as half a second of processor
    /// time goes), until it raises, or a new view lies elsewhere or has another length.
    Outgrow {
        /// The name of this attempt.
        name: String,
        /// How the new views are asked for.
        request: Asked,
    },
    /// Evaluate a Python expression that sees every object by its name, and note what it gives.
    Call {
        /// The name of this call.
        name: String,
        /// The expression.
        code: String,
    },
    /// Note the reference count of an object; where it is not what it was at the count before, the collector runs,
    /// and what is left is noted as well.
    Count {
        /// The name of this count.
        name: String,
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Drop the last name of an object, keeping a weak reference where the type allows one.
    Drop {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Note whether a dropped object is still there.
    Alive {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Note what the collector sees that refers to a dropped object which is still there, directly or through views.
    Holders {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Note which bases the two buffer slots of an object's type come from.
    Slots {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Run the garbage collector.
    Collect {},
    /// Ask for several views at once.
    Hold {
        /// Their common name.
        views: String,
        /// How many; 2 to 64.
        count: u8,
        /// The requests, taken in turn.
        requests: Vec<Asked>,
        /// The object that is asked.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Ask for a view by each request in turn while another view is held, twice at a time, and give both back.
    Beside {
        /// The view that is held.
        view: String,
        /// The requests.
        requests: Vec<Asked>,
    },
    /// Read all views of a [`Act::Hold`] again.
    ReadAll {
        /// Their common name.
        views: String,
    },
    /// Give all views of a [`Act::Hold`] back, reading others meanwhile.
    ReleaseAll {
        /// Their common name.
        views: String,
        /// Which first.
        order: ReleaseOrder,
    },
    /// Do some acts over and over, and note what grows.
    Repeat {
        /// The name of this repetition.
        name: String,
        /// How often, in each of two halves; at most 2000.
        times: u32,
        /// The acts; nothing is noted of them.
        acts: Vec<Act>,
    },
    /// Do some acts in another thread, and wait for it.
    Thread {
        /// The acts; they are noted as if they stood here.
        acts: Vec<Act>,
    },
    /// Let several threads ask, read and release at once. Without a mutator they do it three times, the first of
    /// which is a warm-up, and references are counted before and after each of the two others.
    Threads {
        /// The name of this tumult.
        name: String,
        /// How many threads; at most 16.
        count: u8,
        /// How often each asks each time; at most 500.
        times: u32,
        /// The requests, taken in turn.
        requests: Vec<Asked>,
        /// Meanwhile one more thread tries the bound mutator.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mutate: bool,
    },
    /// What must hold of everything noted so far; nothing is done.
    Expect(Expectation),
}

impl Act {
    /// The act and those inside it whose observations stand on their own, in order.
    pub fn flat(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Thread { acts } => Box::new(acts.iter().flat_map(Self::flat)),
            _ => Box::new(std::iter::once(self)),
        }
    }

    /// The rules of the expectations in it, to be changed.
    pub(super) fn rules_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Expect(expectation) => vec![&mut expectation.rule],
            Self::Repeat { acts, .. } | Self::Thread { acts } => {
                acts.iter_mut().flat_map(Self::rules_mut).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Every request that the act and those inside it ask.
    pub fn asked(&self) -> Vec<&Asked> {
        match self {
            Self::Ask { request, .. } | Self::Outgrow { request, .. } => vec![request],
            Self::Hold { requests, .. } | Self::Threads { requests, .. } | Self::Beside { requests, .. } => {
                requests.iter().collect()
            }
            Self::Repeat { acts, .. } | Self::Thread { acts } => acts.iter().flat_map(Self::asked).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the act, or one inside it, runs the bound mutator.
    pub fn mutates(&self) -> bool {
        match self {
            Self::Mutate { code, .. } => code.is_none(),
            Self::Outgrow { .. } => true,
            Self::Threads { mutate, .. } => *mutate,
            Self::Repeat { acts, .. } | Self::Thread { acts } => acts.iter().any(Self::mutates),
            _ => false,
        }
    }
}

/// The order in which several views are given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseOrder {
    /// As they were asked.
    First,
    /// The latest first.
    Last,
    /// From the middle outwards.
    InsideOut,
    /// Shuffled, with this seed.
    Random(u64),
}

impl ReleaseOrder {
    /// The positions `0..count` in the order of release.
    pub fn positions(self, count: usize) -> Vec<usize> {
        use crate::order::Order;
        match self {
            Self::First => (0..count).collect(),
            Self::Last => (0..count).rev().collect(),
            Self::InsideOut => {
                let mut positions: Vec<usize> = (0..count).collect();
                positions.sort_by_key(|position| (2 * position).abs_diff(count.saturating_sub(1)));
                positions
            }
            Self::Random(seed) => Order::Shuffled(seed).positions(count),
        }
    }
}

/// A request of a scenario: a flags word, or one that depends on what the subject grants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// This word.
    Exact(Request),
    /// The widest request that was granted.
    Widest,
    /// The widest request with `WRITABLE` that was granted.
    Writable,
    /// A request that was refused: a well-formed one if there is any.
    Refused,
    /// Each well-formed request that was granted, in turn.
    EachGranted,
}

const CHOICES: [(&str, Asked); 4] = [
    ("widest", Asked::Widest),
    ("writable", Asked::Writable),
    ("refused", Asked::Refused),
    ("each-granted", Asked::EachGranted),
];

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Exact(request) = self {
            return request.serialize(serializer);
        }
        let name = CHOICES
            .iter()
            .find(|(_, choice)| choice == self)
            .map(|(name, _)| *name);
        serializer.serialize_str(name.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        match CHOICES.iter().find(|(name, _)| *name == text) {
            Some((_, choice)) => Ok(choice.clone()),
            None => text.parse().map(Self::Exact).map_err(serde::de::Error::custom),
        }
    }
}

impl JsonSchema for Asked {
    fn schema_name() -> Cow<'static, str> {
        "Asked".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = CHOICES.iter().map(|(name, _)| *name).collect();
        json_schema!({
            "description": "A flags word, or a request that depends on what the subject grants.",
            "anyOf": [{ "enum": names }, generator.subschema_for::<Request>()]
        })
    }
}
