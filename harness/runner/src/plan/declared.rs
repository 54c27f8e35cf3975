//! What is declared of an object, looked through before anything runs.
//!
//! Knows what must hold between `format`, `shape` and `values`. Must never know what the object really shows: that is
//! for the rules.

use bufcheck_model::case::ExporterCase;
use bufcheck_protocol::format::{Format, Platform};
use bufcheck_protocol::layout::MAX_NDIM;
use serde_json::Value as Json;

/// Names that others use for a type, and the code that is meant.
const TYPES: [(&str, &str); 26] = [
    ("uint8", "B"),
    ("int8", "b"),
    ("uint16", "H"),
    ("int16", "h"),
    ("uint32", "I"),
    ("int32", "i"),
    ("uint64", "Q"),
    ("int64", "q"),
    ("float16", "e"),
    ("float32", "f"),
    ("float64", "d"),
    ("complex64", "Zf"),
    ("complex128", "Zd"),
    ("bool", "?"),
    ("bool_", "?"),
    ("byte", "b"),
    ("ubyte", "B"),
    ("short", "h"),
    ("ushort", "H"),
    ("int", "i"),
    ("uint", "I"),
    ("long", "l"),
    ("ulong", "L"),
    ("half", "e"),
    ("float", "f"),
    ("double", "d"),
];

/// What is wrong with the declared facts of one object: the key, and the problem.
pub(super) fn problem(case: &ExporterCase) -> Option<(&'static str, String)> {
    let format = match case.format.as_deref().map(readable) {
        Some(Err(problem)) => return Some(("format", problem)),
        Some(Ok(format)) => Some(format),
        None => None,
    };
    if let Some(shape) = &case.shape
        && let Some(problem) = too_large(shape)
    {
        return Some(("shape", problem));
    }
    let (values, shape) = (case.values.as_ref()?, case.shape.as_ref()?);
    unlike(values, shape, format.as_ref(), &mut Vec::new()).map(|problem| ("values", problem))
}

fn readable(text: &str) -> Result<Format, String> {
    let meant = TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    if let Some((_, code)) = meant {
        return Err(format!(
            "`{text}` names a type, and no format: did you mean `{code}`?"
        ));
    }
    let format = Format::parse(text).map_err(|error| format!("`{text}` is no format: {error}"))?;
    format
        .layout(&Platform::host())
        .map_err(|error| format!("`{text}` is no format: {error}"))?;
    Ok(format)
}

fn too_large(shape: &[u64]) -> Option<String> {
    if shape.len() > MAX_NDIM {
        return Some(format!("{} axes: a view has at most {MAX_NDIM}", shape.len()));
    }
    let items = shape
        .iter()
        .try_fold(1_u64, |items, extent| items.checked_mul(*extent));
    let fits = shape.contains(&0) || items.is_some_and(|items| i64::try_from(items).is_ok());
    (!fits).then(|| format!("{shape:?} is more than memory holds"))
}

