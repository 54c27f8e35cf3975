//! The fault handler of a child: writes down who touched what is closed, opens the page, and lets it go on.
//!
//! In a process of somebody else the signals are only borrowed: what is no fault of a spy's pages goes to whoever had them.
//!
//! Knows signals. Must never know which consumer runs. What runs inside the handler is async-signal-safe: loads and
//! stores of atomic words, `mprotect` and `_exit`; it takes no lock and allocates nothing.

use std::ffi::{c_int, c_void};
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use bufcheck_model::observation::NEAR_NULL;
use bufcheck_model::spy::{Access, Fault, Place};

use super::memory;
use super::shared::{FAULTS, Shared};
use crate::host::signals::{give_stack, unset};

/// Exit status of a child that the handler ended.
pub(super) const ENDED_BY_HANDLER: i32 = 77;

/// What the processor says of an access.
struct Context {
    access: Option<Access>,
    /// The address says nothing: it was none that the processor could have looked up.
    no_address: bool,
}

/// Takes the two signals over, with a stack of its own for the calling thread.
pub(super) fn install() -> io::Result<()> {
    give_stack()?;
    take()
}

/// Takes the signals over again if somebody has taken them since: `faulthandler` does.
pub(super) fn keep() {
    let mut now = unset();
    // SAFETY: with no new action the call only reports.
    let known = unsafe { libc::sigaction(libc::SIGSEGV, ptr::null(), &raw mut now) } == 0;
    if known && now.sa_sigaction != handler as *const () as usize {
        let _ = take();
    }
}

/// The signals that are taken over.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What the signals did in a process that only lends them, while they are borrowed. Leaked: the handler may be running.
static LENT: AtomicPtr<[libc::sigaction; 2]> = AtomicPtr::new(ptr::null_mut());

/// What the signals did before they were borrowed.
pub(super) struct Before(&'static [libc::sigaction; 2]);

impl Before {
    /// Lets them do so again, unless somebody has taken them over meanwhile.
    pub(super) fn give_back(&self) {
        for (signal, before) in SIGNALS.into_iter().zip(self.0) {
            let mut now = unset();
            // SAFETY: with no new action the call only reports; what is restored was installed before.
            unsafe {
                if libc::sigaction(signal, ptr::null(), &raw mut now) == 0
                    && now.sa_sigaction == handler as *const () as usize
                {
                    libc::sigaction(signal, ptr::from_ref(before), ptr::null_mut());
                }
            }
        }
        LENT.store(ptr::null_mut(), Relaxed);
    }
}

/// Takes the signals over in a process of somebody else, until they are given back.
pub(super) fn borrow_signals() -> io::Result<Before> {
    let mut before = [unset(), unset()];
    for (signal, before) in SIGNALS.into_iter().zip(&mut before) {
        // SAFETY: with no new action the call only reports.
        if unsafe { libc::sigaction(signal, ptr::null(), &raw mut *before) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let before = Box::leak(Box::new(before));
    LENT.store(ptr::from_mut(before), Relaxed);
    let taken = stack_if_none().and_then(|()| take());
    let before = Before(before);
    if let Err(error) = taken {
        before.give_back();
        return Err(error);
    }
    Ok(before)
}

/// A stack for the handler, where this thread has none: Python's own handler may have brought one.
fn stack_if_none() -> io::Result<()> {
    let mut now = libc::stack_t {
        ss_sp: ptr::null_mut(),
        ss_flags: 0,
        ss_size: 0,
    };
    // SAFETY: with no new stack the call only reports.
    if unsafe { libc::sigaltstack(ptr::null(), &raw mut now) } == 0 && now.ss_flags & libc::SS_DISABLE == 0 {
        return Ok(());
    }
    give_stack()
}

fn take() -> io::Result<()> {
    let mut action = unset();
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    for signal in SIGNALS {
        // SAFETY: the handler has the signature that SA_SIGINFO asks for, and is async-signal-safe.
        if unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

extern "C" fn handler(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands a handler with SA_SIGINFO both structs, alive as long as it runs.
    let (address, context) = unsafe { ((*info).si_addr() as usize, look(context)) };
    let Some(shared) = Shared::get() else {
        return end(signal);
    };
    let after_call = shared.is_after_call();
    let fault = |place, held, granted| Fault {
        access: context.access,
        place,
        held,
        granted,
        after_call,
    };
    if !context.no_address
        && let Some((guarded, place)) = memory::find(address)
    {
        let (held, granted) = (guarded.held.load(Relaxed), guarded.granted.load(Relaxed));
        if shared.fault(fault(place, held, granted)) < FAULTS && memory::let_in(address) {
            return;
        }
    } else {
        let place = match u16::try_from(address) {
            _ if context.no_address => Place::Impossible,
            Ok(offset) if (address as u64) < NEAR_NULL => Place::Null(offset),
            _ => Place::Elsewhere,
        };
        shared.fault(fault(place, 0, 0));
    }
    shared.set_signal(signal);
    end(signal);
}

/// Ends the child; where the signals are lent, they do again what they did before, and the access is made once more.
fn end(signal: c_int) {
    let lent = LENT.load(Relaxed);
    // SAFETY: what is lent was leaked; the first call restores what was installed before, the other ends the process
    // without running anything.
    unsafe {
        if lent.is_null() {
            libc::_exit(ENDED_BY_HANDLER);
        }
        let before = &(*lent)[usize::from(signal == SIGNALS[1])];
        libc::sigaction(signal, ptr::from_ref(before), ptr::null_mut());
    }
}

/// # Safety
///
/// `context` is what the kernel handed the handler.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn look(context: *mut c_void) -> Context {
    /// Page faults; anything else has no address.
    const PAGE_FAULT: i64 = 14;
    // SAFETY: the caller's promise.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let write = registers[libc::REG_ERR as usize] & 2 != 0;
    Context {
        access: Some(if write { Access::Write } else { Access::Read }),
        no_address: registers[libc::REG_TRAPNO as usize] != PAGE_FAULT,
    }
}

/// Elsewhere the kind of access is not told.
///
/// # Safety
///
/// None is needed.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
unsafe fn look(_: *mut c_void) -> Context {
    Context {
        access: None,
        no_address: false,
    }
}
