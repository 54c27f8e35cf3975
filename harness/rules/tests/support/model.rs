//! An exporter without faults, as plain data: one memory of every layout class, and its answer to every
//! request.
//!
//! Knows [`outcome`] and what it demands of the fields. Must never know a rule: that nothing fires on its
//! answers is what the tests prove.

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{
    Answer, Array, Content, FieldSet, Made, MemoryviewReading, ObjRef, References, Refusal, Round, Sweep,
    Text, View,
};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::{Outcome, Presence};
use bufcheck_protocol::outcome::{field_states, outcome};
use bufcheck_protocol::request::Request;
use serde_json::Value as Json;

use super::{Subject, intern, raised, refusal};

/// The fill patterns of the rounds.
pub(crate) const POISONS: [u8; 2] = [0xa5, 0x5a];

/// Words with bits that mean nothing, alone and with others.
pub(crate) const UNKNOWN: [i32; 24] = [
    0x2,
    0x3,
    0x1a,
    0x1e,
    0x1f,
    0x11e,
    0x11f,
    0x102,
    0x200,
    0x201,
    0x218,
    0x21c,
    0x31c,
    0x400,
    0x408,
    0x438,
    0x45c,
    0x51c,
    0x51d,
    0x8000,
    0x801c,
    0x4000_0000,
    0x4000_011c,
    -1,
];

/// What it does with FORMAT where no shape is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatAlone {
    Refuse,
    Bytes,
    Truth,
}

/// What `ndim` says where no shape is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlatNdim {
    One,
    Zero,
    Truth,
}

/// What it does with `obj` when it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusedObj {
    Cleared,
    Untouched,
}

/// What it does with half macros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HalfMacros {
    Ignore,
    Refuse,
    /// As `flags & PyBUF_STRIDES` in C: one bit of a macro stands for what it adds.
    OneBit,
    /// One bit of a macro stands for all of it.
    Whole,
}

/// The memory, and what the exporter chose where a choice is left.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) class: LayoutClass,
    pub(crate) readonly: bool,
    pub(crate) format: String,
    pub(crate) itemsize: i64,
    pub(crate) shape: Vec<i64>,
    pub(crate) strides: Vec<i64>,
    pub(crate) suboffsets: Option<Vec<i64>>,
    /// The items, in C index order.
    pub(crate) values: Vec<i32>,
    pub(crate) format_alone: FormatAlone,
    pub(crate) flat_ndim: FlatNdim,
    pub(crate) refused_obj: RefusedObj,
    pub(crate) half_macros: HalfMacros,
}

impl Model {
    /// Little-endian 4-byte integers in memory of this class.
    pub(crate) fn new(class: LayoutClass, readonly: bool) -> Self {
        let (shape, strides): (&[i64], &[i64]) = match class {
            LayoutClass::C1d => (&[6], &[4]),
            LayoutClass::Cnd => (&[2, 3], &[12, 4]),
            LayoutClass::Fnd => (&[2, 3], &[4, 8]),
            LayoutClass::CFnd => (&[1, 6], &[24, 4]),
            LayoutClass::Strided => (&[2, 3], &[32, 8]),
            LayoutClass::Negative => (&[6], &[-4]),
            LayoutClass::Broadcast => (&[2, 3], &[0, 4]),
            LayoutClass::Scalar => (&[], &[]),
            LayoutClass::Empty => (&[0, 3], &[12, 4]),
            LayoutClass::Pil => (&[2, 3], &[8, 4]),
        };
        let values = match class {
            LayoutClass::Scalar => vec![1],
            LayoutClass::Empty => Vec::new(),
            LayoutClass::Broadcast => vec![1, 2, 3, 1, 2, 3],
            _ => vec![1, 2, 3, 4, 5, 6],
        };
        Self {
            class,
            readonly,
            format: "<i".into(),
            itemsize: 4,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            suboffsets: (class == LayoutClass::Pil).then(|| vec![0, -1]),
            values,
            format_alone: FormatAlone::Truth,
            flat_ndim: FlatNdim::One,
            refused_obj: RefusedObj::Cleared,
            half_macros: HalfMacros::Ignore,
        }
    }

    /// Every class, read-only and writable, in every combination of choices that shows.
    pub(crate) fn every() -> impl Iterator<Item = Self> {
        let choices = [
            (
                FormatAlone::Truth,
                FlatNdim::One,
                RefusedObj::Cleared,
                HalfMacros::Ignore,
            ),
            (
                FormatAlone::Refuse,
                FlatNdim::One,
                RefusedObj::Untouched,
                HalfMacros::Refuse,
            ),
            (
                FormatAlone::Bytes,
                FlatNdim::Truth,
                RefusedObj::Untouched,
                HalfMacros::Ignore,
            ),
            (
                FormatAlone::Truth,
                FlatNdim::Truth,
                RefusedObj::Cleared,
                HalfMacros::OneBit,
            ),
            (
                FormatAlone::Truth,
                FlatNdim::One,
                RefusedObj::Cleared,
                HalfMacros::Whole,
            ),
            (
                FormatAlone::Truth,
                FlatNdim::Zero,
                RefusedObj::Untouched,
                HalfMacros::Ignore,
            ),
        ];
        LayoutClass::ALL
            .into_iter()
            .flat_map(|class| [(class, false), (class, true)])
            .flat_map(move |(class, readonly)| {
                choices.map(|(format_alone, flat_ndim, refused_obj, half_macros)| Self {
                    format_alone,
                    flat_ndim,
                    refused_obj,
                    half_macros,
                    ..Self::new(class, readonly)
                })
            })
    }

