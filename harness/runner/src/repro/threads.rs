//! Scripts in which threads use one object.
//!
//! Knows what a thread does with a view, and what can go wrong with it. Must never know whether it always does: whoever runs
//! a script finds out.

use bufcheck_model::scenario::{Act, Bindings, ScenarioCase, That};

use super::answer::{About, page, wanted};
use super::page::{Page, STRUCT, extend};
use super::python::statement;

/// How many requests are named.
const NAMED: usize = 6;

/// How often each thread asks, each time.
const TURNS: u32 = 8;

/// What the threads of a scenario do.
struct Tumult {
    count: u8,
    flags: Vec<String>,
    /// A mutator of `x`, while they run.
    mutates: bool,
}

/// What shows that something is wrong.
enum Shows {
    /// What was seen in a thread: an exception, or a view that changed.
    Within,
    /// References that stay.
    References,
    /// This view, which was held before.
    Held,
    /// A mutator that works no more.
    Mutator,
}

/// The script for a scenario in which threads ask; `None` where none does.
pub(super) fn script(
    about: &About<'_>,
    case: &ScenarioCase,
    bindings: &Bindings,
    that: &That,
) -> Option<Result<String, String>> {
    let tumult = case.acts.iter().find_map(|act| tumult(act, bindings))?;
    let shows = match that {
        That::ThreadsServed { .. }
        | That::ThreadsUndisturbed { .. }
        | That::ThreadsReleasedCleanly { .. } => Shows::Within,
        That::ThreadsBalanced { .. } => Shows::References,
        That::Readable { .. } | That::NotFreed { .. } | That::Unchanged { .. } => Shows::Held,
        That::WorksLike { .. } => Shows::Mutator,
        _ => return None,
    };
    if tumult.flags.is_empty() {
        return Some(Err("the scenario asks what is not known any more".into()));
    }
    let mutator = bindings.mutator.as_deref();
    if mutator.is_none() && (tumult.mutates || matches!(shows, Shows::Mutator)) {
        return Some(Err(
            "the statement that touches the memory is not known any more".into()
        ));
    }
    let body = body(about, &tumult, &shows, mutator);
    Some(page(
        about,
        &["gc", "os", "threading", "time"],
        &["string_at"],
        body,
    ))
}

fn tumult(act: &Act, bindings: &Bindings) -> Option<Tumult> {
    let Act::Threads {
        count,
        requests,
        mutate,
        ..
    } = act
    else {
        return None;
    };
    // From the widest to the plainest: they share most.
    let asked = bindings.requests(requests);
    let step = asked.len().div_ceil(NAMED).max(1);
    let flags = asked.iter().rev().step_by(step).map(|asked| asked.hex());
    Some(Tumult {
        count: *count,
        flags: flags.collect(),
        mutates: *mutate,
    })
}

fn body(about: &About<'_>, tumult: &Tumult, shows: &Shows, mutator: Option<&str>) -> Vec<String> {
    let mut body: Vec<String> = STRUCT[..STRUCT.len() - 1]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    body.push(format!("FLAGS = ({},)", tumult.flags.join(", ")));
    if matches!(shows, Shows::Within | Shows::Held) {
        extend(
            &mut body,
            "def noted(view):\n    arrays = [array[:view.ndim] for array in (view.shape, view.strides) if array]\n    return bytes(view), view.format, arrays, string_at(view.buf, min(max(view.len, 0), 64))",
        );
    }
    body.extend(work(shows));
    body.extend(play(tumult, shows, mutator));
    extend(
        &mut body,
        "def ends(make):\n    if (child := os.fork()) == 0:\n        os._exit(3 if play(make) else 0)\n    return {0: \"as it should be\", 768: \"the fault\"}.get(status := os.waitpid(child, 0)[1], f\"signal {status & 127}\")",
    );
    body.push(Page::versions(about.object, about.version));
    let control = if mutator.is_some_and(|code| !code.contains("x.append") && !code.contains("x.extend"))
        && (tumult.mutates || matches!(shows, Shows::Mutator))
    {
        // Its own statement is not one of a `bytearray`.
        None
    } else {
        Some("lambda: bytearray(b\"bufcheck\" * 8)")
    };
    if let Some(control) = control {
        body.push(format!(
            "print(\"control: bytearray ->\", control := ends({control}))"
        ));
    }
    body.push(wanted(about));
    body.push(format!(
        "print(\"found:  \", found := ends(lambda: {}))",
        about.object.expression
    ));
    let fault = "found != \"as it should be\"";
    body.push(match control {
        Some(_) => format!("sys.exit(2 if control != \"as it should be\" else {fault})"),
        None => format!("sys.exit({fault})"),
    });
    body
}

