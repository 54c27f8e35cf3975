//! What is wanted of a call.
//!
//! Knows which part of the protocol says what a function does. Must never know which calls are made, or what came of
//! one.

mod arguments;
mod assign;
mod attributes;
mod cast;
mod compare;
mod copy;
mod fill;
mod index;
mod items;
mod memoryview;
mod operation;
mod request;
mod value;
mod view;

use bufcheck_model::interpreter::{Ask, Wants};
use bufcheck_protocol::format::Platform;

pub(crate) use index::cut_length;
pub(crate) use items::Items;

/// What a call is wanted to show on a platform; nothing where no promise can be computed.
pub fn want(ask: &Ask, platform: Platform) -> Option<Wants> {
    match ask {
        Ask::SizeFromFormat { format } => view::size_from_format(format, platform),
        Ask::IsContiguous { view, order } => view::is_contiguous(view, *order),
        Ask::GetPointer { view, indices } => view::get_pointer(view, indices),
        Ask::ToContiguous { view, len, order } => copy::to_contiguous(view, *len, *order),
        Ask::FromContiguous { view, len, order } => copy::from_contiguous(view, *len, *order),
        Ask::CopyData { destination, source } => copy::copy_data(destination, source),
        Ask::FillContiguousStrides {
            shape,
            itemsize,
            order,
        } => fill::strides(shape, *itemsize, *order),
        Ask::FillInfo {
            len,
            readonly,
            flags,
            place,
        } => fill::info(*len, *readonly, *flags, *place),
        Ask::GetBuffer {
            object,
            flags,
            releases,
            pending,
        } => request::get(object, *flags, *releases, *pending),
        Ask::Memoryview { of, operation } => memoryview::memoryview(of, operation, platform),
        Ask::Parse { code, object } => arguments::parse(code, object),
        Ask::CheckBuffer { .. } | Ask::BuildValue { .. } | Ask::Python { .. } => None,
    }
}
