//! Scripts that do the steps of a scenario.
//!
//! Knows how each act is written in Python. Must never know what an expectation means: `that` does.

mod many;

use bufcheck_model::observation::Field;
use bufcheck_model::scenario::{Act, Asked, Bindings, ScenarioCase, That};
use bufcheck_protocol::layout::Order;
use bufcheck_protocol::request::Request;

use super::answer::About;
use super::page::Page;
use super::python::{identifier, statement};
use super::staged::{Played, body};
use super::that::{Fault, fault, noted};

/// What a script needs beside its steps.
#[derive(Default)]
struct Steps {
    lines: Vec<String>,
    /// Views are `Py_buffer`s, not memoryviews.
    structs: bool,
    /// What they show lies in one piece.
    contiguous: bool,
    modules: Vec<&'static str>,
    /// Something is tried that may raise.
    tries: bool,
    /// A view is written through.
    writes: bool,
    fault: Fault,
    bindings: Bindings,
    /// How many views the latest `hold` holds.
    held: usize,
}

/// The script that plays a scenario with what it was bound to, up to the expectation that does not hold.
pub(super) fn script(
    about: &About<'_>,
    case: &ScenarioCase,
    bindings: &Bindings,
    that: Option<&That>,
    sibling: Option<&str>,
) -> Result<String, String> {
    let fault = match that {
        Some(that) => {
            fault(that).ok_or("what shows it is a race, or something that plain Python cannot see")?
        }
        None => Fault::default(),
    };
    let mut fault = fault;
    if matches!(that, Some(That::LockedOrValid { .. })) && about.found.contains(" of a held view changed") {
        fault.fields = noted();
    }
    let mut steps = Steps {
        structs: needs_structs(case, bindings, &fault),
        contiguous: about
            .evidence
            .native()
            .is_some_and(|native| native.layout.is_contiguous(Order::C)),
        fault,
        bindings: bindings.clone(),
        ..Steps::default()
    };
    // What is expected several times may hold the first time.
    let expected = |act: &Act| {
        matches!(act, Act::Expect(expectation)
            if Some(&expectation.that) == that && expectation.rule == about.rule.id)
    };
    let end = case.acts.iter().rposition(expected).unwrap_or(case.acts.len());
    for act in &case.acts[..end] {
        if !matches!(act, Act::Expect(_)) {
            steps.act(act, sibling)?;
        }
    }
    let played = Played {
        lines: &steps.lines,
        structs: steps.structs,
        contiguous: steps.contiguous,
        writes: steps.writes,
        tries: steps.tries,
        test: &steps.fault.test,
        control: steps.control(),
        mutate: steps.bindings.mutator.as_deref().map(|code| statement(code, "x")),
    };
    let text = |apart: bool| {
        Page {
            rule: about.rule,
            object: about.object,
            subject: about.subject,
            version: about.version,
            modules: &steps.all_modules(),
            ctypes: steps.structs.then_some(&["c_char", "string_at"][..]),
            body: body(about, &played, apart),
        }
        .text()
    };
    // What ends no process needs none of its own, where a screen is too short for both.
    let alone = text(true);
    if alone.is_err() && that.is_some() {
        text(false)
    } else {
        alone
    }
}

/// Whether a memoryview cannot stand for the views: another request, or a struct that is looked at.
fn needs_structs(case: &ScenarioCase, bindings: &Bindings, fault: &Fault) -> bool {
    let asked: Vec<Asked> = case.acts.iter().flat_map(Act::asked).cloned().collect();
    let full = bindings
        .requests(&asked)
        .iter()
        .all(|request| *request == Request::FULL_RO);
    let copies = |act: &Act| {
        matches!(
            act,
            Act::ReleaseCopy { .. } | Act::PendingException { .. } | Act::Slots { .. }
        )
    };
    !full
        || !fault.fields.is_empty()
        || fault.of_release
        || fault.sum
        || fault.first_byte
        || fault.returned_of.is_some()
        || case.acts.iter().any(copies)
}

