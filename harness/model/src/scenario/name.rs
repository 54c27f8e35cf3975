//! Names of objects.
//!
//! Knows the one that need not be written. Must never know what it names.

/// The name of an object that is not named.
pub fn x() -> String {
    "x".to_owned()
}

pub(super) fn is_x(name: &str) -> bool {
    name == "x"
}
