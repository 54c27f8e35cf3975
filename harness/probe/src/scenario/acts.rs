//! Every act, carried out.
//!
//! Knows what an act does and which entry is noted of it. Must never know what is expected.

use bufcheck_model::observation::{Answer, Phase};
use bufcheck_model::scenario::{Act, Asked, Reading, Seen};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::{note, release};
use super::impossible::impossible;
use super::measure::measure;
use super::player::Player;
use super::threads::Tumult;
use super::{beside, group, outgrow, python, threads};
use crate::look::object::{collect, origins};
use crate::look::{Held, Way};

/// Cycles before the first measure, so that caches are full.
const WARM_UP: u32 = 8;

/// Cycles in each half of a repetition at most.
const MAX_TIMES: u32 = 2000;

/// Lets another thread use the player while this one waits for it.
struct Lent<'p, 'a>(&'p mut Player<'a>, &'p mut Vec<Seen>);

// SAFETY: it is only made in `elsewhere`, whose thread is joined before anything of it is used again, so it is never
// used by two at once; what it holds (Python objects, structs, the mark) belongs to no thread, and whoever uses Python
// objects of it is attached.
unsafe impl Send for Lent<'_, '_> {}

impl Player<'_> {
    /// Carries out acts and notes them; false if one made it impossible to go on.
    pub(super) fn acts(&mut self, py: Python<'_>, acts: &[Act], seen: &mut Vec<Seen>) -> bool {
        acts.iter().all(|act| match act {
            Act::Expect(_) => true,
            Act::Thread { acts } => self.elsewhere(py, acts, seen),
            _ => {
                let entry = self.act(py, act).unwrap_or_else(|impossible| impossible);
                let go_on = !matches!(entry, Seen::Impossible(_) | Seen::Fault(_));
                seen.push(entry);
                go_on
            }
        })
    }

    /// Carries out acts in another thread and waits for it.
    fn elsewhere(&mut self, py: Python<'_>, acts: &[Act], seen: &mut Vec<Seen>) -> bool {
        let lent = Lent(self, seen);
        let done = py.detach(move || {
            std::thread::scope(|scope| {
                let thread = scope.spawn(move || {
                    // The whole of it goes to the thread, not its fields one by one.
                    let lent = lent;
                    let Lent(player, seen) = lent;
                    Python::attach(|py| player.acts(py, acts, seen))
                });
                thread.join().ok()
            })
        });
        done.unwrap_or_else(|| {
            let told = "a thread of the harness did not come to its end";
            seen.push(Seen::Fault(told.to_owned()));
            false
        })
    }

    fn act(&mut self, py: Python<'_>, act: &Act) -> Result<Seen, Seen> {
        match act {
            Act::Make { object } => self.make(py, object),
            Act::MakeSibling { object } => self.make_sibling(py, object),
            Act::Derive { object, code } => self.derive(py, object, code),
            Act::Ask {
                view,
                request,
                object,
            } => self.ask(py, view, request, object),
            Act::Read { view } => self.reading(view).map(Seen::Read),
            Act::Write { view } => self.write(view),
            Act::Compare { left, right } => self.compare(left, right),
            Act::Block { view } => self.block(view),
            Act::Release { view } => self.release(py, view, Way::Plain),
            Act::ReleaseCopy { view } => self.release(py, view, Way::Copy),
            Act::ReleaseTwice { view } => self.release(py, view, Way::Twice),
            Act::PendingException { release } => self.release(py, release, Way::Pending),
            Act::Mutate { code, object, .. } => self.mutate(py, code.as_deref(), object),
            Act::Outgrow { request, .. } => self.outgrow(py, request),
            Act::Call { code, .. } => Ok(self.call(py, code)),
            Act::Count { object, .. } => self.count(py, object),
            Act::Drop { object } => self.drop_name(py, object),
            Act::Alive { object } => Ok(self.alive(py, object)),
            Act::Holders { object } => Ok(self.holders(py, object)),
            Act::Slots { object } => self.slots(py, object),
            Act::Collect {} => Ok(self.collect(py)),
            Act::Hold {
                views,
                count,
                requests,
                object,
            } => self.hold(py, views, *count, requests, object),
            Act::Beside { view, requests } => self.beside(py, view, requests),
            Act::ReadAll { views } => group::read_all(self, views),
            Act::ReleaseAll { views, order } => group::release_all(self, py, views, *order),
            Act::Repeat { times, acts, .. } => self.repeat(py, *times, acts),
            Act::Threads {
                count,
                times,
                requests,
                mutate,
                ..
            } => self.threads(py, usize::from(*count), *times, requests, *mutate),
            // They are carried out where their entries are noted.
            Act::Thread { .. } | Act::Expect(_) => Ok(Seen::Done),
        }
    }

    fn write(&mut self, view: &str) -> Result<Seen, Seen> {
        self.mark.phase(Phase::Read);
        self.own()?;
        let held = self.view(view)?;
        if held.view().is_none_or(|view| view.readonly != 0) {
            return Ok(Seen::Done);
        }
        let (bytes, written) = held.invert_first();
        Ok(Seen::Wrote { bytes, written })
    }

    fn block(&self, view: &str) -> Result<Seen, Seen> {
        Ok(Seen::Block(self.view(view)?.block()))
    }

    fn compare(&mut self, left: &str, right: &str) -> Result<Seen, Seen> {
        let contents = (self.reading(left)?.content, self.reading(right)?.content);
        Ok(match contents {
            (Some(left), Some(right)) => Seen::Compared { left, right },
            _ => Seen::Done,
        })
    }

    fn mutate(&mut self, py: Python<'_>, code: Option<&str>, object: &str) -> Result<Seen, Seen> {
        self.own()?;
        self.mark.phase(Phase::Mutate);
        let bound = code.or(self.bindings.mutator.as_deref());
        let code = bound.ok_or_else(|| impossible("no mutator was bound"))?;
        let x = self.object(object)?.clone_ref(py);
        Ok(Seen::Ran {
            raised: python::run(py, code, x.bind(py)),
        })
    }

    fn outgrow(&mut self, py: Python<'_>, asked: &Asked) -> Result<Seen, Seen> {
        self.own()?;
        let code = self.bindings.mutator.as_deref();
        let code = code.ok_or_else(|| impossible("no mutator was bound"))?;
        let request = self.request(asked)?;
        let x = self.object("x")?.bind(py);
        Ok(outgrow::run(x, code, request, self.mark, &self.unraisable))
    }

    fn call(&mut self, py: Python<'_>, code: &str) -> Seen {
        self.mark.phase(Phase::Mutate);
        python::call(py, code, &self.objects)
    }

    fn count(&mut self, py: Python<'_>, name: &str) -> Result<Seen, Seen> {
        let object = self.object(name)?.clone_ref(py);
        // SAFETY: it is a reference to a live object, and the token says that this thread is attached.
        let references = || unsafe { self.counts.of(object.as_ptr()) };
        let found = references();
        let Some(at_once) = found else {
            return Ok(Seen::Counted(None));
        };
        let before = self.counted.get(name).copied();
        let (kept, seen) = if before.is_none_or(|before| before == at_once) {
            (at_once, Seen::Counted(Some(at_once)))
        } else {
            collect(py);
            let kept = references().unwrap_or(at_once);
            (kept, Seen::Recounted { at_once, kept })
        };
        self.counted.insert(name.to_owned(), kept);
        Ok(seen)
    }

    fn drop_name(&mut self, py: Python<'_>, name: &str) -> Result<Seen, Seen> {
        self.mark.phase(Phase::Drop);
        let found = self
            .objects
            .remove(name)
            .ok_or_else(|| impossible("no such object"))?;
        let weak = python::weak(found.bind(py));
        self.dropped.insert(name.to_owned(), weak);
        drop(found);
        Ok(Seen::Done)
    }

    fn alive(&self, py: Python<'_>, name: &str) -> Seen {
        let weak = self.dropped.get(name).and_then(Option::as_ref);
        Seen::Alive(weak.and_then(|weak| python::is_alive(py, weak)))
    }

    fn holders(&self, py: Python<'_>, name: &str) -> Seen {
        let weak = self.dropped.get(name).and_then(Option::as_ref);
        let object = weak.and_then(|weak| weak.call0(py).ok());
        let object = object.filter(|object| !object.is_none(py));
        Seen::Holders(object.and_then(|object| python::holders(object.bind(py)).ok()))
    }

    fn slots(&self, py: Python<'_>, name: &str) -> Result<Seen, Seen> {
        let kind = self.object(name)?.bind(py).get_type();
        Ok(Seen::Slots(origins(&kind)))
    }

    fn collect(&self, py: Python<'_>) -> Seen {
        self.mark.phase(Phase::Drop);
        collect(py);
        Seen::Done
    }

    fn hold(
        &mut self,
        py: Python<'_>,
        views: &str,
        count: u8,
        requests: &[Asked],
        object: &str,
    ) -> Result<Seen, Seen> {
        let requests = self.bindings.requests(requests);
        let object = self.object(object)?.clone_ref(py);
        Ok(group::hold(self, object.bind(py), views, count, &requests))
    }

    fn beside(&mut self, py: Python<'_>, view: &str, requests: &[Asked]) -> Result<Seen, Seen> {
        let requests = self.bindings.requests(requests);
        let Some(held) = self.view(view)?.view().cloned() else {
            return Ok(Seen::Done);
        };
        let object = self.object("x")?.clone_ref(py);
        Ok(beside::ask(self, object.bind(py), &held, &requests))
    }

    fn threads(
        &mut self,
        py: Python<'_>,
        threads: usize,
        times: u32,
        requests: &[Asked],
        mutate: bool,
    ) -> Result<Seen, Seen> {
        let requests = self.bindings.requests(requests);
        let object = self.object("x")?.clone_ref(py);
        if mutate {
            self.own()?;
        }
        let mutator = self.bindings.mutator.clone().filter(|_| mutate);
        let tumult = Tumult {
            object: &object,
            threads,
            times,
            requests: &requests,
            mutator: mutator.as_deref(),
        };
        Ok(threads::tumult(self, py, &tumult))
    }

    fn make(&mut self, py: Python<'_>, name: &str) -> Result<Seen, Seen> {
        self.mark.phase(Phase::Make);
        let made = (self.make)(py)
            .map_err(|raised| impossible(&format!("{}: {}", raised.type_name, raised.message)))?;
        self.shared |= made.as_ptr() as usize == self.template;
        self.objects.insert(name.to_owned(), made);
        Ok(Seen::Done)
    }

    fn make_sibling(&mut self, py: Python<'_>, name: &str) -> Result<Seen, Seen> {
        self.mark.phase(Phase::Make);
        let made = (self.make_sibling)(py).ok_or_else(|| impossible("no sibling is declared"))?;
        let made = made.map_err(|raised| impossible(&format!("{}: {}", raised.type_name, raised.message)))?;
        let kind = made.bind(py).get_type();
        let same = self
            .objects
            .values()
            .any(|object| object.bind(py).get_type().is(&kind));
        if !same {
            return Err(impossible("the sibling is of another type"));
        }
        self.objects.insert(name.to_owned(), made);
        Ok(Seen::Done)
    }

    fn derive(&mut self, py: Python<'_>, name: &str, code: &str) -> Result<Seen, Seen> {
        self.mark.phase(Phase::Make);
        match python::evaluate(py, code, &self.objects) {
            Ok(value) => {
                self.objects.insert(name.to_owned(), value.unbind());
                Ok(Seen::Done)
            }
            Err(error) => Err(impossible(&error.to_string())),
        }
    }

    fn ask(&mut self, py: Python<'_>, name: &str, asked: &Asked, object: &str) -> Result<Seen, Seen> {
        let request = self.request(asked)?;
        let object = self.object(object)?.clone_ref(py);
        note(self.mark, request.flags());
        let counts = self.counts;
        if self.muted {
            self.ask_bare(name, object.bind(py), request.flags());
            return Ok(Seen::Done);
        }
        let ask = if self.sited.contains(name) {
            Held::ask_with_block
        } else {
            Held::ask
        };
        match ask(object.bind(py), request.flags(), counts) {
            Ok(mut held) => {
                self.refused.remove(name);
                self.mark.note(Phase::Read, Some(request.flags()));
                let content = held.view().and_then(|view| self.read(view));
                held.keep_content(content);
                let granted = held.view().cloned();
                self.views.insert(name.to_owned(), held);
                Ok(granted.map_or(Seen::Done, |view| {
                    Seen::Asked(Box::new(Answer::Granted(Box::new(view))))
                }))
            }
            Err(refused) => {
                self.refused.insert(name.to_owned());
                Ok(Seen::Asked(Box::new(refused)))
            }
        }
    }

    /// Asks within a repetition: whether it was granted is all that counts.
    fn ask_bare(&mut self, name: &str, object: &Bound<'_, PyAny>, flags: i32) {
        if let Some(held) = Held::ask_bare(object, flags) {
            self.refused.remove(name);
            self.views.insert(name.to_owned(), held);
        } else {
            self.refused.insert(name.to_owned());
        }
    }

    fn reading(&mut self, view: &str) -> Result<Reading, Seen> {
        self.mark.phase(Phase::Read);
        let held = self.view(view)?;
        let changed = held.changed();
        let view = held.view().cloned();
        Ok(Reading {
            changed,
            content: view.and_then(|view| self.read(&view)),
        })
    }

    fn release(&mut self, py: Python<'_>, view: &str, way: Way) -> Result<Seen, Seen> {
        let held = self.views.remove(view).ok_or_else(|| self.absent(view))?;
        self.mark.phase(Phase::Release);
        Ok(Seen::Released(release(held, py, way, Some(&self.unraisable))))
    }

    fn repeat(&mut self, py: Python<'_>, times: u32, acts: &[Act]) -> Result<Seen, Seen> {
        let times = times.clamp(1, MAX_TIMES);
        let was_muted = std::mem::replace(&mut self.muted, true);
        let run = |player: &mut Self, cycles: u32| -> Result<(), Seen> {
            for _ in 0..cycles {
                let mut seen = Vec::new();
                if !player.acts(py, acts, &mut seen) {
                    return Err(seen.pop().unwrap_or(Seen::Done));
                }
            }
            Ok(())
        };
        let mut measures = [bufcheck_model::scenario::Measure::default(); 3];
        for (half, cycles) in [WARM_UP, times, times].into_iter().enumerate() {
            run(self, cycles)?;
            collect(py);
            measures[half] = measure(py, self.counts, self.objects.get("x"));
        }
        self.muted = was_muted;
        Ok(Seen::Repeated { times, measures })
    }

    /// The first request that this stands for.
    fn request(&self, asked: &Asked) -> Result<Request, Seen> {
        let requests = self.bindings.requests(std::slice::from_ref(asked));
        let first = requests.first().copied();
        first.ok_or_else(|| impossible("no request was bound"))
    }

    /// Whether the object may be changed.
    fn own(&self) -> Result<(), Seen> {
        if self.shared {
            Err(impossible("every object that is made is the same one"))
        } else {
            Ok(())
        }
    }

    fn object(&self, name: &str) -> Result<&Py<PyAny>, Seen> {
        self.objects.get(name).ok_or_else(|| impossible("no such object"))
    }

    fn view(&self, name: &str) -> Result<&Held, Seen> {
        self.views.get(name).ok_or_else(|| self.absent(name))
    }

    /// The entry of an act about a view that is not held: nothing is to be done about one that was refused.
    fn absent(&self, view: &str) -> Seen {
        if self.refused.contains(view) {
            Seen::Done
        } else {
            impossible("the view was never asked for, or was released")
        }
    }
}
