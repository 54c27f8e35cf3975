//! How a spy answers: as the protocol allows, and nothing else.
//!
//! Knows what each request demands of one spy, and which views are held. Must never know which consumer asks, nor what
//! it ought to do with the answer.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bufcheck_model::observation::{Field, FieldSet};
use bufcheck_model::spy::{Refusal, RefusalKind, Refusing, Region, Released};
use bufcheck_protocol::layout::{Layout, Order};
use bufcheck_protocol::request::Request;
use pyo3::ffi::{self, PyObject};

use super::memory::{Guarded, bit};
use super::moment::moment;
use super::shared::Shared;
use crate::look::differences;

/// What a refused struct is filled with: no pointer, no length that anybody could take for one.
const REFUSED: u8 = 0xa7;

/// Marks our own values of `internal`.
const TOKEN: usize = 0x5b00_0000;

/// Everything a spy answers from.
pub(super) struct State {
    pub(super) buf: *mut c_void,
    pub(super) readonly: c_int,
    /// How its items lie.
    pub(super) layout: Layout,
    pub(super) arrays: Arrays,
    pub(super) simple_ndim: c_int,
    pub(super) own_arrays: bool,
    pub(super) refuses: Option<Refusal>,
    /// The object that `obj` is; null where that is the spy itself.
    pub(super) owner: *mut PyObject,
    /// Its items along the first axis, for who counts and indexes; null where it has none, or need not.
    pub(super) items: *mut PyObject,
    /// Its type has a slot for releases.
    pub(super) hears_releases: bool,
    /// Its memory in every request of a call but the first, where that is other than in the first.
    pub(super) later: Option<Vec<u8>>,
    /// Its pages; a twin has none.
    pub(super) guarded: Option<&'static Guarded>,
    pub(super) books: Mutex<Books>,
}

/// Where the arrays lie; null where a spy has none.
pub(super) struct Arrays {
    pub(super) shape: *mut isize,
    pub(super) strides: *mut isize,
    pub(super) suboffsets: *mut isize,
    pub(super) format: *mut c_char,
}

/// What was handed out.
#[derive(Default)]
pub(super) struct Books {
    asked: u32,
    granted: u32,
    /// What is refused in this call alone.
    refuses: Option<Refusal>,
    handed: Vec<Handed>,
}

struct Handed {
    token: usize,
    view: ffi::Py_buffer,
    held: bool,
}

impl Books {
    fn held(&self) -> usize {
        self.handed.iter().filter(|handed| handed.held).count()
    }
}

impl State {
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Views that are held now.
    pub(super) fn held(&self) -> i64 {
        i64::try_from(self.known_held(&self.books())).unwrap_or(i64::MAX)
    }

    /// Views that are held, as far as it hears of releases.
    fn known_held(&self, books: &Books) -> usize {
        if self.hears_releases { books.held() } else { 0 }
    }

    /// A call begins: its requests are counted from here, and this is refused besides what always is. Who hears of no
    /// release takes all views for given back.
    pub(super) fn begin(&self, refuses: Option<Refusal>) {
        let mut books = self.books();
        books.asked = 0;
        books.granted = 0;
        books.refuses = refuses;
        if !self.hears_releases && books.held() > 0 {
            books.handed.clear();
            self.count(&books);
            if let Some(guarded) = self.guarded {
                guarded.close_opened();
            }
        }
    }

    /// Answers a request.
    ///
    /// # Safety
    ///
    /// `view` leads to a struct that may be written; `object` is the spy that was asked, or its owner.
    pub(super) unsafe fn get(&self, object: *mut PyObject, view: *mut ffi::Py_buffer, flags: c_int) -> c_int {
        let (shared, now) = (Shared::get(), moment());
        let request = Request::new(flags);
        let mut books = self.books();
        let number = books.asked;
        books.asked += 1;
        let refusal = self.refusal(request, number, &books);
        if let Some(shared) = shared {
            shared.asked(flags, refusal.is_none(), now);
        }
        if let Some((text, planned)) = refusal {
            drop(books);
            // SAFETY: the caller's promise; the struct is plain data, and a refusal leaves `obj` null.
            unsafe {
                ptr::write_bytes(view.cast::<u8>(), REFUSED, size_of::<ffi::Py_buffer>());
                (*view).obj = ptr::null_mut();
                ffi::PyErr_SetString(
                    exception(planned.unwrap_or(RefusalKind::BufferError)),
                    text.as_ptr(),
                );
            }
            return -1;
        }
        let token = TOKEN | books.handed.len();
        let first = books.granted == 0;
        books.granted += 1;
        if let Some(guarded) = self.guarded {
            if let Some(later) = &self.later
                && !first
                && books.held() == 0
            {
                guarded.put(later);
            }
            guarded.open(Self::wanted(request));
        }
        let owner = if self.owner.is_null() { object } else { self.owner };
        // SAFETY: the caller's promise; the owner is an object that lives as long as the process.
        unsafe {
            ffi::Py_INCREF(owner);
            self.fill(view, owner, request, token);
            books.handed.push(Handed {
                token,
                view: ptr::read(view),
                held: true,
            });
        }
        self.count(&books);
        0
    }

    /// Tells the fault handler how many views there are.
    fn count(&self, books: &Books) {
        if let Some(guarded) = self.guarded {
            guarded
                .held
                .store(u32::try_from(books.held()).unwrap_or(u32::MAX), Relaxed);
            guarded
                .granted
                .store(u32::try_from(books.handed.len()).unwrap_or(u32::MAX), Relaxed);
        }
    }

