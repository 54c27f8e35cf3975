//! Where the items lie, one offset after the other.
//!
//! Knows index order. Must never know addresses or memory: offsets are relative to `buf`, and they
//! are plain arithmetic because a [`Layout`] holds no offset that does not fit.

use super::{Axis, Layout, Order, POINTER_BYTES};

/// Byte offsets in index order; made by [`Layout::offsets`] and [`Layout::offsets_in`].
#[derive(Debug, Clone)]
pub struct Offsets {
    /// Fastest axis first.
    wheels: Vec<Wheel>,
    next: i64,
    remaining: u64,
}

#[derive(Debug, Clone)]
struct Wheel {
    axis: Axis,
    index: u64,
}

impl Layout {
    /// Byte offsets from `buf`, one for each index, the last index running fastest (C order).
    ///
    /// With an indirection: the offsets of the pointers of the first indirect axis, one for each
    /// index of the axes up to it. Without items there are none.
    pub fn offsets(&self) -> Offsets {
        self.offsets_in(Order::C)
    }

    /// [`Layout::offsets`] in another order. [`Order::Any`] follows memory where it is contiguous in
    /// Fortran order alone and is C order otherwise, like `'A'` of `memoryview.tobytes`
    /// (stdtypes.html#memoryview.tobytes).
    pub fn offsets_in(&self, order: Order) -> Offsets {
        let (direct, _) = self.direct_part(POINTER_BYTES);
        let axes = self.axes().take(direct);
        if self.count == 0 {
            return Offsets::none();
        }
        let fortran = match order {
            Order::C => false,
            Order::F => true,
            Order::Any => self.is_contiguous(Order::F) && !self.is_contiguous(Order::C),
        };
        if fortran {
            Offsets::over(axes)
        } else {
            Offsets::over(axes.rev())
        }
    }
}

impl Offsets {
    pub(super) fn none() -> Self {
        Self {
            wheels: Vec::new(),
            next: 0,
            remaining: 0,
        }
    }

    /// A walk along axes that all have items, fastest first.
    pub(super) fn over(fastest_first: impl Iterator<Item = Axis>) -> Self {
        let mut remaining = 1;
        let mut wheels = Vec::new();
        for axis in fastest_first.filter(|axis| axis.extent > 1) {
            remaining *= axis.extent;
            wheels.push(Wheel { axis, index: 0 });
        }
        Self {
            wheels,
            next: 0,
            remaining,
        }
    }
}

impl Iterator for Offsets {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.remaining = self.remaining.checked_sub(1)?;
        let current = self.next;
        for wheel in &mut self.wheels {
            if wheel.index + 1 < wheel.axis.extent {
                wheel.index += 1;
                self.next += wheel.axis.stride;
                break;
            }
            self.next -= wheel.axis.stride * wheel.index.cast_signed();
            wheel.index = 0;
        }
        Some(current)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = usize::try_from(self.remaining).ok();
        (known.unwrap_or(usize::MAX), known)
    }
}
