//! A view before it is handed out.
//!
//! Knows every field and where its arrays will live. Must never know requests' outcomes.

use std::ffi::{c_char, c_void};

use bufcheck_model::observation::Field;
use bufcheck_model::reference::{
    Arrays, DefectKind, FormatAlone, NdimWithoutShape, ReadonlyFault, ReleaseFault, SideFault,
};
use bufcheck_protocol::layout::{Layout, Order};
use bufcheck_protocol::request::Request;
use pyo3::ffi;

use super::plan::Plan;
use super::state::{State, Ticket};

/// The numbers of `shape`, `strides` or `suboffsets`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    /// NULL.
    Null,
    /// Those of the layout, in the object.
    Shared(*const isize),
    /// Those of the layout, in the struct itself.
    InView,
    /// Others.
    Own(Vec<isize>),
    /// Somewhere.
    At(*mut isize),
}

/// The fields of a view.
pub(super) struct Draft {
    pub(super) buf: *mut u8,
    pub(super) obj: *mut ffi::PyObject,
    pub(super) len: isize,
    pub(super) itemsize: isize,
    pub(super) readonly: i32,
    pub(super) ndim: i32,
    pub(super) format: *mut c_char,
    pub(super) shape: Numbers,
    pub(super) strides: Numbers,
    pub(super) suboffsets: Numbers,
    /// The copy that is shown instead of the memory.
    pub(super) copy: Option<Vec<u8>>,
}

impl Draft {
    /// What the request gets, of the memory itself.
    pub(super) fn native(state: &State, plan: &Plan, asked: Request, object: *mut ffi::PyObject) -> Self {
        let spec = &state.spec;
        let in_view = spec.arrays == Arrays::View && plan.ndim == 1;
        let numbers = |wanted: bool, numbers: &[isize]| match (wanted && !numbers.is_empty(), in_view) {
            (false, _) => Numbers::Null,
            (true, true) => Numbers::InView,
            (true, false) => Numbers::Shared(numbers.as_ptr()),
        };
        let shape = asked.wants_shape();
        let format = match (asked.wants_format(), shape, spec.format_alone) {
            (false, _, _) => std::ptr::null_mut(),
            (true, false, FormatAlone::Bytes) => c"B".as_ptr().cast_mut(),
            (true, _, _) => plan.format.as_ptr().cast_mut(),
        };
        Self {
            buf: plan.first,
            obj: object,
            len: plan.len,
            itemsize: plan.itemsize,
            readonly: i32::from(spec.readonly),
            ndim: match (shape, spec.ndim_without_shape) {
                (true, _) | (false, NdimWithoutShape::True) => plan.ndim,
                (false, NdimWithoutShape::Zero) => 0,
                (false, NdimWithoutShape::One) => 1,
            },
            format,
            shape: numbers(shape, &plan.shape),
            strides: numbers(asked.wants_strides(), &plan.strides),
            suboffsets: numbers(asked.takes_suboffsets(), &plan.suboffsets),
            copy: None,
        }
    }

    /// Shows a contiguous copy of the content instead, given in C order; `None` if that is impossible.
    pub(super) fn show_copy(&mut self, plan: &Plan, content: &[u8], order: Order) -> Option<()> {
        let shape: Vec<i64> = plan.shape.iter().map(|extent| *extent as i64).collect();
        let itemsize = i64::try_from(plan.itemsize).ok()?;
        let strides = match order {
            Order::F => Layout::strides_f(itemsize, &shape).ok()?,
            Order::C | Order::Any => Layout::strides_c(itemsize, &shape).ok()?,
        };
        if self.strides != Numbers::Null {
            let narrow = strides.iter().map(|stride| isize::try_from(*stride));
            self.strides = Numbers::Own(narrow.collect::<Result<_, _>>().ok()?);
        }
        self.suboffsets = Numbers::Null;
        self.copy = Some(reorder(plan, content, &strides)?);
        Some(())
    }

