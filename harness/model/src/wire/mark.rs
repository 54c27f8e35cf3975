//! The memory that a worker shares with the orchestrator: what is in flight, and what it noted when it crashed.
//!
//! Knows the place of every byte. Must never know how memory is shared, nor who is to blame.

use bufcheck_protocol::request::Request;

use crate::observation::{Crash, InFlight, Phase};

/// Size of that memory in bytes: the mark, and the last words behind it.
pub const SHARED: usize = Mark::SIZE + LastWords::SIZE;

/// The in-flight mark: what stands in the shared file. Little-endian, [`Mark::SIZE`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Counts every change, so that an unchanged mark means an unfinished step; the ticks of all threads are in it.
    pub count: u64,
    /// What is in flight.
    pub in_flight: InFlight,
    /// The step of the job that is being done, as a position in [`Job::steps`]; absent before the first.
    pub step: Option<u32>,
}

impl Mark {
    /// Threads that may tick, beside the one that notes what is in flight.
    pub const TICKS: usize = 16;

    /// Where the ticks begin, in bytes.
    pub const TICKS_AT: usize = 24;

    /// Size of the mark in bytes: count (8), phase (1), request present (1), unused (2), request (4), number of the
    /// step (4), counted from 1, unused (4), ticks (8 for each thread). Phase and request share a word, so that nobody
    /// sees one without the other.
    pub const SIZE: usize = Self::TICKS_AT + 8 * Self::TICKS;

    /// A mark in which nothing was noted yet.
    pub const EMPTY: Self = Self {
        count: 0,
        in_flight: InFlight {
            phase: Phase::Idle,
            request: None,
        },
        step: None,
    };

    /// The bytes of the mark.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..8].copy_from_slice(&self.count.to_le_bytes());
        let phase = Phase::ALL.iter().position(|phase| *phase == self.in_flight.phase);
        bytes[8] = phase.and_then(|phase| u8::try_from(phase).ok()).unwrap_or(0);
        if let Some(request) = self.in_flight.request {
            bytes[9] = 1;
            bytes[12..16].copy_from_slice(&request.flags().to_le_bytes());
        }
        let step = self.step.map_or(0, |step| step.saturating_add(1));
        bytes[16..20].copy_from_slice(&step.to_le_bytes());
        bytes
    }

    /// Reads a mark; an unknown phase reads as [`Phase::Idle`].
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let long = |at: usize| {
            u64::from(u32::from_le_bytes(word(at))) | u64::from(u32::from_le_bytes(word(at + 4))) << 32
        };
        let ticks = (0..Self::TICKS).map(|thread| long(Self::TICKS_AT + 8 * thread));
        let phase = Phase::ALL.get(usize::from(bytes[8])).copied();
        let request = (bytes[9] == 1).then(|| Request::new(i32::from_le_bytes(word(12))));
        Self {
            count: ticks.fold(long(0), u64::wrapping_add),
            in_flight: InFlight {
                phase: phase.unwrap_or(Phase::Idle),
                request,
            },
            step: u32::from_le_bytes(word(16)).checked_sub(1),
        }
    }
}

/// What a worker notes when it crashes: words that a signal handler can store without a lock. Little-endian,
/// [`LastWords::SIZE`] bytes behind the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWords {
    /// Its number on this platform.
    pub signal: u8,
    /// The address that was touched.
    pub address: Option<u64>,
    /// Whether it was written to.
    pub wrote: Option<bool>,
    /// The address that was called, where that is no code.
    pub called: Option<u64>,
    /// Where the instruction, or the caller, lies in its file; in bytes.
    pub offset: Option<u64>,
    /// The path of that file, padded with zeros; of a longer one the end.
    pub file: [u8; Self::PATH],
}

impl LastWords {
    /// The longest path of a file that is noted, in bytes.
    pub const PATH: usize = 256;

    /// The longest name of a file that is shown, in bytes.
    const NAME: usize = 64;

    /// Size in bytes: signal (1), what is there (1), unused (6), three numbers (8 each), the path. What is there: a bit for
    /// each number, one for the access, one that is set if that wrote. The first word is stored last.
    pub const SIZE: usize = 32 + Self::PATH;

    const ACCESS: u64 = 1 << 3;
    const WROTE: u64 = 1 << 4;

    /// The words, in the order of their places.
    pub fn to_words(&self) -> [u64; Self::SIZE / 8] {
        let mut words = [0; Self::SIZE / 8];
        let numbers = [self.address, self.called, self.offset];
        words[0] = u64::from(self.signal);
        for (place, number) in numbers.into_iter().enumerate() {
            if let Some(number) = number {
                words[0] |= 1 << (8 + place);
                words[1 + place] = number;
            }
        }
        if let Some(wrote) = self.wrote {
            words[0] |= (Self::ACCESS << 8) | (u64::from(wrote) * (Self::WROTE << 8));
        }
        for (place, byte) in self.file.into_iter().enumerate() {
            words[4 + place / 8] |= u64::from(byte) << (8 * (place % 8));
        }
        words
    }

    /// Reads them; `None` where nothing was noted.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Option<Self> {
        let word = |place: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[8 * place..8 * place + 8]);
            u64::from_le_bytes(word)
        };
        let number = |place: usize| (bytes[1] & (1 << place) != 0).then(|| word(1 + place));
        let has = |bit: u64| u64::from(bytes[1]) & bit != 0;
        let mut file = [0; Self::PATH];
        file.copy_from_slice(&bytes[32..]);
        (bytes[0] != 0).then(|| Self {
            signal: bytes[0],
            address: number(0),
            wrote: has(Self::ACCESS).then(|| has(Self::WROTE)),
            called: number(1),
            offset: number(2),
            file,
        })
    }

    /// What they say, with the name of the signal.
    pub fn crash(&self, signal: String) -> Crash {
        // A worker that crashes may have stored anything: what is shown has a shape.
        let name = self
            .path()
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        let name: String = name
            .iter()
            .take(Self::NAME)
            .map(|byte| {
                if byte.is_ascii_graphic() {
                    char::from(*byte)
                } else {
                    '?'
                }
            })
            .collect();
        Crash {
            signal,
            address: self.address,
            wrote: self.wrote,
            called: self.called,
            file: (self.offset.is_some() && !name.is_empty()).then_some(name),
            offset: self.offset,
            symbol: None,
        }
    }

    /// The path of the file, or its end: whatever the worker stored.
    pub fn path(&self) -> &[u8] {
        let end = self.file.iter().position(|byte| *byte == 0);
        &self.file[..end.unwrap_or(Self::PATH)]
    }
}
