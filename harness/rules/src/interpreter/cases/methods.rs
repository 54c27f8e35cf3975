//! Calls of a memoryview's methods that give bytes, items or other memoryviews.
//!
//! Knows which views they are called on. Must never know an answer that the protocol's types give.

use bufcheck_model::interpreter::{Ask, Basis, Fact, InterpreterFile, Make, Operation, View, hex};
use bufcheck_model::reference::Slice;

use super::build::{Writing, file, group};
use super::layouts::{Lie, Named, flat, lying, through_pointers};
use super::objects::exporter;

/// Native formats of one letter and the bytes of an item on a machine whose pointers have eight.
pub(super) const NATIVE: [(&str, i64); 17] = [
    ("b", 1),
    ("B", 1),
    ("c", 1),
    ("?", 1),
    ("h", 2),
    ("H", 2),
    ("i", 4),
    ("I", 4),
    ("l", 8),
    ("L", 8),
    ("q", 8),
    ("Q", 8),
    ("n", 8),
    ("N", 8),
    ("f", 4),
    ("d", 8),
    ("P", 8),
];

/// Something done with a memoryview of an exporter.
pub(super) fn on(view: View, operation: Operation) -> Ask {
    Ask::Memoryview {
        of: Make::Object(exporter(view)),
        operation,
    }
}

/// Views that an exporter grants with strides.
pub(super) fn exported(itemsize: i64) -> impl Iterator<Item = Named> {
    let views = flat(&[itemsize]).into_iter().chain(through_pointers(itemsize));
    views.filter(|named| named.view.strides.is_some() || named.view.ndim() == 0)
}

/// A view of this shape, arrangement and format, and its name.
pub(super) fn formatted(shape: &[i64], lie: Lie, (format, itemsize): (&str, i64)) -> Option<(String, View)> {
    let named = lying(shape, itemsize, lie)?;
    let (extents, lie) = named.name.split_once(&format!("-i{itemsize}-"))?;
    let letter = format
        .strip_prefix('@')
        .map_or(format.to_owned(), |letter| format!("at-{letter}"));
    let view = View {
        format: Some(format.into()),
        // Only 0 and 1 are truth values in memory.
        memory: if format.ends_with('?') {
            zeroes_and_ones(named.view.size)
        } else {
            String::new()
        },
        ..named.view
    };
    Some((format!("{}-{extents}-{lie}", word(&letter)), view))
}

/// Letters that differ in nothing but their case are one file name on some systems, and `?` is none at all.
pub(super) fn word(letter: &str) -> String {
    letter.replace('?', "bool")
}

fn zeroes_and_ones(size: usize) -> String {
    let bytes: Vec<u8> = (0..size).map(|at| u8::from(at % 3 == 1)).collect();
    hex(&bytes)
}

/// `tobytes` and `hex`.
pub(super) fn bytes() -> InterpreterFile {
    let mut orders = group(
        "tobytes/orders",
        "memoryview.tobytes",
        Basis::Documented,
        "the bytes of every arrangement in each order, and without one",
    );
    let mut digits = group(
        "tobytes/hex",
        "memoryview.hex",
        Basis::Documented,
        "two hexadecimal digits for each of them",
    );
    let mut readonly = group(
        "tobytes/toreadonly",
        "memoryview.toreadonly",
        Basis::Documented,
        "the same view, read-only",
    );
    for named in exported(2) {
        for order in [None, Some('C'), Some('F'), Some('A')] {
            let name = format!(
                "{}-{}",
                named.name,
                order.map_or_else(|| "none".into(), String::from)
            );
            orders.ask(&name, on(named.view.clone(), Operation::Tobytes { order }));
        }
        digits.ask(&named.name, on(named.view.clone(), Operation::Hex));
        if named.view.shape.as_deref() != Some(&[0]) {
            readonly.ask(&named.name, on(named.view, Operation::Toreadonly));
        }
    }
    file(
        "A memoryview as bytes, and read-only: `tobytes`, `hex`, `toreadonly`.",
        vec![orders, digits, readonly],
    )
}

