//! What may be expected of the things noted so far.
//!
//! Knows the predicates by name and what each one speaks about. Must never know how one is decided.
//!
//! A predicate about something that was not observed (a view that was refused, a type without weak
//! references) holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::{is_x, x};
use crate::observation::Field;

/// A predicate, and the rule that is broken where it does not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The rule.
    pub rule: String,
    /// What must hold.
    pub that: That,
}

/// A predicate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum That {
    /// The view was granted.
    Granted {
        /// The view.
        view: String,
    },
    /// What the slot returned was 0, or -1.
    ReturnedZero {
        /// The view.
        view: String,
    },
    /// These requests, one like the other with nothing done between, were all granted or all refused.
    SameOutcome {
        /// The views.
        views: Vec<String>,
    },
    /// The request was refused with `BufferError`.
    Refused {
        /// The view.
        view: String,
    },
    /// The view was granted, or refused with `BufferError`.
    GrantedOrBufferError {
        /// The view.
        view: String,
    },
    /// Every view of a `hold` whose request is granted alone was granted.
    AllGranted {
        /// Their common name.
        views: String,
    },
    /// At the latest reading the fields, and the arrays behind them, were as they were granted.
    Unchanged {
        /// The view.
        view: String,
        /// Only these fields; all if absent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Field>,
    },
    /// No reading of the views of a `hold` found a field, or an array behind it, changed.
    AllUnchanged {
        /// Their common name.
        views: String,
        /// Only these fields; all if absent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Field>,
    },
    /// Memory that could be read when the view was granted could be read at the latest reading.
    Readable {
        /// The view.
        view: String,
    },
    /// The content at the latest reading is the one that was granted.
    SameContent {
        /// The view.
        view: String,
    },
    /// No reading of the views of a `hold` found other content.
    AllSameContent {
        /// Their common name.
        views: String,
    },
    /// Two views showed the same content when they were granted.
    SameAtGrant {
        /// The earlier.
        left: String,
        /// The later.
        right: String,
        /// A view that was asked like the earlier one while that was held: where it showed other bytes, every view
        /// may.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beside: Option<String>,
    },
    /// Requests that the memory of the held view meets are shown that memory, as far as each always shows one memory
    /// with the same bytes.
    OneMemory {
        /// The view that others were asked beside.
        view: String,
    },
    /// No view without strides lies where the held one does, whose memory is not in C order.
    InOrder {
        /// The view that others were asked beside.
        view: String,
    },
    /// Two views of one object, asked by one request, were granted with the same length, item size, format, axes and
    /// numbers behind them.
    SameFields {
        /// The earlier.
        left: String,
        /// The later.
        right: String,
    },
    /// A view that showed the same bytes twice shows them at the latest reading as well, with nothing but other memory
    /// allocated and freed meanwhile.
    Steady {
        /// The view, read twice.
        view: String,
    },
    /// Two views were granted at the same address.
    SamePlace {
        /// The earlier.
        left: String,
        /// The later.
        right: String,
        /// A view that was asked like the earlier one while that was held: where it lay elsewhere, or was refused,
        /// every view may lie elsewhere.
        beside: String,
    },
    /// The latest comparison of these views found the same bytes.
    Equal {
        /// The first.
        left: String,
        /// The second.
        right: String,
    },
    /// The latest reading does not show what freed memory is filled with.
    NotFreed {
        /// The view.
        view: String,
    },
    /// What the view shows is no freed memory: it can be read, and does not start with what freed memory is filled
    /// with where an earlier view showed something else.
    NotDangling {
        /// The view, as it was granted.
        view: String,
        /// A view from before, which may be released.
        before: String,
    },
    /// The mutation raised, or left the view valid: readable, not freed, its fields unchanged.
    LockedOrValid {
        /// The mutation.
        mutation: String,
        /// The view that was held, read afterwards.
        view: String,
        /// A view that was asked afterwards: if it lies elsewhere, the memory of the held one is no longer
        /// the object's to change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        now: Option<String>,
    },
    /// If the mutation raised though it does not when nothing is held, it raised `BufferError`.
    BufferErrorUnlessFree {
        /// The mutation while a view was held.
        mutation: String,
        /// The same on an object that was never asked.
        free: String,
    },
    /// If the mutation raised, the view's content and fields are as they were.
    UntouchedIfRaised {
        /// The mutation.
        mutation: String,
        /// The view that was held, read afterwards.
        view: String,
    },
    /// If the mutation raised, these two views agree: in length, in shape, in content.
    AlikeIfRaised {
        /// The mutation.
        mutation: String,
        /// The view from before.
        before: String,
        /// A view that was asked afterwards.
        after: String,
    },
    /// Where the one raised while the view was held, the other raises too.
    RaisesLike {
        /// The later attempt.
        mutation: String,
        /// The earlier one.
        earlier: String,
        /// The view that is held at both; nothing is expected where it was refused.
        view: String,
    },
    /// The mutation works as on an object that was never asked.
    WorksLike {
        /// The mutation after the last release.
        mutation: String,
        /// The same on an object that was never asked.
        free: String,
    },
    /// After the release no exception was set, none was reported as unraisable, `obj` was NULL.
    ReleasedCleanly {
        /// The view.
        view: String,
    },
    /// The release reported no exception that it could not raise.
    NoUnraisable {
        /// The view.
        view: String,
    },
    /// The release reported an exception that it could not raise.
    Reports {
        /// The view.
        view: String,
    },
    /// `internal` held at the release what the exporter had stored there.
    InternalKept {
        /// The view.
        view: String,
    },
    /// No release of the views of a `hold` raised anything.
    AllReleasedCleanly {
        /// Their common name.
        views: String,
    },
    /// The exception that was set before the release was set after it.
    PendingKept {
        /// The view.
        view: String,
    },
    /// Two cycles, one after the other, did not both add references, nor both take some away: what is stored once
    /// is no leak, nor is garbage.
    Balanced {
        /// Counts before, between and after the two cycles.
        counts: [String; 3],
    },
    /// The same, of what a cycle does to the count beyond what a plain one does.
    BalancedAsPlain {
        /// Counts before, between and after four cycles: a plain one, another, a plain one, another.
        counts: [String; 5],
    },
    /// Repetition does not let this grow.
    NoGrowth {
        /// The repetition.
        repeat: String,
        /// What is measured.
        of: Amount,
    },
    /// Repetition does not let this grow, if it does not grow at another repetition either.
    NoMoreGrowth {
        /// The repetition.
        repeat: String,
        /// The other, without what the first is about.
        than: String,
        /// What is measured.
        of: Amount,
    },
    /// A dropped object is still there, if it is the owner that this held view names.
    Alive {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
        /// The view.
        view: String,
    },
    /// A dropped object is gone, if another that was never asked is gone too.
    Gone {
        /// The object.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
        /// The other.
        like: String,
    },
    /// A dropped object is gone, if another is gone too that was treated otherwise; or something that the collector
    /// sees, other than views, refers to it, or views do.
    NoneLost {
        /// The object, whose holders were noted.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
        /// The other.
        like: String,
        /// A mutation that must have raised for the expectation to be one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// A dropped object is gone, if another is gone too that was treated otherwise; or it is not only views of it that
    /// refer to it.
    NoRing {
        /// The object, whose holders were noted.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
        /// The other.
        like: String,
    },
    /// Both buffer slots of the type come from one line of bases.
    OneLine {
        /// The object, whose slots were noted.
        #[serde(default = "x", skip_serializing_if = "is_x")]
        object: String,
    },
    /// Where the mutation went through, a view from before shows what a new one of the same shape shows. Views that
    /// lie in one memory show so by themselves: this is for an exporter that gives each view memory of its own.
    Follows {
        /// The mutation.
        mutation: String,
        /// The view that was held.
        view: String,
        /// A view that was asked like it before the mutation, while it was held: where both lie in one memory, nothing
        /// is expected.
        beside: String,
        /// A view that was asked afterwards and compared with the held one.
        now: String,
    },
    /// What was written through one view shows in another: its latest reading differs from the one before
    /// in the bytes of the first item.
    ShowsWrite {
        /// The view that is read.
        view: String,
        /// The view that was written through.
        written: String,
        /// Only where both views were granted with the same shape and strides: memory that does not meet a request may
        /// be shown as a copy.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        laid_out_alike: bool,
    },
    /// The write reached the memory of the view itself.
    Wrote {
        /// The view.
        view: String,
    },
    /// Every byte of the view lies in the block around its `buf`, if that is known and in use.
    WithinBlock {
        /// The view, whose block was noted.
        view: String,
    },
    /// The block around `buf`, if it is known, was in use when the view was granted: it had not been given back to the
    /// allocator.
    BlockInUse {
        /// The view, whose block was noted.
        view: String,
    },
    /// The call gave a true value.
    True {
        /// The call.
        call: String,
    },
    /// The call gave a value of this type, or was refused with `BufferError`.
    Gives {
        /// The call.
        call: String,
        /// Name of the type.
        #[serde(rename = "type")]
        type_name: String,
    },
    /// The call raised one of these.
    Raises {
        /// The call.
        call: String,
        /// Names of the types.
        types: Vec<String>,
    },
    /// Threads that asked at once were granted, or refused with `BufferError`.
    ThreadsServed {
        /// The tumult.
        threads: String,
    },
    /// Threads that held views at once found them unchanged and readable, none freed.
    ThreadsUndisturbed {
        /// The tumult.
        threads: String,
    },
    /// The halves of the tumult did not both add references, nor both take some away.
    ThreadsBalanced {
        /// The tumult.
        threads: String,
    },
    /// No release of the tumult left an exception.
    ThreadsReleasedCleanly {
        /// The tumult.
        threads: String,
    },
}

/// What a repetition measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// References of `x`.
    References,
    /// References of what `x` refers to, as far as the collector sees it: no types, modules, functions, plain values.
    Held,
    /// Blocks of Python's allocator.
    Blocks,
    /// Bytes of the C heap in use.
    Heap,
    /// Bytes of resident memory.
    Resident,
}
