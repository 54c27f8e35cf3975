//! Scripts about one answer to one request: which fields are shown, and when they show the fault.
//!
//! Knows rules by name and family, and the fields each is about. Must never know how an answer is judged: a script
//! shows what was found, or tests the one sentence of its rule.

use bufcheck_model::case::{Level, RuleData};
use bufcheck_model::observation::{Array, ObjRef, Text, View};
use bufcheck_protocol::request::Request;
use bufcheck_rules::death::is_told_by;
use bufcheck_rules::exporter::Evidence;

use super::object::Object;
use super::page::{DEBUG, Page, STRUCT};
use super::python::{WIDTH, bytes, list, sentence, text};

/// Bytes of content that are compared.
const SHOWN: usize = 32;

/// What a script asks.
enum Question {
    /// These fields; the fault shows where this holds of them, or where they are as they were.
    Fields(&'static [&'static str], Option<&'static str>),
    /// Which fields are left as they were before.
    Unwritten,
    /// How many references a view takes, and leaves behind.
    References(&'static str),
    /// How a process ends that does this with the view.
    Ends(&'static str),
    /// What a refusal raises.
    Refusal(&'static str),
    /// What a release raises.
    Release,
}

use Question::{Ends, Fields, References, Refusal, Release, Unwritten};

/// What is asked for a rule.
fn question(rule: &str) -> Question {
    match rule {
        "strides.non-null-when-requested" => Fields(
            &["ndim", "strides"],
            Some("found[\"strides\"] is None and found[\"ndim\"] > 0"),
        ),
        "request.nd-gives-shape" => Fields(
            &["ndim", "shape"],
            Some("found[\"shape\"] is None and found[\"ndim\"] > 0"),
        ),
        "format.non-null-when-requested" => {
            Fields(&["itemsize", "format"], Some("found[\"format\"] is None"))
        }
        "format.null-unless-requested" => Fields(&["format"], Some("found[\"format\"] is not None")),
        "shape.null-unless-nd" => Fields(&["shape"], Some("found[\"shape\"] is not None")),
        "strides.null-unless-strides" => Fields(&["strides"], Some("found[\"strides\"] is not None")),
        "suboffsets.null-unless-indirect" => {
            Fields(&["suboffsets"], Some("found[\"suboffsets\"] is not None"))
        }
        "suboffsets.null-when-all-negative" => Fields(
            &["suboffsets"],
            Some("found[\"suboffsets\"] is not None and max(found[\"suboffsets\"]) < 0"),
        ),
        "obj.not-null-on-success" => Fields(&["obj"], Some("found[\"obj\"] == \"NULL\"")),
        "readonly.zero-or-nonzero" => Fields(&["readonly"], Some("found[\"readonly\"] not in (0, 1)")),
        "buf.not-null-unless-empty" => Fields(
            &["buf", "len"],
            Some("found[\"buf\"] == \"NULL\" and found[\"len\"] > 0"),
        ),
        "len.non-negative" => Fields(&["len"], Some("found[\"len\"] < 0")),
        "itemsize.positive" => Fields(&["itemsize"], Some("found[\"itemsize\"] <= 0")),
        "ndim.non-negative" | "ndim.max-64" => Fields(&["ndim"], Some("not 0 <= found[\"ndim\"] <= 64")),
        "shape.non-negative" => Fields(&["shape"], Some("found[\"shape\"] and min(found[\"shape\"]) < 0")),
        "request.writable-refused-when-readonly" => Fields(&["readonly"], Some("found[\"readonly\"] != 0")),
        "view.all-fields-assigned" | "view.prior-content-ignored" | "readonly.whole-int-written" => Unwritten,
        "obj.new-reference" => References("found[\"while held\"] < 1"),
        "obj.refcount-balanced" | "release.no-decref-of-obj" => {
            References("found[\"after the release\"] != 0")
        }
        "process.survives" | "memory.heap-intact" => Ends("pass"),
        "memory.readable-whole-extent"
        | "buf.points-to-first-element"
        | "suboffsets.pointers-aligned-and-valid" => {
            Ends("pythonapi.PyMemoryView_FromBuffer(byref(view)).tobytes()")
        }
        "memory.writable-when-not-readonly" => {
            Ends("memmove(view.buf, string_at(view.buf, view.len), view.len)")
        }
        "format.pointer-readable" => Ends("bytes(view.format)"),
        "shape.pointer-readable" => Ends("view.shape[:view.ndim]"),
        "strides.pointer-readable" => Ends("view.strides[:view.ndim]"),
        "suboffsets.pointer-readable" => Ends("view.suboffsets[:view.ndim]"),
        "release.never-fails" => Release,
        "refusal.raises-buffererror" => Refusal("raised not in (\"BufferError\", \"nothing\")"),
        "refusal.obj-not-owned" => Refusal("raised != \"nothing\" and obj"),
        "refusal.returns-minus-one" => Refusal("obj if raised != \"nothing\" else returned != 0"),
        "consistency.content-equal" | "consistency.declared-values" => Fields(&["content"], None),
        "consistency.declared-format" => Fields(&["format"], None),
        "consistency.declared-shape" => Fields(&["ndim", "shape"], None),
        "consistency.declared-readonly" | "request.readonly-choice-consistent" => Fields(&["readonly"], None),
        "memory.verify-structure" => Fields(&["len", "itemsize", "shape", "strides", "suboffsets"], None),
        _ => match rule.split('.').next().unwrap_or_default() {
            "strides" => Fields(&["itemsize", "shape", "strides"], None),
            "shape" | "ndim" => Fields(&["ndim", "shape", "strides"], None),
            "format" | "itemsize" => Fields(&["len", "itemsize", "format", "shape"], None),
            "len" => Fields(&["len", "itemsize", "shape", "strides"], None),
            "suboffsets" => Fields(&["shape", "strides", "suboffsets"], None),
            "obj" | "buf" => Fields(&["buf", "obj", "len"], None),
            _ => Fields(
                &[
                    "len",
                    "itemsize",
                    "readonly",
                    "ndim",
                    "format",
                    "shape",
                    "strides",
                    "suboffsets",
                ],
                None,
            ),
        },
    }
}

/// Everything that a template is filled from.
pub(super) struct About<'a> {
    pub(super) rule: &'a RuleData,
    pub(super) wanted: &'a str,
    pub(super) found: &'a str,
    pub(super) subject: &'a str,
    pub(super) object: &'a Object,
    pub(super) version: Option<&'a str>,
    pub(super) evidence: &'a Evidence<'a>,
}

/// The script about these requests: about the first that the object answered as the rule forbids.
pub(super) fn script(about: &About<'_>, request: Request) -> Result<String, String> {
    debug_assert!(about.rule.level >= Level::Info, "every level may have a script");
    match question(&about.rule.id) {
        // What is declared is compared with what is shown; what cannot be read ends a process.
        Ends(_) if about.wanted.contains("declared") => fields_script(about, request, &["content"], None),
        Fields(fields, fault) => fields_script(about, request, fields, fault),
        Unwritten => Ok(unwritten(about, request)?),
        References(fault) => references(about, request, fault),
        Ends(action) => ends(about, request, action),
        Refusal(fault) => refusal(about, request, fault),
        Release => release(about, request),
    }
}

/// How a field is read from the struct.
fn read(field: &str) -> String {
    let value = match field {
        "buf" => "\"set\" if view.buf else \"NULL\"".to_owned(),
        "obj" => {
            "\"NULL\" if not view.obj else \"the exporter\" if view.obj == id(exporter) else \"another\""
                .to_owned()
        }
        "shape" | "strides" | "suboffsets" => format!("view.{field}[:view.ndim] if view.{field} else None"),
        "content" => format!("pythonapi.PyMemoryView_FromBuffer(byref(view)).tobytes()[:{SHOWN}]"),
        other => format!("view.{other}"),
    };
    format!("\"{field}\": {value}")
}

/// How a field of an answer is written; `None` where a script could not show it.
fn literal(field: &str, view: &View, evidence: &Evidence<'_>) -> Option<String> {
    let array = |array: &Array| match (array, array.values()) {
        (Array::Null, _) => Some("None".to_owned()),
        (_, Some(values)) => Some(list(values)),
        (_, None) => None,
    };
    let value = match field {
        "buf" => text(if view.buf == 0 { "NULL" } else { "set" }),
        "obj" => text(match view.obj {
            ObjRef::Null => "NULL",
            ObjRef::Exporter => "the exporter",
            ObjRef::Other(_) => "another",
            ObjRef::Untouched | ObjRef::Stray(_) => return None,
        }),
        "len" => view.len.to_string(),
        "itemsize" => view.itemsize.to_string(),
        "readonly" => view.readonly.to_string(),
        "ndim" => view.ndim.to_string(),
        "format" => match &view.format {
            Text::Null => "None".to_owned(),
            Text::Ascii(text) => bytes(text.as_bytes()),
            Text::Bytes(_) | Text::Unreadable(_) | Text::Unterminated(_) => return None,
        },
        "shape" => array(&view.shape)?,
        "strides" => array(&view.strides)?,
        "suboffsets" => array(&view.suboffsets)?,
        "content" => {
            let content = evidence.sweep.contents.get(view.content? as usize)?;
            bytes(&content.bytes[..content.bytes.len().min(SHOWN)])
        }
        _ => return None,
    };
    Some(format!("\"{field}\": {value}"))
}

/// A dictionary on as many lines as it needs.
fn dictionary(start: &str, items: &[String]) -> Vec<String> {
    let mut lines = vec![format!("{start}{{")];
    for (at, item) in items.iter().enumerate() {
        let end = if at + 1 == items.len() { "}" } else { "," };
        let last = lines
            .last_mut()
            .unwrap_or_else(|| unreachable!("there is the first line"));
        let gap = if last.ends_with('{') { "" } else { " " };
        if last.len() + gap.len() + item.len() + end.len() <= WIDTH {
            *last += &format!("{gap}{item}{end}");
        } else {
            lines.push(format!("{}{item}{end}", " ".repeat(start.len() + 1)));
        }
    }
    lines
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The struct, and the function that asks.
fn asking(show: &[String], restype: bool) -> Vec<String> {
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    if restype {
        body.extend(lines("pythonapi.PyMemoryView_FromBuffer.restype = py_object\n"));
    }
    body.extend(lines(
        "def answer(exporter, flags):\n    view = Py_buffer()\n    try:\n        pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n    except Exception as refusal:\n        return type(refusal).__name__",
    ));
    body.extend(dictionary("    found = ", show));
    body.extend(lines(
        "    pythonapi.PyBuffer_Release(byref(view))\n    return found\n",
    ));
    body.push(String::new());
    body
}

/// The line that names what is asked.
pub(super) fn flags(request: Request) -> String {
    let name = request.to_string();
    format!("FLAGS = {}  # {}", request.hex(), sentence(&name, 80))
}

/// What a conforming exporter is asked beside the object. Where an answer is compared with one that was found, it must be
/// one that answers otherwise.
fn control(rule: &str, view: Option<&View>) -> &'static str {
    match rule {
        "request.f-contiguous" => "memoryview(bytearray(12)).cast(\"B\", [3, 4])",
        "request.c-contiguous" | "request.any-contiguous" | "request.no-strides-means-c-contiguous" => {
            "memoryview(bytearray(12))[::2]"
        }
        "request.writable-refused-when-readonly" => "bytes(12)",
        "consistency.declared-format" if view.is_some_and(|view| view.format.ascii() == Some("B")) => {
            "memoryview(bytearray(16)).cast(\"d\")"
        }
        "consistency.declared-readonly" | "request.readonly-choice-consistent"
            if view.is_some_and(|view| view.readonly == 0) =>
        {
            "bytes(12)"
        }
        _ => "bytearray(12)",
    }
}

fn fields_script(
    about: &About<'_>,
    request: Request,
    fields: &[&str],
    fault: Option<&str>,
) -> Result<String, String> {
    let view = about.evidence.granted(request).map(|grant| grant.view);
    // A string of letters that no format has: it lies in memory that was given back, and is another one each time.
    let freed = view.is_some_and(|view| !view.format.is_null() && view.format.ascii().is_none());
    let (fields, fault) = if fault.is_none() && freed && fields.contains(&"format") {
        let fault = "not all(32 <= letter < 127 for letter in found[\"format\"] or b\"\")";
        (&["format"][..], Some(fault))
    } else {
        (fields, fault)
    };
    let show: Vec<String> = fields.iter().map(|field| read(field)).collect();
    let content = fields.contains(&"content");
    let debug = if freed { DEBUG } else { &[] };
    let mut body: Vec<String> = debug.iter().map(|line| (*line).to_owned()).collect();
    body.extend(asking(&show, content));
    body.push(flags(request));
    match (fault, view) {
        (Some(fault), Some(_)) => {
            body.extend(lines(&format!(
                "def wrong(found):\n    return isinstance(found, dict) and bool({fault})\n"
            )));
        }
        (_, None) => body.extend(lines(
            "def wrong(found):\n    return isinstance(found, str)  # it is refused\n",
        )),
        (None, Some(view)) => {
            let as_found: Option<Vec<String>> = fields
                .iter()
                .map(|field| literal(field, view, about.evidence))
                .collect();
            let as_found =
                as_found.ok_or("a field of that answer has no value that a script could compare")?;
            body.extend(lines("def wrong(found):"));
            let mut tested = dictionary("    return found == ", &as_found);
            if let Some(last) = tested.last_mut() {
                *last += "  # as it was found";
            }
            body.extend(tested);
        }
    }
    body.push(String::new());
    let control = control(&about.rule.id, view);
    body.push(Page::versions(about.object, about.version));
    body.push(format!(
        "control, found = answer({control}, FLAGS), answer({}, FLAGS)",
        about.object.expression
    ));
    body.push(format!(
        "print({}, control)",
        text(&format!("control: {control} ->"))
    ));
    body.push(wanted(about));
    body.push("print(\"found:  \", found)".to_owned());
    // An answer that a sound exporter gives as well proves nothing, however the fault is told.
    body.push("sys.exit(2 if wrong(control) else wrong(found))".to_owned());
    page(about, if freed { &["os"] } else { &[] }, &[], body)
}

/// The line that says what was wanted.
pub(super) fn wanted(about: &About<'_>) -> String {
    format!(
        "print({})",
        text(&sentence(&format!("wanted:  {}", about.wanted), WIDTH - 10))
    )
}

/// The script with this body.
pub(super) fn page(
    about: &About<'_>,
    modules: &[&str],
    ctypes: &[&str],
    body: Vec<String>,
) -> Result<String, String> {
    Page {
        rule: about.rule,
        object: about.object,
        subject: about.subject,
        version: about.version,
        modules,
        ctypes: Some(ctypes),
        body,
    }
    .text()
}

/// The end of a script that prints what was found of the object and of a control.
fn told(about: &About<'_>, control: &str, call: &str, fault: &str) -> Vec<String> {
    let of = |object: &str| call.replace("OBJECT", object);
    vec![
        Page::versions(about.object, about.version),
        format!(
            "print({}, {})",
            text(&format!("control: {control} ->")),
            of(control)
        ),
        wanted(about),
        format!("found = {}", of(&about.object.expression)),
        "print(\"found:  \", found)".to_owned(),
        format!("sys.exit({fault})"),
    ]
}

fn unwritten(about: &About<'_>, request: Request) -> Result<String, String> {
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    body.extend(lines(
        "def unwritten(exporter, flags):\n    \"\"\"The fields in which a byte is left as it was, whatever it was, once a view was granted.\"\"\"\n    left = set(dict(Py_buffer._fields_)) - {\"internal\", \"obj\"}\n    for pattern in (0xA5, 0x5A):\n        view = Py_buffer()\n        memmove(byref(view), bytes([pattern]) * sizeof(view), sizeof(view))\n        pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n        for name in tuple(left):\n            field = getattr(Py_buffer, name)\n            if pattern not in bytes(view)[field.offset:field.offset + field.size]:\n                left.discard(name)\n        pythonapi.PyBuffer_Release(byref(view))\n    return sorted(left)\n",
    ));
    body.push(String::new());
    body.push(flags(request));
    body.extend(told(
        about,
        "bytearray(12)",
        "unwritten(OBJECT, FLAGS)",
        "bool(found)",
    ));
    page(about, &[], &["memmove", "sizeof"], body)
}

fn references(about: &About<'_>, request: Request, fault: &str) -> Result<String, String> {
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    body.extend(lines(
        "def references(exporter, flags):\n    for _ in range(8):  # so that nothing is freed while it is in use\n        pythonapi.Py_IncRef(py_object(exporter))\n    view = Py_buffer()\n    before = sys.getrefcount(exporter)\n    pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n    held = sys.getrefcount(exporter)\n    pythonapi.PyBuffer_Release(byref(view))\n    return {\"while held\": held - before, \"after the release\": sys.getrefcount(exporter) - before}\n",
    ));
    body.push(String::new());
    body.push(flags(request));
    body.extend(told(about, "bytearray(12)", "references(OBJECT, FLAGS)", fault));
    page(about, &[], &[], body)
}

fn ends(about: &About<'_>, request: Request, action: &str) -> Result<String, String> {
    let debug = if is_told_by(&about.rule.id) { DEBUG } else { &[] };
    let mut body: Vec<String> = debug
        .iter()
        .chain(STRUCT)
        .map(|line| (*line).to_owned())
        .collect();
    if action.contains("FromBuffer") {
        body.push("pythonapi.PyMemoryView_FromBuffer.restype = py_object".into());
    }
    body.extend(lines(&format!(
        "def ends(make, flags):\n    \"\"\"How a process ends that asks for a view, uses it, and gives it back.\"\"\"\n    child = os.fork()\n    if child == 0:\n        signal.alarm(20)\n        view, exporter = Py_buffer(), make()\n        try:\n            pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n        except Exception:\n            os._exit(0)\n        {action}\n        pythonapi.PyBuffer_Release(byref(view))\n        del exporter\n        os._exit(0)\n    status = os.waitpid(child, 0)[1]\n    return signal.Signals(status & 127).name if status & 127 else f\"exit status {{status >> 8}}\"\n",
    )));
    body.push(String::new());
    body.push(flags(request));
    body.extend(told(
        about,
        "bytearray(12)",
        "ends(lambda: OBJECT, FLAGS)",
        "found != \"exit status 0\"",
    ));
    page(about, &["os", "signal"], &["memmove", "string_at"], body)
}

fn release(about: &About<'_>, request: Request) -> Result<String, String> {
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    body.extend(lines(
        "def raised(exporter, flags):\n    \"\"\"What is raised when a view is given back.\"\"\"\n    view = Py_buffer()\n    pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n    try:\n        pythonapi.PyBuffer_Release(byref(view))\n    except BaseException as raised:\n        return type(raised).__name__\n    return \"nothing\"\n",
    ));
    body.push(String::new());
    body.push(flags(request));
    body.extend(told(
        about,
        "bytearray(12)",
        "raised(OBJECT, FLAGS)",
        "found != \"nothing\"",
    ));
    page(about, &[], &[], body)
}

fn refusal(about: &About<'_>, request: Request, fault: &str) -> Result<String, String> {
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    body.extend(lines(
        "def answer(exporter, flags):\n    \"\"\"What is raised, what `obj` holds afterwards, and what is returned.\"\"\"\n    view, raised, returned = Py_buffer(), \"nothing\", -1\n    try:\n        returned = pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), flags)\n    except BaseException as refusal:\n        raised = type(refusal).__name__\n    return raised, view.obj, returned\n",
    ));
    body.push(String::new());
    body.push(flags(request));
    body.push(Page::versions(about.object, about.version));
    for (name, object) in [
        ("control: bytes(12) ->", "bytes(12)"),
        ("found:  ", about.object.expression.as_str()),
    ] {
        body.push(format!("raised, obj, returned = answer({object}, FLAGS)"));
        body.push(format!(
            "print({}, raised, \"raised,\", returned, \"returned, obj\", \"set\" if obj else \"NULL\")",
            text(name)
        ));
    }
    body.push(wanted(about));
    body.push(format!("sys.exit(bool({fault}))"));
    page(about, &[], &[], body)
}
