//! Fixtures of `overtime`: what an expression comes to.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::raised;
use crate::support::stage::stage;
use crate::value_error;
use bufcheck_model::observation::Raised;
use bufcheck_model::scenario::Seen;
use serde_json::json;

#[test]
fn expressions_give_what_they_should() {
    let gave = |type_name: &str, truth, shown: &str| {
        stage().called(Seen::Called {
            type_name: type_name.into(),
            truth,
            shown: shown.into(),
        })
    };
    let ran = |raised| stage().called(Seen::Ran { raised });
    let truth = json!({"true": {"call": "c"}});
    gave("bool", Some(true), "True").holds(&truth);
    gave("bool", Some(false), "False").fails(&truth, "`f()` is False");
    gave("C", None, "<C>").fails(&truth, "`f()` is <C>");
    ran(Some(value_error())).fails(&truth, "`f()` raised ValueError (closed)");
    ran(None).holds(&truth);
    stage().holds(&truth);

    let gives = json!({"gives": {"call": "c", "type": "bytes"}});
    gave("bytes", None, "b''").holds(&gives);
    gave("str", None, "''").fails(&gives, "`f()` gave an object of type `str`");
    ran(Some(raised("BufferError", true))).holds(&gives);
    ran(Some(value_error())).fails(&gives, "`f()` raised ValueError (closed)");
    ran(None).holds(&gives);

    let raises = json!({"raises": {"call": "c", "types": ["ValueError", "TypeError"]}});
    ran(Some(value_error())).holds(&raises);
    ran(Some(Raised {
        message: String::new(),
        ..raised("KeyError", false)
    }))
    .fails(&raises, "`f()` raised KeyError");
    gave("bytes", None, "b''").fails(&raises, "`f()` gave b''");
    ran(None).holds(&raises);
}
