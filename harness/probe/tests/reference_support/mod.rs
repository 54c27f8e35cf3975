//! A small witness of its own: asks one request by the bare C API and writes down what came back.
//!
//! Knows the struct field by field, and reads claimed memory through the system, so that a lie costs an
//! error and not the process. Must never use the probe's own observer, which is somebody else's witness.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(unsafe_code, reason = "asking by the bare C API is what it is for")]

use bufcheck_model::case::ExporterFile;
use bufcheck_model::reference::ReferenceSpec;
use bufcheck_protocol::layout::{Layout, Memory};
use pyo3::ffi;
use pyo3::prelude::*;

/// What the struct is filled with before it is handed over.
pub(crate) const POISON: u8 = 0xa5;

#[repr(C)]
struct Frame {
    before: [u64; 8],
    view: ffi::Py_buffer,
    after: [u64; 8],
}

/// What came back, in comparable form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) code: i32,
    pub(crate) raised: Option<String>,
    pub(crate) buf: String,
    pub(crate) address: usize,
    pub(crate) obj: String,
    pub(crate) len: isize,
    pub(crate) itemsize: isize,
    pub(crate) readonly: i32,
    pub(crate) ndim: i32,
    pub(crate) format: Option<String>,
    pub(crate) shape: Option<Vec<isize>>,
    pub(crate) strides: Option<Vec<isize>>,
    pub(crate) suboffsets: Option<Vec<isize>>,
    pub(crate) internal: bool,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) overrun: bool,
    pub(crate) references_during: isize,
    pub(crate) references_after: isize,
    pub(crate) raised_by_release: Option<String>,
}

/// Names of what differs, in a fixed order; consequences of a wrong structure for the content are left out.
pub(crate) fn differences(sound: &Seen, faulty: &Seen) -> String {
    let same_structure = (
        sound.len,
        sound.itemsize,
        &sound.shape,
        &sound.strides,
        &sound.suboffsets,
    ) == (
        faulty.len,
        faulty.itemsize,
        &faulty.shape,
        &faulty.strides,
        &faulty.suboffsets,
    ) && faulty.buf == sound.buf
        && faulty.code >= 0;
    let pairs = [
        ("code", sound.code == faulty.code),
        ("raised", sound.raised == faulty.raised),
        ("buf", sound.buf == faulty.buf),
        ("obj", sound.obj == faulty.obj),
        ("len", sound.len == faulty.len),
        ("itemsize", sound.itemsize == faulty.itemsize),
        ("readonly", sound.readonly == faulty.readonly),
        ("ndim", sound.ndim == faulty.ndim),
        ("format", sound.format == faulty.format),
        ("shape", sound.shape == faulty.shape),
        ("strides", sound.strides == faulty.strides),
        ("suboffsets", sound.suboffsets == faulty.suboffsets),
        ("internal", sound.internal == faulty.internal),
        ("content", !same_structure || sound.content == faulty.content),
        ("overrun", sound.overrun == faulty.overrun),
        ("during", sound.references_during == faulty.references_during),
        ("after", sound.references_after == faulty.references_after),
        ("released", sound.raised_by_release == faulty.raised_by_release),
    ];
    // Where one was refused there are no fields to compare.
    let fields = (sound.code < 0) == (faulty.code < 0);
    let always = ["code", "raised", "obj", "overrun", "during", "after", "released"];
    let compared = pairs.iter().filter(|(name, _)| fields || always.contains(name));
    let differing: Vec<_> = compared
        .filter(|(_, same)| !same)
        .map(|(name, _)| *name)
        .collect();
    differing.join(" ")
}

/// Starts the interpreter once.
pub(crate) fn with_python<R>(body: impl FnOnce(Python<'_>) -> R) -> R {
    Python::initialize();
    Python::attach(body)
}

/// Asks once and gives the view back.
pub(crate) fn ask(object: &Bound<'_, PyAny>, flags: i32) -> Seen {
    Held::take(object, flags).0
}

/// A view that is held.
pub(crate) struct Held<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    frame: Box<Frame>,
    before: isize,
    code: i32,
}

