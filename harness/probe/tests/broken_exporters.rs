//! Exporters that break the protocol, by hand in Rust: what is recorded, and that nothing dies of it.

#![allow(
    unsafe_code,
    reason = "slots are filled by hand, to break what safe bindings keep"
)]

mod support;

use std::ffi::{c_int, c_void};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize};

use bufcheck_model::observation::{Answer, Array, Field, ObjRef, Raised, Text};
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;
use rstest::rstest;
use support::{ask, granted, refused};

static DATA: [u8; 8] = *b"constant";
static SHAPE: [isize; 1] = [8];

/// An object whose `bf_getbuffer` is `slot`.
fn exporter(py: Python<'_>, slot: ffi::getbufferproc) -> Bound<'_, PyAny> {
    let mut slots = [
        ffi::PyType_Slot {
            slot: ffi::Py_bf_getbuffer,
            pfunc: slot as *mut c_void,
        },
        ffi::PyType_Slot {
            slot: 0,
            pfunc: null_mut(),
        },
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"broken.Exporter".as_ptr(),
        basicsize: c_int::try_from(size_of::<PyObject>()).expect("a small object"),
        itemsize: 0,
        flags: u32::try_from(ffi::Py_TPFLAGS_DEFAULT).expect("32 flags"),
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its slots are complete and outlive the call, and the slot has the type of its kind.
    unsafe { Bound::from_owned_ptr(py, ffi::PyType_FromSpec(&raw mut spec)) }
        .call0()
        .expect("a plain object")
}

/// A slot that answers as it should, and is then spoilt.
macro_rules! spoilt {
    (|$object:ident, $view:ident| $body:block) => {{
        unsafe extern "C" fn slot($object: *mut PyObject, $view: *mut Py_buffer, _: c_int) -> c_int {
            // SAFETY: called by the interpreter with an object and a struct; what the body does to them is
            // the fault under test.
            unsafe {
                fill($object, $view);
                $body
            }
        }
        slot as ffi::getbufferproc
    }};
}

/// Shows eight constant bytes.
unsafe fn fill(object: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: both come from the interpreter; the constants live for ever.
    unsafe {
        ffi::Py_INCREF(object);
        view.write(Py_buffer {
            buf: DATA.as_ptr().cast_mut().cast(),
            obj: object,
            len: 8,
            itemsize: 1,
            readonly: 1,
            ndim: 1,
            format: c"B".as_ptr().cast_mut(),
            shape: SHAPE.as_ptr().cast_mut(),
            strides: null_mut(),
            suboffsets: null_mut(),
            internal: null_mut(),
        });
    }
}

fn attached(test: impl FnOnce(Python<'_>)) {
    Python::initialize();
    Python::attach(test);
}

#[test]
fn a_sound_one_shows_no_fault() {
    attached(|py| {
        let (view, content) = granted(&exporter(py, spoilt!(|_object, _view| { 0 })), 0x8);
        assert_eq!(view.shape, Array::Elsewhere(vec![8]));
        assert_eq!(
            (view.obj, view.overrun, view.unreleased),
            (ObjRef::Exporter, false, false)
        );
        assert!(view.changed.is_empty() && view.untouched.is_empty());
        assert_eq!(content.expect("a content").bytes, DATA);
    });
}

#[rstest]
#[case::odd(0x1001)]
#[case::unmapped(0x5000)]
fn an_address_without_an_object_is_not_touched(#[case] address: usize) {
    static STRAY: AtomicUsize = AtomicUsize::new(0);
    attached(|py| {
        STRAY.store(address, Relaxed);
        let slot = spoilt!(|object, view| {
            ffi::Py_DECREF(object);
            (*view).obj = without_provenance_mut(STRAY.load(Relaxed));
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0);
        assert_eq!((view.obj, view.unreleased), (ObjRef::Stray(address as u64), true));
    });
}

#[test]
fn plain_data_is_no_object() {
    static WORDS: [usize; 4] = [1, 2, 3, 4];
    attached(|py| {
        let slot = spoilt!(|object, view| {
            ffi::Py_DECREF(object);
            (*view).obj = WORDS.as_ptr().cast_mut().cast();
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0);
        assert_eq!(view.obj, ObjRef::Stray(WORDS.as_ptr() as u64));
    });
}

#[test]
fn another_owner_is_named_and_counted() {
    attached(|py| {
        let slot = spoilt!(|object, view| {
            ffi::Py_DECREF(object);
            (*view).obj = ffi::PyList_New(0);
            0
        });
        let sweep = ask(&exporter(py, slot), &[0]);
        let Answer::Granted(view) = &sweep.answers[0] else {
            panic!("wanted a grant, found {:?}", sweep.answers)
        };
        let ObjRef::Other(owner) = &view.obj else {
            panic!("{:?}", view.obj)
        };
        assert_eq!(
            (&*owner.type_name, owner.exports, owner.releases),
            ("list", false, false)
        );
        assert_eq!(view.obj_references.expect("a list is not immortal").after, -1);
        assert_eq!(view.references.expect("not immortal").after, 0);
    });
}

#[test]
fn a_leaked_reference_shows() {
    attached(|py| {
        let slot = spoilt!(|object, _view| {
            ffi::Py_INCREF(object);
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0);
        let references = view.references.expect("not immortal");
        assert_eq!((references.during, references.after), (2, 1));
    });
}

#[test]
fn arrays_on_the_stack_of_the_slot_are_read_and_seen_to_change() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            let mut local = [8isize, 8, 8, 8];
            (*view).shape = std::hint::black_box(local.as_mut_ptr());
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0x8);
        assert_eq!(view.shape, Array::OnStack(vec![8]));
        assert!(view.changed.contains(Field::Shape), "{:?}", view.changed);
    });
}

#[test]
fn arrays_freed_before_the_slot_returned_are_seen_to_change() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            let block = ffi::PyMem_Malloc(8).cast::<isize>();
            block.write(8);
            (*view).shape = block;
            ffi::PyMem_Free(block.cast());
            0
        });
        // What stands in the freed block differs from time to time, so there may be several answers.
        for answer in ask(&exporter(py, slot), &[0x8]).answers {
            let Answer::Granted(view) = answer else {
                panic!("{answer:?}")
            };
            assert!(view.changed.contains(Field::Shape), "{:?}", view.shape);
        }
    });
}

