//! The configurations in force together: the committed one and, while a reconfiguration is under
//! way, the one proposed last.

use super::{Oracle, QuorumVerifier};
use crate::id::Sid;
use smallvec::SmallVec;

/// The configurations in force and everybody who votes in either.
///
/// Each voter has a [`Slot`], its place in ascending order of sid, so that votes can be kept in
/// arrays.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumView {
    committed: QuorumVerifier,
    proposed: Option<QuorumVerifier>,
    seats: Vec<Seat>,
}

/// A voter's place in a [`QuorumView`], from 0, ascending by sid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(usize);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Seat {
    sid: Sid,
    weight: u64,
    /// Where in a tally the vote counts, and how much: one entry for each configuration in which
    /// the server votes.
    counts: SmallVec<[(usize, u64); 2]>,
}

/// Votes added up, by group, in every configuration of one [`QuorumView`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tally(SmallVec<[u64; 4]>);

impl QuorumView {
    /// One configuration.
    #[must_use]
    pub fn new(committed: QuorumVerifier) -> Self {
        Self::of(committed, None)
    }

    /// A committed configuration and the one proposed to follow it: both must then give a quorum
    /// (ZOOKEEPER-1807).
    #[must_use]
    pub fn joint(committed: QuorumVerifier, proposed: QuorumVerifier) -> Self {
        Self::of(committed, Some(proposed))
    }

    fn of(committed: QuorumVerifier, proposed: Option<QuorumVerifier>) -> Self {
        let mut sids: Vec<Sid> = committed.voters().collect();
        sids.extend(proposed.iter().flat_map(QuorumVerifier::voters));
        sids.sort_unstable();
        sids.dedup();
        let seats = sids
            .into_iter()
            .map(|sid| {
                let here = committed.voter(sid);
                let next = proposed.as_ref().and_then(|proposed| proposed.voter(sid));
                let counts_here = here.map(|voter| (voter.group, voter.weight));
                let counts_next =
                    next.map(|voter| (committed.group_count() + voter.group, voter.weight));
                Seat {
                    sid,
                    weight: committed
                        .candidate_weight(sid)
                        .or_else(|| next.map(|voter| voter.weight))
                        .unwrap_or(0),
                    counts: counts_here.into_iter().chain(counts_next).collect(),
                }
            })
            .collect();
        Self {
            committed,
            proposed,
            seats,
        }
    }

    /// The committed configuration's rule.
    #[must_use]
    pub fn committed(&self) -> &QuorumVerifier {
        &self.committed
    }

    /// Everybody who votes in a configuration in force, ascending.
    pub fn voters(&self) -> impl ExactSizeIterator<Item = Sid> + '_ {
        self.seats.iter().map(|seat| seat.sid)
    }

    /// The voter's slot; `None` for a server that votes in no configuration in force.
    #[doc(alias = "validVoter")]
    #[must_use]
    pub fn slot(&self, sid: Sid) -> Option<Slot> {
        // Sids mostly follow one another, and then the place is known without a search.
        let first = self.seats.first()?.sid;
        let guess = usize::try_from(sid.0.wrapping_sub(first.0)).unwrap_or(usize::MAX);
        if self.seats.get(guess).is_some_and(|seat| seat.sid == sid) {
            return Some(Slot(guess));
        }
        let found = self.seats.binary_search_by_key(&sid, |seat| seat.sid);
        found.ok().map(Slot)
    }

    /// How much a candidate weighs: zero unless it votes in a configuration in force. The committed
    /// one judges, also those that vote only in the proposed one, unless it says nothing of them: a
    /// majority gives weight 1, groups what their weights say.
    #[must_use]
    pub fn weight(&self, sid: Sid) -> u64 {
        self.slot(sid).map_or(0, |slot| self.seats[slot.0].weight)
    }

    /// A tally of no votes.
    #[must_use]
    pub fn empty_tally(&self) -> Tally {
        let proposed = self
            .proposed
            .as_ref()
            .map_or(0, QuorumVerifier::group_count);
        Tally(SmallVec::from_elem(
            0,
            self.committed.group_count() + proposed,
        ))
    }

    /// The tally of these servers' votes; those of servers that do not vote count nowhere. A server
    /// must not stand here twice.
    #[must_use]
    pub fn tally(&self, acks: impl IntoIterator<Item = Sid>) -> Tally {
        let mut tally = self.empty_tally();
        for slot in acks.into_iter().filter_map(|sid| self.slot(sid)) {
            tally.add(slot, self);
        }
        tally
    }

    /// Whether the votes are a quorum in every configuration in force. `oracle` is whom to ask
    /// where a majority of at most two voters is missed (`None` where there is nobody to ask).
    ///
    /// ```
    /// use fle::quorum::{QuorumVerifier, QuorumView};
    /// use fle::Sid;
    ///
    /// let two = QuorumView::new(QuorumVerifier::majority([Sid(1), Sid(2)]));
    /// let one_vote = two.tally([Sid(1)]);
    /// assert!(!two.has_quorum(&one_vote, None));
    /// assert!(two.has_quorum(&one_vote, Some(&true)));
    /// ```
    #[doc(alias = "hasAllQuorums")]
    #[must_use]
    pub fn has_quorum(&self, tally: &Tally, oracle: Option<&dyn Oracle>) -> bool {
        let (here, next) = tally.0.split_at(self.committed.group_count());
        self.committed.has_quorum(here, oracle)
            && self
                .proposed
                .as_ref()
                .is_none_or(|proposed| proposed.has_quorum(next, oracle))
    }

    /// Whether the server votes in every configuration in force.
    #[doc(alias = "hasSid")]
    #[must_use]
    pub fn votes_everywhere(&self, sid: Sid) -> bool {
        let configurations = 1 + usize::from(self.proposed.is_some());
        self.slot(sid)
            .is_some_and(|slot| self.seats[slot.0].counts.len() == configurations)
    }
}

impl Slot {
    /// The slot as an index into an array with one place for each voter.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

impl Tally {
    /// Counts one more vote. Slot and tally are `view`'s.
    pub fn add(&mut self, voter: Slot, view: &QuorumView) {
        for &(group, weight) in &view.seats[voter.0].counts {
            self.0[group] += weight;
        }
    }

    /// Takes back a vote that was counted. Slot and tally are `view`'s.
    pub fn remove(&mut self, voter: Slot, view: &QuorumView) {
        for &(group, weight) in &view.seats[voter.0].counts {
            self.0[group] -= weight;
        }
    }

    /// Counts the votes of these tallies of the same view, in place of its own; no voter may stand
    /// in two of them.
    pub fn set_to_sum<'a>(&mut self, tallies: &(impl Iterator<Item = &'a Self> + Clone)) {
        for (group, sum) in self.0.iter_mut().enumerate() {
            *sum = tallies.clone().map(|tally| tally.0[group]).sum();
        }
    }

    /// Whether it counts nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&sum| sum == 0)
    }
}