    /// Why this request is refused, and what is raised where that was planned.
    fn refusal(
        &self,
        request: Request,
        number: u32,
        books: &Books,
    ) -> Option<(&'static CStr, Option<RefusalKind>)> {
        let planned = [self.refuses, books.refuses].into_iter().flatten();
        let mut planned = planned.filter(|refusal| match refusal.which {
            Refusing::All => true,
            Refusing::First => number == 0,
            Refusing::Second => number == 1,
            Refusing::WhileHeld => self.known_held(books) > 0,
        });
        let lies = |order| self.layout.is_contiguous(order);
        let demanded = if let Some(refusal) = planned.next() {
            return Some((c"refused by a spy of bufcheck, as planned", Some(refusal.raises)));
        } else if request.wants_writable() && self.readonly != 0 {
            c"this spy of bufcheck is read-only"
        } else if self.layout.suboffsets().is_some() && !request.takes_suboffsets() {
            c"this spy of bufcheck needs suboffsets"
        } else if (request.wants_c() || !request.wants_strides()) && !lies(Order::C) {
            c"this spy of bufcheck is not C-contiguous"
        } else if request.wants_f() && !lies(Order::F) {
            c"this spy of bufcheck is not Fortran-contiguous"
        } else if request.wants_any() && !lies(Order::Any) {
            c"this spy of bufcheck is not contiguous"
        } else if request.wants_format() && !request.wants_shape() {
            c"this spy of bufcheck gives no format without a shape"
        } else {
            return None;
        };
        Some((demanded, None))
    }

    /// The regions that a request is handed.
    fn wanted(request: Request) -> u8 {
        let asked = |wanted, region| if wanted { bit(region) } else { 0 };
        bit(Region::Memory)
            | bit(Region::Pointers)
            | asked(request.wants_shape(), Region::Shape)
            | asked(request.wants_strides(), Region::Strides)
            | asked(request.takes_suboffsets(), Region::Suboffsets)
            | asked(request.wants_format(), Region::Format)
    }

    /// # Safety
    ///
    /// As [`State::get`]; `owner` is an object of which the caller gives a reference away.
    unsafe fn fill(&self, view: *mut ffi::Py_buffer, owner: *mut PyObject, request: Request, token: usize) {
        let given = |asked, array: *mut isize| if asked { array } else { ptr::null_mut() };
        // SAFETY: the caller's promise.
        let view = unsafe {
            ptr::write_bytes(view, 0, 1);
            &mut *view
        };
        view.obj = owner;
        view.buf = self.buf;
        view.len = isize::try_from(self.layout.size()).unwrap_or(isize::MAX);
        view.itemsize = isize::try_from(self.layout.itemsize()).unwrap_or(isize::MAX);
        view.readonly = self.readonly;
        view.internal = ptr::without_provenance_mut(token);
        view.format = if request.wants_format() {
            self.arrays.format
        } else {
            ptr::null_mut()
        };
        let axes = c_int::try_from(self.layout.ndim()).unwrap_or(0);
        view.ndim = if request.wants_shape() {
            axes
        } else {
            self.simple_ndim
        };
        view.shape = given(request.wants_shape(), self.arrays.shape);
        view.strides = given(request.wants_strides(), self.arrays.strides);
        view.suboffsets = given(request.takes_suboffsets(), self.arrays.suboffsets);
        if self.own_arrays && request.wants_shape() {
            view.shape = &raw mut view.len;
            view.strides = given(request.wants_strides(), &raw mut view.itemsize);
        }
    }

    /// Takes a view back.
    ///
    /// # Safety
    ///
    /// `view` leads to a struct that may be read.
    pub(super) unsafe fn release(&self, view: *const ffi::Py_buffer) {
        let now = moment();
        // SAFETY: the caller's promise; the struct is plain data.
        let view = unsafe { &*view };
        let mut books = self.books();
        let token = view.internal as usize;
        let known = books.handed.iter_mut().find(|handed| handed.token == token);
        let (what, changed) = if let Some(handed) = known {
            let what = if handed.held {
                Released::Held
            } else {
                Released::Again
            };
            handed.held = false;
            let mut changed = differences(&handed.view, view);
            if self.own_arrays {
                // A struct that was moved may have its pointers redirected.
                changed.remove(Field::Shape);
                changed.remove(Field::Strides);
            }
            (what, changed)
        } else {
            // Whoever lost the token gives some view back all the same.
            if let Some(held) = books.handed.iter_mut().find(|handed| handed.held) {
                held.held = false;
            }
            (Released::Unknown, FieldSet::EMPTY)
        };
        if let Some(shared) = Shared::get() {
            shared.released(what, changed, now);
        }
        self.count(&books);
        if let Some(guarded) = self.guarded
            && books.held() == 0
        {
            guarded.close_opened();
        }
    }
}

/// The type of what a refusal raises.
fn exception(kind: RefusalKind) -> *mut PyObject {
    // SAFETY: three constants of the interpreter, which runs.
    unsafe {
        match kind {
            RefusalKind::BufferError => ffi::PyExc_BufferError,
            RefusalKind::MemoryError => ffi::PyExc_MemoryError,
            RefusalKind::KeyboardInterrupt => ffi::PyExc_KeyboardInterrupt,
        }
    }
}
