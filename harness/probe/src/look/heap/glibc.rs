//! The GNU C library: small blocks in one heap, large ones on pages of their own.
//!
//! Knows which of the two has to be asked, and the library's own sums. Must never know how either is headed.

#[path = "chain.rs"]
mod chain;
#[path = "mapped.rs"]
mod mapped;

use bufcheck_model::scenario::Block;

pub(crate) use chain::prepare;

/// What cannot be checked here.
pub(crate) const UNCHECKED: &[&str] = &[];

/// The places of the sums in [`mallinfo`]: blocks that are mapped, and their bytes.
const BLOCKS: usize = 3;
const BYTES: usize = 4;

/// The block that an address lies in.
pub(super) fn block_of(address: u64) -> Option<Block> {
    chain::block_of(address).or_else(|| {
        let sums = mallinfo()?;
        mapped::block_of(address, (sums[BLOCKS], sums[BYTES] as u64))
    })
}

/// `struct mallinfo2` of glibc 2.33 and newer: ten sizes.
pub(crate) fn mallinfo() -> Option<[usize; 10]> {
    #[repr(C)]
    struct MallInfo([usize; 10]);
    // SAFETY: the name is a C string; the symbol is looked up, since older C libraries lack it.
    let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
    if symbol.is_null() {
        return None;
    }
    // SAFETY: where the C library has a function of this name it takes nothing and returns ten sizes.
    let function: unsafe extern "C" fn() -> MallInfo = unsafe { std::mem::transmute(symbol) };
    // SAFETY: as above; it only reads the allocator's own books, under its own locks.
    let MallInfo(sizes) = unsafe { function() };
    Some(sizes)
}
