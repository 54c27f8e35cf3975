//! The rules that calls of the interpreter's functions can show broken.
//!
//! Knows their ids. Must never know how they are judged.

use crate::check::{Check, Rule};

const fn rule(id: &'static str) -> Rule {
    Rule {
        id,
        check: Check::Interpreter,
    }
}

pub(crate) const RULES: &[Rule] = &[
    rule("capi.checkbuffer-no-promise"),
    rule("capi.fillinfo-result"),
    rule("capi.fillinfo-failure-obj"),
    rule("capi.fillinfo-readonly-eq-1"),
    rule("capi.tocontiguous-len"),
    rule("capi.fromcontiguous-order"),
    rule("capi.copydata-requests"),
    rule("capi.sizefromformat"),
    rule("capi.fillcontiguousstrides"),
    rule("capi.memoryview-fromobject-request"),
    rule("capi.memoryview-from-buffer-owns"),
    rule("capi.memoryview-getcontiguous"),
    rule("capi.getpointer-walk"),
    rule("capi.tocontiguous-order"),
    rule("capi.copydata-order"),
    rule("capi.getbuffer-transparent"),
    rule("capi.memoryview-fields"),
    rule("capi.memoryview-from-memory"),
    rule("contig.c-definition"),
    rule("contig.isc-order-argument"),
    rule("memoryview.tobytes"),
    rule("memoryview.hex"),
    rule("memoryview.tolist"),
    rule("memoryview.index"),
    rule("memoryview.slice"),
    rule("memoryview.assign"),
    rule("memoryview.eq"),
    rule("memoryview.hash"),
    rule("memoryview.cast"),
    rule("memoryview.toreadonly"),
    rule("abi.struct-frozen"),
    rule("abi.limited-api-slots"),
    rule("capi.arg-y-star"),
    rule("capi.arg-w-star"),
    rule("capi.arg-borrowed"),
    rule("capi.build-y"),
    rule("memoryview.release"),
    rule("memoryview.len"),
    rule("obj.temporary-buffers-null"),
    rule("request.flags-are-int"),
    rule("py.returns-memoryview"),
    rule("obj.cleared-by-release"),
    rule("request.read-write-flags-rejected"),
    rule("request.non-buffer-object"),
    rule("suboffsets.not-contiguous"),
];
