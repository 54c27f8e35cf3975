//! Properties of formats that hold for every string, and for generated grammatical ones.
//!
//! Knows how to write grammatical strings. Must never know how they are parsed.

use std::time::{Duration, Instant};

use bufcheck_protocol::format::{
    DecodeError, Fault, Format, FormatError, MAX_ITEMS, NameFlawKind, Names, Platform, Value,
};
use proptest::prelude::*;
use rstest::rstest;

const HERE: Platform = Platform::LP64_LE;

fn order() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(""), 1 => Just("@"), 1 => Just("="), 1 => Just("<"), 1 => Just(">"), 1 => Just("!"), 1 => Just("^")]
}

fn item() -> impl Strategy<Value = String> {
    let code = prop::sample::select(vec![
        "x", "c", "b", "B", "?", "h", "H", "i", "I", "l", "L", "q", "Q", "n", "N", "P", "e", "f", "d", "g",
        "Zf", "Zd", "Zg", "F", "D", "s", "p", "u", "w", "O", "t", "&<i", "X{}", "X{i->d}",
    ]);
    code.prop_map(str::to_owned).prop_recursive(3, 24, 4, |inner| {
        entries(inner).prop_map(|fields| format!("T{{{fields}}}"))
    })
}

fn entries(item: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let shape = prop_oneof![4 => Just(String::new()), 1 => (0_u8..4, 1_u8..4).prop_map(|(a, b)| format!("({a}, {b})"))];
    let count = prop_oneof![3 => Just(String::new()), 1 => (0_u8..5).prop_map(|count| count.to_string())];
    let name =
        prop_oneof![2 => Just(String::new()), 1 => "[a-z }{3]{0,3}".prop_map(|name| format!(":{name}:"))];
    let space = prop_oneof![4 => Just(""), 1 => Just(" \t")];
    let entry = (order(), shape, order(), count, item, name, space).prop_map(
        |(before, shape, behind, count, item, name, space)| {
            format!("{before}{shape}{behind}{count}{item}{space}{name}{space}")
        },
    );
    prop::collection::vec(entry, 0..5).prop_map(|entries| entries.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_grammatical_string_parses_and_prints_to_itself(text in entries(item())) {
        let format = Format::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let printed = format.to_string();
        let again = Format::parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(&again.to_string(), &printed);
        prop_assert_eq!(again.layout(&HERE).ok(), format.layout(&HERE).ok());
        if format.layout(&HERE).is_ok() {
            prop_assert!(format.equivalent(&again, &HERE, Names::Matter), "{} and {}", text, printed);
        }
    }

    #[test]
    fn sizes_are_ordered_and_only_native_order_is_ambiguous(text in entries(item())) {
        let format = Format::parse(&text).expect("grammatical");
        match format.layout(&HERE) {
            Ok(sizes) => {
                prop_assert!(sizes.padded >= sizes.exact);
                prop_assert!(sizes.alignment.is_power_of_two());
                prop_assert!(format.accepts_itemsize(sizes.exact, &HERE) && format.accepts_itemsize(sizes.padded, &HERE));
            }
            Err(error) => {
                prop_assert_eq!(error.fault, Fault::NoStandardSize);
                prop_assert!(format.native_only_with_standard_prefix().is_some(), "{}", text);
            }
        }
        let unaligned = format!("=x{}", text.replace('@', "="));
        let unaligned = Format::parse(&unaligned).expect("still grammatical");
        if !unaligned.text().contains(['^']) && let Ok(sizes) = unaligned.accepted_sizes(&HERE) {
            let native_scope = text.contains("T{") || text.contains('&');
            prop_assert!(native_scope || sizes.len() == 1, "{}: {:?}", unaligned, sizes);
        }
    }

    #[test]
    fn what_struct_accepts_is_in_the_grammar_and_has_the_exact_size(text in "[@=<>!]?([0-9]{0,2}[xcbB?hHiIlLqQnNPefdsp] ?){0,6}") {
        if let Ok(format) = Format::parse(&text) && let Some(size) = format.struct_module_size(&HERE) {
            prop_assert_eq!(format.layout(&HERE).map(|sizes| sizes.exact), Ok(size));
        }
    }

    #[test]
    fn decoding_takes_every_byte_string_of_an_accepted_size(text in entries(item()), seed in any::<u8>()) {
        let format = Format::parse(&text).expect("grammatical");
        for size in format.accepted_sizes(&HERE).unwrap_or_default() {
            let bytes: Vec<u8> = (0..=255_u8).cycle().zip(0..size).map(|(i, _)| i.wrapping_mul(31) ^ seed).collect();
            let value = format.decode(&bytes, &HERE).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert!(value.equals_json(&value.to_json()), "{}: {:?} {}", text, value, value.to_json());
        }
        if !format.accepts_itemsize(7, &HERE) && format.layout(&HERE).is_ok() {
            let refused = matches!(format.decode(&[0; 7], &HERE), Err(DecodeError::Size { found: 7, .. }));
            prop_assert!(refused);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}") {
        if let Err(error) = Format::parse(&text) {
            prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
            prop_assert!(error.to_string().starts_with("byte "));
        }
    }

    #[test]
    fn near_misses_are_answered(text in "[@=<>^!TXZ&{}():,0-9a-zA-Z?\\- ]{0,24}", bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(format) = Format::parse(&text) {
            let _ = format.layout(&HERE);
            let _ = format.decode(&bytes, &HERE);
            prop_assert_eq!(format.text(), &text);
            prop_assert!(Format::parse(&format.to_string()).is_ok());
        }
    }
}

#[rstest]
#[case("99999999999s".to_owned(), None)]
#[case("T{".repeat(10_000), Some(Fault::TooDeep))]
#[case(format!("({})b", vec!["1"; 10_000].join(",")), Some(Fault::TooManyAxes))]
#[case("9".repeat(1 << 20), Some(Fault::CountTooLarge))]
#[case("&".repeat(10_000), Some(Fault::TooDeep))]
#[case("x".repeat(1 << 20), None)]
#[case("b:a:".repeat(1 << 18), None)]
#[case(format!("{}b{}", "T{".repeat(64), "}".repeat(64)), None)]
#[case(format!("{}b{}", "9999T{".repeat(64), "}".repeat(64)), None)]
#[case("b".repeat((1 << 20) + 1), Some(Fault::TooLong))]
fn hostile_strings_are_answered_at_once(#[case] text: String, #[case] fault: Option<Fault>) {
    let start = Instant::now();
    match Format::parse(&text) {
        Ok(format) => {
            assert_eq!(fault, None);
            let _ = format.layout(&HERE);
            let _ = format.accepted_sizes(&HERE);
            assert!(format.decode(&[0; 3], &HERE).is_err());
        }
        Err(error) => assert_eq!(Some(error.fault), fault),
    }
    // A quadratic reading of these strings takes minutes.
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "took {:?}",
        start.elapsed()
    );
}

