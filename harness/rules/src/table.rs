//! The rule table: one check for every rule that an observation can prove broken.
//!
//! Knows the families in the order in which they are reported. Must never know how a rule is checked.

use crate::check::Rule;
use crate::consumer;
use crate::exporter::{
    buf, consistency, empty, format, itemsize, len, memory, ndim, obj, process, readonly, refusal, release,
    request, scalar, shape, side, strides, suboffsets, view,
};
use crate::interpreter;
use crate::overtime::named;

/// Every rule that is checked, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

const FAMILIES: &[&[Rule]] = &[
    request::RULES,
    refusal::RULES,
    obj::RULES,
    buf::RULES,
    len::RULES,
    readonly::RULES,
    view::RULES,
    itemsize::RULES,
    format::RULES,
    ndim::RULES,
    scalar::RULES,
    empty::RULES,
    shape::RULES,
    strides::RULES,
    suboffsets::RULES,
    memory::RULES,
    release::RULES,
    consistency::RULES,
    process::RULES,
    side::RULES,
    named::RULES,
    consumer::table::RULES,
    interpreter::table::RULES,
];
