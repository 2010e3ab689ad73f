//! What a server can have announced, in the order in which it could.

use fle::election::Election;
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};

/// The round of the vote that a server of the reference has before its first election.
pub(super) const NO_ROUND: ElectionEpoch = ElectionEpoch(-1);

/// The numbers from which a server's announcements are made, from some line of its log on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    /// The earliest event after which they can have been in force.
    pub(super) since: usize,
    pub(super) state: ServerState,
    pub(super) proposal: Proposal,
    pub(super) round: ElectionEpoch,
    /// The vote that it settled on last, or the one that it starts with.
    pub(super) vote: (Proposal, ElectionEpoch),
}

impl Standing {
    pub(super) fn of(election: &Election, vote: (Proposal, ElectionEpoch), since: usize) -> Self {
        Self {
            since,
            state: election.state(),
            proposal: election.proposal(),
            round: election.logical_clock(),
            vote,
        }
    }

    /// Whether this is a server that cannot have announced anything before: it proposes itself, in
    /// its first round and without any history.
    pub(super) fn has_no_past(&self) -> bool {
        self.round == ElectionEpoch(1)
            && self.proposal.zxid == Zxid(0)
            && self.proposal.peer_epoch == PeerEpoch(0)
    }

    /// The same but for when.
    pub(super) fn equals(&self, other: &Self) -> bool {
        Self { since: 0, ..*self } == Self { since: 0, ..*other }
    }

    /// Whether a server that came from `before` to here can have announced this meanwhile. It reads
    /// its state, its round and its vote one after the other, so an announcement may be made of
    /// both (the reference's receiver thread); and once its leader is established, its vote carries
    /// that one's later epoch.
    ///
    /// A `stranger`, who has no vote, is told the settled vote even while the server looks; anybody
    /// may be, as it begins to.
    pub(super) fn explains(&self, before: &Self, announced: &Notification, stranger: bool) -> bool {
        let states = [before.state, self.state].contains(&announced.state);
        let proposals = [before.proposal, self.proposal].contains(&announced.proposal);
        let rounds = [before.round, self.round].contains(&announced.election_epoch);
        let votes = [before.vote, self.vote];
        let settled = votes.iter().any(|(proposal, round)| {
            let theirs = announced.proposal;
            let same = proposal.leader == theirs.leader
                && proposal.zxid == theirs.zxid
                && proposal.peer_epoch <= theirs.peer_epoch;
            // A stranger is told the round under way, which is none before the first election.
            let unstarted = *round == NO_ROUND && announced.election_epoch == ElectionEpoch::START;
            same && (*round == announced.election_epoch || stranger && (rounds || unstarted))
        });
        // The round changes before the proposal does, and is read after it.
        let is_whole =
            announced.election_epoch == self.round || announced.proposal == before.proposal;
        let looks = announced.state == ServerState::Looking;
        let begins = before.state != ServerState::Looking;
        states
            && (looks && proposals && rounds && is_whole
                || settled && (stranger || !looks || begins))
    }
}

/// What is announced, in words.
pub(super) fn describe(notification: &Notification) -> String {
    let Notification {
        proposal,
        election_epoch,
        ..
    } = notification;
    if proposal.leader == Sid::NONE {
        return format!("nobody in round {election_epoch}");
    }
    format!(
        "{} (epoch {}, zxid {}) in round {election_epoch}",
        proposal.leader, proposal.peer_epoch, proposal.zxid
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_told_of_no_round_before_the_first_election() {
        let itself = Proposal {
            peer_epoch: PeerEpoch(0),
            zxid: Zxid(0),
            leader: Sid(1),
        };
        let looks = |vote| Standing {
            since: 0,
            state: ServerState::Looking,
            proposal: itself,
            round: ElectionEpoch(1),
            vote: (itself, vote),
        };
        let told = Notification {
            state: ServerState::Looking,
            proposal: itself,
            election_epoch: ElectionEpoch::START,
        };
        let explains = |it: Standing, stranger| it.explains(&it, &told, stranger);
        assert!(explains(looks(NO_ROUND), true));
        assert!(!explains(looks(NO_ROUND), false), "a voter is told a vote");
        assert!(!explains(looks(ElectionEpoch(1)), true), "it has voted");
    }
}
