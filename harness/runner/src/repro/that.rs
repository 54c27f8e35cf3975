//! When the steps of a scenario show the fault.
//!
//! Knows the expectations as tests in Python, over what the steps noted. Must never know how a step is written.

use bufcheck_model::observation::Field;
use bufcheck_model::scenario::{Amount, That};

/// What has to be noted, and when it shows the fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// The views whose content, or fields, are noted whenever they are read.
    pub(super) views: Vec<String>,
    /// Fields that are noted instead of the content.
    pub(super) fields: Vec<Field>,
    /// What a release raises is noted.
    pub(super) of_release: bool,
    /// What asking for this view raises is noted.
    pub(super) refusal_of: Option<String>,
    /// What the slot returned for this view is noted.
    pub(super) returned_of: Option<String>,
    /// A view that only spares some exporters, of which this is none.
    pub(super) unneeded: Option<String>,
    /// Of the content only the first byte is noted: whatever takes more may lie in the very memory.
    pub(super) first_byte: bool,
    /// Of the content a sum is noted, for the same reason.
    pub(super) sum: bool,
    /// What a repetition measures.
    pub(super) measure: Option<String>,
    /// No exporter of the interpreter is right and has what the steps need.
    pub(super) no_control: bool,
    /// The test.
    pub(super) test: String,
}

/// What shows in these views where the test holds.
fn seen(views: &[&String], test: String) -> Fault {
    Fault {
        views: views.iter().map(|view| (*view).clone()).collect(),
        ..tested(test)
    }
}

fn tested(test: String) -> Fault {
    Fault {
        test,
        ..Fault::default()
    }
}

/// The fault that breaks an expectation; `None` where no script can tell.
pub(super) fn fault(that: &That) -> Option<Fault> {
    in_views(that).or_else(|| in_calls(that))
}

/// An expectation about what views show.
fn in_views(that: &That) -> Option<Fault> {
    Some(match that {
        That::LockedOrValid { mutation, view, now } => Fault {
            unneeded: now.clone(),
            ..seen(
                &[view],
                format!("{mutation} == \"done\" and {view}_seen[-1] != {view}_seen[0]"),
            )
        },
        That::BlockInUse { view } => Fault {
            first_byte: true,
            ..seen(&[view], format!("{view}_seen[0] == b\"\\xdd\""))
        },
        // What shows no other bytes may have been given back before it was granted.
        That::Steady { view } => Fault {
            sum: true,
            ..seen(
                &[view],
                format!("{view}_seen[-1] != {view}_seen[0] or {view}_first in (b\"\\xdd\", b\"\\xa7\")"),
            )
        },
        That::UntouchedIfRaised { mutation, view } => seen(
            &[view],
            format!("{mutation} != \"done\" and {view}_seen[-1] != {view}_seen[0]"),
        ),
        That::AlikeIfRaised {
            mutation,
            before,
            after,
        } => seen(
            &[before, after],
            format!("{mutation} != \"done\" and {after}_seen[0] != {before}_seen[0]"),
        ),
        That::SameContent { view } | That::NotFreed { view } | That::Readable { view } => {
            seen(&[view], format!("{view}_seen[-1] != {view}_seen[0]"))
        }
        That::AllSameContent { views } => seen(&[views], any(views)),
        That::AllUnchanged { views, fields } => Fault {
            fields: if fields.is_empty() {
                noted()
            } else {
                fields.clone()
            },
            ..seen(&[views], any(views))
        },
        That::Unchanged { view, fields } => Fault {
            fields: if fields.is_empty() {
                noted()
            } else {
                fields.clone()
            },
            ..seen(&[view], format!("{view}_seen[-1] != {view}_seen[0]"))
        },
        That::SameAtGrant { left, right, .. } => {
            seen(&[left, right], format!("{left}_seen[0] != {right}_seen[0]"))
        }
        That::NotDangling { view, before } => seen(
            &[view, before],
            format!(
                "{view}_seen[0][:1] != {before}_seen[0][:1] and {view}_seen[0][:1] in (b\"\\xdd\", b\"\\xa7\")"
            ),
        ),
        That::SameFields { left, right } => Fault {
            fields: noted(),
            ..seen(&[left, right], format!("{left}_seen[0] != {right}_seen[0]"))
        },
        That::Equal { left, right } => seen(&[left, right], format!("{left}_seen[-1] != {right}_seen[-1]")),
        That::Follows {
            mutation, view, now, ..
        } => seen(
            &[view, now],
            format!("{mutation} == \"done\" and {view}_seen[-1] != {now}_seen[-1]"),
        ),
        // The first item, in its latest reading and in the one before; in the view that was written through where that
        // was the only one.
        That::ShowsWrite { view, written, .. } => seen(
            &[view, written],
            format!("{view}_seen[-1][:1] == ({view}_seen[:-1] or {written}_seen)[-1][:1]"),
        ),
        That::AllReleasedCleanly { views } => Fault {
            of_release: true,
            ..seen(
                &[views],
                format!("any(end != \"done\" for end in {views}_raised)"),
            )
        },
        That::ReleasedCleanly { view } => Fault {
            of_release: true,
            ..seen(&[view], format!("{view}_raised != \"done\""))
        },
        _ => return None,
    })
}

