//! What a worker prints: a file that takes it without ever holding the worker up, and that stays small.
//!
//! Knows how much was printed, and the end of it. Must never know what it means, nor leave anything behind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use tempfile::{Builder, TempPath};

/// Bytes of a worker's output that are kept for one subject.
pub const OUTPUT_KEPT: usize = 4096;

/// Where the output of one worker goes.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    /// Removes the name in the end, where an open file cannot be without one.
    _named: Option<TempPath>,
}

impl Output {
    /// The file, and the end that the worker writes to: always behind what is there.
    pub(crate) fn new() -> io::Result<(Self, File)> {
        let named = Builder::new().prefix("bufcheck").append(true).tempfile()?;
        let file = named.reopen()?;
        let (written, name) = named.into_parts();
        let named = if cfg!(unix) {
            drop(name);
            None
        } else {
            Some(name)
        };
        Ok((Self { file, _named: named }, written))
    }

    /// Bytes that were printed since they were last taken.
    pub(crate) fn printed(&self) -> u64 {
        self.file.metadata().map_or(0, |meta| meta.len())
    }

    /// What was printed since the last call: the end of it, at most [`OUTPUT_KEPT`] bytes. The file is empty then.
    pub(crate) fn take(&mut self) -> String {
        let text = self.last();
        match self.file.set_len(0) {
            Ok(()) => text,
            Err(error) => format!("(the output could not be taken: {error})"),
        }
    }

    /// The same, and it stays there.
    pub(crate) fn last(&mut self) -> String {
        let length = self.printed();
        if length == 0 {
            return String::new();
        }
        let kept = length.min(OUTPUT_KEPT as u64);
        let mut bytes = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(length - kept))
            .and_then(|_| Read::by_ref(&mut self.file).take(kept).read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        match read {
            Ok(_) if kept < length => format!("[{} bytes left out] {text}", length - kept),
            Ok(_) => text.into_owned(),
            Err(error) => format!("(the output could not be read: {error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_end_is_kept_and_the_file_stays_small() {
        let (mut output, mut end) = Output::new().expect("a file");
        assert_eq!(output.take(), "");
        end.write_all(b"one\n").expect("written");
        assert_eq!(
            (output.printed(), output.last()),
            (4, "one\n".to_owned()),
            "it stays there"
        );
        assert_eq!((output.printed(), output.take()), (4, "one\n".to_owned()));
        let much = "x".repeat(3 * OUTPUT_KEPT);
        end.write_all(much.as_bytes()).expect("written");
        end.write_all(b"last\n").expect("written");
        let taken = output.take();
        assert!(
            taken.starts_with("[8197 bytes left out] x") && taken.ends_with("xlast\n"),
            "{taken}"
        );
        assert_eq!(output.printed(), 0);
        end.write_all(b"two\n").expect("written");
        assert_eq!(
            output.take(),
            "two\n",
            "what is written stands at the front again"
        );
    }
}
