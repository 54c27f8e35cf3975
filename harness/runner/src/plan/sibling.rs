//! Another object of the same type, with other items.
//!
//! Knows how one is declared, and what an expression of the subject itself says about one. Must never make one.

use bufcheck_model::case::{ExporterCase, Make};

use super::config::{MakeError, expression};

/// Formats that may stand as an argument for the items of an object.
const FORMATS: [&str; 12] = ["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "f", "d"];

/// How to make it, where it is declared or can be guessed; the case then names it.
pub(super) fn sibling(case: &mut ExporterCase) -> Result<Option<Make>, MakeError> {
    if case.sibling.is_none() {
        case.sibling = guessed(case);
    }
    let named = case.sibling.as_ref();
    named.map(|target| expression(case, target)).transpose()
}

/// The expression of the subject with another format, where the declared one stands there as an argument of its own. If
/// it makes nothing, or an object of another type, nothing is lost.
fn guessed(case: &ExporterCase) -> Option<String> {
    let (target, format) = (case.make.as_ref()?, case.format.as_deref()?);
    if !FORMATS.contains(&format) {
        return None;
    }
    let other = if format == "d" { "i" } else { "d" };
    let mut found = ['\'', '"'].into_iter().filter_map(|mark| {
        let argument = format!("{mark}{format}{mark}");
        let (before, behind) = target.split_once(&argument)?;
        let alone =
            before.trim_end().ends_with(['(', ',', '=']) && behind.trim_start().starts_with([')', ',']);
        let once = !behind.contains(&argument);
        (alone && once).then(|| format!("{before}{mark}{other}{mark}{behind}"))
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(make: &str, format: &str) -> Option<String> {
        guessed(&ExporterCase {
            make: Some(make.into()),
            format: Some(format.into()),
            ..ExporterCase::default()
        })
    }

    #[test]
    fn a_format_that_is_an_argument_is_exchanged() {
        let numbers = guess("demo:numbers('i')", "i");
        assert_eq!(numbers.as_deref(), Some("demo:numbers('d')"));
        let array = guess("array:array(\"d\", [1, 2])", "d");
        assert_eq!(array.as_deref(), Some("array:array(\"i\", [1, 2])"));
        let named = guess("demo:numbers(count=3, code='q')", "q");
        assert_eq!(named.as_deref(), Some("demo:numbers(count=3, code='d')"));
    }

    #[test]
    fn what_may_mean_something_else_is_left_alone() {
        // Not the format that is declared, not an argument, not the only one, no format of one item.
        assert_eq!(guess("demo:numbers('i')", "f"), None);
        assert_eq!(guess("demo:file['i']", "i"), None);
        assert_eq!(guess("demo:pair('i', 'i')", "i"), None);
        assert_eq!(guess("demo:open('c')", "c"), None);
        assert_eq!(guess("demo:numbers()", "i"), None);
    }

    #[test]
    fn what_is_declared_counts() {
        let mut case = ExporterCase {
            make: Some("demo:numbers('i')".into()),
            format: Some("i".into()),
            sibling: Some("demo:numbers('f')".into()),
            ..ExporterCase::default()
        };
        let made = sibling(&mut case).expect("a target");
        let Some(Make::Expression { expression, .. }) = made else {
            panic!("{made:?}");
        };
        assert_eq!(expression, "numbers('f')");
        case.sibling = Some("numbers".into());
        assert!(sibling(&mut case).is_err());
    }
}
