//! The votes that one election has heard, added up as they arrive.
//!
//! Source: the maps `recvset` and `outofelection` with `getVoteTracker`, which counts all votes anew for each notification. Here
//! identical votes for a candidate form a faction with a running tally, and a question is answered by the factions of its
//! candidate that agree: mostly one or two, however many voters there are.
//!
//! Invariants: each voter has at most one vote; every vote is in exactly one faction of its candidate; the factions follow from
//! the votes, so that equality and hash look at the votes alone. Absent on purpose: what agreement means
//! ([`Vote::agrees_with`]) and what a quorum is ([`QuorumView`]).

use crate::id::Sid;
use crate::quorum::{QuorumView, Slot, Tally};
use crate::vote::Vote;
use std::hash::{Hash, Hasher};

#[derive(Clone, Debug)]
pub(super) struct Ballots {
    /// By the voter's slot.
    ballots: Vec<Option<Ballot>>,
    /// Who has voted, so that forgetting costs no more than recording did.
    voters: Vec<Slot>,
    /// By the candidate's slot.
    factions: Vec<Vec<Faction>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Ballot {
    candidate: Slot,
    vote: Vote,
}

#[derive(Clone, Debug)]
struct Faction {
    vote: Vote,
    votes: usize,
    tally: Tally,
}

impl Ballots {
    pub(super) fn new(view: &QuorumView) -> Self {
        let voters = view.voters().len();
        Self {
            ballots: vec![None; voters],
            voters: Vec::with_capacity(voters),
            factions: vec![Vec::new(); voters],
        }
    }

    /// Records a vote, in place of the voter's earlier one. `candidate` is the slot of the vote's leader.
    pub(super) fn record(&mut self, voter: Slot, candidate: Slot, vote: Vote, view: &QuorumView) {
        let ballot = Ballot { candidate, vote };
        match self.ballots[voter.index()].replace(ballot) {
            Some(earlier) if earlier == ballot => return,
            Some(earlier) => self.leave_faction(voter, earlier, view),
            None => self.voters.push(voter),
        }
        let factions = &mut self.factions[candidate.index()];
        if let Some(faction) = factions.iter_mut().find(|faction| faction.vote == vote) {
            faction.votes += 1;
            faction.tally.add(voter, view);
        } else {
            let mut tally = view.empty_tally();
            tally.add(voter, view);
            factions.push(Faction {
                vote,
                votes: 1,
                tally,
            });
        }
    }

    fn leave_faction(&mut self, voter: Slot, ballot: Ballot, view: &QuorumView) {
        let factions = &mut self.factions[ballot.candidate.index()];
        if let Some(index) = factions
            .iter()
            .position(|faction| faction.vote == ballot.vote)
        {
            factions[index].votes -= 1;
            factions[index].tally.remove(voter, view);
            if factions[index].votes == 0 {
                factions.swap_remove(index);
            }
        }
    }

    /// The votes that agree with `probe`, whose leader has the slot `candidate`; none for a leader who is no voter.
    pub(super) fn tally(&self, candidate: Option<Slot>, probe: &Vote, view: &QuorumView) -> Tally {
        let mut tally = view.empty_tally();
        let factions = candidate.map(|candidate| &self.factions[candidate.index()]);
        for faction in factions.into_iter().flatten() {
            if faction.vote.agrees_with(probe) {
                tally.merge(&faction.tally);
            }
        }
        tally
    }

    /// The voters whose votes agree with `probe`, ascending.
    pub(super) fn supporters(&self, probe: &Vote, view: &QuorumView) -> Vec<Sid> {
        let agree = |ballot: &Option<Ballot>| ballot.is_some_and(|it| it.vote.agrees_with(probe));
        let by_slot = view.voters().zip(&self.ballots);
        by_slot
            .filter(|(_, ballot)| agree(ballot))
            .map(|(sid, _)| sid)
            .collect()
    }

    /// The voter's vote.
    pub(super) fn of(&self, voter: Slot) -> Option<&Vote> {
        self.ballots[voter.index()]
            .as_ref()
            .map(|ballot| &ballot.vote)
    }

    /// Forgets every vote.
    pub(super) fn clear(&mut self) {
        for voter in self.voters.drain(..) {
            if let Some(ballot) = self.ballots[voter.index()].take() {
                self.factions[ballot.candidate.index()].clear();
            }
        }
    }

    /// The same votes in another view; those from or for servers that do not vote there are dropped.
    pub(super) fn reseated(&self, from: &QuorumView, to: &QuorumView) -> Self {
        let mut reseated = Self::new(to);
        for (sid, ballot) in from.voters().zip(&self.ballots) {
            let Some(Ballot { vote, .. }) = ballot else {
                continue;
            };
            if let (Some(voter), Some(candidate)) = (to.slot(sid), to.slot(vote.proposal.leader)) {
                reseated.record(voter, candidate, *vote, to);
            }
        }
        reseated
    }
}

impl PartialEq for Ballots {
    fn eq(&self, other: &Self) -> bool {
        self.ballots == other.ballots
    }
}

impl Eq for Ballots {}

impl Hash for Ballots {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ballots.hash(state);
    }
}

#[cfg(test)]
mod tests;
