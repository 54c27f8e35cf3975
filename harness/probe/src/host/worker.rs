//! A worker process from its start to its end.
//!
//! Knows the environment that the orchestrator prepares: file descriptors, mark, memory limit. Must never
//! know which program hosts it: an embedding binary and `python -m bufcheck.worker` both come here.

use std::env;
use std::ffi::OsStr;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bufcheck_model::chain;
use bufcheck_model::wire::{
    FDS_VARIABLE, KEEP_VARIABLE, MARK_VARIABLE, MEMORY_VARIABLE, NO_PIPE, PARENT_VARIABLE, PATH_VARIABLE,
    ZYGOTE_VARIABLE,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::host::channel;
use crate::host::crash;
use crate::host::error::WorkerError;
use crate::host::fork;
use crate::host::keeper;
use crate::host::life;
use crate::host::limits;
use crate::host::mark::Marker;
use crate::host::serve::{ServeError, serve};
#[cfg(target_os = "linux")]
use crate::host::zygote;

/// The two ends of the protocol here.
#[cfg(unix)]
type Jobs = std::fs::File;
#[cfg(unix)]
type Replies = std::fs::File;
#[cfg(not(unix))]
type Jobs = std::io::Stdin;
#[cfg(not(unix))]
type Replies = std::io::Stdout;

/// Exit status of a worker that met a defect of its own, or was given nonsense.
pub const FAULT: u8 = 3;

/// Starts an interpreter in this process and serves until the input ends.
///
/// # Errors
///
/// [`WorkerError`] if the environment is not that of a worker, or the loop ends early.
pub fn embedded() -> Result<(), WorkerError> {
    Python::initialize();
    Python::attach(attached)
}

/// Serves in an interpreter that runs already.
///
/// # Errors
///
/// As [`embedded`].
pub fn attached(py: Python<'_>) -> Result<(), WorkerError> {
    let (input, output) = channel::open(env::var(FDS_VARIABLE).ok().as_deref())?;
    if let Some(parent) = parent()? {
        life::follow(parent, &input);
        if let Ok(run) = env::var(KEEP_VARIABLE) {
            // Without one, what is left behind is ended by the orchestrator, as long as that lives.
            let _ = keeper::keep(&run, parent);
        }
    }
    limits::no_core_dumps();
    if let Some(extra) = memory_limit()? {
        limits::limit_memory(extra).map_err(WorkerError::Limit)?;
    }
    let mark = env::var_os(MARK_VARIABLE).map(PathBuf::from);
    let zygote = env::var_os(ZYGOTE_VARIABLE).is_some();
    prepare(py).map_err(WorkerError::Prepare)?;
    #[cfg(target_os = "linux")]
    if zygote {
        return match zygote::serve(py, input, output)? {
            None => Ok(()),
            Some(worker) => work(py, &worker.jobs, &worker.replies, Some(&worker.mark)),
        };
    }
    if zygote {
        return Err(WorkerError::NoZygote);
    }
    work(py, &input, &output, mark.as_deref())
}

/// Answers jobs until there are no more.
fn work(py: Python<'_>, jobs: &Jobs, replies: &Replies, mark: Option<&Path>) -> Result<(), WorkerError> {
    fork::guard(jobs, replies);
    let mark = open_mark(mark)?;
    crash::tell(mark.last_words());
    match serve(py, BufReader::with_capacity(1 << 16, jobs), replies, &mark) {
        // Nothing can be said any more; nor can descriptors be given back that somebody else closed.
        Err(ServeError::Read(_) | ServeError::Write(_)) => fork::leave(NO_PIPE),
        served => Ok(served?),
    }
}

/// [`attached`], for the extension module: a failure is a `RuntimeError` that says all its causes.
///
/// # Errors
///
/// As [`embedded`], in words.
pub fn serve_standard_streams(py: Python<'_>) -> PyResult<()> {
    attached(py).map_err(|error| PyRuntimeError::new_err(chain(&error)))
}

fn open_mark(path: Option<&Path>) -> Result<Marker, WorkerError> {
    let Some(path) = path else {
        return Ok(Marker::private());
    };
    let mark = Marker::in_file(path).map_err(|source| WorkerError::Mark {
        path: path.to_owned(),
        source,
    })?;
    close_inherited(path);
    Ok(mark)
}

/// The mark may be memory that was inherited as a descriptor: it is mapped now, and nobody needs that any more.
#[cfg(target_os = "linux")]
fn close_inherited(path: &Path) {
    use std::os::fd::{FromRawFd, OwnedFd};
    let number = path.strip_prefix("/proc/self/fd").ok().and_then(Path::to_str);
    if let Some(descriptor) = number.and_then(|number| number.parse().ok())
        && descriptor > 2
    {
        // SAFETY: it was opened by that name a moment ago, so it is open, and the orchestrator passed it for this
        // worker to own.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
    }
}

/// Nothing is inherited but the standard streams.
#[cfg(not(target_os = "linux"))]
fn close_inherited(_: &Path) {}

/// The process that started this one, if it told its number.
fn parent() -> Result<Option<u32>, WorkerError> {
    number(PARENT_VARIABLE, "the number of a process")
}

fn memory_limit() -> Result<Option<u64>, WorkerError> {
    number(MEMORY_VARIABLE, "a number of bytes")
}

/// The number in a variable of the environment, if it is there.
fn number<T: FromStr>(name: &'static str, wanted: &'static str) -> Result<Option<T>, WorkerError> {
    let Ok(value) = env::var(name) else {
        return Ok(None);
    };
    match value.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(WorkerError::Variable { name, value, wanted }),
    }
}

/// Makes the interpreter look as `python -m` leaves it, and takes our variables from its environment, so that
/// no process that an exporter starts takes itself for a worker.
fn prepare(py: Python<'_>) -> PyResult<()> {
    // What Python takes out of its environment is taken out of that of the process.
    let folders = env::var_os(PATH_VARIABLE).unwrap_or_default();
    let os = py.import("os")?;
    let environment = os.getattr("environ")?;
    for name in [
        FDS_VARIABLE,
        MARK_VARIABLE,
        MEMORY_VARIABLE,
        PARENT_VARIABLE,
        KEEP_VARIABLE,
        PATH_VARIABLE,
        ZYGOTE_VARIABLE,
    ] {
        environment.call_method1("pop", (name, py.None()))?;
    }
    let sys = py.import("sys")?;
    let path = sys.getattr("path")?.cast_into::<PyList>()?;
    let here = os.call_method0("getcwd")?;
    // Whoever forbids the current directory to be searched means this as well.
    let unsafe_path = !sys.getattr("flags")?.getattr("safe_path")?.is_truthy()?;
    let first = |path: &Bound<'_, PyList>| {
        path.get_item(0)
            .is_ok_and(|first| first.eq(&here).unwrap_or(false))
    };
    if unsafe_path && !first(&path) {
        path.insert(0, &here)?;
    }
    import_from(&path, usize::from(unsafe_path), &folders)
}

/// Makes the folders that the orchestrator names importable, from this place of the list on.
fn import_from(path: &Bound<'_, PyList>, mut place: usize, folders: &OsStr) -> PyResult<()> {
    for folder in env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty()) {
        let folder = folder.as_os_str().into_pyobject(path.py())?;
        if !path.contains(&folder)? {
            path.insert(place, folder)?;
            place += 1;
        }
    }
    Ok(())
}
