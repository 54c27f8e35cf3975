//! The tables of a traced process, behind one lock: sites, views, answers, and what was written of them.
//!
//! Knows what was seen before. Must never call the interpreter: whoever holds the lock would wait for one that waits for
//! it.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use bufcheck_model::trace::{Cell, Global, MAX_SITES, Record, Start};
use pyo3::ffi::PyTypeObject;

use super::counts::Words;
use super::live::Live;
use super::raw::TypeHead;

/// Distinct answers that are told apart.
const MOST_ANSWERS: usize = 1 << 16;

/// Bytes of one process's file.
const MOST_BYTES: u64 = 64 << 20;

/// Places of the table of sites, twice as many as there are sites.
const PLACES: usize = MAX_SITES * 2;

/// Requests and releases are watched.
pub(super) static ON: AtomicBool = AtomicBool::new(false);

static STATE: Mutex<Option<State>> = Mutex::new(None);

/// Who asks what of which type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) kind: usize,
    pub(super) flags: i32,
    pub(super) from: usize,
}

struct Known {
    asking: Asking,
    /// The name of a type that may go, so that another one at the same address is told from it.
    name: Option<CString>,
    /// The last answer it got.
    last: u64,
    /// Its line, for the file of a child.
    line: Vec<u8>,
    written: bool,
    turn: usize,
}

/// Everything.
pub(super) struct State {
    start: Start,
    folder: String,
    known: Vec<Known>,
    places: Box<[u32; PLACES]>,
    answers: HashSet<(u32, u64)>,
    events: HashSet<(u32, u64)>,
    pub(super) live: Live,
    file: Option<File>,
}

struct File {
    path: String,
    bytes: u64,
    words: Words,
}

/// The tables, for as long as the guard is held; `None` where nothing is traced.
pub(super) fn with<R>(use_it: impl FnOnce(&mut State) -> R) -> Option<R> {
    let mut guard: MutexGuard<'_, Option<State>> = STATE.lock().ok()?;
    guard.as_mut().map(use_it)
}

/// Begins; `false` if that was done before.
pub(super) fn begin(start: Start, folder: String) -> Result<bool, String> {
    let mut guard = STATE.lock().map_err(|_| "the tables are broken")?;
    if guard.is_some() {
        return Ok(false);
    }
    *guard = Some(State {
        start,
        folder,
        known: Vec::with_capacity(256),
        places: vec![0; PLACES]
            .into_boxed_slice()
            .try_into()
            .map_err(|_| "no memory")?,
        answers: HashSet::new(),
        events: HashSet::new(),
        live: Live::new().ok_or("no memory for the table of views")?,
        file: None,
    });
    Ok(true)
}

/// Ends, so that another trace can begin.
pub(super) fn end() {
    ON.store(false, Ordering::Relaxed);
    if let Ok(mut guard) = STATE.lock() {
        *guard = None;
    }
}

/// In the child of a fork: it writes files of its own, once it has something to write.
pub(super) extern "C" fn forked() {
    let Ok(mut guard) = STATE.try_lock() else {
        // Somebody else was in the tables, and is not in this process.
        ON.store(false, Ordering::Relaxed);
        return;
    };
    if let Some(state) = guard.as_mut() {
        state.start.forked_from = Some(state.start.pid);
        state.start.pid = std::process::id();
        state.file = None;
        for known in &mut state.known {
            known.written = false;
        }
    }
}

