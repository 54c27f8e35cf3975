//! Every predicate, decided.
//!
//! Knows for each [`That`] the function that decides it. Must never know which rule is at stake. A predicate
//! about something that was not observed holds.

mod calls;
mod counts;
mod held;
mod left;
mod memory;
mod mutation;
mod place;
mod release;
mod slots;
mod threads;
mod view;
mod words;

pub(crate) use words::looks_freed;

use super::play::Play;
use crate::broken::Broken;
use bufcheck_model::scenario::That;

/// What was found instead, if the predicate does not hold.
pub(super) fn broken<'a>(play: &Play<'a>, that: &'a That) -> Option<Broken> {
    match that {
        That::Refused { view } => view::refused(play, view),
        That::ReturnedZero { view } => view::returned_zero(play, view),
        That::SameOutcome { views } => view::same_outcome(play, views),
        That::SameAtGrant { left, right, beside } => {
            view::same_at_grant(play, left, right, beside.as_deref())
        }
        That::OneMemory { view } => place::one_memory(play, view),
        That::InOrder { view } => place::in_order(play, view),
        That::SameFields { left, right } => view::same_fields(play, left, right),
        That::Steady { view } => view::steady(play, view),
        That::SamePlace { left, right, beside } => place::same_place(play, left, right, beside),
        That::Reports { view } => release::reports(play, view),
        That::Granted { view } => view::granted(play, view),
        That::GrantedOrBufferError { view } => view::granted_or_buffer_error(play, view),
        That::Unchanged { view, fields } => view::unchanged(play, view, fields),
        That::Readable { view } => view::readable(play, view),
        That::SameContent { view } => view::same_content(play, view),
        That::NotFreed { view } => view::not_freed(play, view),
        That::NotDangling { view, before } => view::not_dangling(play, view, before),
        That::Equal { left, right } => view::equal(play, left, right),
        That::ShowsWrite {
            view,
            written,
            laid_out_alike,
        } => view::shows_write(play, view, written, *laid_out_alike),
        That::Wrote { view } => view::wrote(play, view),
        That::AllGranted { views } => held::all_granted(play, views),
        That::AllUnchanged { views, fields } => held::all_unchanged(play, views, fields),
        That::AllSameContent { views } => held::all_same_content(play, views),
        That::AllReleasedCleanly { views } => held::all_released_cleanly(play, views),
        That::LockedOrValid { mutation, view, now } => {
            mutation::locked_or_valid(play, mutation, view, now.as_deref())
        }
        That::BufferErrorUnlessFree { mutation, free } => {
            mutation::buffer_error_unless_free(play, mutation, free)
        }
        That::UntouchedIfRaised { mutation, view } => mutation::untouched_if_raised(play, mutation, view),
        That::AlikeIfRaised {
            mutation,
            before,
            after,
        } => mutation::alike_if_raised(play, mutation, before, after),
        That::RaisesLike {
            mutation,
            earlier,
            view,
        } => mutation::raises_like(play, mutation, earlier, view),
        That::WorksLike { mutation, free } => mutation::works_like(play, mutation, free),
        That::ReleasedCleanly { view } => release::cleanly(play, view),
        That::NoUnraisable { view } => release::no_unraisable(play, view),
        That::InternalKept { view } => release::internal_kept(play, view),
        That::PendingKept { view } => release::pending_kept(play, view),
        That::Balanced { counts } => counts::balanced(play, counts),
        That::BalancedAsPlain { counts } => counts::balanced_as_plain(play, counts),
        That::NoGrowth { repeat, of } => counts::no_growth(play, repeat, *of),
        That::Alive { object, view } => counts::alive(play, object, view),
        That::NoMoreGrowth { repeat, than, of } => counts::no_more_growth(play, repeat, than, *of),
        That::NoneLost {
            object,
            like,
            refused,
        } => left::none_lost(play, object, like, refused.as_deref()),
        That::NoRing { object, like } => left::no_ring(play, object, like),
        That::OneLine { object } => slots::one_line(play, object),
        That::Follows {
            mutation,
            view,
            beside,
            now,
        } => mutation::follows(play, mutation, view, beside, now),
        That::Gone { object, like } => counts::gone(play, object, like),
        That::WithinBlock { view } => memory::within_block(play, view),
        That::BlockInUse { view } => memory::block_in_use(play, view),
        That::True { call } => calls::is_true(play, call),
        That::Gives { call, type_name } => calls::gives(play, call, type_name),
        That::Raises { call, types } => calls::raises(play, call, types),
        That::ThreadsServed { threads } => threads::served(play, threads),
        That::ThreadsUndisturbed { threads } => threads::undisturbed(play, threads),
        That::ThreadsBalanced { threads } => threads::balanced(play, threads),
        That::ThreadsReleasedCleanly { threads } => threads::released_cleanly(play, threads),
    }
}
