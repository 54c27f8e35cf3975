//! Waiting for a worker: what is made of each look at it.
//!
//! Knows deadlines, bounds and the order in which things count. Must never know a process, a file or a pipe: it is
//! given what was seen, and says what to do.

use std::time::{Duration, Instant};

use bufcheck_model::observation::HowEnded;

/// Bytes of output after which a worker is taken to print without end.
pub(crate) const OUTPUT_LIMIT: u64 = 16 << 20;

/// Processes that live at a time, after which a worker is taken to start them without end.
pub(crate) const MOST: usize = 200;

/// How long a worker that closed its pipe may take to end, or one that ended may have left its last line.
const GRACE: Duration = Duration::from_secs(1);

/// The longest time between two looks that counts.
const LOOK_AWAY: Duration = Duration::from_millis(200);

/// What came out of the pipe at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing yet.
    Nothing,
    /// A whole line.
    Line(Vec<u8>),
    /// More than a line may hold.
    TooLong,
    /// The pipe is closed.
    Closed,
}

/// Everything that was seen at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// What was said.
    pub(crate) said: Said,
    /// When.
    pub(crate) now: Instant,
    /// The count of the mark: it rises with every step.
    pub(crate) count: u64,
    /// How long in all it was ready to run and kept from it, where the system says so.
    pub(crate) kept: Duration,
    /// Bytes of output that nobody has taken yet.
    pub(crate) printed: u64,
    /// How many processes it has started that live.
    pub(crate) started: usize,
    /// How the process ended, if it has.
    pub(crate) ended: Option<HowEnded>,
    /// Somebody wants all of this to stop.
    pub(crate) stopped: bool,
}

/// What to do after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Look again.
    Wait,
    /// Read this line; it may be what is waited for.
    Read(Vec<u8>),
    /// What comes is no line.
    TooLong,
    /// The process has ended, or is to be ended: this is how.
    Ended(HowEnded),
    /// Give up without a verdict.
    Stopped,
    /// The subject has had all of its time.
    Spent,
}

/// What starts the clock anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// Each step that is noted.
    Steps,
    /// Nothing.
    Whole,
}

/// A worker that is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    clock: Clock,
    limit: Duration,
    /// How long it may take in all.
    budget: Duration,
    /// How long it was waited for in all, and since the last step, as far as it could have used the time.
    total: Duration,
    waited: Duration,
    /// The last look: its moment, the count, and how long the worker had been kept from running by then.
    last: (Instant, u64, Duration),
    /// Since when the pipe is closed.
    closed: Option<Instant>,
    /// Since when the process is known to have ended.
    ended: Option<Instant>,
}

impl Waiting {
    /// For the reply to a job: each step has its time, and all of them together.
    pub(crate) fn for_reply(step: Duration, budget: Duration, now: Instant) -> Self {
        Self {
            budget,
            ..Self::new(Clock::Steps, step, now)
        }
    }

    /// For the first line: all of it has so much time.
    pub(crate) fn for_hello(limit: Duration, now: Instant) -> Self {
        Self::new(Clock::Whole, limit, now)
    }

    fn new(clock: Clock, limit: Duration, now: Instant) -> Self {
        Self {
            clock,
            limit,
            budget: Duration::MAX,
            total: Duration::ZERO,
            waited: Duration::ZERO,
            last: (now, 0, Duration::MAX),
            closed: None,
            ended: None,
        }
    }

    /// How long it was waited for in all.
    pub(crate) const fn total(&self) -> Duration {
        self.total
    }

    /// What to do after this look. The bounds hold whether something was said or not.
    pub(crate) fn on(&mut self, look: Look) -> Next {
        if look.stopped {
            return Next::Stopped;
        }
        match look.said {
            // A worker that prints or moves on has not earned more time by it: this is looked at first.
            _ if self.is_late(&look) => Next::Ended(HowEnded::Hung),
            _ if look.printed > OUTPUT_LIMIT => Next::Ended(HowEnded::Flooded),
            _ if look.started >= MOST => Next::Ended(HowEnded::Crowded),
            Said::Line(line) => Next::Read(line),
            _ if self.total > self.budget && look.ended.is_none() => Next::Spent,
            Said::TooLong => Next::TooLong,
            Said::Closed => self.closed(look.now, look.ended),
            Said::Nothing => self.silent(look.now, look.ended),
        }
    }

