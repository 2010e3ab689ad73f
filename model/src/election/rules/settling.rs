//! What settling takes: a quorum's votes on record, none of them of a better server, and no ensemble
//! that is passed by.

use super::Step;
use crate::election::server::{FastLeaderElection, Looking, Server};
use crate::terms::set::ServerSet;
use crate::terms::vote::Vote;
use fle::{Generation, ServerState};

impl<const N: usize> Step<'_, N> {
    pub(super) fn elects_best(&self) -> bool {
        self.election_won().is_none_or(|(looking, vote)| {
            let on_disk = |server: usize| self.before.servers[server].credentials;
            let best = vote.proposal.credentials.max(on_disk(vote.leader()));
            let proposes_itself = |server: usize| {
                let known = self.before.servers[server].known;
                let committed = self.election.ensemble(known).committed();
                committed.voters.contains(server)
            };
            let mut electors = electors(looking, vote);
            electors.all(|it| on_disk(it) <= best || !proposes_itself(it))
        })
    }

    /// Whose votes are on record for the one settled on: cast in this round, or by settled servers.
    pub(crate) fn supporters(&self) -> Option<ServerSet> {
        let (_, looking, vote) = self.settles()?;
        let joins = self.joined().is_some();
        let supports = |cast: Vote| match cast.state {
            ServerState::Looking => cast.proposal == vote.proposal && cast.round == vote.round,
            ServerState::Following | ServerState::Leading | ServerState::Observing => {
                cast.leader() == vote.leader() && (joins || cast.round == vote.round)
            }
        };
        let on_record = |voter: &usize| {
            let votes = [looking.recv_set[*voter], looking.out_of_election[*voter]];
            votes.into_iter().flatten().any(supports)
        };
        let supporters: ServerSet = (0..N).filter(on_record).collect();
        let told = self.received().filter(|(_, _, told)| supports(told.vote));
        Some(told.map_or(supporters, |(src, ..)| supporters.with(src)))
    }

    /// A quorum's votes are on record for the one settled on. Who joins another has that one's word
    /// that it leads. In an ensemble of two, the word of the oracle's favourite is enough.
    pub(super) fn has_quorum_evidence(&self) -> bool {
        let Some(((me, looking, vote), supporters)) = self.settles().zip(self.supporters()) else {
            return true;
        };
        let mut on_record = self.on_record(looking);
        let joins = self.joined().is_some();
        let leads = |(voter, cast): (usize, Vote)| {
            voter == vote.leader() && cast.state == ServerState::Leading
        };
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        let lone = joins && ensemble.has_oracle() && !granted;
        (lone || ensemble.has_quorum(supporters, granted))
            && match (joins, vote.leader() == me) {
                (false, _) => true,
                (true, true) => vote.round == self.before.servers[me].round,
                (true, false) => on_record.any(leads),
            }
    }

    /// Whether a server joins although no quorum on record settled on its leader, or voted for it,
    /// in one round and with the same credentials.
    pub(crate) fn joins_by_two_elections(&self) -> bool {
        let Some((me, looking, joined)) = self.settles().filter(|_| !self.ends_wait()) else {
            return false;
        };
        let on_record = self.on_record(looking);
        let votes = on_record.clone().map(|(_, vote)| vote);
        let mut elections = votes.filter(|vote| vote.leader() == joined.leader());
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        !elections.any(|of| {
            let same =
                |&(_, vote): &(usize, Vote)| (vote.proposal, vote.round) == (of.proposal, of.round);
            let voters = on_record.clone().filter(same).map(|(voter, _)| voter);
            ensemble.has_quorum(voters.collect(), granted)
        })
    }

    pub(super) fn respects_ensemble(&self) -> bool {
        let Some(server) = self.actor() else {
            return true;
        };
        match self.before.servers[server].settled() {
            Some(vote) => self.after.servers[server].settled() == Some(vote),
            None => !self.passes_ensemble_by() || !self.joins_by_true_words(),
        }
    }

    /// Whether a server joins another leader than the one that a quorum follows.
    pub(crate) fn passes_ensemble_by(&self) -> bool {
        self.joined().is_some_and(|(_, vote)| {
            let established = self.before.established_leader(self.election);
            established.is_some_and(|leader| vote.leader() != leader)
        })
    }

    /// Whether those whose word is still true are enough for who joins: servers that said that they
    /// have settled on its leader, and still have. Others cast their vote while they looked, or
    /// have crashed or looked again since.
    fn joins_by_true_words(&self) -> bool {
        let Some((me, looking, vote)) = self.settles() else {
            return false;
        };
        let is_true = |&(voter, cast): &(usize, Vote)| {
            let leader = vote.leader();
            let said = cast.state != ServerState::Looking && cast.leader() == leader;
            said && self.before.leader_of(voter) == Some(leader)
        };
        let supporters = self.on_record(looking).filter(is_true);
        let supporters = supporters.map(|(voter, _)| voter).collect();
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        ensemble.has_quorum(supporters, granted)
    }
}

/// The voters counted for the vote that an election ended with, each with what it had announced.
pub(crate) fn counted<const N: usize>(
    looking: &Looking<N>,
    vote: Vote,
) -> impl Iterator<Item = (usize, Vote)> {
    let vote = Vote::looking(vote.proposal, vote.round).unpack(Generation::Unversioned);
    let voters =
        FastLeaderElection::supporters(&looking.recv_set, |_| Generation::Unversioned, vote);
    voters
        .iter()
        .filter_map(|voter| Some((voter, looking.recv_set[voter]?)))
}

/// Those of them that voted while they looked.
pub(crate) fn electors<const N: usize>(
    looking: &Looking<N>,
    vote: Vote,
) -> impl Iterator<Item = usize> {
    let looked =
        |(voter, vote): (usize, Vote)| (vote.state == ServerState::Looking).then_some(voter);
    counted(looking, vote).filter_map(looked)
}
