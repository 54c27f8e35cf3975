//! Descriptions of the built-in exporters: what they show, how they behave, and what is wrong with them.
//!
//! Knows every layout and behaviour that the reference exporter can be given, as data, and what its
//! memory must hold as a consequence ([`ReferenceSpec::content`], [`Image`]). Must never know how an
//! exporter is implemented, nor which rule a [`Defect`] breaks: that is for the data of the mutants.
//!
//! A [`ReferenceSpec`] without `defect` and `hostile` describes an exporter that obeys the protocol,
//! whatever its other keys say: combinations that could not are refused by [`ReferenceSpec::check`].
//!
//! ```
//! use bufcheck_model::reference::ReferenceSpec;
//!
//! let reversed: ReferenceSpec =
//!     serde_json::from_str(r#"{"format": "<H", "itemsize": 2, "shape": [3], "strides": [-2]}"#)?;
//! assert_eq!(reversed.content()?, [1, 0, 2, 0, 3, 0]);
//! let image = reversed.image()?;
//! assert_eq!(image.bytes, [3, 0, 2, 0, 1, 0]);
//! assert_eq!(image.first, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod behaviour;
mod check;
mod content;
mod defect;
mod error;
mod faults;
mod hostile;
mod image;
mod numpy;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use behaviour::{
    Arrays, Chain, FormatAlone, Malformed, MemoryOrder, NdimWithoutShape, ObjAfterRefusal, Pages, Sharing,
};
pub use content::Fill;
pub use defect::{AxisChoice, Defect, DefectKind, When};
pub use error::SpecError;
pub use faults::{
    CopyFault, FormatFault, ItemsizeFault, LenFault, LockFault, NdimFault, ObjFault, PointerFault,
    PriorFault, ReadonlyFault, RefusalFault, ReleaseFault, ReturnFault, ShapeFault, SideFault, StorageFault,
    StridesFault, SuboffsetsFault, ThreadFault,
};
pub use hostile::{Hostile, HostileKind, Place};
pub use image::Image;
pub use numpy::{DType, NumpyOwner, RustNumpySpec, Slice};

/// A layout and a behaviour for the reference exporter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an independent key of the file format"
)]
pub struct ReferenceSpec {
    /// The format string it serves; `B` if absent.
    pub format: String,
    /// Bytes of an item; 1 if absent.
    pub itemsize: u64,
    /// Items along each axis; empty for a scalar.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<u64>,
    /// The order of contiguous memory, where `strides` is absent.
    #[serde(skip_serializing_if = "is_default")]
    pub order: MemoryOrder,
    /// Bytes from one item (or pointer) to the next along each axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strides: Option<Vec<i64>>,
    /// Bytes to add behind the pointer of each axis; negative where there is no pointer. Without
    /// `strides`, pointers and items behind each other lie side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suboffsets: Option<Vec<i64>>,
    /// Bytes from the start of the block to the first item; as few as the strides allow if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Bytes of the block; as few as the layout needs if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
    /// Whether WRITABLE is refused.
    #[serde(skip_serializing_if = "is_default")]
    pub readonly: bool,
    /// What kind of pages the memory lies in.
    #[serde(skip_serializing_if = "is_default")]
    pub pages: Pages,
    /// What the items hold, where `bytes` is absent.
    #[serde(skip_serializing_if = "is_default")]
    pub fill: Fill,
    /// The bytes of all items in C index order, in hexadecimal; spaces are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Where `shape`, `strides` and `suboffsets` of a view live.
    #[serde(skip_serializing_if = "is_default")]
    pub arrays: Arrays,
    /// Serve a contiguous copy where the memory itself does not meet the request; read-only exporters only.
    #[serde(skip_serializing_if = "is_default")]
    pub flat_copy: bool,
    /// What malformed requests get.
    #[serde(skip_serializing_if = "is_default")]
    pub malformed: Malformed,
    /// What `ndim` says where `shape` is NULL.
    #[serde(skip_serializing_if = "is_default")]
    pub ndim_without_shape: NdimWithoutShape,
    /// What `obj` holds after a refusal.
    #[serde(skip_serializing_if = "is_default")]
    pub obj_after_refusal: ObjAfterRefusal,
    /// What FORMAT without ND gets.
    #[serde(skip_serializing_if = "is_default")]
    pub format_alone: FormatAlone,
    /// How many views may be held at a time.
    #[serde(skip_serializing_if = "is_default")]
    pub sharing: Sharing,
    /// Whether the type fills `bf_releasebuffer`; true if absent.
    #[serde(skip_serializing_if = "is_true")]
    pub release_slot: bool,
    /// Other exporters between the one that is asked and the one that owns the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
    /// One thing that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defect: Option<Defect>,
    /// One thing that no exporter may do to its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostile: Option<Hostile>,
}

impl Default for ReferenceSpec {
    fn default() -> Self {
        Self {
            format: "B".to_owned(),
            itemsize: 1,
            shape: Vec::new(),
            order: MemoryOrder::C,
            strides: None,
            suboffsets: None,
            offset: None,
            block: None,
            readonly: false,
            pages: Pages::Heap,
            fill: Fill::Count,
            bytes: None,
            arrays: Arrays::Object,
            flat_copy: false,
            malformed: Malformed::Mask,
            ndim_without_shape: NdimWithoutShape::True,
            obj_after_refusal: ObjAfterRefusal::Cleared,
            format_alone: FormatAlone::True,
            sharing: Sharing::Any,
            release_slot: true,
            chain: None,
            defect: None,
            hostile: None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_true(flag: &bool) -> bool {
    *flag
}
