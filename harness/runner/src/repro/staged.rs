//! The frame around steps: what they are done in, and how what came of them is told.
//!
//! Knows processes and controls. Must never know an act or an expectation.

use super::answer::{About, wanted};
use super::page::{DEBUG, Page, STRUCT, extend};

/// Steps that were written.
pub(super) struct Played<'a> {
    /// The lines.
    pub(super) lines: &'a [String],
    /// Views are `Py_buffer`s, not memoryviews.
    pub(super) structs: bool,
    /// What they show lies in one piece.
    pub(super) contiguous: bool,
    /// A view is written through.
    pub(super) writes: bool,
    /// Something is tried that may raise.
    pub(super) tries: bool,
    /// What holds where the fault shows.
    pub(super) test: &'a str,
    /// An exporter that is right, and a mutator of it.
    pub(super) control: Option<String>,
    /// What changes the object, as an expression of `x`.
    pub(super) mutate: Option<String>,
}

/// Plays in a process of its own, and says how that ended.
const APART: &str = "def ends(make, mutate):\n    if (child := os.fork()) == 0:\n        os._exit(3 if not signal.alarm(60) and play(make, mutate) else 0)\n    status = os.waitpid(child, 0)[1]\n    return signal.Signals(status & 127).name if status & 127 else {0: \"as it should be\", 3: \"the fault\"}.get(status >> 8)";

/// Plays in this process.
const HERE: &str =
    "def ends(make, mutate):\n    return \"the fault\" if play(make, mutate) else \"as it should be\"";

/// Everything behind the imports.
pub(super) fn body(about: &About<'_>, played: &Played<'_>, apart: bool) -> Vec<String> {
    let mut body: Vec<String> = DEBUG.iter().map(|line| (*line).to_owned()).collect();
    if played.structs {
        body.extend(STRUCT[..STRUCT.len() - 1].iter().map(|line| (*line).to_owned()));
        extend(
            &mut body,
            "def ask(exporter, flags):\n    pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view := Py_buffer()), flags)\n    return view",
        );
    }
    if played.structs && !played.contiguous {
        body.push("pythonapi.PyMemoryView_FromBuffer.restype = py_object".into());
    }
    if played.writes {
        extend(
            &mut body,
            "def invert(view):\n    first = (c_char * view.itemsize).from_address(view.buf)\n    first[:] = bytes(byte ^ 255 for byte in first[:])",
        );
    }
    if played.tries {
        extend(
            &mut body,
            "def tried(do):\n    try:\n        do()\n    except BaseException as raised:\n        return type(raised).__name__\n    return \"done\"",
        );
    }
    body.push("def play(make, mutate):".into());
    body.extend(played.lines.iter().map(|line| format!("    {line}")));
    let test = if played.test.is_empty() {
        "False"
    } else {
        played.test
    };
    body.push(format!("    return {test}"));
    extend(&mut body, if apart { APART } else { HERE });
    body.push(Page::versions(about.object, about.version));
    if let Some(control) = &played.control {
        body.push(format!(
            "print(\"control: bytearray ->\", control := ends({control}))"
        ));
    }
    body.push(wanted(about));
    let mutate = played
        .mutate
        .as_ref()
        .map_or_else(|| "None".to_owned(), |code| format!("lambda x: {code}"));
    body.push(format!(
        "print(\"found:  \", found := ends(lambda: {}, {mutate}))",
        about.object.expression
    ));
    let shows = "found not in (\"as it should be\", None)";
    body.push(match played.control {
        Some(_) => format!("sys.exit(2 if control != \"as it should be\" else {shows})"),
        None => format!("sys.exit({shows})"),
    });
    body
}
