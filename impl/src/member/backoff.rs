//! How long a server rests before it looks for a leader again.
//!
//! A leader that dies is to be replaced at once, and an election may fail once or twice for no
//! fault of anybody's. Elections that fail again and again have a reason that another one does not
//! remove, and cost all servers.

use std::time::Duration;

/// Failures in a row, each of which is a term that did not last.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

/// So many failures in a row are followed by no rest.
const FREE: u32 = 2;
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(3200);

impl Backoff {
    /// A term has lasted.
    pub(super) fn end_in_peace(&mut self) {
        self.failures = 0;
    }

    /// A term has not; how long to rest, between half and all of a time that doubles. `chance` is
    /// at least 0 and below 1.
    pub(super) fn rest(&mut self, chance: f64) -> Duration {
        self.failures += 1;
        let Some(doublings) = self.failures.checked_sub(FREE + 1) else {
            return Duration::ZERO;
        };
        let longest = FIRST.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
        longest.min(LONGEST).mul_f64(0.5 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_with_failures_in_a_row_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let rests: Vec<u128> = (0..40).map(|_| backoff.rest(0.0).as_millis()).collect();
        assert_eq!(rests[..6], [0, 0, 25, 50, 100, 200]);
        assert!(rests[9..].iter().all(|rest| *rest == 1600));
        assert!(backoff.rest(0.999) > Duration::from_secs(3));
        backoff.end_in_peace();
        assert_eq!(backoff.rest(0.5), Duration::ZERO);
    }
}
