//! Feeds every target for so many seconds each: `cargo run --release -- SECONDS [TARGET]`.
//!
//! Knows its arguments. Must never know a target by name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() {
    let mut words = std::env::args().skip(1);
    let seconds = words.next().and_then(|word| word.parse().ok()).unwrap_or(60);
    let only = words.next();
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |span| span.as_secs());
    for target in bufcheck_fuzz::TARGETS {
        if only.as_deref().is_some_and(|only| only != target.name) {
            continue;
        }
        let inputs = bufcheck_fuzz::fuzz(&target, seed, Duration::from_secs(seconds));
        println!("{}: {inputs} inputs, seed {seed}", target.name);
    }
}
