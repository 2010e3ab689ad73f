//! The terms of establishing a leader: what a server goes by, what it keeps, what it is at.

use crate::id::{PeerEpoch, Sid};
use crate::learner_type::LearnerType;
use std::time::Duration;

/// A point in time on this server's monotonic clock: how long after a moment of the driver's
/// choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Moment(pub Duration);

/// What leading and following go by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    /// The server's id.
    pub sid: Sid,
    /// Whether it votes or observes.
    pub learner_type: LearnerType,
    /// The length of a tick; signs of life go out twice in it.
    pub tick: Duration,
    /// How long a leader may take to be established, and a learner to follow it (`initLimit`
    /// ticks).
    pub init_limit: Duration,
    /// How long leader and learners bear one another's silence, and how far a learner's promise
    /// reaches (`syncLimit` ticks).
    pub sync_limit: Duration,
    /// How much faster than this server's clock another's may run, in parts of a million. The lease
    /// is shorter by that.
    pub clock_drift_ppm: u32,
    /// How long an elected leader waits for a quorum before it gives up as soon as one of those
    /// that elected it looks again; `None` for no limit but that a quorum can still come
    /// (`leader.maxTimeToWaitForEpoch`, ZOOKEEPER-3109).
    pub epoch_timeout: Option<Duration>,
    /// Whether a promise is over as soon as the leader's end of the connection is closed in order
    /// (FIN), as happens when its process dies. Wrong where anything between the servers ends
    /// connections; a reset never ends a promise.
    pub promise_ends_with_connection: bool,
}

/// The epochs that a server keeps on disk. A new server has none, which is epoch 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Epochs {
    /// The greatest that it has promised to a leader (`acceptedEpoch`).
    pub accepted: PeerEpoch,
    /// That of the last leader that it has led, or followed to the point of being one of those that
    /// establish it (`currentEpoch`).
    pub current: PeerEpoch,
}

/// What a server's disk says when the server starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stored {
    /// The epochs; where something is lost, what is left of them.
    pub epochs: Epochs,
    /// Whether they are all that the server has promised.
    pub knowledge: Knowledge,
    /// How long its promises have been, as it was stored last; `None` where that was never stored.
    pub promise: Option<Duration>,
}

/// Whether a server knows what it has promised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Knowledge {
    /// It knows all of it.
    Complete,
    /// There is nothing on its disk: it is new, or has lost everything. If every other voter says
    /// that it has never accepted an epoch, it is new.
    Blank,
    /// It has made promises, and what the disk says of them is older, or lost.
    Lost,
}

impl Stored {
    /// The disk of a server that knows these epochs to be all that it has promised.
    #[must_use]
    pub fn complete(epochs: Epochs) -> Self {
        Self {
            epochs,
            knowledge: Knowledge::Complete,
            promise: None,
        }
    }

    /// An empty disk.
    pub const BLANK: Self = Self {
        epochs: Epochs {
            accepted: PeerEpoch(0),
            current: PeerEpoch(0),
        },
        knowledge: Knowledge::Blank,
        promise: None,
    };
}

/// What a server is at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// There is no established leader that it knows of.
    Looking,
    /// It follows an established leader, with a vote.
    Following {
        /// Whom.
        leader: Sid,
        /// The leader's epoch.
        epoch: PeerEpoch,
    },
    /// It leads, established.
    Leading {
        /// Its epoch, in which nobody else has led or will lead.
        epoch: PeerEpoch,
        /// Until when no other leader can be established; `None` where an oracle stands in for a
        /// quorum, which promises nothing, and while this server hands over.
        lease: Option<Moment>,
    },
    /// It follows an established leader, without a vote.
    Observing {
        /// Whom.
        leader: Sid,
        /// The leader's epoch.
        epoch: PeerEpoch,
    },
}

/// How a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// In order, after everything that was sent on it: the other end, or something between the two,
    /// has closed it.
    Closed,
    /// Anything else: a reset, a time-out, a connection that could not be made.
    Lost,
}

impl Moment {
    /// The moment this much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}
