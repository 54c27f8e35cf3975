//! A spy as data, in `cases/spies/`.
//!
//! Knows every key that an author may write, and which bytes of its memory the items are. Must never know how a
//! request is answered.

use bufcheck_protocol::format::hex_bytes;
use bufcheck_protocol::layout::{Layout, LayoutError, Memory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of `cases/spies/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpyFile {
    /// What the file holds.
    pub about: String,
    /// The spies.
    pub spies: Vec<Spy>,
}

/// An exporter that obeys the protocol, and is unusual in one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spy {
    /// `spies/...`, for ever.
    pub id: String,
    /// What it shows, in words that follow "given".
    pub about: String,
    /// Its format.
    pub format: String,
    /// Bytes of an item.
    pub itemsize: usize,
    /// The extents, in items.
    pub shape: Vec<usize>,
    /// Bytes from one item to the next; default: C-contiguous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strides: Option<Vec<isize>>,
    /// Its memory, as hexadecimal digits.
    pub memory: String,
    /// Bytes from the start of that memory (of the pointers, where there are some) to the first item.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start: usize,
    /// The suboffsets; the memory is then reached through `pointers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suboffsets: Option<Vec<isize>>,
    /// Where each pointer leads: bytes from the start of the memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<usize>,
    /// What it says of `readonly`: one call for each.
    #[serde(default = "either", skip_serializing_if = "is_either")]
    pub readonly: Vec<i32>,
    /// It is also given with memory that begins at a page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both_ends: bool,
    /// Where `buf` leads, of a view without items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// What it refuses besides what the protocol demands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuses: Option<Refusal>,
    /// What `ndim` is where no shape is asked for; default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simple_ndim: Option<Simple>,
    /// `shape` and `strides` lie in the struct itself, as `PyBuffer_FillInfo` has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_arrays: bool,
    /// `obj` is another object, which the memory belongs to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redirects: bool,
    /// Its items are others, moved up by one, in every request of a call but the first, unless a view is held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes: bool,
    /// The same values in a native format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
    /// The spy that differs from it in nothing but what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// The rule that is broken where this spy is read wrongly, though the plain ones are read right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blames: Option<String>,
    /// The rule that is broken where this spy is refused, though `like` is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_breaks: Option<String>,
    /// Whatever goes wrong with it breaks the rule that it blames, and no other: no text allows what it shows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
}

/// The same values in a native format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// The format.
    pub format: String,
    /// The items in C order, as hexadecimal digits.
    pub memory: String,
}

/// Where `buf` of a view without items leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// Into memory that cannot be reached.
    Dangling,
    /// Nowhere.
    Null,
}

/// What `ndim` is where no shape is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Simple {
    /// 0.
    Zero,
    /// The number of axes.
    True,
}

/// What a spy refuses besides what the protocol demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Which requests of a call.
    pub which: Refusing,
    /// What it raises.
    pub raises: RefusalKind,
}

/// Which requests of a call are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusing {
    /// Each.
    All,
    /// The first.
    First,
    /// The second.
    Second,
    /// Each, as long as another view is held.
    WhileHeld,
}

impl Refusing {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "each request",
            Self::First => "the first request",
            Self::Second => "the second request",
            Self::WhileHeld => "each request while a view is held",
        }
    }
}

/// What a refusal raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RefusalKind {
    /// The exception of the protocol.
    BufferError,
    /// An exception that nobody should take for a refusal.
    MemoryError,
    /// No error at all.
    KeyboardInterrupt,
}

impl RefusalKind {
    /// The name of the exception.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BufferError => "BufferError",
            Self::MemoryError => "MemoryError",
            Self::KeyboardInterrupt => "KeyboardInterrupt",
        }
    }
}

fn either() -> Vec<i32> {
    vec![1, 0]
}

fn is_either(values: &[i32]) -> bool {
    values == [1, 0]
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// A spy that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpyProblem {
    /// `memory` is not written as bytes.
    #[error("`memory` is no even number of hexadecimal digits")]
    Digits,
    /// One array an axis.
    #[error("`shape`, `strides` and `suboffsets` differ in length, or there are more than 64 axes")]
    Axes,
    /// An item is not where the arrays say.
    #[error("an item does not lie within `memory`, or a pointer not within `pointers`")]
    Outside,
    /// The values are not as many as the items.
    #[error("`values` does not hold as many items")]
    Values,
}

