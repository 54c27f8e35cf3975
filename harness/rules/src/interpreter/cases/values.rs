//! Calls that compare memoryviews and hash them.
//!
//! Knows which values stand on either side. Must never know an answer that the protocol's types give.

use bufcheck_model::interpreter::{Basis, Fact, InterpreterFile, Mode, Operation, Value, View};

use super::build::{Writing, file, group};
use super::layouts::{Lie, lying};
use super::methods::{NATIVE, exported, formatted, on};
use super::objects::{exporter, in_mode, python};

/// Three items of each format with the values 1, 0 and 1, or 1, 2 and 100 where there is room for them.
const SAME: [(&str, i64, &str); 16] = [
    ("b", 1, "010264"),
    ("B", 1, "010264"),
    ("h", 2, "010002006400"),
    ("H", 2, "010002006400"),
    ("i", 4, "010000000200000064000000"),
    ("I", 4, "010000000200000064000000"),
    ("l", 8, "010000000000000002000000000000006400000000000000"),
    ("Q", 8, "010000000000000002000000000000006400000000000000"),
    ("n", 8, "010000000000000002000000000000006400000000000000"),
    ("f", 4, "0000803f000000400000c842"),
    ("d", 8, "000000000000f03f00000000000000400000000000005940"),
    ("e", 2, "003c00404056"),
    ("<h", 2, "010002006400"),
    (">h", 2, "000100020064"),
    ("!i", 4, "000000010000000200000064"),
    ("=Q", 8, "010000000000000002000000000000006400000000000000"),
];

fn three((format, itemsize, memory): (&str, i64, &str)) -> Option<View> {
    let named = lying(&[3], itemsize, Lie::C)?;
    Some(View {
        format: Some(format.into()),
        memory: memory.into(),
        ..named.view
    })
}

/// `view == object`.
pub(super) fn equals() -> InterpreterFile {
    file(
        "Memoryviews compared: `==`.",
        vec![values(), layouts(), floats(), unknown(), others()],
    )
}

fn values() -> Writing {
    let mut values = group(
        "equals/values",
        "memoryview.eq",
        Basis::Documented,
        "equal and unequal values under each pair of formats",
    );
    for (one, left) in SAME.into_iter().enumerate() {
        for (other, right) in SAME.into_iter().enumerate() {
            let (Some(view), Some(equal)) = (three(left), three(right)) else {
                continue;
            };
            let name = format!("{}-{}", formatted_name(one), formatted_name(other));
            values.ask(
                &name,
                on(view.clone(), Operation::Equals(exporter(equal.clone()))),
            );
            if (one + other) % 3 == 0 {
                // The last byte of the first item is another one.
                let memory = format!("7f{}", &right.2[2..]);
                let unequal = View { memory, ..equal };
                values.ask(
                    &format!("{name}-unequal"),
                    on(view, Operation::Equals(exporter(unequal))),
                );
            }
        }
    }
    values
}

fn formatted_name(number: usize) -> String {
    let marks = [("<", "little-"), (">", "big-"), ("!", "net-"), ("=", "standard-")];
    let format = SAME[number].0.to_owned();
    marks
        .iter()
        .fold(format, |format, (mark, word)| format.replace(mark, word))
}

fn layouts() -> Writing {
    let mut layouts = group(
        "equals/layouts",
        "memoryview.eq",
        Basis::Documented,
        "every arrangement with the same items side by side, with another item, and with another shape",
    );
    for named in exported(2) {
        let view = &named.view;
        let shape = view.shape.clone().unwrap_or_default();
        let Some(plain) = super::plain_copy(view) else {
            continue;
        };
        let ask = |other: View| on(view.clone(), Operation::Equals(exporter(other)));
        layouts.ask(&format!("{}-same", named.name), ask(plain.clone()));
        if view.is_empty() {
            continue;
        }
        let mut digits = plain.memory.clone();
        let last = digits.split_off(digits.len() - 2);
        let memory = digits + if last == "ff" { "00" } else { "ff" };
        let changed = View {
            memory,
            ..plain.clone()
        };
        layouts.ask(&format!("{}-last-differs", named.name), ask(changed));
        let mut shape = shape;
        shape.insert(0, 1);
        let mut strides = plain.strides.clone().unwrap_or_default();
        strides.insert(0, view.len());
        let deeper = View {
            shape: Some(shape),
            strides: Some(strides),
            ndim: None,
            len: None,
            ..plain
        };
        layouts.ask(&format!("{}-one-axis-more", named.name), ask(deeper));
    }
    layouts
}

