//! Two ways to read the small things that a view points to: shape, strides, suboffsets, format.
//!
//! Knows how they are read so that a bad address is no crash. Must never know what they say.
//!
//! [`Pages`](super::pages::Pages) is for one request after the other with nothing of the exporter in between: pages are
//! verified once, then loaded from. [`Guarded`] is for views that are held while anything may happen: the kernel
//! reads everything each time, in one call.

use bufcheck_protocol::layout::MAX_NDIM;

use crate::look::memory::{Piece, gather, read};

/// Bytes of a format that are read in search of its end.
pub(crate) const FORMAT_BOUND: usize = 4096;

/// The numbers behind shape, strides and suboffsets.
pub(crate) type Arrays = [[isize; MAX_NDIM]; 3];

/// How a format ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing: NULL or never written.
    #[default]
    Null,
    /// The pointer cannot be read.
    Unreadable,
    /// No NUL within the bound, or within what can be read.
    Unterminated,
    /// A string.
    Terminated,
}

/// What is to be read; an address of 0 stands for nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Numbers in each array.
    pub(crate) axes: usize,
    /// Addresses of shape, strides and suboffsets.
    pub(crate) arrays: [usize; 3],
    /// Address of the format.
    pub(crate) format: usize,
}

/// What was read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    /// Whether shape, strides and suboffsets could be read.
    pub(crate) arrays: [bool; 3],
    /// How the format ends.
    pub(crate) ending: Ending,
}

/// A way to read memory that an exporter points to.
///
/// There are defaults for the single things in a row; who can do better does.
pub(crate) trait Reader {
    /// Copies the numbers at `address`, as many as `into` holds; whether all of them could be read.
    fn numbers(&mut self, address: usize, into: &mut [isize]) -> bool;

    /// Copies the bytes from `address` on up to a NUL, or as far as can be read, or to the bound; never
    /// [`Ending::Null`].
    fn text(&mut self, address: usize, into: &mut Vec<u8>) -> Ending;

    /// Whether these numbers stand at `address`.
    fn holds_numbers(&mut self, address: usize, numbers: &[isize]) -> bool;

    /// Whether this text, which ends with a NUL, stands at `address`.
    fn holds_text(&mut self, address: usize, text: &[u8]) -> bool;

    /// Which of shape, strides and suboffsets, and whether the format, is no longer what it was.
    #[inline]
    fn differs(&mut self, wanted: &Wanted, arrays: &Arrays, format: &[u8]) -> ([bool; 3], bool) {
        let mut differs = [false; 3];
        for which in 0..3 {
            let address = wanted.arrays[which];
            differs[which] = address != 0 && !self.holds_numbers(address, &arrays[which][..wanted.axes]);
        }
        (
            differs,
            wanted.format != 0 && !self.holds_text(wanted.format, format),
        )
    }

    /// Copies everything that is wanted.
    #[inline]
    fn copy(&mut self, wanted: &Wanted, arrays: &mut Arrays, format: &mut Vec<u8>) -> Found {
        let mut found = Found::default();
        for (which, address) in wanted.arrays.into_iter().enumerate() {
            found.arrays[which] = address != 0 && self.numbers(address, &mut arrays[which][..wanted.axes]);
        }
        format.clear();
        if wanted.format != 0 {
            found.ending = self.text(wanted.format, format);
        }
        found
    }
}

/// Reads with the kernel's help each time.
pub(crate) struct Guarded;

/// Bytes of text that are read at once: up to the next multiple of this, so that no page beyond the end is touched.
const STEP: usize = 64;

impl Reader for Guarded {
    fn numbers(&mut self, address: usize, into: &mut [isize]) -> bool {
        let mut bytes = [0; NUMBERS];
        let Some(bytes) = bytes.get_mut(..size_of_val(into)) else {
            return false;
        };
        let whole = read(address, bytes);
        if whole {
            decode(bytes, into);
        }
        whole
    }

    fn text(&mut self, address: usize, into: &mut Vec<u8>) -> Ending {
        into.clear();
        go_on(address, into)
    }

    fn holds_numbers(&mut self, address: usize, numbers: &[isize]) -> bool {
        let mut now = [0; MAX_NDIM];
        let now = &mut now[..numbers.len().min(MAX_NDIM)];
        self.numbers(address, now) && now == numbers
    }

    fn holds_text(&mut self, address: usize, text: &[u8]) -> bool {
        let mut now = Vec::new();
        self.text(address, &mut now) == Ending::Terminated && now == text
    }

    fn differs(&mut self, wanted: &Wanted, arrays: &Arrays, format: &[u8]) -> ([bool; 3], bool) {
        let (mut now, mut text) = ([[0; MAX_NDIM]; 3], Vec::new());
        let found = self.copy(wanted, &mut now, &mut text);
        let numbers = [0, 1, 2].map(|which| {
            let (now, then) = (&now[which][..wanted.axes], &arrays[which][..wanted.axes]);
            wanted.arrays[which] != 0 && !(found.arrays[which] && now == then)
        });
        let same = found.ending == Ending::Terminated && text == format;
        (numbers, wanted.format != 0 && !same)
    }

