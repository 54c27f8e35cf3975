//! What one exporter object remembers.
//!
//! Knows views that are out, asks that were made, and the allocations that must outlive a call. Must
//! never know fields. All of it is used with the interpreter attached and within `body::alone` only, so that
//! cells are enough; the end of an object has it for itself.

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::thread::{self, ThreadId};

use bufcheck_model::reference::{Defect, DefectKind, PointerFault, ReferenceSpec};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::decide::Situation;
use super::plan::Plan;

/// What belongs to one view; `internal` points to it.
#[expect(
    dead_code,
    reason = "the arrays and the copy are read by consumers, through the view"
)]
pub(super) struct Ticket {
    /// Arrays of the view.
    pub(super) arrays: Vec<Vec<isize>>,
    /// The copy that the view shows.
    pub(super) copy: Vec<u8>,
    /// Where the struct was filled; only faults look at it.
    pub(super) address: usize,
}

/// The memory of one exporter object.
pub(super) struct State {
    pub(super) spec: ReferenceSpec,
    pub(super) plan: RefCell<Plan>,
    /// The exporter that requests are passed on to.
    pub(super) next: Option<Py<PyAny>>,
    pub(super) held: Cell<u64>,
    pub(super) writer: Cell<bool>,
    pub(super) ever_granted: Cell<bool>,
    pub(super) closed: Cell<bool>,
    pub(super) last_granted: Cell<Request>,
    /// The thread that made the object.
    home: ThreadId,
    refused_last: Cell<bool>,
    asks: Cell<u64>,
    releases: Cell<u64>,
    attacks: Cell<u64>,
    #[allow(
        clippy::vec_box,
        reason = "`internal` is the address of the ticket, which must not move"
    )]
    tickets: RefCell<Vec<Box<Ticket>>>,
    kept_numbers: RefCell<Vec<Box<[isize]>>>,
    kept_texts: RefCell<Vec<CString>>,
    /// Layouts that were replaced while views of them were held, and copies of the memory.
    pub(super) replaced: RefCell<Vec<Plan>>,
    /// Arrays that were overwritten by a faulty release.
    spoiled: RefCell<Vec<[Vec<isize>; 2]>>,
    /// Two places that take turns, for faults that overwrite what an earlier view uses.
    scratch: RefCell<[Vec<isize>; 2]>,
    scratch_text: RefCell<[Vec<u8>; 2]>,
    turn: Cell<usize>,
}

impl State {
    pub(super) fn new(spec: ReferenceSpec, plan: Plan) -> Self {
        Self {
            spec,
            plan: RefCell::new(plan),
            next: None,
            held: Cell::new(0),
            writer: Cell::new(false),
            ever_granted: Cell::new(false),
            closed: Cell::new(false),
            last_granted: Cell::new(Request::SIMPLE),
            home: thread::current().id(),
            refused_last: Cell::new(false),
            asks: Cell::new(0),
            releases: Cell::new(0),
            attacks: Cell::new(0),
            tickets: RefCell::default(),
            kept_numbers: RefCell::default(),
            kept_texts: RefCell::default(),
            replaced: RefCell::default(),
            spoiled: RefCell::default(),
            scratch: RefCell::new([vec![0; SCRATCH], vec![0; SCRATCH]]),
            scratch_text: RefCell::new([vec![0; 256], vec![0; 256]]),
            turn: Cell::new(0),
        }
    }

    /// An exporter that passes every request on.
    pub(super) fn redirecting(spec: ReferenceSpec, plan: Plan, next: Py<PyAny>) -> Self {
        Self {
            next: Some(next),
            ..Self::new(spec, plan)
        }
    }

    pub(super) fn situation(&self) -> Situation {
        Situation {
            closed: self.closed.get(),
            held: self.held.get(),
            writer: self.writer.get(),
        }
    }

    /// The fault that shows at this request; counts it.
    pub(super) fn fault(&self, request: Request) -> Option<&Defect> {
        let defect = self.spec.defect.as_ref()?;
        if defect.kind.is_of_release() || !defect.when.concerns(request) || self.is_sound_here(defect) {
            return None;
        }
        let count = step(&self.asks);
        let holds = defect.when.holds(count, self.held.get(), self.refused_last.get());
        holds.then_some(defect)
    }

    /// The fault that shows at this release; counts it.
    pub(super) fn release_fault(&self) -> Option<&Defect> {
        let defect = self.spec.defect.as_ref()?;
        let concerned = defect.kind.is_of_release() && defect.when.concerns(self.last_granted.get());
        if !concerned || self.is_sound_here(defect) {
            return None;
        }
        let count = step(&self.releases);
        let holds = defect.when.holds(count, self.held.get(), self.refused_last.get());
        holds.then_some(defect)
    }

    /// Whether the fault shows in other threads only, and this is the one that made the object.
    fn is_sound_here(&self, defect: &Defect) -> bool {
        matches!(defect.kind, DefectKind::Abroad(_)) && thread::current().id() == self.home
    }

    /// Whether the attack of the description is due; counts it.
    pub(super) fn attack_is_due(&self, request: Request) -> bool {
        self.spec.hostile.as_ref().is_some_and(|hostile| {
            hostile.when.concerns(request)
                && hostile
                    .when
                    .holds(step(&self.attacks), self.held.get(), self.refused_last.get())
        })
    }