fn floats() -> Writing {
    let mut floats = group(
        "equals/floats",
        "memoryview.eq",
        Basis::Documented,
        "numbers that are equal though their bytes differ, and those that equal nothing",
    );
    let doubles = |first: &str| three(("d", 8, &format!("{first}00000000000000400000000000005940")));
    for (name, one, other) in [
        ("zeroes", "0000000000000000", "0000000000000080"),
        ("nan", "000000000000f87f", "000000000000f87f"),
        ("infinite", "000000000000f07f", "000000000000f07f"),
        ("infinite-unlike", "000000000000f07f", "000000000000f0ff"),
    ] {
        let (Some(one), Some(other)) = (doubles(one), doubles(other)) else {
            continue;
        };
        floats.ask(name, on(one, Operation::Equals(exporter(other))));
    }
    floats
}

fn unknown() -> Writing {
    let mut unknown = group(
        "equals/formats-of-several",
        "memoryview.eq",
        Basis::Documented,
        "formats of several items, and those that the struct module does not know, which equal nothing",
    );
    for (name, left, right) in [
        ("same", "hh", "hh"),
        ("counted", "2h", "hh"),
        ("orders", "<hh", "hh"),
        ("bytes", "4s", "4s"),
        ("record", "T{h:a:h:b:}", "T{h:a:h:b:}"),
        ("record-and-struct", "T{h:a:h:b:}", "hh"),
        ("text", "w", "w"),
        ("pointers", "&i", "&i"),
        ("unlike", "hh", "i"),
    ] {
        let side = |format| three((format, 4, "0102030405060708090a0b0c"));
        let (Some(left), Some(right)) = (side(left), side(right)) else {
            continue;
        };
        unknown.ask(name, on(left, Operation::Equals(exporter(right))));
    }
    unknown
}

fn others() -> Writing {
    let mut others = group(
        "equals/other-objects",
        "memoryview.eq",
        Basis::Documented,
        "objects that are no exporters, and exporters of Python",
    );
    let view = || three(("B", 1, "616263")).unwrap_or_default();
    for (name, expression, wanted) in [
        ("bytes", "b'abc'", "True"),
        ("bytearray", "bytearray(b'abc')", "True"),
        ("other-bytes", "b'abd'", "False"),
        ("longer-bytes", "b'abcd'", "False"),
        ("str", "'abc'", "False"),
        ("list", "[97, 98, 99]", "False"),
        ("none", "None", "False"),
    ] {
        let ask = on(view(), Operation::Equals(python("", expression)));
        others.state(
            name,
            ask,
            [(Fact::Raises, Value::Null.into()), (Fact::Value, wanted.into())],
        );
    }
    for (name, mode) in [("refuses", Mode::Refuse), ("raises-another", Mode::RefuseValue)] {
        let ask = on(view(), Operation::Equals(in_mode(view(), mode)));
        others.state(
            name,
            ask,
            [(Fact::Raises, Value::Null.into()), (Fact::Value, "False".into())],
        );
    }
    others
}

/// `hash(view)`.
pub(super) fn hash() -> InterpreterFile {
    let rule = "memoryview.hash";
    let mut bytes = group(
        "hash/bytes",
        rule,
        Basis::Documented,
        "one axis of bytes that nobody may write: the hash of `tobytes()`",
    );
    let mut refused = group(
        "hash/refused",
        rule,
        Basis::Documented,
        "views that can be written, and formats that are not of bytes",
    );
    for native in NATIVE {
        for (shape, lie) in [
            (&[3][..], Lie::C),
            (&[3], Lie::Gaps),
            (&[3], Lie::Down),
            (&[0], Lie::C),
        ] {
            let Some((name, view)) = formatted(shape, lie, native) else {
                continue;
            };
            refused.ask(&format!("{name}-writable"), on(view.clone(), Operation::Hash));
            let readonly = View { readonly: 1, ..view };
            let writing = if matches!(native.0, "b" | "B" | "c") {
                &mut bytes
            } else {
                &mut refused
            };
            writing.ask(&name, on(readonly, Operation::Hash));
        }
    }
    file("Hashes of memoryviews.", vec![bytes, refused])
}
