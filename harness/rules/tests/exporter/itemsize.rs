//! Fixtures of the family `itemsize`: the bytes of one item.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, conforming, only};
use crate::{WRITABLE, c1d, fires};
use bufcheck_model::observation::Text;
use bufcheck_protocol::layout::LayoutClass;
use rstest::rstest;

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
    // Nor without items: the format tells, in the view itself or in another.
    let without =
        |flags: i32| conforming(LayoutClass::Empty, WRITABLE).granted(only(flags), |view| view.itemsize = 0);
    fires("itemsize.positive", &without(0x1c), &[0x1c]);
    fires("itemsize.positive", &without(0), &[0]);
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
