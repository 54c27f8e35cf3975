//! The processes that belong to a worker: how they are known, and how they are ended.
//!
//! Knows a variable of the environment and `/proc`. Must never know why a process was started, nor why it is ended.
//!
//! What code under test starts may leave the group, the session and the parent that it was born with, as every daemon
//! does. What it was given when it was born it seldom takes off: so a worker bears a name in its environment, and
//! whoever bears the name is of its family. A process that wipes its environment is found by its parent as long as that
//! lives.
//!
//! Only on Linux can a process read the environment of others. Elsewhere a family is empty.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// The variable that bears the names: `RUN.WORKER`, one behind the other with colons where runs are nested.
pub const VARIABLE: &str = "BUFCHECK_FAMILY";

/// The name of the process that ends a family when its run is gone; it bears the name of the family and is not of it.
/// The system keeps fifteen bytes of a name.
pub const KEEPER: &str = "bufcheck-keeper";

/// How long a family is ended again and again: who starts others while it is ended is found the next time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub pid: i32,
    /// Its words, as far as it shows them; else its name in brackets.
    pub command: String,
}

/// The value of [`VARIABLE`] for a worker whose orchestrator itself has `inherited`.
pub fn variable(inherited: Option<&str>, run: &str, worker: u64) -> String {
    let name = name(run, worker);
    match inherited {
        Some(outer) if !outer.is_empty() => format!("{outer}:{name}"),
        _ => name,
    }
}

/// The name of a worker of a run. The names of a run are of one length, so that one can be written over another.
pub fn name(run: &str, worker: u64) -> String {
    format!("{run}.{worker:06}")
}

/// The run that the innermost of these names belongs to.
pub fn run(variable: &str) -> Option<&str> {
    let innermost = variable.rsplit(':').next()?;
    innermost.rsplit_once('.').map(|(run, _)| run)
}

/// Whether the value of [`VARIABLE`] says that its bearer is of this family: of a worker, by its name, or of a whole
/// run, by the name of that.
pub fn bears(variable: &str, family: &str) -> bool {
    let of = |name: &str| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    variable.split(':').any(of)
}

/// Ends everybody of a family but this process.
pub fn end(family: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let members = members(family);
        members.iter().for_each(kill);
        if members.is_empty() || Instant::now() > deadline {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Everybody of a family who lives, but this process.
#[cfg(target_os = "linux")]
pub fn members(family: &str) -> Vec<Member> {
    linux::members(family)
}

/// Nobody is known.
#[cfg(not(target_os = "linux"))]
pub fn members(_: &str) -> Vec<Member> {
    Vec::new()
}

/// How many children and children's children a process has that live, as long as it adopts those that lose their
/// parent; counted up to `most`.
#[cfg(target_os = "linux")]
pub fn descendants(process: u32, most: usize) -> usize {
    linux::descendants(process, most)
}

/// None is known.
#[cfg(not(target_os = "linux"))]
pub fn descendants(_: u32, _: usize) -> usize {
    0
}

#[cfg(target_os = "linux")]
use linux::kill;

#[cfg(not(target_os = "linux"))]
fn kill(_: &Member) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{read, read_dir, read_to_string};
    use std::path::Path;

    use rustix::process::{Pid, Signal, kill_process};

    use super::{KEEPER, Member, VARIABLE, bears};

    pub(super) fn members(family: &str) -> Vec<Member> {
        let Ok(processes) = read_dir("/proc") else {
            return Vec::new();
        };
        let own = std::process::id();
        let numbers = processes
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid: &i32| u32::try_from(*pid) != Ok(own));
        numbers.filter_map(|pid| member(pid, family)).collect()
    }

    fn member(pid: i32, family: &str) -> Option<Member> {
        let folder = Path::new("/proc").join(pid.to_string());
        // It may be gone by now, or belong to somebody else: then there is nothing to read.
        let environment = read(folder.join("environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        let value = variables.find_map(|one| one.strip_prefix(VARIABLE.as_bytes())?.strip_prefix(b"="))?;
        if !bears(&String::from_utf8_lossy(value), family) {
            return None;
        }
        let name = read_to_string(folder.join("comm")).ok()?;
        let name = name.trim_end();
        if name == KEEPER || !lives(&folder) {
            return None;
        }
        let words = read(folder.join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        let words = words.trim();
        let command = if words.is_empty() {
            format!("[{name}]")
        } else {
            words.to_owned()
        };
        Some(Member { pid, command })
    }

    /// Whether it is there and no zombie.
    fn lives(folder: &Path) -> bool {
        // The name of the program stands in brackets and may hold any.
        read_to_string(folder.join("stat")).is_ok_and(|stat| {
            let state = stat.rsplit(')').next().map(str::trim_start);
            state.is_some_and(|state| !state.starts_with(['Z', 'X']))
        })
    }

    pub(super) fn descendants(process: u32, most: usize) -> usize {
        let mut known: Vec<u32> = Vec::new();
        let mut looked_at = 0;
        let mut next = Some(process);
        while let Some(parent) = next {
            for child in children(parent) {
                if !known.contains(&child) && lives(&Path::new("/proc").join(child.to_string())) {
                    known.push(child);
                }
            }
            if known.len() >= most {
                return most;
            }
            next = known.get(looked_at).copied();
            looked_at += 1;
        }
        known.len()
    }

    /// The children that the threads of a process have.
    fn children(process: u32) -> Vec<u32> {
        let Ok(threads) = read_dir(format!("/proc/{process}/task")) else {
            return Vec::new();
        };
        let told = |thread: std::fs::DirEntry| read_to_string(thread.path().join("children")).ok();
        let numbers: Vec<String> = threads.flatten().filter_map(told).collect();
        let numbers = numbers.iter().flat_map(|text| text.split_whitespace());
        numbers.filter_map(|number| number.parse().ok()).collect()
    }

    pub(super) fn kill(member: &Member) {
        if let Some(pid) = Pid::from_raw(member.pid) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_of_worker_and_run_and_of_no_other() {
        let inner = variable(Some("1-a.2"), "30-b", 4);
        assert_eq!(inner, "1-a.2:30-b.000004");
        for family in ["1-a.2", "1-a", "30-b.000004", "30-b"] {
            assert!(bears(&inner, family), "{family}");
        }
        for other in [
            "1-a.3",
            "1-",
            "30-b.000044",
            "30-b.00000",
            "0-b",
            "30-b.000004.",
            "30-b.000004:",
        ] {
            assert!(!bears(&inner, other), "{other}");
        }
        assert_eq!(variable(Some(""), "30-b", 4), variable(None, "30-b", 4));
        assert_eq!(run(&inner), Some("30-b"));
        assert_eq!(run("nonsense"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_left_group_and_parent_is_found_and_ended() {
        use std::process::{Command, Stdio};
        let run = format!("{}-test", std::process::id());
        let mut head = Command::new("/bin/sh")
            // One stays, one takes a session of its own and loses its parent.
            .args(["-c", "setsid sleep 1001 & sleep 1002 & wait"])
            .env(VARIABLE, variable(None, &run, 7))
            .stdin(Stdio::null())
            .spawn()
            .expect("a shell");
        let sleeping = || {
            let members = members(&run);
            let words = members.iter().map(|member| member.command.clone());
            words.filter(|words| words.starts_with("sleep 100")).count()
        };
        while sleeping() < 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(descendants(head.id(), 10) >= 2);
        assert_eq!(descendants(head.id(), 1), 1);
        assert_eq!(members(&name(&run, 8)), []);
        end(&name(&run, 7));
        head.wait().expect("it is ours");
        assert_eq!(members(&run), []);
    }
}
