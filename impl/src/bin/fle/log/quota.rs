//! How many lines one place in the code may write in a period: a peer that causes a line can cause
//! a million.
//!
//! Events of elections, which `fle-conformance validate` reads, are many in an honest ensemble and
//! have a wide bound; everything else has a narrow one. What is left out is counted, and
//! [`Quota::settle`] gives the counts when a period ends. State is bounded: there is no more of it
//! than there are places.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// The target of lines that only the program's own start and end, or the log itself, can cause.
pub(crate) const PROGRAM: &str = "fle::program";

/// How long a place's lines are counted together.
const PERIOD: Duration = Duration::from_secs(10);

/// How many events of elections a place may write in a period.
const EVENTS: u32 = 2000;

/// How many other lines.
const OTHERS: u32 = 20;

/// How much of a line is kept to say what was left out, in characters.
const EXCERPT: usize = 200;

/// The counts of all places; clones share them.
#[derive(Clone, Default)]
pub(super) struct Quota(Arc<Mutex<HashMap<Identifier, Count>>>);

/// The lines of one place in its present period.
struct Count {
    /// File and line.
    place: String,
    since: Instant,
    written: u32,
    left_out: u64,
    /// The message of the first that was left out.
    like: String,
}

impl Quota {
    /// Whether there is room for this line.
    fn admits(&self, event: &Event<'_>, now: Instant) -> bool {
        let metadata = event.metadata();
        if metadata.target() == PROGRAM {
            return true;
        }
        let is_event = metadata.fields().field("event").is_some();
        let most = if is_event { EVENTS } else { OTHERS };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(metadata.callsite());
        let count = count.or_insert_with(|| Count::new(metadata, now));
        if count.written < most {
            count.written += 1;
            return true;
        }
        if count.left_out == 0 {
            count.like = message(event);
        }
        count.left_out += 1;
        false
    }

    /// Ends the periods that are over by then, or all of them: for each place that had more lines
    /// than it may, where it is, how many were left out, and what they are like.
    pub(super) fn settle(&self, now: Option<Instant>) -> Vec<(String, u64, String)> {
        let is_over = |count: &Count| {
            now.is_none_or(|now| now.saturating_duration_since(count.since) >= PERIOD)
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = counts.extract_if(|_, count| is_over(count));
        over.map(|(_, count)| (count.place, count.left_out, count.like))
            .filter(|(_, left_out, _)| *left_out > 0)
            .collect()
    }
}

impl Count {
    fn new(metadata: &Metadata<'_>, since: Instant) -> Self {
        let file = metadata.file().unwrap_or(metadata.target());
        Self {
            place: format!("{file}:{}", metadata.line().unwrap_or_default()),
            since,
            written: 0,
            left_out: 0,
            like: String::new(),
        }
    }
}

/// For all layers: a filter of one layer that refuses an event would refuse the next one, too
/// (tracing-subscriber 0.3.23 forgets its verdict only where an event reaches that layer).
impl<S: Subscriber> Layer<S> for Quota {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.admits(event, Instant::now())
    }
}

/// The beginning of what an event says.
fn message(event: &Event<'_>) -> String {
    struct Message(String);

    impl Visit for Message {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            if field.name() == "message" {
                self.0 = format!("{value:?}").chars().take(EXCERPT).collect();
            }
        }
    }

    let mut message = Message(String::new());
    event.record(&mut message);
    message.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::prelude::*;

    /// Holds a quota against events at a time of the test's choice.
    #[derive(Clone)]
    struct Clock(Quota, Arc<Mutex<(Instant, u32)>>);

    impl<S: Subscriber> Layer<S> for Clock {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let (now, written) = &mut *self.1.lock().unwrap();
            *written += u32::from(self.0.admits(event, *now));
        }
    }

    impl Clock {
        fn new() -> Self {
            Self(Quota::default(), Arc::new(Mutex::new((Instant::now(), 0))))
        }

        /// How many of the lines are written.
        fn written(&self, say: impl FnOnce()) -> u32 {
            self.1.lock().unwrap().1 = 0;
            let subscriber = tracing_subscriber::registry().with(self.clone());
            tracing::subscriber::with_default(subscriber, say);
            self.1.lock().unwrap().1
        }

        fn pass(&self, time: Duration) -> Vec<(String, u64, String)> {
            let now = &mut self.1.lock().unwrap().0;
            *now += time;
            self.0.settle(Some(*now))
        }
    }

    fn warn(times: u32) {
        for number in 0..times {
            tracing::warn!(target: "fle", number, "a stranger came");
        }
    }

    #[test]
    fn what_a_stranger_causes_is_bounded_in_each_period_and_counted() {
        let clock = Clock::new();
        assert_eq!(clock.written(|| warn(OTHERS + 7)), OTHERS);
        assert_eq!(clock.pass(PERIOD / 2), []);
        assert_eq!(clock.written(|| warn(3)), 0);
        let [(place, left_out, like)] = &clock.pass(PERIOD / 2)[..] else {
            panic!("one place");
        };
        assert!(place.contains("quota.rs:"), "{place}");
        assert_eq!((*left_out, like.as_str()), (10, "a stranger came"));
        assert_eq!(clock.written(|| warn(OTHERS + 1)), OTHERS);
    }

    #[test]
    fn each_place_has_its_own() {
        let clock = Clock::new();
        clock.written(|| warn(OTHERS));
        let other = || tracing::warn!(target: "fle", "something else");
        assert_eq!(clock.written(other), 1);
        assert_eq!(clock.pass(PERIOD), [], "nothing was left out");
        assert!(clock.0.0.lock().unwrap().is_empty());
    }

    #[test]
    fn events_of_elections_have_a_wide_bound() {
        let clock = Clock::new();
        let say = || {
            for _ in 0..EVENTS + 5 {
                tracing::info!(target: "fle", event = "notification.received", "was told a vote");
            }
        };
        assert_eq!(clock.written(say), EVENTS);
        assert_eq!(clock.pass(PERIOD)[0].1, 5);
    }

    #[test]
    fn what_the_program_says_of_itself_has_none() {
        let clock = Clock::new();
        let say = || {
            for _ in 0..3 * OTHERS {
                tracing::warn!(target: PROGRAM, "a mistake in the configuration");
            }
        };
        assert_eq!(clock.written(say), 3 * OTHERS);
    }

    #[test]
    fn the_end_settles_everything() {
        let clock = Clock::new();
        clock.written(|| warn(OTHERS + 1));
        assert_eq!(clock.0.settle(None)[0].1, 1);
    }
}
