//! What a trace of a running program proves.
//!
//! Knows which rules one answer, or one release, can break by itself. Must never take what is usual for what is right: a
//! release of a copy, of what nobody was seen to be granted, a view that is kept until the end are no faults.
//!
//! [`traced`] puts the lines of a process together, [`answers`] hands each distinct answer to the rules for exporters,
//! [`views`] judges what happened to views, [`pairs`] counts who asked what; what
//! is found is a [`fault`].

mod answers;
mod fault;
mod pairs;
mod traced;
mod views;

pub use answers::PROVEN_BY_AN_ANSWER;
pub use fault::Fault;
pub use pairs::{Counted, Pairs, pairs};
pub use traced::Traced;
pub use views::PROVEN_BY_A_VIEW;

/// Every rule that these processes broke, each once for a type, a module and the words in which it shows.
pub fn faults(traced: &[Traced]) -> Vec<Fault<'_>> {
    let mut faults: Vec<Fault<'_>> = Vec::new();
    for process in traced {
        for fault in answers::faults(process).into_iter().chain(views::faults(process)) {
            let known = faults.iter_mut().find(|known| {
                known.rule == fault.rule
                    && known.type_name == fault.type_name
                    && known.asked_by.module == fault.asked_by.module
                    && known.broken == fault.broken
                    && known.by.map(|by| &by.module) == fault.by.map(|by| &by.module)
            });
            match known {
                Some(known) => {
                    for request in fault.requests {
                        if !known.requests.contains(&request) {
                            known.requests.push(request);
                        }
                    }
                }
                None => faults.push(fault),
            }
        }
    }
    faults
}

/// The rules that a trace can prove broken.
pub fn proven() -> impl Iterator<Item = &'static str> {
    PROVEN_BY_AN_ANSWER.iter().chain(PROVEN_BY_A_VIEW).copied()
}
