//! From steps to a scenario: acts, and the expectations that the model beside them allows.
//!
//! Knows which rule speaks after which step. Must never know what a subject did.

use std::collections::BTreeMap;

use bufcheck_model::scenario::{Act, Asked, Expectation, Needs, ScenarioCase, That, x};

use super::arena::Arena;
use super::step::{SLOTS, Step, Way};

/// Every rule that a history can find broken, beside the one that a process must survive.
pub const RULES: [&str; 14] = [
    "export.multiple-simultaneous",
    "export.multiple-views-independent",
    "export.lock-before-mutation",
    "export.locks-resize",
    "lifetime.view-outlives-names",
    "memory.valid-until-release",
    "memory.writable-when-not-readonly",
    "obj.refcount-balanced",
    "release.copy-of-view-accepted",
    "release.from-other-thread",
    "release.never-fails",
    "release.order-independent",
    "release.preserves-pending-exception",
    "release.restores-resizability",
];

/// The name of the object that is never asked, for comparison.
pub const FRESH: &str = "fresh";

/// Writes a history down as a scenario. After the last step every view is given back. If no step ran a mutator or
/// dropped the object, all steps are done once more, since only references that are added twice are no first use; the
/// mutator of number `last` is then run, and must work as on an object that was never asked.
pub fn history(arena: &Arena, steps: &[Step], last: u8, id: &str, about: &str) -> ScenarioCase {
    let mut model = Model::new(arena);
    model.steps(steps);
    let acts = model.end(steps, last);
    let writes = acts.iter().any(|act| matches!(act, Act::Write { .. }));
    ScenarioCase {
        id: id.to_owned(),
        about: about.to_owned(),
        needs: Needs {
            type_name: Some(arena.type_name.clone()),
            shareable: arena.views > 1,
            plain_items: writes,
            ..Needs::default()
        },
        acts,
    }
}

/// A view that is held.
struct Held {
    name: String,
    /// Nothing that may change bytes was run since it was asked.
    pristine: bool,
    /// It was asked by the widest request.
    widest: bool,
}

struct Model<'a> {
    arena: &'a Arena,
    acts: Vec<Act>,
    held: BTreeMap<u8, Held>,
    /// Views and mutations so far, for their names.
    named: usize,
    /// The object still has its name.
    present: bool,
    /// No mutator was run.
    unchanged: bool,
    /// The first view by the widest request.
    widest: Option<String>,
    /// Another thread has asked or released: whatever is wrong from then on may be for that reason alone.
    abroad: bool,
}

impl<'a> Model<'a> {
    fn new(arena: &'a Arena) -> Self {
        let acts = vec![
            Act::Make {
                object: FRESH.to_owned(),
            },
            Act::Make { object: x() },
            Act::Count {
                name: "before".to_owned(),
                object: x(),
            },
        ];
        Self {
            arena,
            acts,
            held: BTreeMap::new(),
            named: 0,
            present: true,
            unchanged: true,
            widest: None,
            abroad: false,
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(*step);
        }
        let slots: Vec<u8> = self.held.keys().copied().collect();
        for slot in slots {
            self.release(slot, Way::Plain, false);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Ask {
                slot,
                request,
                elsewhere,
            } => self.ask(slot % SLOTS, request, elsewhere),
            Step::Release { slot, way, elsewhere } => self.release(slot % SLOTS, way, elsewhere),
            Step::Write { slot } => self.write(slot % SLOTS),
            Step::Mutate { mutator, elsewhere } => self.mutate(mutator, elsewhere),
            Step::Drop => {
                if self.present && !self.held.is_empty() {
                    self.present = false;
                    self.acts.push(Act::Drop { object: x() });
                    self.look("lifetime.view-outlives-names", "lifetime.view-outlives-names");
                }
            }
            Step::Collect => {
                self.acts.push(Act::Collect {});
                self.look("lifetime.view-outlives-names", "lifetime.view-outlives-names");
            }
        }
    }

