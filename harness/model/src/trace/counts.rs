//! How often each thing was seen: words in shared memory, so that they outlast whatever ends the process.
//!
//! Knows what each word counts and how they are read. Must never know who writes them.
//!
//! The file is an array of 64-bit words in the byte order of the machine: [`MAGIC`], the words of [`Global`], and the
//! words of [`Cell`] for each site.

/// The first word; it tells the byte order, too.
pub const MAGIC: u64 = 0x6275_6663_6865_0001;

/// Sites that one process can tell apart; what comes beyond them is counted together.
pub const MAX_SITES: usize = 1 << 14;

/// Words of the whole process, with [`MAGIC`].
pub const GLOBALS: usize = 16;

/// Words of each site.
pub const CELLS: usize = 4;

/// What is counted over the whole process, each in the word of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// Requests in all.
    Requests = 1,
    /// Releases of a struct with an owner, in all.
    Releases = 2,
    /// Releases of a struct without one: a refused one, or one that was released before.
    NullReleases = 3,
    /// Releases of a copy of the struct.
    Copies = 4,
    /// Releases of a copy that is not as the struct was.
    ChangedCopies = 5,
    /// Releases of what nobody was seen to be granted.
    Unknown = 6,
    /// Releases that a slot saw and the entry did not.
    SlotOnly = 7,
    /// Requests that a slot saw and the entry did not.
    SlotOnlyRequests = 8,
    /// Requests beyond [`MAX_SITES`].
    BeyondSites = 9,
    /// Views beyond those that can be kept in mind.
    Untracked = 10,
    /// Lines that were not written: the file is full, or could not be written.
    Unwritten = 11,
    /// Types whose slots could not be watched.
    Unwatched = 12,
    /// Requests by a thread without a thread state.
    WithoutLock = 13,
}

/// What is counted for each site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Requests.
    Requests,
    /// Those that were granted.
    Grants,
    /// Those that were refused.
    Refusals,
    /// Releases of its views.
    Releases,
}

/// The counts of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

impl Counts {
    /// The counts in these bytes; `None` if they are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let words: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()))
            .collect();
        (words.first() == Some(&MAGIC) && words.len() >= GLOBALS).then_some(Self(words))
    }

    /// One number of the whole process.
    pub fn global(&self, what: Global) -> u64 {
        self.0.get(what as usize).copied().unwrap_or(0)
    }

    /// One number of a site.
    pub fn of(&self, site: u32, what: Cell) -> u64 {
        let at = (site as usize)
            .checked_mul(CELLS)
            .and_then(|at| at.checked_add(GLOBALS + what as usize));
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_again_and_nothing_else_is_taken_for_counts() {
        let mut words = [0u64; GLOBALS + 2 * CELLS];
        words[0] = MAGIC;
        words[Global::Copies as usize] = 7;
        words[GLOBALS + CELLS + Cell::Refusals as usize] = 5;
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let counts = Counts::read(&bytes).unwrap();
        assert_eq!(counts.global(Global::Copies), 7);
        assert_eq!(counts.of(1, Cell::Refusals), 5);
        assert_eq!(counts.of(0, Cell::Refusals), 0);
        assert_eq!(counts.of(u32::MAX, Cell::Releases), 0);
        assert_eq!(Counts::read(&bytes[..64]), None);
        assert_eq!(Counts::read(&bytes[8..]), None);
        assert_eq!(Counts::read(b""), None);
    }
}
