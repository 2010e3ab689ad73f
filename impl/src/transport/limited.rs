//! Warnings that a peer can cause, at most one for each subject in a period.
//!
//! # Invariants
//! - However many subjects peers make up, no more than [`SUBJECTS`] are remembered; what is said of
//!   more than that in a period is left out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// How many subjects are told apart at once.
const SUBJECTS: usize = 1024;

/// When something was said last about what, and how often it was not said since.
pub(super) struct Limited<K> {
    period: Duration,
    told: BTreeMap<K, Told>,
}

struct Told {
    at: Instant,
    left_out: u64,
}

/// How many lines like the one that it is appended to were left out before it. Displays as nothing
/// if there were none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LeftOut(u64);

impl<K: Ord> Limited<K> {
    pub(super) fn every(period: Duration) -> Self {
        let told = BTreeMap::new();
        Self { period, told }
    }

    /// Whether to say something about this now.
    pub(super) fn admit(&mut self, subject: K) -> Option<LeftOut> {
        let now = Instant::now();
        let before = self.told.get_mut(&subject);
        let is_new = before.is_none();
        let mut left_out = 0;
        if let Some(told) = before {
            if now.duration_since(told.at) < self.period {
                told.left_out += 1;
                return None;
            }
            left_out = told.left_out;
        }
        if is_new && !self.has_room(now) {
            return None;
        }
        let told = Told {
            at: now,
            left_out: 0,
        };
        self.told.insert(subject, told);
        Some(LeftOut(left_out))
    }

    fn has_room(&mut self, now: Instant) -> bool {
        if self.told.len() >= SUBJECTS {
            let period = self.period;
            self.told
                .retain(|_, told| now.duration_since(told.at) < period);
        }
        self.told.len() < SUBJECTS
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => write!(f, " (and once more since this was said last)"),
            n => write!(f, " (and {n} times more since this was said last)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn one_line_a_period_says_how_many_were_left_out() {
        let mut limited = Limited::every(PERIOD);
        assert_eq!(limited.admit("a"), Some(LeftOut(0)));
        assert_eq!(limited.admit("b"), Some(LeftOut(0)));
        for _ in 0..7 {
            assert_eq!(limited.admit("a"), None);
        }
        tokio::time::advance(PERIOD).await;
        assert_eq!(limited.admit("a"), Some(LeftOut(7)));
        assert_eq!(limited.admit("a"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn subjects_that_are_made_up_take_no_memory() {
        let mut limited = Limited::every(PERIOD);
        let admitted = (0..100_000).filter(|i| limited.admit(*i).is_some());
        assert_eq!(admitted.count(), SUBJECTS);
        assert_eq!(limited.told.len(), SUBJECTS);
        tokio::time::advance(PERIOD).await;
        assert_eq!(limited.admit(100_000), Some(LeftOut(0)));
    }
}
