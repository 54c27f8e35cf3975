//! Spies and their twins, made from data.
//!
//! Knows how the parts of a spy come to lie in memory. Must never know what is done with them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int};
use std::io;
use std::ptr;
use std::sync::Mutex;

use bufcheck_model::spy::{Call, Dress, Empty, Region, Simple, Spy, SpyProblem, Twin, moved};
use bufcheck_protocol::layout::Layout;
use pyo3::prelude::*;

use super::answer::{Arrays, Books, State};
use super::memory::Guarded;
use super::object::{self, Kind};
use super::told;

/// Bytes of zeroes on both sides of a twin's memory: whoever leaves it reads the same each time.
const SLACK: usize = 4096;

/// A spy, or a twin of one, ready to be given to a consumer.
pub(super) struct Given {
    pub(super) object: Py<PyAny>,
    pub(super) owner: Option<Py<PyAny>>,
    pub(super) state: &'static State,
    /// Its memory at first.
    content: Vec<u8>,
    /// Its memory where the call began.
    begun: RefCell<Vec<u8>>,
    /// It was given before, and may have been written to.
    used: Cell<bool>,
    /// The memory of a twin.
    open: *mut u8,
    /// Where each item begins, in C order; its size.
    places: Vec<usize>,
    pub(super) itemsize: usize,
}

/// Everything that was made so far: spies live as long as the process, so each is made once.
#[derive(Default)]
pub(crate) struct Wardrobe(HashMap<(String, Call, Dress), (Spy, Given)>);

/// What makes two calls get the same object: not what becomes of it in one of them. A twin is only there to be compared
/// with: each content is a twin of its own.
fn object_of(call: Call) -> Call {
    Call {
        spy: 0,
        refuses: None,
        moved: if call.twin.is_some() { call.moved } else { 0 },
        ..call
    }
}

