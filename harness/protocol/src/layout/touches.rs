//! Which bytes to touch to learn whether all memory of a view is there: one a page, and both ends.
//!
//! Knows which bytes belong to items and which lie in gaps between them. Must never know how a byte is touched, or
//! whose memory it is.

use super::{Layout, POINTER_BYTES};

/// A row of pieces of memory, `stride` bytes apart, of which only every `step`th need be touched.
struct Row {
    extent: u64,
    stride: u64,
    step: u64,
}

impl Row {
    /// How many of its pieces are touched: every `step`th, and the last.
    fn count(&self) -> u64 {
        (self.extent - 1).div_ceil(self.step) + 1
    }

    /// Bytes from its first piece to the one that is touched `nth`.
    fn offset(&self, nth: u64) -> u64 {
        nth.saturating_mul(self.step).min(self.extent - 1) * self.stride
    }
}

impl Layout {
    /// Byte offsets from `buf`, in ascending order where no axes interleave: bytes of items, at least one on every
    /// page of `page` bytes on which an item has a byte, the lowest and the highest byte among them. Where these
    /// would be more than `most`, every n-th of them, and both ends always. Bytes in gaps between items are never
    /// among them: they may belong to somebody else, or to nobody.
    ///
    /// With an indirection: bytes of the pointers of the first indirect axis, as in [`Layout::span`].
    pub fn touches(&self, page: u64, most: usize) -> Vec<i64> {
        if self.is_empty() {
            return Vec::new();
        }
        let page = page.max(1);
        let (rows, len) = self.rows(page);
        let within = |nth: u64| nth.saturating_mul(page).min(len - 1);
        let inner = (len - 1).div_ceil(page) + 1;
        // Claims may multiply beyond all numbers; then only every n-th counts anyway.
        let total = rows
            .iter()
            .fold(inner, |total, row| total.saturating_mul(row.count()));
        let step = total.div_ceil((most.max(2) - 1) as u64).max(1);
        let offset = |mut nth: u64| {
            let mut offset = within(nth % inner);
            nth /= inner;
            for row in &rows {
                offset += row.offset(nth % row.count());
                nth /= row.count();
            }
            self.span().low.saturating_add_unsigned(offset)
        };
        let mut touches: Vec<i64> = (0..(total - 1).div_ceil(step))
            .map(|nth| offset(nth * step))
            .collect();
        touches.push(self.span().high - 1);
        touches.dedup();
        touches
    }

    /// The memory as pieces without gaps, all of one length in bytes, in rows: the closest row first.
    fn rows(&self, page: u64) -> (Vec<Row>, u64) {
        let (direct, unit) = self.direct_part(POINTER_BYTES);
        let mut axes: Vec<(u64, u64)> = self
            .axes()
            .take(direct)
            .filter(|axis| axis.extent > 1 && axis.stride != 0)
            .map(|axis| (axis.stride.unsigned_abs(), axis.extent))
            .collect();
        axes.sort_unstable();
        let mut len = unit;
        let mut rows = Vec::new();
        for (stride, extent) in axes {
            if stride <= len {
                len += stride * (extent - 1);
            } else {
                let step = (page / stride).max(1);
                rows.push(Row { extent, stride, step });
            }
        }
        (rows, len)
    }

    /// The index of an item that holds the byte at this offset from `buf`, one number an axis; `None` where none
    /// does, where axes interleave so that it is not found by the strides alone, or where pointers lie between.
    pub fn index_at(&self, offset: i64) -> Option<Vec<u64>> {
        if self.is_empty() || self.needs_indirection() {
            return None;
        }
        let mut rest = offset.checked_sub(self.span().low)?;
        let mut index = vec![0; self.ndim()];
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        order.sort_unstable_by_key(|axis| std::cmp::Reverse(self.strides[*axis].unsigned_abs()));
        for axis in order {
            let (extent, stride) = (self.shape[axis], self.strides[axis]);
            let steps = u64::try_from(rest)
                .ok()?
                .checked_div(stride.unsigned_abs())
                .unwrap_or(0)
                .min(extent - 1);
            rest -= (steps * stride.unsigned_abs()).cast_signed();
            index[axis] = if stride < 0 { extent - 1 - steps } else { steps };
        }
        (rest.cast_unsigned() < self.itemsize).then_some(index)
    }
}
