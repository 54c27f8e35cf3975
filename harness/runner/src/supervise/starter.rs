//! Starts worker processes, in a thread that lives as long as this process.
//!
//! Knows what a worker inherits. Must never know what it is for.
//!
//! On Linux a worker asks to be killed when its parent dies, and the kernel takes the *thread* that started it for the
//! parent. So one thread starts them all, and no worker dies because a test of some thread pool is over.

use std::fs::File;
use std::io;
use std::process::{Child, Command};
use std::sync::Arc;

#[cfg(target_os = "linux")]
pub(crate) use linux::start;

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::{Arc, Child, Command, File, io};

    /// A process to be started, and where the answer goes.
    struct Order {
        command: Command,
        inherited: Option<Arc<File>>,
        answer: Sender<io::Result<Child>>,
    }

    /// The thread of this process; a process that was forked off has none.
    static THREAD: Mutex<Option<(u32, Sender<Order>)>> = Mutex::new(None);

    /// Starts a process; it inherits this file.
    pub(crate) fn start(command: Command, inherited: Option<Arc<File>>) -> io::Result<Child> {
        let (answer, answered) = channel();
        let order = Order {
            command,
            inherited,
            answer,
        };
        let gone = || io::Error::other("the thread that starts workers is gone");
        thread()?.send(order).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }

    fn thread() -> io::Result<Sender<Order>> {
        let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        let here = std::process::id();
        if let Some((_, sender)) = thread.as_ref().filter(|(process, _)| *process == here) {
            return Ok(sender.clone());
        }
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("bufcheck-starter".into())
            .spawn(move || serve(&receiver))?;
        *thread = Some((here, sender.clone()));
        Ok(sender)
    }

    fn serve(orders: &Receiver<Order>) {
        for order in orders {
            let Order {
                mut command,
                inherited,
                answer,
            } = order;
            let started = inheriting(inherited.as_deref(), FdFlags::empty())
                .and_then(|()| command.spawn())
                .and_then(|child| inheriting(inherited.as_deref(), FdFlags::CLOEXEC).map(|()| child));
            // Who asked may be gone.
            let _ = answer.send(started);
        }
    }

    fn inheriting(file: Option<&File>, flags: FdFlags) -> io::Result<()> {
        file.map_or(Ok(()), |file| Ok(fcntl_setfd(file, flags)?))
    }
}

/// Starts a process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn start(mut command: Command, _: Option<Arc<File>>) -> io::Result<Child> {
    command.spawn()
}