/// `tolist`.
pub(super) fn tolist() -> InterpreterFile {
    let rule = "memoryview.tolist";
    let mut formats = group(
        "tolist/formats",
        rule,
        Basis::Documented,
        "each native format of one letter, with and without its mark",
    );
    let mut half = group("tolist/half", rule, Basis::Documented, "numbers of two bytes").python(">=3.12");
    let mut bytes = group(
        "tolist/s-and-p",
        rule,
        Basis::Documented,
        "`s` and `p` of one byte, native formats of one letter in the struct module",
    );
    let mut layouts = group(
        "tolist/layouts",
        rule,
        Basis::Documented,
        "every arrangement, each axis a list",
    );
    let mut others = group(
        "tolist/other-formats",
        rule,
        Basis::DeFacto,
        "formats that are no native ones of one letter",
    );
    for native in NATIVE {
        for (shape, lie) in [
            (&[3][..], Lie::Gaps),
            (&[], Lie::C),
            (&[2, 3], Lie::Fortran),
            (&[0], Lie::C),
        ] {
            ask_formatted(&mut formats, shape, lie, native);
        }
        ask_formatted(&mut formats, &[3], Lie::C, (&format!("@{}", native.0), native.1));
    }
    for (format, itemsize) in [("e", 2), ("@e", 2)] {
        for (shape, lie) in [(&[3][..], Lie::Gaps), (&[], Lie::C), (&[2, 3], Lie::Fortran)] {
            ask_formatted(&mut half, shape, lie, (format, itemsize));
        }
    }
    for format in ["s", "p", "@s"] {
        ask_formatted(&mut bytes, &[3], Lie::C, (format, 1));
    }
    for (format, itemsize) in [
        ("<h", 2),
        (">i", 4),
        ("=q", 8),
        ("!B", 1),
        ("2h", 4),
        ("hh", 4),
        ("3s", 3),
        ("T{h:a:}", 2),
    ] {
        ask_formatted(&mut others, &[3], Lie::C, (format, itemsize));
    }
    for named in exported(4) {
        layouts.ask(&named.name, on(named.view, Operation::Tolist));
    }
    file(
        "A memoryview as a list: `tolist`.",
        vec![formats, half, bytes, layouts, others],
    )
}

fn ask_formatted(writing: &mut Writing, shape: &[i64], lie: Lie, format: (&str, i64)) {
    if let Some((name, view)) = formatted(shape, lie, format) {
        writing.ask(&name, on(view, Operation::Tolist));
    }
}

/// `view[index]`.
pub(super) fn index() -> InterpreterFile {
    let rule = "memoryview.index";
    let mut items = group(
        "index/items",
        rule,
        Basis::Documented,
        "the first and the last item of every arrangement, counted from both ends",
    );
    let mut formats = group(
        "index/formats",
        rule,
        Basis::Documented,
        "an item of each native format",
    );
    let mut outside = group(
        "index/outside",
        rule,
        Basis::DeFacto,
        "indices beyond the extents",
    );
    let mut other_axes = group(
        "index/other-axes",
        rule,
        Basis::DeFacto,
        "more or fewer indices than there are axes",
    );
    for named in exported(2) {
        let shape = named.view.shape.clone().unwrap_or_default();
        let ask = |key: Vec<i64>| on(named.view.clone(), Operation::Index(key));
        let name = |what: &str| format!("{}-{what}", named.name);
        if !shape.contains(&0) {
            items.ask(&name("first"), ask(vec![0; shape.len()]));
            items.ask(
                &name("last"),
                ask(shape.iter().map(|extent| extent - 1).collect()),
            );
            if !shape.is_empty() {
                items.ask(&name("last-from-the-end"), ask(vec![-1; shape.len()]));
                items.ask(
                    &name("first-from-the-end"),
                    ask(shape.iter().map(|extent| -extent).collect()),
                );
            }
        }
        let plain = named.name.ends_with("-c") || named.view.suboffsets.is_some();
        if plain && !shape.is_empty() {
            outside.ask(&name("one-more"), ask(shape.clone()));
            outside.ask(
                &name("one-less"),
                ask(shape.iter().map(|extent| -extent - 1).collect()),
            );
        }
        if plain && shape.len() > 1 {
            other_axes.ask(&name("one-index"), ask(vec![0]));
            let mut key = vec![0; shape.len() + 1];
            other_axes.ask(&name("one-too-many"), ask(key.clone()));
            key.truncate(shape.len() - 1);
            other_axes.ask(&name("one-too-few"), ask(key));
        }
    }
    for native in NATIVE {
        if let Some((name, view)) = formatted(&[3], Lie::Down, native) {
            formats.ask(&name, on(view, Operation::Index(vec![1])));
        }
    }
    file(
        "An item of a memoryview: `view[index]`.",
        vec![items, formats, outside, other_axes],
    )
}

