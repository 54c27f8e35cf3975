//! An act in words that a reader of a report needs no manual for.
//!
//! Knows every act. Must never know what came of one.

use bufcheck_protocol::said;

use super::act::{Act, Asked, ReleaseOrder};

/// The most requests that are named in one act.
const NAMED: usize = 3;

impl Act {
    /// What is done, in the imperative; `mutator` is the statement that the scenario was bound to. Expectations do nothing.
    pub fn told(&self, mutator: Option<&str>) -> Option<String> {
        let bound = mutator.unwrap_or("a statement that touches the memory");
        Some(match self {
            Self::Make { object } => format!("make `{object}`"),
            Self::MakeSibling { object } => format!("make `{object}`, of the same type with other items"),
            Self::Derive { object, code } => format!("make `{object}` by `{code}`"),
            Self::Ask {
                view,
                request,
                object,
            } => {
                format!("ask `{object}` for the view `{view}` with {}", asked(request))
            }
            Self::Read { view } => format!("read `{view}`"),
            Self::Write { view } => format!("write to the first item of `{view}`"),
            Self::Compare { left, right } => format!("compare what `{left}` and `{right}` show"),
            Self::Block { view } => format!("look up the block of memory that `{view}` lies in"),
            Self::Release { view } => format!("release `{view}`"),
            Self::ReleaseCopy { view } => format!("release `{view}` through a copy of its struct"),
            Self::ReleaseTwice { view } => format!("release `{view}` twice"),
            Self::PendingException { release } => format!("release `{release}` while an exception is set"),
            Self::Mutate { code, object, .. } => {
                let code = code.as_deref().unwrap_or(bound);
                if object == "x" {
                    format!("run `{code}`")
                } else {
                    format!("run `{code}` on `{object}`")
                }
            }
            Self::Outgrow { .. } => format!("run `{bound}` again and again, until the memory moves"),
            Self::Call { code, .. } => format!("evaluate `{code}`"),
            Self::Count { object, .. } => format!("count the references to `{object}`"),
            Self::Drop { object } => format!("drop the last name of `{object}`"),
            Self::Alive { object } => format!("see whether `{object}` is still there"),
            Self::Holders { object } => format!("see who still refers to `{object}`"),
            Self::Slots { object } => format!("see which bases the buffer slots of `{object}` come from"),
            Self::Collect {} => "run the garbage collector".to_owned(),
            Self::Hold {
                views,
                count,
                requests,
                object,
            } => {
                format!(
                    "ask `{object}` for {count} views `{views}` with {}",
                    several(requests)
                )
            }
            Self::Beside { view, requests } => {
                format!("while `{view}` is held, ask twice with {}", several(requests))
            }
            Self::ReadAll { views } => format!("read all of `{views}`"),
            Self::ReleaseAll { views, order } => format!("release all of `{views}`, {}", first(*order)),
            Self::Repeat { times, acts, .. } => {
                format!("{times} times, twice: {}", all(acts, mutator))
            }
            Self::Thread { acts } => format!("in another thread: {}", all(acts, mutator)),
            Self::Threads {
                count,
                times,
                requests,
                mutate,
                ..
            } => {
                let meanwhile = if *mutate {
                    format!(", while one more runs `{bound}`")
                } else {
                    String::new()
                };
                format!(
                    "in {count} threads at once, {times} times each: ask with {}, read and release{meanwhile}",
                    several(requests)
                )
            }
            Self::Expect(_) => return None,
        })
    }
}

fn all(acts: &[Act], mutator: Option<&str>) -> String {
    let told: Vec<String> = acts.iter().filter_map(|act| act.told(mutator)).collect();
    told.join("; ")
}

fn asked(request: &Asked) -> String {
    match request {
        Asked::Exact(request) => said::request(*request),
        Asked::Widest => "the widest request that is granted".to_owned(),
        Asked::Writable => "the widest request with WRITABLE that is granted".to_owned(),
        Asked::Refused => "a request that is refused".to_owned(),
        Asked::EachGranted => "each request that is granted, in turn".to_owned(),
    }
}

fn several(requests: &[Asked]) -> String {
    let mut told: Vec<String> = requests.iter().take(NAMED).map(asked).collect();
    if requests.len() > NAMED {
        told.push(format!("{} more", requests.len() - NAMED));
    }
    told.join(", ")
}

const fn first(order: ReleaseOrder) -> &'static str {
    match order {
        ReleaseOrder::First => "the oldest first",
        ReleaseOrder::Last => "the latest first",
        ReleaseOrder::InsideOut => "from the middle outwards",
        ReleaseOrder::Random(_) => "in a shuffled order",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str, mutator: Option<&str>) -> String {
        let act: Act = serde_json::from_str(json).expect("an act");
        act.told(mutator).expect("something is done")
    }

    #[test]
    fn acts_read_as_sentences() {
        assert_eq!(told(r#"{"make": {}}"#, None), "make `x`");
        assert_eq!(
            told(r#"{"ask": {"view": "a", "request": "0x01c"}}"#, None),
            "ask `x` for the view `a` with STRIDES|FORMAT (0x01c)"
        );
        let mutate = r#"{"mutate": {"name": "m"}}"#;
        assert_eq!(told(mutate, Some("x.append(1)")), "run `x.append(1)`");
        let other = r#"{"mutate": {"name": "m", "code": "x.clear()", "object": "y"}}"#;
        assert_eq!(told(other, None), "run `x.clear()` on `y`");
        let thread = r#"{"thread": {"acts": [{"release": {"view": "a"}}, {"collect": {}}]}}"#;
        assert_eq!(
            told(thread, None),
            "in another thread: release `a`; run the garbage collector"
        );
        let hold =
            r#"{"hold": {"views": "v", "count": 5, "requests": ["widest", "writable", "refused", "0x000"]}}"#;
        assert!(
            told(hold, None).ends_with("with WRITABLE that is granted, a request that is refused, 1 more")
        );
    }
}
