//! What a member is at, as its owner sees it.

use super::lease::Lease;
use crate::id::{PeerEpoch, Sid};

/// What a member is at.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// It leads.
    Leading {
        /// Its epoch: greater than that of every leader before it, and nobody else's.
        epoch: PeerEpoch,
        /// Until when it may rely on being the only one.
        lease: Lease,
    },
    /// It follows an established leader, without a vote.
    Observing {
        /// Whom.
        leader: Sid,
        /// The leader's epoch.
        epoch: PeerEpoch,
    },
}

impl Standing {
    /// The epoch of the established leader.
    #[must_use]
    pub fn epoch(&self) -> Option<PeerEpoch> {
        match self {
            Self::Looking => None,
            Self::Following { epoch, .. }
            | Self::Leading { epoch, .. }
            | Self::Observing { epoch, .. } => Some(*epoch),
        }
    }
}
