//! Faults in the fields of a granted view.
//!
//! Knows what each fault does to a view that is otherwise right. Must never know which rule that breaks.

use std::ffi::CString;
use std::hint::black_box;

use bufcheck_model::reference::{
    AxisChoice, Defect, DefectKind, FormatFault, ItemsizeFault, LenFault, NdimFault, ObjFault, PointerFault,
    ReadonlyFault, ShapeFault, SideFault, StorageFault, StridesFault, SuboffsetsFault,
};
use pyo3::ffi;

use super::draft::{Draft, Numbers};
use super::memory::forbidden_page;
use super::plan::Plan;
use super::state::State;
use super::text::twisted;

/// More numbers than any `ndim` of a fault lets a consumer read.
const ROOM: usize = 66;

pub(super) fn apply(draft: &mut Draft, state: &State, plan: &Plan, defect: &Defect) {
    match defect.kind {
        DefectKind::Len(fault) => draft.len = len(plan, fault),
        DefectKind::Itemsize(fault) => itemsize(draft, plan, fault),
        DefectKind::Ndim(fault) => ndim(draft, plan, fault),
        DefectKind::Readonly(fault) => readonly(draft, fault, state),
        DefectKind::Buf(fault) => draft.buf = buf(draft.buf, state, plan, fault),
        DefectKind::Format(fault) => format(draft, state, plan, fault),
        DefectKind::Shape(fault) => shape(draft, plan, fault, defect.axis),
        DefectKind::Strides(fault) => strides(draft, plan, fault, defect.axis),
        DefectKind::Suboffsets(fault) => suboffsets(draft, plan, fault),
        DefectKind::Storage(fault) => storage(draft, state, plan, fault),
        DefectKind::Obj(fault) => obj(draft, fault),
        DefectKind::Side(SideFault::DataChanged) => change_data(plan),
        DefectKind::Side(SideFault::Leak) => leak(),
        DefectKind::Side(SideFault::HeldMoved) => move_held(state),
        DefectKind::Side(SideFault::OverrunBehind | SideFault::OverrunBefore)
        | DefectKind::Refuse
        | DefectKind::Ignore(_)
        | DefectKind::Assume(_)
        | DefectKind::ServeNative
        | DefectKind::Overshare
        | DefectKind::Refusal(_)
        | DefectKind::Return(_)
        | DefectKind::Unwritten(_)
        | DefectKind::Copy(_)
        | DefectKind::Release(_)
        | DefectKind::Lock(_)
        | DefectKind::Prior(_)
        | DefectKind::Abroad(_) => {}
    }
}

fn len(plan: &Plan, fault: LenFault) -> isize {
    let wide = |number: u64| isize::try_from(number).unwrap_or(isize::MAX);
    let first = plan.shape.first().copied().unwrap_or(1);
    match fault {
        LenFault::InItems => wide(plan.layout.count()),
        LenFault::OfSpan => wide(plan.layout.span().len()),
        LenFault::OfFirstAxis => first.saturating_mul(plan.itemsize),
        LenFault::FirstExtent => first,
        LenFault::ByteShort => plan.len - 1,
        LenFault::ByteOver => plan.len.saturating_add(1),
        LenFault::ItemShort => plan.len - plan.itemsize,
        LenFault::ItemOver => plan.len.saturating_add(plan.itemsize),
        LenFault::Zero => 0,
        LenFault::Negative => -1,
        LenFault::OneItem => plan.itemsize,
    }
}

fn itemsize(draft: &mut Draft, plan: &Plan, fault: ItemsizeFault) {
    draft.itemsize = match fault {
        ItemsizeFault::Zero => 0,
        ItemsizeFault::One => 1,
        ItemsizeFault::Doubled => plan.itemsize.saturating_mul(2),
        ItemsizeFault::OneOver => plan.itemsize.saturating_add(1),
        ItemsizeFault::Negative => -1,
        ItemsizeFault::Len => plan.len,
    };
}

