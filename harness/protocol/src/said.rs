//! A set of requests as the sentence that it is: "all without FORMAT (128 requests)".
//!
//! Knows which words share a property. Must never say more than is true: every word of the sentence is in the set, but
//! for the exceptions that it names.

use crate::request::{Request, WellFormed};

/// Sets up to this size are named one by one.
const FEW: usize = 4;

/// How many exceptions a sentence may name.
const EXCEPTIONS: usize = 2;

/// Something that a word has or lacks: its name, and the macros of which one is enough.
type Property = (&'static str, &'static [Request]);

const PROPERTIES: [Property; 9] = [
    ("ND", &[Request::ND]),
    ("STRIDES", &[Request::STRIDES]),
    ("INDIRECT", &[Request::INDIRECT]),
    ("C_CONTIGUOUS", &[Request::C_CONTIGUOUS]),
    ("F_CONTIGUOUS", &[Request::F_CONTIGUOUS]),
    ("ANY_CONTIGUOUS", &[Request::ANY_CONTIGUOUS]),
    (
        "a contiguity flag",
        &[
            Request::C_CONTIGUOUS,
            Request::F_CONTIGUOUS,
            Request::ANY_CONTIGUOUS,
        ],
    ),
    ("FORMAT", &[Request::FORMAT]),
    ("WRITABLE", &[Request::WRITABLE]),
];

/// A property that is there, or is not.
type Term = (Property, bool);

/// The requests in words: by name where they are few, by what they share where that says it, else the first and a count.
pub fn requests(found: &[Request], asked: &[Request]) -> String {
    sentence(found, asked).unwrap_or_else(|| named(found))
}

/// What the requests share, if they are more than a few and that tells them from all others.
pub fn sentence(found: &[Request], asked: &[Request]) -> Option<String> {
    if found.len() <= FEW {
        return None;
    }
    // Of words with bits that mean nothing nobody expects anything: they are counted, but no exceptions.
    let known = |request: &&Request| request.flags() & !Request::KNOWN_BITS == 0;
    let mut words: Vec<(Request, bool)> = asked.iter().filter(known).map(|asked| (*asked, false)).collect();
    for request in found.iter().filter(known) {
        words.iter_mut().find(|(asked, _)| asked == request)?.1 = true;
    }
    let said = shared(&words)?;
    Some(format!("{said} ({} requests)", found.len()))
}

/// `STRIDES|FORMAT (0x01c)`.
pub fn request(request: Request) -> String {
    format!("{request} ({})", request.hex())
}

/// The first requests by name and number, and how many more there are.
pub fn named(requests: &[Request]) -> String {
    let names =
        |requests: &[Request]| -> Vec<String> { requests.iter().map(|&asked| request(asked)).collect() };
    match requests.split_at_checked(FEW) {
        Some((first, more)) if !more.is_empty() => {
            format!("{} and {} more", names(first).join(", "), more.len())
        }
        _ => match requests.split_last() {
            None => String::new(),
            Some((last, [])) => request(*last),
            Some((last, others)) => format!("{} and {}", names(others).join(", "), request(*last)),
        },
    }
}

/// What those words share that are marked, in the fewest terms and with the fewest exceptions.
fn shared(words: &[(Request, bool)]) -> Option<String> {
    let mut best: Option<((usize, usize, usize), String)> = None;
    for (at, scope) in ["all", "all well-formed ones"].into_iter().enumerate() {
        for terms in conjunctions() {
            let meant = |request: Request| {
                (at == 0 || request.well_formed() == WellFormed::Yes) && holds(&terms, request)
            };
            let Some(left) = exceptions(words, meant) else {
                continue;
            };
            let cost = (left.len(), terms.len(), at);
            if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                best = Some((cost, told(scope, &terms, &left)));
            }
        }
    }
    best.map(|(_, said)| said)
}

/// The words that are meant and not marked; `None` where they are too many, or one that is marked is not meant.
fn exceptions(words: &[(Request, bool)], meant: impl Fn(Request) -> bool) -> Option<Vec<Request>> {
    let mut left = Vec::new();
    for (request, marked) in words {
        match (meant(*request), marked) {
            (false, true) => return None,
            (true, false) => left.push(*request),
            (true, true) | (false, false) => {}
        }
        if left.len() > EXCEPTIONS {
            return None;
        }
    }
    Some(left)
}

