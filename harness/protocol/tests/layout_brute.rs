//! Small random layouts against a plain walk over every index.

use bufcheck_protocol::layout::{Layout, Memory, Order, Overlap, Run, WalkError};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

#[derive(Debug, Clone)]
struct Numbers {
    itemsize: i64,
    shape: Vec<i64>,
    strides: Vec<i64>,
    suboffsets: Vec<i64>,
}

impl Numbers {
    fn direct(&self) -> Layout {
        Layout::new(self.itemsize, &self.shape, Some(&self.strides), None).unwrap()
    }

    /// Every index in C order, or in Fortran order.
    fn indices(&self, fortran: bool) -> Vec<Vec<i64>> {
        let mut all = vec![vec![]];
        let axes: Vec<usize> = (0..self.shape.len()).collect();
        for axis in if fortran {
            axes.into_iter().rev().collect()
        } else {
            axes
        } {
            let grow = |index: Vec<i64>| {
                (0..self.shape[axis]).map(move |i| {
                    let mut next = index.clone();
                    next.insert(if fortran { 0 } else { index.len() }, i);
                    next
                })
            };
            all = all.into_iter().flat_map(grow).collect();
        }
        all
    }

    fn offset(&self, index: &[i64]) -> i64 {
        index
            .iter()
            .zip(&self.strides)
            .map(|(i, stride)| i * stride)
            .sum()
    }

    fn offsets(&self, fortran: bool) -> Vec<i64> {
        self.indices(fortran)
            .iter()
            .map(|index| self.offset(index))
            .collect()
    }

    /// Offset of every byte, item by item in C order.
    fn bytes(&self) -> Vec<i64> {
        let starts = self.offsets(false).into_iter();
        starts.flat_map(|start| start..start + self.itemsize).collect()
    }
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let axis = (
        prop_oneof![1 => Just(0_i64), 3 => Just(1), 12 => 2..5_i64],
        -13..14_i64,
    );
    let suboffset = prop_oneof![-9..0_i64, 0..40_i64];
    let wild = prop::collection::vec((axis, suboffset), 0..5);
    (0..5_i64, wild, 0..4_usize).prop_map(|(itemsize, axes, kind)| {
        let shape: Vec<i64> = axes.iter().map(|((extent, _), _)| *extent).collect();
        let strides = match kind {
            0 => Layout::strides_c(itemsize, &shape).unwrap(),
            1 => Layout::strides_f(itemsize, &shape).unwrap(),
            _ => axes.iter().map(|((_, stride), _)| *stride).collect(),
        };
        Numbers {
            itemsize,
            shape,
            strides,
            suboffsets: axes.iter().map(|(_, s)| *s).collect(),
        }
    })
}

/// Pages of bytes at chosen addresses, and nothing else.
#[derive(Default)]
struct Pages {
    bytes: HashMap<u64, u8>,
    pointers: HashMap<u64, u64>,
    reads: usize,
}

impl Pages {
    fn filled(addresses: RangeInclusive<u64>) -> Self {
        let bytes = addresses.map(|address| (address, content(address))).collect();
        Self {
            bytes,
            ..Self::default()
        }
    }
}

impl Memory for Pages {
    type Error = u64;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), u64> {
        self.reads += 1;
        for (step, byte) in (0..).zip(into) {
            let at = address + step;
            *byte = *self.bytes.get(&at).ok_or(at)?;
        }
        Ok(())
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, u64> {
        self.pointers.get(&address).copied().ok_or(address)
    }
}

const BUF: u64 = 0x10_0000;

/// Content of a byte, by its address alone.
fn content(address: u64) -> u8 {
    u8::try_from((address ^ (address >> 8) ^ (address >> 16)) & 0xff).unwrap()
}

/// The address of an item as the documentation's `get_item_pointer` has it; pointers that are met
/// are invented, each leading to a place of its own.
fn item_address(numbers: &Numbers, index: &[i64], pages: &mut Pages) -> u64 {
    let mut address = BUF;
    for (axis, i) in index.iter().enumerate() {
        address = address.checked_add_signed(numbers.strides[axis] * i).unwrap();
        let suboffset = numbers.suboffsets[axis];
        if suboffset >= 0 {
            let fresh = BUF + 0x1_0000 * (pages.pointers.len() as u64 + 1);
            let pointer = *pages.pointers.entry(address).or_insert(fresh);
            address = pointer.checked_add_signed(suboffset).unwrap();
        }
    }
    address
}

/// The pages of `page` bytes on which these bytes lie.
fn pages_of(bytes: &[i64], page: i64) -> HashSet<i64> {
    bytes.iter().map(|byte| byte.div_euclid(page)).collect()
}