fn ndim(draft: &mut Draft, plan: &Plan, fault: NdimFault) {
    draft.ndim = match fault {
        NdimFault::Negative => -1,
        NdimFault::Zero => 0,
        NdimFault::One => 1,
        NdimFault::OneMore => draft.ndim + 1,
        NdimFault::OneLess => draft.ndim - 1,
        NdimFault::TooMany => 65,
    };
    for (numbers, native, filler) in [
        (&mut draft.shape, &plan.shape, 1),
        (&mut draft.strides, &plan.strides, plan.itemsize),
        (&mut draft.suboffsets, &plan.suboffsets, -1),
    ] {
        if let Some(mut values) = values(numbers, native) {
            values.resize(ROOM, filler);
            *numbers = Numbers::Own(values);
        }
    }
}

fn readonly(draft: &mut Draft, fault: ReadonlyFault, state: &State) {
    match fault {
        ReadonlyFault::Claimed => draft.readonly = 1,
        ReadonlyFault::Denied => draft.readonly = 0,
        ReadonlyFault::Odd if state.spec.readonly => draft.readonly = 2,
        ReadonlyFault::Odd | ReadonlyFault::OneByte => {}
    }
}

fn buf(native: *mut u8, state: &State, plan: &Plan, fault: PointerFault) -> *mut u8 {
    match fault {
        PointerFault::Null => std::ptr::null_mut(),
        PointerFault::NextItem => native.wrapping_offset(plan.itemsize),
        PointerFault::NextByte => native.wrapping_add(1),
        PointerFault::BlockStart => plan.block().map_or(native, super::memory::Block::start),
        PointerFault::Unmapped => forbidden_page(),
        PointerFault::Moving => match Plan::own(&state.spec) {
            Ok(fresh) => {
                let first = fresh.first;
                state.replaced.borrow_mut().push(fresh);
                first
            }
            Err(_) => native,
        },
        PointerFault::Stale => state.replaced.borrow().first().map_or(native, |old| old.first),
    }
}

fn format(draft: &mut Draft, state: &State, plan: &Plan, fault: FormatFault) {
    match fault {
        FormatFault::Unasked => draft.format = plan.format.as_ptr().cast_mut(),
        _ if draft.format.is_null() => {}
        FormatFault::Null => draft.format = std::ptr::null_mut(),
        FormatFault::Unreadable => draft.format = forbidden_page().cast(),
        FormatFault::Overwritten => draft.format = state.scribble_text(&plan.format),
        _ => {
            let odd = state.asked() % 2 == 1;
            let text = twisted(&state.spec.format, fault, plan.layout.count(), odd);
            if let Some(text) = text.and_then(|text| CString::new(latin1(&text)).ok()) {
                draft.format = state.keep_text(text);
            }
        }
    }
}

/// The characters as single bytes.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'))
        .collect()
}

fn shape(draft: &mut Draft, plan: &Plan, fault: ShapeFault, axis: AxisChoice) {
    if fault == ShapeFault::Unasked {
        if draft.shape == Numbers::Null && plan.ndim > 0 {
            draft.shape = Numbers::Shared(plan.shape.as_ptr());
            draft.ndim = plan.ndim;
        }
        return;
    }
    let Some(mut numbers) = values(&draft.shape, &plan.shape) else {
        return;
    };
    match fault {
        ShapeFault::Null => {
            draft.shape = Numbers::Null;
            return;
        }
        ShapeFault::Unasked => {}
        ShapeFault::Reversed => numbers.reverse(),
        ShapeFault::InBytes => change(&mut numbers, axis, |extent| extent.saturating_mul(plan.itemsize)),
        ShapeFault::Negative => change(&mut numbers, axis, |_| -1),
        ShapeFault::OneMore => change(&mut numbers, axis, |extent| extent.saturating_add(1)),
        ShapeFault::OneLess => change(&mut numbers, axis, |extent| extent - 1),
        ShapeFault::Zero => change(&mut numbers, axis, |_| 0),
        ShapeFault::Flat => {
            numbers.fill(1);
            let count = isize::try_from(plan.layout.count()).unwrap_or(isize::MAX);
            change(&mut numbers, AxisChoice::First, |_| count);
        }
    }
    draft.shape = Numbers::Own(numbers);
}

