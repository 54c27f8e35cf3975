//! The handler, and what it notes.
//!
//! Knows signals and what the processor says of a fault. Must never allocate, nor take a lock, once a signal came.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use bufcheck_model::wire::LastWords;

use super::maps;
use crate::host::fork;
use crate::host::mark::Last;
use crate::host::signals::{give_stack, unset};

/// The signals of a crash.
const SIGNALS: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGABRT,
    libc::SIGILL,
    libc::SIGFPE,
];

/// The reason of a fault of which the processor tells no address: it was none that could be looked up.
const SI_KERNEL: c_int = 0x80;

/// What was done about each of them before.
static BEFORE: [OnceLock<libc::sigaction>; SIGNALS.len()] = [const { OnceLock::new() }; SIGNALS.len()];

/// Where a crash is noted.
static NOTED: OnceLock<&'static Last> = OnceLock::new();

/// Lets the calling thread tell of a crash. Where that cannot be had, a crash is told without these words.
pub(crate) fn tell(noted: &'static Last) {
    if NOTED.set(noted).is_err() || give_stack().is_err() {
        return;
    }
    let mut action = unset();
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    for (signal, before) in SIGNALS.into_iter().zip(&BEFORE) {
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
    let (address, code, seen) = unsafe { ((*info).si_addr() as usize, (*info).si_code, look(context)) };
    // What is forked off a worker may crash on purpose, and shares its memory.
    if !fork::is_child()
        && let Some(noted) = NOTED.get()
    {
        let touched = code > 0 && code != SI_KERNEL;
        store(noted, &words(signal, touched.then_some(address), &seen));
    }
    let place = SIGNALS.iter().position(|number| *number == signal);
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

/// What the processor was doing.
#[derive(Default)]
struct Processor {
    /// The address of the instruction, and the top of the stack.
    at: Option<(usize, usize)>,
    /// Whether it was writing.
    wrote: Option<bool>,
}

/// What is noted; `address` is there where the processor complained.
fn words(signal: c_int, address: Option<usize>, seen: &Processor) -> LastWords {
    let touched = address.filter(|_| matches!(signal, libc::SIGSEGV | libc::SIGBUS));
    let mut called = None;
    let mut place = None;
    if let Some((counter, stack)) = seen.at {
        place = maps::find(counter);
        if place.is_none() {
            // A call of what is no function: whoever called stands on the top of the stack.
            called = Some(counter as u64);
            place = maps::word(stack).and_then(maps::find);
        }
    }
    LastWords {
        signal: u8::try_from(signal).unwrap_or(u8::MAX),
        address: touched.map(|address| address as u64),
        wrote: seen.wrote.filter(|_| touched.is_some() && called.is_none()),
        called,
        offset: place.as_ref().map(|place| place.offset as u64),
        file: place.map_or([0; LastWords::PATH], |place| place.path),
    }
}

/// The first word says that all is there.
fn store(noted: &Last, words: &LastWords) {
    for (place, word) in noted.iter().zip(words.to_words()).rev() {
        place.store(word.to_le(), Ordering::Release);
    }
}

/// What the processor was doing.
///
/// # Safety
///
/// `context` is what the kernel handed the handler.
#[cfg(target_arch = "x86_64")]
unsafe fn look(context: *mut c_void) -> Processor {
    /// Of all faults only those of pages say what was done.
    const PAGE_FAULT: i64 = 14;
    // SAFETY: the caller's promise.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let register = |name: c_int| {
        usize::try_from(name)
            .ok()
            .and_then(|name| registers.get(name).copied())
    };
    let word = |name: c_int| register(name).and_then(|word| usize::try_from(word.cast_unsigned()).ok());
    Processor {
        at: word(libc::REG_RIP).zip(word(libc::REG_RSP)),
        wrote: register(libc::REG_ERR)
            .filter(|_| register(libc::REG_TRAPNO) == Some(PAGE_FAULT))
            .map(|error| error & 2 != 0),
    }
}

/// What the processor was doing; what it was writing is not told.
///
/// # Safety
///
/// `context` is what the kernel handed the handler.
#[cfg(target_arch = "aarch64")]
unsafe fn look(context: *mut c_void) -> Processor {
    // SAFETY: the caller's promise.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    Processor {
        at: usize::try_from(machine.pc)
            .ok()
            .zip(usize::try_from(machine.sp).ok()),
        wrote: None,
    }
}

/// Elsewhere it is not told.
///
/// # Safety
///
/// None is needed.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn look(_: *mut c_void) -> Processor {
    Processor::default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    fn told(signal: c_int, address: Option<usize>, seen: &Processor) -> String {
        let noted: Last = [const { AtomicU64::new(0) }; LastWords::SIZE / 8];
        store(&noted, &words(signal, address, seen));
        let mut bytes = [0; LastWords::SIZE];
        for (word, chunk) in noted.iter().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        let words = LastWords::from_bytes(&bytes).expect("something was noted");
        words.crash(words.signal.to_string()).told()
    }

    #[test]
    fn what_was_touched_is_told() {
        let nothing = Processor::default();
        assert_eq!(told(libc::SIGSEGV, Some(0), &nothing), "11, touching NULL");
        let reads = Processor {
            wrote: Some(false),
            ..nothing
        };
        assert_eq!(told(libc::SIGBUS, Some(8), &reads), "7, reading NULL + 0x8");
        let writes = Processor {
            wrote: Some(true),
            ..reads
        };
        let far = told(libc::SIGSEGV, Some(0xdddd_dddd), &writes);
        assert_eq!(far, "11, writing to address 0xdddddddd");
        assert_eq!(told(libc::SIGABRT, Some(8), &writes), "6");
    }

    #[test]
    fn an_instruction_is_told_by_its_file() {
        let here = told as *const () as usize;
        let at = |at| Processor {
            at: Some(at),
            wrote: None,
        };
        let program = std::env::current_exe().expect("a program");
        let name = program.file_name().expect("a name").to_string_lossy();
        // Of a long name only the beginning is shown.
        let name = &name[..name.len().min(64)];
        let said = told(libc::SIGSEGV, None, &at((here, 0)));
        assert!(said.starts_with(&format!("11, in {name}+0x")), "{said}");
        // A call of NULL by somebody whose return address is on the stack.
        let returns = here;
        let said = told(libc::SIGSEGV, Some(0), &at((0, (&raw const returns) as usize)));
        assert!(said.contains(&format!(", calling 0x0 from {name}+0x")), "{said}");
        assert!(told(libc::SIGSEGV, Some(0), &at((0, 0))).ends_with(", calling 0x0"));
    }
}
