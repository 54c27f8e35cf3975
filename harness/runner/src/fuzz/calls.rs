//! Draws calls of a consumer at random, and says what is given in each.
//!
//! Knows how likely each spy, each refusal and each change of content is, and proptest, which keeps every way to make
//! calls simpler. Must never know what a call shows.

use bufcheck_model::spy::{Call, Flush, Refusal, RefusalKind, Refusing, Spy, Twin};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};

/// Calls of one history at most.
const LENGTH: usize = 12;

/// Different spies of one history at most: what a consumer keeps of one call shows where the same object comes again.
const OBJECTS: usize = 3;

/// Items by which content is moved at most.
const FARTHEST: usize = 3;

/// One call as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DrawnCall {
    /// Which of the objects.
    object: usize,
    writable: bool,
    moved: usize,
    refuses: Option<Refusal>,
}

/// The objects, as positions among the spies, and the calls.
pub(super) type Calls = (Vec<usize>, Vec<DrawnCall>);

/// Calls that can be made simpler.
pub(super) type Tree = Box<dyn ValueTree<Value = Calls>>;

/// Calls of any length; what is simpler comes first: proptest shortens towards it.
pub(super) fn calls() -> BoxedStrategy<Calls> {
    // The plain ones come first, and are drawn often: whoever loses its way does so with any.
    let spy = prop_oneof![1 => 0..4_usize, 2 => 0..256_usize];
    let which = prop_oneof![
        Just(Refusing::First),
        Just(Refusing::Second),
        Just(Refusing::WhileHeld),
        Just(Refusing::All),
    ];
    let raises = prop_oneof![
        4 => Just(RefusalKind::BufferError),
        1 => Just(RefusalKind::MemoryError),
        1 => Just(RefusalKind::KeyboardInterrupt),
    ];
    let refusal = (which, raises).prop_map(|(which, raises)| Refusal { which, raises });
    let call = (
        0..OBJECTS,
        any::<bool>(),
        prop_oneof![2 => Just(0), 1 => 0..=FARTHEST],
        prop_oneof![3 => Just(None), 1 => refusal.prop_map(Some)],
    );
    let call = call.prop_map(|(object, writable, moved, refuses)| DrawnCall {
        object,
        writable,
        moved,
        refuses,
    });
    (vec(spy, OBJECTS), vec(call, 1..=LENGTH)).boxed()
}

/// The spies that take part, the plain ones first: those that refuse nothing by themselves, and that no text contests.
pub(super) fn taking_part(spies: &[Spy]) -> Vec<Spy> {
    let legal = spies
        .iter()
        .filter(|spy| spy.refuses.is_none() && !spy.contested && !spy.changes);
    let mut all: Vec<Spy> = legal.cloned().collect();
    all.sort_by_key(|spy| spy.blames.is_some());
    all
}

/// A call with a spy, as it is.
pub(super) fn plain(spy: usize) -> Call {
    Call {
        spy,
        readonly: 1,
        flush: Flush::End,
        twin: None,
        refuses: None,
        moved: 0,
    }
}

/// What is given in each call; no spies, no calls.
pub(super) fn given((objects, drawn): &Calls, spies: &[Spy]) -> Vec<Call> {
    let call = |drawn: &DrawnCall| {
        let number = objects.get(drawn.object)?.checked_rem(spies.len())?;
        let spy = &spies[number];
        let readonly = spy.readonly.iter().copied();
        let readonly = readonly
            .clone()
            .find(|value| (*value == 0) == drawn.writable)
            .or(readonly.clone().next())?;
        // What says that it is read-only, or has two names for one item, is left as it is.
        let fixed = readonly != 0 || spy.repeats() || spy.is_empty();
        Some(Call {
            spy: number,
            readonly,
            flush: Flush::End,
            twin: None,
            refuses: drawn.refuses,
            moved: if fixed { 0 } else { drawn.moved },
        })
    };
    drawn.iter().filter_map(call).collect()
}

/// The plain buffers of the same content, each once.
pub(super) fn twins<'a>(calls: impl Iterator<Item = &'a Call>, spies: &[Spy]) -> Vec<Call> {
    let mut twins = Vec::new();
    for call in calls {
        let values = spies.get(call.spy).is_some_and(|spy| spy.values.is_some());
        for twin in [Twin::Bytes, Twin::Layout]
            .into_iter()
            .chain(values.then_some(Twin::Values))
        {
            let twin = Call {
                twin: Some(twin),
                refuses: None,
                ..*call
            };
            if !twins.contains(&twin) {
                twins.push(twin);
            }
        }
    }
    twins
}

#[cfg(test)]
mod tests {
    use super::super::draw::runner;
    use super::*;
    use crate::plan::catalogue::Catalogue;

    #[test]
    fn calls_say_what_is_legal_of_their_spies() {
        let catalogue = Catalogue::embedded().expect("the data is sound");
        let spies = taking_part(&catalogue.spies);
        assert!(spies[0].blames.is_none() && spies.len() > 50);
        let mut runner = runner(1);
        for _ in 0..200 {
            let drawn = calls().new_tree(&mut runner).expect("calls").current();
            let given = given(&drawn, &spies);
            assert_eq!(given.len(), drawn.1.len());
            for call in &given {
                let spy = &spies[call.spy];
                assert!(spy.readonly.contains(&call.readonly));
                assert!(call.moved == 0 || (call.readonly == 0 && !spy.repeats()));
            }
            let twins = twins(given.iter(), &spies);
            assert!(
                twins
                    .iter()
                    .all(|twin| twin.refuses.is_none() && twin.twin.is_some())
            );
        }
    }
}
