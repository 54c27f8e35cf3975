//! The calls that a consumer is given.
//!
//! Knows which twins a spy has. Must never know what they are compared for.

use bufcheck_model::spy::{Call, Flush, Spy, Twin};

/// One call for each spy and each way it is dressed, and one for each of its twins; plain bytes come once more when all
/// others were there, since what is remembered of them shows only then.
pub(crate) fn calls(spies: &[Spy]) -> Vec<Call> {
    let mut calls = Vec::new();
    for (number, spy) in spies.iter().enumerate() {
        for readonly in &spy.readonly {
            let call = Call {
                spy: number,
                readonly: *readonly,
                flush: Flush::End,
                twin: None,
                refuses: None,
                moved: 0,
            };
            calls.push(call);
            if spy.both_ends {
                calls.push(Call {
                    flush: Flush::Start,
                    ..call
                });
            }
            if spy.refuses.is_some() {
                continue;
            }
            let twins = [Twin::Bytes, Twin::Layout].into_iter();
            let twins = twins.chain(spy.values.is_some().then_some(Twin::Values));
            // What changes in the course of a call is compared with what is there at first, and with what comes later.
            let contents = if spy.changes { 0..=1 } else { 0..=0 };
            calls.extend(twins.flat_map(|twin| {
                contents.clone().map(move |moved| Call {
                    twin: Some(twin),
                    moved,
                    ..call
                })
            }));
        }
    }
    let again = spies.iter().enumerate().filter(|(_, spy)| spy.is_plain());
    calls.extend(again.filter_map(|(number, spy)| {
        Some(Call {
            spy: number,
            readonly: *spy.readonly.first()?,
            flush: Flush::End,
            twin: Some(Twin::Layout),
            refuses: None,
            moved: 0,
        })
    }));
    calls
}
