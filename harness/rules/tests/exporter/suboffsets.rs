//! Fixtures of the family `suboffsets`: pointers on the way to the items.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{conforming, intern, only};
use crate::{Violation, broken, each_fires, unreadable};
use bufcheck_model::observation::{Array, Unreadable};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::{Cnd, Pil};
    let unreadable_items = |request: Request| {
        let mut subject = conforming(Pil, false);
        let mut content = subject.sweep.contents[0].clone();
        content.bytes.truncate(12);
        content.complete = false;
        content.unreadable = Some(Unreadable {
            index: vec![1, 0],
            address: 0x7f00_3000,
            offset: None,
        });
        let lost = intern(&mut subject.sweep.contents, content);
        subject.granted(only(request.flags()), |view| view.content = Some(lost))
    };
    vec![
        broken(
            "suboffsets.null-unless-indirect",
            conforming(Cnd, false).granted(only(0x1c), |view| {
                view.suboffsets = Array::Elsewhere(vec![-1, -1]);
            }),
            only(0x1c),
        ),
        broken(
            "suboffsets.null-when-all-negative",
            conforming(Cnd, false).granted(only(0x11c), |view| {
                view.suboffsets = Array::Elsewhere(vec![-1, -5]);
            }),
            only(0x11c),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            unreadable_items(Request::FULL_RO),
            only(0x11c),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            conforming(Pil, false).granted(only(0x118), |view| view.buf += 4),
            only(0x118),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            conforming(Pil, false).granted(only(0x118), |view| view.strides = Array::Elsewhere(vec![4, 4])),
            only(0x118),
        ),
        broken(
            "suboffsets.pointer-readable",
            conforming(Pil, false).granted(only(0x118), |view| view.suboffsets = unreadable()),
            only(0x118),
        ),
    ]
}