    /// Everything that is judged, with all of the truth declared.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            declared: self.declared(),
            made: self.made(),
            python: [3, 13, 0],
            sweep: self.sweep(|request| self.answer(request)),
            deaths: Vec::new(),
        }
    }

    /// Four rounds of these answers.
    pub(crate) fn sweep(&self, answer: impl Fn(Request) -> Answer) -> Sweep {
        let requests: Vec<i32> = Request::all().map(Request::flags).chain(UNKNOWN).collect();
        let mut answers = Vec::new();
        let row: Vec<Option<u32>> = requests
            .iter()
            .map(|flags| Some(intern(&mut answers, answer(Request::new(*flags)))))
            .collect();
        let rounds = [0, 1, 0, 1].map(|poison: usize| Round {
            poison: POISONS[poison],
            answers: row.clone(),
            content_after: Some(0),
            references: None,
        });
        let content = Content {
            bytes: self.bytes(),
            complete: true,
            writable: (!self.readonly).then_some(true),
            ..Content::default()
        };
        Sweep {
            requests,
            answers,
            contents: vec![content],
            rounds: rounds.into(),
            volatile: None,
            untold: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// What this exporter answers.
    pub(crate) fn answer(&self, request: Request) -> Answer {
        let format_alone = request.wants_format() && !request.wants_shape();
        match outcome(request, self.class, self.readonly) {
            Outcome::Interpreter => Answer::Refused(Refusal {
                raised: Some(raised("SystemError", false)),
                obj: ObjRef::Untouched,
                ..refusal()
            }),
            Outcome::Refuse | Outcome::RefuseOrFaithfulCopy => self.refuse(),
            Outcome::Either if format_alone && self.format_alone == FormatAlone::Refuse => self.refuse(),
            Outcome::Either if half_macro(request) && self.half_macros == HalfMacros::Refuse => self.refuse(),
            Outcome::Either | Outcome::Grant => Answer::Granted(Box::new(self.view(request))),
        }
    }

    /// A refusal as this exporter words it.
    pub(crate) fn refuse(&self) -> Answer {
        let obj = match self.refused_obj {
            RefusedObj::Cleared => ObjRef::Null,
            RefusedObj::Untouched => ObjRef::Untouched,
        };
        Answer::Refused(Refusal { obj, ..refusal() })
    }

    /// The native memory handed out for a request, whether or not it meets it.
    pub(crate) fn view(&self, request: Request) -> View {
        let mut states = field_states(request);
        if half_macro(request) && matches!(self.half_macros, HalfMacros::OneBit | HalfMacros::Whole) {
            states.strides = Presence::Present;
            if self.half_macros == HalfMacros::Whole {
                states.shape = Presence::Present;
            }
        }
        let axes = !self.shape.is_empty();
        let array = |presence, values: &[i64]| match presence {
            Presence::Present if axes => Array::Elsewhere(values.to_vec()),
            _ => Array::Null,
        };
        let truth = i32::try_from(self.shape.len()).expect("few axes");
        View {
            returned: 0,
            raised: None,
            untouched: FieldSet::EMPTY,
            buf: 0x7f00_1000,
            obj: ObjRef::Exporter,
            len: i64::try_from(self.bytes().len()).expect("few bytes"),
            itemsize: self.itemsize,
            readonly: i32::from(self.readonly),
            ndim: match (states.shape, self.flat_ndim) {
                (Presence::Present, _) | (_, FlatNdim::Truth) => truth,
                (_, FlatNdim::One) => 1,
                (_, FlatNdim::Zero) => 0,
            },
            format: match (states.format, self.format_alone) {
                (Presence::Present, _) | (Presence::Unsettled, FormatAlone::Truth | FormatAlone::Refuse) => {
                    Text::Ascii(self.format.clone())
                }
                (Presence::Unsettled, FormatAlone::Bytes) => Text::Ascii("B".into()),
                (Presence::Null | Presence::IfNeeded, _) => Text::Null,
            },
            shape: array(states.shape, &self.shape),
            strides: array(states.strides, &self.strides),
            suboffsets: match (states.suboffsets, &self.suboffsets) {
                (Presence::IfNeeded, Some(values)) => Array::Elsewhere(values.clone()),
                _ => Array::Null,
            },
            changed: FieldSet::EMPTY,
            overrun: false,
            unreleased: false,
            raised_by_release: None,
            references: Some(References { during: 1, after: 0 }),
            obj_references: None,
            content: Some(0),
        }
    }

    /// The items, in C index order.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn made(&self) -> Made {
        Made {
            type_name: "demo.Ideal".into(),
            exports: true,
            releases: true,
            memoryview: Some(MemoryviewReading::Bytes {
                bytes: self.bytes(),
                complete: true,
            }),
            ..Made::default()
        }
    }

    fn declared(&self) -> ExporterCase {
        ExporterCase {
            id: "demo/ideal".into(),
            make: Some("demo:Ideal()".into()),
            readonly: Some(self.readonly),
            format: Some(self.format.clone()),
            shape: Some(self.shape.iter().map(|extent| extent.unsigned_abs()).collect()),
            values: Some(nested(&self.shape, &self.values)),
            ..ExporterCase::default()
        }
    }
}

/// Whether a bit of a macro stands without the rest of it.
fn half_macro(request: Request) -> bool {
    request.flags() & 0x1f0 != 0 && !request.wants_strides()
}

/// Values in C index order, nested by axis.
fn nested(shape: &[i64], values: &[i32]) -> Json {
    let Some((extent, inner)) = shape.split_first() else {
        return Json::from(values[0]);
    };
    let each = values.len() / usize::try_from(*extent).expect("no negative extent").max(1);
    let rows = 0..usize::try_from(*extent).expect("no negative extent");
    Json::Array(
        rows.map(|row| nested(inner, &values[row * each..(row + 1) * each]))
            .collect(),
    )
}
