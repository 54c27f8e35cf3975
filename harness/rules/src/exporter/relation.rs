//! Judges the cases of `cases/relations/`: what two answers of one exporter must share.
//!
//! Knows how answers are paired and how two fields are compared. Must never know which rule a relation
//! stands for.

use super::evidence::{Evidence, Grant};
use crate::broken::Broken;
use bufcheck_model::case::{Pairs, RelationCase, Shared};
use bufcheck_model::observation::{Field, ObjRef, Text, View};
use bufcheck_protocol::request::{Request, WellFormed};

/// Every violation of the relation, with the request on which it showed.
pub(super) fn violations(evidence: &Evidence<'_>, case: &RelationCase) -> Vec<(Request, Broken)> {
    let mut found = Vec::new();
    for pair in pairs(evidence, case) {
        pair.compare(evidence, case, &mut found);
    }
    found
}

struct Pair {
    first: (Request, u32),
    second: (Request, u32),
    link: Link,
}

/// How the two answers of a pair belong together: the words in which a difference is told.
#[derive(Clone, Copy)]
enum Link {
    Other,
    Repeated,
    Added(Request),
    Masked,
}

fn takes_part(case: &RelationCase, request: Request) -> bool {
    case.with.is_none_or(|bits| request.contains(bits))
        && case
            .without
            .is_none_or(|bits| request.flags() & bits.flags() == 0)
        && (case.malformed || request.well_formed() != WellFormed::Malformed)
}

fn pairs(evidence: &Evidence<'_>, case: &RelationCase) -> Vec<Pair> {
    let requests = evidence.sweep.requests.iter().map(|flags| Request::new(*flags));
    let selected: Vec<Request> = requests.filter(|request| takes_part(case, *request)).collect();
    let first_answer = |request: Request| evidence.rounds_of(request).next().map(|answer| (request, answer));
    match case.pairs {
        Pairs::All => {
            let reference = selected.iter().find_map(|request| {
                let answer = first_answer(*request)?;
                (case.same.contains(&Shared::Verdict) || evidence.grant(*request, answer.1).is_some())
                    .then_some(answer)
            });
            let Some(reference) = reference else {
                return Vec::new();
            };
            selected
                .iter()
                .flat_map(|request| evidence.rounds_of(*request).map(|answer| (*request, answer)))
                .filter(|second| *second != reference)
                .map(|second| Pair {
                    first: reference,
                    second,
                    link: Link::Other,
                })
                .collect()
        }
        Pairs::Repeats => selected
            .iter()
            .flat_map(|request| {
                let mut answers = evidence.rounds_of(*request);
                let first = answers.next();
                answers.filter_map(move |answer| {
                    let first = (*request, first?);
                    (first.1 != answer).then_some(Pair {
                        first,
                        second: (*request, answer),
                        link: Link::Repeated,
                    })
                })
            })
            .collect(),
        Pairs::By(bits) => selected
            .iter()
            .filter(|request| !request.contains(bits))
            .filter_map(|request| {
                let second = first_answer(request.with(bits))?;
                Some(Pair {
                    first: first_answer(*request)?,
                    second,
                    link: Link::Added(bits),
                })
            })
            .collect(),
        Pairs::Masked => selected
            .iter()
            .filter_map(|request| {
                let masked = masked(*request);
                (masked != *request).then_some(())?;
                Some(Pair {
                    first: first_answer(masked)?,
                    second: first_answer(*request)?,
                    link: Link::Masked,
                })
            })
            .collect(),
    }
}

/// The request without half macros and without unknown bits: what `(flags & MACRO) == MACRO` tests see.
fn masked(request: Request) -> Request {
    let whole = [
        Request::WRITABLE,
        Request::FORMAT,
        Request::ND,
        Request::STRIDES,
        Request::C_CONTIGUOUS,
        Request::F_CONTIGUOUS,
        Request::ANY_CONTIGUOUS,
        Request::INDIRECT,
    ];
    whole
        .into_iter()
        .filter(|bits| request.contains(*bits))
        .fold(Request::SIMPLE, Request::with)
}

impl Pair {
    fn compare(&self, evidence: &Evidence<'_>, case: &RelationCase, found: &mut Vec<(Request, Broken)>) {
        let first = evidence.grant(self.first.0, self.first.1);
        let second = evidence.grant(self.second.0, self.second.1);
        if case.granted_too && first.is_some() && second.is_none() {
            found.push((
                self.second.0,
                Broken::new(
                    format!("refused {}", self.told("granted")),
                    "granted: it is met whenever the other is",
                ),
            ));
        }
        for shared in &case.same {
            let told = match shared {
                Shared::Verdict => {
                    let verdict =
                        |grant: &Option<Grant<'_>>| if grant.is_some() { "granted" } else { "refused" };
                    (first.is_some() != second.is_some())
                        .then(|| (verdict(&second).into(), verdict(&first).into()))
                }
                Shared::Exception => {
                    let name = |(request, answer)| {
                        evidence.denial(request, answer).map(|denial| {
                            denial
                                .refusal
                                .raised
                                .as_ref()
                                .map_or("no exception", |raised| &raised.type_name)
                        })
                    };
                    match (name(self.first), name(self.second)) {
                        (Some(first), Some(second)) if first != second => Some((second.into(), first.into())),
                        _ => None,
                    }
                }
                Shared::Content => first
                    .zip(second)
                    .and_then(|(first, second)| content(&first, &second)),
                field => {
                    let both = first.zip(second).zip(field.field());
                    both.and_then(|((first, second), field)| difference(field, &first, &second))
                }
            };
            if let Some((now, before)) = told {
                let label = label(*shared);
                found.push((
                    self.second.0,
                    Broken::new(
                        format!("{label}{now} {}", self.told(&before)),
                        format!("{label}the same in both"),
                    ),
                ));
            }
        }
    }

