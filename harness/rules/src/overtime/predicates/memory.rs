//! Predicates about blocks of memory: whether items stay within theirs, and whether blocks are intact.
//!
//! Knows how the span of a view compares with a block. Must never know how a block is found.

use bufcheck_model::observation::read_layout;

use crate::broken::Broken;
use crate::overtime::play::Play;

/// Only what leaves a block on one of its sides is said to: an allocator may have rounded the block up, so what stays
/// within it by a few bytes is not seen.
pub(super) fn within_block(play: &Play<'_>, view: &str) -> Option<Broken> {
    let layout = read_layout(play.granted(view)?).ok()?;
    let block = play.block(view)?;
    if layout.is_empty() || layout.needs_indirection() {
        return None;
    }
    let span = layout.span();
    let before = span
        .low
        .checked_neg()
        .and_then(|low| u64::try_from(low).ok())
        .unwrap_or(0);
    let after = u64::try_from(span.high).unwrap_or(0);
    let size = block.before.saturating_add(block.after);
    let reach = match (before.checked_sub(block.before), after.checked_sub(block.after)) {
        (Some(out), _) if out > 0 => format!("{} before", bytes(out)),
        (_, Some(out)) if out > 0 => format!("{} behind", bytes(out)),
        _ => return None,
    };
    Some(Broken::new(
        format!(
            "the items reach {reach} the block of {} that `buf` lies in",
            bytes(size)
        ),
        "items that lie within the memory of the exporter",
    ))
}

pub(super) fn block_intact(play: &Play<'_>, view: &str) -> Option<Broken> {
    let block = play.block(view)?;
    let size = block.before.saturating_add(block.after);
    block.damaged.then(|| {
        Broken::new(
            format!(
                "the bytes behind the block of {} that `buf` lies in were overwritten",
                bytes(size)
            ),
            "memory of others as it was",
        )
    })
}

pub(super) fn heap_intact(play: &Play<'_>, before: &str, after: &str) -> Option<Broken> {
    (play.heap(before)? && !play.heap(after)?).then(|| {
        Broken::new(
            "the C heap is damaged: what the allocator wrote between two blocks was overwritten",
            "memory of others as it was",
        )
    })
}

fn bytes(count: u64) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}
