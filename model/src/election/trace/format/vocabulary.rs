//! How the terms of `fle` read in the format.

use super::{Credentials, Decided, LearnerType, Phase, Proposal, State, Wait};
use fle::election::{self, WaitPhase};
use fle::{ElectionEpoch, PeerEpoch, ServerState, Zxid, config};

impl From<Credentials> for election::Credentials {
    fn from(of: Credentials) -> Self {
        Self {
            zxid: Zxid(of.zxid),
            peer_epoch: PeerEpoch(of.peer_epoch),
        }
    }
}

impl From<LearnerType> for config::LearnerType {
    fn from(learner_type: LearnerType) -> Self {
        match learner_type {
            LearnerType::Participant => Self::Participant,
            LearnerType::Observer => Self::Observer,
        }
    }
}

impl From<ServerState> for State {
    fn from(state: ServerState) -> Self {
        match state {
            ServerState::Looking => Self::Looking,
            ServerState::Following => Self::Following,
            ServerState::Leading => Self::Leading,
            ServerState::Observing => Self::Observing,
        }
    }
}

impl From<fle::Proposal> for Proposal {
    fn from(proposal: fle::Proposal) -> Self {
        Self {
            leader: proposal.leader.0,
            zxid: proposal.zxid.0,
            peer_epoch: proposal.peer_epoch.0,
        }
    }
}

impl From<election::Wait> for Wait {
    fn from(wait: election::Wait) -> Self {
        Self {
            phase: match wait.phase {
                WaitPhase::Collecting => Phase::Collecting,
                WaitPhase::Finalizing => Phase::Finalizing,
            },
            ms: u64::try_from(wait.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Decided {
    /// A proposal that won in this round.
    #[must_use]
    pub fn new(proposal: fle::Proposal, round: ElectionEpoch) -> Self {
        Self {
            leader: proposal.leader.0,
            zxid: proposal.zxid.0,
            election_epoch: round.0,
            peer_epoch: proposal.peer_epoch.0,
        }
    }
}
