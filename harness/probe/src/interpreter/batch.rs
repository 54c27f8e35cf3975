//! A batch of calls in forked children.
//!
//! Knows what one batch needs. Must never know what a call shows, nor how a child is started and heard.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bufcheck_model::bend::Bend;
use bufcheck_model::interpreter::{Answer, Ask, Interpreted};
use bufcheck_model::observation::HowEnded;
use pyo3::prelude::*;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

use super::bent::bend;
use super::calls::call;
use super::room::Room;
use super::table::Table;
use crate::host::batch::{Calls, make_all, no_child};
use crate::host::mark::Marker;

/// Calls functions of the interpreter, each once; through a table that was bent, if one is asked for.
pub(crate) fn interpret(py: Python<'_>, asks: &[Ask], how: Option<Bend>, mark: &Marker) -> Interpreted {
    let prepared = Room::new().and_then(|room| Ok((room, begun()?)));
    let (room, begun) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            return Interpreted {
                answers: Vec::new(),
                gave_up: Some(no_child(&error)),
            };
        }
    };
    let mut batch = Batch {
        py,
        asks,
        table: how.map_or(Table::whole(), |how| bend(Table::whole(), how)),
        room,
        begun,
    };
    let (answers, gave_up) = make_all(py, &mut batch, mark);
    Interpreted { answers, gave_up }
}

struct Batch<'a, 'py> {
    py: Python<'py>,
    asks: &'a [Ask],
    table: Table,
    room: Room,
    /// The number of the call that was begun last, from 1.
    begun: &'static AtomicU64,
}

impl Calls for Batch<'_, '_> {
    type Seen = Answer;

    const LIMIT: Duration = Duration::from_secs(8);

    /// Most of what ends a process does so with many arguments.
    const MAX_DEATHS: usize = 400;

    fn count(&self) -> usize {
        self.asks.len()
    }

    fn forget(&self) {
        self.begun.store(0, Relaxed);
    }

    fn begun(&self) -> Option<usize> {
        usize::try_from(self.begun.load(Relaxed)).ok()?.checked_sub(1)
    }

    fn call(&mut self, number: usize) -> Option<Answer> {
        self.begun.store(number as u64 + 1, Relaxed);
        Some(call(self.py, &self.asks[number], self.table, &mut self.room))
    }

    fn died(&self, _: usize, how: HowEnded) -> Answer {
        Answer::Died(how)
    }
}

/// The number of the call that was begun last, from 1, where parent and child both see it.
fn begun() -> io::Result<&'static AtomicU64> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh mapping at an address that the kernel chooses touches no memory of ours.
    let start = unsafe {
        mmap_anonymous(
            std::ptr::null_mut(),
            size_of::<AtomicU64>(),
            protection,
            MapFlags::SHARED,
        )
    }?;
    // SAFETY: the mapping is large enough, starts at a page, holds zeroes, is never unmapped, and is only ever used
    // through this atomic word.
    Ok(unsafe { &*start.cast::<AtomicU64>() })
}
