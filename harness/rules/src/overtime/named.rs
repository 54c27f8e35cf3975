//! Rules that only scenarios check: what happens between answers.
//!
//! Knows their names. Must never know how they are judged: that is [`bufcheck_model::scenario`], and the expectations
//! stand in `cases/scenarios/`.

use crate::check::{Check, Rule};

const fn rule(id: &'static str) -> Rule {
    Rule {
        id,
        check: Check::Scenario,
    }
}

pub(crate) const RULES: &[Rule] = &[
    rule("export.locks-resize"),
    rule("export.lock-error-is-buffererror"),
    rule("export.lock-before-mutation"),
    rule("export.multiple-simultaneous"),
    rule("export.lock-held-until-last-release"),
    rule("export.dealloc-impossible-while-exported"),
    rule("export.gc-cycles"),
    rule("export.subclass-inherits"),
    rule("export.reinit-locked"),
    rule("export.reentrancy"),
    rule("export.multiple-views-independent"),
    rule("release.copy-of-view-accepted"),
    rule("release.obj-argument"),
    rule("release.preserves-pending-exception"),
    rule("release.idempotent-when-obj-null"),
    rule("release.order-independent"),
    rule("release.from-other-thread"),
    rule("release.slot-needed-if-memory-can-move"),
    rule("release.null-slot-means-borrowable"),
    rule("release.frees-per-view-resources"),
    rule("release.restores-resizability"),
    rule("release.does-not-change-data"),
    rule("obj.redirect-keeps-chain-alive"),
    rule("lifetime.view-outlives-names"),
    rule("lifetime.cycle-collectable"),
    rule("write.reaches-object"),
    rule("write.seen-by-other-view"),
    rule("write.readonly-memory-unchanged"),
    rule("leak.references"),
    rule("leak.blocks"),
    rule("leak.memory"),
    rule("leak.on-refusal"),
    rule("thread.getbuffer-concurrent"),
    rule("thread.count-atomic"),
    rule("thread.resize-check-atomic"),
    rule("thread.memory-stable"),
    rule("thread.release-cleanup-safe"),
    rule("thread.usable-without-gil"),
    rule("py.buffer-signature"),
    rule("py.flags-passed-through"),
    rule("py.request-enforced-on-returned-view"),
    rule("py.release-gets-same-memoryview"),
    rule("py.release-called-once"),
    rule("py.release-returns-none"),
    rule("py.release-exceptions-unraisable"),
    rule("py.double-release-rejected"),
    rule("py.release-wrong-object-rejected"),
    rule("py.c-types-get-methods"),
    rule("py.restricted-view-in-release"),
    rule("py.no-memory-unsafety"),
    rule("py.abc-buffer"),
    rule("py.bufferflags-values"),
];