    fn ask(&mut self, slot: u8, request: u8, elsewhere: bool) {
        if !self.present || self.held.contains_key(&slot) || self.held.len() >= usize::from(self.arena.views)
        {
            return;
        }
        let number = usize::from(request) % self.arena.requests.len().max(1);
        let Some(request) = self.arena.requests.get(number) else {
            return;
        };
        let name = self.name("v");
        let alone = self.held.is_empty();
        self.abroad |= elsewhere;
        self.act(
            elsewhere,
            Act::Ask {
                view: name.clone(),
                request: Asked::Exact(*request),
                object: x(),
            },
        );
        let granted = number < self.arena.granted;
        // Some objects may be asked in their own thread only, once only, or not after a mutator has closed them.
        if granted && self.unchanged && !alone && !self.abroad {
            let view = name.clone();
            self.expect(
                "export.multiple-simultaneous",
                That::GrantedOrBufferError { view },
            );
        }
        let widest = number == 0;
        if widest && let Some(before) = self.widest.clone() {
            let view = name.clone();
            self.expect("memory.valid-until-release", That::NotDangling { view, before });
        }
        self.look("export.multiple-views-independent", "memory.valid-until-release");
        if granted {
            if widest {
                self.widest.get_or_insert_with(|| name.clone());
            }
            self.held.insert(
                slot,
                Held {
                    name,
                    pristine: true,
                    widest,
                },
            );
        } else {
            // It may be granted for once; nobody counts on it.
            self.acts.push(Act::Release { view: name });
        }
    }

    fn release(&mut self, slot: u8, way: Way, elsewhere: bool) {
        let Some(Held { name: view, .. }) = self.held.remove(&slot) else {
            return;
        };
        // The last reference to an object is dropped here: its end is no release.
        let elsewhere = elsewhere && (self.present || !self.held.is_empty());
        self.abroad |= elsewhere;
        let way = if elsewhere { Way::Plain } else { way };
        let (act, rule) = match way {
            Way::Plain => (Act::Release { view: view.clone() }, "release.never-fails"),
            Way::Copy => (
                Act::ReleaseCopy { view: view.clone() },
                "release.copy-of-view-accepted",
            ),
            Way::Pending => (
                Act::PendingException {
                    release: view.clone(),
                },
                "release.preserves-pending-exception",
            ),
        };
        self.act(elsewhere, act);
        let that = match way {
            Way::Pending => That::PendingKept { view },
            Way::Plain | Way::Copy => That::ReleasedCleanly { view },
        };
        self.expect(self.unless_abroad(rule), that);
        let rule = self.unless_abroad("release.order-independent");
        self.look(rule, rule);
    }

