//! The parsed form of a format string, and how it is written again.
//!
//! Knows entries, items and names as they stand in the text. Must never know sizes.

use std::fmt::{self, Display, Write as _};

use super::code::{Code, Kind, Order};

/// One entry: `[order] [shape] [order] [count] item [name]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the entry starts, in bytes.
    pub(super) at: usize,
    /// The last order mark written in this entry: it stays in force for what follows.
    pub(super) order: Option<Order>,
    /// Axes of the sub-array, none for a single item.
    pub(super) shape: Vec<u64>,
    pub(super) count: Option<u64>,
    pub(super) item: Item,
    pub(super) name: Option<Name>,
}

/// A field name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Where the name itself starts, in bytes.
    pub(super) at: usize,
    pub(super) text: String,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A code, and where its letters start.
    Code(&'static Code, usize),
    Struct(Vec<Entry>),
    Pointer(Box<Entry>),
    /// `X{}`: arguments and result of the function, both empty where nothing is said.
    Function(Vec<Entry>, Vec<Entry>),
}

impl Entry {
    /// Whether the entry is padding without a name: it moves what follows and holds no value.
    pub(super) fn is_gap(&self) -> bool {
        self.name.is_none() && matches!(self.item, Item::Code(code, _) if code.kind == Kind::Pad)
    }

    /// The entries inside this one, in the order of the text.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Entry> {
        let (first, second): (&[Entry], &[Entry]) = match &self.item {
            Item::Code(..) => (&[], &[]),
            Item::Struct(fields) => (fields, &[]),
            Item::Pointer(target) => (std::slice::from_ref(&**target), &[]),
            Item::Function(arguments, result) => (arguments, result),
        };
        first.iter().chain(second)
    }
}

/// Calls `visit` with every entry in the order of the text, and the order mark in force there.
pub(super) fn each_entry<'f>(entries: &'f [Entry], visit: &mut impl FnMut(&'f Entry, Order)) -> Order {
    fn walk<'f>(entry: &'f Entry, order: &mut Order, visit: &mut impl FnMut(&'f Entry, Order)) {
        *order = entry.order.unwrap_or(*order);
        visit(entry, *order);
        for inner in entry.inner() {
            walk(inner, order, visit);
        }
    }
    let mut order = Order::Native;
    for entry in entries {
        walk(entry, &mut order, visit);
    }
    order
}

impl Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((first, rest)) = self.shape.split_first() {
            write!(f, "({first}")?;
            for axis in rest {
                write!(f, ",{axis}")?;
            }
            f.write_char(')')?;
        }
        if let Some(order) = self.order {
            f.write_char(order.mark())?;
        }
        if let Some(count) = self.count {
            write!(f, "{count}")?;
        }
        match &self.item {
            Item::Code(code, _) => f.write_str(code.spelling)?,
            Item::Struct(fields) => write!(f, "T{{{}}}", Entries(fields))?,
            Item::Pointer(target) => write!(f, "&{target}")?,
            Item::Function(arguments, result) if arguments.is_empty() && result.is_empty() => {
                f.write_str("X{}")?;
            }
            Item::Function(arguments, result) => {
                write!(f, "X{{{}->{}}}", Entries(arguments), Entries(result))?;
            }
        }
        match &self.name {
            Some(name) => write!(f, ":{}:", name.text),
            None => Ok(()),
        }
    }
}

/// Entries one behind the other, as they are written.
pub(super) struct Entries<'e>(pub(super) &'e [Entry]);

impl Display for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| entry.fmt(f))
    }
}