impl Steps {
    fn all_modules(&self) -> Vec<&'static str> {
        let mut modules = self.modules.clone();
        modules.extend(["os", "signal"]);
        if self.fault.sum {
            modules.push("zlib");
        }
        modules
    }

    fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn needs(&mut self, module: &'static str) {
        if !self.modules.contains(&module) {
            self.modules.push(module);
        }
    }

    fn watches(&self, view: &str) -> bool {
        self.fault.views.iter().any(|known| known == view)
    }

    fn ask(&self, object: &str, request: Request) -> String {
        if self.structs {
            format!("ask({object}, {})", request.hex())
        } else {
            format!("memoryview({object})")
        }
    }

    fn release(&self, view: &str) -> String {
        if self.structs {
            format!("pythonapi.PyBuffer_Release(byref({view}))")
        } else {
            format!("{view}.release()")
        }
    }

    fn request(&self, asked: &Asked) -> Result<Request, &'static str> {
        let found = self.bindings.requests(std::slice::from_ref(asked));
        found
            .first()
            .copied()
            .ok_or("the scenario asks what is not known any more")
    }

    /// What a view shows, as an expression.
    fn shown(&self, view: &str) -> String {
        if self.fault.first_byte {
            return format!("string_at({view}.buf, 1)");
        }
        if self.fault.sum && self.contiguous {
            return format!("zlib.crc32((c_char * {view}.len).from_address({view}.buf))");
        }
        if self.fault.fields.is_empty() {
            return match (self.structs, self.contiguous) {
                (false, _) => format!("{view}.tobytes()"),
                (true, true) => format!("string_at({view}.buf, {view}.len)"),
                (true, false) => format!("pythonapi.PyMemoryView_FromBuffer(byref({view})).tobytes()"),
            };
        }
        let fields: Vec<String> = self
            .fault
            .fields
            .iter()
            .map(|field| field_of(view, *field))
            .collect();
        format!("({},)", fields.join(", "))
    }

    fn act(&mut self, act: &Act, sibling: Option<&str>) -> Result<(), String> {
        if let Act::Read { view } | Act::Release { view } = act
            && self.fault.unneeded.as_ref() == Some(view)
        {
            return Ok(());
        }
        match act {
            Act::Make { object } => self.add(format!("{object} = make()")),
            Act::MakeSibling { object } => {
                let sibling = sibling.ok_or("another object of the type is needed, and none is declared")?;
                self.add(format!("{object} = {sibling}"));
            }
            Act::Derive { object, code } => self.add(format!("{object} = {code}")),
            Act::Ask {
                view,
                request,
                object,
            } => {
                let asked = self.ask(object, self.request(request)?);
                let refused = *request == Asked::Refused && self.fault.refusal_of.is_none();
                if refused || self.fault.unneeded.as_ref() == Some(view) {
                    self.tries = true;
                    self.add(format!("tried(lambda: {asked})"));
                } else {
                    self.asked(view, &asked);
                }
            }
            Act::Read { view } => {
                if self.watches(view) && !self.fault.of_release {
                    self.add(format!("{view}_seen.append({})", self.shown(view)));
                }
            }
            Act::Write { view } => {
                if !self.structs {
                    return Err("the view that is written through is no plain one".into());
                }
                self.writes = true;
                self.add(format!("invert({view})"));
            }
            Act::Compare { left, right } => {
                for view in [left, right] {
                    if self.watches(view) {
                        self.add(format!("{view}_seen.append({})", self.shown(view)));
                    }
                }
            }
            Act::Release { view } => self.released(view, &self.release(view)),
            Act::ReleaseCopy { view } => {
                let copy = format!("pythonapi.PyBuffer_Release(byref(Py_buffer.from_buffer_copy({view})))");
                self.released(view, &copy);
            }
            _ => self.other(act, sibling)?,
        }
        Ok(())
    }

    /// An act that is not about one view.
    fn other(&mut self, act: &Act, sibling: Option<&str>) -> Result<(), String> {
        match act {
            Act::Mutate { name, code, object } => self.mutate(name, code.as_deref(), object),
            Act::Outgrow { name, .. } => {
                self.tries = true;
                self.add(format!(
                    "{name} = next((end for end in (tried(lambda: mutate(x)) for _ in range(1000)) if end != \"done\"), \"done\")"
                ));
            }
            Act::Call { name, code } => self.add(format!("{name} = {code}")),
            Act::Count { name, object } => {
                self.needs("gc");
                self.add(format!(
                    "gc.collect(); {} = sys.getrefcount({object})",
                    identifier(name)
                ));
            }
            Act::Drop { object } => {
                if self.fault.no_control {
                    self.needs("weakref");
                    self.add(format!("{object}_there = weakref.ref({object}); del {object}"));
                } else {
                    self.add(format!("del {object}"));
                }
            }
            Act::Collect {} => {
                self.needs("gc");
                self.add("gc.collect()");
            }
            Act::Hold {
                views,
                count,
                requests,
                object,
            } => self.hold(views, *count, requests, object)?,
            Act::ReadAll { views } if self.watches(views) && !self.fault.of_release => {
                let shown = self.shown("view");
                self.add(format!("{views}_seen.append([{shown} for view in {views}])"));
            }
            Act::ReleaseAll { views, order } => {
                let positions = order.positions(self.held);
                if self.fault.of_release && self.watches(views) {
                    self.tries = true;
                    let release = self.release(&format!("{views}[at]"));
                    self.add(format!(
                        "{views}_raised = [tried(lambda: {release}) for at in {positions:?}]"
                    ));
                    return Ok(());
                }
                self.add(format!("for at in {positions:?}:"));
                let release = self.release(&format!("{views}[at]"));
                if self.watches(views) {
                    let shown = self.shown("view");
                    self.add(format!("    {release}; {views}[at] = None"));
                    self.add(format!(
                        "    {views}_seen.append([{shown} if view else {views}_seen[0][at] for at, view in enumerate({views})])"
                    ));
                } else {
                    self.add(format!("    {release}"));
                }
            }
            Act::Slots { object } => {
                self.add("slot = pythonapi.PyType_GetSlot; slot.restype = c_void_p");
                self.add(format!(
                    "get, release = [next(base for base in reversed(type({object}).__mro__) if slot(py_object(base), number)"
                ));
                self.add(format!(
                    "                     == slot(py_object(type({object})), number)) for number in (1, 2)]"
                ));
            }
            Act::Repeat { times, acts, .. } => self.repeat(*times, acts, sibling)?,
            Act::Thread { acts } => self.thread(acts, sibling)?,
            Act::ReleaseTwice { .. } | Act::PendingException { .. } => {
                return Err("a release of this kind cannot be written in plain Python".into());
            }
            Act::Beside { .. } => return Err("it takes a comparison of many views at once".into()),
            Act::Threads { .. } => return Err("it is a race between threads, and shows by chance".into()),
            // Nothing is done: it only looks.
            _ => {}
        }
        Ok(())
    }

    fn asked(&mut self, view: &str, asked: &str) {
        if self.fault.returned_of.as_deref() == Some(view)
            && let Some(words) = asked.strip_prefix("ask(").and_then(|rest| rest.strip_suffix(')'))
            && let Some((object, flags)) = words.rsplit_once(", ")
        {
            self.add(format!(
                "{view}_returned = pythonapi.PyObject_GetBuffer(py_object({object}), byref({view} := Py_buffer()), {flags})"
            ));
            return;
        }
        if self.fault.refusal_of.as_deref() == Some(view) {
            self.tries = true;
            self.add(format!("{view}_raised = tried(lambda: {asked})"));
            return;
        }
        self.add(format!("{view} = {asked}"));
        if self.fault.sum && self.watches(view) {
            self.add(format!("{view}_first = string_at({view}.buf, 1)"));
        }
        if self.watches(view) && !self.fault.of_release {
            self.add(format!("{view}_seen = [{}]", self.shown(view)));
        }
    }

    fn released(&mut self, view: &str, release: &str) {
        if self.fault.of_release {
            // Whatever else raises is no part of it.
            self.tries = true;
            let noted = if self.watches(view) {
                format!("{view}_raised = ")
            } else {
                String::new()
            };
            self.add(format!("{noted}tried(lambda: {release})"));
        } else {
            self.add(release);
        }
    }

    fn mutate(&mut self, name: &str, code: Option<&str>, object: &str) {
        self.tries = true;
        let call = match code {
            None => format!("mutate({object})"),
            Some(code) => statement(code, object),
        };
        self.add(format!("{name} = tried(lambda: {call})"));
    }
}

fn field_of(view: &str, field: Field) -> String {
    match field {
        Field::Shape | Field::Strides | Field::Suboffsets => {
            format!("{view}.{0}[:{view}.ndim] if {view}.{0} else None", field.name())
        }
        _ => format!("{view}.{}", field.name()),
    }
}

impl Steps {
    /// An exporter that is right, done the same with; `None` where it has not what the steps need.
    fn control(&self) -> Option<String> {
        let of_type = |line: &String| {
            ["__init__", "__setstate__", "type(x)"]
                .iter()
                .any(|name| line.contains(name))
        };
        if self.lines.iter().any(of_type) || self.fault.no_control {
            return None;
        }
        let mutate = if self.bindings.mutator.is_some() {
            "lambda x: x.extend(bytes(99))"
        } else {
            "None"
        };
        Some(format!("lambda: bytearray(b\"bufcheck\" * 8), {mutate}"))
    }
}
