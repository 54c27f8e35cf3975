//! Reading and writing memory that an exporter claims, without trusting the claim.
//!
//! Knows how this platform copies bytes of the own process so that a bad address is an error and no crash.
//! Must never know what the bytes mean.

#[cfg(unix)]
#[path = "memory/pipe.rs"]
mod pipe;
#[cfg(target_os = "linux")]
#[path = "memory/linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "memory/fallback.rs"]
mod platform;

pub(crate) use platform::{UNCHECKED, stack_floor, writable, write};

use bufcheck_protocol::layout::Memory;

/// Bytes at an address cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not mapped for reading")]
pub struct NotReadable;

/// The memory of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnMemory;

impl Memory for OwnMemory {
    type Error = NotReadable;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), NotReadable> {
        let address = usize::try_from(address).map_err(|_| NotReadable)?;
        if read(address, into) {
            Ok(())
        } else {
            Err(NotReadable)
        }
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, NotReadable> {
        let mut bytes = [0; size_of::<usize>()];
        self.read(address, &mut bytes)?;
        Ok(usize::from_ne_bytes(bytes) as u64)
    }
}

/// A piece of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it begins.
    pub(crate) address: usize,
    /// Bytes.
    pub(crate) len: usize,
}

impl Piece {
    /// The address behind it.
    pub(crate) const fn end(&self) -> usize {
        self.address.saturating_add(self.len)
    }
}

/// Copies the bytes at `address`; whether all of them could be read. Nothing can always be read.
pub(crate) fn read(address: usize, into: &mut [u8]) -> bool {
    let len = into.len();
    gather(&[Piece { address, len }], into) == 1
}

/// Copies pieces side by side into `into`, which is as long as all of them; how many of them, from the first on,
/// could be read whole. What `into` holds behind these is not to be used.
pub(crate) fn gather(pieces: &[Piece], into: &mut [u8]) -> usize {
    let sound = pieces
        .iter()
        .take_while(|piece| piece.address.checked_add(piece.len).is_some())
        .count();
    let lens = pieces[..sound].iter().map(|piece| piece.len);
    if lens.sum::<usize>() > into.len() {
        return 0;
    }
    platform::gather(&pieces[..sound], into)
}

/// How many pieces lie whole in the first `bytes` of all of them.
#[cfg(target_os = "linux")]
fn whole(pieces: &[Piece], bytes: usize) -> usize {
    let mut left = bytes;
    let fits = |piece: &&Piece| match left.checked_sub(piece.len) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    pieces.iter().take_while(fits).count()
}

/// Bytes of a page of this system.
pub(crate) fn page_size() -> usize {
    #[cfg(unix)]
    return rustix::param::page_size();
    #[cfg(not(unix))]
    return 4096;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_bytes_are_read_and_impossible_addresses_are_errors() {
        let source = *b"claimed";
        let mut into = [0; 7];
        assert_eq!(OwnMemory.read(source.as_ptr() as u64, &mut into), Ok(()));
        assert_eq!(into, source);
        for address in [0, 8, u64::MAX - 2] {
            assert_eq!(
                OwnMemory.read(address, &mut into),
                Err(NotReadable),
                "{address:#x}"
            );
        }
        assert_eq!(
            OwnMemory.read(8, &mut []),
            Ok(()),
            "nothing is read, so nothing can fail"
        );
    }

    #[test]
    fn pieces_are_gathered_up_to_the_first_that_cannot_be_read() {
        let source: Vec<u8> = (0..=255).collect();
        let at = |offset: usize, len| Piece {
            address: source.as_ptr() as usize + offset,
            len,
        };
        let bad = Piece { address: 16, len: 4 };
        let mut into = [0; 8];
        assert_eq!(gather(&[at(3, 2), at(200, 0), at(9, 1)], &mut into[..3]), 3);
        assert_eq!(into[..3], [3, 4, 9]);
        assert_eq!(gather(&[at(5, 2), bad, at(9, 1)], &mut into[..7]), 1);
        assert_eq!(into[..2], [5, 6]);
        assert_eq!(gather(&[bad], &mut into[..4]), 0);
        let beyond = Piece {
            address: usize::MAX,
            len: 4,
        };
        assert_eq!(gather(&[at(1, 1), beyond], &mut into[..5]), 1);
        assert_eq!(gather(&[at(0, 9)], &mut into), 0, "there is no room");
    }

    #[test]
    fn more_pieces_than_one_call_takes_are_gathered() {
        let source: Vec<u8> = (0..5000u32).map(|at| at.to_le_bytes()[0]).collect();
        let pieces: Vec<Piece> = source
            .iter()
            .map(|byte| Piece {
                address: std::ptr::from_ref(byte) as usize,
                len: 1,
            })
            .collect();
        let mut into = vec![0; source.len()];
        assert_eq!(gather(&pieces, &mut into), pieces.len());
        assert_eq!(into, source);
        let mut broken = pieces.clone();
        broken[3000].address = 16;
        assert_eq!(gather(&broken, &mut into), 3000);
    }
}
