//! What can be learned of an object without asking it for a buffer, and how `memoryview` reads it.
//!
//! Knows types, modules and slots. Must never know requests.

use bufcheck_model::observation::{Made, MemoryviewReading, Phase, View};
use bufcheck_protocol::request::Request;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};

use crate::host::mark::Marker;
use crate::look::Asker;
use crate::look::content;
use crate::look::object::{BufferSlots, Counts, text, type_name};
use crate::look::raised::describe;
use crate::look::view;

/// Looks at an object.
pub(crate) fn made(object: &Bound<'_, PyAny>) -> Made {
    let py = object.py();
    let kind = object.get_type();
    let slots = BufferSlots::of(&kind);
    Made {
        type_name: type_name(&kind),
        package_version: package_version(&kind),
        exports: slots.exports,
        releases: slots.releases,
        python_level: slots.exports && is_python_level(&kind),
        // SAFETY: `object` is a live object and `py` shows that this thread is attached.
        immortal: unsafe { Counts::new(py).of(object.as_ptr()) }.is_none(),
        weakref: kind
            .getattr("__weakrefoffset__")
            .and_then(|offset| offset.extract::<isize>())
            .is_ok_and(|offset| offset != 0),
        // SAFETY: `kind` is a type.
        gc: unsafe { ffi::PyType_GetFlags(kind.as_type_ptr()) } & ffi::Py_TPFLAGS_HAVE_GC != 0,
        memoryview: None,
    }
}

/// `__version__` of the top-level package that the type says it is from, if it is loaded and shows one.
fn package_version(kind: &Bound<'_, PyType>) -> Option<String> {
    let module = kind.getattr("__module__").ok()?.cast_into::<PyString>().ok()?;
    let module = text(&module);
    let package = module.split('.').next()?;
    let modules = kind.py().import("sys").ok()?.getattr("modules").ok()?;
    let loaded = modules.cast_into::<PyDict>().ok()?.get_item(package).ok()??;
    let version = loaded.getattr("__version__").ok()?.cast_into::<PyString>().ok()?;
    Some(text(&version))
}

/// Whether the first `__buffer__` along the bases is one written in Python, and not the wrapper that the
/// interpreter puts around a C slot.
pub(super) fn is_python_level(kind: &Bound<'_, PyType>) -> bool {
    // Asked for by name: a type that nobody made ready yet has no bases so far.
    let bases = kind
        .getattr("__mro__")
        .and_then(|bases| Ok(bases.cast_into::<PyTuple>()?));
    let defined = bases
        .iter()
        .flatten()
        .find_map(|base| base.getattr("__dict__").ok()?.get_item("__buffer__").ok());
    let Some(found) = defined else {
        return false;
    };
    let wrapper = &raw mut ffi::PyWrapperDescr_Type;
    found.get_type().as_type_ptr() != wrapper
}

/// What `memoryview(object).tobytes()` gives, at most `budget` bytes of it.
///
/// `memoryview` trusts the exporter, so it is left out where our own reading of the same request shows that
/// it would load what cannot be read.
pub(crate) fn memoryview(
    object: &Bound<'_, PyAny>,
    budget: usize,
    mark: &Marker,
) -> Option<MemoryviewReading> {
    const POISON: u8 = 0x3c;
    let flags = Request::FULL_RO.flags();
    let py = object.py();
    let mut asker = Asker::new(object, mark);
    let raised = asker.ask(flags, POISON);
    if asker.granted() {
        drop(raised);
        let view = view(py, &asker.seen, None);
        let safe = asker.is_trusted() && is_safe(&view, budget);
        let changed = asker.reread(true);
        let (aftermath, raised) = asker.release(changed);
        drop(raised);
        if !safe || aftermath.unreleased || aftermath.overrun || !changed.is_empty() {
            return None;
        }
    } else if raised.is_none() {
        return None;
    } else {
        drop(raised);
    }
    mark.note(Phase::Read, Some(flags));
    Some(match read(py, object) {
        Ok(all) => {
            let bytes = all.as_bytes();
            MemoryviewReading::Bytes {
                bytes: bytes[..bytes.len().min(budget)].to_vec(),
                complete: bytes.len() <= budget,
            }
        }
        Err(error) => MemoryviewReading::Raised(describe(py, &error)),
    })
}

fn is_safe(view: &View, budget: usize) -> bool {
    let pointers_read = [&view.shape, &view.strides, &view.suboffsets]
        .into_iter()
        .all(|array| array.is_null() || array.values().is_some() || view.ndim == 0);
    let text_read = view.format.is_null() || view.format.ascii().is_some();
    let honest = content::layout(view).is_some_and(|layout| i64::try_from(layout.size()) == Ok(view.len));
    pointers_read
        && text_read
        && view
            .untouched
            .iter()
            .all(|field| field == bufcheck_model::observation::Field::Internal)
        && view.returned == 0
        && honest
        && content::read(view, budget).is_some_and(|content| content.complete)
}

fn read<'py>(py: Python<'py>, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let viewed = py.import("builtins")?.call_method1("memoryview", (object,))?;
    let bytes = viewed.call_method0("tobytes")?.cast_into::<PyBytes>()?;
    viewed.call_method0("release")?;
    Ok(bytes)
}
