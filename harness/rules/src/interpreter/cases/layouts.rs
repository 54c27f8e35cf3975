//! The views that functions are given.
//!
//! Knows shapes, and the ways in which items can lie. Must never know which function gets one.

use bufcheck_model::interpreter::View;
use bufcheck_protocol::layout::Layout;

/// A view and the name that cases have of it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// Shape, itemsize and arrangement: `2x3-i2-fortran`.
    pub(super) name: String,
    /// The view.
    pub(super) view: View,
}

/// How the items of a view lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// Last index fastest.
    C,
    /// As C, and the array is left out.
    Implied,
    /// First index fastest.
    Fortran,
    /// As C, each row with room behind it.
    Padded,
    /// Two steps of C order apart.
    Gaps,
    /// As C, the first axis downwards.
    Down,
    /// As C, every axis downwards.
    AllDown,
    /// As C, the first axis without a step.
    Broadcast,
    /// As C, with a step that means nothing along axes of one item, or along all where there are none.
    Idle,
    /// As C, neighbouring axes swapped.
    Swapped,
    /// With suboffsets that are all negative.
    NoSuboffsets,
}

impl Lie {
    const ALL: [Self; 11] = [
        Self::C,
        Self::Implied,
        Self::Fortran,
        Self::Padded,
        Self::Gaps,
        Self::Down,
        Self::AllDown,
        Self::Broadcast,
        Self::Idle,
        Self::Swapped,
        Self::NoSuboffsets,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Implied => "implied",
            Self::Fortran => "fortran",
            Self::Padded => "padded",
            Self::Gaps => "gaps",
            Self::Down => "down",
            Self::AllDown => "all-down",
            Self::Broadcast => "broadcast",
            Self::Idle => "idle",
            Self::Swapped => "swapped",
            Self::NoSuboffsets => "no-suboffsets",
        }
    }

    /// Byte strides; `None` where this shape has no such arrangement, or it would be another one.
    fn strides(self, shape: &[i64], itemsize: i64) -> Option<Vec<i64>> {
        let c = Layout::strides_c(itemsize, shape).ok()?;
        let long = |axis: usize| shape[axis] > 1;
        let items = !shape.contains(&0);
        let axes = shape.len();
        match self {
            Self::C => Some(c),
            // A scalar has no arrays at all.
            Self::Implied | Self::NoSuboffsets => (axes > 0).then_some(c),
            Self::Fortran => {
                let strides = Layout::strides_f(itemsize, shape).ok()?;
                (axes > 1 && strides != c).then_some(strides)
            }
            Self::Padded => {
                let mut strides = c;
                (axes > 1 && long(0) && items).then(|| {
                    strides[0] += itemsize;
                    strides
                })
            }
            Self::Gaps => (axes > 0 && items && (0..axes).any(long))
                .then(|| c.iter().map(|stride| stride * 2).collect()),
            Self::Down => {
                let mut strides = c;
                (axes > 0 && long(0) && items).then(|| {
                    strides[0] = -strides[0];
                    strides
                })
            }
            Self::AllDown => {
                (axes > 1 && items && (0..axes).all(long)).then(|| c.iter().map(|stride| -stride).collect())
            }
            Self::Broadcast => {
                let mut strides = c;
                (axes > 0 && long(0) && items).then(|| {
                    strides[0] = 0;
                    strides
                })
            }
            Self::Idle => {
                let mut strides = c;
                let mut any = false;
                for (axis, stride) in strides.iter_mut().enumerate() {
                    if shape[axis] == 1 || !items {
                        *stride = 77;
                        any = true;
                    }
                }
                any.then_some(strides)
            }
            Self::Swapped => {
                let mut swapped = shape.to_vec();
                if axes <= 2 || !items || shape[1] == shape[2] {
                    return None;
                }
                swapped.swap(1, 2);
                let mut strides = Layout::strides_c(itemsize, &swapped).ok()?;
                strides.swap(1, 2);
                Some(strides)
            }
        }
    }
}

/// The shapes, in items.
const SHAPES: [&[i64]; 17] = [
    &[],
    &[0],
    &[1],
    &[3],
    &[6],
    &[2, 3],
    &[3, 2],
    &[1, 3],
    &[3, 1],
    &[1, 1],
    &[0, 2],
    &[2, 0],
    &[2, 2, 3],
    &[2, 1, 3],
    &[1, 2, 1],
    &[2, 0, 3],
    &[2, 1, 2, 2],
];

/// The native format of an item of this size.
pub(super) fn format(itemsize: i64) -> String {
    match itemsize {
        1 => "B".into(),
        2 => "H".into(),
        4 => "I".into(),
        8 => "Q".into(),
        other => format!("{other}s"),
    }
}

