//! The handler, and the line that it writes.
//!
//! Knows signals and what the processor says of a fault. Must never allocate, nor take a lock, once a signal came.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use super::line::Line;
use super::maps::{self, Place};
use crate::host::fork;
use crate::host::signals::{NEAR_NULL, give_stack, unset};

/// The signals of a crash.
const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
];

/// The reason of a fault of which the processor tells no address: it was none that could be looked up.
const SI_KERNEL: c_int = 0x80;

/// What was done about each of them before.
static BEFORE: [OnceLock<libc::sigaction>; SIGNALS.len()] = [const { OnceLock::new() }; SIGNALS.len()];

/// Lets the calling thread tell of a crash. Where that cannot be had, a crash is told without these words.
pub(crate) fn tell() {
    if give_stack().is_err() {
        return;
    }
    let mut action = unset();
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    for ((signal, _), before) in SIGNALS.into_iter().zip(&BEFORE) {
        let mut known = unset();
        // SAFETY: with no new action the call only reports.
        let told = unsafe { libc::sigaction(signal, ptr::null(), &raw mut known) } == 0;
        if told && before.set(known).is_ok() {
            // SAFETY: the handler has the signature that SA_SIGINFO asks for, and is async-signal-safe.
            unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
        }
    }
}

extern "C" fn handler(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands a handler with SA_SIGINFO both structs, alive as long as it runs.
    let (address, code, at) = unsafe { ((*info).si_addr() as usize, (*info).si_code, instruction(context)) };
    // What is forked off a worker may crash on purpose, and shares its output.
    if !fork::is_child() {
        let touched = code > 0 && code != SI_KERNEL;
        write(&words(signal, touched.then_some(address), at));
    }
    let place = SIGNALS.iter().position(|(number, _)| *number == signal);
    let before = place.and_then(|place| BEFORE.get(place)).and_then(OnceLock::get);
    let default = unset();
    // SAFETY: it is an action that was in place before, or the default one.
    unsafe {
        libc::sigaction(
            signal,
            before.map_or(&raw const default, ptr::from_ref),
            ptr::null_mut(),
        )
    };
    if code <= 0 {
        // What was sent, as by `abort`, does not come again by itself; a fault does, as soon as this returns.
        // SAFETY: `raise` takes any signal; it is blocked until the handler returns.
        unsafe { libc::raise(signal) };
    }
}

/// The line; `address` is there where the processor complained.
fn words(signal: c_int, address: Option<usize>, at: Option<(usize, usize)>) -> Line {
    let mut line = Line::new();
    let name = SIGNALS.iter().find(|(number, _)| *number == signal);
    line.text("bufcheck: ")
        .text(name.map_or("a signal", |(_, name)| *name));
    let touched = address.filter(|_| matches!(signal, libc::SIGSEGV | libc::SIGBUS));
    match touched {
        Some(0) => line.text(", touching NULL"),
        Some(address) if address < NEAR_NULL => line.text(", touching NULL + ").hex(address),
        Some(address) => line.text(", touching address ").hex(address),
        None => &mut line,
    };
    if let Some((counter, stack)) = at {
        if let Some(place) = maps::find(counter) {
            line.text(", in ");
            told(&mut line, &place);
        } else {
            // A call of what is no function: whoever called stands on the top of the stack.
            line.text(", calling ").hex(counter);
            if let Some(place) = maps::word(stack).and_then(maps::find) {
                line.text(" from ");
                told(&mut line, &place);
            }
        }
    }
    line.text("\n");
    line
}

fn told(line: &mut Line, place: &Place) {
    line.bytes(place.name()).text("+").hex(place.offset);
}

fn write(line: &Line) {
    let bytes = line.as_bytes();
    // SAFETY: the bytes are there, and as many; whether they arrive is nobody's concern any more.
    unsafe { libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len()) };
}

/// The address of the instruction, and the top of the stack.
///
/// # Safety
///
/// `context` is what the kernel handed the handler.
#[cfg(target_arch = "x86_64")]
unsafe fn instruction(context: *mut c_void) -> Option<(usize, usize)> {
    // SAFETY: the caller's promise.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let word =
        |register: c_int| usize::try_from(registers[usize::try_from(register).ok()?].cast_unsigned()).ok();
    Some((word(libc::REG_RIP)?, word(libc::REG_RSP)?))
}

/// The address of the instruction, and the top of the stack.
///
/// # Safety
///
/// `context` is what the kernel handed the handler.
#[cfg(target_arch = "aarch64")]
unsafe fn instruction(context: *mut c_void) -> Option<(usize, usize)> {
    // SAFETY: the caller's promise.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    Some((
        usize::try_from(machine.pc).ok()?,
        usize::try_from(machine.sp).ok()?,
    ))
}

/// Elsewhere the instruction is not told.
///
/// # Safety
///
/// None is needed.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn instruction(_: *mut c_void) -> Option<(usize, usize)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(signal: c_int, address: Option<usize>, at: Option<(usize, usize)>) -> String {
        String::from_utf8_lossy(words(signal, address, at).as_bytes()).into_owned()
    }

    #[test]
    fn what_was_touched_is_told() {
        assert_eq!(
            text(libc::SIGSEGV, Some(0), None),
            "bufcheck: SIGSEGV, touching NULL\n"
        );
        assert_eq!(
            text(libc::SIGBUS, Some(8), None),
            "bufcheck: SIGBUS, touching NULL + 0x8\n"
        );
        let far = text(libc::SIGSEGV, Some(0xdddd_dddd), None);
        assert_eq!(far, "bufcheck: SIGSEGV, touching address 0xdddddddd\n");
        assert_eq!(text(libc::SIGABRT, Some(8), None), "bufcheck: SIGABRT\n");
    }

    #[test]
    fn an_instruction_is_told_by_its_file() {
        let here = text as *const () as usize;
        let told = text(libc::SIGSEGV, None, Some((here, 0)));
        let program = std::env::current_exe().expect("a program");
        let name = program
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        assert!(
            told.starts_with(&format!("bufcheck: SIGSEGV, in {name}+0x")),
            "{told}"
        );
        // A call of NULL by somebody whose return address is on the stack.
        let returns = here;
        let told = text(libc::SIGSEGV, Some(0), Some((0, (&raw const returns) as usize)));
        assert!(told.contains(&format!(", calling 0x0 from {name}+0x")), "{told}");
        assert!(text(libc::SIGSEGV, Some(0), Some((0, 0))).ends_with(", calling 0x0\n"));
    }
}
