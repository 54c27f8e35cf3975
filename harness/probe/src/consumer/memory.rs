//! Guarded memory: every part of a spy on pages of its own, between pages that nobody can reach.
//!
//! Knows pages and their protection. Must never know what lies in them, or who touches it.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};

use bufcheck_model::spy::{Flush, Place, Region};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};

/// Bytes that cannot be reached on either side of the items and of the pointers.
const WIDE: usize = 256 << 10;

/// Where one region lies: its pages, and its bytes within them.
#[derive(Clone, Copy, Default)]
struct Extent {
    first_page: usize,
    end_page: usize,
    start: usize,
    end: usize,
    /// What follows up to here cannot be reached.
    guard_end: usize,
}

/// A reservation. It lives as long as the process: a consumer may hold a pointer for ever.
pub(super) struct Guarded {
    base: usize,
    regions: [Extent; Region::ALL.len()],
    writable: bool,
    /// One bit a region.
    open: AtomicU8,
    /// Open to everybody, for good.
    retired: AtomicBool,
    /// Views that are held.
    pub(super) held: AtomicU32,
    /// Views that were ever granted.
    pub(super) granted: AtomicU32,
    next: Option<&'static Guarded>,
}

/// Every reservation, the latest first.
static ALL: AtomicPtr<Guarded> = AtomicPtr::new(ptr::null_mut());

/// Bytes of a page, looked up where the first reservation is made: the fault handler asks nobody.
static PAGE: AtomicUsize = AtomicUsize::new(4096);

/// One bit for a region.
pub(super) const fn bit(region: Region) -> u8 {
    1 << region as u8
}

