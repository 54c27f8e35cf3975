//! Words for a call.
//!
//! Knows how arguments are written shortly. Must never know what came of a call.

use bufcheck_model::interpreter::{Ask, Make, Mode, Object, Operation, View};
use bufcheck_protocol::request::Request;

/// A call, as it would be written in C or Python.
pub(super) fn call(ask: &Ask) -> String {
    match ask {
        Ask::CheckBuffer { object } => format!("`PyObject_CheckBuffer` of {}", self::object(object)),
        Ask::GetBuffer { object, flags, .. } => {
            format!(
                "`PyObject_GetBuffer` of {}, {}",
                self::object(object),
                flags_word(*flags)
            )
        }
        Ask::SizeFromFormat { format } => format!("`PyBuffer_SizeFromFormat({format:?})`"),
        Ask::IsContiguous { view, order } => {
            format!("`PyBuffer_IsContiguous` of {}, order {order:?}", self::view(view))
        }
        Ask::GetPointer { view, indices } => {
            format!(
                "`PyBuffer_GetPointer` of {}, indices {indices:?}",
                self::view(view)
            )
        }
        Ask::ToContiguous { view, len, order } => {
            format!(
                "`PyBuffer_ToContiguous` of {}, len {len}, order {order:?}",
                self::view(view)
            )
        }
        Ask::FromContiguous { view, len, order } => {
            format!(
                "`PyBuffer_FromContiguous` into {}, len {len}, order {order:?}",
                self::view(view)
            )
        }
        Ask::FillContiguousStrides {
            shape,
            itemsize,
            order,
        } => format!(
            "`PyBuffer_FillContiguousStrides` of shape {shape:?}, itemsize {itemsize}, order {order:?}"
        ),
        Ask::FillInfo {
            len, readonly, flags, ..
        } => format!(
            "`PyBuffer_FillInfo` with len {len}, readonly {readonly}, {}",
            flags_word(*flags)
        ),
        Ask::CopyData { destination, source } => {
            format!(
                "`PyObject_CopyData` to {} from {}",
                object(destination),
                object(source)
            )
        }
        Ask::Memoryview { of, operation } => format!("{}{}", made(of), done(operation)),
        Ask::Parse { code, object } => format!("`PyArg_Parse` with `{code}` of {}", self::object(object)),
        Ask::BuildValue { code, data, len } => match data {
            Some(data) => format!("`Py_BuildValue` with `{code}`, {len} bytes `{data}`"),
            None => format!("`Py_BuildValue` with `{code}`, NULL and {len}"),
        },
        Ask::Python { code } => format!("`{}`", code.trim().replace('\n', "; ")),
    }
}

fn flags_word(flags: i32) -> String {
    let request = Request::new(flags);
    format!("flags {} ({request})", request.hex())
}

fn view(view: &View) -> String {
    let array = |name: &str, array: &Option<Vec<i64>>| match array {
        Some(array) => format!("{name} {array:?}"),
        None => format!("{name} NULL"),
    };
    let mut parts = vec![array("shape", &view.shape), array("strides", &view.strides)];
    if view.suboffsets.is_some() {
        parts.push(array("suboffsets", &view.suboffsets));
    }
    if let Some(ndim) = view.ndim {
        parts.push(format!("ndim {ndim}"));
    }
    parts.push(format!("itemsize {}", view.itemsize));
    if view.readonly != 0 {
        parts.push(format!("readonly {}", view.readonly));
    }
    format!("a view ({})", parts.join(", "))
}

fn object(object: &Object) -> String {
    match object {
        Object::Python { expression, .. } => format!("`{expression}`"),
        Object::Exporter {
            view,
            mode,
            no_release,
        } => {
            let mode = match mode {
                Mode::Strict => "",
                Mode::Full => " that grants everything",
                Mode::Refuse | Mode::RefuseValue => " that refuses everything",
                Mode::WritableWhenAsked => " that is writable only when asked",
                Mode::Redirect => " that hands requests on",
            };
            let release = if *no_release {
                " without a release slot"
            } else {
                ""
            };
            format!("an exporter of {}{mode}{release}", self::view(view))
        }
    }
}

fn made(of: &Make) -> String {
    match of {
        Make::Object(object) => format!("`PyMemoryView_FromObject` of {}", self::object(object)),
        Make::Memory { size, permission } => {
            format!("`PyMemoryView_FromMemory` of {size} bytes, {permission:?}")
        }
        Make::Buffer(view) => format!("`PyMemoryView_FromBuffer` of {}", self::view(view)),
        Make::Granted(object) => format!(
            "`PyMemoryView_FromBuffer` of what {} granted",
            self::object(object)
        ),
        Make::Contiguous {
            object,
            permission,
            order,
        } => format!(
            "`PyMemoryView_GetContiguous` of {}, {permission:?}, order {order:?}",
            self::object(object)
        ),
    }
}

fn done(operation: &Operation) -> String {
    match operation {
        Operation::Attributes => String::new(),
        Operation::Tobytes { order: None } => ", `tobytes()`".into(),
        Operation::Tobytes { order: Some(order) } => format!(", `tobytes({order:?})`"),
        Operation::Hex => ", `hex()`".into(),
        Operation::Tolist => ", `tolist()`".into(),
        Operation::Index(key) => format!(", index {key:?}"),
        Operation::Slice(cut) => format!(", {}", slice(cut)),
        Operation::Assign(item) => format!(", item {:?} = {}", item.key, item.value),
        Operation::AssignSlice { cut, object } => format!(", {} = {}", slice(cut), self::object(object)),
        Operation::Equals(object) => format!(", == {}", self::object(object)),
        Operation::Hash => ", `hash()`".into(),
        Operation::Cast { format, shape: None } => format!(", `cast({format:?})`"),
        Operation::Cast {
            format,
            shape: Some(shape),
        } => format!(", `cast({format:?}, {shape:?})`"),
        Operation::Toreadonly => ", `toreadonly()`".into(),
    }
}

fn slice(cut: &bufcheck_model::reference::Slice) -> String {
    let part = |part: Option<i64>| part.map_or_else(String::new, |part| part.to_string());
    format!("[{}:{}:{}]", part(cut.start), part(cut.stop), part(cut.step))
}
