//! A worker and all that it started: watched and ended together.
//!
//! Knows process groups and families. Must never know why one is ended.
//!
//! On Unix a worker is the head of a process group. While nobody has taken its status, no other process can bear its
//! number, so its end is looked at without taking it, and the group is ended before.

use std::process::Command;
use std::time::{Duration, Instant};

use bufcheck_family::{descendants, members};

use crate::supervise::being::Being;
use crate::supervise::waiting::MOST;

/// How long a process that was killed is waited for before it is left to a thread: some file systems and drivers keep
/// one for ever.
const REAP: Duration = Duration::from_secs(2);

/// How long a worker may take to go when there are no more jobs; it has nothing to save.
const LEAVE: Duration = Duration::from_millis(500);

/// How long whoever a worker started may take to see that it is gone.
const GRACE: Duration = Duration::from_secs(1);

/// Lets the process that is started have a group of its own.
#[cfg(unix)]
pub(crate) fn head(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// There are no groups.
#[cfg(not(unix))]
pub(crate) fn head(_: &mut Command) {}

/// How long the process was ready to run and kept from it by others; nothing where nobody says so.
pub(crate) fn kept_waiting(child: &Being) -> Duration {
    if !cfg!(target_os = "linux") {
        return Duration::ZERO;
    }
    let text = std::fs::read_to_string(format!("/proc/{}/schedstat", child.id()));
    let waited = text.ok().and_then(|text| text.split(' ').nth(1)?.parse().ok());
    waited.map_or(Duration::ZERO, Duration::from_nanos)
}

/// How many processes a worker has started that live, up to [`MOST`].
pub(crate) fn started(child: &Being) -> usize {
    descendants(child.id(), MOST)
}

/// Lets the process go that has no more jobs, and ends whoever lives on for a while after it: their commands.
pub(crate) fn leave(mut child: Being, family: &str) -> Vec<String> {
    wait_until(LEAVE, || child.ended().is_some());
    finish(child, family)
}

/// Ends the process, if it still runs. Whoever it started and does not end by itself then is ended as well: their
/// commands.
pub(crate) fn finish(mut child: Being, family: &str) -> Vec<String> {
    child.kill();
    wait_until(REAP, || child.ended().is_some());
    let mut left = Vec::new();
    wait_until(GRACE, || {
        left = members(family);
        left.is_empty()
    });
    end(child, family);
    let mut commands: Vec<String> = left.into_iter().map(|member| member.command).collect();
    commands.sort();
    commands.dedup();
    commands
}

/// Looks again and again, for so long at most.
fn wait_until(limit: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Ends the process, its group and its family at once, and takes its status.
pub(crate) fn end(mut child: Being, family: &str) {
    child.kill_group();
    bufcheck_family::end(family);
    let deadline = Instant::now() + REAP;
    while !child.is_reaped() {
        if Instant::now() >= deadline {
            // It cannot die now; whoever waits for its subject must not wait for that.
            std::thread::spawn(move || child.reap());
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    use bufcheck_model::observation::HowEnded;

    /// The name of no family.
    const NOBODY: &str = "nobody";

    fn shell(script: &str) -> Being {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        head(&mut command);
        Being::Started(command.spawn().expect("a shell"))
    }

    fn awaited(child: &mut Being) -> HowEnded {
        loop {
            if let Some(how) = child.ended() {
                return how;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn an_end_can_be_looked_at_twice() {
        for (script, how) in [
            ("exit 3", HowEnded::Exit(3)),
            ("kill -SEGV $$", HowEnded::Signal(11)),
            ("kill -BUS $$", HowEnded::Signal(7)),
            ("kill -SYS $$", HowEnded::Signal(31)),
        ] {
            let mut child = shell(script);
            assert_eq!(awaited(&mut child), how, "{script}");
            assert_eq!(child.ended(), Some(how), "{script}");
            end(child, NOBODY);
        }
    }

    #[test]
    fn helpers_end_with_the_head_even_if_that_is_gone() {
        let mut child = shell("sleep 1000 & exit 0");
        assert_eq!(awaited(&mut child), HowEnded::Exit(0));
        let Being::Started(shell) = &mut child else {
            unreachable!("it was started")
        };
        let mut held = shell.stdout.take().expect("a pipe");
        end(child, NOBODY);
        // The helper held the pipe: that it is closed says that it is gone.
        let mut said = String::new();
        held.read_to_string(&mut said).expect("read");
        assert_eq!(said, "");
    }
}