proptest! {
    #[test]
    fn touches_are_bytes_of_items_on_every_page_with_one(
        numbers in numbers(), page in 1..40_u64, shift in 0..40_i64,
    ) {
        let (layout, bytes) = (numbers.direct(), numbers.bytes());
        let touches = layout.touches(page, usize::MAX);
        let known: HashSet<i64> = bytes.iter().copied().collect();
        prop_assert!(touches.iter().all(|touch| known.contains(touch)));
        // Wherever the pages begin.
        let moved = |bytes: &[i64]| bytes.iter().map(|byte| byte + shift).collect::<Vec<_>>();
        let page = page.cast_signed();
        prop_assert_eq!(pages_of(&moved(&touches), page), pages_of(&moved(&bytes), page));
        prop_assert_eq!(touches.iter().min(), bytes.iter().min());
        prop_assert_eq!(touches.iter().max(), bytes.iter().max());
    }

    #[test]
    fn too_many_touches_are_thinned_but_for_both_ends(numbers in numbers(), most in 2..6_usize) {
        let (layout, bytes) = (numbers.direct(), numbers.bytes());
        let touches = layout.touches(1, most);
        prop_assert!(touches.len() <= most);
        prop_assert_eq!(touches.iter().min(), bytes.iter().min());
        prop_assert_eq!(touches.iter().max(), bytes.iter().max());
    }

    #[test]
    fn a_byte_is_found_in_the_item_that_holds_it(numbers in numbers()) {
        let layout = numbers.direct();
        let bytes: HashSet<i64> = numbers.bytes().into_iter().collect();
        for offset in -60..60 {
            if let Some(index) = layout.index_at(offset) {
                let index: Vec<i64> = index.into_iter().map(u64::cast_signed).collect();
                prop_assert!(index.iter().zip(&numbers.shape).all(|(at, extent)| at < extent));
                let start = numbers.offset(&index);
                prop_assert!((start..start + numbers.itemsize).contains(&offset));
            } else if layout.is_contiguous(Order::Any) {
                prop_assert!(!bytes.contains(&offset));
            }
        }
    }

    #[test]
    fn items_are_located_behind_their_pointers(numbers in numbers()) {
        let suboffsets = Some(&numbers.suboffsets[..]).filter(|_| !numbers.shape.is_empty());
        let layout = Layout::new(numbers.itemsize, &numbers.shape, Some(&numbers.strides), suboffsets).unwrap();
        let mut pages = Pages::default();
        for (nth, index) in numbers.indices(false).iter().enumerate() {
            let wanted = item_address(&numbers, index, &mut pages);
            let index: Vec<u64> = index.iter().map(|at| at.cast_unsigned()).collect();
            prop_assert_eq!(layout.locate(BUF, &mut pages, &index), Ok(wanted));
            prop_assert_eq!(layout.index_of(nth as u64), index);
        }
    }

    #[test]
    fn offsets_are_those_of_every_index(numbers in numbers()) {
        let layout = numbers.direct();
        prop_assert_eq!(layout.offsets().collect::<Vec<_>>(), numbers.offsets(false));
        prop_assert_eq!(layout.offsets_in(Order::F).collect::<Vec<_>>(), numbers.offsets(true));
        prop_assert_eq!(layout.offsets().size_hint().1, usize::try_from(layout.count()).ok());
    }

    #[test]
    fn runs_are_the_same_bytes_in_longest_pieces(numbers in numbers()) {
        let runs: Vec<Run> = numbers.direct().runs().collect();
        let end = |run: &Run| run.offset + run.len.cast_signed();
        let bytes: Vec<i64> = runs.iter().flat_map(|run| run.offset..end(run)).collect();
        prop_assert_eq!(bytes, numbers.bytes());
        prop_assert!(runs.windows(2).all(|pair| end(&pair[0]) != pair[1].offset));
    }

    #[test]
    fn span_is_lowest_and_highest_byte(numbers in numbers()) {
        let bytes = numbers.bytes();
        let low = bytes.iter().min().copied().unwrap_or(0);
        let high = bytes.iter().max().map_or(0, |byte| byte + 1);
        let span = numbers.direct().span();
        prop_assert_eq!((span.low, span.high), (low, high));
    }

    #[test]
    fn contiguous_means_adjacent_and_increasing(numbers in numbers()) {
        for (order, fortran) in [(Order::C, false), (Order::F, true)] {
            let offsets = numbers.offsets(fortran);
            let adjacent = offsets.windows(2).all(|pair| pair[1] - pair[0] == numbers.itemsize);
            let wanted = numbers.itemsize == 0 || adjacent;
            prop_assert_eq!(numbers.direct().is_contiguous(order), wanted);
        }
    }

    #[test]
    fn overlap_is_a_byte_met_twice(numbers in numbers()) {
        let bytes = numbers.bytes();
        let distinct: HashSet<_> = bytes.iter().collect();
        let wanted = if distinct.len() < bytes.len() { Overlap::Yes } else { Overlap::No };
        prop_assert_eq!(numbers.direct().overlaps(), wanted);
    }

    #[test]
    fn walk_gathers_items_behind_pointers(numbers in numbers(), budget in 0..600_usize, hole in any::<prop::sample::Index>()) {
        let Numbers { itemsize, shape, strides, suboffsets } = &numbers;
        let layout = Layout::new(*itemsize, shape, Some(strides), Some(suboffsets)).unwrap();
        let mut pages = Pages::default();
        let mut addresses = Vec::new();
        for index in numbers.indices(false) {
            let start = item_address(&numbers, &index, &mut pages);
            addresses.extend(start..start + itemsize.unsigned_abs());
        }
        pages.bytes = addresses.iter().map(|&address| (address, content(address))).collect();
        let bytes: Vec<u8> = addresses.iter().copied().map(content).collect();

        let whole = layout.walk(BUF, &mut pages, usize::MAX).unwrap();
        prop_assert!(whole.complete);
        prop_assert_eq!(&whole.bytes, &bytes);

        let item = usize::try_from(*itemsize).unwrap().max(1);
        let cut = layout.walk(BUF, &mut pages, budget).unwrap();
        let kept = (budget / item * item).min(bytes.len());
        prop_assert_eq!(&cut.bytes, &bytes[..kept]);
        prop_assert_eq!(cut.complete, kept == bytes.len());

        if !addresses.is_empty() {
            let missing = addresses[hole.index(addresses.len())];
            pages.bytes.remove(&missing);
            let failed = layout.walk(BUF, &mut pages, usize::MAX).unwrap_err();
            let WalkError::Unreadable { index, address, len, source } = failed else {
                panic!("wanted an unreadable item, found {failed:?}");
            };
            prop_assert_eq!(source, missing);
            prop_assert!((address..address + len).contains(&missing));
            let index: Vec<i64> = index.iter().map(|i| i.cast_signed()).collect();
            prop_assert_eq!(item_address(&numbers, &index, &mut pages), address);
        }
    }

    #[test]
    fn contiguous_memory_is_one_read(shape in prop::collection::vec(1..4_i64, 0..4), itemsize in 1..9_i64) {
        let layout = Layout::new(itemsize, &shape, None, None).unwrap();
        let mut pages = Pages::filled(BUF..=BUF + layout.size() - 1);
        let walked = layout.walk(BUF, &mut pages, usize::MAX).unwrap();
        prop_assert_eq!(walked.bytes.len() as u64, layout.size());
        prop_assert_eq!(pages.reads, 1);
    }
}