impl<'a, 'py> Held<'a, 'py> {
    /// Asks, looks, and gives the view back.
    fn take(object: &'a Bound<'py, PyAny>, flags: i32) -> (Seen, ()) {
        let (held, mut seen) = Self::hold(object, flags);
        held.end(&mut seen);
        (seen, ())
    }

    /// Asks and looks.
    pub(crate) fn hold(object: &'a Bound<'py, PyAny>, flags: i32) -> (Self, Seen) {
        // SAFETY: all fields are numbers or raw pointers, for which any bytes will do.
        let mut frame: Box<Frame> = unsafe {
            let mut frame = Box::<Frame>::new_uninit();
            frame
                .as_mut_ptr()
                .cast::<u8>()
                .write_bytes(POISON, size_of::<Frame>());
            frame.assume_init()
        };
        let before = references(object);
        // SAFETY: the object is alive, the struct stands in a box and does not move.
        let code = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut frame.view, flags) };
        let raised = raised(object.py());
        let held = Self {
            object,
            frame,
            before,
            code,
        };
        let seen = held.look(raised);
        (held, seen)
    }

    fn look(&self, raised: Option<String>) -> Seen {
        let view = &self.frame.view;
        let poison = u64::from_ne_bytes([POISON; 8]);
        let mut seen = Seen {
            code: self.code,
            raised,
            obj: owner(self.object, view.obj),
            overrun: [self.frame.before, self.frame.after]
                .concat()
                .iter()
                .any(|word| *word != poison),
            references_during: references(self.object) - self.before,
            ..Seen::default()
        };
        if self.code < 0 {
            return seen;
        }
        seen.buf = address(view.buf.cast());
        seen.address = view.buf as usize;
        (seen.len, seen.itemsize) = (view.len, view.itemsize);
        (seen.readonly, seen.ndim) = (view.readonly, view.ndim);
        seen.format = (!view.format.is_null()).then(|| text(view.format as usize));
        let count = usize::try_from(view.ndim).unwrap_or(0).min(64);
        seen.shape = numbers(view.shape, count);
        seen.strides = numbers(view.strides, count);
        seen.suboffsets = numbers(view.suboffsets, count);
        seen.internal = view.internal.addr() == usize::from_ne_bytes([POISON; 8]);
        seen.content = content(&seen);
        seen
    }

    /// The content as it is now.
    pub(crate) fn content(&self) -> Option<Vec<u8>> {
        self.look(None).content
    }

    /// Shape and strides as they are now.
    pub(crate) fn arrays(&self) -> [Option<Vec<isize>>; 2] {
        let seen = self.look(None);
        [seen.shape, seen.strides]
    }

    /// The format as it is now.
    pub(crate) fn format(&self) -> Option<String> {
        self.look(None).format
    }

    /// Gives the view back; through a copy of the struct if that is asked.
    pub(crate) fn release(mut self, through_copy: bool) {
        if through_copy {
            let mut copy = Box::new(self.frame.view);
            self.frame.view.obj = std::ptr::null_mut();
            // SAFETY: the copy stands for the view, which is not used any more.
            unsafe { ffi::PyBuffer_Release(&raw mut *copy) };
        } else {
            self.end(&mut Seen::default());
        }
    }

    fn end(mut self, seen: &mut Seen) {
        let obj = owner(self.object, self.frame.view.obj);
        if self.code >= 0 && (obj == "exporter" || obj.starts_with("other")) {
            // SAFETY: the view was granted and its owner is a live object.
            unsafe { ffi::PyBuffer_Release(&raw mut self.frame.view) };
        }
        seen.raised_by_release = raised(self.object.py());
        seen.references_after = references(self.object) - self.before;
    }
}

pub(crate) fn references(object: &Bound<'_, PyAny>) -> isize {
    // SAFETY: the object is alive.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) }
}

/// The type of the exception that is set; clears it.
fn raised(py: Python<'_>) -> Option<String> {
    let error = PyErr::take(py)?;
    Some(error.get_type(py).name().expect("a type has a name").to_string())
}

