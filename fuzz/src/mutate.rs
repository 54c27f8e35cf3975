//! New input out of old: bytes changed, parts doubled, dropped, joined; numbers that lie at an edge.
//!
//! Knows bytes. Must never know a target.

use crate::MAX_INPUT;

/// Texts that parsers stumble over.
const TOKENS: [&[u8]; 24] = [
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e999",
    b"-1",
    b"0",
    b"(",
    b")",
    b"T{",
    b"}",
    b":",
    b"\0",
    b"\xff",
    b"[",
    b"]",
    b"{",
    b"null",
    b"\"",
    b"\\u0000",
    b"&",
    b"X{}",
    b"99999999999999999999s",
    b"<>=!@^",
];

/// Makes input; the same seed makes the same.
pub struct Mutator(u64);

impl Mutator {
    /// A start.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.number() % bound).unwrap_or(0)
    }

    /// An input that is a few changes away from one of these.
    pub fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let start = self.below(seeds.len());
        let mut input = seeds.get(start).cloned().unwrap_or_default();
        for _ in 0..=self.below(6) {
            self.change(&mut input, seeds);
        }
        input.truncate(MAX_INPUT);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = at + self.below((input.len() - at).min(64) + 1);
        match self.below(7) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << (self.number() % 8);
                }
            }
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = self.number().to_le_bytes()[0];
                }
            }
            2 => drop(input.drain(at..end)),
            3 => {
                let part = input[at..end].to_vec();
                let times = 1 + self.below(40);
                input.splice(at..at, part.repeat(times));
            }
            4 => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(at..end, token.iter().copied());
            }
            5 => {
                let other = self.below(seeds.len());
                let other = seeds.get(other).map_or(&[][..], Vec::as_slice);
                let from = self.below(other.len() + 1);
                input.splice(at..end, other[from..].iter().copied());
            }
            _ => {
                let byte = self.number().to_le_bytes()[0];
                input.insert(at, byte);
            }
        }
    }
}
