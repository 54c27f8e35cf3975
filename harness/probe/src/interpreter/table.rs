//! The functions under test, by name.
//!
//! Knows their signatures and how they are looked up. Must never know what they do.
//!
//! Nothing here is linked: a function that an interpreter lacks is absent, and one that is called something else in it
//! (`PyPy` puts a prefix before all names) is found by that name.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;

use pyo3::ffi::{Py_buffer, PyObject};

/// A pointer to a struct.
pub(super) type View = *mut Py_buffer;
/// A pointer to an object.
pub(super) type Object = *mut PyObject;

macro_rules! table {
    ($($field:ident: [$($name:literal),*] $signature:ty;)+) => {
        /// The functions under test; absent where the interpreter has none.
        #[derive(Clone, Copy)]
        pub(super) struct Table {
            $(pub(super) $field: Option<$signature>,)+
        }

        impl Table {
            /// Looks all of them up.
            fn find() -> Self {
                Self {
                    $($field: {
                        let names: &[&str] = &[$($name),*];
                        let found = names.iter().copied().find_map(address);
                        // SAFETY: a function of this name has this signature in every version since 3.11, by the
                        // documentation of the C API.
                        found.map(|found| unsafe { std::mem::transmute::<*mut c_void, $signature>(found) })
                    },)+
                }
            }
        }
    };
}

table! {
    check_buffer: ["PyObject_CheckBuffer"] unsafe extern "C" fn(Object) -> c_int;
    get_buffer: ["PyObject_GetBuffer"] unsafe extern "C" fn(Object, View, c_int) -> c_int;
    release: ["PyBuffer_Release"] unsafe extern "C" fn(View);
    size_from_format: ["PyBuffer_SizeFromFormat"] unsafe extern "C" fn(*const c_char) -> isize;
    is_contiguous: ["PyBuffer_IsContiguous"] unsafe extern "C" fn(View, c_char) -> c_int;
    get_pointer: ["PyBuffer_GetPointer"] unsafe extern "C" fn(View, *const isize) -> *mut c_void;
    to_contiguous: ["PyBuffer_ToContiguous"] unsafe extern "C" fn(*mut c_void, View, isize, c_char) -> c_int;
    from_contiguous: ["PyBuffer_FromContiguous"] unsafe extern "C" fn(View, *const c_void, isize, c_char) -> c_int;
    fill_strides: ["PyBuffer_FillContiguousStrides"]
        unsafe extern "C" fn(c_int, *mut isize, *mut isize, c_int, c_char);
    fill_info: ["PyBuffer_FillInfo"] unsafe extern "C" fn(View, Object, *mut c_void, isize, c_int, c_int) -> c_int;
    copy_data: ["PyObject_CopyData"] unsafe extern "C" fn(Object, Object) -> c_int;
    from_object: ["PyMemoryView_FromObject"] unsafe extern "C" fn(Object) -> Object;
    from_memory: ["PyMemoryView_FromMemory"] unsafe extern "C" fn(*mut c_char, isize, c_int) -> Object;
    from_buffer: ["PyMemoryView_FromBuffer"] unsafe extern "C" fn(View) -> Object;
    get_contiguous: ["PyMemoryView_GetContiguous"] unsafe extern "C" fn(Object, c_int, c_char) -> Object;
    // Before 3.13 the codes with `#` take a `Py_ssize_t` only under these names.
    parse: ["_PyArg_Parse_SizeT", "PyArg_Parse"] unsafe extern "C" fn(Object, *const c_char, ...) -> c_int;
    build: ["_Py_BuildValue_SizeT", "Py_BuildValue"] unsafe extern "C" fn(*const c_char, ...) -> Object;
    // The same, by what one code takes: nobody can write a function of Rust that takes anything.
    parse_view: [] unsafe extern "C" fn(Object, *const c_char, View) -> c_int;
    parse_text: [] unsafe extern "C" fn(Object, *const c_char, *mut *const c_char) -> c_int;
    parse_sized: [] unsafe extern "C" fn(Object, *const c_char, *mut *const c_char, *mut isize) -> c_int;
    build_sized: [] unsafe extern "C" fn(*const c_char, *const c_char, isize) -> Object;
}

static WHOLE: OnceLock<Table> = OnceLock::new();

impl Table {
    /// The table as the interpreter has it.
    pub(super) fn whole() -> Self {
        *WHOLE.get_or_init(|| {
            let found = Self::find();
            Self {
                parse_view: found.parse.map(|_| parse_view as _),
                parse_text: found.parse.map(|_| parse_text as _),
                parse_sized: found.parse.map(|_| parse_sized as _),
                build_sized: found.build.map(|_| build_sized as _),
                ..found
            }
        })
    }
}

unsafe extern "C" fn parse_view(object: Object, code: *const c_char, to: View) -> c_int {
    // SAFETY: the caller gives a code that fills a struct, and one that may be written.
    Table::whole()
        .parse
        .map_or(0, |parse| unsafe { parse(object, code, to) })
}

unsafe extern "C" fn parse_text(object: Object, code: *const c_char, to: *mut *const c_char) -> c_int {
    // SAFETY: the caller gives a code that fills a pointer, and one that may be written.
    Table::whole()
        .parse
        .map_or(0, |parse| unsafe { parse(object, code, to) })
}

unsafe extern "C" fn parse_sized(
    object: Object,
    code: *const c_char,
    to: *mut *const c_char,
    len: *mut isize,
) -> c_int {
    // SAFETY: the caller gives a code that fills a pointer and a length, and both may be written.
    Table::whole()
        .parse
        .map_or(0, |parse| unsafe { parse(object, code, to, len) })
}

unsafe extern "C" fn build_sized(code: *const c_char, start: *const c_char, len: isize) -> Object {
    // SAFETY: the caller gives a code that takes a pointer and a length, and memory that is as long.
    let build =
        |build: unsafe extern "C" fn(*const c_char, ...) -> Object| unsafe { build(code, start, len) };
    Table::whole().build.map_or(std::ptr::null_mut(), build)
}

/// The address of a function, under the name that `CPython` or `PyPy` gives it.
fn address(name: &str) -> Option<*mut c_void> {
    let with_prefix = name.replacen("Py", "PyPy", 1);
    [name, with_prefix.as_str()].into_iter().find_map(|name| {
        let name = CString::new(name).ok()?;
        look_up(&name)
    })
}

fn look_up(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: looks a name up in what is loaded.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
