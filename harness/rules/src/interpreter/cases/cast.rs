//! Calls of `cast`.
//!
//! Knows which views are cast to what. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Basis, InterpreterFile, Operation, View};
use bufcheck_protocol::layout::Order;

use super::build::{Writing, file, group};
use super::layouts::Lie;
use super::methods::{NATIVE, exported, formatted, on, word};

/// `cast`.
pub(super) fn cast() -> InterpreterFile {
    file(
        "A memoryview under another format or shape: `cast`.",
        vec![formats(), shapes(), refused()],
    )
}

fn to(view: View, format: &str, shape: Option<&[i64]>) -> Ask {
    let shape = shape.map(<[i64]>::to_vec);
    let format = format.into();
    on(view, Operation::Cast { format, shape })
}

/// One axis of 48 bytes under a native format.
fn row(native: (&str, i64)) -> Option<(String, View)> {
    formatted(&[48 / native.1], Lie::C, native)
}

/// 48 bytes.
fn bytes() -> View {
    row(("B", 1)).map_or_else(View::default, |(_, view)| view)
}

fn formats() -> Writing {
    let mut formats = group(
        "cast/formats",
        "memoryview.cast",
        Basis::Documented,
        "between bytes and each native format, without a shape",
    );
    for native in NATIVE {
        for bytes in [("B", 1), ("b", 1), ("c", 1)] {
            let (Some((name, wide)), Some((_, narrow))) = (row(native), row(bytes)) else {
                continue;
            };
            formats.ask(&format!("{name}-to-{}", bytes.0), to(wide, bytes.0, None));
            let name = format!("{}-to-{}", bytes.0, word(native.0));
            formats.ask(&name, to(narrow.clone(), native.0, None));
            let marked = format!("@{}", native.0);
            formats.ask(&format!("{name}-with-mark"), to(narrow, &marked, None));
        }
    }
    formats
}

fn shapes() -> Writing {
    let mut shapes = group(
        "cast/shapes",
        "memoryview.cast",
        Basis::Documented,
        "from one axis to several in C order, and back to one",
    );
    for (name, format, shape) in [
        ("6x8", "B", &[6, 8][..]),
        ("2x3x4-H", "H", &[2, 3, 4]),
        ("1x48", "b", &[1, 48]),
        ("48", "c", &[48]),
        ("6-Q", "Q", &[6]),
        ("2x1x2x3-i", "i", &[2, 1, 2, 3]),
    ] {
        shapes.ask(name, to(bytes(), format, Some(shape)));
    }
    if let Some((_, eight)) = formatted(&[8], Lie::C, ("B", 1)) {
        shapes.ask("scalar-of-8", to(eight, "d", Some(&[])));
    }
    arranged(&mut shapes, true);
    shapes
}

fn refused() -> Writing {
    let mut refused = group(
        "cast/refused",
        "memoryview.cast",
        Basis::Documented,
        "formats, shapes and arrangements that the text rules out",
    );
    for native in NATIVE.into_iter().filter(|native| native.1 > 1) {
        for other in ["H", "i", "d"] {
            let Some((name, view)) = row(native) else { continue };
            refused.ask(&format!("{name}-to-{other}"), to(view, other, None));
        }
    }
    for (name, format) in [
        ("x", "x"),
        ("two", "BB"),
        ("space", " B"),
        ("little", "<h"),
        ("none", ""),
        ("text", "u"),
        ("record", "T{B:a:}"),
        ("unknown", "y"),
    ] {
        refused.ask(&format!("format-{name}"), to(bytes(), format, None));
    }
    for (name, format, shape) in [
        ("too-short", "B", &[47][..]),
        ("too-long", "B", &[7, 7]),
        ("of-items", "H", &[6, 8]),
        ("below-0", "B", &[-48]),
        ("scalar", "B", &[]),
        ("beyond", "B", &[1 << 62, 1 << 62]),
    ] {
        refused.ask(&format!("shape-{name}"), to(bytes(), format, Some(shape)));
    }
    if let Some((_, seven)) = formatted(&[7], Lie::C, ("B", 1)) {
        refused.ask("no-whole-items", to(seven, "h", None));
    }
    arranged(&mut refused, false);
    refused
}

/// Every arrangement, those that can be cast or those that cannot.
fn arranged(writing: &mut Writing, can: bool) {
    for named in exported(1).filter(|named| !named.view.is_empty()) {
        let view = named.view;
        let contiguous = view.layout().is_ok_and(|layout| layout.is_contiguous(Order::C));
        if contiguous == can {
            writing.ask(
                &format!("{}-to-one-axis", named.name),
                to(view.clone(), "b", None),
            );
        }
        if (contiguous && view.ndim() == 1) == can {
            let flat = [view.len(), 1];
            writing.ask(&format!("{}-to-two-axes", named.name), to(view, "B", Some(&flat)));
        }
    }
}
