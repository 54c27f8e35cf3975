//! What is accepted as a layout, what is refused and with which words, and contiguous strides.

use bufcheck_protocol::layout::{Layout, LayoutError};
use rstest::rstest;

const MAX: i64 = i64::MAX;

/// A slice, whatever the length of the array.
fn slice(values: &[i64]) -> &[i64] {
    values
}

#[rstest]
#[case::negative_itemsize(-1, &[2], None, None, LayoutError::NegativeItemsize { itemsize: -1 })]
#[case::negative_extent(1, &[2, -3], None, None, LayoutError::NegativeExtent { axis: 1, extent: -3 })]
#[case::too_many_axes(1, &[1; 65], None, None, LayoutError::TooManyAxes { ndim: 65 })]
#[case::short_strides(1, &[2, 3], Some(slice(&[1])), None,
    LayoutError::LengthMismatch { array: "strides", found: 1, ndim: 2 })]
#[case::long_suboffsets(1, &[2], None, Some(slice(&[-1, -1])),
    LayoutError::LengthMismatch { array: "suboffsets", found: 2, ndim: 1 })]
#[case::strides_of_a_scalar(1, &[], Some(slice(&[1])), None,
    LayoutError::LengthMismatch { array: "strides", found: 1, ndim: 0 })]
#[case::size(8, &[2, MAX / 8], None, None, LayoutError::SizeOverflow { axis: 1, extent: MAX / 8 })]
#[case::count_of_items_without_size(0, &[MAX, 2], Some(slice(&[0, 0])), None,
    LayoutError::SizeOverflow { axis: 1, extent: 2 })]
#[case::computed_stride_of_an_empty_layout(4, &[0, 2, MAX], None, None,
    LayoutError::StrideOverflow { axis: 1 })]
#[case::step(1, &[1, 3], Some(slice(&[0, MAX / 2 + 1])), None,
    LayoutError::SpanOverflow { axis: 1, stride: MAX / 2 + 1, extent: 3 })]
#[case::item_behind_the_last_step(4, &[2], Some(slice(&[MAX - 3])), None,
    LayoutError::SpanOverflow { axis: 0, stride: MAX - 3, extent: 2 })]
#[case::sum_of_steps_down(1, &[2, 2], Some(slice(&[i64::MIN, -1])), None,
    LayoutError::SpanOverflow { axis: 1, stride: -1, extent: 2 })]
#[case::pointer_behind_the_last_step(1, &[2], Some(slice(&[MAX - 7])), Some(slice(&[0])),
    LayoutError::SpanOverflow { axis: 0, stride: MAX - 7, extent: 2 })]
#[case::item_behind_the_suboffset(2, &[2], Some(slice(&[8])), Some(slice(&[MAX - 1])),
    LayoutError::SuboffsetOverflow { axis: 0, suboffset: MAX - 1 })]
#[case::step_behind_the_suboffset(1, &[2, 2], Some(slice(&[8, 5])), Some(slice(&[MAX - 5, -1])),
    LayoutError::SpanOverflow { axis: 1, stride: 5, extent: 2 })]
fn refused(
    #[case] itemsize: i64,
    #[case] shape: &[i64],
    #[case] strides: Option<&[i64]>,
    #[case] suboffsets: Option<&[i64]>,
    #[case] wanted: LayoutError,
) {
    assert_eq!(Layout::new(itemsize, shape, strides, suboffsets), Err(wanted));
}

#[rstest]
#[case::scalar(8, &[], None, None, 1, 8)]
#[case::no_size(0, &[3], None, None, 3, 0)]
#[case::largest(1, &[MAX], None, None, MAX.unsigned_abs(), MAX.unsigned_abs())]
#[case::empty_with_wild_strides(4, &[0, 5], Some(slice(&[i64::MIN, MAX])), None, 0, 0)]
#[case::empty_with_huge_extents(4, &[0, MAX, MAX], Some(slice(&[1, 1, 1])), None, 0, 0)]
#[case::unused_stride(4, &[1], Some(slice(&[i64::MIN])), None, 1, 4)]
#[case::lowest_step(1, &[2], Some(slice(&[i64::MIN])), None, 2, 2)]
#[case::last_step_that_fits(4, &[2], Some(slice(&[MAX - 4])), None, 2, 8)]
#[case::last_pointer_that_fits(1, &[2], Some(slice(&[MAX - 8])), Some(slice(&[0])), 2, 2)]
#[case::pointers_start_anew(1, &[2, 2], Some(slice(&[MAX - 8, MAX - 1])), Some(slice(&[0, -1])), 4, 4)]
#[case::any_negative_suboffset(1, &[2], None, Some(slice(&[i64::MIN])), 2, 2)]
#[case::most_axes(2, &[1; 64], None, None, 1, 2)]
#[case::bits(1, &[2; 62], None, None, 1 << 62, 1 << 62)]
fn accepted(
    #[case] itemsize: i64,
    #[case] shape: &[i64],
    #[case] strides: Option<&[i64]>,
    #[case] suboffsets: Option<&[i64]>,
    #[case] count: u64,
    #[case] size: u64,
) {
    let layout = Layout::new(itemsize, shape, strides, suboffsets).unwrap();
    assert_eq!((layout.count(), layout.size()), (count, size));
    assert_eq!(layout.is_empty(), size == 0);
    assert_eq!(layout.ndim(), shape.len());
    assert_eq!(layout.suboffsets(), suboffsets);
    assert!(strides.is_none_or(|strides| strides == layout.strides()));
}

#[rstest]
#[case(4, &[], &[], &[])]
#[case(4, &[5], &[4], &[4])]
#[case(2, &[2, 3, 4], &[24, 8, 2], &[2, 4, 12])]
#[case(2, &[3, 0, 2], &[0, 4, 2], &[2, 6, 0])]
#[case(0, &[3, 2], &[0, 0], &[0, 0])]
fn contiguous_strides(#[case] itemsize: i64, #[case] shape: &[i64], #[case] c: &[i64], #[case] f: &[i64]) {
    assert_eq!(Layout::strides_c(itemsize, shape).unwrap(), c);
    assert_eq!(Layout::strides_f(itemsize, shape).unwrap(), f);
    assert_eq!(Layout::new(itemsize, shape, None, None).unwrap().strides(), c);
}

#[test]
fn flat_is_one_axis_of_bytes() {
    let flat = Layout::flat(5).unwrap();
    assert_eq!(
        (flat.itemsize(), flat.shape(), flat.strides()),
        (1, &[5][..], &[1][..])
    );
    assert_eq!(
        Layout::flat(-1),
        Err(LayoutError::NegativeExtent { axis: 0, extent: -1 })
    );
}

#[test]
fn errors_show_axis_and_value() {
    let shown = Layout::new(1, &[2, -3], None, None).unwrap_err().to_string();
    assert_eq!(shown, "shape[1] is -3, below zero");
}
