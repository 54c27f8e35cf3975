//! Python objects seen from outside: counts of references, slots of types, whether an address can be one.
//!
//! Knows how an object lies in memory in every version of `CPython` that the stable ABI covers; other
//! implementations are turned away by [`crate::host::hello`]. Must never know buffers.

use std::ffi::c_int;
use std::mem::offset_of;
use std::sync::OnceLock;

use bufcheck_model::observation::Owner;
use bufcheck_model::scenario::SlotOrigins;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::look::reader::{Guarded, Reader};

/// Reads reference counts as the running interpreter keeps them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// From 3.12 on objects can be immortal, and from 3.14 on only the low half of the word counts.
    low_half: bool,
}

impl Counts {
    pub(crate) fn new(_: Python<'_>) -> Self {
        // SAFETY: a constant that the interpreter exports; the token says that it is loaded and running.
        let version = unsafe { ffi::Py_Version };
        Self {
            low_half: version >= 0x030c_0000,
        }
    }

    /// The references of an object; `None` if it is immortal, so that they do not move. Without a GIL the sum of
    /// what its own thread and all others count, which is exact for the thread that made it.
    ///
    /// # Safety
    ///
    /// `object` points to an object, and the caller is attached to the interpreter.
    #[inline]
    pub(crate) unsafe fn of(self, object: *mut PyObject) -> Option<i64> {
        // SAFETY: the caller's promise.
        #[cfg(Py_GIL_DISABLED)]
        let word = unsafe { ffi::Py_REFCNT(object) }.cast_unsigned();
        // SAFETY: the caller's promise; the count is the first word of every object of a build with a GIL.
        #[cfg(not(Py_GIL_DISABLED))]
        let word = unsafe { object.cast::<usize>().read() };
        self.in_word(word)
    }

    /// [`Counts::of`] of what may be no object any more; `None` also where there is nothing to be read.
    pub(crate) fn guarded(self, object: *mut PyObject) -> Option<i64> {
        let mut head = [0; HEAD];
        if !Guarded.numbers(object as usize, &mut head) {
            return None;
        }
        // SAFETY: a copy of the head of an object, as large and aligned as one; only its counts are read.
        unsafe { self.of(head.as_mut_ptr().cast()) }
    }

    #[inline]
    fn in_word(self, word: usize) -> Option<i64> {
        if !self.low_half {
            return Some(word.cast_signed() as i64);
        }
        #[cfg(target_pointer_width = "64")]
        let immortal = word & 0x8000_0000 != 0;
        #[cfg(not(target_pointer_width = "64"))]
        let immortal = word >= 0x3fff_ffff;
        (!immortal).then_some((word & 0xffff_ffff).cast_signed() as i64)
    }
}

/// What a type puts into its buffer slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BufferSlots {
    /// `bf_getbuffer` is filled.
    pub(crate) exports: bool,
    /// `bf_releasebuffer` is filled.
    pub(crate) releases: bool,
}

impl BufferSlots {
    pub(crate) fn of(kind: &Bound<'_, PyType>) -> Self {
        let filled = |slot: c_int| {
            // SAFETY: `kind` is a type; from 3.10 on the call takes static types as well.
            !unsafe { ffi::PyType_GetSlot(kind.as_type_ptr(), slot) }.is_null()
        };
        Self {
            exports: filled(ffi::Py_bf_getbuffer),
            releases: filled(ffi::Py_bf_releasebuffer),
        }
    }
}

