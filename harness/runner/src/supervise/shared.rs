//! The mark, as the orchestrator sees it: a few bytes that a worker writes and we read.
//!
//! Knows how memory is shared with a worker. Must never know what stands in it, nor leave anything behind.
//!
//! On Linux it is memory without a name, which the worker inherits; elsewhere a file that loses its name as soon as the
//! worker has it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bufcheck_model::wire::{LastWords, Mark, SHARED};
use tempfile::{NamedTempFile, TempPath};

/// The mark of one worker.
#[derive(Debug)]
pub(crate) struct SharedMark {
    file: Arc<File>,
    /// The name under which the worker opens it.
    name: PathBuf,
    /// Removes the name, where it is one in a folder.
    named: Option<TempPath>,
}

impl SharedMark {
    pub(crate) fn new() -> io::Result<Self> {
        Self::without_name().or_else(|_| Self::in_file())
    }

    #[cfg(target_os = "linux")]
    fn without_name() -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        let memory = rustix::fs::memfd_create("bufcheck-mark", rustix::fs::MemfdFlags::CLOEXEC)?;
        let file = File::from(memory);
        file.set_len(SHARED as u64)?;
        Ok(Self {
            // It is inherited under the same number.
            name: PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())),
            file: Arc::new(file),
            named: None,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn without_name() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn in_file() -> io::Result<Self> {
        let (file, named) = NamedTempFile::new()?.into_parts();
        file.set_len(SHARED as u64)?;
        Ok(Self {
            file: Arc::new(file),
            name: named.to_path_buf(),
            named: Some(named),
        })
    }

    /// The name under which the worker opens it.
    pub(crate) fn name(&self) -> &std::path::Path {
        &self.name
    }

    /// Its descriptor here.
    #[cfg(target_os = "linux")]
    pub(crate) fn descriptor(&self) -> std::os::fd::BorrowedFd<'_> {
        std::os::fd::AsFd::as_fd(&self.file)
    }

    /// What the worker must inherit to open it.
    pub(crate) fn inherited(&self) -> Option<Arc<File>> {
        self.named.is_none().then(|| Arc::clone(&self.file))
    }

    /// The worker has it: the name can go.
    pub(crate) fn is_open(&mut self) {
        self.named = None;
    }

    /// What stands in it now.
    pub(crate) fn read(&self) -> Mark {
        let mut bytes = [0; Mark::SIZE];
        match read(&self.file, &mut bytes, 0) {
            Ok(()) => Mark::from_bytes(&bytes),
            Err(_) => Mark::EMPTY,
        }
    }

    /// What the worker noted when it crashed, if it did.
    pub(crate) fn last_words(&self) -> Option<LastWords> {
        let mut bytes = [0; LastWords::SIZE];
        read(&self.file, &mut bytes, Mark::SIZE as u64).ok()?;
        LastWords::from_bytes(&bytes)
    }
}

#[cfg(unix)]
fn read(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(not(unix))]
fn read(mut file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    use io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_mark_is_empty_in_memory_and_in_a_file() {
        assert_eq!(SharedMark::new().expect("a mark").read(), Mark::EMPTY);
        let mut mark = SharedMark::in_file().expect("a mark");
        assert!(mark.name().exists());
        mark.is_open();
        assert!(!mark.name().exists(), "it leaves nothing behind");
        assert_eq!(mark.read(), Mark::EMPTY);
        assert_eq!(mark.last_words(), None);
    }
}
