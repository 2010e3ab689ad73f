//! The wait for a better proposal, as a system follows it: how long it lasts is said in
//! [`crate::election::finalizing`].

use super::awaited::Awaited;
use super::{State, System};
use crate::election::finalizing::{Early, Length};
use crate::election::server::{Server, Wait};
use crate::terms::setting::Setting;

impl<const N: usize> Awaited<N> {
    /// This many delays, from now. Of the last one only what comes to the server itself matters.
    fn begin(delays: u8, server: usize, state: &State<N>) -> Self {
        let under_way = |dst: usize| {
            let matters = delays > 1 || dst == server;
            let senders = (0..N).filter(|&src| state.under_way(src, dst).is_some());
            senders.filter(|_| matters).collect()
        };
        let senders = std::array::from_fn(under_way);
        Self { delays, senders }
    }

    /// After a step: what has arrived, or was replaced or lost, is not awaited any more.
    fn pass(mut self, server: usize, before: &State<N>, after: &State<N>) -> Self {
        for (dst, senders) in self.senders.iter_mut().enumerate() {
            let waits = |&src: &usize| before.under_way(src, dst) == after.under_way(src, dst);
            *senders = senders.iter().filter(waits).collect();
        }
        if self.is_over() && self.delays > 1 {
            self = Self::begin(self.delays - 1, server, after);
        }
        self
    }
}

impl<const N: usize> System<N> {
    /// Whether the server's wait for a better proposal can run out.
    pub(crate) fn may_settle(&self, state: &State<N>, server: usize) -> bool {
        if self.setting == Setting::Asynchronous {
            return true;
        }
        let is_over = match self.finalizing.length {
            Length::Delays(_) => state.awaited[server].is_over(),
            Length::ForArrivals => !state.is_under_way_to(&self.election, server),
            Length::ForStarts => {
                state.is_silent(&self.election) && !state.servers.iter().any(Server::returns)
            }
        };
        is_over || self.may_settle_early(state, server)
    }

    fn may_settle_early(&self, state: &State<N>, server: usize) -> bool {
        let unreachable =
            |peer: usize| !state.servers[peer].is_up() || state.network.is_broken(server, peer);
        let done_with = |peer: usize| match self.finalizing.early {
            Early::Never => false,
            Early::AllHeard => state.servers[server].has_heard_proposal(peer),
            Early::AllHeardOrUnreachable => {
                state.servers[server].has_heard_proposal(peer) || unreachable(peer)
            }
        };
        let ensemble = self.election.ensemble(state.servers[server].known);
        let mut peers = (0..N).filter(|&peer| peer != server && ensemble.has_weight(peer));
        peers.all(done_with)
    }

    /// Follows the waits that are counted in message delays through a step.
    pub(crate) fn pass_time(&self, before: &State<N>, after: &mut State<N>) {
        let Length::Delays(delays) = self.finalizing.length else {
            return;
        };
        let finalizes = |server: &Server<N>| {
            let looking = server.looking();
            looking.is_some_and(|looking| looking.wait == Wait::Finalizing)
        };
        for server in 0..N {
            after.awaited[server] = if delays == 0 || !finalizes(&after.servers[server]) {
                Awaited::NOTHING
            } else if after.servers[server] == before.servers[server] {
                before.awaited[server].pass(server, before, after)
            } else {
                Awaited::begin(delays, server, after)
            };
        }
    }
}
