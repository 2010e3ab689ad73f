//! What can happen: to servers, to links, and by the peer's main loop around the election.

use crate::election::faults::Crash;
use crate::terms::vote::serialize_place;
use serde::Serialize;

/// What can happen next. Servers are named by their places, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// `dst` receives the oldest notification from `src`.
    Deliver {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
    },
    /// The oldest notification from `src` to `dst` turns out to have been replaced in the send slot
    /// by the next.
    Supersede {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
    },
    /// What `src`, which is down, had sent `dst` never arrives.
    Lose {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
    },
    /// Asynchronous: `src` has waited long enough for votes and announces its own again; the copy
    /// for `dst` arrives at once.
    Resend {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
    },
    /// Timely, or with an oracle: the server has waited long enough for votes and announces its own
    /// again, to everybody.
    CollectTimeout {
        /// Who waits.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server has waited long enough for a better proposal.
    FinalizeTimeout {
        /// Who waits.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// A server returns to looking: its leader is gone or does not lead, or it leads and no quorum
    /// follows.
    GiveUp {
        /// Who gives up.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// A leader that a quorum follows begins a new epoch, or a server that follows it learns the
    /// epoch.
    Activate {
        /// The leader or its follower.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// A server that is down is started.
    Start {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// A fault: the server crashes.
    Crash {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
        /// What becomes of it.
        crash: Crash,
    },
    /// A fault: the connection between two servers breaks.
    Break {
        /// One of them.
        #[serde(serialize_with = "serialize_place")]
        a: usize,
        /// The other.
        #[serde(serialize_with = "serialize_place")]
        b: usize,
    },
    /// A fault: a settled server returns to looking for no reason.
    LoseLeader {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
}

impl Action {
    /// The server that it happens to, the only one that it can change; `None` if it happens to a
    /// link.
    #[must_use]
    pub fn actor(self) -> Option<usize> {
        match self {
            Self::Deliver { dst: server, .. }
            | Self::Resend { dst: server, .. }
            | Self::CollectTimeout { server }
            | Self::FinalizeTimeout { server }
            | Self::GiveUp { server }
            | Self::Activate { server }
            | Self::Start { server }
            | Self::Crash { server, .. }
            | Self::LoseLeader { server } => Some(server),
            Self::Supersede { .. } | Self::Lose { .. } | Self::Break { .. } => None,
        }
    }
}
