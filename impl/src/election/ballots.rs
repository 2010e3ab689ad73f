//! The votes that one election has heard, added up as they arrive.
//!
//! Source: the maps `recvset` and `outofelection` with `getVoteTracker`, which counts all votes
//! anew for each notification. Here identical votes for a candidate form a faction with a running
//! tally, and a question is answered by the factions of its candidate that agree: mostly one or
//! two, however many voters there are.
//!
//! Invariants: each voter has at most one vote; every vote is in exactly one faction of its
//! candidate; the factions follow from the votes, so that the hash looks at the votes alone; a
//! faction that nobody is left in counts nothing. Equality looks at the sums as well: whoever
//! searches for a wrong one must not take it for the right one, because the votes are the same.
//! Absent on purpose: what agreement means ([`Vote::agrees_with`]) and what a quorum is
//! ([`QuorumView`]).

use crate::id::Sid;
use crate::quorum::{QuorumView, Slot, Tally};
use crate::vote::Vote;
use std::hash::{Hash, Hasher};
use std::iter;
use std::num::NonZeroU32;

#[derive(Clone, Debug)]
pub(super) struct Ballots {
    /// By the voter's slot: where its vote is counted.
    memberships: Vec<Option<FactionId>>,
    /// Who has voted, so that forgetting costs no more than recording did.
    voters: Vec<Slot>,
    /// By the candidate's slot: the first of its factions.
    first: Vec<Option<FactionId>>,
    /// At most one for each voter, and one more while a vote moves.
    factions: Vec<Faction>,
    /// Those that nobody is left in, to be used again.
    vacant: Vec<FactionId>,
}

#[derive(Clone, Debug)]
struct Faction {
    vote: Vote,
    candidate: Slot,
    votes: usize,
    tally: Tally,
    /// The candidate's next one.
    next: Option<FactionId>,
}

/// A faction's place, in four bytes also where there may be none: what a server keeps for each
/// voter is nearly nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct FactionId(NonZeroU32);

