//! The in-flight mark: where the worker notes, before each step, what it is about to do.
//!
//! Knows how the mark is shared with the orchestrator. Must never know what the orchestrator makes of it.
//!
//! A note costs three stores into a mapped file: no system call, so that every single request can be
//! named when the process dies in it.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use bufcheck_model::observation::{InFlight, Phase};
use bufcheck_model::wire::{LastWords, Mark, SHARED};
use bufcheck_protocol::request::Request;

use crate::host::fork;

const WORDS: usize = SHARED / size_of::<u64>();

/// The words behind the mark: what is noted of a crash.
pub(crate) type Last = [AtomicU64; LastWords::SIZE / size_of::<u64>()];

/// The words of a mark, which live as long as the process.
type Words = &'static [AtomicU64; WORDS];

/// The mark of this worker.
pub struct Marker {
    words: Words,
    count: Cell<u64>,
    /// Number of the step, from 1; 0 before the first.
    step: Cell<u32>,
}

/// The tick of one thread: it shows that something goes on there.
#[derive(Clone, Copy)]
pub(crate) struct Tick(&'static AtomicU64);

impl Tick {
    /// Something was done.
    pub(crate) fn tick(self) {
        // Nobody else writes this word.
        let count = u64::from_le(self.0.load(Ordering::Relaxed)).wrapping_add(1);
        self.0.store(count.to_le(), Ordering::Release);
    }
}

impl Marker {
    /// A mark that nobody reads.
    pub fn private() -> Self {
        Self::new(Box::leak(Box::new([const { AtomicU64::new(0) }; WORDS])))
    }

    /// The mark in a file of at least [`SHARED`] bytes.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened for reading and writing, is too small, or cannot be mapped.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let found = file.metadata()?.len();
        if found < SHARED as u64 {
            let message = format!("wanted a mark file of {SHARED} bytes, found {found}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Self::new(map(&file)?))
    }

    fn new(words: Words) -> Self {
        Self {
            words,
            count: Cell::new(0),
            step: Cell::new(0),
        }
    }

    /// Notes what is about to happen.
    #[inline]
    pub(crate) fn note(&self, phase: Phase, request: Option<i32>) {
        fork::end_if_child();
        let count = self.count.get() + 1;
        self.count.set(count);
        let present = u64::from(request.is_some());
        let flags = u64::from(request.unwrap_or(0).cast_unsigned());
        let kind = phase as u64 | present << 8 | flags << 32;
        self.words[1].store(kind.to_le(), Ordering::Relaxed);
        self.words[2].store(u64::from(self.step.get()).to_le(), Ordering::Relaxed);
        // Whoever sees the count sees what it counts.
        self.words[0].store(count.to_le(), Ordering::Release);
    }

    /// The tick of a thread; `None` for one more than there is room for.
    pub(crate) fn tick(&self, thread: usize) -> Option<Tick> {
        let ticks = &self.words[Mark::TICKS_AT / size_of::<u64>()..Mark::SIZE / size_of::<u64>()];
        ticks.get(thread).map(Tick)
    }

    /// Where a crash is noted.
    pub(crate) fn last_words(&self) -> &'static Last {
        static NOWHERE: Last = [const { AtomicU64::new(0) }; LastWords::SIZE / size_of::<u64>()];
        // They are the end of what is shared.
        self.words.last_chunk().unwrap_or(&NOWHERE)
    }

    /// What was noted last.
    pub fn read(&self) -> Mark {
        let mut bytes = [0; Mark::SIZE];
        for (word, chunk) in self.words.iter().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.load(Ordering::Acquire).to_ne_bytes());
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
fn map(file: &File) -> io::Result<Words> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    // SAFETY: a fresh mapping at an address the kernel chooses touches no memory of ours; it is never
    // unmapped. The orchestrator keeps the file at its size for as long as the worker runs.
    let start = unsafe {
        mmap(
            std::ptr::null_mut(),
            SHARED,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED,
            file,
            0,
        )
    }?;
    // SAFETY: the mapping is as large as the array, starts at a page, holds plain numbers, and stays; in this process
    // it is only ever used through these atomic words, and the orchestrator only reads the file.
    Ok(unsafe { &*start.cast() })
}

#[cfg(not(unix))]
fn map(_: &File) -> io::Result<Words> {
    // What was in flight is then not known after a death; the reply protocol itself does not need it.
    Ok(Box::leak(Box::new([const { AtomicU64::new(0) }; WORDS])))
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

    #[test]
    fn what_threads_do_is_progress() {
        let mark = Marker::private();
        mark.note(Phase::Ask, None);
        let before = mark.read();
        std::thread::scope(|scope| {
            for thread in 0..Mark::TICKS {
                let tick = mark.tick(thread).expect("there is room");
                scope.spawn(move || (0..=thread).for_each(|_| tick.tick()));
            }
        });
        let after = mark.read();
        assert_eq!(after.count - before.count, (1..=Mark::TICKS as u64).sum::<u64>());
        assert_eq!(after.in_flight, before.in_flight);
        assert!(mark.tick(Mark::TICKS).is_none());
    }
}
