//! The worker's end when nobody is left to work for.
//!
//! Knows how the death of the orchestrator is noticed, even while an exporter computes for ever. Must never know what
//! the worker is doing.

use std::fs::File;

/// Ends this process when the one that started it ends; at once, if it is gone already.
///
/// `parent` is the number of the orchestrator. A program in between, such as a shim that does not turn into its
/// interpreter, is followed in its place: it is ended together with this process.
#[cfg(target_os = "linux")]
pub(crate) fn follow(parent: u32, _: &File) {
    use rustix::process::{
        Pid, Signal, set_child_subreaper, set_parent_process_death_signal, test_kill_process,
    };
    // Whoever loses its parent stays in sight: it becomes a child of this process.
    let _ = set_child_subreaper(Some(Pid::INIT));
    // Refused only by systems that have never heard of it: then the end of the jobs is noticed between two of them.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let parent = i32::try_from(parent).ok().and_then(Pid::from_raw);
    if parent.is_some_and(|parent| test_kill_process(parent) == Err(rustix::io::Errno::SRCH)) {
        super::fork::leave(0);
    }
}

/// Ends this process when the one that started it ends: a thread waits for the other end of the jobs to close.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn follow(_: u32, jobs: &File) {
    use rustix::event::{PollFd, PollFlags, poll};
    let Ok(jobs) = jobs.try_clone() else { return };
    std::thread::spawn(move || {
        loop {
            // Nothing is asked for: only that the other end is gone is told.
            let mut watched = [PollFd::new(&jobs, PollFlags::empty())];
            let told = poll(&mut watched, None);
            if told.is_ok() && watched[0].revents().contains(PollFlags::HUP) {
                super::fork::leave(0);
            }
        }
    });
}

/// The end of the jobs is noticed between two of them.
#[cfg(not(unix))]
pub(crate) fn follow<T>(_: u32, _: &T) {}
