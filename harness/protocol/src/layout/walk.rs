//! Gathering the items of a view from memory that may not be what the view claims.
//!
//! Knows the order of the items and how pointers are followed. Must never know how memory is read:
//! the caller's [`Memory`] does that, and decides what a byte that cannot be read is.

use super::{Layout, Offsets, Runs};

/// Memory by absolute address, readable without ending the process: the caller's part of a walk.
pub trait Memory {
    /// Why bytes could not be read.
    type Error;

    /// Fills `into` with the bytes at `address`.
    ///
    /// # Errors
    ///
    /// If any of them cannot be read; what `into` then holds is not used.
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Self::Error>;

    /// The pointer stored at `address`, in the width and byte order of that memory.
    ///
    /// # Errors
    ///
    /// If any of its bytes cannot be read.
    fn read_pointer(&mut self, address: u64) -> Result<u64, Self::Error>;
}

/// What a walk gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// Whole items, side by side in C order.
    pub bytes: Vec<u8>,
    /// Whether these are all items; `false` where the budget ended the walk.
    pub complete: bool,
}

/// Why a walk ended early. `index` is that of the first item that could not be had, one entry an
/// axis; everything before it, in C order, was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalkError<E> {
    /// Stepping from `from` by `offset` bytes, for `len` bytes, leaves the 64-bit address space.
    #[error("item {index:?}: {len} bytes {offset} bytes from {from:#x} are outside the address space")]
    OutsideAddressSpace {
        /// Indices of the item.
        index: Vec<u64>,
        /// Address that the step starts from: `buf`, or a pointer that was read.
        from: u64,
        /// Bytes of the step.
        offset: i64,
        /// Bytes wanted there: those of items, or 0 where only the address itself was computed.
        len: u64,
    },
    /// Bytes of items could not be read. They may be those of several items that lie side by side,
    /// any of which may be the unreadable one.
    #[error("item {index:?}: cannot read {len} bytes at {address:#x}")]
    Unreadable {
        /// Indices of the first of these items.
        index: Vec<u64>,
        /// Address of its first byte.
        address: u64,
        /// Bytes wanted.
        len: u64,
        /// What the memory said.
        source: E,
    },
    /// A pointer on the way to items could not be read.
    #[error("item {index:?}: cannot read the pointer of axis {axis} at {address:#x}")]
    PointerUnreadable {
        /// Indices of the first item behind it.
        index: Vec<u64>,
        /// The axis with the suboffset.
        axis: usize,
        /// Address of the pointer.
        address: u64,
        /// What the memory said.
        source: E,
    },
}

impl Layout {
    /// Gathers the items in C order, from the address `buf` on, up to `budget` bytes (cut down to
    /// whole items; the caller's bound on memory and time, since a size is only a claim).
    ///
    /// Pointers are followed as c-api/buffer.html#pil-style-shape-strides-and-suboffsets says: step
    /// by the stride, read the pointer if the suboffset is not negative, add the suboffset. Items
    /// that lie side by side are read at once: contiguous memory is a single read. Nothing is read
    /// at all where there are no bytes, or where the budget is below one item.
    ///
    /// # Errors
    ///
    /// [`WalkError`] if an address leaves the address space or `memory` cannot read.
    pub fn walk<M: Memory>(
        &self,
        buf: u64,
        memory: &mut M,
        budget: usize,
    ) -> Result<Walked, WalkError<M::Error>> {
        let budget = u64::try_from(budget).unwrap_or(u64::MAX).min(self.size());
        // At most `budget`, so it fits `usize` again.
        let wanted = usize::try_from(budget - budget % self.itemsize.max(1)).unwrap_or(usize::MAX);
        let mut walker = Walker {
            layout: self,
            memory,
            bytes: Vec::with_capacity(wanted),
            wanted,
        };
        if wanted > 0 {
            walker.part(0, buf)?;
        }
        let bytes = walker.bytes;
        Ok(Walked {
            complete: bytes.len() as u64 == self.size(),
            bytes,
        })
    }

