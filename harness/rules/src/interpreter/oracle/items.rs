//! The items of a view, one by one.
//!
//! Knows where each lies in the memory of the view. Must never know who reads or writes them.

use std::convert::Infallible;
use std::ops::Range;

use bufcheck_model::interpreter::View;
use bufcheck_protocol::layout::{Layout, Memory, Order};

/// Where the memory of a view is taken to begin: no small number, so that nothing passes for an offset by chance.
const BASE: u64 = 0x10_0000;

/// Items that are looked at, at most.
const MAX_ITEMS: u64 = 1 << 16;

/// Memory that is only the bytes of a view; what lies outside reads as zero.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn at(&self, address: u64) -> u8 {
        let place = address
            .checked_sub(BASE)
            .and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.0.get(place)).copied().unwrap_or(0)
    }
}

impl Memory for Bytes<'_> {
    type Error = Infallible;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Infallible> {
        for (at, byte) in (0..).zip(into) {
            *byte = self.at(address + at);
        }
        Ok(())
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// A view whose items all lie in its memory.
pub(crate) struct Items {
    /// How they lie.
    pub(crate) layout: Layout,
    /// The memory, pointers seen from its own start.
    pub(crate) memory: Vec<u8>,
    /// Where each begins in the memory, in C order.
    places: Vec<usize>,
}

impl Items {
    /// The items of a view; `None` if one lies outside, or there are too many.
    pub(crate) fn of(view: &View) -> Option<Self> {
        let layout = view.layout().ok().filter(|layout| layout.count() <= MAX_ITEMS)?;
        let memory = memory(view)?;
        let itemsize = usize::try_from(layout.itemsize()).ok()?;
        let places = (0..layout.count()).map(|nth| {
            let place = place(&layout, view, &memory, &layout.index_of(nth))?;
            let place = usize::try_from(place).ok()?;
            (place.checked_add(itemsize)? <= memory.len()).then_some(place)
        });
        Some(Self {
            places: places.collect::<Option<_>>()?,
            layout,
            memory,
        })
    }

    /// Where each item lies, in an order. `Any` is the order of memory where that is contiguous, else C order.
    pub(crate) fn places(&self, order: Order) -> Vec<Range<usize>> {
        let itemsize = usize::try_from(self.layout.itemsize()).unwrap_or(0);
        let fortran = match order {
            Order::C => false,
            Order::F => true,
            Order::Any => self.layout.is_contiguous(Order::F) && !self.layout.is_contiguous(Order::C),
        };
        let range = |place: usize| place..place + itemsize;
        if !fortran {
            return self.places.iter().map(|place| range(*place)).collect();
        }
        let shape = self.layout.shape();
        let nth = |mut number: usize| {
            // The number of the same item in C order.
            let mut index = vec![0; shape.len()];
            for (at, extent) in index.iter_mut().zip(shape) {
                let extent = usize::try_from(*extent).unwrap_or(1).max(1);
                *at = number % extent;
                number /= extent;
            }
            let extents = shape.iter().map(|extent| usize::try_from(*extent).unwrap_or(1));
            index
                .iter()
                .zip(extents)
                .fold(0, |sum, (at, extent)| sum * extent + at)
        };
        (0..self.places.len())
            .map(|number| range(self.places[nth(number)]))
            .collect()
    }

    /// The bytes of the item of this number in C order.
    pub(crate) fn item(&self, nth: usize) -> Option<&[u8]> {
        let start = *self.places.get(nth)?;
        let end = start + usize::try_from(self.layout.itemsize()).ok()?;
        self.memory.get(start..end)
    }

    /// The bytes of all items, in an order.
    pub(crate) fn bytes(&self, order: Order) -> Vec<u8> {
        let places = self.places(order).into_iter();
        places.flat_map(|place| self.memory[place].to_vec()).collect()
    }

    /// Whether two items share a byte.
    pub(crate) fn overlap(&self) -> bool {
        let mut places = self.places(Order::C);
        places.sort_by_key(|place| place.start);
        places.windows(2).any(|pair| pair[0].end > pair[1].start)
    }

    /// The memory after these bytes were put into the items, in an order, as far as they go.
    pub(crate) fn written(&self, order: Order, bytes: &[u8]) -> Vec<u8> {
        let mut memory = self.memory.clone();
        let itemsize = usize::try_from(self.layout.itemsize()).unwrap_or(0).max(1);
        for (place, item) in self.places(order).into_iter().zip(bytes.chunks(itemsize)) {
            memory[place.start..place.start + item.len()].copy_from_slice(item);
        }
        memory
    }
}

/// The bytes of a view, with pointers as they are stored at [`BASE`], the least significant byte first.
fn memory(view: &View) -> Option<Vec<u8>> {
    let mut bytes = View {
        pointers: Vec::new(),
        ..view.clone()
    }
    .bytes(0)
    .ok()?;
    for [at, to] in &view.pointers {
        let pointer = BASE.checked_add(u64::try_from(*to).ok()?)?;
        let end = at.checked_add(8)?;
        bytes.get_mut(*at..end)?.copy_from_slice(&pointer.to_le_bytes());
    }
    Some(bytes)
}

/// Bytes from the start of the memory to an item.
fn place(layout: &Layout, view: &View, bytes: &[u8], index: &[u64]) -> Option<i64> {
    let buf = BASE.checked_add(u64::try_from(view.start).ok()?)?;
    let address = layout.locate(buf, &mut Bytes(bytes), index).ok()?;
    i64::try_from(address).ok()?.checked_sub_unsigned(BASE)
}

/// Bytes from the start of the memory to the item at an index, wherever that is.
pub(super) fn offset(view: &View, index: &[u64]) -> Option<i64> {
    place(&view.layout().ok()?, view, &memory(view)?, index)
}