    pub(super) fn refused(&self) {
        self.refused_last.set(true);
    }

    pub(super) fn granted(&self, request: Request) {
        self.refused_last.set(false);
        self.ever_granted.set(true);
        self.last_granted.set(request);
        self.held.set(self.held.get() + 1);
        self.writer.set(self.writer.get() || request.wants_writable());
    }

    /// One view is given back.
    pub(super) fn uncount(&self) {
        self.held.set(self.held.get().saturating_sub(1));
        if self.held.get() == 0 {
            self.writer.set(false);
        }
    }

    /// Goes on with another layout or memory. What views still use stays mapped, but is worthless.
    pub(super) fn exchange(&self, plan: Plan) {
        let old = self.plan.replace(plan);
        let defect = self.spec.defect.as_ref().map(|defect| defect.kind);
        if self.held.get() > 0 || defect == Some(DefectKind::Buf(PointerFault::Stale)) {
            if let Some(block) = old.block() {
                block.scribble(0xdd);
            }
            self.replaced.borrow_mut().push(old);
        }
    }

    /// Where the structs of the views that have belongings were filled.
    pub(super) fn addresses(&self) -> Vec<usize> {
        self.tickets
            .borrow()
            .iter()
            .map(|ticket| ticket.address)
            .collect()
    }

    /// Takes the belongings of a view; the address goes into `internal`.
    pub(super) fn issue(&self, ticket: Ticket) -> *mut std::ffi::c_void {
        let mut boxed = Box::new(ticket);
        let address = (&raw mut *boxed).cast();
        self.tickets.borrow_mut().push(boxed);
        address
    }

    /// Gives back the belongings of the view with this `internal`; none where it has none.
    pub(super) fn redeem(&self, internal: *mut std::ffi::c_void) -> Option<Box<Ticket>> {
        let mut tickets = self.tickets.borrow_mut();
        let at = tickets
            .iter()
            .position(|ticket| std::ptr::eq(&raw const **ticket, internal.cast()))?;
        Some(tickets.swap_remove(at))
    }

    /// Keeps numbers until the object ends.
    pub(super) fn keep(&self, numbers: &[isize]) -> *mut isize {
        let mut kept = self.kept_numbers.borrow_mut();
        if let Some(known) = kept.iter().find(|known| known[..] == *numbers) {
            return known.as_ptr().cast_mut();
        }
        kept.push(numbers.into());
        kept.last()
            .map_or(std::ptr::null_mut(), |last| last.as_ptr().cast_mut())
    }

    /// Keeps text until the object ends.
    pub(super) fn keep_text(&self, text: CString) -> *mut std::ffi::c_char {
        let mut kept = self.kept_texts.borrow_mut();
        if let Some(known) = kept.iter().find(|known| **known == text) {
            return known.as_ptr().cast_mut();
        }
        kept.push(text);
        kept.last()
            .map_or(std::ptr::null_mut(), |last| last.as_ptr().cast_mut())
    }

    /// Spoils the scratch places and says which of them is next.
    pub(super) fn turn(&self) {
        self.turn.set(1 - self.turn.get());
        for place in self.scratch.borrow_mut().iter_mut() {
            place.fill(7);
        }
        for place in self.scratch_text.borrow_mut().iter_mut() {
            place.fill(0);
            place[..1].copy_from_slice(b"x");
        }
    }

    /// Writes numbers into the scratch place whose turn it is, as array number `which`.
    pub(super) fn scribble(&self, which: usize, numbers: &[isize]) -> *mut isize {
        let mut scratch = self.scratch.borrow_mut();
        let place = &mut scratch[self.turn.get()][which * ARRAY..][..ARRAY];
        let len = numbers.len().min(ARRAY);
        place[..len].copy_from_slice(&numbers[..len]);
        place.as_mut_ptr()
    }

    /// Writes text into the scratch place whose turn it is.
    pub(super) fn scribble_text(&self, text: &std::ffi::CStr) -> *mut std::ffi::c_char {
        let mut scratch = self.scratch_text.borrow_mut();
        let place = &mut scratch[self.turn.get()];
        let bytes = text.to_bytes();
        let len = bytes.len().min(place.len() - 1);
        place[..len].copy_from_slice(&bytes[..len]);
        place[len] = 0;
        place.as_mut_ptr().cast()
    }

    /// Overwrites the shape and strides that all views share; later views get sound ones.
    pub(super) fn spoil_arrays(&self) {
        let mut plan = self.plan.borrow_mut();
        let (shape, strides) = (plan.shape.clone(), plan.strides.clone());
        let mut old = [
            std::mem::replace(&mut plan.shape, shape),
            std::mem::replace(&mut plan.strides, strides),
        ];
        for numbers in &mut old {
            numbers.fill(7);
        }
        self.spoiled.borrow_mut().push(old);
    }

    /// How often the fault was due already: for faults that alternate.
    pub(super) fn asked(&self) -> u64 {
        self.asks.get()
    }
}

/// Numbers of one scratch array, and of one scratch place.
const ARRAY: usize = 66;
const SCRATCH: usize = 3 * ARRAY;

fn step(counter: &Cell<u64>) -> u64 {
    counter.set(counter.get() + 1);
    counter.get()
}
