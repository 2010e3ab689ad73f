//! What a leader may rely on, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A leader's right to act: while it lasts, no other leader of the ensemble can be established.
///
/// It is renewed with every sign of life of a quorum and taken back when the leader gives up; all clones see that. Whoever acts
/// on it asks first, each time: a process that was stopped and continued finds it over. Between asking and acting time can
/// pass, so what is acted on should check the epoch as well, where it can.
///
/// It is judged on this machine's monotonic clock, and holds under two assumptions: no server's clock runs faster than another's by more than
/// [`Limits::clock_drift_ppm`](super::Limits::clock_drift_ppm), and only the two ends of a connection end it. A machine that
/// is suspended as a whole breaks the first: its clock stands still meanwhile.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Where the clock begins.
    origin: Instant,
    /// When it is over, in nanoseconds from there.
    until: Arc<AtomicU64>,
}

impl Lease {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            until: Arc::default(),
        }
    }

    /// It lasts until then; not at all if that is zero.
    pub(super) fn set(&self, until: Duration) {
        let until = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.until.store(until, Ordering::SeqCst);
    }

    /// Whether it lasts.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// When it is over if it is not renewed; `None` when it has been taken back.
    #[must_use]
    pub fn expires_at(&self) -> Option<Instant> {
        let until = self.until.load(Ordering::SeqCst);
        (until > 0).then(|| self.origin + Duration::from_nanos(until))
    }

    /// How much longer it lasts if it is not renewed; zero when it is over.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let expiry = self.expires_at().unwrap_or(self.origin);
        expiry.saturating_duration_since(Instant::now())
    }
}

/// Two handles are equal if they are on the same lease.
impl PartialEq for Lease {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.until, &other.until)
    }
}

impl Eq for Lease {}
