//! Taking a view back.
//!
//! Knows what belongs to a view: the lock it holds, and what `internal` stands for. Must never rely on
//! where the struct lies: it may be a copy of the one that was filled.

use bufcheck_model::reference::{DefectKind, LockFault, Place, ReleaseFault, ThreadFault};
use pyo3::ffi;

use super::answer::raise;
use super::body::state_of;
use super::fault::change_data;
use super::hostile;

/// `bf_releasebuffer`.
///
/// # Safety
///
/// `object` is a live reference exporter, `view` a struct that it filled or a copy of one, and the
/// interpreter is attached.
pub(super) unsafe fn release(object: *mut ffi::PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: as promised by the caller.
    unsafe {
        let state = state_of(object);
        if let Some(hostile) = state
            .spec
            .hostile
            .as_ref()
            .filter(|hostile| hostile.at == Place::Release)
            && state.attack_is_due(state.last_granted.get())
        {
            hostile::strike(hostile.kind);
        }
        let (fault, abroad) = match state.release_fault().map(|defect| defect.kind) {
            Some(DefectKind::Release(fault)) => (Some(fault), None),
            Some(DefectKind::Abroad(fault)) => (None, Some(fault)),
            _ => (None, None),
        };
        let ticket = state.redeem((*view).internal);
        if fault == Some(ReleaseFault::ByAddress)
            && ticket
                .as_ref()
                .is_some_and(|ticket| ticket.address != view as usize)
        {
            std::mem::forget(ticket);
            return;
        }
        match state.spec.defect.as_ref().map(|defect| defect.kind) {
            Some(DefectKind::Lock(LockFault::Endless)) => {}
            _ if abroad == Some(ThreadFault::ReleaseUncounted) => {}
            Some(DefectKind::Lock(LockFault::EndedByFirst)) => state.held.set(0),
            _ => state.uncount(),
        }
        match fault {
            Some(ReleaseFault::Leak) => std::mem::forget(ticket),
            _ => drop(ticket),
        }
        match fault {
            Some(ReleaseFault::Raise) => raise(ffi::PyExc_RuntimeError, c"the release failed"),
            Some(ReleaseFault::ClearsException) => ffi::PyErr_Clear(),
            Some(ReleaseFault::DataChanged) => change_data(&state.plan.borrow()),
            Some(ReleaseFault::SpoilsArrays) => state.spoil_arrays(),
            Some(ReleaseFault::Decref) => ffi::Py_DECREF(object),
            Some(ReleaseFault::ByAddress | ReleaseFault::Leak) | None => {}
        }
        if abroad == Some(ThreadFault::ReleaseRaises) {
            raise(ffi::PyExc_RuntimeError, c"released in another thread");
        }
    }
}
