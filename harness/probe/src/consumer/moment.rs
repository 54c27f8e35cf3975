//! What the interpreter says of the thread that runs.
//!
//! Knows its lock and its exception. Must never know why it is asked.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use bufcheck_model::spy::Moment;
use pyo3::ffi;

/// Whether this thread holds the lock, and whether an exception is set.
pub(super) fn moment() -> Moment {
    let holds_gil = holds_gil();
    Moment {
        without_gil: !holds_gil,
        // SAFETY: only asked of a thread that holds the lock.
        error_set: holds_gil && !unsafe { ffi::PyErr_Occurred() }.is_null(),
    }
}

/// `PyGILState_Check` is in every library and yet no part of the stable ABI, so it is looked up; where it is not found
/// every thread counts as holding the lock.
fn holds_gil() -> bool {
    type Check = unsafe extern "C" fn() -> c_int;
    static CHECK: OnceLock<Option<Check>> = OnceLock::new();
    let check = CHECK.get_or_init(|| {
        // SAFETY: looks a name up in what is loaded.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"PyGILState_Check".as_ptr()) };
        // SAFETY: a function of that name has this signature in every version since 3.4.
        (!found.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, Check>(found) })
    });
    // SAFETY: the function looks at the calling thread only, and may be called by any.
    check.is_none_or(|check| unsafe { check() } != 0)
}
