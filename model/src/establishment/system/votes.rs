//! The election of a scenario in which it has sense: who is elected has the votes of a quorum.
//!
//! A server that looks and remembers votes for those that have said, while they looked, that they
//! are no worse than itself: by current epoch, last transaction and sid. What was said may be heard
//! at any time from then on, whatever has become of its sender. Who does not remember claims to
//! have no data. The vote counts as long, whatever becomes of the voter and of the candidate: so it
//! may be outdated. Rounds do not tell it from others, for they come again: after a restart, which
//! forgets them, and when a server has joined another in an earlier one.
//!
//! Every vote that can be cast is: whoever is elected by fewer is elected by these, too. So what
//! holds here holds for the election of the first model, which comes to nothing else
//! (`tests/composition.rs`). Who is told of a leader is left to chance: it may be told of any.

use super::{State, System};
use crate::establishment::mutants::Mutant;
use crate::establishment::server::Role;
use crate::establishment::terms::{Elections, Epoch, Zxid};
use crate::terms::set::ServerSet;

impl<const N: usize> System<N> {
    /// Whether the server, which looks, may be told that it is elected.
    pub(super) fn may_be_elected(&self, state: &State<N>, server: usize) -> bool {
        let has_votes = match self.elections {
            Elections::Senseless => true,
            Elections::ByVotes => self.has_votes(state, server),
        };
        has_votes && self.leaders.contains(server)
    }

    /// Whether the votes that may count for the server are those of a quorum.
    #[must_use]
    pub fn has_votes(&self, state: &State<N>, server: usize) -> bool {
        let ensemble = &self.protocol.ensemble;
        ensemble.is_quorum(state.votes[server], false)
    }

    /// The servers that would vote for this one if all of them looked now, as their disks stand.
    #[must_use]
    pub fn would_vote(&self, state: &State<N>, candidate: usize) -> ServerSet {
        self.would_vote_for(state, candidate, self.says(state, candidate))
    }

    /// The servers that would vote for one that says so of itself, if all of them looked now.
    fn would_vote_for(
        &self,
        state: &State<N>,
        candidate: usize,
        said: Option<(Epoch, Zxid)>,
    ) -> ServerSet {
        let votes = |&voter: &usize| {
            let own = self.says(state, voter).map(|own| (own, voter));
            let said = said.map(|said| (said, candidate));
            let is_no_worse = said >= own || self.protocol.is(Mutant::VotesForAnybody);
            own.is_some() && said.is_some() && is_no_worse
        };
        let voters = self.protocol.ensemble.voters();
        voters.iter().filter(votes).collect()
    }

    /// What a server that looks says of its disk; nothing that counts, if it does not remember.
    fn says(&self, state: &State<N>, server: usize) -> Option<(Epoch, Zxid)> {
        let it = &state.servers[server];
        let remembers = it.disk.remembers() || self.protocol.is(Mutant::ForgetfulVotes);
        remembers.then(|| (it.disk.current, it.zxid()))
    }

    /// Counts the votes of a state. Who has a quorum's needs no more: then all count.
    pub fn count_votes(&self, state: &mut State<N>) {
        if self.elections == Elections::Senseless {
            return;
        }
        let looks = |server: &usize| matches!(state.servers[*server].role, Role::Looking(_));
        let looking: ServerSet = (0..N).filter(looks).collect();
        for server in looking.iter() {
            state.said[server] = state.said[server].max(self.says(state, server));
        }
        for candidate in 0..N {
            let cast = self.would_vote_for(state, candidate, state.said[candidate]);
            let cast = cast.iter().filter(|&voter| looking.contains(voter));
            state.votes[candidate] = cast.chain(state.votes[candidate].iter()).collect();
            if self.has_votes(state, candidate) {
                state.votes[candidate] = ServerSet::first(N);
            }
        }
    }
}
