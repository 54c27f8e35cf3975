//! The state of a process that all its code shares.
//!
//! Knows where it is read and how it is put back. Must never know who changed it.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int};
use std::fs;
use std::mem::MaybeUninit;
use std::path::PathBuf;

use bufcheck_model::observation::Touched;
use pyo3::prelude::*;
use rustix::fd::BorrowedFd;
use rustix::fs::{Mode, fstat};

/// Signals with a meaning of their own; those beyond are free for everybody.
const SIGNALS: c_int = 31;

const CATEGORIES: [(c_int, &str); 6] = [
    (libc::LC_COLLATE, "LC_COLLATE"),
    (libc::LC_CTYPE, "LC_CTYPE"),
    (libc::LC_MESSAGES, "LC_MESSAGES"),
    (libc::LC_MONETARY, "LC_MONETARY"),
    (libc::LC_NUMERIC, "LC_NUMERIC"),
    (libc::LC_TIME, "LC_TIME"),
];

/// What tells files apart: device and number.
type Identity = (u64, u64);

/// The state at one moment.
pub(super) struct State {
    directory: Option<PathBuf>,
    locale: [Option<CString>; CATEGORIES.len()],
    /// What C has set for each signal, and what Python calls for it.
    handlers: Vec<(Option<libc::sigaction>, Option<Py<PyAny>>)>,
    mask: Option<u32>,
    descriptors: BTreeMap<i32, Identity>,
}

impl State {
    /// Reads all of it.
    pub(super) fn now(py: Python<'_>) -> Self {
        let signal = py.import("_signal").ok();
        let by_python = |number: c_int| {
            let found = signal.as_ref()?.call_method1("getsignal", (number,)).ok()?;
            (!found.is_none()).then(|| found.unbind())
        };
        Self {
            directory: std::env::current_dir().ok(),
            locale: CATEGORIES.map(|(category, _)| locale(category)),
            handlers: (1..=SIGNALS)
                .map(|number| (handler(number), by_python(number)))
                .collect(),
            mask: mask(),
            descriptors: descriptors(),
        }
    }

    /// How many descriptors are open.
    pub(super) fn open(&self) -> usize {
        self.descriptors.len()
    }

    /// What is otherwise later on, and what has become of it.
    pub(super) fn differences(&self, later: &Self) -> Vec<(Touched, Option<String>)> {
        let mut found = Vec::new();
        if self.directory != later.directory {
            let now = later.directory.as_ref();
            found.push((Touched::Directory, now.map(|path| path.display().to_string())));
        }
        for (at, (_, name)) in CATEGORIES.iter().enumerate() {
            let now = &later.locale[at];
            if self.locale[at] != *now {
                let told = now.as_ref().map(|now| now.to_string_lossy().into_owned());
                found.push((Touched::Locale((*name).to_owned()), told));
            }
        }
        for (number, (before, now)) in (1..).zip(self.handlers.iter().zip(&later.handlers)) {
            if calls(before) != calls(now) {
                found.push((Touched::Handler(number), None));
            }
        }
        if self.mask != later.mask {
            let told = later.mask.map(|mask| format!("{mask:03o}"));
            found.push((Touched::Mask, told));
        }
        let stream = |number: &i32| {
            let before = self.descriptors.get(number);
            before.is_some() && before != later.descriptors.get(number)
        };
        let streams = (0..=2).filter(stream);
        found.extend(streams.map(|number| (Touched::Stream(number), None)));
        let mut others = later.descriptors.iter().filter(|(number, _)| **number > 2);
        let fresh = others.any(|(number, now)| self.descriptors.get(number) != Some(now));
        if fresh && later.open() > self.open() {
            found.push((Touched::Left, None));
        }
        found
    }

    /// Puts everything back but descriptors: those of the standard streams are put back by whoever replaced them.
    pub(super) fn restore(&self, py: Python<'_>) {
        if let Some(directory) = &self.directory {
            // It may be gone; then nothing leads back.
            let _ = std::env::set_current_dir(directory);
        }
        for ((category, _), value) in CATEGORIES.iter().zip(&self.locale) {
            if let Some(value) = value
                && locale(*category).as_ref() != Some(value)
            {
                // SAFETY: the value is a C string that the same call gave.
                unsafe { libc::setlocale(*category, value.as_ptr()) };
            }
        }
        let now = Self::now(py);
        for (number, (before, now)) in (1..).zip(self.handlers.iter().zip(&now.handlers)) {
            if calls(before) != calls(now) {
                set_handler(py, number, before);
            }
        }
        if let Some(mask) = self.mask {
            rustix::process::umask(Mode::from_bits_truncate(mask));
        }
    }
}

/// What is called for a signal, by C and by Python.
fn calls((c, python): &(Option<libc::sigaction>, Option<Py<PyAny>>)) -> (Option<usize>, Option<usize>) {
    let python = python.as_ref().map(|handler| handler.as_ptr() as usize);
    (c.map(|action| action.sa_sigaction), python)
}

fn handler(number: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: nothing is set, and the struct is written if the call succeeds.
    let asked = unsafe { libc::sigaction(number, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded.
    (asked == 0).then(|| unsafe { action.assume_init() })
}

fn set_handler(py: Python<'_>, number: c_int, (c, python): &(Option<libc::sigaction>, Option<Py<PyAny>>)) {
    if let (Some(python), Ok(signal)) = (python, py.import("_signal")) {
        // Some cannot be set at all, as they could not be changed.
        let _ = signal.call_method1("signal", (number, python));
    }
    if let Some(action) = c {
        // SAFETY: the struct is what the same call gave before.
        unsafe { libc::sigaction(number, action, std::ptr::null_mut()) };
    }
}

fn locale(category: c_int) -> Option<CString> {
    // SAFETY: without a name nothing is set.
    let value = unsafe { libc::setlocale(category, std::ptr::null()) };
    // SAFETY: not NULL, it is a string of the C library, copied before anything else is called.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_owned())
}

/// The mask for new files, without setting it as `umask` would.
fn mask() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(mask.trim(), 8).ok()
}

fn descriptors() -> BTreeMap<i32, Identity> {
    let Ok(open) = fs::read_dir("/proc/self/fd") else {
        return BTreeMap::new();
    };
    let numbers: Vec<i32> = open
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // The folder itself was among them, and is closed by now.
    let identity = |number: i32| {
        // SAFETY: it is not -1; whether it is still open is what the call finds out.
        let found = fstat(unsafe { BorrowedFd::borrow_raw(number) }).ok()?;
        Some((number, (found.st_dev, found.st_ino)))
    };
    numbers.into_iter().filter_map(identity).collect()
}
