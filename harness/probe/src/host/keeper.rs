//! The keeper of a run: a process that outlives everything else of it for a moment.
//!
//! Knows how the end of the orchestrator is seen, even of one that is killed. Must never know what a worker does.
//!
//! A worker dies with the orchestrator, but whoever the code under test started does not. So the first worker forks a
//! process off, before any such code runs, that does nothing but wait. It is nobody's child, so that code under test
//! which waits for its own children does not meet it, and it holds nothing of what the worker has: no descriptor, no
//! folder, no terminal.

#[cfg(target_os = "linux")]
pub(crate) use linux::keep;

/// Nobody is known by its environment here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keep(_: &str, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CString;
    use std::io;

    use bufcheck_family::KEEPER;
    use rustix::fd::AsRawFd;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use crate::host::fork::leave;

    /// Starts the keeper of a run. It must be called while no code under test has run in this process.
    pub(crate) fn keep(run: &str, orchestrator: u32) -> io::Result<()> {
        let name = CString::new(KEEPER)?;
        // SAFETY: the child goes on with Rust code alone, of which each call is allowed after a fork of a process that
        // has one thread; it never comes back into the interpreter.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                // SAFETY: as above.
                if unsafe { libc::fork() } == 0 {
                    watch(run, orchestrator, &name);
                }
                leave(0)
            }
            child => {
                // SAFETY: the child is ours, and nobody wants its status.
                unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
                Ok(())
            }
        }
    }

    fn watch(run: &str, orchestrator: u32, name: &CString) {
        let_go(name);
        let orchestrator = i32::try_from(orchestrator).ok().and_then(Pid::from_raw);
        let Some(Ok(process)) = orchestrator.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            return;
        };
        loop {
            let mut watched = libc::pollfd {
                fd: process.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: the struct is ours, and there is one.
            let told = unsafe { libc::poll(&raw mut watched, 1, -1) };
            if told == 1 {
                bufcheck_family::end(run);
                return;
            }
            if told == -1 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return;
            }
        }
    }

    /// Leaves behind everything that a process inherits.
    fn let_go(name: &CString) {
        // SAFETY: this process never uses a descriptor that it inherited; the strings end with a NUL; and what the
        // system refuses stays as it was.
        unsafe {
            libc::setsid();
            libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
            libc::chdir(c"/".as_ptr());
            libc::prctl(libc::PR_SET_NAME, name.as_ptr());
        }
    }
}