/// The slices that views are cut by.
const CUTS: [(Option<i64>, Option<i64>, Option<i64>); 16] = [
    (None, None, None),
    (Some(1), None, None),
    (None, Some(2), None),
    (Some(1), Some(-1), None),
    (None, None, Some(2)),
    (Some(1), None, Some(2)),
    (None, None, Some(-1)),
    (None, None, Some(-2)),
    (Some(-2), None, None),
    (Some(-99), Some(99), Some(3)),
    (Some(99), Some(-99), Some(-3)),
    (Some(4), Some(1), Some(-1)),
    (Some(2), Some(2), None),
    (Some(4), Some(1), None),
    (Some(99), None, None),
    (Some(1), Some(1), Some(-1)),
];

/// `view[start:stop:step]`.
pub(super) fn slice() -> InterpreterFile {
    let rule = "memoryview.slice";
    let mut one = group(
        "slice/one-axis",
        rule,
        Basis::Documented,
        "one axis, cut in every way in which a list can be cut",
    );
    let mut several = group(
        "slice/several-axes",
        rule,
        Basis::DeFacto,
        "several axes: the first one is cut",
    );
    let mut nothing = group(
        "slice/nothing-left",
        rule,
        Basis::Documented,
        "one axis of which nothing is left by a step: contiguous, since there are no items",
    );
    for named in exported(2) {
        let shape = named.view.shape.clone().unwrap_or_default();
        for (number, (start, stop, step)) in CUTS.into_iter().enumerate() {
            let by = Slice { start, stop, step };
            let name = format!("{}-{}", named.name, cut_name(by));
            let ask = || on(named.view.clone(), Operation::Slice(by));
            match shape.as_slice() {
                [6] => one.ask(&name, ask()),
                [3 | 0] if number % 3 == 0 && named.view.strides != Some(vec![77]) => one.ask(&name, ask()),
                [_] => {}
                // One way for each arrangement is enough to see which axis it is.
                _ if number == 5 || number == 6 => several.ask(&name, ask()),
                _ => {}
            }
        }
    }
    one.leave_out(is_stepped_nothing);
    for (name, lie, start, step) in [
        ("step-2", Lie::C, 0, 2),
        ("step-minus-1", Lie::C, 0, -1),
        ("of-gaps", Lie::Gaps, 3, 1),
    ] {
        let Some(named) = lying(&[6], 2, lie) else {
            continue;
        };
        let by = Slice {
            start: Some(start),
            stop: Some(start),
            step: Some(step),
        };
        let facts = [Fact::CContiguous, Fact::FContiguous, Fact::Contiguous];
        nothing.ask_for(&facts, name, on(named.view, Operation::Slice(by)));
    }
    file(
        "A part of a memoryview: `view[start:stop:step]`.",
        vec![one, several, nothing],
    )
}

/// One axis without items whose step is not that of an item: what is wanted of it stands in a group of its own.
pub fn is_stepped_nothing(ask: &Ask) -> bool {
    let Ask::Memoryview {
        of: Make::Object(bufcheck_model::interpreter::Object::Exporter { view, .. }),
        operation: Operation::Slice(by),
    } = ask
    else {
        return false;
    };
    let (Some([extent]), Some([stride])) = (view.shape.as_deref(), view.strides.as_deref()) else {
        return false;
    };
    let extent = usize::try_from(*extent).unwrap_or(0);
    let step = by.step.unwrap_or(1);
    let left = crate::interpreter::oracle::cut_length(*by, extent);
    left == Some(0) && stride * step != view.itemsize
}

fn cut_name(by: Slice) -> String {
    let part = |part: Option<i64>| match part {
        None => "x".to_owned(),
        Some(part) if part < 0 => format!("m{}", -part),
        Some(part) => part.to_string(),
    };
    format!("{}-{}-{}", part(by.start), part(by.stop), part(by.step))
}
