//! Something that went wrong in one call.
//!
//! Knows how it is put down to a rule. Must never know how it was found.

use bufcheck_model::spy::Spy;

use super::evidence::Seen;
use crate::broken::Broken;

/// What sort of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Memory beside the buffer was touched.
    Bounds,
    /// The process ended.
    Death,
    /// The result is another than that of a plain buffer with the same content.
    Wrong,
    /// A view was not given back.
    Leak,
    /// Whatever has nothing to do with how the items lie.
    Other,
}

impl Kind {
    /// Whether it may come from what is special about a spy.
    const fn is_about_layout(self) -> bool {
        match self {
            Self::Bounds | Self::Death | Self::Wrong => true,
            Self::Leak | Self::Other => false,
        }
    }
}

/// Something that went wrong in one call.
#[derive(Debug, Clone)]
pub(super) struct Offence<'a> {
    pub(super) seen: Seen<'a>,
    pub(super) kind: Kind,
    /// The rule that is broken unless the spy is to blame.
    pub(super) rule: &'static str,
    pub(super) broken: Broken,
}

impl<'a> Offence<'a> {
    pub(super) fn new(
        seen: &Seen<'a>,
        kind: Kind,
        rule: &'static str,
        found: impl Into<String>,
        wanted: impl Into<String>,
    ) -> Self {
        Self {
            seen: *seen,
            kind,
            rule,
            broken: Broken::new(found, wanted),
        }
    }

    /// One of those that weigh more.
    pub(super) fn raised(self) -> Self {
        Self {
            broken: self.broken.raised(),
            ..self
        }
    }
}

/// Leaving memory that was asked for without a shape.
pub(super) const BY_LEN: &str = "consumer.bounds-by-len";

/// The rule of each offence, in the same order. `plain`: the sizes of the items of plain spies.
pub(super) fn rules<'b>(offences: &'b [Offence<'_>], plain: &[usize]) -> Vec<&'b str> {
    // With plain spies it shows, too: what is special about this one is not to blame. Items of a size that no plain spy
    // has are like any others of several bytes.
    let is_like = |size: usize, other: usize| other == size || (other > 1 && !plain.contains(&size));
    let with_plain = |offence: &Offence<'_>| {
        offences.iter().any(|other| {
            other.kind == offence.kind
                && other.seen.spy.blames.is_none()
                && is_like(offence.seen.spy.itemsize, other.seen.spy.itemsize)
        })
    };
    let uncontested = |offence: &Offence<'_>| {
        offences
            .iter()
            .any(|other| other.rule == offence.rule && !other.seen.spy.contested)
    };
    let counts_items = |offence: &Offence<'_>| {
        let bytes = |other: &Offence<'_>| other.kind == Kind::Bounds && other.seen.spy.itemsize == 1;
        offence.rule == BY_LEN && offence.seen.spy.itemsize > 1 && !offences.iter().any(bytes)
    };
    let rule = |offence: &'b Offence<'_>| -> &'b str {
        let spy: &Spy = offence.seen.spy;
        match &spy.blames {
            Some(blamed) if offence.kind.is_about_layout() && !with_plain(offence) => blamed,
            Some(blamed) if spy.contested && !with_plain(offence) && !uncontested(offence) => blamed,
            // Who stays inside bytes and leaves items of several bytes took `len` for their number.
            Some(_) | None if counts_items(offence) => "itemsize.ignored-when-shape-null",
            Some(_) | None => offence.rule,
        }
    };
    offences.iter().map(rule).collect()
}
