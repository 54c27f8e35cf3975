//! Calls that write through memoryviews.
//!
//! Knows which values and views are written where. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Basis, InterpreterFile, Item, Operation, View};
use bufcheck_model::reference::Slice;

use super::build::{Writing, file, group};
use super::layouts::{Lie, lying};
use super::methods::{exported, formatted, on};
use super::objects::exporter;

/// What is written to an item of a format: values that fit, and values that do not.
const WRITTEN: [(&str, i64, &[&str], &[&str]); 14] = [
    ("b", 1, &["-128", "127"], &["128", "-129", "b'x'", "1.0", "None"]),
    ("B", 1, &["0", "255"], &["256", "-1", "b'x'", "'x'"]),
    ("c", 1, &["b'x'"], &["120", "b'xy'", "b''", "'x'"]),
    ("?", 1, &["True", "False"], &[]),
    ("h", 2, &["-32768", "32767"], &["32768", "-32769"]),
    ("H", 2, &["65535"], &["65536", "-1"]),
    ("i", 4, &["-2147483648"], &["2147483648"]),
    ("I", 4, &["4294967295"], &["4294967296", "-1"]),
    ("l", 8, &["-9223372036854775808"], &["9223372036854775808"]),
    ("q", 8, &["9223372036854775807"], &["9223372036854775808"]),
    ("Q", 8, &["18446744073709551615"], &["18446744073709551616", "-1"]),
    ("n", 8, &["-2"], &["9223372036854775808"]),
    ("f", 4, &["0.5", "-2.25"], &["b'x'", "'x'"]),
    ("d", 8, &["0.5", "1e300"], &["b'x'", "None"]),
];

/// `view[key] = value` and `view[start:stop:step] = object`.
pub(super) fn assign() -> InterpreterFile {
    file(
        "Writing through a memoryview.",
        vec![
            items(),
            misfits(),
            overflow(),
            locked(),
            slices(),
            unlike_slices(),
        ],
    )
}

fn put(view: View, key: Vec<i64>, value: &str) -> Ask {
    let value = value.into();
    on(view, Operation::Assign(Item { key, value }))
}

fn items() -> Writing {
    let mut items = group(
        "assign/items",
        "memoryview.assign",
        Basis::Documented,
        "one item of every arrangement and format is written, and nothing beside it",
    );
    for named in exported(2) {
        let shape = named.view.shape.clone().unwrap_or_default();
        if shape.contains(&0) {
            continue;
        }
        let last = shape.iter().map(|extent| extent - 1).collect();
        items.ask(
            &format!("{}-last", named.name),
            put(named.view.clone(), last, "513"),
        );
        items.ask(
            &format!("{}-first", named.name),
            put(named.view, vec![0; shape.len()], "1027"),
        );
    }
    for (format, itemsize, fitting, _) in WRITTEN {
        let Some((name, view)) = formatted(&[3], Lie::Gaps, (format, itemsize)) else {
            continue;
        };
        for (number, value) in fitting.iter().enumerate() {
            items.ask(
                &format!("{name}-value-{number}"),
                put(view.clone(), vec![1], value),
            );
        }
    }
    items
}

fn misfits() -> Writing {
    let mut misfits = group(
        "assign/values-that-do-not-fit",
        "memoryview.assign",
        Basis::Inferred,
        "numbers that no item can hold, and values of another type: an exception, and nothing is written",
    );
    for (format, itemsize, _, unfitting) in WRITTEN {
        let Some((name, view)) = formatted(&[3], Lie::C, (format, itemsize)) else {
            continue;
        };
        for (number, value) in unfitting.iter().enumerate() {
            misfits.ask(
                &format!("{name}-value-{number}"),
                put(view.clone(), vec![1], value),
            );
        }
    }
    misfits
}

fn overflow() -> Writing {
    let mut overflow = group(
        "assign/floats-that-do-not-fit",
        "memoryview.assign",
        Basis::Inferred,
        "numbers beyond the range of 32 bits: an exception, as `struct.pack` raises, and nothing is written",
    );
    for (name, value) in [("above", "1e300"), ("below", "-1e300"), ("just-above", "3.5e38")] {
        if let Some((_, view)) = formatted(&[3], Lie::C, ("f", 4)) {
            overflow.ask(name, put(view, vec![0], value));
        }
    }
    overflow
}

fn locked() -> Writing {
    let mut locked = group(
        "assign/readonly",
        "memoryview.assign",
        Basis::Documented,
        "read-only memory is not written, whatever the assignment",
    );
    for (format, itemsize, fitting, _) in WRITTEN {
        let Some((name, view)) = formatted(&[3], Lie::C, (format, itemsize)) else {
            continue;
        };
        let view = View { readonly: 1, ..view };
        locked.ask(&format!("{name}-item"), put(view.clone(), vec![0], fitting[0]));
        let cut = Slice::default();
        let object = exporter(view.clone());
        locked.ask(
            &format!("{name}-slice"),
            on(view, Operation::AssignSlice { cut, object }),
        );
    }
    locked
}

/// What is written to, a cut of it, and what is written.
fn slices() -> Writing {
    let mut slices = group(
        "assign/slices",
        "memoryview.assign",
        Basis::Documented,
        "a slice of one axis from a view of its shape and format, however either lies",
    );
    let lies = [Lie::C, Lie::Gaps, Lie::Down, Lie::Broadcast];
    for to in [Lie::C, Lie::Gaps, Lie::Down] {
        for from in lies {
            for (word, count, start, step) in [
                ("whole", 6, None, None),
                ("step-2", 3, None, Some(2)),
                ("from-3", 3, Some(3), None),
                ("backwards", 6, None, Some(-1)),
            ] {
                let (Some(view), Some(source)) = (lying(&[6], 2, to), lying(&[count], 2, from)) else {
                    continue;
                };
                let cut = Slice {
                    start,
                    stop: None,
                    step,
                };
                let memory = "f1e2d3c4b5a697887960"
                    .get(..source.view.size.min(10) * 2)
                    .unwrap_or_default();
                let object = exporter(View {
                    memory: memory.into(),
                    ..source.view
                });
                let name = format!("{}-{word}-from-{}", view.name, source.name);
                slices.ask(&name, on(view.view, Operation::AssignSlice { cut, object }));
            }
        }
    }
    slices
}

fn unlike_slices() -> Writing {
    let mut unlike = group(
        "assign/unlike-slices",
        "memoryview.assign",
        Basis::Documented,
        "views of another shape or format are not written: the structures differ",
    );
    let whole = Slice::default;
    for (name, shape, format) in [
        ("shorter", &[5][..], ("H", 2)),
        ("longer", &[7], ("H", 2)),
        ("scalar", &[], ("H", 2)),
        ("two-axes", &[2, 3], ("H", 2)),
        ("signed", &[6], ("h", 2)),
        ("bytes", &[12], ("B", 1)),
        ("wider", &[6], ("I", 4)),
        ("with-order", &[6], ("<H", 2)),
    ] {
        let (Some(to), Some((_, from))) = (lying(&[6], 2, Lie::C), formatted(shape, Lie::C, format)) else {
            continue;
        };
        let object = exporter(from);
        unlike.ask(name, on(to.view, Operation::AssignSlice { cut: whole(), object }));
    }
    unlike
}
