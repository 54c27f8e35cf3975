//! Which declared values can be stored as items of a format.
//!
//! Knows the JSON spelling of values. Must never know which bytes are really there.

use bufcheck_protocol::format::{Format, Platform};
use rstest::rstest;
use serde_json::{Value as Json, json};

fn misfit(format: &str, declared: &Json) -> Option<String> {
    let format: Format = format.parse().expect("a format");
    format.misfit(declared, &Platform::host())
}

#[rstest]
#[case("B", json!(0))]
#[case("B", json!(255))]
#[case("b", json!(-128))]
#[case("b", json!(127.0))]
#[case("<q", json!(i64::MIN))]
#[case(">Q", json!(u64::MAX))]
#[case("?", json!(true))]
#[case("d", json!(1))]
#[case("d", json!("nan"))]
#[case("f", json!("-inf"))]
#[case("Zd", json!([1.5, "inf"]))]
#[case("c", json!("a"))]
#[case("4s", json!("\u{e9}"))]
#[case("4s", json!({"hex": "00ff0102"}))]
#[case("3w", json!("abc"))]
#[case("P", json!("whatever"))]
#[case("(2,2)h", json!([[1, 2], [3, 4]]))]
#[case("T{i:a:d:b:}", json!({"a": 1, "b": 2.5}))]
#[case("T{i:a:d:b:}", json!([1, 2.5]))]
fn what_fits(#[case] format: &str, #[case] declared: Json) {
    assert_eq!(misfit(format, &declared), None);
}

#[rstest]
#[case("B", json!(256), "256 is not between 0 and 255")]
#[case("B", json!(-1), "-1 is not between 0 and 255")]
#[case("b", json!(-129), "-129 is not between -128 and 127")]
#[case("b", json!(128), "128 is not between -128 and 127")]
#[case("B", json!(0.5), "0.5 is not an integer")]
#[case("<Q", json!(18_014_398_509_481_984.0), "1.8014398509481984e+16 is not an integer")]
#[case("?", json!(1), "1 is not `true` or `false`")]
#[case("d", json!("one"), "\"one\" is not a number, \"nan\", \"inf\" or \"-inf\"")]
#[case("Zd", json!([1.5]), "[1.5] is not a complex number, written `[re, im]`")]
#[case("Zd", json!([1.5, "i"]), "[1.5,\"i\"] is not a complex number, written `[re, im]`")]
#[case("2s", json!("abc"), "\"abc\" has 3 bytes, and there is room for 2")]
#[case("2s", json!("\u{20ac}"), "\"\u{20ac}\" is not bytes, written as latin-1 text or `{\"hex\": \"00ff\"}`")]
#[case("2s", json!({"hex": "0"}), "{\"hex\":\"0\"} is not bytes, written as latin-1 text or `{\"hex\": \"00ff\"}`")]
#[case("3w", json!("abcd"), "\"abcd\" is longer than 3 characters")]
#[case("3w", json!(1), "1 is not text")]
#[case("(2,2)h", json!([[1, 2], 3]), "3 is not a list of 2 values")]
#[case("(2,2)h", json!([[1, 2], [3, 40000]]), "40000 is not between -32768 and 32767")]
#[case("(2)h", json!([1, 2, 3]), "3 values where 2 are described")]
#[case("T{i:a:d:b:}", json!({"a": 1}), "the field `b` is missing")]
#[case("T{i:a:d:b:}", json!({"a": 1, "b": 2, "c": 3}), "there is no field `c`")]
#[case("T{i:a:d:b:}", json!({"a": 1.5, "b": 2}), "field `a`: 1.5 is not an integer")]
#[case("T{i:a:d:b:}", json!([1]), "1 values where 2 fields are described")]
#[case("T{i:a:d:b:}", json!(1), "1 is not a list of 2 fields")]
fn what_does_not(#[case] format: &str, #[case] declared: Json, #[case] problem: &str) {
    assert_eq!(misfit(format, &declared).as_deref(), Some(problem));
}
