//! What servers vote for, which proposal is better, and when two votes agree.
//!
//! Source: `FastLeaderElection.totalOrderPredicate` and `Vote.equals`. The model is built on this
//! module too, so its rules are stated a second time, naively, in the tests.
//!
//! Invariant: agreement is [`Vote::agrees_with`], never `==`. It is symmetric but not transitive,
//! and `==` on votes means "the very same announcement", which only the tally's bookkeeping needs.

use crate::id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
use crate::quorum::QuorumView;

/// A candidate and the credentials that speak for it. The order of the fields is the order of the
/// election: the later peer epoch wins, then the longer history, then the greater sid
/// (ZOOKEEPER-335, ZOOKEEPER-1419).
///
/// ```
/// use fle::{PeerEpoch, Proposal, Sid, Zxid};
///
/// let longer = Proposal { peer_epoch: PeerEpoch(1), zxid: Zxid(9), leader: Sid(1) };
/// let later = Proposal { peer_epoch: PeerEpoch(2), zxid: Zxid(3), leader: Sid(1) };
/// assert!(later > longer);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Proposal {
    /// The candidate's current epoch.
    pub peer_epoch: PeerEpoch,
    /// The last transaction that the candidate has logged.
    pub zxid: Zxid,
    /// The candidate.
    pub leader: Sid,
}

impl Proposal {
    /// What a server without a vote proposes: nobody, with nothing.
    pub const NONE: Self = Self {
        peer_epoch: PeerEpoch::NONE,
        zxid: Zxid::NONE,
        leader: Sid::NONE,
    };

    /// Whether a server that proposes `current` turns to this proposal. A candidate without weight
    /// never wins (ZOOKEEPER-498).
    #[doc(alias = "totalOrderPredicate")]
    #[must_use]
    pub fn supersedes(&self, current: &Self, view: &QuorumView) -> bool {
        self > current && view.weight(self.leader) > 0
    }
}

/// The state of a server, as its notifications announce it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ServerState {
    /// It looks for a leader.
    Looking,
    /// It follows the leader it settled on.
    Following,
    /// It leads.
    Leading,
    /// It follows without a vote.
    Observing,
}

/// The generation of the wire format in which a vote was announced: with or without a version
/// number. Servers that send none report another peer epoch for the same leader, so their votes are
/// compared more loosely (ZOOKEEPER-1732).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Generation {
    /// No version, or version 0.
    Unversioned,
    /// Version 1 or later.
    Versioned,
}

/// A vote: a proposal, the round it was cast in, and the state of the server that cast it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Vote {
    /// What is voted for.
    pub proposal: Proposal,
    /// The round of the vote.
    pub election_epoch: ElectionEpoch,
    /// The voter's state when it announced the vote.
    pub state: ServerState,
    /// The wire generation of the announcement.
    pub generation: Generation,
}

impl Vote {
    /// Whether two votes count as support for the same leader.
    ///
    /// While either voter still looks, everything must match. Between settled voters the zxid and
    /// the round may differ (ZOOKEEPER-1805), and across wire generations the peer epoch too
    /// (ZOOKEEPER-1732).
    #[doc(alias = "equals")]
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        if self.state == ServerState::Looking || other.state == ServerState::Looking {
            return self.proposal == other.proposal && self.election_epoch == other.election_epoch;
        }
        self.proposal.leader == other.proposal.leader
            && (self.generation != other.generation
                || self.proposal.peer_epoch == other.proposal.peer_epoch)
    }
}

#[cfg(test)]
mod tests;
