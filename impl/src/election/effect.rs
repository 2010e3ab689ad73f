//! What an election asks its driver to do.
//!
//! Effects are returned by value, a few at a time and without allocation. A queue that the driver
//! polls would be part of the state and could be forgotten half drained; a sink that the driver
//! passes in could hold what an earlier event left. What an event can lead to is bounded here (two
//! effects, and the adoption of a configuration), and connections keep only the newest notification
//! to a peer, so there is nothing that back-pressure could save.

use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::notification::Notification;
use smallvec::SmallVec;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// One thing to do. Every notification goes out with the text of the committed configuration
/// ([`Ensemble::text`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Send this to every voter of the configurations in force, this server included: its own
    /// notification counts when it comes back to it like any other
    /// ([`QuorumView::voters`](crate::quorum::QuorumView::voters)).
    Broadcast(Notification),
    /// Send this to one server.
    Send {
        /// The recipient, not necessarily a voter.
        to: Sid,
        /// What to send.
        notification: Notification,
    },
    /// Nothing gets through: reconnect to every peer.
    ConnectAll,
    /// Wait this long from now for the next notification, in place of any earlier wait; then report
    /// the time-out.
    Arm(Wait),
    /// The election is over: no more waiting. This is what the server announces from now on.
    Decide(Notification),
    /// A voter looks for a leader while this server leads: it may be one of those that elected it
    /// (the reference's `reportLookingSid`, ZOOKEEPER-3109).
    ReportLooking(Sid),
    /// A peer's newer configuration is committed: store it, dial by it. The election goes by it
    /// already.
    Adopt(Arc<Ensemble>),
    /// A peer's newer configuration has other members: renew the connections, then look for a
    /// leader anew. The election has forgotten everything, its round included.
    RestartElection,
}

/// What a looking server waits in, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Wait {
    /// Which time-out ends the wait.
    pub phase: WaitPhase,
    /// How long it lasts, counted anew from each [`Effect::Arm`].
    pub duration: Duration,
}

/// The two waits of a looking server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WaitPhase {
    /// For votes; then
    /// [`Election::handle_renotify_timeout`](super::Election::handle_renotify_timeout).
    Collecting,
    /// For a better vote, now that a quorum agrees; then
    /// [`Election::handle_finalize_timeout`](super::Election::handle_finalize_timeout).
    Finalizing,
}

/// What one event led to, in the order in which it is to be done.
// Two have room without allocation. A third comes only with a configuration that was parsed, which
// allocates anyway; and what is returned by value is copied, for each notification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[must_use = "an election whose effects are dropped sends nothing and waits for ever"]
pub struct Effects(SmallVec<[Effect; 2]>);

impl Effects {
    #[inline]
    pub(super) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }
}

impl Deref for Effects {
    type Target = [Effect];

    #[inline]
    fn deref(&self) -> &[Effect] {
        &self.0
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = smallvec::IntoIter<[Effect; 2]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
