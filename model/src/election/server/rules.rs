//! The rules that several mutants break, each as the algorithm has it and as its mutants do.

use crate::election::mutants::Mutant;
use crate::election::network::{Link, Links};
use crate::election::server::{FastLeaderElection, Looking, Server};
use crate::terms::ensemble::Known;
use crate::terms::set::ServerSet;
use crate::terms::vote::{Credentials, Proposal, Round, Vote};
use fle::{Generation, ServerState};

impl<const N: usize> FastLeaderElection<N> {
    /// Who proposes itself, and follows where it does not lead: who votes in the committed
    /// configuration.
    #[doc(alias = "getVotingMembers")]
    pub(crate) fn candidates(&self, known: Known) -> ServerSet {
        match self.mutant {
            Some(Mutant::ObserverCounted | Mutant::ObserverElected) => ServerSet::first(N),
            Some(Mutant::ProposesItselfTooSoon) => self.ensemble(known).voters(),
            _ => self.ensemble(known).committed().voters,
        }
    }

    /// Whose votes count and who can be voted for.
    pub(crate) fn voters(&self, known: Known) -> ServerSet {
        match self.mutant {
            Some(Mutant::ObserverCounted | Mutant::ObserverElected) => ServerSet::first(N),
            _ => self.ensemble(known).voters(),
        }
    }

    /// Whether `new` is better than `current`.
    pub(crate) fn supersedes(&self, known: Known, new: Proposal, current: Proposal) -> bool {
        let Some(mutant) = self.mutant else {
            return self.ensemble(known).supersedes(new, current);
        };
        let (a, b) = (new.unpack(), current.unpack());
        match mutant {
            Mutant::WeightIgnored | Mutant::ObserverElected => a > b,
            Mutant::OrderWithoutEpoch => (a.zxid, a.leader) > (b.zxid, b.leader),
            Mutant::OrderWithoutZxid => (a.peer_epoch, a.leader) > (b.peer_epoch, b.leader),
            Mutant::OrderBySid => a.leader > b.leader,
            Mutant::OrderWithoutSid => (a.peer_epoch, a.zxid) > (b.peer_epoch, b.zxid),
            Mutant::CyclicOrder => a > b || a.zxid == b.zxid && a.leader > b.leader,
            Mutant::WeighsByProposed => {
                let proposed = self.ensemble(Known::of(known.newest()));
                proposed.supersedes(new, current)
            }
            _ => self.ensemble(known).supersedes(new, current),
        }
    }

    /// Whether a server begins anew when it hears of a newer configuration.
    pub(crate) fn listens(&self, server: &Server<N>) -> bool {
        match self.mutant {
            Some(Mutant::GossipMovesSettled) => true,
            Some(Mutant::GossipIgnored) => false,
            _ => server.looking().is_some(),
        }
    }

    /// The round that a new election object begins after, where the old one was in this one.
    pub(crate) fn round_of_new_object(&self, round: Round) -> Round {
        if self.is(Mutant::GossipKeepsRound) {
            return round;
        }
        Round(0)
    }

    /// What a server proposes when it begins to look.
    pub(crate) fn begins_with(&self, me: usize, server: &Server<N>) -> Proposal {
        let settled = server
            .settled()
            .filter(|_| self.is(Mutant::LooksForItsLeader));
        settled.map_or_else(|| self.own_proposal(me, server), |vote| vote.proposal)
    }

    /// Whether a server that waits for a better proposal than this does not want the vote.
    pub(crate) fn is_discarded(&self, known: Known, n: Vote, proposal: Proposal) -> bool {
        let is_better = self.supersedes(known, n.proposal, proposal);
        match self.mutant {
            Some(Mutant::DiscardsTheBetter) => true,
            Some(Mutant::DiscardsTheSettled) => !is_better || n.state != ServerState::Looking,
            _ => !is_better,
        }
    }

    /// Whether a vote means nothing because a server without data has cast it, or it is for one.
    pub(crate) fn lacks_data(&self, own: Proposal, heard: Proposal) -> bool {
        match self.mutant {
            Some(Mutant::VotesWithoutData) => false,
            Some(Mutant::VotesForTheEmpty) => own.has_no_data(),
            Some(Mutant::TheEmptyVote) => heard.has_no_data(),
            _ => own.has_no_data() || heard.has_no_data(),
        }
    }

