//! The rules that calls with spies can show broken.
//!
//! Knows their ids. Must never know how they are judged.

use crate::check::{Check, Rule};

const fn rule(id: &'static str) -> Rule {
    Rule {
        id,
        check: Check::Consumer,
    }
}

pub(crate) const RULES: &[Rule] = &[
    rule("request.format-alone-malformed"),
    rule("refusal.view-not-released"),
    rule("refusal.no-field-assumptions"),
    rule("obj.consumer-does-not-decref"),
    rule("obj.consumer-returns-obj"),
    rule("itemsize.ignored-when-shape-null"),
    rule("format.whitespace-ignored"),
    rule("format.unknown-codes-not-fatal"),
    rule("format.read-only-for-consumer"),
    rule("ndim.consumer-handles-64"),
    rule("scalar.consumer-handles-ndim0"),
    rule("empty.no-dereference"),
    rule("empty.buf-null"),
    rule("shape.read-only-for-consumer"),
    rule("strides.consumer-handles-nonpositive"),
    rule("strides.read-only-for-consumer"),
    rule("suboffsets.added-after-dereference"),
    rule("suboffsets.zero-is-dereference"),
    rule("suboffsets.negative-value-arbitrary"),
    rule("suboffsets.read-only-for-consumer"),
    rule("contig.check-before-flat-access"),
    rule("memory.self-pointers-in-view"),
    rule("release.exactly-once"),
    rule("release.on-every-path"),
    rule("release.through-pybuffer-release"),
    rule("release.not-without-get"),
    rule("release.internal-unchanged-at-release"),
    rule("release.no-use-after"),
    rule("consumer.no-write-without-writable"),
    rule("consumer.request-writable-to-write"),
    rule("consumer.fields-not-requested"),
    rule("consumer.bounds-by-len"),
    rule("consumer.bounds-by-shape"),
    rule("consumer.format-checked-before-typed-access"),
    rule("consumer.byteorder-equivalence"),
    rule("consumer.l-q-equivalence"),
    rule("consumer.error-not-swallowed-silently"),
    rule("consumer.holds-view-while-using-memory"),
    rule("consumer.no-retry-leak"),
    rule("consumer.arrays-not-freed"),
    rule("consumer.handles-readonly-either"),
    rule("consumer.survives"),
    rule("consumer.right-result"),
    rule("consumer.needs-gil"),
    rule("consumer.request-with-error-set"),
    rule("consumer.reads-once"),
    rule("consumer.declared-writes"),
    rule("consumer.declared-formats"),
    rule("consumer.fortran-order"),
    rule("consumer.readonly-any-nonzero"),
    rule("consumer.ndim-without-shape"),
];