#[test]
fn pointers_that_cannot_be_read_are_recorded_as_such() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            (*view).buf = without_provenance_mut(0x1000);
            (*view).shape = without_provenance_mut(0x2000);
            (*view).format = without_provenance_mut(0x3000);
            0
        });
        let (view, content) = granted(&exporter(py, slot), 0x8);
        assert_eq!(
            (view.shape, view.format),
            (Array::Unreadable(0x2000), Text::Unreadable(0x3000))
        );
        assert_eq!(content, None);
    });
}

#[test]
fn memory_that_cannot_be_read_is_named_by_its_first_item() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            (*view).buf = without_provenance_mut(0x1000);
            0
        });
        let (_, content) = granted(&exporter(py, slot), 0x8);
        let content = content.expect("a content");
        let unreadable = content.unreadable.expect("an address that cannot be read");
        assert_eq!((unreadable.index, unreadable.address), (vec![0], 0x1000));
        assert_eq!((content.bytes.len(), content.complete), (0, false));
    });
}

#[test]
fn constant_memory_claimed_writable_is_caught_without_a_write() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            (*view).readonly = 0;
            0
        });
        let (_, content) = granted(&exporter(py, slot), 0);
        assert_eq!(
            content.expect("a content").writable,
            cfg!(target_os = "linux").then_some(false)
        );
        assert_eq!(&DATA, b"constant");
    });
}

