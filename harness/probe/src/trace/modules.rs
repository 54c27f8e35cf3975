//! Machine code: which file it was loaded from, and in which function it is.
//!
//! Knows the dynamic linker and the unwinder. Must never know buffers.

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use bufcheck_model::trace::Native;
use pyo3::ffi;

/// Frames that are looked at on the way out of the interpreter.
const FRAMES: usize = 24;

/// What the dynamic linker says about an address.
struct Found {
    base: usize,
    file: String,
    symbol: Option<String>,
    start: usize,
    size: usize,
}

#[link(name = "c")]
unsafe extern "C" {
    fn dladdr1(address: *const c_void, info: *mut libc::Dl_info, extra: *mut *mut c_void, flags: i32) -> i32;
}

/// `RTLD_DL_SYMENT`.
const WITH_SYMBOL: i32 = 1;

fn look_up(address: usize) -> Option<Found> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let mut symbol: *mut c_void = std::ptr::null_mut();
    // SAFETY: both places are ours; any address may be asked for.
    let info = unsafe {
        let found = dladdr1(
            address as *const c_void,
            info.as_mut_ptr(),
            &raw mut symbol,
            WITH_SYMBOL,
        );
        if found == 0 {
            return None;
        }
        info.assume_init()
    };
    let text = |pointer: *const std::ffi::c_char| {
        // SAFETY: strings of the dynamic linker, which live as long as the module is loaded.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
    };
    // SAFETY: an entry of the module's symbol table, where there is one.
    let size = unsafe { symbol.cast::<libc::Elf64_Sym>().as_ref() }.map_or(0, |entry| entry.st_size);
    Some(Found {
        base: info.dli_fbase as usize,
        file: text(info.dli_fname).unwrap_or_default(),
        symbol: text(info.dli_sname),
        start: info.dli_saddr as usize,
        size: usize::try_from(size).unwrap_or(0),
    })
}

/// The length of the function that starts at this very address, in bytes.
pub(super) fn extent_of(address: usize) -> Option<usize> {
    let found = look_up(address)?;
    (found.start == address && found.size > 0).then_some(found.size)
}

/// Where the interpreter is loaded.
fn interpreter() -> usize {
    static BASE: OnceLock<usize> = OnceLock::new();
    *BASE.get_or_init(|| look_up(ffi::PyList_New as *const () as usize).map_or(0, |found| found.base))
}

/// Where this crate is loaded.
fn ourselves() -> usize {
    static BASE: OnceLock<usize> = OnceLock::new();
    *BASE.get_or_init(|| look_up(interpreter as fn() -> usize as usize).map_or(0, |found| found.base))
}

/// What is at this address.
pub(super) fn native(address: usize) -> Native {
    // A return address may be the first byte behind the function that calls.
    let Some(found) = look_up(address.saturating_sub(1)) else {
        return Native {
            module: String::new(),
            interpreter: false,
            symbol: None,
            offset: address as u64,
        };
    };
    let inside = address > found.start && address <= found.start + found.size;
    Native {
        module: found.file,
        interpreter: found.base == interpreter(),
        symbol: found.symbol.filter(|_| inside),
        offset: (address - found.base.min(address)) as u64,
    }
}

#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn _Unwind_Backtrace(step: extern "C" fn(*mut Context, *mut c_void) -> i32, data: *mut c_void) -> i32;
    fn _Unwind_GetIP(context: *mut Context) -> usize;
}

/// Return addresses, innermost first.
struct Stack {
    frames: [usize; FRAMES],
    count: usize,
}

extern "C" fn step(context: *mut Context, data: *mut c_void) -> i32 {
    /// Go on, and stop.
    const ON: i32 = 0;
    const STOP: i32 = 5;
    // SAFETY: the unwinder hands over what `outside` gave it, and a context of its own.
    let (stack, address) = unsafe { (&mut *data.cast::<Stack>(), _Unwind_GetIP(context)) };
    let Some(place) = stack.frames.get_mut(stack.count) else {
        return STOP;
    };
    *place = address;
    stack.count += 1;
    ON
}

/// The first code up the stack that belongs neither to the interpreter nor to us: that on whose behalf it asks.
/// The C library and what has called the interpreter at all are nobody's behalf.
pub(super) fn outside() -> Option<Native> {
    let mut stack = Stack {
        frames: [0; FRAMES],
        count: 0,
    };
    // SAFETY: `step` takes what it is given; the stack lives as long as the call.
    unsafe { _Unwind_Backtrace(step, (&raw mut stack).cast()) };
    let frames = stack.frames.get(..stack.count)?;
    let first = frames.iter().find(|frame| {
        look_up(frame.saturating_sub(1))
            .is_some_and(|found| found.base != interpreter() && found.base != ourselves())
    })?;
    let native = native(*first);
    let name = native.module.rsplit('/').next().unwrap_or_default();
    let starts = name.starts_with("libc.") || name.starts_with("python");
    (!starts && !native.module.is_empty()).then_some(native)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_interpreter_are_known_by_name_and_length() {
        let function = ffi::PyObject_GetBuffer as *const () as usize;
        let length = extent_of(function).unwrap();
        assert!(length > 16);
        assert_eq!(extent_of(function + 1), None);
        let native = native(function + 4);
        assert!(native.interpreter);
        assert_eq!(native.symbol.as_deref(), Some("PyObject_GetBuffer"));
        assert!(!super::native(look_up as fn(usize) -> Option<Found> as usize + 4).interpreter);
        assert_eq!(super::native(16).module, "");
    }
}