    /// In one call, unless something cannot be read.
    fn copy(&mut self, wanted: &Wanted, arrays: &mut Arrays, format: &mut Vec<u8>) -> Found {
        let bytes = wanted.axes * size_of::<isize>();
        let mut pieces = [Piece { address: 0, len: 0 }; 4];
        for (piece, address) in pieces.iter_mut().zip(wanted.arrays) {
            if address != 0 {
                *piece = Piece { address, len: bytes };
            }
        }
        if wanted.format != 0 {
            pieces[3] = step(wanted.format);
        }
        let mut copied = [0; 3 * NUMBERS + STEP];
        let total: usize = pieces.iter().map(|piece| piece.len).sum();
        let copied = copied.get_mut(..total).unwrap_or_default();
        if total > 0 && gather(&pieces, copied) < pieces.len() {
            return one_by_one(self, wanted, arrays, format);
        }
        let mut found = Found::default();
        let mut rest = &*copied;
        for which in 0..3 {
            let (now, later) = rest.split_at(pieces[which].len);
            rest = later;
            found.arrays[which] = wanted.arrays[which] != 0;
            decode(now, &mut arrays[which]);
        }
        format.clear();
        if wanted.format != 0 {
            found.ending = if ended(rest, format) {
                Ending::Terminated
            } else {
                go_on(wanted.format, format)
            };
        }
        found
    }
}

/// Bytes of the longest array.
const NUMBERS: usize = size_of::<Arrays>() / 3;

/// What is wanted, with one call or more for each thing.
#[cold]
fn one_by_one(reader: &mut Guarded, wanted: &Wanted, arrays: &mut Arrays, format: &mut Vec<u8>) -> Found {
    let mut found = Found::default();
    for (which, address) in wanted.arrays.into_iter().enumerate() {
        found.arrays[which] = address != 0 && reader.numbers(address, &mut arrays[which][..wanted.axes]);
    }
    format.clear();
    if wanted.format != 0 {
        found.ending = go_on(wanted.format, format);
    }
    found
}

fn decode(bytes: &[u8], into: &mut [isize]) {
    let (words, _) = bytes.as_chunks();
    for (number, word) in into.iter_mut().zip(words) {
        *number = isize::from_ne_bytes(*word);
    }
}

/// The bytes from `address` on that are read at once.
fn step(address: usize) -> Piece {
    Piece {
        address,
        len: STEP - address % STEP,
    }
}

/// Adds what comes before a NUL; whether there is one.
fn ended(bytes: &[u8], into: &mut Vec<u8>) -> bool {
    let end = bytes.iter().position(|byte| *byte == 0);
    into.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
    end.is_some()
}

/// Reads the text that starts at `address` on from where `into` ends.
fn go_on(address: usize, into: &mut Vec<u8>) -> Ending {
    while into.len() < FORMAT_BOUND {
        let Some(at) = address.checked_add(into.len()) else {
            return Ending::Unterminated;
        };
        let mut bytes = [0; STEP];
        let bytes = &mut bytes[..step(at).len];
        if !read(at, bytes) {
            return if into.is_empty() {
                Ending::Unreadable
            } else {
                Ending::Unterminated
            };
        }
        if ended(bytes, into) {
            return Ending::Terminated;
        }
    }
    into.truncate(FORMAT_BOUND);
    Ending::Unterminated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::pages::Pages;

    const BAD: usize = 16;

    /// What was read: of the arrays, of the text, two numbers, the text.
    type Read = ([bool; 3], Ending, [isize; 2], Vec<u8>);

    fn both(wanted: &Wanted) -> [Read; 2] {
        let run = |reader: &mut dyn FnMut(&mut Arrays, &mut Vec<u8>) -> Found| {
            let (mut arrays, mut format) = ([[0; MAX_NDIM]; 3], b"left".to_vec());
            let found = reader(&mut arrays, &mut format);
            let numbers = [arrays[0][0], arrays[2][wanted.axes.max(1) - 1]];
            (found.arrays, found.ending, numbers, format)
        };
        let mut pages = Pages::new();
        [
            run(&mut |arrays, format| pages.copy(wanted, arrays, format)),
            run(&mut |arrays, format| Guarded.copy(wanted, arrays, format)),
        ]
    }

    #[test]
    fn both_readers_find_the_same() {
        let numbers: [isize; 3] = [3, -4, 5];
        let long = [vec![b'x'; 200], vec![0]].concat();
        let (at, text) = (numbers.as_ptr() as usize, c"T{i:a:}".as_ptr() as usize);
        let with = |arrays, format| Wanted {
            axes: 3,
            arrays,
            format,
        };
        for wanted in [
            with([at, 0, at], text),
            with([0; 3], 0),
            with([at, BAD, at], text),
            with([0, 0, at], BAD),
            with([0; 3], long.as_ptr() as usize + 7),
        ] {
            let [one, other] = both(&wanted);
            assert_eq!(one, other);
        }
        let [(found, ending, numbers, format), _] = both(&with([at, BAD, at], text));
        assert_eq!(
            (found, ending, numbers),
            ([true, false, true], Ending::Terminated, [3, 5])
        );
        assert_eq!(format, b"T{i:a:}");
    }

    #[test]
    fn a_text_without_an_end_is_cut_at_the_bound() {
        let endless = vec![b'B'; 2 * FORMAT_BOUND];
        let mut text = Vec::new();
        for reader in [&mut Guarded as &mut dyn FnText, &mut Pages::new()] {
            assert_eq!(
                reader.read_text(endless.as_ptr() as usize, &mut text),
                Ending::Unterminated
            );
            assert_eq!(text.len(), FORMAT_BOUND);
        }
    }

    trait FnText {
        fn read_text(&mut self, address: usize, into: &mut Vec<u8>) -> Ending;
    }

    impl<T: Reader> FnText for T {
        fn read_text(&mut self, address: usize, into: &mut Vec<u8>) -> Ending {
            self.text(address, into)
        }
    }
}
