//! The buffer protocol as pure types: requests, PEP 3118 formats, memory layouts, and what a request demands.
//!
//! Knows what the documentation of `Py_buffer`, PEP 3118 and the struct module say, as values and functions; it can be
//! used by itself. Must never know files, messages, observations, rules, or that Python can be called. Nothing here
//! does input or output, and nothing is unsafe.
//!
//! ```
//! use bufcheck_protocol::layout::{Layout, LayoutClass};
//! use bufcheck_protocol::outcome::{Outcome, outcome};
//! use bufcheck_protocol::request::Request;
//!
//! // Every second of eight bytes: no consumer that asks without STRIDES may be given that memory as it lies.
//! let layout = Layout::new(1, &[4], Some(&[2]), None)?;
//! assert_eq!(layout.class(), LayoutClass::Strided);
//! let simple = Request::new(0);
//! assert_eq!(outcome(simple, layout.class(), false), Outcome::RefuseOrFaithfulCopy);
//! # Ok::<(), bufcheck_protocol::layout::LayoutError>(())
//! ```

#![forbid(unsafe_code)]

pub mod format;
pub mod layout;
pub mod outcome;
pub mod request;
pub mod said;
pub mod widest;
