//! Class, contiguity, bounds and overlap of layouts picked by hand.

use bufcheck_protocol::layout::{Layout, LayoutClass, Order, Overlap, Run, Span, StructureFault};
use rstest::rstest;

fn layout(itemsize: i64, shape: &[i64], strides: &[i64], suboffsets: &[i64]) -> Layout {
    let suboffsets = (!suboffsets.is_empty()).then_some(suboffsets);
    Layout::new(itemsize, shape, Some(strides), suboffsets).unwrap()
}

#[rstest]
#[case::c1d(layout(4, &[3], &[4], &[]), LayoutClass::C1d, true, true)]
#[case::one_item(layout(4, &[1], &[-99], &[]), LayoutClass::C1d, true, true)]
#[case::cnd(layout(4, &[2, 3], &[12, 4], &[]), LayoutClass::Cnd, true, false)]
#[case::fnd(layout(4, &[2, 3], &[4, 8], &[]), LayoutClass::Fnd, false, true)]
#[case::row(layout(4, &[1, 3], &[12, 4], &[]), LayoutClass::CFnd, true, true)]
#[case::extent_one_odd_stride(layout(4, &[3, 1], &[4, 7], &[]), LayoutClass::CFnd, true, true)]
#[case::extent_one_zero_stride(layout(4, &[3, 1], &[4, 0], &[]), LayoutClass::CFnd, true, true)]
#[case::extent_one_amid(layout(1, &[2, 1, 3], &[3, -5, 1], &[]), LayoutClass::Cnd, true, false)]
#[case::strided(layout(4, &[3], &[8], &[]), LayoutClass::Strided, false, false)]
#[case::unused_zero_stride(layout(4, &[3, 1], &[8, 0], &[]), LayoutClass::Strided, false, false)]
#[case::unused_negative_stride(layout(4, &[1, 3], &[-4, 8], &[]), LayoutClass::Strided, false, false)]
#[case::self_overlapping(layout(4, &[3], &[2], &[]), LayoutClass::Strided, false, false)]
#[case::gap_between_rows(layout(1, &[2, 3], &[4, 1], &[]), LayoutClass::Strided, false, false)]
#[case::reversed(layout(4, &[3], &[-4], &[]), LayoutClass::Negative, false, false)]
#[case::one_axis_reversed(layout(4, &[2, 3], &[-12, 4], &[]), LayoutClass::Negative, false, false)]
#[case::broadcast(layout(4, &[3], &[0], &[]), LayoutClass::Broadcast, false, false)]
#[case::broadcast_backwards(layout(4, &[3, 2], &[0, -4], &[]), LayoutClass::Broadcast, false, false)]
#[case::scalar(layout(4, &[], &[], &[]), LayoutClass::Scalar, true, true)]
#[case::scalar_of_no_size(layout(0, &[], &[], &[]), LayoutClass::Scalar, true, true)]
#[case::empty(layout(4, &[0], &[4], &[]), LayoutClass::Empty, true, true)]
#[case::empty_odd_strides(layout(4, &[0, 3], &[-7, 0], &[]), LayoutClass::Empty, true, true)]
#[case::items_of_no_size(layout(0, &[3], &[5], &[]), LayoutClass::Empty, true, true)]
#[case::pil(layout(4, &[2, 3], &[8, 4], &[0, -1]), LayoutClass::Pil, false, false)]
#[case::pil_inner_axis(layout(4, &[2, 3], &[24, 8], &[-3, 16]), LayoutClass::Pil, false, false)]
#[case::empty_pil(layout(4, &[0], &[8], &[0]), LayoutClass::Pil, false, false)]
#[case::suboffsets_all_negative(layout(4, &[3], &[4], &[-5]), LayoutClass::C1d, false, false)]
#[case::most_axes(layout(2, &[1; 64], &[9; 64], &[]), LayoutClass::CFnd, true, true)]
fn class_and_contiguity(
    #[case] layout: Layout,
    #[case] class: LayoutClass,
    #[case] c: bool,
    #[case] f: bool,
) {
    assert_eq!(layout.class(), class);
    let orders = [Order::C, Order::F, Order::Any];
    assert_eq!(orders.map(|order| layout.is_contiguous(order)), [c, f, c || f]);
}

