//! A key that tells answers apart, built and compared without a string.
//!
//! Knows everything of an answer that is written down. Must never know how it was obtained, or what it means.

use std::hash::{BuildHasherDefault, Hasher};

use bufcheck_model::observation::Field;

use crate::look::asked::Holder;
use crate::look::raised::Exception;
use crate::look::reader::{Ending, FORMAT_BOUND};
use crate::look::seen::{Place, Seen};

/// Room for the words of any key: fields, three arrays of 64, a format and a message at their bounds.
const KEY_WORDS: usize = 32 + 3 * 64 + FORMAT_BOUND / 8 + 1200 / 8 + 4;

/// What tells one answer from another, as words; built again and again in the same place.
pub(crate) struct Key {
    words: Box<[u64; KEY_WORDS]>,
    len: usize,
}

impl Key {
    pub(crate) fn new() -> Self {
        Self {
            words: Box::new([0; KEY_WORDS]),
            len: 0,
        }
    }

    /// The words.
    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        &self.words[..self.len]
    }

    #[inline]
    fn push(&mut self, word: u64) {
        if let Some(slot) = self.words.get_mut(self.len) {
            *slot = word;
            self.len += 1;
        }
    }

    #[inline]
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.push(bytes.len() as u64);
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.push(u64::from_ne_bytes(*chunk));
        }
        self.push(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    /// The key of a granted view: everything that [`view`](super::view::view) writes down. The address of an array is part of it
    /// only where it is recorded.
    #[inline]
    pub(crate) fn of_view(&mut self, seen: &Seen, raised: Option<&Exception<'_>>) {
        self.len = 0;
        let raw = &seen.asked.raw;
        let kept = |field, value: u64| if seen.untouched.contains(field) { 0 } else { value };
        let places = seen
            .places
            .iter()
            .fold(0, |word, place| word << 3 | *place as u64);
        let kinds = 1 | (seen.asked.holder as u64) << 1 | (seen.ending as u64) << 4 | places << 8;
        let readonly = kept(Field::Readonly, u64::from(raw.readonly.cast_unsigned()));
        let fields = [
            kinds | u64::from(seen.untouched.0) << 17 | u64::from(raised.is_some()) << 33,
            u64::from(seen.asked.returned.cast_unsigned()),
            kept(Field::Buf, raw.buf as u64),
            kept(Field::Len, raw.len.cast_unsigned() as u64),
            kept(Field::Itemsize, raw.itemsize.cast_unsigned() as u64),
            readonly | kept(Field::Ndim, u64::from(raw.ndim.cast_unsigned())) << 32,
        ];
        self.words[..fields.len()].copy_from_slice(&fields);
        self.len = fields.len();
        if let Holder::Other | Holder::Stray = seen.asked.holder {
            self.push(raw.obj as u64);
        }
        for which in 0..3 {
            match seen.places[which] {
                Place::Null => {}
                Place::Unreadable | Place::Unread => self.push(seen.pointer(which) as u64),
                Place::InView | Place::OnStack | Place::Elsewhere => {
                    for number in seen.array(which) {
                        self.push(number.cast_unsigned() as u64);
                    }
                }
            }
        }
        match seen.ending {
            Ending::Null => {}
            Ending::Unreadable => self.push(raw.format as u64),
            Ending::Unterminated | Ending::Terminated => self.push_bytes(&seen.format),
        }
        if let Some(raised) = raised {
            self.push_exception(raised);
        }
    }

    /// The key of a refusal.
    #[inline]
    pub(crate) fn of_refusal(&mut self, seen: &Seen, raised: Option<&Exception<'_>>) {
        self.len = 0;
        let kinds = (seen.asked.holder as u64) << 1 | u64::from(seen.asked.overrun) << 4;
        self.push(kinds | u64::from(raised.is_some()) << 5);
        if let Holder::Other | Holder::Stray = seen.asked.holder {
            self.push(seen.asked.raw.obj as u64);
        }
        if let Some(raised) = raised {
            self.push_exception(raised);
        }
    }

    fn push_exception(&mut self, raised: &Exception<'_>) {
        self.push(raised.kind() as u64);
        self.push_bytes(raised.message_bytes());
    }
}

/// Hashes the words of a key by folded multiplication: the pairs do not wait for each other.
#[derive(Clone, Copy, Default)]
pub(crate) struct WordHasher(u64);

/// A map from keys.
pub(crate) type KeyMap<T> = std::collections::HashMap<Box<[u64]>, T, BuildHasherDefault<WordHasher>>;

#[allow(
    clippy::cast_possible_truncation,
    reason = "halves of a 128-bit number are taken"
)]
impl Hasher for WordHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (pairs, rest) = bytes.as_chunks::<16>();
        let mut sum = self.0;
        for (at, pair) in pairs.iter().enumerate() {
            let pair = u128::from_ne_bytes(*pair);
            sum = sum.wrapping_add(fold(pair as u64, (pair >> 64) as u64, at as u64));
        }
        let last = rest
            .as_chunks::<8>()
            .0
            .first()
            .map_or(0, |word| u64::from_ne_bytes(*word));
        self.0 = fold(sum, last, rest.len() as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.0 ^= number as u64;
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "halves of a 128-bit number are taken"
)]
#[inline]
fn fold(one: u64, two: u64, salt: u64) -> u64 {
    const ONE: u64 = 0x2d35_8dcc_aa6c_78a5;
    const TWO: u64 = 0x8bb8_4b93_962e_acc9;
    let product = u128::from(one ^ ONE.wrapping_add(salt)) * u128::from(two ^ TWO);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_length_or_order_hash_apart() {
        use std::hash::BuildHasher as _;
        let hash = |words: &[u64]| BuildHasherDefault::<WordHasher>::default().hash_one(words);
        let keys: [&[u64]; 6] = [&[1], &[1, 0], &[0, 1], &[1, 2, 3], &[3, 2, 1], &[1, 2, 3, 0]];
        for (at, one) in keys.iter().enumerate() {
            for two in &keys[..at] {
                assert_ne!(hash(one), hash(two), "{one:?} {two:?}");
            }
        }
    }
}
