//! Fixtures of `overtime`: the blocks of memory that a view lies in.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::stage::{Stage, bytes, stage};
use bufcheck_model::observation::Array;
use bufcheck_model::scenario::{Allocator, Block, Seen};
use rstest::rstest;
use serde_json::{Value as Json, json};

/// Where the block begins.
const START: u64 = 0x5000;

fn block(len: u64) -> Block {
    Block {
        start: START,
        len,
        of: Allocator::Python,
        freed: false,
    }
}

/// A view of `count` items of 4 bytes, `step` bytes apart, the first `offset` bytes into the block.
fn view(offset: u64, count: i64, step: i64, block: Option<Block>) -> Stage {
    let granted = stage().granted_as("a", bytes(b"item"), |view| {
        view.buf = START + offset;
        view.itemsize = 4;
        view.ndim = 1;
        view.len = 4 * count;
        view.shape = Array::Elsewhere(vec![count]);
        view.strides = Array::Elsewhere(vec![step]);
        view.suboffsets = Array::Null;
    });
    let act = json!({"block": {"view": "a"}});
    granted.act(act, Seen::Block(block))
}

fn within() -> Json {
    json!({"within-block": {"view": "a"}})
}

#[rstest]
#[case::all_of_it(0, 16, 4)]
#[case::a_part(8, 10, 4)]
#[case::up_to_its_end(4, 15, 4)]
#[case::every_other(0, 8, 8)]
#[case::backwards(60, 16, -4)]
#[case::one_again_and_again(60, 1000, 0)]
#[case::nothing(1 << 30, 0, 4)]
fn what_lies_in_its_block_may_be_read(#[case] offset: u64, #[case] count: i64, #[case] step: i64) {
    view(offset, count, step, Some(block(64))).holds(&within());
}

#[rstest]
#[case::one_item_over(0, 17, 4, "reads 4 bytes behind its block of 64 bytes, the first at buf+64")]
#[case::from_the_last_row(48, 16, 4, "reads 48 bytes behind its block of 64 bytes, the first at buf+16")]
#[case::a_step_over(32, 9, 8, "reads 36 bytes behind its block of 64 bytes, the first at buf+32")]
#[case::backwards(
    0,
    5,
    -4,
    "reads 16 bytes before its block of 64 bytes, the first at buf-16"
)]
#[case::last_item_cut(61, 1, 4, "reads 1 byte behind its block of 64 bytes, the first at buf+3")]
fn what_leaves_its_block_is_told_to_the_byte(
    #[case] offset: u64,
    #[case] count: i64,
    #[case] step: i64,
    #[case] found: &str,
) {
    view(offset, count, step, Some(block(64))).fails(&within(), found);
}

#[test]
fn the_c_library_tells_only_what_it_rounded_up() {
    let of_c = Block {
        of: Allocator::C,
        ..block(72)
    };
    view(0, 18, 4, Some(of_c)).holds(&within());
    view(0, 19, 4, Some(of_c)).fails(
        &within(),
        "reads 4 bytes behind its block of at most 72 bytes, the first at buf+72",
    );
}

#[test]
fn what_is_not_known_breaks_nothing() {
    view(0, 1000, 4, None).holds(&within());
    stage().holds(&within());
    stage().refused("a", None).holds(&within());
    let in_use = json!({"block-in-use": {"view": "a"}});
    view(0, 1000, 4, None).holds(&in_use);
}

#[test]
fn a_block_that_was_given_back_is_no_place_for_a_view() {
    let in_use = json!({"block-in-use": {"view": "a"}});
    let freed = Block {
        freed: true,
        ..block(64)
    };
    view(0, 16, 4, Some(block(64))).holds(&in_use);
    view(0, 16, 4, Some(freed)).fails(
        &in_use,
        "the view leads into 64 bytes that were given back to the allocator before it was granted",
    );
    // How far it reaches is no matter then.
    view(0, 100, 4, Some(freed)).holds(&within());
}
