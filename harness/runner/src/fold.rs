//! One cause is one finding: what follows from another violation stands under it.
//!
//! Knows how violations are grouped: by what vanishes once a cause is mended, by what rule data names as a cause on
//! the same requests, and by their rule. Must never know what a rule says, nor how anything is judged.

use bufcheck_rules::{Hit, causes};

/// A violation, and those that follow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folded {
    /// The cause.
    pub(crate) cause: Hit,
    /// What would not be there without it, in the order of the rules.
    pub(crate) follows: Vec<Hit>,
}

/// What is asked of those who judge.
pub(crate) trait Judge {
    /// What is still found once these violations of one rule are mended; `None` where that is not known.
    fn without(&self, rule: &str, hits: &[&Hit]) -> Option<Vec<Hit>>;
    /// The rules that may explain a violation of this one on the same requests.
    fn caused_by(&self, rule: &str) -> &[String];
}

/// Folds every violation into its cause; causes come in the order of the violations.
pub(crate) fn fold(hits: Vec<Hit>, judge: &impl Judge) -> Vec<Folded> {
    let mut above: Vec<Option<usize>> = vec![None; hits.len()];
    by_mending(&hits, &mut above, judge);
    by_request(&hits, &mut above, judge);
    by_rule(&hits, &mut above);
    gather(hits, &above)
}

/// Under a cause stands what vanishes once it is mended.
fn by_mending(hits: &[Hit], above: &mut [Option<usize>], judge: &impl Judge) {
    for rule in causes::causes() {
        let own: Vec<usize> = (0..hits.len())
            .filter(|at| hits[*at].rule == rule && above[*at].is_none() && !hits[*at].by_chance)
            .collect();
        let Some(first) = own.first().copied() else {
            continue;
        };
        let others: Vec<usize> = (0..hits.len())
            .filter(|at| {
                hits[*at].rule != rule && above[*at].is_none() && !causes::spares(rule, &hits[*at].rule)
            })
            .collect();
        if others.is_empty() {
            continue;
        }
        let broken: Vec<&Hit> = own.iter().map(|at| &hits[*at]).collect();
        let Some(left) = judge.without(rule, &broken) else {
            continue;
        };
        for at in others {
            if !left.iter().any(|other| remains(&hits[at], other)) {
                above[at] = Some(first);
            }
        }
    }
}

/// Whether a violation is still there in `other`.
fn remains(hit: &Hit, other: &Hit) -> bool {
    hit.rule == other.rule
        && (hit.requests.is_empty()
            || other.requests.is_empty()
            || hit
                .requests
                .iter()
                .any(|request| other.requests.contains(request)))
}

/// Under a cause stands what rule data says of it, where every request shows the cause as well.
fn by_request(hits: &[Hit], above: &mut [Option<usize>], judge: &impl Judge) {
    for (at, effect) in hits.iter().enumerate() {
        if above[at].is_none() {
            let named = judge.caused_by(&effect.rule);
            above[at] = hits.iter().position(|cause| {
                // What may not show the next time cannot carry what will.
                let lasts = !cause.by_chance || effect.by_chance;
                cause.rule != effect.rule && named.contains(&cause.rule) && covers(cause, effect) && lasts
            });
        }
    }
}

fn covers(cause: &Hit, effect: &Hit) -> bool {
    cause.requests.is_empty() == effect.requests.is_empty()
        && effect
            .requests
            .iter()
            .all(|request| cause.requests.contains(request))
}

/// Under the first violation of a rule stand the others, which read differently: they are mended together.
fn by_rule(hits: &[Hit], above: &mut [Option<usize>]) {
    for at in 0..hits.len() {
        if above[at].is_none() {
            let first = (0..at).find(|other| hits[*other].rule == hits[at].rule && above[*other].is_none());
            above[at] = first;
        }
    }
}

