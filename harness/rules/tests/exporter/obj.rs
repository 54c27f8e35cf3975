//! Fixtures of the family `obj`: the owner of a view.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, only, told};
use crate::{WRITABLE, any, c1d, fires, other};
use bufcheck_model::observation::{Answer, ObjRef, Owner, References};
use bufcheck_protocol::layout::LayoutClass;
use rstest::rstest;

#[test]
fn a_view_owns_a_new_reference() {
    let subject = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 0, after: -1 });
    });
    fires("obj.new-reference", &subject, &[0x8]);
    fires("obj.refcount-balanced", &subject, &[0x8]);
    assert!(subject.hits_of("release.no-decref-of-obj").is_empty());
}

#[rstest]
#[case(ObjRef::Null, "obj.not-null-on-success")]
#[case(ObjRef::Stray(0x8), "obj.valid-pointer")]
#[case(other("list", false), "obj.is-exporter-or-root")]
#[case(other("bytes", true), "obj.same-for-every-request")]
fn a_view_has_the_right_owner(#[case] obj: ObjRef, #[case] id: &str) {
    let subject = c1d().granted(only(0x18), |view| view.obj = obj.clone());
    fires(id, &subject, &[0x18]);
}

#[test]
fn the_interpreters_wrapper_is_an_owner() {
    let wrapper = |type_name: &str, exports| {
        ObjRef::Other(Owner {
            type_name: type_name.into(),
            address: 0x7f00_5000,
            exports,
            releases: true,
        })
    };
    let mut subject = c1d().granted(any, |view| view.obj = wrapper("_buffer_wrapper", false));
    subject.made.python_level = true;
    assert!(subject.hits().is_empty(), "{}", told(&subject.hits()));
    // One that is merely called so.
    for obj in [
        wrapper("demo._buffer_wrapper", false),
        other("_buffer_wrapper", false),
    ] {
        let subject = c1d().granted(only(0x18), |view| view.obj = obj.clone());
        fires("obj.is-exporter-or-root", &subject, &[0x18]);
    }
}

#[test]
fn references_come_back() {
    let leak = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 2, after: 1 });
    });
    fires("obj.refcount-balanced", &leak, &[0x8]);
    let mut garbage = leak.clone();
    for round in &mut garbage.sweep.rounds {
        round.references = Some(0);
    }
    assert!(garbage.hits_of("obj.refcount-balanced").is_empty());
    // A cache that fills at the first request is no leak.
    let model = Model::new(LayoutClass::C1d, WRITABLE);
    let cache = c1d().replaced_in_round(0, only(0x8), |request| {
        let mut view = model.view(request);
        view.references = Some(References { during: 2, after: 1 });
        Answer::Granted(Box::new(view))
    });
    assert!(cache.hits_of("obj.refcount-balanced").is_empty());
}
