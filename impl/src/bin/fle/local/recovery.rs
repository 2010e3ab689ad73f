//! How soon the ensemble has a leader again.

use crate::failure::Failure;
use fle::PeerEpoch;
use fle::member::Standing;
use std::fmt;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long the ensemble was without an established leader, each time one was killed.
#[derive(Default)]
pub(super) struct Recovery {
    under_way: JoinSet<Duration>,
    took: Vec<Duration>,
    /// How often there was nobody to kill.
    failed: usize,
}

impl Recovery {
    /// The leader of this epoch was killed just now; one of these may follow it.
    pub(super) fn begin(&mut self, killed: Option<(PeerEpoch, Vec<watch::Receiver<Standing>>)>) {
        let Some((killed, others)) = killed else {
            self.failed += 1;
            return;
        };
        let since = Instant::now();
        let mut succeed = JoinSet::new();
        for mut standing in others {
            succeed.spawn(async move {
                let leads = move |now: &Standing| {
                    matches!(now, Standing::Leading { epoch, .. } if *epoch > killed)
                };
                if standing.wait_for(leads).await.is_err() {
                    std::future::pending::<()>().await;
                }
            });
        }
        self.under_way.spawn(async move {
            succeed.join_next().await;
            since.elapsed()
        });
    }

    /// Waits for the next leader to be established; for ever when none is missing.
    pub(super) async fn watch(&mut self) {
        match self.under_way.join_next().await {
            Some(took) => self.took.extend(took.ok()),
            None => std::future::pending().await,
        }
    }

    /// # Errors
    /// When a leader was missing at a time when one should have been killed.
    pub(super) fn judge(&self) -> Result<(), Failure> {
        if self.failed == 0 {
            return Ok(());
        }
        let times = if self.failed == 1 {
            "once"
        } else {
            "several times"
        };
        Err(Failure::Check(format!(
            "nobody led {times} ({}) when a leader was to be killed; give the servers more time \
             between",
            self.failed
        )))
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took = self.took.clone();
        took.sort_unstable();
        let (Some(median), Some(longest)) = (took.get(took.len() / 2), took.last()) else {
            return Ok(());
        };
        writeln!(
            f,
            "{} leaders were killed and replaced; the next was established after {median:.0?}, at \
             most {longest:.0?}",
            took.len()
        )
    }
}
