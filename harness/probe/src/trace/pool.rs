//! What stands in a slot instead of its function: one pair of thunks for each pair of functions.
//!
//! Knows how the number of a thunk and the address it returns to become arguments. Must never know what they are for.

use super::hooks::{slot_get, slot_release};
use super::thunk::{self, PAIRS};

/// The thunks for these two functions, the same for the same; `None` if all are taken.
pub(super) fn pair(get: usize, release: usize) -> Option<(usize, usize)> {
    let number = thunk::number(get, release)?;
    let [get, release] = POOL.get(number / ROW)?.get(number % ROW)?;
    let pair = (*get as usize, *release as usize);
    thunk::set_addresses(number, pair);
    Some(pair)
}

/// Only its address is used; the arguments are those of the slot.
type Thunk = unsafe extern "C" fn();

/// Pairs in a row of the table.
const ROW: usize = 16;

/// A request: the address that is returned to is the fourth argument, the number the fifth.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn get<const R: usize, const A: usize>() {
    std::arch::naked_asm!(
        "mov rcx, [rsp]", "mov r8d, {number}", "jmp {to}", number = const R * ROW + A, to = sym slot_get
    )
}

/// A release: the address that is returned to is the third argument, the number the fourth.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn release<const R: usize, const A: usize>() {
    std::arch::naked_asm!(
        "mov rdx, [rsp]", "mov ecx, {number}", "jmp {to}", number = const R * ROW + A, to = sym slot_release
    )
}

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn get<const R: usize, const A: usize>() {
    std::arch::naked_asm!(
        "mov x3, x30", "mov x4, #{number}", "b {to}", number = const R * ROW + A, to = sym slot_get
    )
}

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn release<const R: usize, const A: usize>() {
    std::arch::naked_asm!(
        "mov x2, x30", "mov x3, #{number}", "b {to}", number = const R * ROW + A, to = sym slot_release
    )
}

macro_rules! row {
    ($row:literal: $($at:literal)*) => { [$([get::<$row, $at> as Thunk, release::<$row, $at> as Thunk]),*] };
}

macro_rules! rows {
    ($($row:literal)*) => { [$(row!($row: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)),*] };
}

static POOL: [[[Thunk; 2]; ROW]; PAIRS / ROW] = rows!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
);
