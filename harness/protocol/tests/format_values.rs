//! What single items decode to, and when two values are one.
//!
//! Knows bytes and their meaning, picked by hand. Must never know how a format is laid out.

use bufcheck_protocol::format::{DecodeError, FloatWidth, Format, LongDouble, MAX_SIZE, Platform, Value};
use rstest::rstest;

const HERE: Platform = Platform::LP64_LE;

fn decoded(platform: Platform, format: &str, bytes: &[u8]) -> Value {
    let format: Format = format.parse().expect("a format");
    format.decode(bytes, &platform).expect("an item")
}

#[rstest]
#[case::one_byte("x", &[7], Value::Opaque(vec![7]))]
#[case::counted("2x", &[7, 8], Value::Opaque(vec![7, 8]))]
#[case::side_by_side("xx", &[7, 8], Value::Opaque(vec![7, 8]))]
#[case::counts_side_by_side("x2x", &[7, 8, 9], Value::Opaque(vec![7, 8, 9]))]
#[case::an_array("(2)x", &[7, 8], Value::Record(Vec::new()))]
fn nothing_but_padding_is_a_void_item(#[case] format: &str, #[case] bytes: &[u8], #[case] wanted: Value) {
    assert_eq!(decoded(HERE, format, bytes), wanted);
}

#[test]
fn a_sum_of_two_doubles_has_the_upper_part_first() {
    let platform = Platform {
        long_double: LongDouble::DoubleDouble,
        ..HERE
    };
    let bytes = [1.5_f64.to_le_bytes(), 0.25_f64.to_le_bytes()].concat();
    assert_eq!(
        decoded(platform, "g", &bytes),
        Value::LongDouble(1.75, bytes.clone())
    );
    assert_ne!(decoded(platform, "g", &bytes), Value::LongDouble(1.5, bytes));
}

#[test]
fn the_largest_item_has_no_room_for_padding() {
    let size = MAX_SIZE;
    let format: Format = format!("d{}x", size - 8).parse().expect("a format");
    assert_eq!(
        format.decoder(5, &HERE).err(),
        Some(DecodeError::Size {
            wanted: vec![size],
            found: 5
        })
    );
    assert!(format.decoder(size, &HERE).is_ok());
}

#[test]
fn a_value_is_itself_and_no_other() {
    let double = |number| Value::Float(number, FloatWidth::Double);
    let record = |name: &str, value| Value::Record(vec![(Some(name.to_owned()), value)]);
    let different = [
        Value::Bool(false),
        Value::Bool(true),
        Value::Int(0),
        Value::Int(1),
        double(0.0),
        double(-0.0),
        double(f64::NAN),
        Value::LongDouble(0.5, vec![0]),
        Value::LongDouble(1.5, vec![0]),
        Value::Complex(Box::new([double(0.0), double(1.0)])),
        Value::Complex(Box::new([double(1.0), double(0.0)])),
        Value::Bytes(b"a".to_vec()),
        Value::Bytes(b"b".to_vec()),
        Value::Text("a".into()),
        Value::Text("b".into()),
        Value::Pointer(1),
        Value::Pointer(2),
        Value::Object(1),
        Value::Object(2),
        Value::Bits(vec![true]),
        Value::Bits(vec![false]),
        Value::List(vec![Value::Int(0)]),
        Value::List(vec![Value::Int(1)]),
        record("a", Value::Int(0)),
        record("a", Value::Int(1)),
        record("b", Value::Int(0)),
        Value::Opaque(b"a".to_vec()),
        Value::Opaque(b"b".to_vec()),
    ];
    for (at, one) in different.iter().enumerate() {
        for (other_at, other) in different.iter().enumerate() {
            assert_eq!(one == other, at == other_at, "{one:?} and {other:?}");
        }
    }
}
