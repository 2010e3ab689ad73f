//! What servers tell one another.
//!
//! Source: `FastLeaderElection.Notification` and `ToSend`. The configuration text that rides along
//! is not in here: every notification carries the sender's committed one, so whoever writes it to a
//! socket adds it ([`crate::codec::header`]).

use crate::id::ElectionEpoch;
use crate::vote::{Generation, Proposal, ServerState, Vote};

/// A server's announcement: the state it is in and the vote it stands by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Notification {
    /// The sender's state.
    pub state: ServerState,
    /// Whom it proposes while it looks, or settled on.
    pub proposal: Proposal,
    /// The round of that vote.
    pub election_epoch: ElectionEpoch,
}

impl Notification {
    /// The vote announced, as sent in this wire generation.
    #[must_use]
    pub const fn vote(self, generation: Generation) -> Vote {
        Vote {
            proposal: self.proposal,
            election_epoch: self.election_epoch,
            state: self.state,
            generation,
        }
    }
}

/// A notification as it arrived, its configuration text still in the receive buffer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Received<'a> {
    /// What was announced; `None` when the sender's state is a number that no version knows. Such a
    /// message counts for nothing, yet a stranger is answered and a newer configuration is noticed,
    /// as in the reference.
    pub notification: Option<Notification>,
    /// The wire generation it came in.
    pub generation: Generation,
    /// The sender's committed configuration, where the format carries one.
    pub config: Option<&'a [u8]>,
}
