//! How the end of a process reads, and which rule it breaks: the one home of both.
//!
//! Knows the words and the two rules. Must never know how a process is watched, nor who is to blame.

use bufcheck_model::observation::{Allocator, HowEnded, InFlight, Phase};

/// The rule that a death breaks.
pub const SURVIVES: &str = "process.survives";

/// The rule that a death breaks which an allocator chose, for what it found.
pub const DAMAGED: &str = "memory.heap-intact";

/// The rule that such a death breaks.
pub const fn rule(how: HowEnded) -> &'static str {
    match how {
        HowEnded::Damaged(_) => DAMAGED,
        HowEnded::Signal(_)
        | HowEnded::Exit(_)
        | HowEnded::Silent
        | HowEnded::Hung
        | HowEnded::Flooded
        | HowEnded::Crowded
        | HowEnded::Starved => SURVIVES,
    }
}

/// Whether a rule is broken by deaths.
pub fn is_told_by(rule: &str) -> bool {
    [SURVIVES, DAMAGED].contains(&rule)
}

/// How a process ended, in words that follow its name.
pub fn ended(how: HowEnded) -> String {
    match how {
        HowEnded::Signal(number) => match signal_name(number) {
            Some(name) => format!("was killed by signal {number} ({name})"),
            None => format!("was killed by signal {number}"),
        },
        HowEnded::Damaged(Allocator::C) => {
            "was ended by the C library, which found its heap damaged (SIGABRT)".into()
        }
        HowEnded::Damaged(Allocator::Python) => {
            "was ended by Python's allocator, which found a block damaged (SIGABRT)".into()
        }
        // Windows tells of a crash by an exit status that reads better in hexadecimal.
        HowEnded::Exit(status) if status < 0 => format!("ended with status {status:#x}"),
        HowEnded::Exit(status) => format!("ended with status {status}"),
        HowEnded::Silent => "closed the pipe of the protocol".into(),
        HowEnded::Hung => "did not come back within the deadline".into(),
        HowEnded::Flooded => "printed without end, more than 16 MiB".into(),
        HowEnded::Crowded => "started processes without end, more than 200 at a time".into(),
        HowEnded::Starved => "was given no more memory and aborted (`--memory MIB` allows more)".into(),
    }
}

/// What was in flight, in words.
pub fn doing(during: InFlight) -> String {
    let phase = match during.phase {
        Phase::Idle => "between two requests",
        Phase::Make => "while making the object",
        Phase::Import => "while importing what the object needs",
        Phase::Ask => "while answering",
        Phase::Read => "while the view was read",
        Phase::Release => "while releasing",
        Phase::Mutate => "inside a method of the object",
        Phase::Drop => "while the object was dropped",
    };
    match (during.request, during.phase) {
        (None, Phase::Ask) => "while answering a request".into(),
        (None, Phase::Release) => "while releasing a view".into(),
        (None, _) => phase.into(),
        (Some(request), Phase::Ask | Phase::Release) => format!("{phase} {request} ({})", request.hex()),
        (Some(request), _) => format!("{phase}, after {request} ({})", request.hex()),
    }
}

/// Behind both: how often it was seen, where that was not each time.
pub fn how_often(once_in: Option<u32>) -> String {
    once_in.map_or_else(String::new, |runs| format!(", seen once in {runs} runs"))
}

/// The name of a signal, by its number on Linux.
pub fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        17 => "SIGCHLD",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}