impl Guarded {
    /// Reserves memory for these parts, open for now.
    pub(super) fn reserve(
        parts: &[(Region, usize)],
        flush: Flush,
        writable: bool,
    ) -> io::Result<&'static Self> {
        let page = rustix::param::page_size();
        PAGE.store(page, Relaxed);
        let pages = |bytes: usize| bytes.div_ceil(page).max(1) * page;
        let guard = |region: Region| match region {
            Region::Memory | Region::Pointers => WIDE.max(page),
            Region::Shape | Region::Strides | Region::Suboffsets | Region::Format => page,
        };
        let total = parts
            .iter()
            .map(|(region, bytes)| pages(*bytes) + guard(*region))
            .sum::<usize>()
            + WIDE;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping at an address that the kernel chooses touches no memory of ours; it is never unmapped.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), total, ProtFlags::empty(), flags) }? as usize;
        let mut regions = [Extent::default(); Region::ALL.len()];
        let mut at = base + WIDE;
        for (region, bytes) in parts {
            let room = pages(*bytes);
            let start = match flush {
                Flush::Start if *region == Region::Memory => at,
                Flush::Start | Flush::End => at + room - bytes,
            };
            regions[*region as usize] = Extent {
                first_page: at,
                end_page: at + room,
                start,
                end: start + bytes,
                guard_end: at + room + guard(*region),
            };
            at += room + guard(*region);
        }
        let guarded = Box::leak(Box::new(Self {
            base,
            regions,
            writable,
            open: AtomicU8::new(0),
            retired: AtomicBool::new(false),
            held: AtomicU32::new(0),
            granted: AtomicU32::new(0),
            next: None,
        }));
        for (region, _) in parts {
            guarded.protect(*region, MprotectFlags::READ | MprotectFlags::WRITE)?;
        }
        // SAFETY: what the list holds was leaked by this function, so that it lives for ever and is only ever shared.
        guarded.next = unsafe { ALL.load(Relaxed).as_ref() };
        ALL.store(ptr::from_mut(guarded), Relaxed);
        Ok(guarded)
    }

    /// The first byte of a region; null where there is none.
    pub(super) fn start(&self, region: Region) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.regions[region as usize].start)
    }

    /// The first byte that cannot be reached behind a region.
    pub(super) fn behind(&self, region: Region) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.regions[region as usize].end_page)
    }

    /// Opens these regions to consumers.
    pub(super) fn open(&self, wanted: u8) {
        if self.retired.load(Relaxed) {
            return;
        }
        for region in Region::ALL {
            let missing = wanted & bit(region) != 0 && self.open.load(Relaxed) & bit(region) == 0;
            if missing && self.regions[region as usize].end_page != 0 {
                let write = self.writable && region == Region::Memory;
                let writing = if write {
                    MprotectFlags::WRITE
                } else {
                    MprotectFlags::empty()
                };
                if self.protect(region, MprotectFlags::READ | writing).is_ok() {
                    self.open.fetch_or(bit(region), Relaxed);
                }
            }
        }
    }

    /// Closes every region, also to whoever was let in by a fault.
    pub(super) fn close(&self) {
        for region in Region::ALL {
            if self.regions[region as usize].end_page != 0 {
                // Refused only for want of kernel memory: then less is seen.
                let _ = self.protect(region, MprotectFlags::empty());
            }
        }
        self.open.store(0, Relaxed);
    }

    /// Closes what a request or a fault opened; cheap where that is one region.
    pub(super) fn close_opened(&self) {
        if self.retired.load(Relaxed) {
            return;
        }
        let open = self.open.swap(0, Relaxed);
        for region in Region::ALL.into_iter().filter(|region| open & bit(*region) != 0) {
            let _ = self.protect(region, MprotectFlags::empty());
        }
    }

    /// Opens every region to everybody, since nobody watches any longer.
    pub(super) fn open_for_good(&self) {
        for region in Region::ALL {
            if self.regions[region as usize].end_page != 0 {
                // Refused only for want of kernel memory: then it stays as it is.
                let _ = self.protect(region, MprotectFlags::READ | MprotectFlags::WRITE);
            }
        }
        self.retired.store(true, Relaxed);
    }

    fn protect(&self, region: Region, protection: MprotectFlags) -> io::Result<()> {
        let extent = self.regions[region as usize];
        let start = ptr::with_exposed_provenance_mut(extent.first_page);
        // SAFETY: the pages are part of our own reservation, and no reference of Rust leads into it.
        Ok(unsafe { mprotect(start, extent.end_page - extent.first_page, protection) }?)
    }

    /// The bytes of the items as they are now.
    pub(super) fn content(&self) -> Vec<u8> {
        let extent = self.regions[Region::Memory as usize];
        let was_open = self.open.load(Relaxed) & bit(Region::Memory) != 0;
        if self.protect(Region::Memory, MprotectFlags::READ).is_err() {
            return Vec::new();
        }
        let mut bytes = vec![0; extent.end - extent.start];
        // SAFETY: the pages were opened for reading just now, and the copy is as long as the region.
        unsafe { ptr::copy_nonoverlapping(self.start(Region::Memory), bytes.as_mut_ptr(), bytes.len()) };
        self.shut(was_open);
        bytes
    }

    /// Other bytes for the items, as many as there are.
    pub(super) fn put(&self, bytes: &[u8]) {
        let extent = self.regions[Region::Memory as usize];
        let was_open = self.open.load(Relaxed) & bit(Region::Memory) != 0;
        let both = MprotectFlags::READ | MprotectFlags::WRITE;
        if bytes.len() != extent.end - extent.start || self.protect(Region::Memory, both).is_err() {
            return;
        }
        // SAFETY: the pages were opened for writing just now, and the region is as long as what is copied.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start(Region::Memory), bytes.len()) };
        self.shut(was_open);
    }

    /// Leaves the memory of the items open or closed, as it was.
    fn shut(&self, was_open: bool) {
        self.open.fetch_and(!bit(Region::Memory), Relaxed);
        if was_open {
            self.open(bit(Region::Memory));
        } else {
            let _ = self.protect(Region::Memory, MprotectFlags::empty());
        }
    }

    /// What this address is to this reservation.
    fn place(&self, address: usize) -> Option<Place> {
        if address < self.base {
            return None;
        }
        for region in Region::ALL {
            let extent = self.regions[region as usize];
            if (extent.first_page..extent.end_page).contains(&address) {
                return Some(Place::Inside(region));
            }
            if (extent.end_page..extent.guard_end).contains(&address) {
                // The guard between two regions: whoever is near the second runs before its start.
                return Some(Place::Behind(region));
            }
        }
        (address < self.base + WIDE).then_some(Place::Before(Region::Memory))
    }
}

/// The reservation that an address lies in, and where. Only loads: the fault handler calls it.
pub(super) fn find(address: usize) -> Option<(&'static Guarded, Place)> {
    // SAFETY: what the list holds lives for ever and is only ever shared.
    let mut next = unsafe { ALL.load(Relaxed).as_ref() };
    while let Some(guarded) = next {
        if let Some(place) = guarded.place(address) {
            return Some((guarded, place));
        }
        next = guarded.next;
    }
    None
}

/// Opens the page of this address. One system call: the fault handler calls it.
pub(super) fn let_in(address: usize) -> bool {
    let page = PAGE.load(Relaxed);
    let start = ptr::with_exposed_provenance_mut(address / page * page);
    // SAFETY: `find` said that the page is part of a reservation of ours, into which no reference of Rust leads.
    unsafe { mprotect(start, page, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok()
}
