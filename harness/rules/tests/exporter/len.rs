//! Fixtures of the family `len`: the length in bytes.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::FlatNdim;
use crate::support::{Model, conforming, only, told};
use crate::{WRITABLE, c1d, cnd, fires};
use bufcheck_model::observation::{Array, Field, View};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;

#[test]
fn len_is_the_product() {
    let subject = cnd().granted(only(0x8), |view| view.len = 20);
    fires("len.product-of-shape-times-itemsize", &subject, &[0x8]);
    let scalar = conforming(LayoutClass::Scalar, WRITABLE).granted(only(0x8), |view| view.len = 8);
    fires("len.product-of-shape-times-itemsize", &scalar, &[0x8]);
    // Flat bytes may have no axes either; those of a scalar are one item all the same.
    let flat = |class| Model {
        flat_ndim: FlatNdim::Zero,
        ..Model::new(class, WRITABLE)
    };
    let short = |class| flat(class).subject().granted(only(0), |view| view.len = 1);
    fires(
        "len.product-of-shape-times-itemsize",
        &short(LayoutClass::Scalar),
        &[0],
    );
    assert!(
        short(LayoutClass::C1d)
            .hits_of("len.product-of-shape-times-itemsize")
            .is_empty()
    );
    let empty = conforming(LayoutClass::Empty, WRITABLE).granted(only(0x1d), |view| view.len = 12);
    fires("len.product-of-shape-times-itemsize", &empty, &[0x1d]);
    let of_bytes = cnd().granted(Request::wants_shape, |view| {
        view.shape = Array::Elsewhere(vec![24, 3]);
    });
    assert!(!of_bytes.hits_of("len.product-of-shape-times-itemsize").is_empty());
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