#[rstest]
#[case("1048577B", 1_048_577)]
#[case("(1000000000)0s", 0)]
#[case("(1000,1000,1000)T{}", 0)]
#[case("(1000000,1000000,0)i", 0)]
#[case("9000000t", 1_125_000)]
fn an_item_of_too_many_values_is_refused(#[case] text: &str, #[case] size: usize) {
    let error = Format::parse(text)
        .unwrap()
        .decode(&vec![0; size], &HERE)
        .unwrap_err();
    assert!(
        matches!(error, DecodeError::TooMany { found } if found > MAX_ITEMS),
        "{error}"
    );
}

#[rstest]
#[case("i", "<i", true)]
#[case("i", "=i", true)]
#[case("i", ">i", false)]
#[case("l", "q", true)]
#[case("l", "<l", false)]
#[case("i", "I", false)]
#[case("i", "f", false)]
#[case("iii", "3i", true)]
#[case("ixi", "2i", false)]
#[case("bB", "2b", false)]
#[case("if", "2i", false)]
#[case("(3)i", "3i", true)]
#[case("(1,3)i", "3i", false)]
#[case(">b", "<b", true)]
#[case("Zd", "D", true)]
#[case("b3xi", "bi", true)]
#[case("bi", "<bi", false)]
#[case("iB", "iB3x", true)]
#[case("T{i:a:h:b:}", " T{ <i:a: h:b: } ", true)]
#[case("T{i:a:}", "i", false)]
#[case("5s", "5c", false)]
fn equivalence_is_of_values_and_places(#[case] left: &str, #[case] right: &str, #[case] wanted: bool) {
    let (left, right) = (Format::parse(left).unwrap(), Format::parse(right).unwrap());
    assert_eq!(left.equivalent(&right, &HERE, Names::Matter), wanted);
    assert_eq!(right.equivalent(&left, &HERE, Names::Matter), wanted);
}

