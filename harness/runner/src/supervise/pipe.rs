//! The two ends of the protocol, each in a thread: nobody who waits is held up by a pipe.
//!
//! Knows lines and their bound. Must never know what a line says.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bufcheck_model::wire::MAX_LINE;

use crate::supervise::waiting::Said;

/// The lines of a worker. One at most is read ahead: a worker that says more has to wait.
#[derive(Debug, Clone)]
pub(crate) struct Lines(Arc<Mutex<Receiver<Said>>>);

impl Lines {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(1);
        std::thread::spawn(move || {
            let mut reader = BufReader::with_capacity(1 << 16, stream);
            loop {
                let mut line = Vec::new();
                let read = Read::by_ref(&mut reader)
                    .take(MAX_LINE as u64)
                    .read_until(b'\n', &mut line);
                let said = match read {
                    Ok(length) if length > 0 && line.ends_with(b"\n") => Said::Line(line),
                    Ok(length) if length >= MAX_LINE => Said::TooLong,
                    // What stands behind the last line end was not said in full.
                    Ok(_) | Err(_) => return,
                };
                let last = said == Said::TooLong;
                if sender.send(said).is_err() || last {
                    return;
                }
            }
        });
        Self(Arc::new(Mutex::new(receiver)))
    }

    /// What is said within this time.
    pub(crate) fn next(&self, wait: Duration) -> Said {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match receiver.recv_timeout(wait) {
            Ok(said) => said,
            Err(RecvTimeoutError::Timeout) => Said::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                // Who asks again at once would ask without end.
                std::thread::sleep(Duration::from_millis(1));
                Said::Closed
            }
        }
    }
}

/// The jobs of a worker.
#[derive(Debug)]
pub(crate) struct Jobs(SyncSender<Vec<u8>>);

impl Jobs {
    pub(crate) fn to(mut stream: impl Write + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel::<Vec<u8>>(1);
        std::thread::spawn(move || {
            for line in receiver {
                if stream.write_all(&line).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
        });
        Self(sender)
    }

    /// Sends a line; it is written while others wait for the reply. False if nobody takes it.
    pub(crate) fn send(&self, line: Vec<u8>) -> bool {
        match self.0.try_send(line) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::pipe;
    use std::time::Instant;

    const WAIT: Duration = Duration::from_secs(20);

    #[test]
    fn lines_come_one_by_one_and_half_a_line_is_none() {
        let (read, mut write) = pipe().expect("a pipe");
        let lines = Lines::of(read);
        assert_eq!(lines.next(Duration::ZERO), Said::Nothing);
        write.write_all(b"one\ntwo\nthr").expect("written");
        assert_eq!(lines.next(WAIT), Said::Line(b"one\n".to_vec()));
        assert_eq!(lines.next(WAIT), Said::Line(b"two\n".to_vec()));
        drop(write);
        assert_eq!(lines.next(WAIT), Said::Closed);
    }

    #[test]
    fn a_line_without_end_is_cut_off() {
        let lines = Lines::of(std::io::repeat(b'x'));
        assert_eq!(lines.next(WAIT), Said::TooLong);
        assert_eq!(lines.next(WAIT), Said::Closed);
    }

    #[test]
    fn who_says_without_end_is_held_back() {
        /// Counts what is read of it.
        struct Endless(std::sync::Arc<std::sync::atomic::AtomicUsize>);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                buffer.fill(b'\n');
                self.0
                    .fetch_add(buffer.len(), std::sync::atomic::Ordering::SeqCst);
                Ok(buffer.len())
            }
        }
        let read = std::sync::Arc::default();
        let lines = Lines::of(Endless(std::sync::Arc::clone(&read)));
        assert_eq!(lines.next(WAIT), Said::Line(b"\n".to_vec()));
        // One in the queue, one in the hand of the thread, and the buffer behind it.
        assert!(read.load(std::sync::atomic::Ordering::SeqCst) <= 2 << 16);
    }

    #[test]
    fn a_job_that_nobody_reads_holds_nobody_up() {
        let (read, write) = pipe().expect("a pipe");
        let jobs = Jobs::to(write);
        let start = Instant::now();
        assert!(jobs.send(vec![b'x'; 4 << 20]));
        assert!(start.elapsed() < WAIT, "sending does not wait");
        drop(read);
        // The thread sees the closed pipe by and by.
        while jobs.send(b"more\n".to_vec()) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
