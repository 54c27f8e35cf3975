//! What arrives on the descriptors of standard output and standard error.
//!
//! Knows the buffers of C and of Python, and files that take what is written. Must never know who writes.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt as _;

use pyo3::prelude::*;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{FileType, MemfdFlags, fstat, memfd_create};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stderr, stdin, stdout};

/// Bytes of a line that are kept.
const SHOWN: usize = 80;

/// Above what programs use by number.
const FIRST: i32 = 10;

/// Writes out what C and Python have gathered.
pub(super) fn flush(py: Python<'_>) {
    unsafe extern "C" {
        #[link_name = "stdout"]
        static C_STDOUT: *mut libc::FILE;
    }
    // SAFETY: the stream of the C library, which lives as long as the process; it is locked by the call itself.
    unsafe { libc::fflush(C_STDOUT) };
    crate::host::serve::flush_python(py);
}

/// How much the files behind the two descriptors hold; `None` where they are no files.
pub(super) fn written() -> [Option<u64>; 2] {
    [size(stdout()), size(stderr())]
}

fn size(descriptor: BorrowedFd<'_>) -> Option<u64> {
    let found = fstat(descriptor).ok()?;
    (FileType::from_raw_mode(found.st_mode) == FileType::RegularFile).then(|| found.st_size.unsigned_abs())
}

/// The standard streams as they are, kept at numbers where nobody looks for them.
pub(super) struct Streams([Option<OwnedFd>; 3]);

impl Streams {
    /// Keeps those that are open.
    pub(super) fn keep() -> Self {
        Self([stdin(), stdout(), stderr()].map(|stream| fcntl_dupfd_cloexec(stream, FIRST).ok()))
    }

    /// Puts them back.
    pub(super) fn restore(&self) -> io::Result<()> {
        let [input, output, error] = &self.0;
        if let Some(input) = input {
            dup2_stdin(input)?;
        }
        if let Some(output) = output {
            dup2_stdout(output)?;
        }
        if let Some(error) = error {
            dup2_stderr(error)?;
        }
        Ok(())
    }
}

/// Files in the place of standard output and standard error.
pub(super) struct Pages {
    files: [File; 2],
    read: [u64; 2],
}

impl Pages {
    /// Puts files in the place of both.
    pub(super) fn new() -> io::Result<Self> {
        let file = || memfd_create("bufcheck-output", MemfdFlags::CLOEXEC).map(File::from);
        let pages = Self {
            files: [file()?, file()?],
            read: [0; 2],
        };
        pages.put()?;
        Ok(pages)
    }

    /// Puts them there again.
    pub(super) fn put(&self) -> io::Result<()> {
        dup2_stdout(self.files[0].as_fd())?;
        Ok(dup2_stderr(self.files[1].as_fd())?)
    }

    /// The first line of what arrived on each since the last call.
    pub(super) fn take(&mut self) -> [Option<String>; 2] {
        [self.take_from(0), self.take_from(1)]
    }

    fn take_from(&mut self, page: usize) -> Option<String> {
        let length = self.files[page].metadata().ok()?.len();
        let start = std::mem::replace(&mut self.read[page], length);
        if length <= start {
            return None;
        }
        let mut line = [0; SHOWN];
        let read = self.files[page].read_at(&mut line, start).unwrap_or(0);
        let text = String::from_utf8_lossy(&line[..read]);
        let first = text.lines().find(|line| !line.trim().is_empty());
        Some(first.unwrap_or_default().trim().to_owned())
    }
}