    /// The other side of a difference, in words: `(but 24 under SIMPLE)`.
    fn told(&self, before: &str) -> String {
        match self.link {
            Link::Other => format!("(but {before} under {})", self.first.0),
            Link::Repeated => format!("when asked again (first {before})"),
            Link::Added(bits) => format!("once {bits} is added (without it {before})"),
            Link::Masked => format!("(but {before} without the bits that mean nothing)"),
        }
    }
}

fn label(shared: Shared) -> String {
    match (shared.field(), shared) {
        (Some(field), _) => format!("{} ", field.name()),
        (None, Shared::Content) => "content ".into(),
        (None, _) => String::new(),
    }
}

/// Both sides of a difference in one field: the second, then the first.
fn difference(field: Field, first: &Grant<'_>, second: &Grant<'_>) -> Option<(String, String)> {
    let (a, b) = (first.view, second.view);
    if a.untouched.contains(field) || b.untouched.contains(field) {
        return None;
    }
    let same = match field {
        // Addresses change from run to run; their distance does not.
        Field::Buf => {
            let distance = b.buf.wrapping_sub(a.buf).cast_signed();
            return (distance != 0).then(|| (format!("{distance:+} bytes away"), "its place".to_owned()));
        }
        Field::Obj => a.obj == b.obj,
        Field::Len => a.len == b.len,
        Field::Itemsize => a.itemsize == b.itemsize,
        Field::Readonly => (a.readonly != 0) == (b.readonly != 0),
        Field::Ndim => a.ndim == b.ndim,
        Field::Format => a.format == b.format,
        Field::Shape => a.shape.values() == b.shape.values(),
        Field::Strides => strides_agree(a, b),
        Field::Suboffsets => a.suboffsets.values() == b.suboffsets.values(),
        // The exporter's own: it may hold anything.
        Field::Internal => true,
    };
    (!same).then(|| (show(field, b), show(field, a)))
}

/// Strides agree if they lead to the same items: a stride along an axis of at most one item leads nowhere.
fn strides_agree(a: &View, b: &View) -> bool {
    match (a.strides.values(), b.strides.values(), a.shape.values()) {
        (Some(one), Some(other), Some(shape)) if one.len() == other.len() && one.len() == shape.len() => {
            shape.contains(&0)
                || one
                    .iter()
                    .zip(other)
                    .zip(shape)
                    .all(|((one, other), extent)| one == other || *extent <= 1)
        }
        (one, other, _) => one == other,
    }
}

fn show(field: Field, view: &View) -> String {
    let array = |values: Option<&[i64]>| values.map_or("NULL".to_owned(), |values| format!("{values:?}"));
    match field {
        Field::Buf => format!("{:#x}", view.buf),
        Field::Obj => match &view.obj {
            ObjRef::Null => "NULL".into(),
            ObjRef::Untouched => "unwritten".into(),
            ObjRef::Exporter => "the exporter".into(),
            ObjRef::Other(owner) => format!("another object (`{}`)", owner.type_name),
            ObjRef::Stray(address) => format!("a stray address ({address:#x})"),
        },
        Field::Len => view.len.to_string(),
        Field::Itemsize => view.itemsize.to_string(),
        Field::Readonly => view.readonly.to_string(),
        Field::Ndim => view.ndim.to_string(),
        Field::Format => match &view.format {
            Text::Null => "NULL".into(),
            Text::Unreadable(address) => format!("unreadable ({address:#x})"),
            Text::Ascii(text) | Text::Bytes(text) | Text::Unterminated(text) => format!("\"{text}\""),
        },
        Field::Shape => array(view.shape.values()),
        Field::Strides => array(view.strides.values()),
        Field::Suboffsets => array(view.suboffsets.values()),
        Field::Internal => "the exporter's own".into(),
    }
}

/// Where two contents differ: as much of both as was read is compared.
fn content(first: &Grant<'_>, second: &Grant<'_>) -> Option<(String, String)> {
    let (a, b) = (first.content?, second.content?);
    if !first.evidence.is_steady() || a.unreadable.is_some() || b.unreadable.is_some() {
        return None;
    }
    let place = a
        .bytes
        .iter()
        .zip(&b.bytes)
        .position(|(one, other)| one != other)?;
    let from = |bytes: &[u8]| {
        let shown: Vec<String> = bytes[place..]
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{} from byte {place} on", shown.join(" "))
    };
    Some((from(&b.bytes), from(&a.bytes)))
}