fn strides(draft: &mut Draft, plan: &Plan, fault: StridesFault, axis: AxisChoice) {
    if fault == StridesFault::Unasked {
        if draft.strides == Numbers::Null && plan.ndim > 0 {
            draft.strides = Numbers::Shared(plan.strides.as_ptr());
        }
        return;
    }
    let Some(mut numbers) = values(&draft.strides, &plan.strides) else {
        return;
    };
    match fault {
        StridesFault::Null => {
            draft.strides = Numbers::Null;
            return;
        }
        StridesFault::Unasked => {}
        StridesFault::InItems => numbers
            .iter_mut()
            .for_each(|stride| *stride /= plan.itemsize.max(1)),
        StridesFault::Reversed => numbers.reverse(),
        StridesFault::COrder => numbers = contiguous(plan, false),
        StridesFault::FOrder => numbers = contiguous(plan, true),
        StridesFault::Positive => numbers
            .iter_mut()
            .for_each(|stride| *stride = stride.wrapping_abs()),
        StridesFault::Zero => change(&mut numbers, axis, |_| 0),
        StridesFault::ByteOver => change(&mut numbers, axis, |stride| stride.saturating_add(1)),
        StridesFault::ItemOver => change(&mut numbers, axis, |stride| stride.saturating_add(plan.itemsize)),
        StridesFault::Huge => change(&mut numbers, axis, |_| 1 << 44),
    }
    draft.strides = Numbers::Own(numbers);
}

/// Strides of C or Fortran order for the shape of the layout.
fn contiguous(plan: &Plan, fortran: bool) -> Vec<isize> {
    let ndim = plan.shape.len();
    let mut strides = vec![0; ndim];
    let mut step = plan.itemsize;
    for place in 0..ndim {
        let axis = if fortran { place } else { ndim - 1 - place };
        strides[axis] = step;
        step = step.saturating_mul(plan.shape[axis]);
    }
    strides
}

fn suboffsets(draft: &mut Draft, plan: &Plan, fault: SuboffsetsFault) {
    let none = || Numbers::Own(vec![-1; plan.shape.len()]);
    let present = values(&draft.suboffsets, &plan.suboffsets);
    let pointed = |change: &dyn Fn(isize) -> isize, numbers: Vec<isize>| {
        let changed = numbers
            .into_iter()
            .map(|offset| if offset < 0 { offset } else { change(offset) });
        Numbers::Own(changed.collect())
    };
    match (fault, present) {
        (SuboffsetsFault::Null, Some(_)) => draft.suboffsets = Numbers::Null,
        (SuboffsetsFault::Zero, Some(numbers)) => draft.suboffsets = pointed(&|_| 0, numbers),
        (SuboffsetsFault::ItemOver, Some(numbers)) => {
            draft.suboffsets = pointed(&|offset| offset.saturating_add(plan.itemsize), numbers);
        }
        // Suboffsets without strides would be a second fault.
        (SuboffsetsFault::AllNegative | SuboffsetsFault::Unasked, None) if draft.strides != Numbers::Null => {
            draft.suboffsets = if plan.suboffsets.is_empty() {
                none()
            } else {
                Numbers::Shared(plan.suboffsets.as_ptr())
            };
        }
        (_, _) => {}
    }
}