    /// Whether the worker has had its time. Time in which it was kept from running, by a busy machine, does not count,
    /// nor does time in which nobody looked: then this machine slept.
    fn is_late(&mut self, look: &Look) -> bool {
        let (moment, count, kept) = self.last;
        let kept = look.kept.saturating_sub(kept);
        let passed = look.now.duration_since(moment).min(LOOK_AWAY);
        let used = passed.saturating_sub(kept);
        self.waited += used;
        self.total += used;
        if self.clock == Clock::Steps && look.count != count {
            self.waited = Duration::ZERO;
        }
        self.last = (look.now, look.count, look.kept);
        // Whoever has ended is not late.
        self.waited > self.limit && look.ended.is_none() && self.closed.is_none()
    }

    /// A process that closed its pipe is usually about to end: its own exit says more.
    fn closed(&mut self, now: Instant, ended: Option<HowEnded>) -> Next {
        let since = *self.closed.get_or_insert(now);
        match ended {
            Some(how) => Next::Ended(how),
            None if now.duration_since(since) > GRACE => Next::Ended(HowEnded::Silent),
            None => Next::Wait,
        }
    }

    /// A helper that it left behind may hold the pipe open: then its end is seen, though nothing closes. What it said
    /// last may still be on its way.
    fn silent(&mut self, now: Instant, ended: Option<HowEnded>) -> Next {
        let Some(how) = ended else { return Next::Wait };
        let since = *self.ended.get_or_insert(now);
        if now.duration_since(since) > GRACE {
            Next::Ended(how)
        } else {
            Next::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(10);

    /// A worker under watch that stands still and says nothing, and a clock.
    struct Watch {
        waiting: Waiting,
        look: Look,
    }

    impl Watch {
        fn new(waiting: fn(Duration, Instant) -> Waiting) -> Self {
            let now = Instant::now();
            let look = Look {
                said: Said::Nothing,
                now,
                count: 7,
                kept: Duration::ZERO,
                printed: 0,
                started: 0,
                ended: None,
                stopped: false,
            };
            let mut watch = Self {
                waiting: waiting(STEP, now),
                look,
            };
            assert_eq!(watch.look(0, |_| ()), Next::Wait);
            watch
        }

        fn reply() -> Self {
            Self::new(|step, now| Waiting::for_reply(step, Duration::MAX, now))
        }

        /// Looks again after so many milliseconds, at something that may be otherwise this once.
        fn look(&mut self, after: u64, change: impl FnOnce(&mut Look)) -> Next {
            self.look.now += Duration::from_millis(after);
            let mut look = self.look.clone();
            change(&mut look);
            self.waiting.on(look)
        }

        /// Looks every 100 milliseconds; after how many it was late.
        fn late_after(&mut self, change: impl Fn(&mut Look)) -> u64 {
            (1..1_000)
                .find(|_| self.look(100, &change) == Next::Ended(HowEnded::Hung))
                .map_or(u64::MAX, |looks| looks * 100)
        }
    }

    fn line() -> Said {
        Said::Line(b"{}\n".to_vec())
    }

    #[test]
    fn a_line_is_read() {
        let next = Watch::reply().look(1, |look| look.said = line());
        assert_eq!(next, Next::Read(b"{}\n".to_vec()));
    }

    #[test]
    fn a_worker_that_stands_still_is_late_and_one_that_moves_is_not() {
        assert_eq!(Watch::reply().late_after(|_| ()), 10_100);
        let mut watch = Watch::reply();
        for _ in 0..99 {
            assert_eq!(watch.look(100, |_| ()), Next::Wait);
        }
        watch.look.count = 8;
        assert_eq!(
            watch.late_after(|_| ()),
            10_200,
            "the clock starts when it is seen to have moved"
        );
    }

    #[test]
    fn lines_do_not_put_the_deadline_off() {
        assert_eq!(Watch::reply().late_after(|look| look.said = line()), 10_100);
    }

    #[test]
    fn the_first_line_has_one_deadline_whatever_the_mark_says() {
        let mut watch = Watch::new(Waiting::for_hello);
        let count = std::cell::Cell::new(0);
        let moving = |look: &mut Look| {
            count.set(count.get() + 1);
            (look.count, look.said) = (count.get(), line());
        };
        assert_eq!(watch.late_after(moving), 10_100);
    }

    #[test]
    fn who_moves_all_the_time_has_no_more_than_its_budget() {
        let mut watch = Watch::new(|step, now| Waiting::for_reply(step, 3 * STEP, now));
        for count in 1..=300 {
            watch.look.count = 100 + count;
            assert_eq!(watch.look(100, |_| ()), Next::Wait, "{count}");
        }
        watch.look.count += 1;
        let answered = watch.waiting.clone().on(Look {
            now: watch.look.now + Duration::from_millis(100),
            said: line(),
            ..watch.look.clone()
        });
        assert!(matches!(answered, Next::Read(_)), "what is said counts");
        assert_eq!(watch.look(100, |_| ()), Next::Spent);
        assert_eq!(watch.waiting.total(), Duration::from_millis(30_100));
    }

    #[test]
    fn time_in_which_the_machine_slept_or_was_busy_does_not_count() {
        let mut watch = Watch::reply();
        assert_eq!(watch.look(3_600_000, |_| ()), Next::Wait, "an hour asleep");
        assert_eq!(watch.late_after(|_| ()), 9_900);
        let mut watch = Watch::reply();
        for _ in 0..200 {
            watch.look.kept += Duration::from_millis(90);
            assert_eq!(watch.look(100, |_| ()), Next::Wait, "a tenth of the processor");
        }
        assert_eq!(watch.late_after(|_| ()), 8_100);
    }

    #[test]
    fn who_prints_without_end_is_ended_even_while_lines_come() {
        for said in [Said::Nothing, line()] {
            let mut watch = Watch::reply();
            watch.look.said = said;
            let some = watch.look(1, |look| look.printed = OUTPUT_LIMIT);
            assert_ne!(some, Next::Ended(HowEnded::Flooded));
            let more = watch.look(1, |look| look.printed = OUTPUT_LIMIT + 1);
            assert_eq!(more, Next::Ended(HowEnded::Flooded));
        }
    }

    #[test]
    fn who_starts_processes_without_end_is_ended() {
        let few = Watch::reply().look(1, |look| look.started = MOST - 1);
        assert_eq!(few, Next::Wait);
        let many = Watch::reply().look(1, |look| look.started = MOST);
        assert_eq!(many, Next::Ended(HowEnded::Crowded));
    }

    #[test]
    fn a_closed_pipe_waits_for_the_end_of_the_process_and_not_for_ever() {
        let mut watch = Watch::reply();
        watch.look.said = Said::Closed;
        assert_eq!(watch.look(1, |_| ()), Next::Wait);
        assert_eq!(
            watch.waiting.clone().on(Look {
                ended: Some(HowEnded::Signal(11)),
                ..watch.look.clone()
            }),
            Next::Ended(HowEnded::Signal(11))
        );
        assert_eq!(watch.look(1_001, |_| ()), Next::Ended(HowEnded::Silent));
    }

    #[test]
    fn the_end_of_the_process_is_seen_though_a_helper_holds_the_pipe() {
        let mut watch = Watch::reply();
        watch.look.ended = Some(HowEnded::Signal(11));
        assert_eq!(
            watch.look(1, |_| ()),
            Next::Wait,
            "its last line may be on its way"
        );
        assert!(matches!(
            watch.look(500, |look| look.said = line()),
            Next::Read(_)
        ));
        assert_eq!(watch.look(502, |_| ()), Next::Ended(HowEnded::Signal(11)));
    }

    #[test]
    fn who_has_ended_is_not_late() {
        let mut watch = Watch::reply();
        (watch.look.ended, watch.look.said) = (Some(HowEnded::Exit(3)), Said::Closed);
        assert_eq!(watch.late_after(|_| ()), u64::MAX);
        assert_eq!(watch.look(1, |_| ()), Next::Ended(HowEnded::Exit(3)));
    }

    #[test]
    fn stopping_comes_before_everything() {
        let all = |look: &mut Look| {
            (look.said, look.stopped) = (line(), true);
            look.printed = u64::MAX;
        };
        assert_eq!(Watch::reply().look(60_000, all), Next::Stopped);
        assert_eq!(
            Watch::reply().look(1, |look| look.said = Said::TooLong),
            Next::TooLong
        );
    }
}
