//! What a worker may use: memory, and no core dumps.
//!
//! Knows the limits of the operating system. Must never know why they are set.

/// What cannot be limited here.
pub(crate) const UNCHECKED: &[&str] = if cfg!(target_os = "linux") {
    &[]
} else {
    &["how much memory an exporter takes: this platform has no limit that the worker could set"]
};

/// Allows `extra` bytes of address space on top of what is in use now, and forbids core dumps.
///
/// # Errors
///
/// If the system refuses.
#[cfg(target_os = "linux")]
pub(crate) fn limit_memory(extra: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages = pages
        .split(' ')
        .next()
        .and_then(|pages| pages.parse::<u64>().ok());
    let in_use = pages
        .unwrap_or(0)
        .saturating_mul(rustix::param::page_size() as u64);
    let hard = getrlimit(Resource::As).maximum;
    let wanted = in_use.saturating_add(extra);
    let current = Some(hard.map_or(wanted, |hard| wanted.min(hard)));
    Ok(setrlimit(
        Resource::As,
        Rlimit {
            current,
            maximum: hard,
        },
    )?)
}

/// Not limited.
#[cfg(not(target_os = "linux"))]
pub(crate) fn limit_memory(_: u64) -> std::io::Result<()> {
    Ok(())
}

/// Forbids core dumps: a worker may die many times a run.
#[cfg(unix)]
pub(crate) fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Refused only where the limit is already lower.
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
}

/// There are none.
#[cfg(not(unix))]
pub(crate) fn no_core_dumps() {}