    /// The address of the item at `index`, one number an axis, seen from the address `buf`. Pointers on the way are
    /// followed as in [`Layout::walk`]; the item itself is not read.
    ///
    /// # Errors
    ///
    /// [`WalkError`] if an address leaves the address space or a pointer cannot be read.
    pub fn locate<M: Memory>(
        &self,
        buf: u64,
        memory: &mut M,
        index: &[u64],
    ) -> Result<u64, WalkError<M::Error>> {
        let step = |from: u64, offset: Option<i64>| {
            let reached = offset.and_then(|offset| from.checked_add_signed(offset));
            reached.ok_or_else(|| WalkError::OutsideAddressSpace {
                index: index.to_vec(),
                from,
                offset: offset.unwrap_or(i64::MAX),
                len: 0,
            })
        };
        let mut address = buf;
        for (axis, (nth, stride)) in index.iter().zip(&self.strides).enumerate() {
            let offset = i64::try_from(*nth).ok().and_then(|nth| nth.checked_mul(*stride));
            address = step(address, offset)?;
            let suboffset = self.suboffsets.as_ref().map_or(-1, |suboffsets| suboffsets[axis]);
            if suboffset >= 0 {
                let pointer =
                    memory
                        .read_pointer(address)
                        .map_err(|source| WalkError::PointerUnreadable {
                            index: index.to_vec(),
                            axis,
                            address,
                            source,
                        })?;
                address = step(pointer, Some(suboffset))?;
            }
        }
        Ok(address)
    }

    /// The indices of the item that comes `nth` in C order; the layout has items.
    pub fn index_of(&self, mut nth: u64) -> Vec<u64> {
        let mut index = vec![0; self.ndim()];
        for (at, &extent) in index.iter_mut().zip(&self.shape).rev() {
            *at = nth % extent;
            nth /= extent;
        }
        index
    }
}

struct Walker<'a, M> {
    layout: &'a Layout,
    memory: &'a mut M,
    bytes: Vec<u8>,
    wanted: usize,
}

impl<M: Memory> Walker<'_, M> {
    /// Gathers what the axes from `first` on lead to, seen from `base`. Calls itself once for each
    /// indirect axis, at most 64 deep.
    fn part(&mut self, first: usize, base: u64) -> Result<(), WalkError<M::Error>> {
        let layout = self.layout;
        let Some((axis, suboffset)) = layout.indirection_from(first) else {
            return self.items(first, base);
        };
        for offset in Offsets::over(layout.axes().take(axis + 1).skip(first).rev()) {
            let address = self.step(base, offset, 0)?;
            let pointer = match self.memory.read_pointer(address) {
                Ok(pointer) => pointer,
                Err(source) => {
                    let index = self.index();
                    return Err(WalkError::PointerUnreadable {
                        index,
                        axis,
                        address,
                        source,
                    });
                }
            };
            let target = self.step(pointer, suboffset, 0)?;
            self.part(axis + 1, target)?;
            if self.bytes.len() == self.wanted {
                break;
            }
        }
        Ok(())
    }

    fn items(&mut self, first: usize, base: u64) -> Result<(), WalkError<M::Error>> {
        let layout = self.layout;
        for run in Runs::over(layout.axes().skip(first).rev(), layout.itemsize) {
            let had = self.bytes.len();
            let room = self.wanted - had;
            let len = usize::try_from(run.len).map_or(room, |len| len.min(room));
            let address = self.step(base, run.offset, len as u64)?;
            self.bytes.resize(had + len, 0);
            if let Err(source) = self.memory.read(address, &mut self.bytes[had..]) {
                self.bytes.truncate(had);
                let (index, len) = (self.index(), len as u64);
                return Err(WalkError::Unreadable {
                    index,
                    address,
                    len,
                    source,
                });
            }
            if self.bytes.len() == self.wanted {
                break;
            }
        }
        Ok(())
    }

    /// The address `offset` bytes from `from`, if `len` bytes from there are addressable.
    fn step(&self, from: u64, offset: i64, len: u64) -> Result<u64, WalkError<M::Error>> {
        from.checked_add_signed(offset)
            .filter(|address| address.checked_add(len.saturating_sub(1)).is_some())
            .ok_or_else(|| WalkError::OutsideAddressSpace {
                index: self.index(),
                from,
                offset,
                len,
            })
    }

    /// Indices of the next item: all items before it have been gathered.
    fn index(&self) -> Vec<u64> {
        self.layout
            .index_of(self.bytes.len() as u64 / self.layout.itemsize)
    }
}
