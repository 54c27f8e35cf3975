//! Whether memory that an exporter points to can be read.
//!
//! Knows pages that were read before. Must never load from one that was not.
//!
//! A page that could be read once is taken to stay readable: what an exporter points to while a view is granted is what
//! the program itself is about to read.

use std::cell::Cell;

use crate::look::memory::{page_size, read};

/// Pages that are remembered.
const PAGES: usize = 256;

thread_local! {
    static KNOWN: [Cell<usize>; PAGES] = const { [const { Cell::new(0) }; PAGES] };
}

/// Whether all these bytes can be read.
pub(super) fn readable(address: usize, bytes: usize) -> bool {
    let size = page_size();
    let Some(end) = address.checked_add(bytes).filter(|_| address != 0) else {
        return false;
    };
    let (first, last) = (address / size, end.saturating_sub(1).max(address) / size);
    (first..=last).all(page)
}

fn page(number: usize) -> bool {
    KNOWN.with(|known| {
        let place = &known[number % PAGES];
        // 0 stands for none.
        if place.get() == number + 1 {
            return true;
        }
        let readable = read(number * page_size(), &mut [0]);
        if readable {
            place.set(number + 1);
        }
        readable
    })
}

/// Whether a value of this type may be there: aligned, and it can be read.
pub(super) fn may_hold<T>(address: usize) -> bool {
    address.is_multiple_of(align_of::<T>()) && readable(address, size_of::<T>())
}

/// The numbers at an address; `None` if they cannot be read.
///
/// # Safety
///
/// Nobody writes to them meanwhile.
pub(super) unsafe fn numbers<'a>(address: usize, count: usize) -> Option<&'a [isize]> {
    let whole = address.is_multiple_of(align_of::<isize>()) && readable(address, count.checked_mul(8)?);
    // SAFETY: aligned and readable, and the caller's promise.
    whole.then(|| unsafe { std::slice::from_raw_parts(address as *const isize, count) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_can_be_read_and_what_is_not_cannot() {
        let numbers = [1isize, 2, 3];
        let address = numbers.as_ptr() as usize;
        assert!(readable(address, 24));
        // SAFETY: numbers of this test.
        assert_eq!(unsafe { super::numbers(address, 3) }, Some(&numbers[..]));
        // SAFETY: nothing is read.
        assert_eq!(unsafe { super::numbers(address + 1, 1) }, None);
        assert!(may_hold::<isize>(address) && !may_hold::<isize>(address + 1));
        assert!(!readable(0, 1) && !readable(16, 8) && !readable(usize::MAX - 4, 8));
    }
}
