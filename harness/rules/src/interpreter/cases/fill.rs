//! Calls that fill something in for exporters.
//!
//! Knows which shapes and flags are asked for. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Basis, Expected, Fact, InterpreterFile, Place, Value};
use bufcheck_protocol::request::Request;

use super::build::{Writing, file, group};

/// `PyBuffer_FillContiguousStrides`.
pub(super) fn strides() -> InterpreterFile {
    let rule = "capi.fillcontiguousstrides";
    let mut orders = group(
        "fillcontiguousstrides/orders",
        rule,
        Basis::Documented,
        "shapes and itemsizes, in both orders",
    );
    let mut letters = group(
        "fillcontiguousstrides/other-letters",
        rule,
        Basis::DeFacto,
        "letters other than C and F give C order, as the header says",
    );
    let shapes: [&[i64]; 14] = [
        &[],
        &[1],
        &[5],
        &[0],
        &[2, 3],
        &[3, 2],
        &[1, 3],
        &[3, 1],
        &[0, 3],
        &[3, 0],
        &[2, 3, 4],
        &[2, 1, 2],
        &[2, 0, 2],
        &[2, 2, 2, 2, 2, 2, 2, 2],
    ];
    let name = |shape: &[i64], itemsize: i32| {
        let extents: Vec<String> = shape.iter().map(i64::to_string).collect();
        let extents = if shape.is_empty() {
            "scalar".into()
        } else {
            extents.join("x")
        };
        format!("{extents}-i{itemsize}")
    };
    for shape in shapes {
        for itemsize in [0, 1, 2, 8, 1000] {
            for order in ['C', 'F'] {
                let ask = Ask::FillContiguousStrides {
                    shape: shape.to_vec(),
                    itemsize,
                    order,
                };
                orders.ask(&format!("{}-{order}", name(shape, itemsize)), ask);
            }
        }
    }
    for order in ['A', 'c', 'f', 'K'] {
        let ask = Ask::FillContiguousStrides {
            shape: vec![2, 3],
            itemsize: 4,
            order,
        };
        letters.ask(&format!("2x3-i4-{order}"), ask);
    }
    file(
        "Strides of contiguous memory: `PyBuffer_FillContiguousStrides`.",
        vec![orders, letters],
    )
}

/// Words that are asked of `PyBuffer_FillInfo`: every macro, alone and with WRITABLE and FORMAT, and some that no macro
/// stands for.
pub(super) fn words() -> Vec<i32> {
    let mut words = Vec::new();
    for structure in [0, 0x8, 0x18, 0x38, 0x58, 0x98, 0x118, 0x138, 0x158, 0x1f8] {
        for added in [0, 0x1, 0x4, 0x5] {
            words.push(structure | added);
        }
    }
    words.extend([0x10, 0x20, 0x40, 0x80, 0x30, 0x11, 0x104, 0x108]);
    words
}

fn info_ask(len: i64, readonly: i32, flags: i32, place: Place) -> Ask {
    Ask::FillInfo {
        len,
        readonly,
        flags,
        place,
    }
}

const fn place_name(place: Place) -> &'static str {
    match place {
        Place::Direct => "direct",
        Place::Slot => "slot",
    }
}

/// `PyBuffer_FillInfo`.
pub(super) fn info() -> InterpreterFile {
    let rule = "capi.fillinfo-result";
    let mut granted = group(
        "fillinfo/granted",
        rule,
        Basis::Documented,
        "plain bytes, as far as each request asks",
    );
    let mut refused = group(
        "fillinfo/refused",
        rule,
        Basis::Documented,
        "WRITABLE of read-only memory",
    );
    let mut failure = group(
        "fillinfo/obj-of-a-refusal",
        "capi.fillinfo-failure-obj",
        Basis::Documented,
        "what `obj` is after a refusal",
    );
    let mut readonly_one = group(
        "fillinfo/other-readonly",
        "capi.fillinfo-readonly-eq-1",
        Basis::Inferred,
        "WRITABLE of memory with a `readonly` that is neither 0 nor 1",
    );
    let mut unknown = group(
        "fillinfo/unknown-bits",
        "capi.fillinfo-result",
        Basis::DeFacto,
        "bits without a meaning change nothing",
    );
    for place in [Place::Direct, Place::Slot] {
        for (len, readonly) in [(5, 0), (5, 1), (0, 0), (1, 1)] {
            for flags in words() {
                let request = Request::new(flags);
                let name = format!(
                    "{len}-{}-{}-{}",
                    if readonly == 0 { "rw" } else { "ro" },
                    request.hex(),
                    place_name(place)
                );
                let refusing = readonly != 0 && request.wants_writable();
                let writing = if refusing { &mut refused } else { &mut granted };
                writing.ask(&name, info_ask(len, readonly, flags, place));
                if refusing && len == 5 && flags & 0x4 == 0 {
                    let wanted = [
                        (Fact::Returns, Expected::from(-1)),
                        (Fact::Obj, Expected::from("null")),
                    ];
                    failure.state(&name, info_ask(len, readonly, flags, place), wanted);
                }
            }
        }
        for readonly in [2, -1, 256] {
            for flags in [0x1, 0x9, 0x11d] {
                let wanted = [
                    (Fact::Returns, Expected::from(-1)),
                    (Fact::Raises, Expected::from("BufferError")),
                ];
                let name = format!("{readonly}-{}-{}", Request::new(flags).hex(), place_name(place));
                readonly_one.state(&name, info_ask(5, readonly, flags, place), wanted);
            }
        }
        for flags in [0x2, 0x200_000 | 0x8, 0x400 | 0x1c, 0x202, 0x1000] {
            let name = format!("{}-{}", Request::new(flags).hex(), place_name(place));
            unknown.ask(&name, info_ask(5, 0, flags, place));
        }
    }
    let [rejected, passed] = read_and_write();
    file(
        "Plain bytes, described for an exporter: `PyBuffer_FillInfo`.",
        vec![granted, refused, failure, readonly_one, unknown, rejected, passed],
    )
}

/// The two words that are no requests.
fn read_and_write() -> [Writing; 2] {
    let mut rejected = group(
        "fillinfo/read-and-write",
        "request.read-write-flags-rejected",
        Basis::DeFacto,
        "the words `PyBUF_READ` and `PyBUF_WRITE`, which are no requests",
    )
    .python(">=3.13");
    let mut passed = group(
        "fillinfo/read-and-write-before-3.13",
        "request.read-write-flags-rejected",
        Basis::DeFacto,
        "the words `PyBUF_READ` and `PyBUF_WRITE`, as any other request",
    )
    .python("<3.13");
    for flags in [0x100, 0x200] {
        let name = Request::new(flags).hex();
        let ask = || info_ask(5, 0, flags, Place::Direct);
        rejected.state(
            &name,
            ask(),
            [(Fact::Returns, (-1).into()), (Fact::Raises, "SystemError".into())],
        );
        passed.state(
            &name,
            ask(),
            [
                (Fact::Returns, 0.into()),
                (Fact::Raises, Value::Null.into()),
                (Fact::Ndim, 1.into()),
            ],
        );
    }
    [rejected, passed]
}