fn storage(draft: &mut Draft, state: &State, plan: &Plan, fault: StorageFault) {
    let all = [
        (&mut draft.shape, &plan.shape),
        (&mut draft.strides, &plan.strides),
        (&mut draft.suboffsets, &plan.suboffsets),
    ];
    for (which, (numbers, native)) in all.into_iter().enumerate() {
        if let Some(values) = values(numbers, native) {
            *numbers = Numbers::At(match fault {
                StorageFault::Stack => on_stack(&values),
                StorageFault::Unreadable => forbidden_page().cast(),
                StorageFault::Overwritten => state.scribble(which, &values),
            });
        }
    }
}

/// An address in a stack frame that is gone when it is used.
#[inline(never)]
fn on_stack(numbers: &[isize]) -> *mut isize {
    let mut frame = [0; ROOM];
    let len = numbers.len().min(ROOM);
    frame[..len].copy_from_slice(&numbers[..len]);
    black_box(frame.as_mut_ptr())
}

fn obj(draft: &mut Draft, fault: ObjFault) {
    match fault {
        ObjFault::Null => draft.obj = std::ptr::null_mut(),
        ObjFault::Borrowed | ObjFault::Extra => {}
        ObjFault::Stray => draft.obj = forbidden_page().cast(),
        ObjFault::Other => {
            // SAFETY: None lives for ever; the view gets a reference of its own.
            draft.obj = unsafe { ffi::Py_NewRef(ffi::Py_None()) };
        }
        ObjFault::Fresh => {
            // SAFETY: the interpreter is attached; the new reference goes to the view.
            draft.obj = unsafe { ffi::PyBytes_FromStringAndSize(c"a new owner".as_ptr(), 11) };
        }
    }
}

/// Changes the first byte of the first item, where the memory is the exporter's own to write.
pub(super) fn change_data(plan: &Plan) {
    let (Some(block), Some(item)) = (plan.block(), plan.first_item()) else {
        return;
    };
    if block.is_writable() {
        // SAFETY: the first item of a layout that is not empty, in memory of this exporter.
        unsafe { item.write(item.read().wrapping_add(1)) };
    }
}

/// Leads the views that are held to a copy of the memory, always the same.
fn move_held(state: &State) {
    let held = state.addresses();
    let mut copies = state.replaced.borrow_mut();
    if copies.is_empty() && !held.is_empty() {
        copies.extend(Plan::own(&state.spec));
    }
    let Some(copy) = copies.first() else { return };
    for address in held {
        let view = std::ptr::with_exposed_provenance_mut::<ffi::Py_buffer>(address);
        // SAFETY: the struct of a view that was not released yet; consumers keep it where it was filled.
        unsafe { (*view).buf = copy.first.cast() };
    }
}

/// Allocates and loses 4 KiB.
fn leak() {
    // SAFETY: the block is written within its size; losing it is the point.
    unsafe {
        let block = libc::malloc(4096);
        if !block.is_null() {
            libc::memset(block, 0x5a, 4096);
        }
        black_box(block);
    }
}

/// The memory from the start of the block on, as it lies there.
pub(super) fn raw_bytes(plan: &Plan, len: usize) -> Vec<u8> {
    let mut bytes = plan.block().map_or_else(Vec::new, super::memory::Block::bytes);
    bytes.resize(len, 0);
    bytes
}

/// The numbers of an array, one an axis; `None` where the field is NULL or they are elsewhere.
fn values(numbers: &Numbers, native: &[isize]) -> Option<Vec<isize>> {
    match numbers {
        Numbers::Null | Numbers::At(_) => None,
        Numbers::Shared(_) | Numbers::InView => Some(native.to_vec()),
        Numbers::Own(values) => Some(values.clone()),
    }
}

fn change(numbers: &mut [isize], axis: AxisChoice, change: impl Fn(isize) -> isize) {
    let number = match axis {
        AxisChoice::First => numbers.first_mut(),
        AxisChoice::Last => numbers.last_mut(),
    };
    if let Some(number) = number {
        *number = change(*number);
    }
}
