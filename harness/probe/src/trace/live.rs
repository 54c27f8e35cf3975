//! The views that were granted and not yet given back.
//!
//! Knows each by the address of its struct and by its owner, in constant time. Must never know what a view means.
//!
//! The room is taken once, as pages that cost nothing until they are used, so that it can be left out when the memory of
//! the process is searched for copies.

use std::mem::size_of;
use std::ops::Range;
use std::ptr;

use pyo3::ffi::Py_buffer;

use crate::look::differences;

/// Views that can be kept in mind at a time.
pub(super) const MOST: usize = 1 << 17;

const BUCKETS: usize = 1 << 16;

/// Views of one owner that are compared in search of one.
const LONGEST: usize = 4096;

/// Releases that are remembered.
const REMEMBERED: usize = 1 << 12;

/// No entry.
const NONE: u32 = 0;

/// A view.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// The struct as it was granted.
    pub(super) granted: Py_buffer,
    /// The address at which that was.
    pub(super) address: usize,
    /// Who asked.
    pub(super) site: u32,
    /// Fields that the exporter never wrote.
    pub(super) untouched: u16,
    /// The type of its owner has a release slot.
    pub(super) owner_releases: bool,
    /// Another view was granted at the same address since.
    pub(super) displaced: bool,
    used: bool,
    by_address: u32,
    next: u32,
    previous: u32,
}

/// What was released.
#[derive(Clone, Copy)]
pub(super) struct Past {
    pub(super) granted: Py_buffer,
    pub(super) site: u32,
    pub(super) owner_releases: bool,
    used: bool,
}

#[repr(C)]
struct Room {
    entries: [Entry; MOST],
    by_address: [u32; BUCKETS],
    by_owner: [u32; BUCKETS],
    past: [Past; REMEMBERED],
}

/// All views.
pub(super) struct Live {
    room: &'static mut Room,
    /// Entries beyond this one were never used; entry 0 is none.
    fresh: usize,
    free: u32,
    count: usize,
}

// SAFETY: the addresses in it are compared and never followed.
unsafe impl Send for Live {}

/// A view that is still held, and where its entry is.
pub(super) type At = u32;

