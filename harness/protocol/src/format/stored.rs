//! Whether a declared value can be stored as an item.
//!
//! Knows the JSON spelling of values, and how far integers reach. Must never know which bytes are really there.

use serde_json::Value as Json;

use super::value::{Value, hex_bytes};

/// One item three times: of bytes that are all 0, all `0xff`, and all `0x7f`. Their integers say how wide a field is
/// and whether it has a sign, in either order of bytes.
pub(super) struct Stored<'v> {
    pub(super) zeros: &'v Value,
    pub(super) ones: &'v Value,
    pub(super) sevens: &'v Value,
}

impl Stored<'_> {
    /// What keeps the declared value from being stored; `None` if nothing does.
    pub(super) fn misfit(&self, declared: &Json) -> Option<String> {
        let wrong = |wanted: &str| Some(format!("{declared} is not {wanted}"));
        match self.zeros {
            Value::Bool(_) if declared.is_boolean() => None,
            Value::Bool(_) => wrong("`true` or `false`"),
            Value::Int(_) => self.no_integer(declared),
            Value::Float(..) | Value::LongDouble(..) if is_number(declared) => None,
            Value::Float(..) | Value::LongDouble(..) => wrong("a number, \"nan\", \"inf\" or \"-inf\""),
            Value::Complex(_) => match declared.as_array().map(Vec::as_slice) {
                Some([real, imaginary]) if is_number(real) && is_number(imaginary) => None,
                Some(_) | None => wrong("a complex number, written `[re, im]`"),
            },
            Value::Bytes(room) | Value::Opaque(room) => match bytes(declared) {
                Some(count) if count <= room.len() => None,
                Some(count) => Some(format!(
                    "{declared} has {count} bytes, and there is room for {}",
                    room.len()
                )),
                None => wrong("bytes, written as latin-1 text or `{\"hex\": \"00ff\"}`"),
            },
            Value::Text(room) => match declared.as_str().map(|text| text.chars().count()) {
                Some(count) if count <= room.chars().count() => None,
                Some(_) => Some(format!(
                    "{declared} is longer than {} characters",
                    room.chars().count()
                )),
                None => wrong("text"),
            },
            // Addresses are never compared.
            Value::Pointer(_) | Value::Object(_) => None,
            Value::Bits(bits) => match declared.as_str() {
                Some(text)
                    if text.len() == bits.len() && text.bytes().all(|bit| matches!(bit, b'0' | b'1')) =>
                {
                    None
                }
                Some(_) | None => wrong(&format!("text of {} bits", bits.len())),
            },
            Value::List(items) => self.no_list(items, declared),
            Value::Record(fields) => self.no_record(fields, declared),
        }
    }

    fn no_integer(&self, declared: &Json) -> Option<String> {
        let number = declared
            .as_i64()
            .map(i128::from)
            .or_else(|| declared.as_u64().map(i128::from))
            .or_else(|| whole(declared.as_f64()?));
        let Some(number) = number else {
            return Some(format!("{declared} is not an integer"));
        };
        let (Value::Int(ones), Value::Int(sevens)) = (self.ones, self.sevens) else {
            return None;
        };
        let (low, high) = if *ones < 0 {
            // 0x7f, 0x7f7f, ...: the widest number of that many bytes is the next power less one.
            let most = (sevens + 1).unsigned_abs().next_power_of_two().cast_signed() - 1;
            (-most - 1, most)
        } else {
            (0, *ones)
        };
        (number < low || number > high).then(|| format!("{number} is not between {low} and {high}"))
    }

    fn no_list(&self, items: &[Value], declared: &Json) -> Option<String> {
        let Some(list) = declared.as_array() else {
            return Some(format!("{declared} is not a list of {} values", items.len()));
        };
        if list.len() != items.len() {
            return Some(format!(
                "{} values where {} are described",
                list.len(),
                items.len()
            ));
        }
        let (Value::List(ones), Value::List(sevens)) = (self.ones, self.sevens) else {
            return None;
        };
        each(items.iter(), ones.iter(), sevens.iter())
            .zip(list)
            .find_map(|(item, declared)| item.misfit(declared))
    }

    fn no_record(&self, fields: &[(Option<String>, Value)], declared: &Json) -> Option<String> {
        let (Value::Record(ones), Value::Record(sevens)) = (self.ones, self.sevens) else {
            return None;
        };
        let mut items = each(values(fields), values(ones), values(sevens));
        match declared {
            Json::Object(named) => {
                let described = |name: &String| fields.iter().any(|(known, _)| known.as_ref() == Some(name));
                if let Some(stranger) = named.keys().find(|name| !described(name)) {
                    return Some(format!("there is no field `{stranger}`"));
                }
                items.zip(fields).find_map(|(item, (name, _))| {
                    let name = name.as_deref().unwrap_or_default();
                    match named.get(name) {
                        Some(value) => item
                            .misfit(value)
                            .map(|problem| format!("field `{name}`: {problem}")),
                        None => Some(format!("the field `{name}` is missing")),
                    }
                })
            }
            Json::Array(list) if list.len() == fields.len() => {
                list.iter().find_map(|declared| items.next()?.misfit(declared))
            }
            Json::Array(list) => Some(format!(
                "{} values where {} fields are described",
                list.len(),
                fields.len()
            )),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                Some(format!("{declared} is not a list of {} fields", fields.len()))
            }
        }
    }
}

fn each<'v>(
    zeros: impl Iterator<Item = &'v Value>,
    ones: impl Iterator<Item = &'v Value>,
    sevens: impl Iterator<Item = &'v Value>,
) -> impl Iterator<Item = Stored<'v>> {
    zeros
        .zip(ones)
        .zip(sevens)
        .map(|((zeros, ones), sevens)| Stored { zeros, ones, sevens })
}

fn values(fields: &[(Option<String>, Value)]) -> impl Iterator<Item = &Value> {
    fields.iter().map(|(_, value)| value)
}

fn is_number(declared: &Json) -> bool {
    declared.is_number() || matches!(declared.as_str(), Some("nan" | "inf" | "-inf"))
}

/// Beyond 2^53 a float says which integer was meant no longer.
fn whole(float: f64) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation, reason = "integral and below 2^53")]
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i128)
}

/// How many bytes are declared.
fn bytes(declared: &Json) -> Option<usize> {
    if let Some(text) = declared.as_str() {
        return text
            .chars()
            .all(|c| u8::try_from(c).is_ok())
            .then(|| text.chars().count());
    }
    let object = declared.as_object().filter(|object| object.len() == 1)?;
    Some(hex_bytes(object.get("hex")?.as_str()?)?.len())
}
