//! Leadership that is being handed over: who waits for what comes of it.
//!
//! Invariant: whoever waits hears of it when somebody leads again, be it the heir or another.
//! Absent: how it is handed over, which is [`crate::leadership`]'s.

use crate::id::{PeerEpoch, Sid};
use crate::leadership::{CannotHandOver, Standing};
use crate::node::Stopped;
use tokio::sync::oneshot;

/// Why leadership was not handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransferError {
    /// It could not be begun, and nothing has changed.
    #[error(transparent)]
    NotBegun(#[from] CannotHandOver),
    /// It was begun and failed, and service is restored.
    #[error("the heir did not come to lead; server {leader} leads in epoch {epoch}")]
    Failed {
        /// Who leads now.
        leader: Sid,
        /// In which epoch.
        epoch: PeerEpoch,
    },
    /// The member has stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// What comes of it: the epoch in which the heir leads.
pub(super) type Outcome = Result<PeerEpoch, TransferError>;

/// A transfer under way.
pub(super) struct Transfer {
    heir: Sid,
    /// Until it has been told.
    waiting: Option<oneshot::Sender<Outcome>>,
}

impl Transfer {
    pub(super) fn new(heir: Sid, waiting: oneshot::Sender<Outcome>) -> Self {
        Self {
            heir,
            waiting: Some(waiting),
        }
    }

    /// Tells how it has ended, if it has. `own` is the server that hands over, `heir` the server to
    /// which it does so still.
    pub(super) fn tell(&mut self, own: Sid, now: Standing, heir: Option<Sid>) -> bool {
        let outcome = self.outcome(own, now, heir);
        if let Some(outcome) = outcome
            && let Some(waiting) = self.waiting.take()
        {
            // Whoever stopped waiting sees it in the standing.
            let _ = waiting.send(outcome);
        }
        outcome.is_some()
    }

    fn outcome(&self, own: Sid, now: Standing, heir: Option<Sid>) -> Option<Outcome> {
        let (leader, epoch) = match now {
            Standing::Looking => return None,
            Standing::Leading { .. } if heir.is_some() => return None,
            Standing::Leading { epoch, .. } => (own, epoch),
            Standing::Following { leader, epoch } | Standing::Observing { leader, epoch } => {
                (leader, epoch)
            }
        };
        let failed = TransferError::Failed { leader, epoch };
        Some(if leader == self.heir {
            Ok(epoch)
        } else {
            Err(failed)
        })
    }
}