    /// Whether a looking server takes up a proposal of its own round.
    pub(crate) fn adopts(&self, known: Known, new: Proposal, current: Proposal) -> bool {
        match self.mutant {
            Some(Mutant::NeverAdopts) => false,
            Some(Mutant::AdoptsAnything) => new != current,
            _ => self.supersedes(known, new, current),
        }
    }

    /// Whether a looking server announces what it has come to.
    pub(crate) fn tells(&self, before: (Round, Proposal), after: (Round, Proposal)) -> bool {
        match self.mutant {
            Some(Mutant::AdoptsSilently) => before.0 != after.0,
            Some(Mutant::EntersSilently) => before.0 == after.0 && before != after,
            _ => before != after,
        }
    }

    /// What a looking server tells one that looks in an earlier round.
    pub(crate) fn tells_laggard(
        &self,
        me: usize,
        credentials: Credentials,
        proposal: Proposal,
    ) -> Proposal {
        if self.is(Mutant::LaggardsToldOwn) {
            return Proposal::of(me, credentials);
        }
        proposal
    }

    /// In which round it says so.
    pub(crate) fn tells_laggard_round(&self, own: Round, asked: Round) -> Round {
        if self.is(Mutant::LaggardsToldTheirRound) {
            return asked;
        }
        own
    }

    /// What a looking server tells one without a vote.
    pub(crate) fn tells_stranger(&self, own: Proposal, looking: &Looking<N>) -> Proposal {
        if self.is(Mutant::StrangersToldProposal) {
            return looking.proposal;
        }
        looking.settled_before.unwrap_or(own)
    }

    /// Whether these servers are a quorum.
    pub(crate) fn is_quorum(&self, known: Known, servers: ServerSet, granted: bool) -> bool {
        let count = servers.iter().count();
        match self.mutant {
            Some(Mutant::OneVoteSuffices) => count > 0,
            Some(Mutant::HalfSuffices) => 2 * count >= N,
            Some(Mutant::ObserverCounted | Mutant::WeightlessCounted) => 2 * count > N,
            Some(Mutant::CommittedOnly) => {
                let committed = Known::of(known.committed());
                self.ensemble(committed).is_quorum(servers, granted)
            }
            Some(Mutant::ProposedOnly) => {
                let proposed = self.ensemble(Known::of(known.newest()));
                proposed.is_quorum(servers, granted)
            }
            Some(Mutant::GroupsMerged) => {
                let groups = self.ensemble(known).committed().weighed(servers);
                let votes: u64 = groups.iter().map(|(votes, _)| votes).sum();
                2 * votes > groups.iter().map(|(_, all)| all).sum()
            }
            Some(Mutant::OneGroupSuffices) => {
                let groups = self.ensemble(known).committed().weighed(servers);
                groups.iter().any(|(votes, all)| 2 * votes > *all)
            }
            Some(Mutant::AllGroupsNeeded) => {
                let groups = self.ensemble(known).committed().weighed(servers);
                groups.iter().all(|(votes, all)| 2 * votes > *all)
            }
            Some(Mutant::DenialIgnored) => self.ensemble(known).is_quorum(servers, true),
            _ => self.ensemble(known).is_quorum(servers, granted),
        }
    }

    /// Whether a server that has waited for votes in vain settles all the same, on whomever it
    /// proposes.
    pub(crate) fn settles_unsupported(&self, proposal: Proposal) -> bool {
        self.is(Mutant::SettlesUnsupported) && proposal != Proposal::NOBODY
    }

