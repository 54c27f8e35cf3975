//! The two streams of the protocol, out of the reach of user code.
//!
//! Knows file descriptors. Must never know what travels over them.
//!
//! User code may print, read standard input or close descriptor 1. So the protocol moves to descriptors of
//! its own, standard output becomes standard error, and standard input becomes empty.

use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::path::Path;

use bufcheck_model::wire::FDS_VARIABLE;

use crate::host::error::WorkerError;

/// The first number above what programs use by number.
#[cfg(unix)]
const FIRST: i32 = 10;

/// Opens the streams for jobs and for replies: the descriptors `READ,WRITE` if given, else standard input and
/// output.
#[cfg(unix)]
pub(crate) fn open(descriptors: Option<&str>) -> Result<(File, File), WorkerError> {
    let opened = match descriptors {
        Some(text) => private(parse(text)?),
        None => take_over_standard(),
    };
    opened.map_err(WorkerError::Streams)
}

/// Duplicates beyond the standard streams; other programs that user code starts do not inherit them.
#[cfg(unix)]
fn take_over_standard() -> io::Result<(File, File)> {
    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};
    let input = fcntl_dupfd_cloexec(stdin(), FIRST)?;
    let output = fcntl_dupfd_cloexec(stdout(), FIRST)?;
    dup2_stdin(File::open("/dev/null")?)?;
    dup2_stdout(stderr())?;
    Ok((input.into(), output.into()))
}

/// Opens the streams of a worker that was forked: jobs and replies by their names, away from the numbers that programs
/// use; what is printed goes to a third file.
#[cfg(target_os = "linux")]
pub(crate) fn open_files(jobs: &Path, replies: &Path, printed: &Path) -> io::Result<(File, File)> {
    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::{dup2_stderr, dup2_stdout};
    let printed = File::options().append(true).open(printed)?;
    dup2_stderr(&printed)?;
    dup2_stdout(&printed)?;
    let jobs = fcntl_dupfd_cloexec(File::open(jobs)?, FIRST)?;
    let replies = fcntl_dupfd_cloexec(File::options().write(true).open(replies)?, FIRST)?;
    Ok((jobs.into(), replies.into()))
}

#[cfg(unix)]
fn private((read, write): (i32, i32)) -> io::Result<(File, File)> {
    use rustix::fd::BorrowedFd;
    use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
    let own = |number: i32| -> io::Result<File> {
        // SAFETY: the descriptor is not -1; whether it is open is what the next call finds out, and nothing
        // else has been done with it in this process.
        let inherited = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl_getfd(inherited)?;
        fcntl_setfd(inherited, FdFlags::CLOEXEC)?;
        // SAFETY: the descriptor is open, and the orchestrator passed it for this worker to own.
        Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(number) })
    };
    Ok((own(read)?, own(write)?))
}

/// `READ,WRITE`: two different numbers that are no standard stream.
#[cfg(unix)]
fn parse(text: &str) -> Result<(i32, i32), WorkerError> {
    let number = |text: &str| text.trim().parse::<i32>().ok().filter(|number| *number > 2);
    text.split_once(',')
        .and_then(|(read, write)| Some((number(read)?, number(write)?)))
        .filter(|(read, write)| read != write)
        .ok_or_else(|| WorkerError::Variable {
            name: FDS_VARIABLE,
            value: text.to_owned(),
            wanted: "`READ,WRITE`, two file descriptors above 2",
        })
}

/// Standard input and output as they are: what user code prints there ends the worker with a clear message.
#[cfg(not(unix))]
pub(crate) fn open(descriptors: Option<&str>) -> Result<(io::Stdin, io::Stdout), WorkerError> {
    match descriptors {
        Some(text) => Err(WorkerError::Variable {
            name: FDS_VARIABLE,
            value: text.to_owned(),
            wanted: "nothing: this platform has no inherited descriptors",
        }),
        None => Ok((io::stdin(), io::stdout())),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_two_numbers_above_the_standard_ones() {
        assert_eq!(parse("7, 8").ok(), Some((7, 8)));
        for wrong in ["", "7", "7,7", "1,8", "7,-8", "7,8,9", "seven,8"] {
            let message = parse(wrong).map_err(|error| error.to_string()).unwrap_err();
            assert!(message.contains(&format!("is `{wrong}`")), "{message}");
        }
    }
}
