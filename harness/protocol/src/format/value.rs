//! A decoded item, and how it compares with what was declared.
//!
//! Knows values and their JSON spelling: numbers, `"nan"`, `"inf"`, `"-inf"`, complex numbers as
//! `[re, im]`, bytes as latin-1 text or `{"hex": "00ff"}`, bits as text of `0` and `1`, records as lists or
//! as objects by field name. Must never know formats, offsets or byte order.

use serde_json::{Value as Json, json};

/// The width to which a floating-point value was rounded in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatWidth {
    /// binary16.
    Half,
    /// binary32.
    Single,
    /// binary64.
    Double,
}

/// One decoded value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `?`.
    Bool(bool),
    /// Any integer code.
    Int(i128),
    /// `e`, `f`, `d`.
    Float(f64, FloatWidth),
    /// `g`: the nearest `f64`, and the raw bytes in memory order, padding included.
    LongDouble(f64, Vec<u8>),
    /// Real and imaginary part.
    Complex(Box<[Value; 2]>),
    /// `c`, `s`, `p`: trailing NULs kept.
    Bytes(Vec<u8>),
    /// `u`, `w`: trailing NULs kept.
    Text(String),
    /// `P`, `&`, `X{}`: an address.
    Pointer(u64),
    /// `O`: the address of an object.
    Object(u64),
    /// `t`: bits in the order of memory.
    Bits(Vec<bool>),
    /// A sub-array, or a repeated code.
    List(Vec<Value>),
    /// A struct, or several values beside each other.
    Record(Vec<(Option<String>, Value)>),
    /// Bytes without a meaning: named padding, a void item, text that is no Unicode.
    Opaque(Vec<u8>),
}

impl PartialEq for Value {
    /// Bit for bit where floating-point numbers are concerned, but any NaN equals any NaN.
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a, _), Value::Float(b, _)) | (Value::LongDouble(a, _), Value::LongDouble(b, _)) => {
                same_float(*a, *b)
            }
            (Value::Complex(a), Value::Complex(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) | (Value::Opaque(a), Value::Opaque(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Pointer(a), Value::Pointer(b)) | (Value::Object(a), Value::Object(b)) => a == b,
            (Value::Bits(a), Value::Bits(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Record(a), Value::Record(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    /// Whether the value holds addresses, which no declaration can state.
    pub fn holds_addresses(&self) -> bool {
        match self {
            Value::Pointer(_) | Value::Object(_) => true,
            Value::List(values) => values.iter().any(Value::holds_addresses),
            Value::Record(fields) => fields.iter().any(|(_, value)| value.holds_addresses()),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(..)
            | Value::LongDouble(..)
            | Value::Complex(_)
            | Value::Bytes(_)
            | Value::Text(_)
            | Value::Bits(_)
            | Value::Opaque(_) => false,
        }
    }

    /// Whether the declared value, stored in this item's type, gives this value.
    ///
    /// A declared number is rounded as storing it would round it; text and bytes are filled up with NULs;
    /// an integer is never rounded.
    pub fn equals_json(&self, declared: &Json) -> bool {
        match self {
            Value::Bool(value) => declared.as_bool() == Some(*value),
            Value::Int(value) => json_integer(declared) == Some(*value),
            Value::Float(value, width) => {
                json_float(declared).is_some_and(|declared| same_float(*value, rounded(declared, *width)))
            }
            Value::LongDouble(value, _) => {
                json_float(declared).is_some_and(|declared| same_float(*value, declared))
            }
            Value::Complex(parts) => list_equals(parts.iter(), declared),
            Value::Bytes(bytes) | Value::Opaque(bytes) => {
                json_bytes(declared).is_some_and(|declared| filled(bytes, &declared, &0))
            }
            Value::Text(text) => declared.as_str().is_some_and(|declared| {
                filled(
                    &text.chars().collect::<Vec<_>>(),
                    &declared.chars().collect::<Vec<_>>(),
                    &'\0',
                )
            }),
            Value::Pointer(address) | Value::Object(address) => declared.as_u64() == Some(*address),
            Value::Bits(bits) => declared.as_str() == Some(&bit_text(bits)),
            Value::List(values) => list_equals(values.iter(), declared),
            Value::Record(fields) => match declared {
                Json::Object(named) => {
                    named.len() == fields.len()
                        && fields.iter().all(|(name, value)| {
                            let declared = name.as_ref().and_then(|name| named.get(name));
                            declared.is_some_and(|declared| value.equals_json(declared))
                        })
                }
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                    list_equals(fields.iter().map(|(_, value)| value), declared)
                }
            },
        }
    }

    /// The value as JSON, such that [`Value::equals_json`] holds for it; an integer beyond 64 bits becomes
    /// text, which is for reading only.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Bool(value) => json!(value),
            Value::Int(value) => i64::try_from(*value)
                .map(Json::from)
                .or_else(|_| u64::try_from(*value).map(Json::from))
                .unwrap_or_else(|_| json!(value.to_string())),
            Value::Float(value, _) | Value::LongDouble(value, _) => float_json(*value),
            Value::Complex(parts) => parts.iter().map(Value::to_json).collect(),
            Value::Bytes(bytes) => bytes_json(bytes),
            Value::Opaque(bytes) => hex_json(bytes),
            Value::Text(text) => json!(text.trim_end_matches('\0')),
            Value::Pointer(address) | Value::Object(address) => json!(address),
            Value::Bits(bits) => json!(bit_text(bits)),
            Value::List(values) => values.iter().map(Value::to_json).collect(),
            Value::Record(fields) => fields.iter().map(|(_, value)| value.to_json()).collect(),
        }
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn rounded(value: f64, width: FloatWidth) -> f64 {
    match width {
        FloatWidth::Half => half::f16::from_f64(value).to_f64(),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "rounding to the item's width is what is asked for"
        )]
        FloatWidth::Single => f64::from(value as f32),
        FloatWidth::Double => value,
    }
}

fn json_integer(declared: &Json) -> Option<i128> {
    let integer = declared
        .as_i64()
        .map(i128::from)
        .or_else(|| declared.as_u64().map(i128::from));
    integer.or_else(|| {
        let float = declared.as_f64()?;
        // Beyond 2^53 a float says which integer was meant no longer.
        #[allow(clippy::cast_possible_truncation, reason = "integral and below 2^53")]
        (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i128)
    })
}

fn json_float(declared: &Json) -> Option<f64> {
    match declared.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => declared.as_f64(),
    }
}

