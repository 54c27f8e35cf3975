//! What a request gets: the memory as it is, a copy, or a refusal.
//!
//! Knows the documentation's tables as conditions on the layout. Must never know faults, fields or the
//! rules that judge the answer.

use bufcheck_model::reference::{FormatAlone, Malformed, ReferenceSpec, Sharing};
use bufcheck_protocol::layout::Order;
use bufcheck_protocol::request::{Request, WellFormed};

use super::plan::Plan;

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// A view of the memory itself.
    Native,
    /// A view of a contiguous copy in this order.
    Copy(Order),
    /// No.
    Refuse(Reason),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Closed,
    Shared,
    Malformed,
    Readonly,
    Structure,
    TooShort,
    Whim,
}

impl Reason {
    /// The message of the exception.
    pub(super) const fn message(self) -> &'static std::ffi::CStr {
        match self {
            Self::Closed => c"the exporter is closed",
            Self::Shared => c"another view is held",
            Self::Malformed => c"the request is malformed",
            Self::Readonly => c"the memory is read-only",
            Self::Structure => c"the memory is not laid out as requested",
            Self::TooShort => c"there are not so many bytes",
            Self::Whim => c"this request is not answered",
        }
    }
}

/// What is out at the moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) closed: bool,
    pub(super) held: u64,
    pub(super) writer: bool,
}

pub(super) fn decide(spec: &ReferenceSpec, plan: &Plan, request: Request, now: Situation) -> Decision {
    let taken = match spec.sharing {
        Sharing::Any => false,
        Sharing::OneView => now.held > 0,
        Sharing::OneWriter => now.writer || (request.wants_writable() && now.held > 0),
    };
    let alone = request.wants_format() && !request.wants_shape();
    if now.closed {
        Decision::Refuse(Reason::Closed)
    } else if taken {
        Decision::Refuse(Reason::Shared)
    } else if (spec.malformed == Malformed::Refuse && request.well_formed() == WellFormed::Malformed)
        || (alone && spec.format_alone == FormatAlone::Refuse)
    {
        Decision::Refuse(Reason::Malformed)
    } else if spec.readonly && request.wants_writable() {
        Decision::Refuse(Reason::Readonly)
    } else if meets(plan, request) {
        Decision::Native
    } else {
        match copy_order(request).filter(|_| spec.flat_copy) {
            Some(order) => Decision::Copy(order),
            None => Decision::Refuse(Reason::Structure),
        }
    }
}

/// Whether the memory itself is what the request asks for.
fn meets(plan: &Plan, request: Request) -> bool {
    let pointers_understood = !plan.layout.needs_indirection() || request.takes_suboffsets();
    let contiguous = if request.wants_strides() {
        (!request.wants_c() || plan.c)
            && (!request.wants_f() || plan.f)
            && (!request.wants_any() || plan.c || plan.f)
    } else {
        plan.c
    };
    pointers_understood && contiguous
}

/// The order of a copy that would meet the request; none where both orders are demanded at once.
fn copy_order(request: Request) -> Option<Order> {
    match (request.wants_c(), request.wants_f()) {
        (true, true) => None,
        (false, true) => Some(Order::F),
        (true | false, false) => Some(Order::C),
    }
}