#[test]
fn an_untouched_field_is_named() {
    attached(|py| {
        unsafe extern "C" fn slot(object: *mut PyObject, view: *mut Py_buffer, _: c_int) -> c_int {
            // SAFETY: as in `spoilt`; `internal` and `suboffsets` are put back as the consumer had them.
            unsafe {
                let (suboffsets, internal) = ((*view).suboffsets, (*view).internal);
                fill(object, view);
                (*view).suboffsets = suboffsets;
                (*view).internal = internal;
            }
            0
        }
        let (view, _) = granted(&exporter(py, slot), 0x8);
        assert_eq!(
            view.untouched.iter().collect::<Vec<_>>(),
            [Field::Suboffsets, Field::Internal]
        );
        assert_eq!(view.suboffsets, Array::Null);
    });
}

#[rstest]
#[case::too_many(65)]
#[case::negative(-1)]
#[case::huge(i32::MAX)]
fn an_impossible_ndim_is_not_followed(#[case] ndim: i32) {
    static NDIM: AtomicI32 = AtomicI32::new(0);
    attached(|py| {
        NDIM.store(ndim, Relaxed);
        let slot = spoilt!(|_object, view| {
            (*view).ndim = NDIM.load(Relaxed);
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0x8);
        assert_eq!(
            (view.ndim, view.shape),
            (ndim, Array::Unread(SHAPE.as_ptr() as u64))
        );
    });
}

#[test]
fn a_write_beside_the_struct_shows() {
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            view.add(1).cast::<u8>().write(0);
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0);
        assert!(view.overrun);
    });
}

#[test]
fn an_endless_format_is_cut() {
    static ENDLESS: [u8; 5000] = [b'x'; 5000];
    attached(|py| {
        let slot = spoilt!(|_object, view| {
            (*view).format = ENDLESS.as_ptr().cast_mut().cast();
            0
        });
        let (view, _) = granted(&exporter(py, slot), 0x4);
        assert_eq!(view.format, Text::Unterminated("x".repeat(4096)));
    });
}

#[test]
fn what_is_returned_and_what_is_raised_are_two_things() {
    attached(|py| {
        let slot = spoilt!(|_object, _view| {
            ffi::PyErr_SetString(ffi::PyExc_KeyboardInterrupt, c"late".as_ptr());
            7
        });
        let (view, _) = granted(&exporter(py, slot), 0);
        let raised = Raised {
            type_name: "KeyboardInterrupt".into(),
            is_buffer_error: false,
            message: "late".into(),
        };
        assert_eq!((view.returned, view.raised), (7, Some(raised)));
    });
}

#[test]
fn a_silent_refusal_has_no_exception() {
    attached(|py| {
        unsafe extern "C" fn slot(_: *mut PyObject, _: *mut Py_buffer, _: c_int) -> c_int {
            -1
        }
        let refusal = refused(&exporter(py, slot), 0);
        assert_eq!((refusal.raised, refusal.obj), (None, ObjRef::Untouched));
    });
}

/// The exception that [`raise_rude`] raises.
static RUDE: AtomicPtr<PyObject> = AtomicPtr::new(null_mut());

unsafe extern "C" fn raise_rude(_: *mut PyObject, view: *mut Py_buffer, _: c_int) -> c_int {
    let rude = RUDE.load(Relaxed);
    // SAFETY: the test keeps the exception alive.
    unsafe {
        (*view).obj = null_mut();
        ffi::PyErr_SetObject(ffi::Py_TYPE(rude).cast(), rude);
    }
    -1
}

#[test]
fn an_exception_whose_text_raises_is_still_described() {
    attached(|py| {
        let setup = "class Rude(Exception):\n    def __str__(self):\n        raise SystemExit(3)\n";
        let rude = support::object(py, setup, "Rude()").expect("no module is needed");
        RUDE.store(rude.as_ptr(), Relaxed);
        let refusal = refused(&exporter(py, raise_rude), 0);
        let raised = refusal.raised.expect("an exception");
        assert!(
            raised.type_name.ends_with("Rude") && raised.message.is_empty(),
            "{raised:?}"
        );
        assert_eq!((refusal.obj, refusal.references), (ObjRef::Null, Some(0)));
    });
}