#[test]
fn names_count_only_where_asked() {
    let (left, right) = (
        Format::parse("T{i:a:}").unwrap(),
        Format::parse("T{i:b:}").unwrap(),
    );
    assert!(!left.equivalent(&right, &HERE, Names::Matter));
    assert!(left.equivalent(&right, &HERE, Names::Ignored));
}

#[rstest]
#[case("<g", Some(("g", '<', 1)))]
#[case("T{<i:a:P:b:}", Some(("P", '<', 7)))]
#[case("&<P", Some(("P", '<', 2)))]
#[case("=Zg", Some(("Zg", '=', 1)))]
#[case("<i@P", None)]
#[case("^g", None)]
#[case("X{}", None)]
fn native_only_codes_are_found(#[case] text: &str, #[case] wanted: Option<(&str, char, usize)>) {
    let found = Format::parse(text).unwrap().native_only_with_standard_prefix();
    assert_eq!(
        found.map(|witness| (witness.code, witness.order, witness.at)),
        wanted
    );
}

#[test]
fn complex_letters_and_flawed_names_are_found() {
    let letter = Format::parse("T{Zd:a:>D:b:}").unwrap().complex_letter().unwrap();
    assert_eq!((letter.code, letter.at), ("D", 8));
    assert_eq!(Format::parse("ZfZdZg").unwrap().complex_letter(), None);
    let flaws = Format::parse("T{i:a:T{i:a:i:a:}:b:i::}").unwrap().name_flaws();
    let found: Vec<_> = flaws
        .iter()
        .map(|flaw| (flaw.kind, flaw.name.as_str(), flaw.at))
        .collect();
    assert_eq!(
        found,
        [(NameFlawKind::Duplicate, "a", 14), (NameFlawKind::Empty, "", 22)]
    );
}

#[rstest]
#[case("e", "0.1", true)]
#[case("f", "0.1", true)]
#[case("d", "0.1", true)]
#[case("Q", "18446744073709551615", true)]
#[case("q", "18446744073709551615", false)]
#[case("d", "0.10000000000000002", false)]
#[case("f", "\"nan\"", false)]
fn declared_numbers_are_rounded_as_storing_rounds(
    #[case] code: &str,
    #[case] json: &str,
    #[case] wanted: bool,
) {
    let bytes: Vec<u8> = match code {
        "e" => half::f16::from_f32(0.1).to_le_bytes().to_vec(),
        "f" => 0.1_f32.to_le_bytes().to_vec(),
        "d" => 0.1_f64.to_le_bytes().to_vec(),
        _ => vec![0xff; 8],
    };
    let value = Format::parse(code).unwrap().decode(&bytes, &HERE).unwrap();
    assert_eq!(value.equals_json(&serde_json::from_str(json).unwrap()), wanted);
}

#[test]
fn records_compare_with_lists_and_with_objects() {
    let value = Format::parse("T{h:a:2s:b:}")
        .unwrap()
        .decode(b"\x01\x00x\0", &HERE)
        .unwrap();
    assert!(matches!(value, Value::Record(_)));
    assert!(value.equals_json(&serde_json::json!([1, "x"])));
    assert!(value.equals_json(&serde_json::json!({"a": 1, "b": {"hex": "7800"}})));
    assert!(!value.equals_json(&serde_json::json!({"a": 1})));
    assert!(!value.equals_json(&serde_json::json!([1, "xyz"])));
    assert!(!value.equals_json(&serde_json::json!([1.5, "x"])));
}

#[test]
fn an_error_says_both_sides_and_the_place() {
    let error: FormatError = Format::parse("T{i:a:y:b:}").unwrap_err();
    assert_eq!(error.to_string(), "byte 6: wanted a format code, found `y:b:}`");
    let error = Format::parse("T{i").unwrap_err();
    assert_eq!(error.to_string(), "byte 0: wanted a closing `}`, found `T{i`");
    let error = Format::parse("3").unwrap_err();
    assert!(error.to_string().ends_with("found the end"), "{error}");
}

#[test]
fn a_platform_survives_json() {
    let host = Platform::host();
    let json = serde_json::to_string(&host).unwrap();
    assert_eq!(serde_json::from_str::<Platform>(&json).unwrap(), host);
    let strange = json
        .replace("\"align8\":8", "\"align8\":0")
        .replace("\"align8\":4", "\"align8\":0");
    assert!(serde_json::from_str::<Platform>(&strange).is_err());
}