fn hash(asking: &Asking) -> usize {
    let mixed = (asking.kind >> 4)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(asking.from)
        .wrapping_mul(0xc2b2_ae3d_27d4_eb4f)
        ^ (asking.flags.cast_unsigned() as usize).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

impl State {
    /// The number of a site that is known, and 0 and 1 by turns.
    #[inline]
    pub(super) fn site(&mut self, asking: &Asking) -> Option<(u32, usize)> {
        let mut place = hash(asking) % PLACES;
        loop {
            let site = self.places[place].checked_sub(1)?;
            let known = self.known.get_mut(site as usize)?;
            if known.asking == *asking && is_same_type(known) {
                known.turn ^= 1;
                let turn = known.turn;
                if !known.written {
                    self.write_known(site);
                }
                return Some((site, turn));
            }
            place = (place + 1) % PLACES;
        }
    }

    /// A new site; `None` beyond the bound.
    pub(super) fn add_site(&mut self, asking: Asking, line: impl FnOnce(u32) -> Vec<u8>) -> Option<u32> {
        if self.known.len() >= MAX_SITES {
            return None;
        }
        let site = u32::try_from(self.known.len()).ok()?;
        let mut place = hash(&asking) % PLACES;
        while self.places[place] != 0 {
            place = (place + 1) % PLACES;
        }
        self.places[place] = site + 1;
        self.known.push(Known {
            asking,
            name: name_of(asking.kind),
            last: 0,
            line: line(site),
            written: false,
            turn: 0,
        });
        self.write_known(site);
        Some(site)
    }

    /// Whether this answer is the first of its kind.
    #[inline]
    pub(super) fn is_new(&mut self, site: u32, answer: u64) -> bool {
        let Some(known) = self.known.get_mut(site as usize) else {
            return false;
        };
        if known.last == answer {
            return false;
        }
        known.last = answer;
        self.answers.len() < MOST_ANSWERS && self.answers.insert((site, answer))
    }

    /// Whether this happened for the first time.
    pub(super) fn happens_first(&mut self, site: u32, what: u64) -> bool {
        self.events.len() < MOST_ANSWERS && self.events.insert((site, what))
    }

    #[inline]
    fn write_known(&mut self, site: u32) {
        let Some(known) = self.known.get_mut(site as usize) else {
            return;
        };
        if !known.written {
            known.written = true;
            let line = known.line.clone();
            self.write_line(&line);
        }
    }

    /// Writes a line.
    pub(super) fn write(&mut self, record: &Record) {
        if let Ok(line) = serde_json::to_vec(record) {
            self.write_line(&line);
        }
    }

    /// Opened and closed for each line: a descriptor that stays open may be closed by the program, and its number given
    /// to a file of its own.
    fn write_line(&mut self, line: &[u8]) {
        let Some(file) = self.open() else {
            return;
        };
        let mut whole = Vec::with_capacity(line.len() + 1);
        whole.extend_from_slice(line);
        whole.push(b'\n');
        let fits = file.bytes + whole.len() as u64 <= MOST_BYTES;
        let written = fits && append(&file.path, &whole);
        if written {
            file.bytes += whole.len() as u64;
        } else {
            file.words.add(Global::Unwritten);
        }
    }

    /// The files of this process, made when they are first needed.
    fn open(&mut self) -> Option<&mut File> {
        if self.file.is_none() {
            let pid = std::process::id();
            self.start.pid = pid;
            let file = (0..10_000).find_map(|number| {
                let path = format!("{}/{pid}-{number}", self.folder);
                let words = Words::create(&format!("{path}.counts"))?;
                Some(File {
                    path: format!("{path}.jsonl"),
                    bytes: 0,
                    words,
                })
            });
            let Some(file) = file else {
                ON.store(false, Ordering::Relaxed);
                return None;
            };
            self.file = Some(file);
            let start = Record::Start(self.start.clone());
            self.write(&start);
        }
        self.file.as_mut()
    }

    /// Counts.
    #[inline]
    pub(super) fn count(&mut self, what: Global) {
        if let Some(file) = self.open() {
            file.words.add(what);
        }
    }

    /// Counts for a site.
    #[inline]
    pub(super) fn count_of(&mut self, site: u32, what: Cell) {
        if let Some(file) = self.open() {
            file.words.add_of(site, what);
        }
    }

    /// Counts types whose slots cannot be watched, all of them anew.
    pub(super) fn unwatched(&mut self, types: u64) {
        if let Some(file) = self.open() {
            file.words.set(Global::Unwatched, types);
        }
    }

    /// Takes in what was found at the start.
    pub(super) fn set_start(&mut self, set: impl FnOnce(&mut Start)) {
        set(&mut self.start);
    }
}

fn append(path: &str, bytes: &[u8]) -> bool {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)
        .is_ok_and(|mut file| file.write_all(bytes).is_ok())
}

/// The name of a type that may go.
fn name_of(kind: usize) -> Option<CString> {
    // SAFETY: the type of the object that is being asked.
    let head = unsafe { TypeHead::of(kind as *mut PyTypeObject) };
    // SAFETY: its name is a string.
    head.is_heap()
        .then(|| unsafe { CStr::from_ptr(head.name) }.to_owned())
}

#[inline]
fn is_same_type(known: &Known) -> bool {
    let Some(name) = &known.name else {
        return true;
    };
    // SAFETY: as in `name_of`: the type at this address is that of the object that is being asked.
    let head = unsafe { TypeHead::of(known.asking.kind as *mut PyTypeObject) };
    // SAFETY: its name is a string.
    head.is_heap() && unsafe { CStr::from_ptr(head.name) } == name.as_c_str()
}