/// Makes the threads, of which there are so many.
const THREADS: &str =
    "threads = [threading.Thread(target=work, args=(x, number, wrong)) for number in range(";

fn threads(count: u8) -> String {
    format!("{THREADS}{count})]")
}

/// Whether several threads of a script work at once: then its fault may not show each time.
pub(super) fn is_race(script: &str) -> bool {
    script.contains(THREADS) && !script.contains(&threads(1))
}

/// What one thread does.
fn work(shows: &Shows) -> Vec<String> {
    let look = if matches!(shows, Shows::Within) {
        "            before = noted(view); time.sleep(0.001); wrong.update([\"changed\"] * (noted(view) != before))\n"
    } else {
        "            time.sleep(0.0001)\n"
    };
    let mut lines = Vec::new();
    extend(
        &mut lines,
        &format!(
            "def work(x, number, wrong):\n    for turn in range({TURNS}):\n        try:\n            pythonapi.PyObject_GetBuffer(py_object(x), byref(view := Py_buffer()), FLAGS[(turn + number) % len(FLAGS)])\n{look}            pythonapi.PyBuffer_Release(byref(view))\n        except Exception as raised:\n            wrong.update({{type(raised).__name__}} - {{\"BufferError\"}})"
        ),
    );
    lines
}

/// All threads, and what shows.
fn play(tumult: &Tumult, shows: &Shows, mutator: Option<&str>) -> Vec<String> {
    let call = mutator.map(|code| statement(code, "x")).unwrap_or_default();
    let mut lines = Vec::new();
    if tumult.mutates {
        extend(
            &mut lines,
            &format!(
                "def change(x):\n    for turn in range(2000):\n        try:\n            {call}\n        except Exception:\n            pass"
            ),
        );
    }
    let held = match shows {
        Shows::Held => {
            "\n    pythonapi.PyObject_GetBuffer(py_object(x), byref(held := Py_buffer()), FLAGS[0])\n    before = noted(held)"
        }
        Shows::Within | Shows::References | Shows::Mutator => "",
    };
    let change = if tumult.mutates {
        " + [threading.Thread(target=change, args=(x,))]"
    } else {
        ""
    };
    let threads = threads(tumult.count);
    // Counts are compared; whatever else is wrong shows the first time.
    let (rounds, indent) = if matches!(shows, Shows::References) {
        ("\n    for part in range(3):\n        ", "        ")
    } else {
        ("\n    ", "    ")
    };
    let counted = if matches!(shows, Shows::References) {
        "\n        gc.collect(); counts.append(sys.getrefcount(x))"
    } else {
        ""
    };
    let ends = match shows {
        Shows::Within => "    return wrong".to_owned(),
        Shows::References => {
            "    return counts[0] < counts[1] < counts[2] or counts[0] > counts[1] > counts[2]".to_owned()
        }
        Shows::Held => "    return noted(held) != before".to_owned(),
        Shows::Mutator => {
            format!("    try:\n        {call}\n    except Exception:\n        return True\n    return False")
        }
    };
    extend(
        &mut lines,
        &format!(
            "def play(make):\n    x, wrong, counts = make(), set(), []{held}{rounds}{threads}{change}\n{indent}[thread.start() for thread in threads]; [thread.join() for thread in threads]{counted}\n{ends}"
        ),
    );
    lines
}
