//! Calls that look at a struct, or at a format.
//!
//! Knows which views and formats are asked about. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Basis, Expected, Fact, InterpreterFile, Value, View};

use super::build::{Writing, file, group};
use super::layouts::{Lie, Named, flat, lying, through_pointers};

/// Codes of the struct module that every version knows, and that have a size without an order.
const CODES: &str = "xcbB?hHiIlLqQnNefdspP";

/// `PyBuffer_SizeFromFormat`.
pub(super) fn size_from_format() -> InterpreterFile {
    let mut sizes = group(
        "sizefromformat/sizes",
        "capi.sizefromformat",
        Basis::Documented,
        "every code in every order, repeated and side by side",
    );
    let mut rejected = group(
        "sizefromformat/rejected",
        "capi.sizefromformat",
        Basis::Documented,
        "formats that the struct module does not know, or that are too large",
    );
    let mut add = |format: &str| {
        let ask = Ask::SizeFromFormat {
            format: format.into(),
        };
        let name: String = if format.is_empty() {
            "empty".into()
        } else {
            format.replace(' ', "_")
        };
        let want = crate::interpreter::oracle::want(&ask, bufcheck_protocol::format::Platform::LP64_LE);
        let fails = want.is_some_and(|want| want.get(&Fact::Returns) == Some(&Expected::Is(Value::Int(-1))));
        if fails { &mut rejected } else { &mut sizes }.ask(&name, ask);
    };
    for order in ["", "@", "=", "<", ">", "!"] {
        for code in CODES.chars() {
            add(&format!("{order}{code}"));
        }
        add(&format!("{order}3h"));
        add(&format!("{order}0i"));
    }
    for format in [
        "",
        "@",
        "=",
        "<",
        "bi",
        "bh",
        "ib",
        "bq",
        "b0i",
        "b0q",
        "=bi",
        "<bq",
        "hhl",
        "bhilq",
        "bbbbd",
        "xi",
        "3xi",
        "0s",
        "10s",
        "5sh",
        "10p",
        "3s3p",
        "2i3h",
        "b 3h",
        " i",
        "i ",
        "cB?",
        "nN",
        "P0P",
        "ef",
        "dd",
        "100000d",
        "T{i:a:}",
        "Z",
        "i:name:",
        "(2,3)i",
        "&i",
        "O",
        "u",
        "w",
        "g",
        "t",
        "y",
        "k",
        "@@i",
        "i<",
        "3",
        "3 i",
        "-1i",
        "99999999999999999999i",
        "9223372036854775807q",
        "é",
        "i,",
        "(i)",
    ] {
        add(format);
    }
    file(
        "Sizes of formats: `PyBuffer_SizeFromFormat`.",
        vec![sizes, rejected],
    )
}

fn contiguity(writing: &mut Writing, named: &Named) {
    for order in ['C', 'F', 'A'] {
        let ask = Ask::IsContiguous {
            view: named.view.clone(),
            order,
        };
        writing.ask(&format!("{}-{order}", named.name), ask);
    }
}

/// `PyBuffer_IsContiguous`.
pub(super) fn is_contiguous() -> InterpreterFile {
    let mut definition = group(
        "iscontiguous/definition",
        "contig.c-definition",
        Basis::Documented,
        "views of every arrangement, in each of the three orders",
    );
    let mut suboffsets = group(
        "iscontiguous/suboffsets",
        "suboffsets.not-contiguous",
        Basis::Documented,
        "views with suboffsets, through pointers or not",
    );
    for named in flat(&[2]) {
        let through = named.view.suboffsets.is_some();
        contiguity(if through { &mut suboffsets } else { &mut definition }, &named);
    }
    for named in through_pointers(1) {
        contiguity(&mut suboffsets, &named);
    }
    let mut letters = group(
        "iscontiguous/other-letters",
        "contig.isc-order-argument",
        Basis::Documented,
        "letters that are no order",
    );
    for (name, lie) in [("c", Lie::C), ("gaps", Lie::Gaps), ("fortran", Lie::Fortran)] {
        let Some(named) = lying(&[2, 3], 1, lie) else {
            continue;
        };
        for (letter, order) in [
            ("lower-c", 'c'),
            ("lower-f", 'f'),
            ("lower-a", 'a'),
            ("nul", '\0'),
            ("space", ' '),
            ("k", 'K'),
            ("zero", '0'),
            ("delete", '\u{7f}'),
            ("high", '\u{ff}'),
        ] {
            let ask = Ask::IsContiguous {
                view: named.view.clone(),
                order,
            };
            letters.ask(&format!("{name}-{letter}"), ask);
        }
    }
    let mut simple = group(
        "iscontiguous/without-shape",
        "contig.isc-order-argument",
        Basis::Documented,
        "what SIMPLE gives of memory with two axes: `ndim` is that of the memory, `shape` and `strides` are NULL",
    );
    for order in ['F', 'A', 'C'] {
        let ask = Ask::IsContiguous {
            view: without_shape(),
            order,
        };
        let either = Expected::Any {
            any: vec![Value::Int(0), Value::Int(1)],
        };
        simple.state(&format!("2-axes-{order}"), ask, [(Fact::Returns, either)]);
    }
    file(
        "Contiguity as the interpreter decides it: `PyBuffer_IsContiguous`.",
        vec![definition, suboffsets, letters, simple],
    )
}

/// What SIMPLE gives of memory with two axes.
pub(super) fn without_shape() -> View {
    View {
        size: 6,
        itemsize: 1,
        ndim: Some(2),
        len: Some(6),
        ..View::default()
    }
}

/// `PyBuffer_GetPointer`.
pub(super) fn get_pointer() -> InterpreterFile {
    let mut strides = group(
        "getpointer/strides",
        "capi.getpointer-walk",
        Basis::Documented,
        "every item of views of every arrangement",
    );
    let mut pointers = group(
        "getpointer/suboffsets",
        "capi.getpointer-walk",
        Basis::Documented,
        "every item of views with suboffsets: each pointer is followed, then the suboffset is added",
    );
    let mut implied = group(
        "getpointer/without-strides",
        "capi.getpointer-walk",
        Basis::Inferred,
        "views whose strides are NULL, which says the same as those of C order",
    );
    for named in flat(&[2]).into_iter().chain(through_pointers(2)) {
        let Ok(layout) = named.view.layout() else { continue };
        for nth in 0..layout.count() {
            let index = layout.index_of(nth);
            let indices: Vec<i64> = index.iter().map(|at| at.cast_signed()).collect();
            let told: Vec<String> = indices.iter().map(i64::to_string).collect();
            let name = format!(
                "{}-at-{}",
                named.name,
                if told.is_empty() {
                    "0".into()
                } else {
                    told.join(".")
                }
            );
            // The first, the last and one between them are enough.
            if nth != 0 && nth + 1 != layout.count() && nth != layout.count() / 2 {
                continue;
            }
            let ask = Ask::GetPointer {
                view: named.view.clone(),
                indices,
            };
            let writing = if named.view.suboffsets.is_some() {
                &mut pointers
            } else if named.view.strides.is_none() && named.view.ndim() > 0 {
                &mut implied
            } else {
                &mut strides
            };
            writing.ask(&name, ask);
        }
    }
    file(
        "Addresses of items: `PyBuffer_GetPointer`.",
        vec![strides, pointers, implied],
    )
}
