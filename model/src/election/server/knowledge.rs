//! What one server knows, and what can be asked of it.
//!
//! Invariants: a server without an election under way holds nothing of one ([`Election::Settled`]
//! is a vote and no more); `recv_set` holds only votes of the server's own round.

use crate::terms::ensemble::Known;
use crate::terms::set::ServerSet;
use crate::terms::vote::{Credentials, Notification, Proposal, Round, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use fle::ServerState;

/// What one server knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub struct Server<const N: usize> {
    /// What is on its disk.
    pub credentials: Credentials,
    /// The round it is in, or was in last. Not on its disk.
    #[doc(alias = "logicalclock")]
    pub round: Round,
    /// The configurations that it knows.
    pub known: Known,
    /// What the oracle answers it, where there is one.
    pub granted: bool,
    /// Whether its leader was established and it has learned the leader's new epoch.
    pub active: bool,
    /// Where its election stands.
    pub election: Election<N>,
}

/// Where a server's election stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub enum Election<const N: usize> {
    /// The server is down, or was not started yet.
    Down {
        /// Whether it will be started again.
        returns: bool,
    },
    /// It looks for a leader.
    Looking(Looking<N>),
    /// It has settled on one, and leads if that is itself.
    #[doc(alias = "currentVote")]
    Settled(Vote),
}

/// An election under way: the local variables of `lookForLeader`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub struct Looking<const N: usize> {
    /// Whom this server proposes.
    pub proposal: Proposal,
    /// What it waits for.
    pub wait: Wait,
    /// The last vote of each server in this server's round.
    #[doc(alias = "recvset")]
    pub recv_set: [Option<Vote>; N],
    /// The last vote of each settled server, whatever its round.
    #[doc(alias = "outofelection")]
    pub out_of_election: [Option<Vote>; N],
    /// Who supported the proposal when a looking server was last heard: what an oracle is asked
    /// about later.
    #[doc(alias = "voteSet")]
    pub vote_set: Option<ServerSet>,
    /// Whom it has heard in this round while they looked; nobody, where nothing follows from it
    /// ([`Early::Never`]).
    ///
    /// [`Early::Never`]: crate::election::finalizing::Early::Never
    pub heard: ServerSet,
    /// What it settled on before, which is what strangers are told meanwhile. Nothing, where there
    /// are none.
    #[doc(alias = "currentVote")]
    pub settled_before: Option<Proposal>,
}

/// What a looking server waits for; also the timer that ends the wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub enum Wait {
    /// Votes. When the wait runs out it announces its own again (`notTimeout`).
    Collecting,
    /// A better proposal than the one for which it has a quorum. When the wait runs out it settles
    /// (`finalizeWait`).
    Finalizing,
}

impl<const N: usize> Server<N> {
    /// The election under way, if there is one.
    #[must_use]
    pub fn looking(&self) -> Option<&Looking<N>> {
        match &self.election {
            Election::Looking(looking) => Some(looking),
            Election::Settled(_) | Election::Down { .. } => None,
        }
    }

    /// What it says of itself, if it looks.
    #[must_use]
    pub fn announcement(&self) -> Option<Notification> {
        let looking = self.looking()?;
        Some(Notification {
            vote: Vote::looking(looking.proposal, self.round),
            config: self.known.committed(),
        })
    }

    /// The vote that it settled on, if it has settled.
    #[must_use]
    pub fn settled(&self) -> Option<Vote> {
        match self.election {
            Election::Settled(vote) => Some(vote),
            Election::Looking(_) | Election::Down { .. } => None,
        }
    }

    /// Whether it looks and has heard what the peer proposed in this round while it looked, so that
    /// its own proposal is no worse. A settled peer's vote does not show that: it is counted, never
    /// adopted.
    #[must_use]
    pub fn has_heard_proposal(&self, peer: usize) -> bool {
        self.looking()
            .is_some_and(|looking| looking.heard.contains(peer))
    }

    /// Whether it is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !matches!(self.election, Election::Down { .. })
    }

    /// Whether it is down and will be started.
    #[must_use]
    pub fn returns(&self) -> bool {
        matches!(self.election, Election::Down { returns: true })
    }

    /// Whether it leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.settled()
            .is_some_and(|vote| vote.state == ServerState::Leading)
    }

    /// Where it stands, for others: up or down, in which round, proposing or settled on whom.
    #[must_use]
    pub fn standing(&self) -> (Round, Known, Option<Proposal>, Option<Vote>, bool) {
        let proposal = self.looking().map(|looking| looking.proposal);
        (
            self.round,
            self.known,
            proposal,
            self.settled(),
            self.is_up(),
        )
    }

    /// Whether it is no further than any server comes by the rules. A mutant may send servers on
    /// and on.
    pub(crate) fn is_within_bounds(&self) -> bool {
        self.round <= Round::BOUND && self.credentials.epoch() <= Round::BOUND.0
    }
}