/// Nothing, one term, or two of different properties.
fn conjunctions() -> impl Iterator<Item = Vec<Term>> {
    let terms = || {
        PROPERTIES
            .into_iter()
            .flat_map(|property| [(property, true), (property, false)])
    };
    let pairs = terms().enumerate().flat_map(move |(at, one)| {
        // The two terms of a property stand side by side.
        terms().skip((at / 2 + 1) * 2).map(move |other| vec![one, other])
    });
    std::iter::once(Vec::new())
        .chain(terms().map(|term| vec![term]))
        .chain(pairs)
}

fn holds(terms: &[Term], request: Request) -> bool {
    let has = |macros: &[Request]| macros.iter().any(|asked| request.contains(*asked));
    terms.iter().all(|((_, macros), wanted)| has(macros) == *wanted)
}

fn told(scope: &str, terms: &[Term], left: &[Request]) -> String {
    let mut said = scope.to_owned();
    let (with, without): (Vec<Term>, Vec<Term>) = terms.iter().partition(|(_, wanted)| *wanted);
    for (at, ((name, _), wanted)) in with.iter().chain(&without).enumerate() {
        let word = if *wanted { "with" } else { "without" };
        let joined = if at == 0 { " " } else { " and " };
        said.push_str(&format!("{joined}{word} {name}"));
    }
    if !left.is_empty() {
        let names: Vec<String> = left.iter().map(|request| request.hex()).collect();
        said.push_str(&format!(", but not {}", names.join(" and ")));
    }
    said
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn all() -> Vec<Request> {
        Request::all().collect()
    }

    fn those(wanted: impl Fn(&Request) -> bool) -> Vec<Request> {
        all().into_iter().filter(wanted).collect()
    }

    #[rstest]
    #[case::every(those(|_| true), "all (256 requests)")]
    #[case::without(those(|asked| !asked.contains(Request::FORMAT)), "all without FORMAT (128 requests)")]
    #[case::two(
        those(|asked| asked.contains(Request::ND) && !asked.contains(Request::WRITABLE)),
        "all with ND and without WRITABLE (64 requests)"
    )]
    #[case::exceptions(
        those(|asked| !asked.contains(Request::STRIDES) && asked.flags() != 0x100),
        "all without STRIDES, but not 0x100 (191 requests)"
    )]
    #[case::well_formed(
        those(|asked| asked.well_formed() == WellFormed::Yes && asked.wants_writable()),
        "all well-formed ones with WRITABLE (13 requests)"
    )]
    fn what_they_share(#[case] found: Vec<Request>, #[case] wanted: &str) {
        assert_eq!(requests(&found, &all()), wanted);
    }

    #[test]
    fn what_shares_nothing_is_named_and_counted() {
        let odd: Vec<Request> = all().into_iter().step_by(7).collect();
        assert!(
            requests(&odd, &all()).ends_with(" and 33 more"),
            "{}",
            requests(&odd, &all())
        );
        assert_eq!(requests(&[Request::ND], &all()), "ND (0x008)");
    }

    #[test]
    fn a_long_list_of_requests_is_counted() {
        let all: Vec<Request> = Request::all().take(31).collect();
        let text = named(&all);
        assert!(text.starts_with("SIMPLE (0x000), WRITABLE (0x001)"), "{text}");
        assert!(text.ends_with(" and 27 more"), "{text}");
        assert_eq!(named(&all[..1]), "SIMPLE (0x000)");
        assert_eq!(named(&all[..2]), "SIMPLE (0x000) and WRITABLE (0x001)");
        assert_eq!(named(&all[..4]).matches(" and ").count(), 1);
        assert_eq!(named(&[]), "");
    }

    /// Whatever the set: the sentence, read again, is the set.
    #[test]
    fn a_sentence_never_says_too_much() {
        for terms in conjunctions() {
            let found = those(|request| holds(&terms, *request));
            if found.len() > FEW {
                let said = requests(&found, &all());
                assert!(said.starts_with("all"), "{said}");
                assert!(!said.contains("but"), "{said}");
                assert!(said.ends_with(&format!("({} requests)", found.len())), "{said}");
            }
        }
    }
}
