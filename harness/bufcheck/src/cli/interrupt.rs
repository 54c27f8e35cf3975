//! Signals that ask this program to stop.
//!
//! Knows which they are, and which of them came. Must never know what is stopped: the wish is seen by everybody who
//! waits.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bufcheck_runner::supervise::stop::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown, register_usize};

#[cfg(unix)]
use signal_hook::consts::SIGHUP;

/// The signals.
const SIGNALS: &[i32] = &[
    SIGINT,
    SIGTERM,
    #[cfg(unix)]
    SIGHUP,
];

/// What a status of a program that a signal ended begins with.
pub(super) const BY_SIGNAL: i32 = 128;

/// The wish of this process, and the last signal that expressed it.
#[derive(Debug, Default)]
struct Wish {
    stop: Stop,
    signal: Arc<AtomicUsize>,
}

static WISH: OnceLock<Wish> = OnceLock::new();

/// The wish to stop of this process. From the first call on, the first signal expresses it and the second ends this
/// program at once.
pub(super) fn stop() -> Stop {
    WISH.get_or_init(listen).stop.clone()
}

/// The signal that came last; 0 if none did.
pub(super) fn signal() -> i32 {
    let came = WISH.get().map_or(0, |wish| wish.signal.load(Ordering::Relaxed));
    i32::try_from(came).unwrap_or(0)
}

fn listen() -> Wish {
    let (flag, came) = (Arc::new(AtomicBool::new(false)), Arc::default());
    for signal in SIGNALS.iter().filter(|signal| !is_ignored(**signal)) {
        // In this order: what the first signal sets ends the program at the second. A signal that cannot be caught does
        // what it always did.
        let _ = register_conditional_shutdown(*signal, BY_SIGNAL + *signal, Arc::clone(&flag));
        if let Ok(number) = usize::try_from(*signal) {
            let _ = register_usize(*signal, Arc::clone(&came), number);
        }
        let _ = register(*signal, Arc::clone(&flag));
    }
    Wish {
        stop: Stop::when(flag),
        signal: came,
    }
}

/// Whether whoever started this program wants the signal to be ignored, as `nohup` does.
fn is_ignored(signal: i32) -> bool {
    let mask = std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        });
    mask.is_some_and(|mask| signal > 0 && mask >> (signal - 1) & 1 == 1)
}
