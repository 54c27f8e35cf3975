//! Children of a worker: forked to do what may end a process.
//!
//! Knows how one is started, heard and waited for. Must never know what it does.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use bufcheck_model::observation::HowEnded;
use pyo3::prelude::*;

/// How long is waited at once: the orchestrator sees that something goes on.
const SLICE_MS: i32 = 100;

/// Whether something can be read, or nothing ever will be, within a slice of time.
pub(crate) fn readable(file: &File) -> bool {
    let mut waited = libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which lives across the call.
    unsafe { libc::poll(&raw mut waited, 1, SLICE_MS) > 0 }
}

/// Forks as Python does, so that the interpreter is whole in the child: 0 there.
pub(crate) fn fork(py: Python<'_>) -> PyResult<libc::pid_t> {
    let warnings = py.import("warnings")?;
    let quiet = warnings.call_method0("catch_warnings")?;
    quiet.call_method0("__enter__")?;
    warnings.call_method1("simplefilter", ("ignore",))?;
    let child = py.import("os")?.call_method0("fork");
    quiet.call_method1("__exit__", (py.None(), py.None(), py.None()))?;
    child?.extract()
}

/// How the child ended; it is ended, if it did not come back.
pub(crate) fn wait(child: libc::pid_t, hung: bool) -> HowEnded {
    let mut status = 0;
    // SAFETY: the child is ours and was not waited for yet.
    unsafe {
        if hung {
            libc::kill(child, libc::SIGKILL);
        }
        while libc::waitpid(child, &raw mut status, 0) < 0
            && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
        {}
    }
    if hung {
        HowEnded::Hung
    } else if libc::WIFSIGNALED(status) {
        HowEnded::Signal(libc::WTERMSIG(status))
    } else {
        HowEnded::Exit(libc::WEXITSTATUS(status))
    }
}

/// What is printed in a child goes nowhere, and it finds nothing to read. `faulthandler` prints to where it was told.
pub(crate) fn silence(py: Python<'_>) {
    let loaded = py.import("sys").and_then(|sys| sys.getattr("modules"));
    if let Ok(faulthandler) = loaded.and_then(|loaded| loaded.get_item("faulthandler")) {
        let _ = faulthandler.call_method0("disable");
    }
    let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") else {
        return;
    };
    let _ = rustix::stdio::dup2_stdin(&nothing);
    let _ = rustix::stdio::dup2_stdout(&nothing);
    let _ = rustix::stdio::dup2_stderr(&nothing);
}
