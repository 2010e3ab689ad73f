//! A job that runs while its server leads.
//!
//! Invariant: the job is neither begun nor polled unless the lease lasts at that moment, by a look
//! at the clock. To wait for the lease's end beside the job is not enough: in a process that was
//! stopped, or on a runtime that was held up, the job may be ready before the timer is, and whoever
//! leads by then has begun the job, too.

use super::lease::Lease;
use super::standing::Standing;
use crate::id::PeerEpoch;
use crate::node::Stopped;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use tokio::sync::watch;

/// Runs the job in each term until it finishes.
pub(super) async fn run_while_leading<J: Future>(
    mut leadership: watch::Receiver<Standing>,
    mut job: impl FnMut(PeerEpoch, Lease) -> J,
) -> Result<J::Output, Stopped> {
    loop {
        let (epoch, lease) = next_lease(&mut leadership).await?;
        let running = pin!(job(epoch, lease.clone()));
        if let Some(output) = while_it_lasts(&lease, running).await {
            return Ok(output);
        }
    }
}

/// Waits until this server leads with a lease that lasts.
async fn next_lease(
    leadership: &mut watch::Receiver<Standing>,
) -> Result<(PeerEpoch, Lease), Stopped> {
    loop {
        let now = leadership.borrow_and_update().clone();
        let Standing::Leading { epoch, lease } = now else {
            leadership.changed().await.map_err(|_| Stopped)?;
            continue;
        };
        if lease.is_valid() {
            return Ok((epoch, lease));
        }
        // What is shown may be the past.
        tokio::select! {
            biased;
            changed = leadership.changed() => changed.map_err(|_| Stopped)?,
            () = lease.begun() => {}
        }
    }
}

/// What the job returns; `None` if the lease is over before.
async fn while_it_lasts<J: Future>(lease: &Lease, mut job: Pin<&mut J>) -> Option<J::Output> {
    let mut end = pin!(lease.ended());
    poll_fn(|context| {
        // The second asks the clock, which runs when timers do not.
        if end.as_mut().poll(context).is_ready() || !lease.is_valid() {
            return Poll::Ready(None);
        }
        job.as_mut().poll(context).map(Some)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    /// What a member shows.
    struct Shown {
        standing: watch::Sender<Standing>,
        origin: Instant,
    }

    impl Shown {
        fn looking() -> Self {
            Self {
                standing: watch::Sender::new(Standing::Looking),
                origin: Instant::now(),
            }
        }

        fn leadership(&self) -> watch::Receiver<Standing> {
            self.standing.subscribe()
        }

        /// Shows that the server leads, with a lease that it has just been given.
        fn lead(&self, epoch: i64) -> Lease {
            let lease = Lease::new(self.origin);
            self.set(&lease, Duration::from_secs(1000));
            self.standing.send_replace(Standing::Leading {
                epoch: PeerEpoch(epoch),
                lease: lease.clone(),
            });
            lease
        }

        /// The lease lasts for so long from now on.
        fn set(&self, lease: &Lease, length: Duration) {
            lease.set(self.origin.elapsed() + length);
        }
    }

    /// Goes on at the next poll, which is due at once: no timer is looked at before.
    async fn poll_again() {
        let mut polled = false;
        poll_fn(|context| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[tokio::test]
    async fn a_job_is_not_continued_after_its_lease_on_a_thread_that_was_held_up() {
        let shown = Shown::looking();
        shown.lead(1);
        let continued = Cell::new(false);
        let job = async |epoch, lease: Lease| {
            if epoch == PeerEpoch(1) {
                shown.set(&lease, Duration::from_millis(100));
                // The end is waited for from here on.
                poll_again().await;
                while lease.is_valid() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                shown.lead(2);
                poll_again().await;
                continued.set(true);
            }
            epoch
        };
        let epoch = run_while_leading(shown.leadership(), job).await;
        assert_eq!(epoch, Ok(PeerEpoch(2)));
        assert!(!continued.get());
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_is_not_begun_on_a_lease_that_is_over_and_still_shown() {
        let shown = Shown::looking();
        let lease = shown.lead(1);
        advance(Duration::from_secs(1001)).await;
        let run = run_while_leading(shown.leadership(), async |epoch, _| epoch);
        let run = tokio::spawn(run);
        tokio::task::yield_now().await;
        assert!(!run.is_finished());
        // The quorum's word came late.
        shown.set(&lease, Duration::from_secs(1));
        assert_eq!(run.await.unwrap(), Ok(PeerEpoch(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_is_dropped_when_its_lease_is_taken_back_and_begun_in_the_next_term() {
        let shown = Shown::looking();
        let lease = shown.lead(1);
        let (begun, mut began) = watch::channel(0);
        let job = move |PeerEpoch(epoch), _| {
            let begun = begun.clone();
            async move {
                begun.send_replace(epoch);
                if epoch == 1 {
                    std::future::pending::<()>().await;
                }
            }
        };
        let start = Instant::now();
        let run = tokio::spawn(run_while_leading(shown.leadership(), job));
        began.wait_for(|it| *it == 1).await.unwrap();
        lease.set(Duration::ZERO);
        shown.lead(2);
        assert_eq!(run.await.unwrap(), Ok(()));
        // The clock is paused: it moves only if something had to be waited for.
        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_member_has_stopped() {
        let shown = Shown::looking();
        let run = run_while_leading(shown.leadership(), async |_, _| ());
        drop(shown);
        assert_eq!(run.await, Err(Stopped));

        // One that panicked has taken nothing back.
        let shown = Shown::looking();
        shown.lead(1);
        let job = async |_, _| std::future::pending::<()>().await;
        let run = run_while_leading(shown.leadership(), job);
        drop(shown);
        assert_eq!(run.await, Err(Stopped));
    }
}
