//! What a memoryview says of itself.
//!
//! Knows its attributes. Must never know what they ought to be.

use bufcheck_model::interpreter::{Fact, Facts, hex};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::super::given::Given;

/// Notes the attributes of a memoryview, and its bytes.
pub(super) fn attributes(
    view: &Bound<'_, PyAny>,
    given: Option<&Given<'_>>,
    facts: &mut Facts,
) -> PyResult<()> {
    let number = |name: &str| -> PyResult<i64> { view.getattr(name)?.extract() };
    let yes = |name: &str| -> PyResult<bool> { view.getattr(name)?.extract() };
    let numbers = |name: &str| -> PyResult<Vec<i64>> { view.getattr(name)?.extract() };
    facts.extend([
        (Fact::Nbytes, number("nbytes")?.into()),
        (Fact::Itemsize, number("itemsize")?.into()),
        (Fact::Ndim, number("ndim")?.into()),
        (Fact::Format, view.getattr("format")?.extract::<String>()?.into()),
        (Fact::Shape, numbers("shape")?.into()),
        (Fact::Strides, numbers("strides")?.into()),
        (Fact::Suboffsets, numbers("suboffsets")?.into()),
        (Fact::Readonly, i32::from(yes("readonly")?).into()),
        (Fact::CContiguous, yes("c_contiguous")?.into()),
        (Fact::FContiguous, yes("f_contiguous")?.into()),
        (Fact::Contiguous, yes("contiguous")?.into()),
        (Fact::Content, content(view)?.into()),
    ]);
    let base = view.getattr("obj")?;
    let name = match given {
        _ if base.is_none() => "null",
        Some(given) if given.name_of(base.as_ptr()) != "other" => given.name_of(base.as_ptr()),
        _ if base.is_instance_of::<PyBytes>() => "bytes",
        _ => "other",
    };
    facts.insert(Fact::Base, name.into());
    Ok(())
}

/// The bytes of all items.
fn content(view: &Bound<'_, PyAny>) -> PyResult<String> {
    let bytes: Vec<u8> = view.call_method0("tobytes")?.extract()?;
    Ok(hex(&bytes))
}