#[test]
fn nothing_is_read_where_there_are_no_bytes() {
    let pil = Layout::new(4, &[3, 0], Some(&[8, 4]), Some(&[0, -1])).unwrap();
    assert!(pil.walk(0, &mut Pages::default(), 100).unwrap().complete);
}

#[test]
fn a_huge_claim_costs_no_more_than_the_budget() {
    let mut pages = Pages::default();
    pages.bytes.insert(BUF, 9);
    let layout = Layout::new(1, &[1 << 62], Some(&[0]), None).unwrap();
    let walked = layout.walk(BUF, &mut pages, 10).unwrap();
    assert_eq!((walked.bytes, walked.complete), (vec![9; 10], false));
}

#[test]
fn a_missing_pointer_is_named() {
    let pil = Layout::new(1, &[2, 2, 2], Some(&[16, 8, 1]), Some(&[-1, 0, -7])).unwrap();
    let failed = pil.walk(BUF, &mut Pages::default(), 100).unwrap_err();
    let (index, source) = (vec![0, 0, 0], BUF);
    assert_eq!(
        failed,
        WalkError::PointerUnreadable {
            index,
            axis: 1,
            address: BUF,
            source
        }
    );
}

#[test]
fn addresses_never_wrap() {
    let two = Layout::new(4, &[2], Some(&[-8]), None).unwrap();
    let mut pages = Pages::filled(4..=7);
    let failed = two.walk(4, &mut pages, 100).unwrap_err();
    let wanted = WalkError::OutsideAddressSpace {
        index: vec![1],
        from: 4,
        offset: -8,
        len: 4,
    };
    assert_eq!(failed, wanted);

    let scalar = Layout::new(4, &[], None, None).unwrap();
    assert!(matches!(
        scalar.walk(u64::MAX - 2, &mut pages, 100),
        Err(WalkError::OutsideAddressSpace { from, .. }) if from == u64::MAX - 2
    ));
    let mut pages = Pages::filled(u64::MAX - 3..=u64::MAX);
    assert!(scalar.walk(u64::MAX - 3, &mut pages, 100).unwrap().complete);
}
