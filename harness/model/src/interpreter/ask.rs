//! What a function of the interpreter is asked.
//!
//! Knows the functions and their arguments. Must never know an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::object::Object;
use super::view::View;
use crate::reference::Slice;

/// A call, with all its arguments. Orders are one letter, as the C API has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "call", deny_unknown_fields)]
pub enum Ask {
    /// `PyObject_CheckBuffer(object)`.
    #[serde(rename = "PyObject_CheckBuffer")]
    CheckBuffer {
        /// The object.
        object: Object,
    },
    /// `PyObject_GetBuffer(object, &view, flags)`, then `PyBuffer_Release(&view)` where it was granted.
    #[serde(rename = "PyObject_GetBuffer")]
    GetBuffer {
        /// The object.
        object: Object,
        /// The flags word.
        flags: i32,
        /// `PyBuffer_Release` is called this often.
        #[serde(default = "once", skip_serializing_if = "is_once")]
        releases: u32,
        /// A `LookupError` is set while it is released.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pending: bool,
    },
    /// `PyBuffer_SizeFromFormat(format)`.
    #[serde(rename = "PyBuffer_SizeFromFormat")]
    SizeFromFormat {
        /// The format.
        format: String,
    },
    /// `PyBuffer_IsContiguous(&view, order)`.
    #[serde(rename = "PyBuffer_IsContiguous")]
    IsContiguous {
        /// The view.
        view: View,
        /// The order.
        order: char,
    },
    /// `PyBuffer_GetPointer(&view, indices)`.
    #[serde(rename = "PyBuffer_GetPointer")]
    GetPointer {
        /// The view.
        view: View,
        /// One index an axis.
        indices: Vec<i64>,
    },
    /// `PyBuffer_ToContiguous(output, &view, len, order)`.
    #[serde(rename = "PyBuffer_ToContiguous")]
    ToContiguous {
        /// The view.
        view: View,
        /// Bytes, as the function is told; the output has as many, and no fewer than the view.
        len: i64,
        /// The order.
        order: char,
    },
    /// `PyBuffer_FromContiguous(&view, input, len, order)`.
    #[serde(rename = "PyBuffer_FromContiguous")]
    FromContiguous {
        /// The view.
        view: View,
        /// Bytes of the input: the byte at `i` is `11 * i + 129`.
        len: i64,
        /// The order.
        order: char,
    },
    /// `PyBuffer_FillContiguousStrides(ndim, shape, strides, itemsize, order)`.
    #[serde(rename = "PyBuffer_FillContiguousStrides")]
    FillContiguousStrides {
        /// The extents, in items.
        shape: Vec<i64>,
        /// Bytes of an item.
        itemsize: i32,
        /// The order.
        order: char,
    },
    /// `PyBuffer_FillInfo(&view, exporter, memory, len, readonly, flags)`.
    #[serde(rename = "PyBuffer_FillInfo")]
    FillInfo {
        /// Bytes of the memory.
        len: i64,
        /// `readonly`, as it is told.
        readonly: i32,
        /// The flags word.
        flags: i32,
        /// Who calls it.
        place: Place,
    },
    /// `PyObject_CopyData(destination, source)`.
    #[serde(rename = "PyObject_CopyData")]
    CopyData {
        /// What is written to.
        destination: Object,
        /// What is read.
        source: Object,
    },
    /// `PyMemoryView_FromObject`, `PyMemoryView_FromMemory`, `PyMemoryView_FromBuffer` or `PyMemoryView_GetContiguous`,
    /// and what is done with the memoryview.
    #[serde(rename = "memoryview")]
    Memoryview {
        /// How it is made.
        of: Make,
        /// What is done with it.
        #[serde(default, skip_serializing_if = "Operation::is_attributes")]
        operation: Operation,
    },
    /// `PyArg_Parse(object, code, ...)`.
    #[serde(rename = "PyArg_Parse")]
    Parse {
        /// The code of one argument.
        code: String,
        /// The argument.
        object: Object,
    },
    /// `Py_BuildValue(code, data, len)`.
    #[serde(rename = "Py_BuildValue")]
    BuildValue {
        /// The code, with its `#`.
        code: String,
        /// The bytes, as hexadecimal digits; NULL if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
        /// Bytes, as the function is told.
        len: usize,
    },
    /// Statements of Python that leave what they found in `result`. `raised(call)` is there: the name of the type of the
    /// exception that the call raises, or `None`.
    #[serde(rename = "python")]
    Python {
        /// The statements.
        code: String,
    },
}

/// Who calls `PyBuffer_FillInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Nobody's slot: the exporter is NULL.
    Direct,
    /// The slot of an exporter, which is asked by `PyObject_GetBuffer`.
    Slot,
}

/// How a memoryview is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Make {
    /// `PyMemoryView_FromObject(object)`.
    Object(Object),
    /// `PyMemoryView_FromMemory(memory, size, permission)`.
    Memory {
        /// Bytes.
        size: usize,
        /// `PyBUF_READ` or `PyBUF_WRITE`.
        permission: Permission,
    },
    /// `PyMemoryView_FromBuffer(&view)`; struct and arrays are overwritten after the call.
    Buffer(View),
    /// `PyObject_GetBuffer(object, &view, FULL_RO)`, then `PyMemoryView_FromBuffer(&view)`; the struct is given back after
    /// the memoryview.
    Granted(Object),
    /// `PyMemoryView_GetContiguous(object, permission, order)`.
    Contiguous {
        /// The object.
        object: Object,
        /// `PyBUF_READ` or `PyBUF_WRITE`.
        permission: Permission,
        /// The order.
        order: char,
    },
}

/// What a memoryview is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// `PyBUF_READ`.
    Read,
    /// `PyBUF_WRITE`.
    Write,
}

/// What is done with a memoryview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operation {
    /// Its attributes and its bytes are read.
    #[default]
    Attributes,
    /// `tobytes(order)`.
    Tobytes {
        /// The order; `None` if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<char>,
    },
    /// `hex()`.
    Hex,
    /// `tolist()`.
    Tolist,
    /// `view[key]`.
    Index(Vec<i64>),
    /// `view[start:stop:step]`, whose attributes and bytes are read.
    Slice(Slice),
    /// `view[key] = value`.
    Assign(Item),
    /// `view[start:stop:step] = object`.
    AssignSlice {
        /// The slice.
        cut: Slice,
        /// What is assigned.
        object: Object,
    },
    /// `view == object`.
    Equals(Object),
    /// `hash(view) == hash(view.tobytes())`.
    Hash,
    /// `cast(format, shape)`, whose attributes and bytes are read.
    Cast {
        /// The format.
        format: String,
        /// The shape; absent: not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<Vec<i64>>,
    },
    /// `toreadonly()`, whose attributes and bytes are read.
    Toreadonly,
}

impl Operation {
    const fn is_attributes(&self) -> bool {
        matches!(self, Self::Attributes)
    }
}

/// One item that is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// One index an axis.
    pub key: Vec<i64>,
    /// The value, as an expression of Python.
    pub value: String,
}

const fn once() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_once(times: &u32) -> bool {
    *times == 1
}
