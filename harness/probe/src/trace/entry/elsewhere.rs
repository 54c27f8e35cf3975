//! Entries of functions on processors for which nobody has written it.
//!
//! Knows that it says so. Must never change anything.

use super::replaced::Replaced;

/// Never made.
pub(in crate::trace) enum Prepared<const N: usize> {}

impl<const N: usize> Prepared<N> {
    /// What to call to do what each function did.
    pub(in crate::trace) fn originals(&self) -> [usize; N] {
        match *self {}
    }

    /// Leads them elsewhere.
    ///
    /// # Safety
    ///
    /// None is needed.
    pub(in crate::trace) unsafe fn commit(self) -> Result<(), String> {
        match self {}
    }
}

/// Nothing is replaced.
///
/// # Safety
///
/// None is needed.
pub(in crate::trace) unsafe fn prepare<const N: usize>(_: &[Replaced; N]) -> Result<Prepared<N>, String> {
    Err("entries of functions are replaced on x86-64 only".into())
}
