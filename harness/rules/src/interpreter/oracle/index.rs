//! What is wanted of a memoryview that is read by index, cut, or turned into a list.
//!
//! Knows library/stdtypes.html#memoryview.tolist and the text about indexing above it. Must never know how a
//! memoryview is made.

use bufcheck_model::interpreter::{Fact, Value, View, Wants};
use bufcheck_model::reference::Slice;
use bufcheck_protocol::format::Platform;

use super::items::Items;
use super::value::{letter, read, repr};

/// A value and no exception.
pub(super) fn gives(value: impl Into<Value>) -> Wants {
    Wants::from([
        (Fact::Raises, Value::Null.into()),
        (Fact::Value, value.into().into()),
    ])
}

/// An exception of this type; `*`: of any.
pub(super) fn raises(name: &str) -> Wants {
    Wants::from([(Fact::Raises, name.into())])
}

/// `tolist()`: the items, each axis a list.
pub(super) fn tolist(items: &Items, format: &str, platform: Platform) -> Option<Wants> {
    if letter(format).is_none() {
        return Some(raises("NotImplementedError"));
    }
    let shape = items.layout.shape().to_vec();
    let mut nth = 0;
    nested(items, format, platform, &shape, &mut nth).map(gives)
}

fn nested(items: &Items, format: &str, platform: Platform, shape: &[u64], nth: &mut usize) -> Option<String> {
    let Some((extent, rest)) = shape.split_first() else {
        let value = read(format, items.item(*nth)?, platform)?;
        *nth += 1;
        return repr(&value);
    };
    let parts = (0..*extent).map(|_| nested(items, format, platform, rest, nth));
    Some(format!("[{}]", parts.collect::<Option<Vec<_>>>()?.join(", ")))
}

/// `view[key]`: one item, counted from the end where an index is below 0.
pub(super) fn index(items: &Items, format: &str, key: &[i64], platform: Platform) -> Option<Wants> {
    let nth = match place(items, key) {
        Place::At(nth) => nth,
        Place::Outside => return Some(raises("IndexError")),
        // Nothing says what a part of a view of several axes is.
        Place::OtherAxes => return Some(raises("*")),
    };
    if letter(format).is_none() {
        return Some(raises("NotImplementedError"));
    }
    repr(&read(format, items.item(nth)?, platform)?).map(gives)
}

/// Where a key leads.
pub(super) enum Place {
    /// To the item of this number in C order.
    At(usize),
    /// Beyond an extent.
    Outside,
    /// It has more or fewer indices than there are axes.
    OtherAxes,
}

/// The item that a key names.
pub(super) fn place(items: &Items, key: &[i64]) -> Place {
    let shape = items.layout.shape();
    if shape.len() != key.len() {
        return Place::OtherAxes;
    }
    let mut nth = 0_usize;
    for (index, extent) in key.iter().zip(shape) {
        let extent = i64::try_from(*extent).unwrap_or(i64::MAX);
        let index = if *index < 0 { index + extent } else { *index };
        match (usize::try_from(index), usize::try_from(extent)) {
            (Ok(index), Ok(extent)) if index < extent => nth = nth * extent + index,
            _ => return Place::Outside,
        }
    }
    Place::At(nth)
}

/// What is left of a view: its first axis is cut, as a list would be (library/stdtypes.html#common-sequence-operations).
pub(super) fn cut(view: &View, by: Slice) -> Option<View> {
    let shape = view.shape.as_ref()?;
    let strides = view.strides.as_ref()?;
    let (first, count, step) = indices(by, *shape.first()?)?;
    let start = i64::try_from(view.start).ok()? + first * strides[0];
    let mut cut = view.clone();
    cut.start = usize::try_from(start).ok()?;
    cut.len = None;
    cut.shape.as_mut()?[0] = count;
    cut.strides.as_mut()?[0] = strides[0].checked_mul(step)?;
    Some(cut)
}

/// How many items a slice leaves of so many.
pub(crate) fn cut_length(by: Slice, extent: usize) -> Option<i64> {
    let (_, count, _) = indices(by, i64::try_from(extent).ok()?)?;
    Some(count)
}

/// First index, number of indices and step.
fn indices(by: Slice, extent: i64) -> Option<(i64, i64, i64)> {
    let step = by.step.unwrap_or(1);
    let down = step < 0;
    let (low, high) = if down { (-1, extent - 1) } else { (0, extent) };
    let end = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(index) if index < 0 => (index + extent).clamp(low, high),
        Some(index) => index.clamp(low, high),
    };
    let (start, stop) = if down {
        (end(by.start, high), end(by.stop, low))
    } else {
        (end(by.start, low), end(by.stop, high))
    };
    let way = if down { start - stop } else { stop - start };
    let size = step.checked_abs().filter(|size| *size > 0)?;
    Some((start, if way > 0 { (way - 1) / size + 1 } else { 0 }, step))
}

#[cfg(test)]
mod tests {
    use bufcheck_model::reference::Slice;
    use rstest::rstest;

    use super::indices;

    #[rstest]
    #[case((None, None, None), (0, 6, 1))]
    #[case((Some(1), Some(4), None), (1, 3, 1))]
    #[case((None, None, Some(4)), (0, 2, 4))]
    #[case((None, None, Some(-1)), (5, 6, -1))]
    #[case((Some(-2), None, Some(-2)), (4, 3, -2))]
    #[case((Some(9), Some(12), None), (6, 0, 1))]
    #[case((Some(4), Some(1), None), (4, 0, 1))]
    #[case((Some(-99), Some(99), Some(5)), (0, 2, 5))]
    fn a_slice_of_six_is_as_python_has_it(
        #[case] (start, stop, step): (Option<i64>, Option<i64>, Option<i64>),
        #[case] wanted: (i64, i64, i64),
    ) {
        assert_eq!(indices(Slice { start, stop, step }, 6), Some(wanted));
    }
}
