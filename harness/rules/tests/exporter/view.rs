//! Fixtures of the family `view`: the struct as a whole.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::POISONS;
use crate::support::{Model, only, told};
use crate::{WRITABLE, any, c1d, fires, readonly_subject};
use bufcheck_model::observation::{Answer, Array, Field, ObjRef, Text, View};
use bufcheck_protocol::layout::LayoutClass;

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
    // What was never written is told by this rule alone.
    let accused = |change: fn(&mut View)| {
        let subject = c1d().granted(only(0x1c), change);
        let mut rules: Vec<String> = subject.accusations().into_iter().map(|hit| hit.rule).collect();
        rules.dedup();
        rules
    };
    let alone = ["view.all-fields-assigned"];
    assert_eq!(
        accused(|view| {
            view.obj = ObjRef::Untouched;
            view.untouched.insert(Field::Obj);
        }),
        alone
    );
    assert_eq!(
        accused(|view| {
            view.strides = Array::Null;
            view.untouched.insert(Field::Strides);
        }),
        alone
    );
    assert_eq!(
        accused(|view| {
            view.format = Text::Null;
            view.untouched.insert(Field::Format);
        }),
        alone
    );
    assert_eq!(
        accused(|view| {
            view.shape = Array::Null;
            view.untouched.insert(Field::Shape);
        }),
        alone
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
    // What was left as it was says nothing of the struct's old content.
    let unwritten = c1d().granted_in(
        |poison| poison == POISONS[1],
        only(0x18),
        |view| {
            view.shape = Array::Elsewhere(vec![9]);
            view.untouched.insert(Field::Shape);
        },
    );
    assert_eq!(unwritten.fires_on("view.prior-content-ignored"), []);
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
        "len.request-independent",
        &c1d().granted(only(0x9), |view| view.len = 6),
        &[0x9],
    );
    fires(
        "itemsize.kept-without-format",
        &c1d().granted(only(0x9), |view| view.itemsize = 1),
        &[0x9],
    );
}
