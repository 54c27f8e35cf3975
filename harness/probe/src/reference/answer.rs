//! Answering a request: decide, fill, take the reference, count.
//!
//! Knows the order of these steps and what an exporter owes in each. Must never know single faults
//! beyond those of the return value and the refusal; the others stand in [`super::fault`].

use std::ffi::{CStr, c_int};

use bufcheck_model::reference::{
    CopyFault, DefectKind, ObjAfterRefusal, ObjFault, Place, RefusalFault, ReturnFault, SideFault,
    ThreadFault,
};
use bufcheck_protocol::layout::Order;
use bufcheck_protocol::request::Request;
use pyo3::ffi;

use super::body::state_of;
use super::decide::{Decision, Reason, Situation, decide};
use super::draft::Draft;
use super::fault;
use super::hostile;
use super::memory::forbidden_page;
use super::plan::Plan;
use super::prior::Wish;
use super::state::State;

/// The largest content of which a copy is served, in bytes.
const MOST_COPIED: usize = 64 << 20;

/// `bf_getbuffer`.
///
/// # Safety
///
/// `object` is a live reference exporter, `view` NULL or a struct that may be written, and the
/// interpreter is attached.
pub(super) unsafe fn answer(
    object: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    request: Request,
) -> c_int {
    // SAFETY: as promised by the caller; the state lives as long as the object.
    unsafe {
        let state = state_of(object);
        if view.is_null() {
            raise(ffi::PyExc_BufferError, c"there is no view to fill");
            return -1;
        }
        if let Some(next) = &state.next {
            return answer(next.as_ptr(), view, request);
        }
        if let Some(hostile) = state
            .spec
            .hostile
            .as_ref()
            .filter(|hostile| hostile.at == Place::Getbuffer)
            && state.attack_is_due(request)
            && hostile::strike(hostile.kind)
        {
            (*view).obj = std::ptr::null_mut();
            state.refused();
            return -1;
        }
        let defect = state.fault(request);
        let kind = defect.map(|defect| defect.kind);
        if state.spec.defect.is_some() {
            state.turn();
        }
        let asked = match kind {
            Some(DefectKind::Ignore(bits)) => request.without(bits),
            Some(DefectKind::Assume(bits)) => request.with(bits),
            _ => request,
        };
        match kind {
            Some(DefectKind::Abroad(ThreadFault::MoveMemory)) => {
                if let Ok(fresh) = Plan::own(&state.spec) {
                    state.exchange(fresh);
                }
            }
            Some(DefectKind::Abroad(ThreadFault::SpoilArrays)) => state.spoil_arrays(),
            _ => {}
        }
        let wish = Wish::of(kind, view);
        let plan = state.plan.borrow();
        let decision = match (kind, decide(&state.spec, &plan, asked, state.situation())) {
            (
                Some(DefectKind::Refuse | DefectKind::Abroad(ThreadFault::Refuse)),
                Decision::Native | Decision::Copy(_),
            ) => Decision::Refuse(Reason::Whim),
            (_, Decision::Native | Decision::Copy(_)) if wish.is_some_and(|wish| wish.is_too_much(&plan)) => {
                Decision::Refuse(Reason::TooShort)
            }
            (Some(DefectKind::ServeNative), Decision::Refuse(Reason::Structure) | Decision::Copy(_)) => {
                Decision::Native
            }
            (Some(DefectKind::Overshare), Decision::Refuse(Reason::Shared)) => {
                let alone = Situation {
                    held: 0,
                    writer: false,
                    ..state.situation()
                };
                decide(&state.spec, &plan, asked, alone)
            }
            (_, decision) => decision,
        };
        let mut draft = Draft::native(state, &plan, asked, object);
        match decision {
            Decision::Refuse(reason) => return refuse(state, object, view, reason.message(), kind),
            Decision::Native => {}
            Decision::Copy(order) => {
                if copy(&mut draft, &plan, order, kind).is_none() {
                    return refuse(state, object, view, c"the content is too large to copy", kind);
                }
            }
        }
        if let Some(defect) = defect {
            fault::apply(&mut draft, state, &plan, defect);
        }
        if let Some(wish) = wish {
            wish.apply(&mut draft);
        }
        grant(draft, state, &plan, object, view, request, kind)
    }
}