/// The first value that does not stand where the shape wants it, or that no item of the format can hold.
fn unlike(values: &Json, shape: &[u64], format: Option<&Format>, place: &mut Vec<usize>) -> Option<String> {
    let Some((extent, inner)) = shape.split_first() else {
        let problem = format?.misfit(values, &Platform::host())?;
        let text = format.map_or("", Format::text);
        return Some(format!(
            "item {place:?} does not fit the format `{text}`: {problem}"
        ));
    };
    let Some(rows) = values.as_array() else {
        return Some(format!(
            "{values} at {place:?}: want a list of {extent}, as `shape` says"
        ));
    };
    if rows.len() as u64 != *extent {
        return Some(format!(
            "{} at {place:?}: want {extent}, as `shape` says",
            rows.len()
        ));
    }
    rows.iter().enumerate().find_map(|(at, row)| {
        place.push(at);
        let problem = unlike(row, inner, format, place);
        place.pop();
        problem
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn told(format: Option<&str>, shape: Option<&[u64]>, values: Option<Json>) -> Option<String> {
        let case = ExporterCase {
            format: format.map(str::to_owned),
            shape: shape.map(<[u64]>::to_vec),
            values,
            ..ExporterCase::default()
        };
        problem(&case).map(|(key, problem)| format!("{key}: {problem}"))
    }

    #[rstest]
    #[case::numbers(Some("B"), Some(vec![2, 2]), json!([[0, 255], [1, 2]]))]
    #[case::signed(Some("<h"), Some(vec![2]), json!([-32768, 32767]))]
    #[case::native_long(Some("l"), Some(vec![1]), json!([-9_223_372_036_854_775_808_i64]))]
    #[case::wide(Some("Q"), Some(vec![1]), json!([u64::MAX]))]
    #[case::floats(Some("f"), Some(vec![3]), json!([1, 0.1, "nan"]))]
    #[case::complex(Some("Zd"), Some(vec![1]), json!([[1, -1.5]]))]
    #[case::record(Some("T{i:a:3s:b:}"), Some(vec![2]), json!([[1, "abc"], {"a": 2, "b": {"hex": "00ff"}}]))]
    #[case::sub_array(Some("(2,2)h"), Some(vec![1]), json!([[[1, 2], [3, 4]]]))]
    #[case::scalar(Some("d"), Some(vec![]), json!(2.5))]
    #[case::nothing(Some("i"), Some(vec![0, 3]), json!([]))]
    #[case::without_a_format(None, Some(vec![2]), json!(["x", 1]))]
    #[case::without_a_shape(Some("B"), None, json!([[1, 2], [3]]))]
    #[case::addresses(Some("O"), Some(vec![1]), json!([null]))]
    fn what_fits(#[case] format: Option<&str>, #[case] shape: Option<Vec<u64>>, #[case] values: Json) {
        assert_eq!(told(format, shape.as_deref(), Some(values)), None);
    }

    #[rstest]
    #[case::no_list(Some("B"), &[2], json!(7), "values: 7 at []: want a list of 2, as `shape` says")]
    #[case::too_few(Some("B"), &[2], json!([7]), "values: 1 at []: want 2, as `shape` says")]
    #[case::crooked(None, &[2, 2], json!([[1, 2], [3]]), "values: 1 at [1]: want 2, as `shape` says")]
    #[case::too_large(
        Some("B"),
        &[1],
        json!([256]),
        "values: item [0] does not fit the format `B`: 256 is not between 0 and 255"
    )]
    #[case::too_small(
        Some(">h"),
        &[1],
        json!([-32769]),
        "values: item [0] does not fit the format `>h`: -32769 is not between -32768 and 32767"
    )]
    #[case::no_integer(Some("i"), &[1], json!([1.5]), "values: item [0] does not fit the format `i`: 1.5 is not an integer")]
    #[case::no_record(
        Some("T{i:a:d:b:}"),
        &[1],
        json!([{"a": 1}]),
        "values: item [0] does not fit the format `T{i:a:d:b:}`: the field `b` is missing"
    )]
    #[case::long_text(
        Some("2s"),
        &[1],
        json!(["abc"]),
        "values: item [0] does not fit the format `2s`: \"abc\" has 3 bytes, and there is room for 2"
    )]
    fn what_does_not(
        #[case] format: Option<&str>,
        #[case] shape: &[u64],
        #[case] values: Json,
        #[case] problem: &str,
    ) {
        assert_eq!(told(format, Some(shape), Some(values)).as_deref(), Some(problem));
    }

    #[rstest]
    #[case::of_numpy("uint8", "`uint8` names a type, and no format: did you mean `B`?")]
    #[case::that_parses("int", "`int` names a type, and no format: did you mean `i`?")]
    #[case::nonsense("T{i", "`T{i` is no format: ")]
    #[case::without_a_size("<n", "`<n` is no format: ")]
    fn a_format_that_is_none(#[case] format: &str, #[case] problem: &str) {
        let told = told(Some(format), None, None).unwrap_or_default();
        assert!(told.starts_with(&format!("format: {problem}")), "{told}");
    }

    #[test]
    fn a_shape_that_is_none() {
        let many = vec![1; 65];
        assert_eq!(
            told(None, Some(&many), None).as_deref(),
            Some("shape: 65 axes: a view has at most 64")
        );
        assert!(told(None, Some(&[u64::MAX, 2]), None).is_some());
        assert_eq!(told(None, Some(&[u64::MAX, 0]), None), None);
    }
}
