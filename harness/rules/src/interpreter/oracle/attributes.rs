//! What is wanted of the attributes of a memoryview.
//!
//! Knows them out of a layout. Must never know how a memoryview is made, or what is done with it.

use bufcheck_model::interpreter::{Fact, Value, Wants, hex};
use bufcheck_protocol::layout::{Layout, Order};

/// The attributes of a memoryview (library/stdtypes.html#memoryview.obj and those after it).
pub(super) fn attributes(layout: &Layout, format: &str, readonly: bool, bytes: &[u8], base: &str) -> Wants {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let shape: Vec<i64> = layout.shape().iter().map(|extent| number(*extent)).collect();
    Wants::from([
        (Fact::Raises, Value::Null.into()),
        (Fact::Nbytes, number(layout.size()).into()),
        (Fact::Itemsize, number(layout.itemsize()).into()),
        (Fact::Ndim, number(layout.ndim() as u64).into()),
        (Fact::Format, format.into()),
        (Fact::Shape, shape.into()),
        (Fact::Strides, layout.strides().to_vec().into()),
        (
            Fact::Suboffsets,
            layout.suboffsets().unwrap_or_default().to_vec().into(),
        ),
        (Fact::Readonly, i32::from(readonly).into()),
        (Fact::CContiguous, layout.is_contiguous(Order::C).into()),
        (Fact::FContiguous, layout.is_contiguous(Order::F).into()),
        (Fact::Contiguous, layout.is_contiguous(Order::Any).into()),
        (Fact::Content, hex(bytes).into()),
        (Fact::Base, base.into()),
    ])
}
