//! Calls that carry bytes.
//!
//! Knows which views bytes are carried to and from. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Basis, Expected, Fact, InterpreterFile, Value};

use super::build::{file, group};
use super::layouts::{Lie, flat, lying, through_pointers};
use super::look::without_shape;

/// `PyBuffer_ToContiguous`.
pub(super) fn to_contiguous() -> InterpreterFile {
    let mut orders = group(
        "tocontiguous/orders",
        "capi.tocontiguous-order",
        Basis::Documented,
        "views of every arrangement, in each of the three orders",
    );
    let mut pointers = group(
        "tocontiguous/suboffsets",
        "capi.tocontiguous-order",
        Basis::Documented,
        "views with suboffsets, in each of the three orders",
    );
    let mut lengths = group(
        "tocontiguous/lengths",
        "capi.tocontiguous-len",
        Basis::Documented,
        "lengths that are not those of the view",
    );
    for named in flat(&[2]).into_iter().chain(through_pointers(2)) {
        let len = named.view.len();
        let writing = if named.view.suboffsets.is_some() {
            &mut pointers
        } else {
            &mut orders
        };
        for order in ['C', 'F', 'A'] {
            let ask = Ask::ToContiguous {
                view: named.view.clone(),
                len,
                order,
            };
            writing.ask(&format!("{}-{order}", named.name), ask);
        }
    }
    for lie in [Lie::C, Lie::Implied, Lie::Fortran, Lie::Gaps, Lie::Down] {
        let Some(named) = lying(&[2, 3], 2, lie) else {
            continue;
        };
        for order in ['C', 'F', 'A'] {
            for (name, len) in [
                ("none", 0),
                ("negative", -1),
                ("one-less", 11),
                ("one-more", 13),
                ("items", 6),
                ("double", 24),
            ] {
                let ask = Ask::ToContiguous {
                    view: named.view.clone(),
                    len,
                    order,
                };
                lengths.ask(&format!("{}-{name}-{order}", named.name), ask);
            }
        }
    }
    let mut simple = group(
        "tocontiguous/without-shape",
        "capi.tocontiguous-order",
        Basis::Documented,
        "what SIMPLE gives of memory with two axes, in Fortran order: its bytes in some order, or a refusal",
    );
    let ask = Ask::ToContiguous {
        view: without_shape(),
        len: 6,
        order: 'F',
    };
    let either = Expected::Any {
        any: vec![Value::Int(0), Value::Int(-1)],
    };
    simple.state("2-axes-F", ask, [(Fact::Returns, either)]);
    file(
        "From a view to contiguous memory: `PyBuffer_ToContiguous`.",
        vec![orders, pointers, lengths, simple],
    )
}

/// `PyBuffer_FromContiguous`.
pub(super) fn from_contiguous() -> InterpreterFile {
    let rule = "capi.fromcontiguous-order";
    let mut orders = group(
        "fromcontiguous/orders",
        rule,
        Basis::Documented,
        "as many bytes as the view has, into every arrangement, in both orders",
    );
    let mut any = group(
        "fromcontiguous/any-order",
        rule,
        Basis::Documented,
        "order A, which the text names from 3.15 on, into contiguous memory",
    );
    let mut pointers = group(
        "fromcontiguous/suboffsets",
        rule,
        Basis::Documented,
        "into views with suboffsets, whose pointers stay",
    );
    let mut shorter = group(
        "fromcontiguous/shorter",
        rule,
        Basis::Documented,
        "fewer bytes than the view has, whole items: the first ones are written",
    );
    let mut longer = group(
        "fromcontiguous/longer",
        rule,
        Basis::DeFacto,
        "more bytes than the view has: as many as it has are written",
    );
    let mut parts = group(
        "fromcontiguous/part-of-an-item",
        "capi.fromcontiguous-order",
        Basis::Documented,
        "a length that ends inside an item of memory with gaps: that part is written, too",
    );
    let mut bare = group(
        "fromcontiguous/without-strides",
        "capi.fromcontiguous-order",
        Basis::Inferred,
        "Fortran order into what `ND|WRITABLE` gives of memory with two axes: strides are NULL",
    );
    for named in flat(&[2]).into_iter().chain(through_pointers(2)) {
        let len = named.view.len();
        let axes = named.view.ndim();
        for order in ['C', 'F', 'A'] {
            let ask = |len| Ask::FromContiguous {
                view: named.view.clone(),
                len,
                order,
            };
            let name = |what: &str| format!("{}{what}-{order}", named.name);
            if named.view.strides.is_none() && order == 'F' && axes > 1 && len > 0 {
                // Where C and Fortran order are the same nothing has to be walked.
                let fortran = named
                    .view
                    .layout()
                    .is_ok_and(|layout| layout.is_contiguous(bufcheck_protocol::layout::Order::F));
                if !fortran {
                    bare.ask(&name(""), ask(len));
                    continue;
                }
            }
            let whole = if order == 'A' {
                &mut any
            } else if named.view.suboffsets.is_some() {
                &mut pointers
            } else {
                &mut orders
            };
            whole.ask(&name(""), ask(len));
            let few: [&[i64]; 3] = [&[3], &[2, 3], &[2, 2, 3]];
            let shape = named.view.shape.as_deref().unwrap_or_default();
            if order == 'A' || !few.contains(&shape) {
                continue;
            }
            shorter.ask(&name("-one-item"), ask(2));
            shorter.ask(&name("-nothing"), ask(0));
            shorter.ask(&name("-one-less"), ask(len - 2));
            longer.ask(&name("-more"), ask(len + 3));
            let contiguous = named
                .view
                .layout()
                .is_ok_and(|layout| layout.is_contiguous(bufcheck_protocol::layout::Order::Any));
            if !contiguous && named.view.suboffsets.is_none() {
                parts.ask(&name("-part"), ask(3));
            }
        }
    }
    file(
        "From contiguous memory into a view: `PyBuffer_FromContiguous`.",
        vec![orders, any, pointers, shorter, longer, parts, bare],
    )
}