/// A view of this shape that lies so.
pub(super) fn lying(shape: &[i64], itemsize: i64, lie: Lie) -> Option<Named> {
    let strides = lie.strides(shape, itemsize)?;
    let view = over(shape, itemsize, &strides);
    let view = match lie {
        Lie::Implied => View {
            strides: None,
            ..view
        },
        Lie::NoSuboffsets => View {
            suboffsets: Some(vec![-1; shape.len()]),
            ..view
        },
        _ => view,
    };
    Some(Named {
        name: format!("{}-i{itemsize}-{}", extents(shape), lie.name()),
        view,
    })
}

/// A view with these strides, over just the memory that it needs.
pub fn over(shape: &[i64], itemsize: i64, strides: &[i64]) -> View {
    let reaches = shape
        .iter()
        .zip(strides)
        .map(|(extent, stride)| (extent - 1) * stride);
    let items = !shape.contains(&0);
    let (mut low, mut high) = (0, 0);
    for reach in reaches.filter(|_| items) {
        low += reach.min(0);
        high += reach.max(0);
    }
    let size = if items { high - low + itemsize } else { itemsize };
    let view = View {
        size: usize::try_from(size).unwrap_or(0),
        start: usize::try_from(-low).unwrap_or(0),
        format: Some(format(itemsize)),
        itemsize,
        ..View::default()
    };
    if shape.is_empty() {
        return View {
            ndim: Some(0),
            len: Some(itemsize),
            ..view
        };
    }
    View {
        shape: Some(shape.to_vec()),
        strides: Some(strides.to_vec()),
        ..view
    }
}

fn extents(shape: &[i64]) -> String {
    if shape.is_empty() {
        return "scalar".into();
    }
    let extents: Vec<String> = shape.iter().map(i64::to_string).collect();
    extents.join("x")
}

/// Views without suboffsets, and those whose suboffsets are all negative.
pub(super) fn flat(itemsizes: &[i64]) -> Vec<Named> {
    let mut views = Vec::new();
    for shape in SHAPES {
        for itemsize in itemsizes {
            // Items of one size are enough where only the arrangement matters.
            views.extend(Lie::ALL.iter().filter_map(|lie| lying(shape, *itemsize, *lie)));
        }
    }
    views
}

/// Views through pointers: the first axis, the last but one or both lead to blocks of their own.
pub(super) fn through_pointers(itemsize: i64) -> Vec<Named> {
    let mut views = Vec::new();
    for (shape, suboffset) in [
        (&[2, 3][..], 0),
        (&[2, 3], 5),
        (&[3, 1], 0),
        (&[1, 3], 5),
        (&[2, 2, 3], 0),
        (&[3], 0),
        (&[2], 4),
    ] {
        views.extend(indirect(shape, itemsize, suboffset, false));
        if shape[0] > 1 {
            views.extend(indirect(shape, itemsize, suboffset, true));
        }
    }
    views
}

/// A view whose first axis is one of pointers, which lie upwards or downwards, to blocks of their own.
pub fn through(shape: &[i64], itemsize: i64, suboffset: i64, down: bool) -> Option<View> {
    Some(indirect(shape, itemsize, suboffset, down)?.view)
}

fn indirect(shape: &[i64], itemsize: i64, suboffset: i64, down: bool) -> Option<Named> {
    let rest = &shape[1..];
    let block = rest.iter().product::<i64>() * itemsize;
    let rows = shape[0];
    let mut strides = Layout::strides_c(itemsize, rest).ok()?;
    strides.insert(0, if down { -8 } else { 8 });
    let mut suboffsets = vec![-1; shape.len()];
    suboffsets[0] = suboffset;
    // Blocks lie in the opposite order, with a byte between them, so that nothing is right by chance.
    let first = rows * 8;
    let room = block + suboffset + 1;
    let to = |row: i64| first + (rows - 1 - row) * room;
    let pointers = (0..rows).map(|row| {
        let at = if down { rows - 1 - row } else { row } * 8;
        Some([usize::try_from(at).ok()?, usize::try_from(to(row)).ok()?])
    });
    let start = if down { (rows - 1) * 8 } else { 0 };
    Some(Named {
        name: format!(
            "{}-i{itemsize}-pointers-{suboffset}{}",
            extents(shape),
            if down { "-down" } else { "" }
        ),
        view: View {
            size: usize::try_from(first + rows * room).ok()?,
            pointers: pointers.collect::<Option<_>>()?,
            start: usize::try_from(start).ok()?,
            format: Some(format(itemsize)),
            itemsize,
            shape: Some(shape.to_vec()),
            strides: Some(strides),
            suboffsets: Some(suboffsets),
            ..View::default()
        },
    })
}
