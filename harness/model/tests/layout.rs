//! The layout that a consumer reads out of a view.
//!
//! Knows fields of views, picked by hand. Must never know a rule.

use bufcheck_model::observation::{Array, FieldSet, ObjRef, Text, View, read_layout};
use bufcheck_protocol::layout::{Layout, LayoutProblem};
use rstest::rstest;

/// Six items of 4 bytes in two rows, with every array.
fn full() -> View {
    View {
        returned: 0,
        raised: None,
        untouched: FieldSet::EMPTY,
        buf: 0x7f00_1000,
        obj: ObjRef::Exporter,
        len: 24,
        itemsize: 4,
        readonly: 0,
        ndim: 2,
        format: Text::Null,
        shape: Array::Elsewhere(vec![2, 3]),
        strides: Array::Elsewhere(vec![8, 4]),
        suboffsets: Array::Elsewhere(vec![0, -1]),
        changed: FieldSet::EMPTY,
        overrun: false,
        unreleased: false,
        raised_by_release: None,
        references: None,
        obj_references: None,
        content: None,
    }
}

fn without_arrays(view: &mut View) {
    view.shape = Array::Null;
    view.strides = Array::Null;
    view.suboffsets = Array::Null;
}

#[rstest]
#[case::as_it_stands(|_: &mut View| (), &[2, 3], &[8, 4])]
#[case::c_order(|view: &mut View| view.strides = Array::Null, &[2, 3], &[12, 4])]
#[case::flat(|view: &mut View| without_arrays(view), &[24], &[1])]
#[case::flat_without_axes(|view: &mut View| { without_arrays(view); view.ndim = 0; }, &[24], &[1])]
#[case::scalar(|view: &mut View| { without_arrays(view); view.ndim = 0; view.len = 4; }, &[], &[])]
#[case::one_item_on_an_axis(|view: &mut View| { without_arrays(view); view.ndim = 1; view.len = 4; }, &[4], &[1])]
fn read(#[case] change: fn(&mut View), #[case] shape: &[u64], #[case] strides: &[i64]) {
    let mut view = full();
    view.suboffsets = Array::Null;
    change(&mut view);
    let layout: Layout = read_layout(&view).expect("a layout");
    assert_eq!((layout.shape(), layout.strides()), (shape, strides));
}

#[test]
fn pointers_are_followed() {
    assert!(read_layout(&full()).expect("a layout").needs_indirection());
}

#[rstest]
#[case::shape(|view: &mut View| view.shape = Array::Unreadable(8))]
#[case::shape_of_no_axes(|view: &mut View| { view.shape = Array::Unread(8); view.ndim = 0; view.len = 4; })]
#[case::strides(|view: &mut View| view.strides = Array::Unreadable(8))]
#[case::suboffsets(|view: &mut View| view.suboffsets = Array::Unreadable(8))]
fn what_cannot_be_read_is_missing(#[case] change: fn(&mut View)) {
    let mut view = full();
    change(&mut view);
    assert_eq!(read_layout(&view).err(), Some(LayoutProblem::Missing));
}

#[test]
fn nonsense_is_no_layout() {
    let mut view = full();
    view.shape = Array::Elsewhere(vec![2, -3]);
    assert!(matches!(read_layout(&view), Err(LayoutProblem::Invalid(_))));
}
