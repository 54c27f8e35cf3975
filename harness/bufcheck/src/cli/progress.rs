//! One live line on a terminal, and above it what was found so far; nothing when piped.
//!
//! Knows events and how to show them. Must never decide anything.

use bufcheck_model::report::Subject;
use bufcheck_reports::Untrusted;
use bufcheck_runner::event::Event;
use bufcheck_runner::judge::worst_news;
use bufcheck_runner::plan::known::Record;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How much of what was found is told while the run goes, in letters: all of it comes at the end.
const FOUND: usize = 100;

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
        // Too narrow for all, it loses the end.
        let template = "{pos}/{len} {bar:20} {elapsed} at {per_sec}, {eta} left: {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Interpreter(hello) => self.0.set_message(hello.interpreter_id()),
            Event::NoInterpreter { host, .. } => self
                .0
                .set_message(format!("{}: not usable", Untrusted::line(host))),
            Event::Judged {
                subject, done, total, ..
            } => {
                self.0.set_length(*total as u64);
                self.0.set_position(*done as u64);
                self.0.set_message(Untrusted::line(&subject.id).to_string());
            }
        }
    }

    /// The worst that a subject shows and no record knows, on a line that stays.
    pub(super) fn found(&self, event: &Event<'_>, record: &Record<'_>) {
        if let Event::Judged { subject, hello, .. } = event
            && !self.0.is_hidden()
            && let Some(line) = news(subject, &hello.number(), record)
        {
            self.0.println(line);
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// The line about a subject.
fn news(subject: &Subject, version: &str, record: &Record<'_>) -> Option<String> {
    let worst = worst_news(subject, version, record)?;
    let found: String = worst.found.chars().take(FOUND).collect();
    let cut = if found.len() < worst.found.len() {
        "..."
    } else {
        ""
    };
    let told = format!(
        "{} {}: `{}` on {}: {found}{cut}",
        worst.level.name(),
        worst.rule,
        subject.id,
        subject.interpreter
    );
    Some(Untrusted::line(&told).to_string())
}