#[test]
fn class_ids_are_those_of_serde() {
    for class in LayoutClass::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.id());
    }
}

#[rstest]
#[case::forwards(layout(4, &[3], &[8], &[]), 0, 20)]
#[case::backwards(layout(4, &[3], &[-8], &[]), -16, 4)]
#[case::both(layout(2, &[2, 3], &[-10, 4], &[]), -10, 10)]
#[case::scalar(layout(4, &[], &[], &[]), 0, 4)]
#[case::broadcast(layout(4, &[9], &[0], &[]), 0, 4)]
#[case::empty(layout(4, &[0, 3], &[-7, 90], &[]), 0, 0)]
#[case::no_size(layout(0, &[3], &[90], &[]), 0, 0)]
#[case::pointers_only(layout(4, &[2, 3], &[-8, 400], &[16, -1]), -8, 8)]
#[case::pointers_behind_a_step(layout(4, &[2, 3], &[24, 8], &[-2, 0]), 0, 48)]
fn span(#[case] layout: Layout, #[case] low: i64, #[case] high: i64) {
    assert_eq!(layout.span(), Span { low, high });
    let length = high.abs_diff(low);
    assert_eq!(layout.span().len(), length);
    assert!(layout.fits(length, -low));
    assert_eq!(layout.fits(length, -low - 1), length == 0);
    assert_eq!(layout.fits(length, -low + 1), length == 0);
}

#[test]
fn narrow_pointers_have_a_shorter_span() {
    let pil = layout(4, &[3, 3], &[4, 4], &[0, -1]);
    assert_eq!(pil.span_with_pointers(4), Span { low: 0, high: 12 });
    assert_eq!(pil.span_with_pointers(8), pil.span());
}

#[rstest]
#[case::holds(layout(4, &[3], &[8], &[]), 24, 4, Ok(()))]
#[case::scalar(layout(4, &[], &[], &[]), 4, 0, Ok(()))]
#[case::backwards(layout(4, &[3], &[-4], &[]), 12, 8, Ok(()))]
#[case::zero_itemsize(layout(0, &[3], &[0], &[]), 9, 0, Err(StructureFault::ZeroItemsize))]
#[case::offset_not_multiple(layout(4, &[3], &[4], &[]), 24, 2,
    Err(StructureFault::OffsetNotMultiple { offset: 2, itemsize: 4 }))]
#[case::offset_below(layout(4, &[3], &[4], &[]), 24, -4,
    Err(StructureFault::OffsetOutside { offset: -4, len: 4, memlen: 24 }))]
#[case::offset_behind(layout(4, &[1], &[4], &[]), 24, 24,
    Err(StructureFault::OffsetOutside { offset: 24, len: 4, memlen: 24 }))]
#[case::empty_without_room(layout(4, &[0], &[4], &[]), 0, 0,
    Err(StructureFault::OffsetOutside { offset: 0, len: 4, memlen: 0 }))]
#[case::field_of_a_packed_record(layout(4, &[3], &[5], &[]), 24, 0,
    Err(StructureFault::StrideNotMultiple { axis: 0, stride: 5, itemsize: 4 }))]
#[case::odd_stride_of_an_empty(layout(4, &[0, 1], &[4, -6], &[]), 24, 0,
    Err(StructureFault::StrideNotMultiple { axis: 1, stride: -6, itemsize: 4 }))]
#[case::before_start(layout(4, &[3], &[-4], &[]), 24, 4,
    Err(StructureFault::BeforeStart { low: -8, offset: 4 }))]
#[case::behind_end(layout(4, &[3], &[8], &[]), 20, 4,
    Err(StructureFault::BehindEnd { high: 20, offset: 4, memlen: 20 }))]
#[case::pointers(layout(3, &[2, 3], &[8, 3], &[0, -1]), 16, 0, Ok(()))]
#[case::pointers_behind_end(layout(3, &[2, 3], &[8, 3], &[0, -1]), 15, 0,
    Err(StructureFault::BehindEnd { high: 16, offset: 0, memlen: 15 }))]
