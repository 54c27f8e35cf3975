//! The lawful choices of an exporter that are no part of its layout.
//!
//! Knows them as names. Must never know how they are carried out. The variants named first are the
//! defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which index runs fastest in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryOrder {
    /// The last one.
    #[default]
    C,
    /// The first one.
    F,
}

/// What kind of pages the memory lies in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pages {
    /// Ordinary memory of the process.
    #[default]
    Heap,
    /// Pages of its own that the operating system does not let anybody write to.
    Protected,
}

/// Where `shape`, `strides` and `suboffsets` of a view live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrays {
    /// In the object; all views share them.
    #[default]
    Object,
    /// In an allocation of each view that `internal` points to and the release frees.
    Internal,
    /// In the `Py_buffer` itself, as `PyBuffer_FillInfo` does it: one axis, contiguous.
    View,
}

/// What malformed requests get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Malformed {
    /// Half a macro and bits without a meaning count as not asked.
    #[default]
    Mask,
    /// `BufferError`.
    Refuse,
}

/// What `ndim` says where `shape` is NULL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NdimWithoutShape {
    /// The number of axes.
    #[default]
    True,
    /// 0.
    Zero,
    /// 1.
    One,
}

/// What `obj` holds after a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjAfterRefusal {
    /// NULL.
    #[default]
    Cleared,
    /// What the consumer had there.
    Untouched,
}

/// What FORMAT without ND gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormatAlone {
    /// The format.
    #[default]
    True,
    /// `B`, whatever the items are; items of one byte only, else it would contradict `itemsize`.
    Bytes,
    /// `BufferError`.
    Refuse,
}

/// How many views may be held at a time; what is too many is refused with `BufferError`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Any number.
    #[default]
    Any,
    /// One.
    OneView,
    /// Any number of views that did not ask for WRITABLE, or a single one that did.
    OneWriter,
}

/// Other exporters between the one that is asked and the one that owns the memory; how many of them
/// (at most 16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// Each passes the request on, so that `obj` is the owner of the memory.
    Redirect(u8),
    /// Each holds a view of the next and serves that memory itself, so that `obj` is the one that was
    /// asked.
    ReExport(u8),
}
