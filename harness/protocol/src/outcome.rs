//! What a request demands, computed from its bits: the state of each field, and which layouts meet it.
//!
//! Knows the documentation's tables as code. Must never read the same facts from `cases/requests/`: a test
//! compares the two, so that a slip in either is seen.
//!
//! Source: `c-api/buffer#buffer-request-types` with its tables of shape/strides/suboffsets and contiguity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layout::LayoutClass;
use crate::request::{Request, WellFormed};

/// What a granted request demands of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldStates {
    /// The format field.
    pub format: Presence,
    /// The shape field (for one axis or more).
    pub shape: Presence,
    /// The strides field (for one axis or more).
    pub strides: Presence,
    /// The suboffsets field.
    pub suboffsets: Presence,
    /// The order in which the memory must be contiguous.
    pub contiguity: Contiguity,
    /// The readonly field.
    pub readonly: ReadonlyState,
}

/// Whether a pointer is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It must be NULL.
    Null,
    /// It must not be NULL.
    Present,
    /// It is not NULL exactly when the memory needs it.
    IfNeeded,
    /// The text does not settle it.
    Unsettled,
}

/// The order in which memory must be contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contiguity {
    /// No demand.
    None,
    /// Last index fastest.
    C,
    /// First index fastest.
    F,
    /// Either.
    Any,
    /// Both at once.
    CAndF,
}

/// What the readonly field must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadonlyState {
    /// 0.
    Zero,
    /// 0 or 1, the same for every consumer.
    Either,
}

/// What the protocol lets an exporter do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The native memory meets it: it should be granted.
    Grant,
    /// It must be refused.
    Refuse,
    /// The native memory does not meet it: refuse, or serve a faithful copy that does.
    RefuseOrFaithfulCopy,
    /// Malformed: either verdict, only safety is judged.
    Either,
    /// The interpreter's own affair (0x100 is `PyBUF_READ`).
    Interpreter,
}

/// What a granted request demands of the fields. For a malformed word: what whole macros in it demand.
pub fn field_states(request: Request) -> FieldStates {
    let present_if = |asked: bool| if asked { Presence::Present } else { Presence::Null };
    FieldStates {
        format: match (request.wants_format(), request.wants_shape()) {
            (false, _) => Presence::Null,
            (true, true) => Presence::Present,
            // Documentation since gh-123609: not to be asked. Implementations refuse, say "B", or the truth.
            (true, false) => Presence::Unsettled,
        },
        shape: present_if(request.wants_shape()),
        strides: present_if(request.wants_strides()),
        suboffsets: match (request.takes_suboffsets(), contiguity(request)) {
            // Contiguous memory needs no suboffsets, so a contiguity demand leaves no room for them.
            (true, Contiguity::None) => Presence::IfNeeded,
            _ => Presence::Null,
        },
        contiguity: contiguity(request),
        readonly: if request.wants_writable() {
            ReadonlyState::Zero
        } else {
            ReadonlyState::Either
        },
    }
}

/// The order in which the memory must be contiguous. Without strides nothing but C order can be told.
pub fn contiguity(request: Request) -> Contiguity {
    if !request.wants_strides() {
        return Contiguity::C;
    }
    match (request.wants_c(), request.wants_f(), request.wants_any()) {
        (true, true, _) => Contiguity::CAndF,
        (true, false, _) => Contiguity::C,
        (false, true, _) => Contiguity::F,
        (false, false, true) => Contiguity::Any,
        (false, false, false) => Contiguity::None,
    }
}

/// Whether native memory of this class can be handed out for the request as it is.
pub fn native_meets(request: Request, class: LayoutClass) -> bool {
    let (c, f) = match class {
        LayoutClass::C1d | LayoutClass::CFnd | LayoutClass::Scalar | LayoutClass::Empty => (true, true),
        LayoutClass::Cnd => (true, false),
        LayoutClass::Fnd => (false, true),
        LayoutClass::Strided | LayoutClass::Negative | LayoutClass::Broadcast => (false, false),
        LayoutClass::Pil => {
            return request.takes_suboffsets() && contiguity(request) == Contiguity::None;
        }
    };
    match contiguity(request) {
        Contiguity::None => true,
        Contiguity::C => c,
        Contiguity::F => f,
        Contiguity::Any => c || f,
        Contiguity::CAndF => c && f,
    }
}

/// What the protocol lets an exporter do, given the class of its memory and whether that may be written.
pub fn outcome(request: Request, class: LayoutClass, readonly: bool) -> Outcome {
    if request.flags() == 0x100 || request.flags() == 0x200 {
        return Outcome::Interpreter;
    }
    if readonly && request.wants_writable() {
        return Outcome::Refuse;
    }
    if !native_meets(request, class) {
        return Outcome::RefuseOrFaithfulCopy;
    }
    match request.well_formed() {
        WellFormed::Yes | WellFormed::Combined => Outcome::Grant,
        WellFormed::Malformed => Outcome::Either,
    }
}