impl Spy {
    /// Its memory.
    ///
    /// # Errors
    ///
    /// [`SpyProblem::Digits`].
    pub fn bytes(&self) -> Result<Vec<u8>, SpyProblem> {
        hex_bytes(&self.memory).ok_or(SpyProblem::Digits)
    }

    /// Whether it is plain bytes in a row, which nobody can take for anything else.
    pub fn is_plain(&self) -> bool {
        self.blames.is_none() && self.refuses.is_none() && self.format == "B" && self.shape.len() == 1
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// How its items lie.
    ///
    /// # Errors
    ///
    /// [`SpyProblem`] where the arrays do not go together.
    pub fn layout(&self) -> Result<Layout, SpyProblem> {
        let array = |numbers: &[isize]| -> Vec<i64> { numbers.iter().map(|number| *number as i64).collect() };
        let extents = self.shape.iter().map(|extent| i64::try_from(*extent));
        let shape: Vec<i64> = extents
            .collect::<Result<_, _>>()
            .map_err(|_| SpyProblem::Outside)?;
        let itemsize = i64::try_from(self.itemsize).map_err(|_| SpyProblem::Outside)?;
        let strides = self.strides.as_deref().map(array);
        let suboffsets = self.suboffsets.as_deref().map(array);
        let layout = Layout::new(itemsize, &shape, strides.as_deref(), suboffsets.as_deref());
        layout.map_err(|error| match error {
            LayoutError::LengthMismatch { .. } | LayoutError::TooManyAxes { .. } => SpyProblem::Axes,
            _ => SpyProblem::Outside,
        })
    }

    /// Where each item begins in the memory, in C order.
    ///
    /// # Errors
    ///
    /// [`SpyProblem`] where the arrays do not go together.
    pub fn offsets(&self) -> Result<Vec<usize>, SpyProblem> {
        let (layout, room) = (self.layout()?, self.bytes()?.len());
        let place = |nth| {
            let first = ORIGIN.checked_add(self.start as u64)?;
            let found = layout.locate(first, &mut Pointers(&self.pointers), &layout.index_of(nth));
            let place = usize::try_from(found.ok()?.checked_sub(ORIGIN)?).ok()?;
            (place.checked_add(self.itemsize)? <= room).then_some(place)
        };
        (0..layout.count())
            .map(|nth| place(nth).ok_or(SpyProblem::Outside))
            .collect()
    }

    /// The bytes of all items in C order, out of some content of the memory.
    ///
    /// # Errors
    ///
    /// As [`Spy::offsets`].
    pub fn items(&self, memory: &[u8]) -> Result<Vec<u8>, SpyProblem> {
        let item = |at: usize| memory.get(at..at + self.itemsize).ok_or(SpyProblem::Outside);
        let places = self.offsets()?;
        let parts: Result<Vec<&[u8]>, SpyProblem> = places.into_iter().map(item).collect();
        Ok(parts?.concat())
    }

    /// Whether two indices lead to the same item.
    pub fn repeats(&self) -> bool {
        let mut places = self.offsets().unwrap_or_default();
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        places.len() != count
    }

    /// The items in a native format, in C order.
    ///
    /// # Errors
    ///
    /// [`SpyProblem`] where they are not as many.
    pub fn values(&self) -> Result<Option<(String, Vec<u8>)>, SpyProblem> {
        let Some(values) = &self.values else {
            return Ok(None);
        };
        let bytes = hex_bytes(&values.memory).ok_or(SpyProblem::Digits)?;
        let count = self.shape.iter().product::<usize>();
        if (count == 0) != bytes.is_empty() || (count > 0 && bytes.len() % count != 0) {
            return Err(SpyProblem::Values);
        }
        Ok(Some((values.format.clone(), bytes)))
    }
}

/// Where the memory of a spy, and that of its pointers, is thought to begin: steps may lead below it on the way.
const ORIGIN: u64 = 1 << 48;

/// The pointers of a spy, as memory.
struct Pointers<'a>(&'a [usize]);

impl Memory for Pointers<'_> {
    type Error = SpyProblem;

    fn read(&mut self, _: u64, _: &mut [u8]) -> Result<(), SpyProblem> {
        Err(SpyProblem::Outside)
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, SpyProblem> {
        let word = address
            .checked_sub(ORIGIN)
            .map(|at| at / size_of::<usize>() as u64);
        let leads = word.and_then(|word| self.0.get(usize::try_from(word).ok()?));
        leads
            .and_then(|to| ORIGIN.checked_add(*to as u64))
            .ok_or(SpyProblem::Outside)
    }
}