/// A spy that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unmade {
    #[error("{0}")]
    Data(#[from] SpyProblem),
    #[error("its format holds a NUL")]
    Format(#[from] std::ffi::NulError),
    #[error("it has no values in a native format")]
    NoValues,
    #[error(transparent)]
    Memory(#[from] io::Error),
    #[error(transparent)]
    Python(#[from] PyErr),
}

impl Wardrobe {
    /// Makes what is needed for a call, the first time.
    pub(super) fn prepare(
        &mut self,
        py: Python<'_>,
        spy: &Spy,
        (call, dress): (Call, Dress),
    ) -> Result<(), Unmade> {
        let key = (spy.id.clone(), object_of(call), dress);
        if self.0.get(&key).is_none_or(|(known, _)| known != spy) {
            let given = make(py, spy, (call, dress))?;
            self.0.insert(key, (spy.clone(), given));
        }
        Ok(())
    }

    /// What was prepared for a call.
    pub(super) fn given(&self, spy: &Spy, (call, dress): (Call, Dress)) -> Option<&Given> {
        self.0
            .get(&(spy.id.clone(), object_of(call), dress))
            .map(|(_, given)| given)
    }
}

impl Given {
    /// A call begins: its content is as planned, and so are its refusals. `unit`: bytes of what counts as an item.
    pub(super) fn begin(&self, call: Call, unit: usize) {
        self.state.begin(call.refuses);
        if !self.used.replace(true) && call.moved == 0 {
            return;
        }
        let wanted = other(&self.content, (&self.places, self.itemsize), (unit, call.moved));
        if let Some(guarded) = self.state.guarded {
            guarded.put(&wanted);
        } else {
            // SAFETY: the memory of a twin was leaked, and is as long as what was put into it.
            unsafe { ptr::copy_nonoverlapping(wanted.as_ptr(), self.open, wanted.len()) };
        }
        self.begun.replace(wanted);
    }

    /// All items of this content, in C order.
    fn items(&self, content: &[u8]) -> Vec<u8> {
        items(content, &self.places, self.itemsize)
    }

    /// Its memory as it is now, if it was changed: all items in C order, and whether more than them was changed.
    pub(super) fn changed(&self) -> Option<(Vec<u8>, bool)> {
        if self.state.later.is_some() {
            // Who else wrote to it cannot be known.
            return None;
        }
        let begun = self.begun.borrow();
        let now = if let Some(guarded) = self.state.guarded {
            guarded.content()
        } else {
            let mut now = vec![0; begun.len()];
            // SAFETY: the memory of a twin was leaked, and is as long as what was put into it.
            unsafe { ptr::copy_nonoverlapping(self.open, now.as_mut_ptr(), now.len()) };
            now
        };
        if now == *begun || now.len() != begun.len() {
            return None;
        }
        let items = self.items(&now);
        let mut gaps = vec![true; now.len()];
        for at in &self.places {
            gaps[*at..*at + self.itemsize].fill(false);
        }
        let outside = gaps.iter().zip(now.iter().zip(begun.iter()));
        let changed = outside
            .into_iter()
            .any(|(gap, (now, before))| *gap && now != before);
        Some((items, changed))
    }
}

/// A plain buffer with the items of something that is described as a spy is.
pub(super) fn twin(
    py: Python<'_>,
    spy: &Spy,
    bytes: Vec<u8>,
    (readonly, dress): (i32, Dress),
    kind: Twin,
) -> Result<Given, Unmade> {
    open(py, &alike(spy, bytes, kind)?, (readonly, dress))
}

/// Makes what a call is given.
pub(super) fn make(py: Python<'_>, spy: &Spy, (call, dress): (Call, Dress)) -> Result<Given, Unmade> {
    match call.twin {
        None => guarded(py, spy, (call, dress)),
        Some(kind) => {
            let bytes = spy.items(&spy.bytes()?)?;
            twin(py, spy, bytes, (call.readonly, dress), kind)
        }
    }
}

/// The twin of a spy with these items, as a spy.
fn alike(spy: &Spy, bytes: Vec<u8>, twin: Twin) -> Result<(Spy, Vec<u8>), Unmade> {
    let bare = |format: &str, itemsize, shape: Vec<usize>| Spy {
        format: format.to_owned(),
        itemsize,
        shape,
        ..Spy::default()
    };
    Ok(match twin {
        Twin::Bytes => (bare("B", 1, vec![bytes.len()]), bytes),
        Twin::Layout => (bare(&spy.format, spy.itemsize, spy.shape.clone()), bytes),
        Twin::Values => {
            let (format, bytes) = spy.values()?.ok_or(Unmade::NoValues)?;
            let items = spy.shape.iter().product::<usize>().max(1);
            (bare(&format, bytes.len() / items, spy.shape.clone()), bytes)
        }
    })
}

/// A spy in guarded memory.
fn guarded(py: Python<'_>, spy: &Spy, (call, dress): (Call, Dress)) -> Result<Given, Unmade> {
    let content = spy.bytes()?;
    let places = spy.offsets()?;
    let format = CString::new(spy.format.as_str())?;
    let layout = spy.layout()?;
    let (shape, strides) = arrays(&layout);
    let pointers: Vec<usize> = spy.pointers.clone();
    let suboffsets = spy.suboffsets.clone().unwrap_or_default();
    let array = |numbers: usize| numbers * size_of::<isize>();
    let sizes = [
        (Region::Memory, content.len()),
        (Region::Pointers, array(pointers.len())),
        (Region::Shape, array(shape.len())),
        (Region::Strides, array(shape.len())),
        (Region::Suboffsets, array(suboffsets.len())),
        (Region::Format, format.as_bytes_with_nul().len()),
    ];
    let parts: Vec<_> = sizes
        .into_iter()
        .filter(|(region, size)| *region == Region::Memory || *size > 0)
        .collect();
    let guarded = Guarded::reserve(&parts, call.flush, call.readonly == 0)?;
    let memory = guarded.start(Region::Memory);
    put(memory, &content);
    let led: Vec<usize> = pointers.iter().map(|to| memory as usize + to).collect();
    let first = if led.is_empty() {
        memory
    } else {
        guarded.start(Region::Pointers)
    };
    put(guarded.start(Region::Pointers).cast(), &led);
    let arrays = Arrays {
        shape: put(guarded.start(Region::Shape).cast(), &shape),
        strides: put(guarded.start(Region::Strides).cast(), &strides),
        suboffsets: put(guarded.start(Region::Suboffsets).cast(), &suboffsets),
        format: put(guarded.start(Region::Format).cast::<c_char>(), signs(&format)),
    };
    guarded.close();
    let buf = match spy.empty {
        Some(Empty::Null) => ptr::null_mut(),
        // Far enough that nobody takes it for the end of something.
        Some(Empty::Dangling) => guarded.behind(Region::Memory).wrapping_add(64),
        None => first.wrapping_add(spy.start),
    };
    let state = State {
        buf: buf.cast(),
        arrays,
        guarded: Some(guarded),
        later: spy
            .changes
            .then(|| other(&content, (&places, spy.itemsize), (spy.itemsize, 1))),
        ..blank(spy, layout, (call.readonly, dress))
    };
    finish(py, (spy, dress), state, (content, ptr::null_mut(), places))
}

/// A twin in open memory.
fn open(
    py: Python<'_>,
    (spy, bytes): &(Spy, Vec<u8>),
    (readonly, dress): (i32, Dress),
) -> Result<Given, Unmade> {
    let mut memory = vec![0; SLACK];
    memory.extend_from_slice(bytes);
    memory.resize(memory.len() + SLACK, 0);
    let memory = Box::leak(memory.into_boxed_slice())[SLACK..].as_mut_ptr();
    let array = |numbers: Vec<isize>| {
        if numbers.is_empty() {
            ptr::null_mut()
        } else {
            Box::leak(numbers.into_boxed_slice()).as_mut_ptr()
        }
    };
    let layout = spy.layout()?;
    let (shape, strides) = arrays(&layout);
    let state = State {
        buf: memory.cast(),
        arrays: Arrays {
            shape: array(shape),
            strides: array(strides),
            suboffsets: ptr::null_mut(),
            format: CString::new(spy.format.as_str())?.into_raw(),
        },
        ..blank(spy, layout, (readonly, dress))
    };
    let places = (0..spy.shape.iter().product::<usize>())
        .map(|item| item * spy.itemsize)
        .collect();
    finish(py, (spy, dress), state, (bytes.clone(), memory, places))
}

/// The numbers of a spy, without memory.
fn blank(spy: &Spy, layout: Layout, (readonly, dress): (c_int, Dress)) -> State {
    State {
        buf: ptr::null_mut(),
        readonly,
        layout,
        arrays: Arrays {
            shape: ptr::null_mut(),
            strides: ptr::null_mut(),
            suboffsets: ptr::null_mut(),
            format: ptr::null_mut(),
        },
        simple_ndim: match spy.simple_ndim {
            None => 1,
            Some(Simple::Zero) => 0,
            Some(Simple::True) => c_int::try_from(spy.shape.len()).unwrap_or(1),
        },
        own_arrays: spy.own_arrays,
        refuses: spy.refuses,
        owner: ptr::null_mut(),
        items: ptr::null_mut(),
        hears_releases: dress.hears_releases(),
        later: None,
        guarded: None,
        books: Mutex::new(Books::default()),
    }
}

fn finish(
    py: Python<'_>,
    (spy, dress): (&Spy, Dress),
    mut state: State,
    (content, open, places): (Vec<u8>, *mut u8, Vec<usize>),
) -> Result<Given, Unmade> {
    if dress == Dress::Sequence && !spy.shape.is_empty() {
        let items = items(&content, &places, spy.itemsize);
        state.items = told::items(py, spy, &items)?.into_ptr();
    }
    let state = Box::into_raw(Box::new(state));
    let owner = if spy.redirects {
        Some(object::new(py, state, Kind::Owner(dress))?)
    } else {
        None
    };
    if let Some(owner) = &owner {
        // SAFETY: nobody else knows the state yet.
        unsafe { (*state).owner = owner.as_ptr() };
    }
    let object = object::new(py, state, Kind::Given(dress))?;
    Ok(Given {
        object,
        owner,
        // SAFETY: the state was leaked above, and is only ever shared from here on.
        state: unsafe { &*state },
        begun: RefCell::new(content.clone()),
        used: Cell::new(false),
        content,
        open,
        places,
        itemsize: spy.itemsize,
    })
}

/// All items of some content, in C order.
fn items(content: &[u8], places: &[usize], itemsize: usize) -> Vec<u8> {
    let items = places.iter().flat_map(|at| &content[*at..*at + itemsize]);
    items.copied().collect()
}

/// Other content: its items, each as large as `itemsize`, moved up by some units of so many bytes.
fn other(content: &[u8], (places, itemsize): (&[usize], usize), (unit, by): (usize, usize)) -> Vec<u8> {
    let mut other = content.to_vec();
    let moved = moved(&items(content, places, itemsize), unit, by);
    for (at, item) in places.iter().zip(moved.chunks(itemsize.max(1))) {
        other[*at..*at + item.len()].copy_from_slice(item);
    }
    other
}

/// Copies into a region, which is as long; null where there is nothing.
fn put<T: Copy>(to: *mut T, from: &[T]) -> *mut T {
    if from.is_empty() {
        return ptr::null_mut();
    }
    // SAFETY: the region was reserved with the size of these numbers, is open for writing, and its end is aligned as
    // they are.
    unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
    to
}

fn signs(text: &CString) -> &[c_char] {
    let bytes = text.as_bytes_with_nul();
    // SAFETY: `c_char` is a byte, whatever its sign.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// `shape` and `strides` as a struct holds them.
fn arrays(layout: &Layout) -> (Vec<isize>, Vec<isize>) {
    // A spy lies in memory of this process: its numbers fit.
    let extent = |extent: &u64| isize::try_from(*extent).unwrap_or(isize::MAX);
    let stride = |stride: &i64| isize::try_from(*stride).unwrap_or(isize::MAX);
    (
        layout.shape().iter().map(extent).collect(),
        layout.strides().iter().map(stride).collect(),
    )
}