/// An expectation about what raises, what is counted, and what is still there.
fn in_calls(that: &That) -> Option<Fault> {
    Some(match that {
        That::BufferErrorUnlessFree { mutation, free } => tested(format!(
            "{free} == \"done\" and {mutation} not in (\"done\", \"BufferError\")"
        )),
        That::RaisesLike {
            mutation, earlier, ..
        } => tested(format!("{earlier} != \"done\" and {mutation} == \"done\"")),
        That::WorksLike { mutation, free } => {
            tested(format!("{free} == \"done\" and {mutation} != \"done\""))
        }
        That::Granted { view } => Fault {
            refusal_of: Some(view.clone()),
            ..tested(format!("{view}_raised != \"done\""))
        },
        That::GrantedOrBufferError { view } | That::Refused { view } => Fault {
            refusal_of: Some(view.clone()),
            ..tested(format!("{view}_raised not in (\"done\", \"BufferError\")"))
        },
        That::ReturnedZero { view } => Fault {
            returned_of: Some(view.clone()),
            ..tested(format!("{view}_returned != 0"))
        },
        That::Balanced {
            counts: [before, between, after],
        } => tested(format!(
            "{before} < {between} < {after} or {before} > {between} > {after}"
        )),
        That::BalancedAsPlain { counts } => {
            let [start, plain, other, again, last] = counts.each_ref().map(|name| name.replace('-', "_"));
            tested(format!(
                "{other} - {plain} != {plain} - {start} and {last} - {again} != {again} - {other}"
            ))
        }
        That::NoGrowth { of, .. } | That::NoMoreGrowth { of, .. } => growth(*of),
        That::Alive { object, .. } => Fault {
            no_control: true,
            ..tested(format!("{object}_there() is None"))
        },
        That::Gone { object, .. } | That::NoneLost { object, .. } | That::NoRing { object, .. } => Fault {
            no_control: true,
            ..tested(format!("{object}_there() is not None"))
        },
        That::OneLine { .. } => {
            tested("not issubclass(get, release) and not issubclass(release, get)".to_owned())
        }
        That::True { call } => tested(format!("not {call}")),
        That::Gives { call, type_name } => tested(format!(
            "type({call}).__name__ != \"{}\"",
            type_name.rsplit('.').next().unwrap_or(type_name)
        )),
        _ => return None,
    })
}

fn any(views: &str) -> String {
    format!("any(later != {views}_seen[0] for later in {views}_seen)")
}

/// The fields that are noted where none is named.
pub(super) fn noted() -> Vec<Field> {
    vec![
        Field::Buf,
        Field::Len,
        Field::Itemsize,
        Field::Ndim,
        Field::Format,
        Field::Shape,
        Field::Strides,
    ]
}

fn growth(of: Amount) -> Fault {
    let measure = match of {
        Amount::References => "sys.getrefcount(x)",
        Amount::Blocks => "sys.getallocatedblocks()",
        Amount::Heap | Amount::Resident => {
            "int(open(\"/proc/self/statm\").read().split()[1]) * os.sysconf(\"SC_PAGESIZE\")"
        }
        Amount::Held => "sum(sys.getrefcount(it) for it in gc.get_referents(x) if not isinstance(it, type))",
    };
    // What grows by less is what an allocator, or the interpreter, keeps for the next time.
    let least = if matches!(of, Amount::Heap | Amount::Resident) {
        "8 * TIMES"
    } else {
        "TIMES"
    };
    Fault {
        measure: Some(measure.to_owned()),
        test: format!("all(abs(later - earlier) >= {least} for earlier, later in zip(sizes[1:], sizes[2:]))"),
        ..Fault::default()
    }
}