fn bucket(address: usize) -> usize {
    ((address >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) % BUCKETS
}

/// Whether two structs are alike in every field.
pub(super) fn alike(one: &Py_buffer, other: &Py_buffer) -> bool {
    differences(one, other).is_empty()
}

impl Live {
    /// An empty table; `None` if there is no room.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: a new mapping of zeros, which lives as long as the process. Zeros are valid for everything in it:
        // numbers, `false`, and null pointers.
        let room = unsafe {
            let room = libc::mmap(
                ptr::null_mut(),
                size_of::<Room>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            );
            if room == libc::MAP_FAILED {
                return None;
            }
            &mut *room.cast::<Room>()
        };
        Some(Self {
            room,
            fresh: 1,
            free: NONE,
            count: 0,
        })
    }

    /// Where the table itself lies.
    pub(super) fn extent(&self) -> Range<usize> {
        let start = ptr::from_ref::<Room>(self.room) as usize;
        start..start + size_of::<Room>()
    }

    /// Keeps a view in mind; `false` if there is no room. One that was granted at the same address is displaced.
    pub(super) fn insert(
        &mut self,
        address: usize,
        granted: &Py_buffer,
        site: u32,
        untouched: u16,
        releases: bool,
    ) -> bool {
        if let Some(at) = self.at(address) {
            self.unlink_address(at);
            self.entry_mut(at).displaced = true;
        }
        let at = if self.free != NONE {
            let at = self.free;
            self.free = self.entry(at).next;
            at
        } else if self.fresh < MOST {
            self.fresh += 1;
            u32::try_from(self.fresh - 1).unwrap_or(NONE)
        } else {
            return false;
        };
        let (here, owner) = (bucket(address), bucket(granted.obj as usize));
        let next = self.room.by_owner[owner];
        *self.entry_mut(at) = Entry {
            granted: *granted,
            address,
            site,
            untouched,
            owner_releases: releases,
            displaced: false,
            used: true,
            by_address: self.room.by_address[here],
            next,
            previous: NONE,
        };
        if next != NONE {
            self.entry_mut(next).previous = at;
        }
        self.room.by_address[here] = at;
        self.room.by_owner[owner] = at;
        self.count += 1;
        true
    }

    /// The view that was granted at this address and not displaced.
    pub(super) fn at(&self, address: usize) -> Option<At> {
        let mut at = self.room.by_address[bucket(address)];
        while at != NONE {
            let entry = self.entry(at);
            if entry.address == address {
                return Some(at);
            }
            at = entry.by_address;
        }
        None
    }

    /// The first view of this owner that `holds`.
    pub(super) fn of_owner(&self, owner: usize, holds: impl Fn(&Entry) -> bool) -> Option<At> {
        let mut at = self.room.by_owner[bucket(owner)];
        for _ in 0..LONGEST {
            if at == NONE {
                return None;
            }
            let entry = self.entry(at);
            if entry.granted.obj as usize == owner && holds(entry) {
                return Some(at);
            }
            at = entry.next;
        }
        None
    }

    /// The entry of a view.
    pub(super) fn entry(&self, at: At) -> &Entry {
        &self.room.entries[at as usize % MOST]
    }

    fn entry_mut(&mut self, at: At) -> &mut Entry {
        &mut self.room.entries[at as usize % MOST]
    }

    /// Forgets a view that was released, and remembers that it was.
    pub(super) fn release(&mut self, at: At) -> Entry {
        let entry = *self.entry(at);
        if !entry.displaced {
            self.unlink_address(at);
        }
        if entry.previous == NONE {
            self.room.by_owner[bucket(entry.granted.obj as usize)] = entry.next;
        } else {
            self.entry_mut(entry.previous).next = entry.next;
        }
        if entry.next != NONE {
            self.entry_mut(entry.next).previous = entry.previous;
        }
        let free = self.free;
        let place = self.entry_mut(at);
        place.used = false;
        place.next = free;
        self.free = at;
        self.count -= 1;
        self.room.past[Self::memory(&entry.granted)] = Past {
            granted: entry.granted,
            site: entry.site,
            owner_releases: entry.owner_releases,
            used: true,
        };
        entry
    }

    /// What was released and is, bit by bit, this struct.
    pub(super) fn past(&self, view: &Py_buffer) -> Option<Past> {
        let past = self.room.past[Self::memory(view)];
        (past.used && alike(&past.granted, view)).then_some(past)
    }

    fn memory(view: &Py_buffer) -> usize {
        bucket(view.obj as usize ^ (view.buf as usize).rotate_left(17)) % REMEMBERED
    }

    /// Views that are held.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.room.entries[..self.fresh].iter().filter(|entry| entry.used)
    }

    fn unlink_address(&mut self, at: At) {
        let (address, next) = (self.entry(at).address, self.entry(at).by_address);
        let here = bucket(address);
        let mut before = self.room.by_address[here];
        if before == at {
            self.room.by_address[here] = next;
            return;
        }
        while before != NONE {
            let after = self.entry(before).by_address;
            if after == at {
                self.entry_mut(before).by_address = next;
                return;
            }
            before = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(owner: usize, buf: usize) -> Py_buffer {
        let mut view = Py_buffer::new();
        view.obj = ptr::without_provenance_mut(owner);
        view.buf = ptr::without_provenance_mut(buf);
        view
    }

    #[test]
    fn views_are_found_by_address_and_by_owner_and_forgotten() {
        let mut live = Live::new().unwrap();
        for number in 1..=1000 {
            assert!(live.insert(number * 16, &view(number % 7 * 64 + 64, number), 3, 0, true));
        }
        assert_eq!(live.count, 1000);
        for number in (1..=1000).rev() {
            let at = live.at(number * 16).unwrap();
            assert_eq!(live.entry(at).granted.buf as usize, number);
            let same = live.of_owner(number % 7 * 64 + 64, |entry| entry.granted.buf as usize == number);
            assert_eq!(same, Some(at));
            live.release(at);
            assert_eq!(live.at(number * 16), None);
        }
        assert_eq!(live.entries().count(), 0);
        assert!(live.past(&view(64 * 2, 1)).is_some());
        assert!(live.past(&view(64 * 2, 99_999)).is_none());
    }

    #[test]
    fn a_view_at_the_address_of_another_displaces_it() {
        let mut live = Live::new().unwrap();
        live.insert(16, &view(64, 1), 0, 0, false);
        live.insert(16, &view(64, 2), 0, 0, false);
        let second = live.at(16).unwrap();
        assert_eq!(live.entry(second).granted.buf as usize, 2);
        let first = live.of_owner(64, |entry| entry.displaced).unwrap();
        live.release(first);
        assert_eq!(live.at(16), Some(second));
        live.release(second);
        assert_eq!(live.count, 0);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let mut live = Live::new().unwrap();
        let inserted = (1..MOST + 5)
            .filter(|number| live.insert(number * 32, &view(number * 64, 0), 0, 0, false))
            .count();
        assert_eq!(inserted, MOST - 1);
    }
}
