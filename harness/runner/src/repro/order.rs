//! Scripts about memory that is lent without strides, though it does not lie in C order.
//!
//! Knows how the places of two views are compared. Must never know how an order was judged.

use bufcheck_model::scenario::Bindings;
use bufcheck_protocol::request::Request;

use super::answer::{About, flags, page, wanted};
use super::page::{Page, STRUCT, extend};

/// Asks for a view with strides, and beside it for one without.
const BESIDE: &str = "def beside(exporter):
    \"\"\"Whether a view without strides begins where one with strides does, and whether the memory is in C order.\"\"\"
    wide, flat = Py_buffer(), Py_buffer()
    pythonapi.PyObject_GetBuffer(py_object(exporter), byref(wide), 0x11c)  # FULL_RO
    try:
        pythonapi.PyObject_GetBuffer(py_object(exporter), byref(flat), FLAGS)
    except BufferError:
        return \"refused\"
    found = {\"at the same place\": flat.buf == wide.buf, \"in C order\": bool(pythonapi.PyBuffer_IsContiguous(byref(wide), 67))}
    pythonapi.PyBuffer_Release(byref(flat))
    pythonapi.PyBuffer_Release(byref(wide))
    return found
";

/// The script that compares a view with strides with one that was granted without.
pub(super) fn script(about: &About<'_>, bindings: &Bindings) -> Result<String, String> {
    let without = |asked: &&Request| !asked.wants_strides();
    let request = bindings
        .granted
        .iter()
        .find(without)
        .ok_or("the request without strides is not in the record")?;
    let mut body: Vec<String> = STRUCT.iter().map(|line| (*line).to_owned()).collect();
    extend(&mut body, BESIDE);
    body.push(String::new());
    body.push(flags(*request));
    body.push(Page::versions(about.object, about.version));
    body.push(
        "print(\"control: memoryview(bytearray(12))[::-1] ->\", beside(memoryview(bytearray(12))[::-1]))"
            .into(),
    );
    body.push(wanted(about));
    body.push(format!("found = beside({})", about.object.expression));
    body.push("print(\"found:  \", found)".into());
    body.push("sys.exit(found == {\"at the same place\": True, \"in C order\": False})".into());
    page(about, &[], &[], body)
}
