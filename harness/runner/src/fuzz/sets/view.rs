//! Views at random.
//!
//! Knows shapes, and any way in which items can lie. Must never know which function gets one.

use bufcheck_model::interpreter::View;
use bufcheck_protocol::layout::Layout;
use bufcheck_rules::interpreter::cases::{over, through};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

/// Axes at most.
const AXES: usize = 4;

/// How one axis lies.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Axes with a higher rank vary slower.
    rank: u8,
    /// Bytes between two steps that nothing needs.
    gap: i64,
    /// It runs downwards.
    down: bool,
    /// All its items are one.
    still: bool,
    /// Its stride, where it means nothing.
    idle: Option<i64>,
}

/// How the items lie.
#[derive(Debug, Clone)]
enum Lie {
    C,
    Implied,
    Fortran,
    Any(Vec<Axis>),
}

/// Which views are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// `strides` may be NULL.
    pub(super) implied: bool,
    /// There may be axes without items.
    pub(super) empty: bool,
    /// Items may overlap.
    pub(super) still: bool,
}

impl Kind {
    /// Everything that a view can be.
    pub(super) const ANY: Self = Self {
        implied: true,
        empty: true,
        still: true,
    };

    /// As exporters grant them, with all arrays.
    pub(super) const GRANTED: Self = Self {
        implied: false,
        ..Self::ANY
    };

    /// Into which can be written.
    pub(super) const WRITTEN: Self = Self {
        still: false,
        ..Self::GRANTED
    };
}

/// The shape of a view, in items.
pub(super) fn shape(empty: bool) -> BoxedStrategy<Vec<i64>> {
    let extent = if empty {
        prop_oneof![4 => 1..=2_i64, 3 => 3..=5_i64, 1 => Just(0)].boxed()
    } else {
        prop_oneof![1 => 1..=2_i64, 1 => 3..=5_i64].boxed()
    };
    vec(extent, 0..=AXES).boxed()
}

/// Bytes of an item.
pub(super) fn itemsize() -> BoxedStrategy<i64> {
    prop::sample::select(vec![1, 2, 3, 4, 8, 16]).boxed()
}

fn axis(kind: Kind) -> impl Strategy<Value = Axis> {
    let still = prop::bool::weighted(if kind.still { 0.08 } else { 0.0 });
    let idle = prop::option::weighted(0.3, -40..40_i64);
    let gap = prop_oneof![3 => Just(0), 1 => 1..=4_i64];
    let down = prop::bool::weighted(0.25);
    (0..4_u8, gap, down, still, idle).prop_map(|(rank, gap, down, still, idle)| Axis {
        rank,
        gap,
        down,
        still,
        idle,
    })
}

fn lie(kind: Kind) -> BoxedStrategy<Lie> {
    let any = vec(axis(kind), AXES).prop_map(Lie::Any);
    if kind.implied {
        prop_oneof![1 => Just(Lie::C), 1 => Just(Lie::Implied), 1 => Just(Lie::Fortran), 5 => any].boxed()
    } else {
        prop_oneof![1 => Just(Lie::C), 1 => Just(Lie::Fortran), 5 => any].boxed()
    }
}

/// A view of this shape.
pub(super) fn of_shape(shape: Vec<i64>, itemsize: i64, kind: Kind) -> BoxedStrategy<View> {
    let make = move |lie: Lie| lying(&shape, itemsize, &lie);
    lie(kind).prop_filter_map("a view that can be made", make).boxed()
}

/// A view.
pub(super) fn view(kind: Kind) -> BoxedStrategy<View> {
    let parts = (shape(kind.empty), itemsize(), lie(kind));
    let make = |(shape, itemsize, lie): (Vec<i64>, i64, Lie)| lying(&shape, itemsize, &lie);
    parts.prop_filter_map("a view that can be made", make).boxed()
}

/// A view through pointers, or one whose suboffsets are all negative.
pub(super) fn with_suboffsets(kind: Kind) -> BoxedStrategy<View> {
    let parts = (vec(1..=4_i64, 1..=3), itemsize(), 0..=12_i64, any::<bool>());
    let pointers = parts.prop_filter_map("a view through pointers", |(shape, itemsize, suboffset, down)| {
        through(&shape, itemsize, suboffset, down)
    });
    let negative = view(kind).prop_filter_map("a view with axes", |view| {
        let axes = view.shape.as_ref()?.len();
        (axes > 0).then(|| View {
            suboffsets: Some(vec![-1; axes]),
            ..view
        })
    });
    prop_oneof![3 => pointers, 1 => negative].boxed()
}

fn lying(shape: &[i64], itemsize: i64, lie: &Lie) -> Option<View> {
    let c = Layout::strides_c(itemsize, shape).ok()?;
    let view = match lie {
        Lie::C => over(shape, itemsize, &c),
        Lie::Implied => View {
            strides: None,
            ..over(shape, itemsize, &c)
        },
        Lie::Fortran => over(shape, itemsize, &Layout::strides_f(itemsize, shape).ok()?),
        Lie::Any(axes) => over(shape, itemsize, &strides(shape, itemsize, axes)),
    };
    (view.size <= View::MAX_SIZE).then_some(view)
}

fn strides(shape: &[i64], itemsize: i64, axes: &[Axis]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..shape.len()).collect();
    order.sort_by_key(|axis| (axes[*axis].rank, std::cmp::Reverse(*axis)));
    let empty = shape.contains(&0);
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize;
    for axis in order {
        let lies = axes[axis];
        step += lies.gap;
        strides[axis] = match lies.idle {
            Some(idle) if empty || shape[axis] == 1 => idle,
            _ if lies.still => 0,
            _ if lies.down => -step,
            _ => step,
        };
        step *= shape[axis].max(1);
    }
    strides
}
