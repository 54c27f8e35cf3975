//! What a child writes down so that its parent can read it whatever becomes of the child.
//!
//! Knows how events and faults are packed into words of shared memory. Must never know who wrote them, or why.
//!
//! Every word is atomic and every write a store: the fault handler writes here, too.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bufcheck_model::observation::FieldSet;
use bufcheck_model::spy::{Access, Event, Fault, Moment, Place, Region, Released};
use bufcheck_protocol::request::Request;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

/// Events of one call that are kept.
const EVENTS: usize = 200;

/// Faults of one call that are kept; whoever meets more of them has lost its way, and the child is ended.
pub(super) const FAULTS: usize = 48;

const CALL: usize = 0;
const AFTER: usize = 1;
const EVENT_COUNT: usize = 2;
const FAULT_COUNT: usize = 3;
const SIGNAL: usize = 4;
const FIRST_EVENT: usize = 8;
const FIRST_FAULT: usize = FIRST_EVENT + EVENTS;
const WORDS: usize = FIRST_FAULT + FAULTS;

static SHARED: OnceLock<Shared> = OnceLock::new();

/// Words that parent and child share.
#[derive(Clone, Copy)]
pub(super) struct Shared(&'static [AtomicU64; WORDS]);

impl Shared {
    /// Maps them, the first time.
    pub(super) fn map() -> io::Result<Self> {
        if let Some(known) = Self::get() {
            return Ok(known);
        }
        let length = WORDS * size_of::<u64>();
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address that the kernel chooses touches no memory of ours.
        let start = unsafe { mmap_anonymous(std::ptr::null_mut(), length, protection, MapFlags::SHARED) }?;
        // SAFETY: the mapping is as large as the array, starts at a page, holds zeroes, is never unmapped, and is only
        // ever used through these atomic words.
        let words = unsafe { &*start.cast::<[AtomicU64; WORDS]>() };
        Ok(*SHARED.get_or_init(|| Self(words)))
    }

    /// The words, once they are mapped. Nothing but a load: the fault handler may call it.
    pub(super) fn get() -> Option<Self> {
        SHARED.get().copied()
    }

    /// A call begins.
    pub(super) fn begin(self, call: usize) {
        for word in [AFTER, EVENT_COUNT, FAULT_COUNT, SIGNAL] {
            self.0[word].store(0, Relaxed);
        }
        self.0[CALL].store(call as u64 + 1, Relaxed);
    }

    /// The call that was begun last.
    pub(super) fn call(self) -> Option<usize> {
        usize::try_from(self.0[CALL].load(Relaxed)).ok()?.checked_sub(1)
    }

    /// No call was begun yet.
    pub(super) fn forget(self) {
        self.begin(0);
        self.0[CALL].store(0, Relaxed);
    }

    /// The call is over; its result is looked at.
    pub(super) fn after_call(self) {
        self.0[AFTER].store(1, Relaxed);
    }

    pub(super) fn is_after_call(self) -> bool {
        self.0[AFTER].load(Relaxed) != 0
    }

    /// The signal that ended the child, noted by the handler.
    pub(super) fn signal(self) -> Option<i32> {
        i32::try_from(self.0[SIGNAL].load(Relaxed))
            .ok()
            .filter(|signal| *signal != 0)
    }

    pub(super) fn set_signal(self, signal: i32) {
        self.0[SIGNAL].store(signal.unsigned_abs().into(), Relaxed);
    }

    /// Notes a request: its word, whether it was granted.
    pub(super) fn asked(self, flags: i32, granted: bool, moment: Moment) {
        let word = 1 | u64::from(granted) << 8 | moment_bits(moment) << 16;
        self.event(word | u64::from(flags.cast_unsigned()) << 32);
    }

    /// Notes a release: what was given back, and one bit a field that had changed.
    pub(super) fn released(self, what: Released, changed: FieldSet, moment: Moment) {
        let what = match what {
            Released::Held => 0,
            Released::Again => 1,
            Released::Unknown => 2,
        };
        self.event(2 | what << 8 | moment_bits(moment) << 16 | u64::from(changed.0) << 32);
    }

    fn event(self, word: u64) {
        let at = usize::try_from(self.0[EVENT_COUNT].fetch_add(1, Relaxed)).unwrap_or(EVENTS);
        if at < EVENTS {
            self.0[FIRST_EVENT + at].store(word, Relaxed);
        }
    }

    /// Notes a fault; how many there are now.
    pub(super) fn fault(self, fault: Fault) -> usize {
        let at = usize::try_from(self.0[FAULT_COUNT].fetch_add(1, Relaxed)).unwrap_or(FAULTS);
        if at < FAULTS {
            self.0[FIRST_FAULT + at].store(pack(fault), Relaxed);
        }
        at + 1
    }

    /// The events of the call.
    pub(super) fn events(self) -> Vec<Event> {
        self.kept(EVENT_COUNT, FIRST_EVENT, EVENTS).map(event).collect()
    }

    /// The faults of the call.
    pub(super) fn faults(self) -> Vec<Fault> {
        self.kept(FAULT_COUNT, FIRST_FAULT, FAULTS).map(unpack).collect()
    }

    fn kept(self, count: usize, first: usize, most: usize) -> impl Iterator<Item = u64> {
        let count = usize::try_from(self.0[count].load(Relaxed))
            .unwrap_or(most)
            .min(most);
        self.0[first..first + count].iter().map(|word| word.load(Relaxed))
    }
}

fn moment_bits(moment: Moment) -> u64 {
    u64::from(moment.without_gil) | u64::from(moment.error_set) << 1
}

fn event(word: u64) -> Event {
    let moment = Moment {
        without_gil: word >> 16 & 1 != 0,
        error_set: word >> 17 & 1 != 0,
    };
    let high = (word >> 32) as u32;
    if word & 0xff == 1 {
        return Event::Asked {
            request: Request::new(high.cast_signed()),
            granted: word >> 8 & 1 != 0,
            moment,
        };
    }
    Event::Released {
        what: match word >> 8 & 0xff {
            0 => Released::Held,
            1 => Released::Again,
            _ => Released::Unknown,
        },
        changed: FieldSet(u16::try_from(high).unwrap_or_default()),
        moment,
    }
}

/// Access (2 bits), kind of place (6), region (8), bytes from address 0 (16), views held (8), granted (8), after the
/// call (8).
fn pack(fault: Fault) -> u64 {
    let access = match fault.access {
        None => 0,
        Some(Access::Read) => 1,
        Some(Access::Write) => 2,
    };
    let (kind, region, offset) = match fault.place {
        Place::Inside(region) => (0, region as u64, 0),
        Place::Before(region) => (1, region as u64, 0),
        Place::Behind(region) => (2, region as u64, 0),
        Place::Null(offset) => (3, 0, u64::from(offset)),
        Place::Impossible => (4, 0, 0),
        Place::Elsewhere => (5, 0, 0),
    };
    let counted = |count: u32| u64::from(count.min(0xff));
    access
        | kind << 2
        | region << 8
        | offset << 16
        | counted(fault.held) << 32
        | counted(fault.granted) << 40
        | u64::from(fault.after_call) << 48
}

fn unpack(word: u64) -> Fault {
    let byte = |at: u32| u32::from((word >> at & 0xff) as u8);
    let region = Region::ALL[(byte(8) as usize).min(Region::ALL.len() - 1)];
    Fault {
        access: match word & 3 {
            1 => Some(Access::Read),
            2 => Some(Access::Write),
            _ => None,
        },
        place: match word >> 2 & 0x3f {
            0 => Place::Inside(region),
            1 => Place::Before(region),
            2 => Place::Behind(region),
            3 => Place::Null(u16::try_from(word >> 16 & 0xffff).unwrap_or(0)),
            4 => Place::Impossible,
            _ => Place::Elsewhere,
        },
        held: byte(32),
        granted: byte(40),
        after_call: byte(48) != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bufcheck_model::observation::Field;

    #[test]
    fn what_is_noted_reads_as_it_was() {
        let shared = Shared::map().expect("memory");
        shared.begin(7);
        assert_eq!(shared.call(), Some(7));
        let moment = Moment {
            without_gil: false,
            error_set: true,
        };
        shared.asked(-0x11c, true, moment);
        let mut changed = FieldSet::EMPTY;
        changed.insert(Field::Buf);
        changed.insert(Field::Suboffsets);
        shared.released(Released::Again, changed, Moment::default());
        assert_eq!(
            shared.events(),
            [
                Event::Asked {
                    request: Request::new(-0x11c),
                    granted: true,
                    moment
                },
                Event::Released {
                    what: Released::Again,
                    changed,
                    moment: Moment::default()
                }
            ]
        );
        let places = [
            Place::Inside(Region::Format),
            Place::Before(Region::Memory),
            Place::Behind(Region::Strides),
            Place::Null(0xfffe),
            Place::Impossible,
            Place::Elsewhere,
        ];
        let faults: Vec<Fault> = places
            .into_iter()
            .enumerate()
            .map(|(at, place)| Fault {
                access: [None, Some(Access::Read), Some(Access::Write)][at % 3],
                place,
                held: 1,
                granted: 200,
                after_call: at % 2 == 0,
            })
            .collect();
        for (at, fault) in faults.iter().enumerate() {
            assert_eq!(shared.fault(*fault), at + 1);
        }
        assert_eq!(shared.faults(), faults);
        shared.forget();
        assert_eq!((shared.call(), shared.events().len()), (None, 0));
    }
}