    /// The rule that is broken, if it is not that threads are told apart.
    fn unless_abroad(&self, rule: &'static str) -> &'static str {
        if self.abroad {
            "release.from-other-thread"
        } else {
            rule
        }
    }

    /// Changes the first item and changes it back, so that every view shows what it showed.
    fn write(&mut self, slot: u8) {
        if !self.arena.writes {
            return;
        }
        // What a mutator may have taken away must not be written to: it may belong to anybody by now.
        let Some(held) = self.held.get(&slot).filter(|held| held.pristine) else {
            return;
        };
        let view = held.name.clone();
        self.acts.push(Act::Write { view: view.clone() });
        self.expect(
            "memory.writable-when-not-readonly",
            That::Wrote { view: view.clone() },
        );
        self.acts.push(Act::Write { view });
        self.look("export.multiple-views-independent", "memory.valid-until-release");
    }

    fn mutate(&mut self, mutator: u8, elsewhere: bool) {
        let mutators = &self.arena.mutators;
        let Some(code) = mutators.get(usize::from(mutator) % mutators.len().max(1)) else {
            return;
        };
        if !self.present {
            return;
        }
        let code = Some(code.clone());
        let name = self.name("m");
        let first = std::mem::replace(&mut self.unchanged, false);
        let act = Act::Mutate {
            name: name.clone(),
            code,
            object: x(),
        };
        self.act(elsewhere, act);
        // Where a new view lies elsewhere, the old memory is nobody's any more.
        let now = (self.held.len() < usize::from(self.arena.views)).then(|| self.name("n"));
        if let (Some(now), Some(request)) = (&now, self.arena.requests.first()) {
            self.acts.push(Act::Ask {
                view: now.clone(),
                request: Asked::Exact(*request),
                object: x(),
            });
        }
        let held: Vec<(String, bool, bool)> = self
            .held
            .values_mut()
            .map(|held| (held.name.clone(), std::mem::take(&mut held.pristine), held.widest))
            .collect();
        for (view, pristine, widest) in held {
            self.acts.push(Act::Read { view: view.clone() });
            let mutation = name.clone();
            self.expect(
                "export.locks-resize",
                That::LockedOrValid {
                    mutation,
                    view: view.clone(),
                    // By another request a view may lie elsewhere though nothing moved.
                    now: now.clone().filter(|_| widest),
                },
            );
            if pristine {
                let mutation = name.clone();
                self.expect(
                    "export.lock-before-mutation",
                    That::UntouchedIfRaised { mutation, view },
                );
            }
        }
        let Some(view) = now else { return };
        if let Some(before) = self.widest.clone() {
            let (after, earlier) = (view.clone(), before.clone());
            self.expect(
                "memory.valid-until-release",
                That::NotDangling {
                    view: after,
                    before: earlier,
                },
            );
            if first {
                let (mutation, after) = (name, view.clone());
                self.expect(
                    "export.lock-before-mutation",
                    That::AlikeIfRaised {
                        mutation,
                        before,
                        after,
                    },
                );
            }
        }
        self.acts.push(Act::Release { view: view.clone() });
        self.expect(
            self.unless_abroad("release.never-fails"),
            That::ReleasedCleanly { view },
        );
    }

    /// Reads every held view again; `fields` is the rule about what the struct says, `memory` that about what it
    /// leads to.
    fn look(&mut self, fields: &str, memory: &str) {
        let held: Vec<(String, bool)> = self
            .held
            .values()
            .map(|held| (held.name.clone(), held.pristine))
            .collect();
        for (view, pristine) in held {
            // Memory that a mutator took away may show it only now.
            let late = "export.locks-resize";
            let (fields, memory) = if pristine { (fields, memory) } else { (late, late) };
            self.acts.push(Act::Read { view: view.clone() });
            let (first, second, third) = (view.clone(), view.clone(), view.clone());
            self.expect(
                fields,
                That::Unchanged {
                    view: first,
                    fields: Vec::new(),
                },
            );
            self.expect(memory, That::Readable { view: second });
            self.expect(memory, That::NotFreed { view: third });
            if pristine {
                self.expect(memory, That::SameContent { view });
            }
        }
    }

    /// Compares the object, of which no view is held, with one that was never asked.
    fn end(mut self, steps: &[Step], last: u8) -> Vec<Act> {
        if self.present {
            if self.unchanged {
                self.count("between");
                self.steps(steps);
                self.count("after");
                self.expect(
                    self.unless_abroad("obj.refcount-balanced"),
                    That::Balanced {
                        counts: ["before", "between", "after"].map(str::to_owned),
                    },
                );
            }
            self.works_again(last);
            self.acts.push(Act::Drop { object: x() });
        }
        self.acts.push(Act::Drop {
            object: FRESH.to_owned(),
        });
        self.acts.push(Act::Collect {});
        self.acts.push(Act::Alive { object: x() });
        self.acts.push(Act::Alive {
            object: FRESH.to_owned(),
        });
        if self.unchanged {
            self.expect(
                self.unless_abroad("obj.refcount-balanced"),
                That::Gone {
                    object: x(),
                    like: FRESH.to_owned(),
                },
            );
        }
        self.acts
    }

    fn count(&mut self, name: &str) {
        self.acts.push(Act::Count {
            name: name.to_owned(),
            object: x(),
        });
    }

    /// Runs a mutator where no view is held, if none was run before.
    fn works_again(&mut self, last: u8) {
        let mutators = &self.arena.mutators;
        let code = mutators.get(usize::from(last) % mutators.len().max(1)).cloned();
        if !self.unchanged || code.is_none() {
            return;
        }
        for (name, object) in [("free", FRESH.to_owned()), ("last", x())] {
            self.acts.push(Act::Mutate {
                name: name.to_owned(),
                code: code.clone(),
                object,
            });
        }
        self.expect(
            self.unless_abroad("release.restores-resizability"),
            That::WorksLike {
                mutation: "last".to_owned(),
                free: "free".to_owned(),
            },
        );
    }

    fn name(&mut self, kind: &str) -> String {
        self.named += 1;
        format!("{kind}{}", self.named)
    }

    fn act(&mut self, elsewhere: bool, act: Act) {
        self.acts.push(if elsewhere {
            Act::Thread { acts: vec![act] }
        } else {
            act
        });
    }

    fn expect(&mut self, rule: &str, that: That) {
        self.acts.push(Act::Expect(Expectation {
            rule: rule.to_owned(),
            that,
        }));
    }
}
