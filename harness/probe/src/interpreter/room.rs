//! Where the arguments of one call lie.
//!
//! Knows one arena for each part that an argument may play. Must never know which function is called.

use std::io;

use bufcheck_model::interpreter::{Fact, Facts, View};

use super::arena::Arena;

/// Memory for one call.
pub(super) struct Room {
    /// Of the view, or of what is written to.
    pub(super) memory: Arena,
    /// Of a second object, of an input or of an output.
    pub(super) other: Arena,
    /// The struct.
    pub(super) fields: Arena,
    /// Shape, strides, suboffsets or indices.
    pub(super) arrays: [Arena; 3],
}

impl Room {
    pub(super) fn new() -> io::Result<Self> {
        let array = || Arena::new(128 * size_of::<isize>());
        Ok(Self {
            // A length that is told may go a little beyond what a view has.
            memory: Arena::new(View::MAX_SIZE)?,
            other: Arena::new(View::MAX_SIZE * 2)?,
            fields: Arena::new(size_of::<pyo3::ffi::Py_buffer>())?,
            arrays: [array()?, array()?, array()?],
        })
    }

    /// Forgets what is there, and mends what was broken.
    pub(super) fn clear(&mut self) {
        let arenas = [&mut self.memory, &mut self.other, &mut self.fields]
            .into_iter()
            .chain(&mut self.arrays);
        for arena in arenas {
            arena.put(&[]);
        }
    }

    /// Notes whether something was written beside all memory.
    pub(super) fn note_canaries(&self, facts: &mut Facts) {
        let mut arenas = [&self.memory, &self.other, &self.fields]
            .into_iter()
            .chain(&self.arrays);
        let whole = arenas.all(Arena::is_whole);
        facts.insert(Fact::Canaries, whole.into());
    }
}

/// An array of numbers as the bytes that lie in memory.
pub(super) fn words(numbers: &[i64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| isize::try_from(*number).unwrap_or(isize::MAX).to_ne_bytes())
        .collect()
}

/// The numbers behind a pointer; `None` where it is NULL.
///
/// # Safety
///
/// The pointer is NULL or leads to as many numbers.
pub(super) unsafe fn numbers(from: *const isize, count: usize) -> Option<Vec<i64>> {
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller's promise; an address of ours need not be aligned.
    let number = |at: usize| unsafe { from.wrapping_add(at).read_unaligned() };
    Some((0..count).map(|at| number(at) as i64).collect())
}