/// Where the buffer slots of a type come from.
pub(crate) fn origins(kind: &Bound<'_, PyType>) -> SlotOrigins {
    let bases: Vec<Bound<'_, PyType>> = kind
        .mro()
        .iter()
        .filter_map(|base| base.cast_into::<PyType>().ok())
        .collect();
    let slot = |of: &Bound<'_, PyType>, slot: c_int| {
        // SAFETY: `of` is a type; from 3.10 on the call takes static types as well.
        unsafe { ffi::PyType_GetSlot(of.as_type_ptr(), slot) }
    };
    // A type inherits what it does not fill, so the last one with the same function is where it comes from.
    let origin = |of: c_int| {
        let filled = slot(kind, of);
        let mut from_last = bases.iter().rev();
        from_last.find(|base| !filled.is_null() && slot(base, of) == filled)
    };
    let derives = |one: &Bound<'_, PyType>, other: &Bound<'_, PyType>| one.is_subclass(other).unwrap_or(true);
    let (request, release) = (origin(ffi::Py_bf_getbuffer), origin(ffi::Py_bf_releasebuffer));
    let related = request.zip(release).is_none_or(|(request, release)| {
        let shared = |base: &&Bound<'_, PyType>| derives(request, base) && derives(release, base);
        derives(request, release)
            || derives(release, request)
            || bases
                .iter()
                .filter(shared)
                .any(|base| BufferSlots::of(base).exports)
    });
    SlotOrigins {
        request: request.map_or_else(String::new, type_name),
        release: release.map(type_name),
        related,
    }
}

/// The name of a type: `bytes`, `numpy.ndarray`, `mymodule.Outer.Inner`.
pub(crate) fn type_name(kind: &Bound<'_, PyType>) -> String {
    kind.fully_qualified_name()
        .map_or_else(|_| "?".to_owned(), |name| text(&name))
}