fn verify_structure(
    #[case] layout: Layout,
    #[case] memlen: u64,
    #[case] offset: i64,
    #[case] wanted: Result<(), StructureFault>,
) {
    assert_eq!(layout.verify_structure(memlen, offset), wanted);
}

const BIG: i64 = 1 << 20;

#[rstest]
#[case::contiguous(layout(4, &[BIG, BIG], &[4 * BIG, 4], &[]), Overlap::No)]
#[case::negative(layout(4, &[BIG, BIG], &[4, -4 * BIG], &[]), Overlap::No)]
#[case::broadcast(layout(4, &[BIG, BIG], &[4, 0], &[]), Overlap::Yes)]
#[case::sliding_window(layout(8, &[BIG, BIG], &[8, 8], &[]), Overlap::Yes)]
#[case::half_an_item(layout(4, &[2], &[2], &[]), Overlap::Yes)]
#[case::interleaved(layout(1, &[3, 2], &[2, 3], &[]), Overlap::No)]
#[case::meeting(layout(1, &[4, 3], &[2, 3], &[]), Overlap::Yes)]
#[case::hard_beneath_easy(layout(1, &[BIG, 3, 2], &[8, 2, 3], &[]), Overlap::No)]
#[case::hard_and_large(layout(1, &[BIG, BIG], &[BIG * 2 - 1, BIG * 2 + 1], &[]), Overlap::Unknown)]
#[case::interleaved_rows(layout(4, &[2, 3, 2], &[24, 16, 4], &[]), Overlap::No)]
#[case::short_steps_of_many(layout(2, &[300, 300], &[1 << 20, 1], &[]), Overlap::Yes)]
#[case::many_of_no_size(layout(0, &[BIG, BIG], &[1, 1], &[]), Overlap::No)]
#[case::axes_that_are_not_stepped_along(layout(4, &[1, 3, 1], &[0, 4, 1], &[]), Overlap::No)]
#[case::one_item(layout(4, &[1, 1], &[0, 0], &[]), Overlap::No)]
#[case::empty(layout(4, &[0, 3], &[0, 0], &[]), Overlap::No)]
#[case::pointers_unknown(layout(1, &[2, 3], &[8, 1], &[0, -1]), Overlap::Unknown)]
#[case::same_pointer(layout(1, &[2, 3], &[0, 1], &[0, -1]), Overlap::Yes)]
#[case::rows_overlap(layout(2, &[2, 3], &[8, 1], &[0, -1]), Overlap::Yes)]
#[case::single_pointer(layout(1, &[1, 3], &[8, 1], &[0, -1]), Overlap::No)]
fn overlap(#[case] layout: Layout, #[case] wanted: Overlap) {
    assert_eq!(layout.overlaps(), wanted);
}

#[test]
fn runs_of_huge_layouts_are_lazy() {
    let whole = Layout::new(1, &[1 << 31, 1 << 31], None, None).unwrap();
    assert_eq!(
        whole.runs().collect::<Vec<_>>(),
        [Run {
            offset: 0,
            len: 1 << 62
        }]
    );
    let rows = layout(1, &[1 << 31, 1 << 20], &[1 << 21, 1], &[]);
    assert_eq!(
        rows.runs().nth(2),
        Some(Run {
            offset: 2 << 21,
            len: 1 << 20
        })
    );
    let repeated = layout(1, &[1 << 62], &[0], &[]);
    assert_eq!(repeated.runs().nth(5), Some(Run { offset: 0, len: 1 }));
}

#[test]
fn runs_join_where_an_axis_turns_over() {
    let runs: Vec<_> = layout(1, &[2, 2], &[6, 5], &[]).runs().collect();
    let run = |offset, len| Run { offset, len };
    assert_eq!(runs, [run(0, 1), run(5, 2), run(11, 1)]);
}

#[test]
fn any_order_follows_fortran_memory() {
    let f = layout(1, &[2, 2], &[1, 2], &[]);
    assert_eq!(f.offsets_in(Order::Any).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let gaps = layout(1, &[2, 2], &[1, 3], &[]);
    assert_eq!(gaps.offsets_in(Order::Any).collect::<Vec<_>>(), [0, 3, 1, 4]);
}