/// Chains are followed to their head.
fn gather(hits: Vec<Hit>, above: &[Option<usize>]) -> Vec<Folded> {
    let head = |start: usize| {
        let mut at = start;
        for _ in 0..above.len() {
            match above[at] {
                Some(next) => at = next,
                None => return at,
            }
        }
        // A circle of causes explains nothing: each stands for itself.
        start
    };
    let mut folded: Vec<Option<Folded>> = hits
        .iter()
        .enumerate()
        .map(|(at, hit)| {
            (head(at) == at).then(|| Folded {
                cause: hit.clone(),
                follows: Vec::new(),
            })
        })
        .collect();
    for (at, hit) in hits.into_iter().enumerate() {
        let head = head(at);
        if head != at
            && let Some(folded) = &mut folded[head]
        {
            folded.follows.push(hit);
        }
    }
    folded.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use bufcheck_protocol::request::Request;
    use bufcheck_rules::Broken;

    use super::*;

    struct Says {
        /// Rule data: effect and cause.
        caused_by: Vec<(&'static str, Vec<String>)>,
        /// What is left once the cause is mended.
        left: Option<(&'static str, Vec<Hit>)>,
    }

    impl Judge for Says {
        fn without(&self, rule: &str, _: &[&Hit]) -> Option<Vec<Hit>> {
            let (cause, left) = self.left.as_ref()?;
            (*cause == rule).then(|| left.clone())
        }

        fn caused_by(&self, rule: &str) -> &[String] {
            let known = self.caused_by.iter().find(|(effect, _)| *effect == rule);
            known.map_or(&[], |(_, causes)| causes)
        }
    }

    fn nothing() -> Says {
        Says {
            caused_by: Vec::new(),
            left: None,
        }
    }

    fn hit(rule: &str, found: &str, requests: &[i32]) -> Hit {
        Hit {
            by_chance: false,
            rule: rule.into(),
            requests: requests.iter().copied().map(Request::new).collect(),
            broken: Broken::new(found, "wanted"),
            case: None,
        }
    }

    fn heads(folded: &[Folded]) -> Vec<(&str, usize)> {
        folded
            .iter()
            .map(|folded| (folded.cause.rule.as_str(), folded.follows.len()))
            .collect()
    }

    #[test]
    fn what_vanishes_with_a_cause_stands_under_it_wherever_it_was_found() {
        let hits = vec![
            hit("a.before", "x", &[0x8]),
            hit("refusal.returns-minus-one", "returned 1", &[0x0]),
            hit("b.in-a-scenario", "y", &[]),
            hit("c.remains", "z", &[0x8, 0x18]),
            hit("d.goes", "z", &[0x18]),
        ];
        let left = vec![hit("c.remains", "z", &[0x18]), hit("d.goes", "z", &[0x0])];
        let says = Says {
            left: Some(("refusal.returns-minus-one", left)),
            ..nothing()
        };
        let folded = fold(hits, &says);
        assert_eq!(
            heads(&folded),
            [("refusal.returns-minus-one", 3), ("c.remains", 0)]
        );
        assert_eq!(folded[0].follows[0].rule, "a.before");
    }

    #[test]
    fn a_cause_on_the_same_requests_is_named_by_the_data() {
        let says = Says {
            caused_by: vec![("b.b", vec!["a.a".into()]), ("c.c", vec!["b.b".into()])],
            ..nothing()
        };
        let hits = vec![
            hit("c.c", "x", &[0x8]),
            hit("b.b", "x", &[0x8]),
            hit("a.a", "x", &[0x8, 0x18]),
            hit("b.b", "elsewhere", &[0x0]),
        ];
        assert_eq!(heads(&fold(hits, &says)), [("a.a", 2), ("b.b", 0)]);
    }

    #[test]
    fn what_shows_by_chance_carries_nothing_that_shows_each_time() {
        let chance = |mut hit: Hit| {
            hit.by_chance = true;
            hit
        };
        let says = Says {
            caused_by: vec![("b.b", vec!["a.a".into()]), ("c.c", vec!["a.a".into()])],
            left: Some(("refusal.returns-minus-one", Vec::new())),
        };
        let hits = vec![
            chance(hit("a.a", "x", &[])),
            hit("b.b", "x", &[]),
            chance(hit("c.c", "x", &[])),
            chance(hit("refusal.returns-minus-one", "x", &[])),
        ];
        let folded = fold(hits, &says);
        assert_eq!(
            heads(&folded),
            [("a.a", 1), ("b.b", 0), ("refusal.returns-minus-one", 0)]
        );
        assert_eq!(folded[0].follows[0].rule, "c.c");
    }

    #[test]
    fn the_violations_of_one_rule_are_one() {
        let hits = vec![
            hit("a.a", "x", &[0x8]),
            hit("b.b", "x", &[0x8]),
            hit("a.a", "y", &[0x18]),
        ];
        assert_eq!(heads(&fold(hits, &nothing())), [("a.a", 1), ("b.b", 0)]);
    }

    #[test]
    fn a_circle_of_causes_explains_nothing() {
        let says = Says {
            caused_by: vec![("a.a", vec!["b.b".into()]), ("b.b", vec!["a.a".into()])],
            ..nothing()
        };
        let hits = vec![hit("a.a", "x", &[0x8]), hit("b.b", "x", &[0x8])];
        assert_eq!(heads(&fold(hits, &says)), [("a.a", 0), ("b.b", 0)]);
    }
}
