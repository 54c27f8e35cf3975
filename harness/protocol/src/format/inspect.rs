//! What can be said about a string without laying it out.
//!
//! Knows codes that do not belong where they stand and names that cannot be told apart. Must never know
//! whether either breaks a rule.

use std::collections::HashMap;

use super::Format;
use super::code::{Code, Order};
use super::syntax::{Entry, Item, each_entry};

/// A code and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The code's letters.
    pub code: &'static str,
    /// The order mark in force, `@` where none is written.
    pub order: char,
    /// Bytes from the start of the string.
    pub at: usize,
}

/// What is wrong with a field name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameFlawKind {
    /// Another field of the same struct has this name.
    Duplicate,
    /// Nothing stands between the colons.
    Empty,
}

/// A field name by which the field cannot be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFlaw {
    /// What is wrong.
    pub kind: NameFlawKind,
    /// The name.
    pub name: String,
    /// Bytes from the start of the string to the name.
    pub at: usize,
}

impl Format {
    /// The first code without a standard size (`n N P O g Zg G`) that stands under `=`, `<`, `>` or `!`,
    /// inside pointers and functions as well.
    pub fn native_only_with_standard_prefix(&self) -> Option<Witness> {
        self.first(|code, native| code.native_only() && !native)
    }

    /// Whether alignment alone places what is inside: all of it stands under `@`, written or understood, and no gap
    /// (`x`) is written out.
    pub fn leaves_places_to_alignment(&self) -> bool {
        let mut left = true;
        each_entry(&self.entries, &mut |entry, order| {
            left &= order == Order::Native && !entry.is_gap();
        });
        left
    }

    /// The first one-letter complex code (`F`, `D`, `G`).
    pub fn complex_letter(&self) -> Option<Witness> {
        self.first(|code, _| code.complex_letter())
    }

    /// Every empty name, and every name that its struct has already.
    pub fn name_flaws(&self) -> Vec<NameFlaw> {
        let mut flaws = struct_flaws(&self.entries);
        each_entry(&self.entries, &mut |entry, _| match &entry.item {
            Item::Struct(fields) => flaws.extend(struct_flaws(fields)),
            Item::Code(..) | Item::Pointer(_) | Item::Function(..) => {}
        });
        flaws.sort_by_key(|flaw| flaw.at);
        flaws
    }

    fn first(&self, wanted: impl Fn(&Code, bool) -> bool) -> Option<Witness> {
        let mut first = None;
        each_entry(&self.entries, &mut |entry, order| {
            if let Item::Code(code, at) = entry.item
                && first.is_none()
                && wanted(code, order.native_sizes())
            {
                first = Some(Witness {
                    code: code.spelling,
                    order: order.mark(),
                    at,
                });
            }
        });
        first
    }
}

fn struct_flaws(fields: &[Entry]) -> Vec<NameFlaw> {
    let mut seen = HashMap::new();
    let names = fields.iter().filter_map(|field| field.name.as_ref());
    let flawed = names.filter_map(|name| {
        let kind = if name.text.is_empty() {
            NameFlawKind::Empty
        } else if seen.insert(name.text.as_str(), name.at).is_some() {
            NameFlawKind::Duplicate
        } else {
            return None;
        };
        Some(NameFlaw {
            kind,
            name: name.text.clone(),
            at: name.at,
        })
    });
    flawed.collect()
}
