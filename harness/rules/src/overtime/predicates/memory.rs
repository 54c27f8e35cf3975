//! Predicates about the blocks of memory under a view.
//!
//! Knows how the reach of a view compares with the block that its first item lies in. Must never know how an
//! allocator keeps its books. What the books do not tell for certain breaks nothing.

use crate::broken::Broken;
use crate::overtime::play::Play;
use bufcheck_model::observation::read_layout;
use bufcheck_model::scenario::{Allocator, Block};

/// Every byte of the view lies in the block of `buf`.
pub(super) fn within_block(play: &Play<'_>, view: &str) -> Option<Broken> {
    let block = play.block(view).filter(|block| !block.freed)?;
    let granted = play.granted(view)?;
    let layout = read_layout(granted).ok().filter(|layout| !layout.is_empty())?;
    let reach = layout.span();
    let (low, high) = (i128::from(reach.low), i128::from(reach.high));
    // Where the block begins and ends, counted from `buf`.
    let start = i128::from(block.start) - i128::from(granted.buf);
    let end = start + i128::from(block.len);
    let (before, behind) = (start.min(high) - low, high - end.max(low));
    let (found, first) = match (before > 0, behind > 0) {
        (true, true) => (
            format!("{} before and {} behind", bytes(before), bytes(behind)),
            low,
        ),
        (true, false) => (format!("{} before", bytes(before)), low),
        (false, true) => (format!("{} behind", bytes(behind)), end.max(low)),
        (false, false) => return None,
    };
    Some(Broken::new(
        format!(
            "reads {found} its block of {}, the first at buf{first:+}",
            sized(block)
        ),
        "items inside one block of memory",
    ))
}

pub(super) fn block_in_use(play: &Play<'_>, view: &str) -> Option<Broken> {
    let block = play.block(view).filter(|block| block.freed)?;
    Some(Broken::new(
        format!(
            "the view leads into {} that were given back to the allocator before it was granted",
            bytes(block.len.into())
        ),
        "memory that belongs to the object until the release",
    ))
}

/// The length of a block; the C library tells only what it rounded up.
fn sized(block: &Block) -> String {
    match block.of {
        Allocator::Python => bytes(block.len.into()),
        Allocator::C => format!("at most {}", bytes(block.len.into())),
    }
}

fn bytes(count: i128) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}
