//! What a leader may rely on, and for how long.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A leader's right to act: while it lasts, no other leader of the ensemble can be established.
///
/// It is renewed with every sign of life of a quorum and taken back when the leader gives up; all
/// clones see that. Whoever acts on it asks first, each time: a process that was stopped and
/// continued finds it over. Between asking and acting time can pass, so what is acted on should
/// check the epoch as well, where it can.
///
/// It is as long as the promises of the quorum that it rests on, whatever the limits of this
/// server, and is judged on this machine's monotonic clock. It holds under these assumptions, of
/// which `SECURITY.md` beside this crate's manifest says more:
/// - Peers are who they say: nothing authenticates them yet.
/// - No server's clock runs faster than another's by more than
///   [`Limits::clock_drift_ppm`](super::Limits::clock_drift_ppm). A machine that is suspended as a
///   whole breaks that: its clock stands still meanwhile.
/// - Disks keep what is stored, or it is noticed that they have not; and fewer than a quorum of
///   them lose it at a time.
/// - [`Limits::promise_ends_with_connection`](super::Limits::promise_ends_with_connection) is off,
///   or nothing between the servers closes connections in order.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Where the clock begins.
    origin: Instant,
    /// When it is over, counted from there; zero when it has been taken back.
    until: watch::Sender<Duration>,
}

impl Lease {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            until: watch::Sender::default(),
        }
    }

    /// It lasts until then; not at all if that is zero.
    pub(super) fn set(&self, until: Duration) {
        self.until.send_replace(until);
    }

    /// Whether it lasts.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// When it is over if it is not renewed; `None` when it has been taken back.
    #[must_use]
    pub fn expires_at(&self) -> Option<Instant> {
        let until = *self.until.borrow();
        (!until.is_zero()).then(|| self.origin + until)
    }

    /// How much longer it lasts if it is not renewed; zero when it is over.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let expiry = self.expires_at().unwrap_or(self.origin);
        expiry.saturating_duration_since(Instant::now())
    }

    /// Waits until the lease is over: at once when it is taken back, otherwise when its time is up
    /// and it has not been renewed.
    ///
    /// May be dropped and called again at any time. In a `select!` with other work it bounds how
    /// long that work goes on after the lease, but it does not keep a task that was held up from
    /// being polled once more on a lease that is over:
    /// [`Member::run_while_leading`](super::Member::run_while_leading) does.
    pub async fn ended(&self) {
        let mut changes = self.until.subscribe();
        while let Some(expiry) = self.expires_at().filter(|it| *it > Instant::now()) {
            tokio::select! {
                biased;
                // It cannot fail: this lease sends to it.
                _ = changes.changed() => {}
                () = sleep_until(expiry) => {}
            }
        }
    }

    /// Waits until the lease lasts: one that was over is renewed when a leader that was held up
    /// hears late, but not too late, that its quorum stands by it.
    pub(super) async fn begun(&self) {
        let mut changes = self.until.subscribe();
        while !self.is_valid() {
            // It cannot fail: this lease sends to it.
            let _ = changes.changed().await;
        }
    }
}

/// Two handles are equal if they are on the same lease.
impl PartialEq for Lease {
    fn eq(&self, other: &Self) -> bool {
        self.until.same_channel(&other.until)
    }
}

impl Eq for Lease {}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_util::task::AbortOnDropHandle;

    fn lease_of(seconds: u64) -> Lease {
        let lease = Lease::new(Instant::now());
        lease.set(Duration::from_secs(seconds));
        lease
    }

    /// Waits for the lease's end in a task of its own, which does wait.
    async fn watched(lease: &Lease) -> AbortOnDropHandle<()> {
        let lease = lease.clone();
        let end = tokio::spawn(async move { lease.ended().await });
        tokio::task::yield_now().await;
        assert!(!end.is_finished());
        AbortOnDropHandle::new(end)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_ends_when_its_time_is_up() {
        let lease = lease_of(1);
        lease.ended().await;
        assert!(!lease.is_valid());
        lease.ended().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_is_renewed_goes_on() {
        let lease = lease_of(1);
        let end = watched(&lease).await;
        lease.set(Duration::from_secs(100));
        tokio::time::sleep(Duration::from_secs(99)).await;
        assert!(!end.is_finished());
        end.await.unwrap();
        assert_eq!(lease.remaining(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_is_taken_back_ends_at_once() {
        let lease = lease_of(1);
        let end = watched(&lease).await;
        let before = Instant::now();
        lease.set(Duration::ZERO);
        end.await.unwrap();
        // The clock is paused: it moves only if the lease's time had to be waited for.
        assert_eq!(Instant::now(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_begins_again_when_it_is_renewed_too_late() {
        let lease = lease_of(1);
        lease.ended().await;
        let again = lease.clone();
        let begun = tokio::spawn(async move { again.begun().await });
        tokio::task::yield_now().await;
        assert!(!begun.is_finished());
        lease.set(Duration::from_secs(100));
        begun.await.unwrap();
        assert!(lease.is_valid());
    }
}
