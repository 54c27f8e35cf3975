//! Fixtures of the family `buf`: where the memory starts.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::POISONS;
use crate::support::{Model, conforming, only};
use crate::{WRITABLE, c1d, fires};
use bufcheck_model::observation::{Answer, Text, Unreadable};
use bufcheck_protocol::layout::LayoutClass;
use rstest::rstest;

#[test]
fn buf_points_to_the_first_element() {
    let subject = c1d().content(only(0x18), |content| content.bytes.rotate_left(4));
    fires("buf.points-to-first-element", &subject, &[0x18]);
    let hit = &subject.hits_of("buf.points-to-first-element")[0];
    assert_eq!(hit.broken.found, "at `buf` stands 2");
    assert_eq!(hit.broken.wanted, "the first element, which is declared to be 1");
}

#[test]
fn contiguous_memory_starts_at_buf() {
    let unreadable = Unreadable {
        index: vec![5],
        address: 0x7f00_1014,
        offset: None,
    };
    let subject = c1d().content(only(0x18), |content| {
        content.unreadable = Some(unreadable.clone());
    });
    fires("memory.readable-whole-extent", &subject, &[0x18]);
}

#[test]
fn buf_may_be_null_where_there_is_nothing() {
    let empty = conforming(LayoutClass::Empty, WRITABLE).granted(only(0x18), |view| view.buf = 0);
    assert_eq!(empty.camp("buf.null-allowed-when-empty").as_deref(), Some("null"));
    let address = conforming(LayoutClass::Empty, WRITABLE);
    assert_eq!(
        address.camp("buf.null-allowed-when-empty").as_deref(),
        Some("address")
    );
    assert!(empty.hits_of("buf.not-null-unless-empty").is_empty());
    let full = c1d().granted(only(0x18), |view| view.buf = 0);
    fires("buf.not-null-unless-empty", &full, &[0x18]);
    assert_eq!(full.camp("buf.null-allowed-when-empty"), None);
}

#[test]
fn requests_share_one_memory() {
    let id = "buf.same-memory-across-requests";
    let near = c1d().granted(only(0x8), |view| view.buf += 8);
    fires(id, &near, &[0x8]);
    assert_eq!(
        near.hits_of(id)[0].broken.found,
        "`buf` lies 8 bytes behind that of INDIRECT|FORMAT"
    );
    let far = c1d().granted(only(0x8), |view| view.buf += 0x1_0000);
    // The block of another view, which was freed in between, or a copy: nothing held together says which.
    assert!(far.hits_of(id).is_empty());
    let anew = c1d().granted_in(
        |poison| poison == POISONS[0],
        only(0x8),
        |view| view.buf += 0x1_0000,
    );
    assert!(anew.hits_of(id).is_empty());
    let copy = conforming(LayoutClass::Fnd, WRITABLE);
    let model = Model::new(LayoutClass::Fnd, WRITABLE);
    let copy = copy.replaced(only(0x8), |request| {
        let mut view = model.view(request);
        view.buf += 0x1_0000;
        Answer::Granted(Box::new(view))
    });
    assert!(copy.hits_of(id).is_empty());
}

#[test]
fn native_items_are_aligned() {
    let id = "buf.alignment-of-items";
    let native = |model: Model| {
        Model {
            format: "i".into(),
            ..model
        }
        .subject()
    };
    let shifted = native(Model::new(LayoutClass::C1d, WRITABLE)).granted(only(0x1c), |view| view.buf += 2);
    fires(id, &shifted, &[0x1c]);
    let crooked = native(Model {
        strides: vec![6],
        ..Model::new(LayoutClass::Strided, WRITABLE)
    });
    assert!(
        crooked.hits_of(id).is_empty(),
        "one stride for two axes is no layout"
    );
    let crooked = native(Model {
        strides: vec![30, 6],
        ..Model::new(LayoutClass::Strided, WRITABLE)
    });
    assert!(!crooked.hits_of(id).is_empty());
    let standard = c1d().granted(only(0x1c), |view| view.buf += 2);
    assert!(standard.hits_of(id).is_empty());
}

#[rstest]
#[case::written_out("T{b:a:3xi:b:}", false)]
#[case::left_to_the_compiler("T{b:a:i:b:}", true)]
#[case::marked_inside("T{b:a:=i:b:}", false)]
#[case::a_mark_in_a_name("T{b:=:i:b:}", true)]
fn items_whose_gaps_are_written_out_lie_where_they_like(#[case] format: &str, #[case] accused: bool) {
    let subject = c1d().granted(only(0x1c), |view| {
        view.format = Text::Ascii(format.into());
        view.buf += 2;
    });
    assert_eq!(!subject.hits_of("buf.alignment-of-items").is_empty(), accused);
}
