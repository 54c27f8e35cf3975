//! Predicates about blocks of memory: whether items stay within theirs.
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

fn bytes(count: u64) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}
