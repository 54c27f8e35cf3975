//! Fixtures of the families `view`, `buf`, `len`, `readonly` and `itemsize`.
//!
//! Knows one way to break each rule. Must never need Python.

use bufcheck_model::observation::{Answer, Array, Field, Text, Unreadable, View};
use bufcheck_protocol::layout::LayoutClass;
use rstest::rstest;

use crate::support::model::POISONS;
use crate::support::{Model, conforming, only, told};
use crate::{WRITABLE, any, c1d, cnd, fires, half_written, readonly_subject};

#[test]
fn every_field_is_written() {
    let subject = c1d().granted(only(0x8), |view| {
        view.untouched.insert(Field::Suboffsets);
        view.untouched.insert(Field::Internal);
    });
    fires("view.all-fields-assigned", &subject, &[0x8]);
    assert_eq!(
        subject.hits_of("view.all-fields-assigned")[0].broken.found,
        "never written: `suboffsets`"
    );
    let internal = c1d().granted(any, |view| view.untouched.insert(Field::Internal));
    assert!(internal.hits().is_empty(), "{}", told(&internal.hits()));
    // A value that happens to equal one pattern was written all the same.
    let chance = c1d().granted_in(
        |poison| poison == POISONS[0],
        only(0x8),
        |view| {
            view.untouched.insert(Field::Suboffsets);
        },
    );
    assert!(chance.hits_of("view.all-fields-assigned").is_empty());
}

#[test]
fn the_old_content_of_the_struct_does_not_matter() {
    let subject = c1d().granted_in(|poison| poison == POISONS[1], only(0x18), |view| view.len = 23);
    fires("view.prior-content-ignored", &subject, &[0x18]);
    let model = Model::new(LayoutClass::C1d, WRITABLE);
    let moody = c1d().replaced_in_round(1, only(0x18), |request| {
        let mut view = model.view(request);
        view.len = 23;
        Answer::Granted(Box::new(view))
    });
    assert!(moody.hits_of("view.prior-content-ignored").is_empty());
    fires("consistency.fields-follow-request", &moody, &[0x18]);
}

#[test]
fn the_struct_is_not_overrun() {
    fires(
        "view.struct-not-overrun",
        &c1d().granted(only(0x18), |view| view.overrun = true),
        &[0x18],
    );
    let refused = readonly_subject().refused(only(0x19), |refusal| refusal.overrun = true);
    fires("view.struct-not-overrun", &refused, &[0x19]);
}

#[test]
fn what_no_flag_governs_is_always_the_same() {
    fires(
        "view.request-independent-fields",
        &c1d().granted(only(0x9), |view| view.itemsize = 1),
        &[0x9],
    );
    fires(
        "len.request-independent",
        &c1d().granted(only(0x9), |view| view.len = 6),
        &[0x9],
    );
    fires(
        "itemsize.kept-without-format",
        &c1d().granted(only(0x8), |view| view.itemsize = 1),
        &[0xc],
    );
}

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
    };
    let subject = c1d().content(only(0x18), |content| {
        content.unreadable = Some(unreadable.clone());
    });
    fires("buf.contiguous-starts-block", &subject, &[0x18]);
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
    assert_eq!(far.hits_of(id)[0].broken.found, "`buf` lies in other memory");
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

#[test]
fn len_is_the_product() {
    let subject = cnd().granted(only(0x8), |view| view.len = 20);
    fires("len.product-of-shape-times-itemsize", &subject, &[0x8]);
    let scalar = conforming(LayoutClass::Scalar, WRITABLE).granted(only(0x8), |view| view.len = 8);
    fires("len.product-of-shape-times-itemsize", &scalar, &[0x8]);
}