impl FactionId {
    fn new(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("no more factions than voters"))
    }

    const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Ballots {
    pub(super) fn new(view: &QuorumView) -> Self {
        let voters = view.voters().len();
        Self {
            memberships: vec![None; voters],
            voters: Vec::with_capacity(voters),
            first: vec![None; voters],
            factions: Vec::new(),
            vacant: Vec::new(),
        }
    }

    /// Records a vote, in place of the voter's earlier one. `candidate` is the slot of the vote's
    /// leader.
    pub(super) fn record(&mut self, voter: Slot, candidate: Slot, vote: &Vote, view: &QuorumView) {
        match self.memberships[voter.index()] {
            Some(earlier) if self.factions[earlier.index()].vote == *vote => return,
            Some(earlier) => self.leave(earlier, voter, view),
            None => self.voters.push(voter),
        }
        let same = |id: &FactionId| self.factions[id.index()].vote == *vote;
        let found = self.factions_of(candidate).find(same);
        let id = found.unwrap_or_else(|| self.open(candidate, vote, view));
        let faction = &mut self.factions[id.index()];
        faction.votes += 1;
        faction.tally.add(voter, view);
        self.memberships[voter.index()] = Some(id);
    }

    /// An empty faction, the candidate's first.
    fn open(&mut self, candidate: Slot, vote: &Vote, view: &QuorumView) -> FactionId {
        let id = self.vacant.pop().unwrap_or_else(|| {
            self.factions.push(Faction {
                vote: *vote,
                candidate,
                votes: 0,
                tally: view.empty_tally(),
                next: None,
            });
            FactionId::new(self.factions.len() - 1)
        });
        let faction = &mut self.factions[id.index()];
        faction.vote = *vote;
        faction.candidate = candidate;
        faction.next = self.first[candidate.index()].replace(id);
        id
    }

    fn leave(&mut self, id: FactionId, voter: Slot, view: &QuorumView) {
        let faction = &mut self.factions[id.index()];
        faction.votes -= 1;
        faction.tally.remove(voter, view);
        if faction.votes > 0 {
            return;
        }
        let next = faction.next;
        let mut link = &mut self.first[faction.candidate.index()];
        while let Some(other) = link.filter(|&other| other != id) {
            link = &mut self.factions[other.index()].next;
        }
        *link = next;
        self.vacant.push(id);
    }

    fn factions_of(&self, candidate: Slot) -> impl Iterator<Item = FactionId> + Clone {
        self.factions_from(self.first[candidate.index()])
    }

    fn factions_from(&self, first: Option<FactionId>) -> impl Iterator<Item = FactionId> + Clone {
        let next = |id: &FactionId| self.factions[id.index()].next;
        iter::successors(first, next)
    }

    /// Sets `tally` to the votes that agree with `probe`, whose leader has the slot `candidate`;
    /// none for a leader who is no voter.
    pub(super) fn count(&self, candidate: Option<Slot>, probe: &Vote, tally: &mut Tally) {
        let factions = candidate.into_iter().flat_map(|it| self.factions_of(it));
        let factions = factions.map(|id| &self.factions[id.index()]);
        let agreeing = factions.filter(|it| it.vote.agrees_with(probe));
        tally.set_to_sum(&agreeing.map(|it| &it.tally));
    }

    /// The voters whose votes agree with `probe`, ascending.
    pub(super) fn supporters(&self, probe: &Vote, view: &QuorumView) -> Vec<Sid> {
        let agree = |vote: Option<&Vote>| vote.is_some_and(|it| it.agrees_with(probe));
        let by_slot = view.voters().zip(self.votes());
        by_slot
            .filter(|(_, vote)| agree(*vote))
            .map(|(sid, _)| sid)
            .collect()
    }

    /// What has been added up, in no order: by candidate, its factions. Where nobody is left
    /// nothing should be.
    fn sums(&self) -> impl Iterator<Item = (Option<(Slot, &Vote)>, usize, &Tally)> + Clone {
        let faction = |id: FactionId| &self.factions[id.index()];
        let first = self.first.iter().flatten();
        let chained = first.flat_map(move |&first| self.factions_from(Some(first)));
        let chained = chained.map(faction);
        let chained = chained.map(|it| (Some((it.candidate, &it.vote)), it.votes, &it.tally));
        let left = self.vacant.iter().map(move |&id| faction(id));
        let left = left.map(|it| (None, it.votes, &it.tally));
        chained.chain(left.filter(|(_, votes, tally)| *votes > 0 || !tally.is_empty()))
    }

    /// The voter's vote.
    pub(super) fn of(&self, voter: Slot) -> Option<&Vote> {
        self.vote_in(self.memberships[voter.index()])
    }

    /// By the voters' slots.
    fn votes(&self) -> impl Iterator<Item = Option<&Vote>> {
        self.memberships.iter().map(|id| self.vote_in(*id))
    }

    fn vote_in(&self, faction: Option<FactionId>) -> Option<&Vote> {
        faction.map(|id| &self.factions[id.index()].vote)
    }

    /// Forgets every vote. The factions stay, to be used again without an allocation.
    pub(super) fn clear(&mut self, view: &QuorumView) {
        while let Some(voter) = self.voters.pop() {
            if let Some(faction) = self.memberships[voter.index()].take() {
                self.leave(faction, voter, view);
            }
        }
    }

    /// The same votes in another view; those from or for servers that do not vote there are
    /// dropped.
    pub(super) fn reseated(&self, from: &QuorumView, to: &QuorumView) -> Self {
        let mut reseated = Self::new(to);
        for (sid, vote) in from.voters().zip(self.votes()) {
            let Some(vote) = vote else {
                continue;
            };
            if let (Some(voter), Some(candidate)) = (to.slot(sid), to.slot(vote.proposal.leader)) {
                reseated.record(voter, candidate, vote, to);
            }
        }
        reseated
    }
}

impl PartialEq for Ballots {
    fn eq(&self, other: &Self) -> bool {
        let (mut ours, theirs) = (self.sums(), other.sums());
        self.votes().eq(other.votes())
            && ours.clone().count() == theirs.clone().count()
            && ours.all(|sum| theirs.clone().any(|it| it == sum))
    }
}

impl Eq for Ballots {}

impl Hash for Ballots {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.memberships.len().hash(state);
        self.votes().for_each(|vote| vote.hash(state));
    }
}

#[cfg(test)]
mod tests;