/// The characters of a string; what UTF-8 cannot hold is escaped.
pub(crate) fn text(string: &Bound<'_, PyString>) -> String {
    if let Ok(text) = string.to_cow() {
        return text.into_owned();
    }
    let escaped = string
        .call_method1("encode", ("utf-8", "backslashreplace"))
        .and_then(|bytes| bytes.extract::<Vec<u8>>());
    escaped.map_or_else(
        |_| string.to_string_lossy().into_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// Words of the head of an object: counts first, its type last.
const HEAD: usize = size_of::<PyObject>() / size_of::<isize>();

/// The word with the type.
const TYPE: usize = offset_of!(PyObject, ob_type) / size_of::<isize>();

/// Metaclasses of metaclasses that are looked at, and bases of a type.
const DEPTH: u8 = 3;
const BASES: u8 = 16;

/// Whether an object can be at this address: aligned, readable, referenced, of a type that is a type.
#[inline]
pub(crate) fn is_plausible(reader: &mut impl Reader, address: usize) -> bool {
    head(reader, address).is_some_and(|head| {
        // Without a GIL several words hold the counts, and each of them may be 0.
        let referenced = cfg!(Py_GIL_DISABLED) || head[0] != 0;
        referenced && is_type(reader, head[TYPE].cast_unsigned(), DEPTH)
    })
}

/// The words of an object that may be at this address.
#[inline]
fn head(reader: &mut impl Reader, address: usize) -> Option<[isize; HEAD]> {
    let mut words = [0; HEAD];
    let aligned = address != 0 && address.is_multiple_of(align_of::<usize>());
    (aligned && reader.numbers(address, &mut words)).then_some(words)
}

/// Whether a type is at this address, looking at most `depth` metaclasses up.
fn is_type(reader: &mut impl Reader, address: usize, depth: u8) -> bool {
    let Some(head) = head(reader, address) else {
        return false;
    };
    let meta = head[TYPE].cast_unsigned();
    meta == root() || depth > 0 && is_type(reader, meta, depth - 1) && derives_from_type(reader, meta)
}

/// The address of `type`.
fn root() -> usize {
    &raw mut ffi::PyType_Type as usize
}

/// Whether `type` is among the bases of what seems to be a type at this address. Where types keep their base is not
/// known, nothing speaks against it.
fn derives_from_type(reader: &mut impl Reader, address: usize) -> bool {
    let Some(offset) = base_offset() else { return true };
    let mut at = address;
    for _ in 0..BASES {
        let mut base = [0];
        if !reader.numbers(at.wrapping_add(offset), &mut base) {
            return false;
        }
        at = base[0].cast_unsigned();
        if at == root() {
            return true;
        }
    }
    false
}

/// Bytes from the start of a type to the pointer to its base, which the stable ABI does not tell: where `bool` has
/// the address of `int`.
fn base_offset() -> Option<usize> {
    /// Words of a type that are searched.
    const WORDS: usize = 64;
    static OFFSET: OnceLock<Option<usize>> = OnceLock::new();
    *OFFSET.get_or_init(|| {
        let (of, base) = (
            &raw mut ffi::PyBool_Type as usize,
            &raw mut ffi::PyLong_Type as usize,
        );
        (0..WORDS).map(|word| word * size_of::<usize>()).find(|offset| {
            let mut found = [0];
            Guarded.numbers(of + offset, &mut found) && found[0].cast_unsigned() == base
        })
    })
}

/// Describes an object that was found in the `obj` field.
///
/// # Safety
///
/// `object` points to an object.
pub(crate) unsafe fn owner(py: Python<'_>, object: *mut PyObject) -> Owner {
    // SAFETY: the caller's promise; the new reference keeps the object while it is described.
    let bound = unsafe { Bound::from_borrowed_ptr(py, object) };
    let kind = bound.get_type();
    let slots = BufferSlots::of(&kind);
    Owner {
        type_name: type_name(&kind),
        address: object as u64,
        exports: slots.exports,
        releases: slots.releases,
    }
}

/// Runs the collector.
pub(crate) fn collect(py: Python<'_>) {
    let collected = py.import("gc").and_then(|gc| gc.call_method0("collect"));
    // A finaliser that raises is reported by the interpreter itself; there is nothing to note.
    drop(collected);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::pages::Pages;

    fn plausible(address: usize) -> bool {
        let guarded = is_plausible(&mut Guarded, address);
        assert_eq!(guarded, is_plausible(&mut Pages::new(), address));
        guarded
    }

    #[test]
    fn objects_of_plain_and_of_odd_types_are_told_from_what_looks_like_one() {
        Python::initialize();
        Python::attach(|py| {
            let evaluate = |code: &std::ffi::CStr| py.eval(code, None, None).unwrap();
            for code in [
                c"b'abc'",
                c"int",
                c"type",
                c"__import__('abc').ABC",
                c"type('C', (__import__('abc').ABC,), {})()",
                c"type('M', (type('N', (type,), {}),), {})('C', (), {})()",
            ] {
                assert!(plausible(evaluate(code).as_ptr() as usize), "{code:?}");
            }
            let (number, owner) = (evaluate(c"12345678901"), evaluate(c"type('C', (), {})()"));
            // Its "type" is a number, and one whose "type" is an object of a class of its own.
            let fakes = [[1usize, number.as_ptr() as usize], [1, owner.as_ptr() as usize]];
            for fake in &fakes {
                assert!(!plausible(fake.as_ptr() as usize));
            }
            let unreferenced = [0, &raw mut ffi::PyType_Type as usize];
            assert!(!plausible(unreferenced.as_ptr() as usize));
            for address in [0, 16, owner.as_ptr() as usize + 1, usize::MAX - 7] {
                assert!(!plausible(address), "{address:#x}");
            }
        });
    }

    #[test]
    fn counts_are_read_in_both_ways_alike() {
        Python::initialize();
        Python::attach(|py| {
            let object = py.eval(c"[]", None, None).unwrap();
            let (counts, address) = (Counts::new(py), object.as_ptr());
            // SAFETY: the object is alive.
            let before = unsafe { counts.of(address) };
            let other = object.clone();
            // SAFETY: as above.
            assert_eq!(unsafe { counts.of(address) }, before.map(|before| before + 1));
            assert_eq!(counts.guarded(address), before.map(|before| before + 1));
            assert_eq!(counts.guarded(16 as *mut PyObject), None);
            drop(other);
        });
    }
}
