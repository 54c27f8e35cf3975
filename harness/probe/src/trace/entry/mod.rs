//! The entries of `PyObject_GetBuffer` and `PyBuffer_Release`, led to functions of ours.
//!
//! Knows that there is a way for some processors. Must never know what is done with a request.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "elsewhere.rs")]
mod processor;
mod replaced;

pub(super) use processor::prepare;
pub(super) use replaced::Replaced;