/// Fills the view and takes the reference that it owns.
unsafe fn grant(
    draft: Draft,
    state: &State,
    plan: &Plan,
    object: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    request: Request,
    kind: Option<DefectKind>,
) -> c_int {
    // SAFETY: as for `answer`; what overruns the struct is what the description asks for.
    unsafe {
        if kind == Some(DefectKind::Return(ReturnFault::Nothing)) {
            return 0;
        }
        let foreign = draft.obj != object;
        draft.write(state, plan, kind, view);
        match kind {
            Some(DefectKind::Obj(ObjFault::Borrowed)) => {}
            Some(DefectKind::Obj(ObjFault::Extra)) => {
                ffi::Py_INCREF(object);
                ffi::Py_INCREF(object);
            }
            _ if foreign => {}
            _ => ffi::Py_INCREF(object),
        }
        match kind {
            Some(DefectKind::Side(SideFault::OverrunBehind)) => {
                view.add(1).cast::<u64>().write_unaligned(OVERRUN);
            }
            Some(DefectKind::Side(SideFault::OverrunBefore)) => {
                view.cast::<u64>().sub(1).write_unaligned(OVERRUN);
            }
            _ => {}
        }
        if kind == Some(DefectKind::Return(ReturnFault::FailedAfterAll)) {
            raise(ffi::PyExc_BufferError, c"too late");
            return -1;
        }
        // A view whose owner is somebody else never comes back here, so it must not hold the lock.
        if !foreign {
            state.granted(request);
        }
        match kind {
            Some(DefectKind::Return(ReturnFault::Raised)) => {
                raise(ffi::PyExc_ValueError, c"granted all the same");
                0
            }
            Some(DefectKind::Return(ReturnFault::Positive)) => 1,
            _ => 0,
        }
    }
}

/// What a struct is overrun with.
const OVERRUN: u64 = 0x0ddb_a11c_0ffe_e000;

unsafe fn refuse(
    state: &State,
    object: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    message: &CStr,
    kind: Option<DefectKind>,
) -> c_int {
    state.refused();
    let fault = match kind {
        Some(DefectKind::Refusal(fault)) => Some(fault),
        Some(DefectKind::Abroad(ThreadFault::Refuse)) => Some(RefusalFault::RuntimeError),
        _ => None,
    };
    // SAFETY: as for `answer`; a lost or stray reference is what the description asks for.
    unsafe {
        match fault {
            Some(RefusalFault::NoException) => {}
            Some(RefusalFault::ValueError) => raise(ffi::PyExc_ValueError, message),
            Some(RefusalFault::TypeError) => raise(ffi::PyExc_TypeError, message),
            Some(RefusalFault::RuntimeError) => raise(ffi::PyExc_RuntimeError, message),
            _ => raise(ffi::PyExc_BufferError, message),
        }
        let left = match fault {
            Some(RefusalFault::ObjOwned) => {
                ffi::Py_INCREF(object);
                Some(object)
            }
            Some(RefusalFault::ObjBorrowed) => Some(object),
            Some(RefusalFault::ObjStray) => Some(forbidden_page().cast()),
            _ => match state.spec.obj_after_refusal {
                ObjAfterRefusal::Cleared => Some(std::ptr::null_mut()),
                ObjAfterRefusal::Untouched => None,
            },
        };
        if let Some(left) = left {
            (*view).obj = left;
        }
        match fault {
            Some(RefusalFault::Leak) => ffi::Py_INCREF(object),
            Some(RefusalFault::Counted) => state.held.set(state.held.get() + 1),
            _ => {}
        }
    }
    if kind == Some(DefectKind::Return(ReturnFault::MinusTwo)) {
        -2
    } else {
        -1
    }
}

/// Puts a copy into the draft; `None` where there is none to be had.
fn copy(draft: &mut Draft, plan: &Plan, order: Order, kind: Option<DefectKind>) -> Option<()> {
    let mut content = plan.gather(MOST_COPIED)?;
    let mut filled = order;
    match kind {
        Some(DefectKind::Copy(CopyFault::OtherOrder)) => {
            filled = if order == Order::F { Order::C } else { Order::F };
        }
        Some(DefectKind::Copy(CopyFault::Zeroed)) => content.fill(0),
        Some(DefectKind::Copy(CopyFault::Raw)) => content = fault::raw_bytes(plan, content.len()),
        _ => {}
    }
    draft.show_copy(plan, &content, filled)?;
    if filled != order {
        let shown = draft.copy.take();
        draft.show_copy(plan, &content, order)?;
        draft.copy = shown;
    }
    Some(())
}

/// Sets an exception.
///
/// # Safety
///
/// The interpreter is attached.
pub(super) unsafe fn raise(class: *mut ffi::PyObject, message: &CStr) {
    // SAFETY: exception types live for ever, and the message is copied.
    unsafe { ffi::PyErr_SetString(class, message.as_ptr()) }
}
