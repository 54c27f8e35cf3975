//! The struct module's own reading of a string.
//!
//! Knows what `struct.calcsize` of `CPython` 3.11 accepts and answers, character by character. Must never
//! know the extended grammar: here `T{}`, names and inner order marks are errors.
//!
//! Source: `library/struct#format-strings`; checked against a real interpreter by `tests/format_python.rs`.

use super::code::{Code, Kind, Order};
use super::error::MAX_SIZE;
use super::parse::is_space;
use super::platform::{Platform, Word};

/// `struct.calcsize(text)` in bytes; `None` where it raises.
pub(super) fn size(text: &str, platform: Platform) -> Option<u64> {
    let limit = match platform.pointer {
        Word::Eight => MAX_SIZE,
        Word::Four => i32::MAX as u64,
    };
    let mut rest = text.as_bytes();
    let mut order = Order::Native;
    if let Some((mark, behind)) = rest.split_first()
        && let Some(found) = Order::from_mark(*mark).filter(|order| *order != Order::Unaligned)
    {
        (order, rest) = (found, behind);
    }
    let mut size = 0_u64;
    let mut bytes = rest.iter().copied();
    while let Some(mut byte) = bytes.next() {
        if is_space(char::from(byte)) {
            continue;
        }
        let mut count = None;
        while byte.is_ascii_digit() {
            let tens = count.unwrap_or(0_u64).checked_mul(10)?;
            count = Some(
                tens.checked_add(u64::from(byte - b'0'))
                    .filter(|count| *count <= limit)?,
            );
            byte = bytes.next()?;
        }
        let extent = known(byte)?.extent(order, platform)?;
        size = size.checked_next_multiple_of(extent.align)?;
        size = extent
            .size
            .checked_mul(count.unwrap_or(1))?
            .checked_add(size)
            .filter(|size| *size <= limit)?;
    }
    Some(size)
}

/// The row for a byte, if the struct module knows it.
fn known(byte: u8) -> Option<&'static Code> {
    let mut buffer = [0; 4];
    let code = Code::find(char::from(byte).encode_utf8(&mut buffer))?;
    match code.kind {
        Kind::LongDouble
        | Kind::Complex
        | Kind::ComplexLong
        | Kind::Ucs2
        | Kind::Ucs4
        | Kind::Object
        | Kind::Bits => None,
        Kind::Pad
        | Kind::Char
        | Kind::Bool
        | Kind::Signed
        | Kind::Unsigned
        | Kind::Float
        | Kind::Bytes
        | Kind::Pascal
        | Kind::Pointer => Some(code),
    }
}
