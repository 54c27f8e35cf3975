//! Addresses within the page: the same finding has the same in every report.
//!
//! Knows which letters an address may hold, and that no two places share one. Must never know what stands there.

use std::collections::HashMap;

/// Most characters of a name in an address.
const LONGEST: usize = 120;

/// The name, as far as it is fit for an address.
pub(super) fn slug(name: &str) -> String {
    let fit = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '.' | '-' | '/' | ':' | '(' | ')' | '*' | '=' | ',')
    };
    name.chars()
        .take(LONGEST)
        .map(|letter| if fit(letter) { letter } else { '_' })
        .collect()
}

/// The addresses given so far.
#[derive(Default)]
pub(super) struct Anchors {
    given: HashMap<String, usize>,
}

impl Anchors {
    /// An address that no other place has: the name, numbered from the second on.
    pub(super) fn give(&mut self, name: String) -> String {
        let count = self.given.entry(name.clone()).or_default();
        *count += 1;
        match *count {
            1 => name,
            count => self.give(format!("{name}~{count}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_once() {
        let mut anchors = Anchors::default();
        let given: Vec<String> = ["a", "a", "a~2", "a"]
            .map(|name| anchors.give(name.into()))
            .into();
        assert_eq!(given, ["a", "a~2", "a~2~2", "a~3"]);
    }

    #[test]
    fn what_is_no_letter_of_an_address_is_left_out() {
        assert_eq!(
            slug("ctypes:(c_int * 3)()<b>\"\u{202e}"),
            "ctypes:(c_int_*_3)()_b___"
        );
    }
}
