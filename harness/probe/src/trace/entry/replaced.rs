//! A function whose entry is led elsewhere.
//!
//! Knows its address and that of the hook. Must never know how a processor is told.

/// A function that is replaced.
pub(in crate::trace) struct Replaced {
    /// Its address.
    pub(in crate::trace) target: usize,
    /// What is called instead, with the return address as one more argument behind those it has.
    pub(in crate::trace) hook: usize,
    /// Its arguments.
    pub(in crate::trace) arguments: usize,
}
