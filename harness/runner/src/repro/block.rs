//! Scripts about views that reach beyond the block that their memory lies in.
//!
//! Knows where the size of a block is written. Must never know how a block was found.

use bufcheck_model::observation::Allocator;
use bufcheck_model::scenario::{Act, Bindings, Played, ScenarioCase, Seen};

use super::answer::{About, flags, page, wanted};
use super::page::{DEBUG, Page, STRUCT, extend};
use super::python::text;

/// The script that compares what a view covers with the size of the block that holds its first item.
pub(super) fn script(
    about: &About<'_>,
    case: &ScenarioCase,
    played: &Played,
    bindings: &Bindings,
    view: &str,
) -> Result<String, String> {
    let acts = case
        .acts
        .iter()
        .flat_map(Act::flat)
        .filter(|act| !matches!(act, Act::Expect(_)));
    let (mut request, mut buf, mut block) = (None, None, None);
    for (act, seen) in acts.zip(&played.trace.seen) {
        match (act, seen) {
            (
                Act::Ask {
                    view: name,
                    request: asked,
                    ..
                },
                Seen::Asked(answer),
            ) if name == view => {
                request = bindings.requests(std::slice::from_ref(asked)).first().copied();
                if let bufcheck_model::observation::Answer::Granted(granted) = answer.as_ref() {
                    buf = Some(granted.buf);
                }
            }
            (Act::Block { view: name }, Seen::Block(found)) if name == view => block = *found,
            _ => {}
        }
    }
    let unknown = "the block that the memory lies in is not in the record";
    let (request, buf, block) = (
        request.ok_or(unknown)?,
        buf.ok_or(unknown)?,
        block.ok_or(unknown)?,
    );
    let offset = buf.checked_sub(block.start).ok_or(unknown)?;
    let (how, size, control) = match block.of {
        Allocator::C => (
            "malloc_usable_size(view.buf - offset)",
            "malloc_usable_size = CDLL(None).malloc_usable_size; malloc_usable_size.argtypes = [c_void_p]",
            "(c_char * 4096)(), 0",
        ),
        Allocator::Python => (
            "int.from_bytes(string_at(view.buf - offset - 16, 8), \"big\")  # written there by Python's debugging allocator",
            "",
            "bytearray(64), 0",
        ),
    };
    let mut body: Vec<String> = DEBUG
        .iter()
        .chain(STRUCT)
        .map(|line| (*line).to_owned())
        .collect();
    if block.of == Allocator::C {
        // So that the control lies in such a block, too.
        for line in &mut body[..DEBUG.len()] {
            *line = line.replace("\"debug\"", "\"malloc\"").replace(
                "freed memory is overwritten, and shows",
                "all memory comes from C",
            );
        }
    }
    if !size.is_empty() {
        body.push(size.to_owned());
    }
    let function = format!(
        "def reach(exporter, offset):\n    \"\"\"The bytes that a view covers, counted from the start of the block of memory, and the size of that block.\"\"\"\n    view = Py_buffer()\n    pythonapi.PyObject_GetBuffer(py_object(exporter), byref(view), FLAGS)\n    axes = list(zip(view.shape[:view.ndim], view.strides[:view.ndim])) if view.strides else [(view.len, 1)]\n    item = view.itemsize if view.strides else 1\n    first = offset + sum(min(0, (extent - 1) * step) for extent, step in axes)\n    end = offset + sum(max(0, (extent - 1) * step) for extent, step in axes) + item\n    size = {how}\n    pythonapi.PyBuffer_Release(byref(view))\n    return first, end, size\n"
    );
    extend(&mut body, &function);
    body.push(String::new());
    body.push(flags(request));
    body.push(Page::versions(about.object, about.version));
    for (name, object) in [
        ("control:", control.to_owned()),
        ("found:  ", format!("{}, {offset}", about.object.expression)),
    ] {
        body.push(format!("first, end, size = reach({object})"));
        body.push(format!(
            "print({}, \"bytes\", first, \"to\", end, \"of a block of\", size)",
            text(name)
        ));
    }
    body.push(wanted(about));
    body.push("sys.exit(first < 0 or end > size)".to_owned());
    page(about, &["os"], &["CDLL", "c_char", "string_at"], body)
}
