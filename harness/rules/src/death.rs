//! How the end of a process reads.
//!
//! Knows the words. Must never know how a process is watched, nor who is to blame.

use bufcheck_model::observation::{Death, HowEnded, InFlight, Phase};

/// How a process ended, and what was in flight.
pub(crate) fn death_in_words(death: &Death) -> String {
    format!("{} {}", ended(death), doing(death.during))
}

fn ended(death: &Death) -> String {
    match death.how {
        HowEnded::Signal(number) => match signal_name(number) {
            Some(name) => format!("killed by signal {number} ({name})"),
            None => format!("killed by signal {number}"),
        },
        // Windows tells of a crash by an exit status that reads better in hexadecimal.
        HowEnded::Exit(status) if status < 0 => format!("the process ended with status {status:#x}"),
        HowEnded::Exit(status) => format!("the process ended with status {status}"),
        HowEnded::Silent => "the process fell silent".into(),
        HowEnded::Hung => "did not come back within the deadline".into(),
    }
}

/// The name of a signal whose number is the same on Linux and macOS, and of `SIGBUS` on Linux.
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

fn doing(during: InFlight) -> String {
    let phase = match during.phase {
        Phase::Idle => "between two requests",
        Phase::Make => "while making the object",
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
