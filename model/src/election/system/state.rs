//! A state of the whole, and what can be asked of it.

use super::awaited::Awaited;
use super::patience::Patience;
use crate::election::faults::Faults;
use crate::election::network::Network;
use crate::election::server::{FastLeaderElection, Server, Wait};
use crate::terms::set::ServerSet;
use crate::terms::vote::Notification;
use borsh::{BorshDeserialize, BorshSerialize};
use fle::ServerState;

/// A state of the whole.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct State<const N: usize> {
    /// The servers, ascending by sid.
    pub servers: [Server<N>; N],
    /// What is under way between them.
    pub network: Network<N>,
    /// What may still go wrong.
    pub faults: Faults,
    /// Timely: who has announced its vote again since any server last changed or anything went
    /// wrong.
    pub repeated: ServerSet,
    /// Timely: who has waited long, before somebody gives up.
    pub patience: Patience,
    /// For each server, what its wait for a better proposal still has to see, if that is counted in
    /// message delays.
    pub awaited: [Awaited<N>; N],
}

impl<const N: usize> State<N> {
    /// Whether the server leads and a quorum, itself included, has settled on it.
    #[must_use]
    pub fn is_established(&self, election: &FastLeaderElection<N>, leader: usize) -> bool {
        let followers = self.followers(leader);
        let Server { known, granted, .. } = self.servers[leader];
        followers.contains(leader) && election.ensemble(known).has_quorum(followers, granted)
    }

    /// The leader that a quorum follows, itself leading.
    #[must_use]
    pub fn established_leader(&self, election: &FastLeaderElection<N>) -> Option<usize> {
        (0..N).find(|&leader| self.is_established(election, leader))
    }

    /// Who has settled on the server, itself included, and is not attached to an earlier leadership
    /// of it.
    #[must_use]
    pub fn followers(&self, leader: usize) -> ServerSet {
        let follows = |&server: &usize| {
            self.leader_of(server) == Some(leader) && !self.outlives_leadership(server, leader)
        };
        (0..N).filter(follows).collect()
    }

    /// Whether the server has learned an epoch from the leader that is not the leader's epoch now:
    /// its connection is gone, though the leader may have come back to lead again.
    pub(super) fn outlives_leadership(&self, server: usize, leader: usize) -> bool {
        let epoch = |server: usize| {
            let server = &self.servers[server];
            server.active.then(|| server.credentials.epoch())
        };
        epoch(server).is_some_and(|learned| epoch(leader) != Some(learned))
    }

    /// Whom the server has settled on.
    #[must_use]
    pub fn leader_of(&self, server: usize) -> Option<usize> {
        self.servers[server].settled().map(|vote| vote.leader())
    }

    /// The servers that are up.
    #[must_use]
    pub fn live(&self) -> ServerSet {
        (0..N)
            .filter(|&server| self.servers[server].is_up())
            .collect()
    }

    /// The leader, itself leading, that every live server has settled on.
    #[must_use]
    pub fn agreed_leader(&self) -> Option<usize> {
        let leader = (0..N).find(|&server| self.servers[server].leads())?;
        let followers = self.followers(leader);
        let agrees = |server| followers.contains(server);
        self.live().iter().all(agrees).then_some(leader)
    }

    /// Whether the server has settled on one that is down.
    #[must_use]
    pub fn follows_the_dead(&self, server: usize) -> bool {
        let leader = self.leader_of(server);
        leader.is_some_and(|leader| !self.servers[leader].is_up())
    }

    /// Whether the servers that are up and have data, and perhaps the oracle, can elect a leader by
    /// the newest configurations that any of them knows.
    #[must_use]
    pub fn has_live_quorum(&self, election: &FastLeaderElection<N>) -> bool {
        let can_vote = |&server: &usize| self.servers[server].credentials.has_data();
        let voters: ServerSet = self.live().iter().filter(can_vote).collect();
        let granted = voters.iter().any(|server| self.servers[server].granted);
        let newest = voters.iter().map(|server| self.servers[server].known).max();
        newest.is_some_and(|known| election.ensemble(known).has_quorum(voters, granted))
    }

    /// What arrives next from `src` at `dst`, if that one is up and the connection stands.
    pub(crate) fn under_way(&self, src: usize, dst: usize) -> Option<Notification> {
        let next = self.network.next(src, dst);
        next.filter(|_| self.servers[dst].is_up())
    }

    /// Whether something is under way to the server that could matter. Who looks and who does not
    /// vote for it answer each other for as long as both do so (ZOOKEEPER-1807).
    pub(crate) fn is_under_way_to(&self, election: &FastLeaderElection<N>, dst: usize) -> bool {
        let observes = |server: usize| {
            let settled = self.servers[server].settled();
            settled.is_some_and(|vote| vote.state == ServerState::Observing)
        };
        let matters = |src: usize| {
            let n = self.network.next(src, dst);
            n.is_some_and(|n| !observes(src) && !self.is_heard_by_nobody(election, src, dst, n))
        };
        self.servers[dst].is_up() && !observes(dst) && (0..N).any(matters)
    }

    /// Whether neither the election of the receiver hears of it, nor that of the sender of the
    /// answer: one of the two looks and takes the other for a stranger, which has settled, or asks
    /// in a later round.
    fn is_heard_by_nobody(
        &self,
        election: &FastLeaderElection<N>,
        src: usize,
        dst: usize,
        n: Notification,
    ) -> bool {
        let looks = |server: usize| self.servers[server].looking().is_some();
        let is_stranger_to = |looking: usize, other: usize| {
            let known = self.servers[looking].known;
            let news = self.servers[other].known.committed() > known.committed();
            !news && !election.ensemble(known).voters().contains(other)
        };
        match (looks(src), looks(dst)) {
            (true, true) => n.vote.round > self.servers[dst].round && is_stranger_to(dst, src),
            (true, false) => is_stranger_to(src, dst),
            (false, true) => is_stranger_to(dst, src),
            (false, false) => false,
        }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_silent(&self, election: &FastLeaderElection<N>) -> bool {
        !(0..N).any(|dst| self.is_under_way_to(election, dst))
    }

    /// Whether some looking server waits for this.
    pub(crate) fn any_waits(&self, wait: Wait) -> bool {
        let mut looking = self.servers.iter().filter_map(Server::looking);
        looking.any(|looking| looking.wait == wait)
    }
}