fn float_json(value: f64) -> Json {
    if value.is_nan() {
        json!("nan")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        json!(value)
    }
}

/// Latin-1 text or `{"hex": ".."}`.
fn json_bytes(declared: &Json) -> Option<Vec<u8>> {
    if let Some(text) = declared.as_str() {
        return text.chars().map(|c| u8::try_from(c).ok()).collect();
    }
    let object = declared.as_object().filter(|object| object.len() == 1)?;
    hex_bytes(object.get("hex")?.as_str()?)
}

/// The bytes that pairs of hexadecimal digits stand for; `None` for anything else.
pub fn hex_bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

fn bytes_json(bytes: &[u8]) -> Json {
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let kept = bytes.get(..end).unwrap_or_default();
    let plain = kept.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if plain && (end > 0 || bytes.is_empty()) {
        json!(kept.iter().map(|byte| char::from(*byte)).collect::<String>())
    } else {
        hex_json(bytes)
    }
}

fn hex_json(bytes: &[u8]) -> Json {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let hex: String = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    json!({ "hex": hex })
}

fn bit_text(bits: &[bool]) -> String {
    bits.iter().map(|bit| if *bit { '1' } else { '0' }).collect()
}

fn filled<T: PartialEq>(stored: &[T], declared: &[T], zero: &T) -> bool {
    stored
        .strip_prefix(declared)
        .is_some_and(|rest| rest.iter().all(|unit| unit == zero))
}

fn list_equals<'v>(mut values: impl ExactSizeIterator<Item = &'v Value>, declared: &Json) -> bool {
    let Some(declared) = declared.as_array() else {
        return false;
    };
    values.len() == declared.len()
        && declared
            .iter()
            .all(|declared| values.next().is_some_and(|v| v.equals_json(declared)))
}
