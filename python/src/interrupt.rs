//! Work outside the interpreter that Ctrl-C ends all the same.
//!
//! Knows how often Python is asked whether a signal came. Must never know what the work is.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use bufcheck_runner::supervise::stop::Stop;
use pyo3::panic::PanicException;
use pyo3::prelude::*;

/// How often Python's own handlers may run.
const OFTEN: Duration = Duration::from_millis(50);

/// Does some work in another thread. What a handler of a signal raises meanwhile, `KeyboardInterrupt` above all, stops
/// the work and is raised.
pub(crate) fn interruptible<T: Send>(py: Python<'_>, work: impl FnOnce(&Stop) -> T + Send) -> PyResult<T> {
    let stop = Stop::default();
    let wish = &stop;
    std::thread::scope(|scope| {
        let (sender, mut receiver) = channel();
        // Nobody waits any more only if this thread panicked.
        scope.spawn(move || drop(sender.send(work(wish))));
        let mut raised = Ok(());
        loop {
            let told;
            (told, receiver) = py.detach(move || (receiver.recv_timeout(OFTEN), receiver));
            match told {
                Ok(done) => return raised.map(|()| done),
                Err(RecvTimeoutError::Timeout) if raised.is_ok() => {
                    raised = py.check_signals().inspect_err(|_| stop.set());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(PanicException::new_err(
                        "a defect of bufcheck: the check panicked",
                    ));
                }
            }
        }
    })
}