    /// Who supports a vote.
    pub(crate) fn support(
        &self,
        known: Known,
        votes: &[Option<Vote>; N],
        kept_as: impl Fn(usize) -> Generation,
        vote: fle::Vote,
    ) -> ServerSet {
        let supporters = Self::supporters(votes, kept_as, vote);
        let same = |&voter: &usize| {
            let kept = votes[voter].map(|kept| kept.unpack(vote.generation));
            kept.is_some_and(|kept| {
                kept.proposal == vote.proposal && kept.election_epoch == vote.election_epoch
            })
        };
        let mut voters = self.voters(known).iter();
        match self.mutant {
            Some(Mutant::ComparesAllFields) => supporters.iter().filter(same).collect(),
            Some(Mutant::AgreesAcrossRounds) => {
                let agrees = |&voter: &usize| {
                    let kept = votes[voter].map(|kept| kept.unpack(vote.generation));
                    kept.is_some_and(|kept| kept.proposal == vote.proposal)
                };
                let across = (0..N).filter(agrees);
                across.chain(supporters.iter()).collect()
            }
            Some(Mutant::AllReplied) if voters.all(|voter| votes[voter].is_some()) => {
                self.voters(known)
            }
            _ => supporters,
        }
    }

    /// Under which generation a settled server's vote is kept.
    pub(crate) fn generation(&self, src: usize, me: usize) -> Generation {
        if self.is(Mutant::VersionIgnored) {
            return Generation::Versioned;
        }
        self.common().generation(src, me)
    }

    /// What a settled server answers one that looks.
    pub(crate) fn answer(&self, me: usize, server: &Server<N>, vote: Vote) -> Option<Vote> {
        match self.mutant {
            Some(Mutant::SilentWhenSettled) => None,
            Some(Mutant::AnswersForItself) => Some(Vote {
                proposal: Proposal::of(me, server.credentials),
                ..vote
            }),
            Some(Mutant::JoinerKeepsClock) => Some(Vote {
                round: server.round,
                ..vote
            }),
            _ => Some(vote),
        }
    }

    /// Whether a settled server looks again because of what it hears.
    pub(crate) fn leaves_leader(&self, server: &Server<N>, n: Vote) -> bool {
        self.is(Mutant::LeavesForBetter)
            && n.state == ServerState::Looking
            && server
                .settled()
                .is_some_and(|vote| self.supersedes(server.known, n.proposal, vote.proposal))
    }

    /// The round in which a server looks that was in this one.
    pub(crate) fn next_round(&self, round: Round) -> Round {
        if self.is(Mutant::RepeatsRound) && round > Round(0) {
            return round;
        }
        round.next()
    }

    /// What a server proposes in a later round that it hears of: what it heard, if that is better
    /// than its own.
    pub(crate) fn enters_with(
        &self,
        known: Known,
        own: Proposal,
        was: Proposal,
        heard: Proposal,
    ) -> Proposal {
        let at_least = if self.is(Mutant::KeepsOldProposal) {
            was
        } else {
            own
        };
        let joins = self.supersedes(known, heard, at_least) && !self.is(Mutant::JoinsWithOwnVote);
        if joins { heard } else { at_least }
    }

    /// For what a looking server counts votes.
    pub(crate) fn counted(&self, proposal: Proposal, heard: Proposal) -> Proposal {
        if self.is(Mutant::CountsWhatItReceives) {
            heard
        } else {
            proposal
        }
    }

    /// For whom a settled server's vote is recorded.
    pub(crate) fn recorded_for(&self, src: usize, n: Vote) -> usize {
        if self.is(Mutant::RecordsUnderLeader) {
            n.leader()
        } else {
            src
        }
    }

    /// Where a server looks up whether the leader of its round leads.
    pub(crate) fn leaders_of_round<'a>(&self, looking: &'a Looking<N>) -> &'a [Option<Vote>; N] {
        if self.is(Mutant::SwapsRecords) {
            &looking.out_of_election
        } else {
            &looking.recv_set
        }
    }

    /// Whether the leader's own vote says that it leads.
    pub(crate) fn leads(&self, vote: Vote) -> bool {
        vote.state == ServerState::Leading || self.is(Mutant::LeaderNeedNotLead)
    }

    /// Whether what one server sends another gets on its way.
    pub(crate) fn is_sent(&self, src: usize, dst: usize, link: &Link, links: Links) -> bool {
        let taken = match links {
            Links::Slot => link.head().is_some(),
            Links::WireAndSlot => link.is_full(),
        };
        match self.mutant {
            Some(Mutant::OwnVoteUnheard) => src != dst,
            Some(Mutant::SlotKeepsOldest) => src == dst || !taken,
            Some(Mutant::NoFormatFallback) => {
                self.common().generation(src, dst) == Generation::Versioned || src == dst
            }
            _ => true,
        }
    }
}
