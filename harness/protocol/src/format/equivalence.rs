//! Whether two strings describe the same item.
//!
//! Knows when two resolved layouts put the same values at the same places. Must never know how either was
//! spelled: `3i` and `iii`, `l` and `q`, `=i` and `<i` may be one item.

use super::layout::{Element, Field, Record, Scalar};

/// Whether field names count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Names {
    /// Fields must have the same names.
    Matter,
    /// Only kinds, sizes and places are compared.
    Ignored,
}

/// Whether both records hold the same values at the same offsets and have the same size.
pub(super) fn same(left: &Record<'_>, right: &Record<'_>, names: Names) -> bool {
    left.size == right.size && {
        let (left, right) = (runs(left), runs(right));
        left.len() == right.len()
            && left
                .iter()
                .zip(&right)
                .all(|(left, right)| same_field(left, right, names))
    }
}

fn same_field(left: &Field<'_>, right: &Field<'_>, names: Names) -> bool {
    let alike = names == Names::Ignored || left.name == right.name;
    let placed = (left.offset, left.bit, &left.axes) == (right.offset, right.bit, &right.axes);
    // The way to the next element says nothing where there is none.
    let stepped = left.stride == right.stride || left.count() == Some(1);
    alike
        && placed
        && stepped
        && match (&left.element, &right.element) {
            (Element::Scalar(left), Element::Scalar(right)) => plain(*left) == plain(*right),
            (Element::Record(left), Element::Record(right)) => same(left, right, names),
            (Element::Scalar(_), Element::Record(_)) | (Element::Record(_), Element::Scalar(_)) => false,
        }
}

/// A scalar without what does not change its bytes: the order of a single byte.
fn plain(scalar: Scalar) -> Scalar {
    let wide = scalar.size > 1 || scalar.bits > 0;
    Scalar {
        big_endian: scalar.big_endian && wide,
        ..scalar
    }
}

/// The fields that hold values, equal unnamed neighbours drawn together: `iii` is `3i`.
fn runs<'f>(record: &Record<'f>) -> Vec<Field<'f>> {
    let mut runs: Vec<Field<'f>> = Vec::new();
    for field in record.fields.iter().filter(|field| field.valued) {
        if let Some(last) = runs.last_mut()
            && let Some(length) = joined(last, field)
        {
            last.axes = vec![length];
            last.stride = last.stride.max(field.stride);
        } else {
            runs.push(field.clone());
        }
    }
    runs
}

fn joined(last: &Field<'_>, field: &Field<'_>) -> Option<u64> {
    let [length, other] = [last, field].map(|field| match field.axes.as_slice() {
        [] => Some(1),
        [length] => Some(*length),
        _ => None,
    });
    let (length, other) = (length?, other?);
    let (Element::Scalar(one), Element::Scalar(two)) = (&last.element, &field.element) else {
        return None;
    };
    let adjacent = last.offset.checked_add(length.checked_mul(last.stride)?)? == field.offset;
    let alike = plain(*one) == plain(*two) && one.bits == 0 && !one.kind.counts_length();
    (adjacent && alike && last.name.is_none() && field.name.is_none()).then(|| length.checked_add(other))?
}
