//! Rules about the answers of an exporter to single requests.
//!
//! Knows the families, one file each, and the [`Evidence`] that they look at. Must never know what happens over time.

mod answers;
pub(crate) mod buf;
pub(crate) mod consistency;
pub(crate) mod empty;
pub(crate) mod evidence;
pub(crate) mod format;
mod handed;
mod items;
pub(crate) mod itemsize;
mod judge;
pub(crate) mod len;
pub(crate) mod memory;
pub(crate) mod ndim;
pub(crate) mod obj;
pub(crate) mod process;
pub(crate) mod readonly;
pub(crate) mod refusal;
mod relation;
pub(crate) mod release;
pub(crate) mod request;
pub(crate) mod scalar;
pub(crate) mod shape;
pub(crate) mod side;
pub(crate) mod strides;
pub(crate) mod suboffsets;
pub(crate) mod view;
pub(crate) mod words;

pub use evidence::{Denial, Evidence, Facts, Grant, Native};
pub use judge::{camps, judge};
pub(crate) use process::HEAP;
