//! `NumPy` arrays built from Rust values.
//!
//! Knows how the numpy crate makes an array of a description: copied, handed over, or lent. Must never
//! know what the array should answer; its values come from the description alone.

use bufcheck_model::reference::{DType, MemoryOrder, NumpyOwner, RustNumpySpec, Slice};
use numpy::ndarray::{ArrayD, ArrayViewMutD, IxDyn, ShapeBuilder as _};
use numpy::{Complex32, Complex64, Element, IntoPyArray as _, PyArrayDyn, ToPyArray as _};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PySlice, PyTuple};
use serde_json::Value as Json;

/// Makes a fresh array of this description.
///
/// # Errors
///
/// `ValueError` where values and type or shape do not go together; `ImportError` without `NumPy`.
pub fn make(py: Python<'_>, spec: &RustNumpySpec) -> PyResult<Py<PyAny>> {
    // The crate panics where NumPy is missing; an exception is what a caller can deal with.
    py.import("numpy")?;
    let array = match spec.dtype {
        DType::Bool => build(py, spec, Json::as_bool),
        DType::I8 => build(py, spec, signed::<i8>),
        DType::I16 => build(py, spec, signed::<i16>),
        DType::I32 => build(py, spec, signed::<i32>),
        DType::I64 => build(py, spec, signed::<i64>),
        DType::U8 => build(py, spec, unsigned::<u8>),
        DType::U16 => build(py, spec, unsigned::<u16>),
        DType::U32 => build(py, spec, unsigned::<u32>),
        DType::U64 => build(py, spec, unsigned::<u64>),
        DType::F32 => build(py, spec, single),
        DType::F64 => build(py, spec, Json::as_f64),
        DType::Complex64 => build(py, spec, |value| {
            let [re, im] = pair(value)?;
            Some(Complex32::new(single(re)?, single(im)?))
        }),
        DType::Complex128 => build(py, spec, |value| {
            let [re, im] = pair(value)?;
            Some(Complex64::new(re.as_f64()?, im.as_f64()?))
        }),
    }?;
    let array = if spec.slices.is_empty() {
        array
    } else {
        array.get_item(index(py, &spec.slices)?)?
    };
    let array = if spec.transpose {
        array.getattr("T")?
    } else {
        array
    };
    if spec.readonly {
        array.getattr("flags")?.setattr("writeable", false)?;
    }
    Ok(array.unbind())
}

fn build<'py, T: Element + Clone + 'static>(
    py: Python<'py>,
    spec: &RustNumpySpec,
    read: impl Fn(&Json) -> Option<T>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut elements = Vec::with_capacity(spec.elements.len());
    for value in &spec.elements {
        let element = read(value);
        elements.push(element.ok_or_else(|| {
            PyValueError::new_err(format!("{value} is no value of the type {:?}", spec.dtype))
        })?);
    }
    let shape = spec.shape.iter().map(|extent| usize::try_from(*extent));
    let shape = IxDyn(&shape.collect::<Result<Vec<_>, _>>()?);
    let rows = ArrayD::from_shape_vec(shape.clone(), elements)
        .map_err(|error| PyValueError::new_err(format!("{} values: {error}", spec.elements.len())))?;
    let array = match spec.order {
        MemoryOrder::C => rows,
        MemoryOrder::F => ArrayD::from_shape_fn(shape.f(), |index| rows[index].clone()),
    };
    Ok(match spec.owner {
        NumpyOwner::Numpy => array.to_pyarray(py).into_any(),
        NumpyOwner::Rust => array.into_pyarray(py).into_any(),
        NumpyOwner::Borrowed => {
            let mut array = array;
            let (shape, strides) = (array.raw_dim(), array.strides().to_vec());
            let strides = strides.into_iter().map(isize::cast_unsigned).collect::<Vec<_>>();
            // Taken while nobody else refers to the memory: NumPy writes through it.
            let first = array.as_mut_ptr();
            let lender = PyCapsule::new_with_value(py, Lender(array), c"bufcheck.lender")?;
            // SAFETY: the pointer, shape and strides are those of an array without gaps or overlap, whose memory stays
            // where it is when the array itself moves; nobody in Rust refers to it but this view of it.
            let view = unsafe { ArrayViewMutD::from_shape_ptr(shape.strides(IxDyn(&strides)), first) };
            // SAFETY: the capsule becomes the array's base and keeps the memory alive, which nobody in Rust reads or
            // writes any more.
            unsafe { PyArrayDyn::borrow_from_array(&view, lender.into_any()) }.into_any()
        }
    })
}

/// Keeps lent memory alive.
#[expect(dead_code, reason = "held for its drop alone")]
struct Lender<T>(ArrayD<T>);

fn index<'py>(py: Python<'py>, slices: &[Slice]) -> PyResult<Bound<'py, PyTuple>> {
    let class = py.get_type::<PySlice>();
    let made = slices
        .iter()
        .map(|slice| class.call1((slice.start, slice.stop, slice.step)));
    PyTuple::new(py, made.collect::<PyResult<Vec<_>>>()?)
}

fn signed<T: TryFrom<i64>>(value: &Json) -> Option<T> {
    T::try_from(value.as_i64()?).ok()
}

fn unsigned<T: TryFrom<u64>>(value: &Json) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "declared values are rounded as storing them rounds"
)]
fn single(value: &Json) -> Option<f32> {
    Some(value.as_f64()? as f32)
}

fn pair(value: &Json) -> Option<[&Json; 2]> {
    match value.as_array()?.as_slice() {
        [re, im] => Some([re, im]),
        _ => None,
    }
}