fn owner(object: &Bound<'_, PyAny>, found: *mut ffi::PyObject) -> String {
    let word = usize::from_ne_bytes([POISON; 8]);
    if found.is_null() {
        "null".into()
    } else if found.addr() == word {
        "untouched".into()
    } else if found == object.as_ptr() {
        "exporter".into()
    } else if read(found.addr(), 16).is_none() {
        "stray".into()
    } else {
        // SAFETY: what can be read there is an object: nothing in these tests leaves anything else.
        let other = unsafe { Bound::from_borrowed_ptr(object.py(), found) };
        format!("other {}", other.get_type().name().expect("a type has a name"))
    }
}

fn address(found: *const u8) -> String {
    if found.is_null() {
        "null".into()
    } else if found.addr() == usize::from_ne_bytes([POISON; 8]) {
        "untouched".into()
    } else if read(found.addr(), 1).is_none() {
        "unreadable".into()
    } else {
        "memory".into()
    }
}

fn numbers(found: *const isize, count: usize) -> Option<Vec<isize>> {
    if found.is_null() {
        return None;
    }
    let Some(bytes) = read(found.addr(), count * size_of::<isize>()) else {
        return Some(vec![isize::MIN]);
    };
    let words = bytes.chunks_exact(size_of::<isize>());
    Some(
        words
            .map(|word| isize::from_ne_bytes(word.try_into().expect("a word")))
            .collect(),
    )
}

fn text(found: usize) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < 1 << 12 {
        match read(found + bytes.len(), 1).as_deref() {
            None => return "unreadable".into(),
            Some([0]) => return bytes.iter().map(|byte| char::from(*byte)).collect(),
            Some(byte) => bytes.extend(byte),
        }
    }
    "endless".into()
}

fn content(seen: &Seen) -> Option<Vec<u8>> {
    let wide = |numbers: &Vec<isize>| numbers.iter().map(|number| *number as i64).collect::<Vec<i64>>();
    let layout = match &seen.shape {
        None => Layout::flat(seen.len as i64),
        Some(shape) => Layout::new(
            seen.itemsize as i64,
            &wide(shape),
            seen.strides.as_ref().map(wide).as_deref(),
            seen.suboffsets.as_ref().map(wide).as_deref(),
        ),
    };
    let layout = layout.ok().filter(|layout| layout.size() <= 1 << 16)?;
    let walked = layout.walk(seen.address as u64, &mut System, 1 << 16).ok()?;
    walked.complete.then_some(walked.bytes)
}

/// Memory of this process, read by the system.
struct System;

impl Memory for System {
    type Error = ();

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), ()> {
        let found = read(usize::try_from(address).map_err(drop)?, into.len()).ok_or(())?;
        into.copy_from_slice(&found);
        Ok(())
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, ()> {
        let found = read(usize::try_from(address).map_err(drop)?, 8).ok_or(())?;
        Ok(u64::from_ne_bytes(found.try_into().map_err(drop)?))
    }
}

/// Bytes at an address, if they can be read.
pub(crate) fn read(address: usize, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; count];
    if count == 0 {
        return Some(bytes);
    }
    let local = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: count,
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: count,
    };
    // SAFETY: the system checks the remote range, and the local one is the vector.
    let got = unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    (usize::try_from(got) == Ok(count)).then_some(bytes)
}

/// A file of `cases/exporters/`.
pub(crate) fn exporters(text: &str) -> ExporterFile {
    serde_json::from_str(text).expect("the file has the shape of an exporter file")
}

/// A description, written as JSON.
pub(crate) fn spec(text: &str) -> ReferenceSpec {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An object of this description.
pub(crate) fn make<'py>(py: Python<'py>, spec: &ReferenceSpec) -> Bound<'py, PyAny> {
    let made = bufcheck_probe::reference::make(py, spec);
    made.unwrap_or_else(|error| panic!("{spec:?}: {error}"))
        .into_bound(py)
}
