//! Values of items, as Python has them.
//!
//! Knows how a value is read, written, compared and printed. Must never know where its item lies.

use std::cmp::Ordering;

use bufcheck_protocol::format::{Format, Platform, Value};

/// The native formats of one letter that the text promises: those of the struct module
/// (library/stdtypes.html#memoryview.tolist).
const LETTERS: &str = "cbBhHiIlLqQnNefd?Psp";

/// The letter of a native format of one.
pub(super) fn letter(format: &str) -> Option<char> {
    let mut letters = format.strip_prefix('@').unwrap_or(format).chars();
    let letter = letters.next().filter(|letter| LETTERS.contains(*letter))?;
    letters.next().is_none().then_some(letter)
}

/// The size of an item of a native format of one letter, in bytes.
pub(super) fn size(format: &str, platform: Platform) -> Option<i64> {
    letter(format)?;
    let size = Format::parse(format).ok()?.struct_module_size(&platform)?;
    i64::try_from(size).ok()
}

/// The value of an item.
pub(super) fn read(format: &str, bytes: &[u8], platform: Platform) -> Option<Value> {
    Format::parse(format).ok()?.decode(bytes, &platform).ok()
}

/// A value as `repr` writes it; `None` where no native letter gives such a value.
pub(super) fn repr(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Int(number) => Some(number.to_string()),
        Value::Pointer(address) => Some(address.to_string()),
        Value::Float(number, _) => Some(float(*number)),
        Value::Bytes(bytes) => Some(literal(bytes)),
        _ => None,
    }
}

/// A number as Python writes it: the shortest digits that come back, an exponent below 1e-4 and from 1e16 on.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.into();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// Bytes as Python writes them.
fn literal(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\t' => text += "\\t",
            b'\n' => text += "\\n",
            b'\r' => text += "\\r",
            b'\\' => text += "\\\\",
            b' '..=b'~' if char::from(*byte) == quote => {
                text.push('\\');
                text.push(quote);
            }
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text += &format!("\\x{other:02x}"),
        }
    }
    text.push(quote);
    text
}

/// Whether two items have equal values: tuples of numbers and bytes, as the struct module unpacks them.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    let (mut one_by_one, mut others) = (Vec::new(), Vec::new());
    flatten(one, &mut one_by_one);
    flatten(other, &mut others);
    let mut pairs = one_by_one.iter().zip(&others);
    one_by_one.len() == others.len() && pairs.all(|(one, other)| same(one, other))
}

fn flatten<'v>(value: &'v Value, into: &mut Vec<&'v Value>) {
    match value {
        Value::List(values) => values.iter().for_each(|value| flatten(value, into)),
        Value::Record(fields) => fields.iter().for_each(|(_, value)| flatten(value, into)),
        plain => into.push(plain),
    }
}

/// As Python compares two values: numbers by what they are, whatever their type.
fn same(one: &Value, other: &Value) -> bool {
    match (number(one), number(other)) {
        (Some(Number::Whole(one)), Some(Number::Whole(other))) => one == other,
        (Some(Number::Real(one)), Some(Number::Real(other))) => {
            one.partial_cmp(&other) == Some(Ordering::Equal)
        }
        (Some(Number::Whole(whole)), Some(Number::Real(real)))
        | (Some(Number::Real(real)), Some(Number::Whole(whole))) => is_whole(real, whole),
        _ => matches!((one, other), (Value::Bytes(one), Value::Bytes(other)) if one == other),
    }
}

enum Number {
    Whole(i128),
    Real(f64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(yes) => Some(Number::Whole(i128::from(*yes))),
        Value::Int(number) => Some(Number::Whole(*number)),
        Value::Pointer(address) => Some(Number::Whole(i128::from(*address))),
        Value::Float(number, _) => Some(Number::Real(*number)),
        _ => None,
    }
}

/// Whether a number is exactly this integer.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and only integers of at most 64 bits are asked for"
)]
fn is_whole(real: f64, whole: i128) -> bool {
    real.fract() == 0.0 && real as i128 == whole
}

/// A literal of Python as the bytes of an item; `None` where it is no value of the format.
pub(super) fn write(format: &str, literal: &str, platform: Platform) -> Option<Vec<u8>> {
    let letter = letter(format)?;
    let size = usize::try_from(size(format, platform)?).ok()?;
    let mut bytes = match (letter, literal) {
        ('?', "True") => vec![1],
        ('?', "False") => vec![0],
        ('c', _) => {
            let byte = literal.strip_prefix("b'")?.strip_suffix('\'')?.as_bytes();
            return (byte.len() == 1).then(|| byte.to_vec());
        }
        ('f', _) => real(literal)?.to_le_bytes().to_vec(),
        ('d', _) => literal.parse::<f64>().ok()?.to_le_bytes().to_vec(),
        ('b' | 'h' | 'i' | 'l' | 'q' | 'n', _) => whole(literal, size, true)?,
        ('B' | 'H' | 'I' | 'L' | 'Q' | 'N', _) => whole(literal, size, false)?,
        _ => return None,
    };
    if !platform.little_endian {
        bytes.reverse();
    }
    Some(bytes)
}

/// A number rounded to 32 bits, if it fits.
#[allow(clippy::cast_possible_truncation, reason = "rounding is what the format does")]
fn real(literal: &str) -> Option<f32> {
    let exact: f64 = literal.parse().ok()?;
    let rounded = exact as f32;
    (rounded.is_infinite() == exact.is_infinite()).then_some(rounded)
}

/// An integer of this many bytes, the least significant first.
fn whole(literal: &str, size: usize, signed: bool) -> Option<Vec<u8>> {
    let number: i128 = literal.parse().ok()?;
    let bits = u32::try_from(size * 8).ok()?;
    let (low, high) = if signed {
        (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
    } else {
        (0, (1_i128 << bits) - 1)
    };
    let fits = (low..=high).contains(&number);
    fits.then(|| number.to_le_bytes()[..size].to_vec())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{float, literal};

    #[rstest]
    #[case(0.0, "0.0")]
    #[case(-0.0, "-0.0")]
    #[case(1.0, "1.0")]
    #[case(0.0001, "0.0001")]
    #[case(0.00001, "1e-05")]
    #[case(1e15, "1000000000000000.0")]
    #[case(1e16, "1e+16")]
    #[case(-1.5e300, "-1.5e+300")]
    #[case(5e-324, "5e-324")]
    #[case(f64::NAN, "nan")]
    #[case(f64::NEG_INFINITY, "-inf")]
    fn numbers_are_written_as_python_writes_them(#[case] number: f64, #[case] text: &str) {
        assert_eq!(float(number), text);
    }

    #[rstest]
    #[case(b"a", "b'a'")]
    #[case(b"'", "b\"'\"")]
    #[case(b"'\"", "b'\\'\"'")]
    #[case(b"\\\n\x00\xff", "b'\\\\\\n\\x00\\xff'")]
    fn bytes_are_written_as_python_writes_them(#[case] bytes: &[u8], #[case] text: &str) {
        assert_eq!(literal(bytes), text);
    }
}
