//! The in-flight mark: where the worker notes, before each step, what it is about to do.
//!
//! Knows how the mark is shared with the orchestrator. Must never know what the orchestrator makes of it.
//!
//! A note costs three plain stores into a mapped file: no system call, so that every single request can be
//! named when the process dies in it.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::Path;

use bufcheck_model::observation::{InFlight, Phase};
use bufcheck_model::wire::Mark;
use bufcheck_protocol::request::Request;

const WORDS: usize = Mark::SIZE / size_of::<u64>();

/// The mark of this worker.
pub struct Marker {
    /// Points to `WORDS` words that live as long as the process.
    words: *mut u64,
    count: Cell<u64>,
    /// Number of the step, from 1; 0 before the first.
    step: Cell<u32>,
}

impl Marker {
    /// A mark that nobody reads.
    pub fn private() -> Self {
        let words: &'static mut [u64; WORDS] = Box::leak(Box::new([0; WORDS]));
        Self {
            words: words.as_mut_ptr(),
            count: Cell::new(0),
            step: Cell::new(0),
        }
    }

    /// The mark in a file of at least [`Mark::SIZE`] bytes.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened for reading and writing, is too small, or cannot be mapped.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let found = file.metadata()?.len();
        if found < Mark::SIZE as u64 {
            let message = format!("wanted a mark file of {} bytes, found {found}", Mark::SIZE);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Self {
            words: map(&file)?,
            count: Cell::new(0),
            step: Cell::new(0),
        })
    }

    /// Notes what is about to happen.
    #[inline]
    pub(crate) fn note(&self, phase: Phase, request: Option<i32>) {
        let count = self.count.get() + 1;
        self.count.set(count);
        let present = u64::from(request.is_some());
        let kind = (phase as u64 | present << 32).to_le();
        let flags = u64::from(request.unwrap_or(0).cast_unsigned());
        let flags = (flags | u64::from(self.step.get()) << 32).to_le();
        // SAFETY: `words` points to `WORDS` aligned words that are never freed or unmapped (both constructors
        // leak them); only this process writes them, and only on this thread, for `Marker` is not `Sync`.
        unsafe {
            self.words.add(1).write_volatile(kind);
            self.words.add(2).write_volatile(flags);
            self.words.write_volatile(count.to_le());
        }
    }

    /// What was noted last.
    pub fn read(&self) -> Mark {
        let mut bytes = [0; Mark::SIZE];
        for (at, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            // SAFETY: as in `note`; `at` is below `WORDS`.
            let word = unsafe { self.words.add(at).read_volatile() };
            chunk.copy_from_slice(&word.to_ne_bytes());
        }
        Mark::from_bytes(&bytes)
    }

    /// What follows belongs to this step of the job; to none of them, with `None`.
    pub(crate) fn step(&self, position: Option<usize>) {
        let number = position.map_or(0, |position| position.saturating_add(1));
        self.step.set(u32::try_from(number).unwrap_or(u32::MAX));
    }

    /// Notes a phase that is about no single request.
    pub(crate) fn phase(&self, phase: Phase) {
        self.note(phase, None);
    }

    /// What is in flight now.
    pub fn in_flight(&self) -> (Phase, Option<Request>) {
        let InFlight { phase, request } = self.read().in_flight;
        (phase, request)
    }
}

#[cfg(unix)]
fn map(file: &File) -> io::Result<*mut u64> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    // SAFETY: a fresh mapping at an address the kernel chooses touches no memory of ours; it is never
    // unmapped. The orchestrator keeps the file at its size for as long as the worker runs.
    let start = unsafe {
        mmap(
            std::ptr::null_mut(),
            Mark::SIZE,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED,
            file,
            0,
        )
    }?;
    Ok(start.cast())
}

#[cfg(not(unix))]
fn map(_: &File) -> io::Result<*mut u64> {
    // What was in flight is then not known after a death; the reply protocol itself does not need it.
    let words: &'static mut [u64; WORDS] = Box::leak(Box::new([0; WORDS]));
    Ok(words.as_mut_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_reads_as_it_was_noted() {
        let mark = Marker::private();
        for (at, phase) in Phase::ALL.into_iter().enumerate() {
            let request = (at % 2 == 0).then_some(-0x11c);
            mark.note(phase, request);
            assert_eq!(mark.in_flight(), (phase, request.map(Request::new)));
            assert_eq!(mark.read().count, at as u64 + 1);
        }
    }

    #[test]
    fn the_step_is_noted_with_whatever_comes_next() {
        let mark = Marker::private();
        for step in [None, Some(0), Some(80), None] {
            mark.step(step);
            mark.note(Phase::Ask, Some(-1));
            assert_eq!(mark.read().step, step.map(|step| u32::try_from(step).unwrap()));
            assert_eq!(mark.in_flight(), (Phase::Ask, Some(Request::new(-1))));
        }
    }
}
