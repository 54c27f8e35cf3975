//! What is wanted of functions that look at a struct.
//!
//! Knows contiguity, walks and sizes as the protocol's types compute them. Must never know other functions.

use bufcheck_model::interpreter::{Fact, Value, View, Wants};
use bufcheck_protocol::format::{Format, Platform};
use bufcheck_protocol::layout::Order;

use super::items::offset;

/// The order that a letter stands for.
pub(super) fn order(letter: char) -> Option<Order> {
    match letter {
        'C' => Some(Order::C),
        'F' => Some(Order::F),
        'A' => Some(Order::Any),
        _ => None,
    }
}

/// `PyBuffer_SizeFromFormat`: the size that the struct module computes, or -1 and an exception
/// (c-api/buffer.html#c.PyBuffer_SizeFromFormat).
pub(super) fn size_from_format(format: &str, platform: Platform) -> Option<Wants> {
    let size = match Format::parse(format) {
        Ok(parsed) => parsed.struct_module_size(&platform),
        // Items without any value are no format of the protocol, and have a size in the struct module.
        Err(_)
            if format
                .trim_start_matches(['@', '=', '<', '>', '!'])
                .trim()
                .is_empty()
                && format.len() <= 1 =>
        {
            Some(0)
        }
        Err(_) => None,
    };
    Some(match size {
        Some(size) => Wants::from([
            (Fact::Returns, i64::try_from(size).ok()?.into()),
            (Fact::Raises, Value::Null.into()),
        ]),
        None => Wants::from([(Fact::Returns, (-1).into()), (Fact::Raises, "*".into())]),
    })
}

/// `PyBuffer_IsContiguous`: 1 or 0, never a failure, 0 for letters that are no order
/// (c-api/buffer.html#c.PyBuffer_IsContiguous).
pub(super) fn is_contiguous(view: &View, letter: char) -> Option<Wants> {
    let layout = view.layout().ok()?;
    let contiguous = order(letter).is_some_and(|order| layout.is_contiguous(order));
    Some(Wants::from([
        (Fact::Returns, i32::from(contiguous).into()),
        (Fact::Raises, Value::Null.into()),
    ]))
}

/// `PyBuffer_GetPointer`: the walk of c-api/buffer.html#pil-style-shape-strides-and-suboffsets.
pub(super) fn get_pointer(view: &View, indices: &[i64]) -> Option<Wants> {
    let shape = view.shape.as_deref().unwrap_or_default();
    let inside = |(index, extent): (&i64, &i64)| (0..*extent).contains(index);
    if usize::try_from(view.ndim()) != Ok(indices.len())
        || shape.len() != indices.len()
        || !indices.iter().zip(shape).all(inside)
    {
        // Indices beyond the extents are arithmetic that nothing promises.
        return None;
    }
    let index: Vec<u64> = indices.iter().map(|index| index.unsigned_abs()).collect();
    Some(Wants::from([(Fact::Offset, offset(view, &index)?.into())]))
}
