//! Calls that copy from one exporter to another.
//!
//! Knows the pairs of exporters. Must never know an answer that the protocol's types give.

use bufcheck_model::interpreter::{Ask, Basis, Fact, InterpreterFile, Mode, Object, View, hex};

use super::build::{Writing, file, group};
use super::layouts::{Lie, flat, lying, through_pointers};
use super::objects::{exporter, in_mode};

/// A view with other bytes in its memory, so that what was copied can be told.
fn other_bytes(view: &View) -> View {
    let bytes = (0..view.size).map(|at| u8::try_from((at * 13 + 200) % 256).unwrap_or(0));
    let bytes: Vec<u8> = bytes.collect();
    View {
        memory: hex(&bytes),
        ..view.clone()
    }
}

/// `PyObject_CopyData`.
pub(super) fn copy_data() -> InterpreterFile {
    file(
        "Copies between exporters: `PyObject_CopyData`.",
        vec![items(), requests(), refused()],
    )
}

fn both(destination: Object, source: Object) -> Ask {
    Ask::CopyData { destination, source }
}

/// Three bytes side by side, with this `readonly`.
fn three_bytes(readonly: i32) -> View {
    View {
        readonly,
        ..lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view)
    }
}

fn items() -> Writing {
    let mut items = group(
        "copydata/items",
        "capi.copydata-order",
        Basis::Documented,
        "between two views of one shape, whatever the order of each",
    );
    let shapes: [&[i64]; 6] = [&[], &[3], &[2, 3], &[0, 2], &[2, 2, 3], &[1, 3]];
    for shape in shapes {
        let views = flat(&[2]).into_iter().chain(through_pointers(2));
        let views: Vec<_> = views
            .filter(|named| named.view.shape.as_deref().unwrap_or_default() == shape)
            // An exporter that grants strides has some.
            .filter(|named| named.view.strides.is_some() || shape.is_empty())
            .collect();
        for (number, to) in views.iter().enumerate() {
            for (other, from) in views.iter().enumerate() {
                // Each with its neighbours, and with the plain one.
                let near = other == (number + 1) % views.len() || other == (number + 3) % views.len();
                if !near && other != 0 && number != 0 {
                    continue;
                }
                let ask = Ask::CopyData {
                    destination: exporter(to.view.clone()),
                    source: exporter(other_bytes(&from.view)),
                };
                let from = from.name.rsplit_once("-i").map_or("", |(_, lie)| lie);
                items.ask(&format!("{}-from-{from}", to.name), ask);
            }
        }
    }
    items
}

fn requests() -> Writing {
    let mut requests = group(
        "copydata/requests",
        "capi.copydata-requests",
        Basis::DeFacto,
        "what is asked of both sides, and in which order",
    );
    let (plain, readonly) = (three_bytes(0), three_bytes(1));
    requests.state(
        "both-sides",
        both(exporter(plain.clone()), exporter(readonly.clone())),
        [(
            Fact::Log,
            "destination get 0x11d granted; source get 0x11c granted; destination release; source release"
                .into(),
        )],
    );
    requests.state(
        "destination-refuses",
        both(in_mode(plain.clone(), Mode::Refuse), exporter(plain.clone())),
        [(Fact::Log, "destination get 0x11d refused".into())],
    );
    requests.state(
        "source-refuses",
        both(exporter(plain.clone()), in_mode(plain.clone(), Mode::Refuse)),
        [(
            Fact::Log,
            "destination get 0x11d granted; source get 0x11c refused; destination release".into(),
        )],
    );
    requests
}

fn refused() -> Writing {
    let mut refused = group(
        "copydata/refused",
        "capi.copydata-order",
        Basis::Inferred,
        "a side that refuses: its exception passes, nothing is written, everything is given back",
    );
    let (plain, readonly) = (three_bytes(0), three_bytes(1));
    for (name, to, from) in [
        (
            "destination",
            in_mode(plain.clone(), Mode::Refuse),
            exporter(plain.clone()),
        ),
        (
            "destination-value",
            in_mode(plain.clone(), Mode::RefuseValue),
            exporter(plain.clone()),
        ),
        (
            "source",
            exporter(plain.clone()),
            in_mode(plain.clone(), Mode::Refuse),
        ),
        (
            "source-value",
            exporter(plain.clone()),
            in_mode(plain.clone(), Mode::RefuseValue),
        ),
        (
            "readonly-destination",
            exporter(readonly.clone()),
            exporter(plain.clone()),
        ),
    ] {
        refused.ask(name, both(to, from));
    }
    let object = || Object::Python {
        setup: String::new(),
        expression: "object()".into(),
    };
    for (name, to, from) in [
        ("no-buffer-destination", object(), exporter(plain.clone())),
        ("no-buffer-source", exporter(plain.clone()), object()),
    ] {
        refused.state(
            name,
            both(to, from),
            [
                (Fact::Returns, (-1).into()),
                (Fact::Raises, "TypeError".into()),
                (Fact::Held, 0.into()),
            ],
        );
    }
    let longer = lying(&[4], 1, Lie::C).map_or_else(View::default, |named| named.view);
    refused.state(
        "longer-source",
        both(exporter(plain), exporter(longer)),
        [
            (Fact::Returns, (-1).into()),
            (Fact::Raises, "BufferError".into()),
            (Fact::Held, 0.into()),
            (Fact::Memory, "030a11".into()),
        ],
    );
    refused
}