#[test]
fn len_is_no_product_of_nonsense() {
    let silent = |change: fn(&mut View)| {
        let subject = cnd().granted(only(0x8), change);
        let hits = subject.hits_of("len.product-of-shape-times-itemsize");
        assert!(hits.is_empty(), "{}", told(&hits));
    };
    silent(|view| {
        view.len = 20;
        view.untouched.insert(Field::Len);
    });
    silent(|view| {
        view.itemsize = 2;
        view.untouched.insert(Field::Itemsize);
    });
    silent(|view| view.itemsize = -1);
    silent(|view| view.shape = Array::Elsewhere(vec![-1, 3]));
    // An extent of 0 is one to multiply by.
    let empty = cnd().granted(only(0x8), |view| view.shape = Array::Elsewhere(vec![0, 3]));
    fires("len.product-of-shape-times-itemsize", &empty, &[0x8]);
    // So is an item size of 0.
    let without_size = cnd().granted(only(0x8), |view| view.itemsize = 0);
    fires("len.product-of-shape-times-itemsize", &without_size, &[0x8]);
}

#[test]
fn len_is_logical() {
    let subject = conforming(LayoutClass::Strided, WRITABLE).granted(only(0x18), |view| view.len = 52);
    fires("len.logical-not-physical", &subject, &[0x18]);
}

#[test]
fn len_is_not_negative() {
    let subject = c1d().granted(only(0x18), |view| view.len = -1);
    fires("len.non-negative", &subject, &[0x18]);
    let wrapped = cnd().granted(only(0x18), |view| {
        (view.shape, view.len) = (Array::Elsewhere(vec![i64::MAX, 3]), 0);
    });
    fires("len.non-negative", &wrapped, &[0x18]);
    assert!(wrapped.hits_of("len.product-of-shape-times-itemsize").is_empty());
}

#[test]
fn readonly_is_zero_or_one() {
    let subject = readonly_subject().granted(only(0x18), |view| view.readonly = -1);
    fires("readonly.zero-or-nonzero", &subject, &[0x18]);
    assert!(subject.hits_of("readonly.whole-int-written").is_empty());
}

#[test]
fn readonly_is_truthful() {
    let subject = c1d().content(only(0x18), |content| content.writable = Some(false));
    fires("readonly.truthful", &subject, &[0x18]);
}

#[test]
fn readonly_is_written_as_a_whole() {
    let subject = half_written(c1d());
    let granted: Vec<i32> = subject
        .sweep
        .requests
        .iter()
        .copied()
        .filter(|flags| !matches!(flags, 0x100 | 0x200))
        .collect();
    fires("readonly.whole-int-written", &subject, &granted);
    let hits = subject.hits_of("readonly.whole-int-written");
    assert_eq!(
        hits[0].broken.found,
        "3 of the 4 bytes of `readonly` were not written"
    );
}

#[test]
fn items_have_a_size() {
    fires(
        "itemsize.positive",
        &c1d().granted(only(0x18), |view| view.itemsize = 0),
        &[0x18],
    );
    fires(
        "itemsize.positive",
        &c1d().granted(only(0x18), |view| view.itemsize = -4),
        &[0x18],
    );
    let nothing = Model {
        format: "0s".into(),
        itemsize: 0,
        ..Model::new(LayoutClass::Empty, WRITABLE)
    };
    assert!(nothing.subject().hits_of("itemsize.positive").is_empty());
}

#[rstest]
#[case("<i", 8, "itemsize.matches-format")]
#[case("B", 4, "itemsize.matches-format")]
#[case("<Zf", 4, "itemsize.matches-extended-format")]
#[case("T{<i:a:<i:b:}", 4, "itemsize.matches-extended-format")]
fn items_are_as_large_as_their_format(#[case] format: &str, #[case] itemsize: i64, #[case] id: &str) {
    let subject = c1d().granted(only(0x1c), |view| {
        view.format = Text::Ascii(format.into());
        view.itemsize = itemsize;
    });
    fires(id, &subject, &[0x1c]);
}

#[rstest]
#[case("ib", 8)]
#[case("ib", 5)]
#[case("T{i:a:b:b:}", 8)]
#[case("T{i:a:b:b:}", 5)]
fn padding_behind_a_native_item_is_left_open(#[case] format: &str, #[case] itemsize: i64) {
    let subject = c1d().granted(only(0x1c), |view| {
        view.format = Text::Ascii(format.into());
        view.itemsize = itemsize;
    });
    assert!(subject.hits_of("itemsize.matches-format").is_empty());
    assert!(subject.hits_of("itemsize.matches-extended-format").is_empty());
}
