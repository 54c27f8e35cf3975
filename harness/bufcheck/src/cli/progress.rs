//! One live line on a terminal; none when piped.
//!
//! Knows events and how to show them. Must never decide anything.

use bufcheck_runner::event::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The live line. indicatif shows nothing where standard error is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {wide_bar} {elapsed} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Interpreter(hello) => self.0.set_message(hello.interpreter_id()),
            Event::NoInterpreter { host, .. } => self.0.set_message(format!("{host}: not usable")),
            Event::Judged { subject, done, total } => {
                self.0.set_length(*total as u64);
                self.0.set_position(*done as u64);
                self.0.set_message(subject.id.clone());
            }
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
