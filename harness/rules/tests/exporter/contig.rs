//! Fixtures of the family `contig`: memory that is not what a consumer of flat bytes takes it for.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::Model;
use crate::{Violation, broken, each_fires, flat, handing_out};
use bufcheck_model::observation::Answer;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    let reversed = Model::new(LayoutClass::Negative, false);
    let fortran = Model::new(LayoutClass::Fnd, false);
    let asks_c = |request: Request| request.wants_c();
    vec![
        // The last item stands first in memory.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000 - 20, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        // `buf` kept, so that the bytes behind the memory are read.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000, &[1, 0, 0, 0, 0, 0]),
            flat,
        ),
        // A copy of the memory as it lies.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_9000, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        broken(
            "contig.negative-stride-not-contiguous",
            reversed.subject().replaced(asks_c, |request| {
                Answer::Granted(Box::new(reversed.view(request)))
            }),
            asks_c,
        ),
        broken(
            "contig.f-order-not-served-flat",
            handing_out(&fortran, flat, 0x7f00_1000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
        broken(
            "contig.f-order-not-served-flat",
            handing_out(&fortran, flat, 0x7f00_9000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
    ]
}

#[test]
fn the_same_order_by_chance_is_no_violation() {
    // A palindrome reads the same from both ends.
    let model = Model {
        values: vec![1, 2, 3, 3, 2, 1],
        ..Model::new(LayoutClass::Negative, false)
    };
    let subject = handing_out(&model, flat, 0x7f00_9000, &[1, 2, 3, 3, 2, 1]);
    assert_eq!(subject.fires_on("contig.negative-stride-not-contiguous"), []);
}