    /// Fills the struct; arrays that belong to the view go where the description wants them.
    ///
    /// # Safety
    ///
    /// `view` points to a struct that may be written.
    pub(super) unsafe fn write(
        mut self,
        state: &State,
        plan: &Plan,
        fault: Option<DefectKind>,
        view: *mut ffi::Py_buffer,
    ) {
        let kind = state.spec.defect.as_ref().map(|defect| defect.kind);
        let tracked = matches!(
            kind,
            Some(
                DefectKind::Release(ReleaseFault::ByAddress | ReleaseFault::Leak)
                    | DefectKind::Side(SideFault::HeldMoved)
            )
        );
        let per_view = state.spec.arrays == Arrays::Internal && self.shape != Numbers::Null;
        let mut internal: *mut c_void = std::ptr::null_mut();
        let (mut arrays, mut copy) = (Vec::new(), self.copy.take().unwrap_or_default());
        if !copy.is_empty() {
            self.buf = copy.as_mut_ptr();
        }
        let ndim = plan.shape.len();
        let own = per_view || !copy.is_empty();
        let mut place = |numbers: &Numbers, in_view: *mut isize| match numbers {
            Numbers::Null => std::ptr::null_mut(),
            Numbers::At(address) => *address,
            Numbers::InView => in_view,
            Numbers::Shared(address) if !per_view => address.cast_mut(),
            Numbers::Shared(address) => {
                // SAFETY: shared arrays are those of the layout, one number an axis.
                let values = unsafe { std::slice::from_raw_parts(*address, ndim) }.to_vec();
                store(&mut arrays, values)
            }
            Numbers::Own(values) if own => store(&mut arrays, values.clone()),
            Numbers::Own(values) => state.keep(values),
        };
        // SAFETY: only addresses inside the struct are computed.
        let (len, itemsize, spare) = unsafe {
            (
                &raw mut (*view).len,
                &raw mut (*view).itemsize,
                &raw mut (*view).internal,
            )
        };
        if self.shape == Numbers::InView && self.itemsize != 1 {
            internal = std::ptr::without_provenance_mut(
                usize::try_from(self.len / self.itemsize.max(1)).unwrap_or(0),
            );
        }
        let extent = if self.itemsize == 1 { len } else { spare.cast() };
        let shape = place(&self.shape, extent);
        let strides = place(&self.strides, itemsize);
        let suboffsets = place(&self.suboffsets, std::ptr::null_mut());
        if !arrays.is_empty() || !copy.is_empty() || tracked {
            internal = state.issue(Ticket {
                arrays,
                copy,
                address: view.expose_provenance(),
            });
        }
        // SAFETY: the caller promises a writable struct.
        unsafe {
            let write = |field| fault != Some(DefectKind::Unwritten(field));
            if write(Field::Buf) {
                (*view).buf = self.buf.cast();
            }
            if write(Field::Obj) {
                (*view).obj = self.obj;
            }
            if write(Field::Len) {
                (*view).len = self.len;
            }
            if write(Field::Itemsize) {
                (*view).itemsize = self.itemsize;
            }
            if fault == Some(DefectKind::Readonly(ReadonlyFault::OneByte)) {
                let low = self.readonly.to_ne_bytes();
                let at = if cfg!(target_endian = "little") {
                    0
                } else {
                    low.len() - 1
                };
                (&raw mut (*view).readonly).cast::<u8>().add(at).write(low[at]);
            } else if write(Field::Readonly) {
                (*view).readonly = self.readonly;
            }
            if write(Field::Ndim) {
                (*view).ndim = self.ndim;
            }
            if write(Field::Format) {
                (*view).format = self.format;
            }
            if write(Field::Shape) {
                (*view).shape = shape;
            }
            if write(Field::Strides) {
                (*view).strides = strides;
            }
            if write(Field::Suboffsets) {
                (*view).suboffsets = suboffsets;
            }
            if write(Field::Internal) {
                (*view).internal = internal;
            }
        }
    }
}

/// Puts an array into the belongings of a view.
fn store(arrays: &mut Vec<Vec<isize>>, values: Vec<isize>) -> *mut isize {
    arrays.push(values);
    arrays.last_mut().map_or(std::ptr::null_mut(), Vec::as_mut_ptr)
}

/// Items in C order, put where these strides want them.
fn reorder(plan: &Plan, content: &[u8], strides: &[i64]) -> Option<Vec<u8>> {
    let shape: Vec<i64> = plan.shape.iter().map(|extent| *extent as i64).collect();
    let layout = Layout::new(i64::try_from(plan.itemsize).ok()?, &shape, Some(strides), None).ok()?;
    let itemsize = usize::try_from(plan.itemsize).ok()?;
    let mut copy = vec![0; content.len()];
    if itemsize > 0 {
        for (item, offset) in content.chunks_exact(itemsize).zip(layout.offsets()) {
            let at = usize::try_from(offset).ok()?;
            copy.get_mut(at..at + itemsize)?.copy_from_slice(item);
        }
    }
    Some(copy)
}
