//! Objects that functions are given.
//!
//! Knows the short ways to write one. Must never know which function gets it.

use bufcheck_model::interpreter::{Mode, Object, View};

/// An exporter of a view.
pub(super) fn exporter(view: View) -> Object {
    Object::Exporter {
        view,
        mode: Mode::Strict,
        no_release: false,
    }
}

/// An exporter with another mode.
pub(super) fn in_mode(view: View, mode: Mode) -> Object {
    Object::Exporter {
        view,
        mode,
        no_release: false,
    }
}

/// An object that Python makes.
pub(super) fn python(setup: &str, expression: &str) -> Object {
    Object::Python {
        setup: setup.into(),
        expression: expression.into(),
    }
}
