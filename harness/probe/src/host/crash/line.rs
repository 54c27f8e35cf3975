//! A line of bounded length that is put together without allocating.
//!
//! Knows bytes. Must never know what they say.

/// Bytes of a line.
const LENGTH: usize = 400;

pub(super) struct Line {
    bytes: [u8; LENGTH],
    used: usize,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; LENGTH],
            used: 0,
        }
    }

    pub(super) fn bytes(&mut self, more: &[u8]) -> &mut Self {
        for (place, byte) in self.bytes.iter_mut().skip(self.used).zip(more) {
            *place = *byte;
            self.used += 1;
        }
        self
    }

    pub(super) fn text(&mut self, more: &str) -> &mut Self {
        self.bytes(more.as_bytes())
    }

    pub(super) fn hex(&mut self, number: usize) -> &mut Self {
        self.text("0x");
        let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            self.bytes(&[b"0123456789abcdef"[(number >> (4 * digit)) & 15]]);
        }
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_nothing_overflows() {
        let mut line = Line::new();
        line.hex(0).text(" ").hex(0x41f).text(" ").hex(usize::MAX);
        let text = format!("0x0 0x41f {:#x}", usize::MAX);
        assert_eq!(line.as_bytes(), text.as_bytes());
        line.bytes(&[b'x'; 2 * LENGTH]);
        assert_eq!(line.as_bytes().len(), LENGTH);
    }
}
