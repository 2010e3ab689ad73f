//! What several properties ask of a scenario or of a state.

use crate::election::scenario::Scenario;
use crate::election::server::Server;
use crate::election::system::{State, System};
use crate::frame::claim;
use crate::terms::vote::Vote;
use fle::ServerState;

/// A property of an election.
pub type Claim<const N: usize> = claim::Claim<System<N>>;

pub(super) fn everywhere(_: &Scenario) -> bool {
    true
}

pub(super) fn credentials_differ(scenario: &Scenario) -> bool {
    scenario.credentials.len() > 1
}

pub(super) fn all_settled<const N: usize>(state: &State<N>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

/// The votes of the servers that are LEADING.
pub(super) fn leaders<const N: usize>(state: &State<N>) -> impl Iterator<Item = Vote> {
    let votes = state.servers.iter().filter_map(Server::settled);
    votes.filter(|vote| vote.state == ServerState::Leading)
}

/// The server with the greatest (epoch, zxid, sid) among the voters with weight of the committed
/// configuration, the newest that is known.
pub(super) fn best<const N: usize>(system: &System<N>, state: &State<N>) -> Option<usize> {
    let newest = state.servers.iter().map(|server| server.known).max()?;
    let ensemble = system.election.ensemble(newest);
    let votes = |server: usize| ensemble.committed().voters.contains(server);
    let candidates = (0..N).filter(|&server| votes(server) && ensemble.has_weight(server));
    candidates.max_by_key(|&server| (state.servers[server].credentials, server))
}
