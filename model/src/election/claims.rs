//! What must hold of an election, what must be seen to happen, and what sounds right and is false.
//!
//! A property of a state is judged on the state. What must hold of steps is a [`StepRule`](crate::election::rules::StepRule); the state
//! remembers that one was broken. What must come to hold, and stay so, is judged on fair runs ([`crate::frame::liveness`]).
//!
//! Every `always` and `eventually` names the `sometimes` that shows it is not vacuous.

mod always;
mod eventually;
mod sometimes;

use crate::election::scenario::Scenario;
use crate::election::server::Server;
use crate::election::system::{State, System};
use crate::frame::claim;
use crate::terms::vote::Vote;
use fle::ServerState;

/// A property of an election.
pub type Claim<const N: usize> = claim::Claim<System<N>>;

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [
        always::claims(),
        eventually::claims(),
        sometimes::witnesses(),
        sometimes::pitfalls(),
        eventually::pitfalls(),
    ]
    .concat()
}

fn everywhere(_: &Scenario) -> bool {
    true
}

fn credentials_differ(scenario: &Scenario) -> bool {
    scenario.credentials.len() > 1
}

fn all_settled<const N: usize>(state: &State<N>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

/// The votes of the servers that are LEADING.
fn leaders<const N: usize>(state: &State<N>) -> impl Iterator<Item = Vote> {
    let votes = state.servers.iter().filter_map(Server::settled);
    votes.filter(|vote| vote.state == ServerState::Leading)
}

/// The server with the greatest (epoch, zxid, sid) among the voters with weight.
fn best<const N: usize>(system: &System<N>, state: &State<N>) -> Option<usize> {
    let candidates = (0..N).filter(|&server| system.election.ensemble.has_weight(server));
    candidates.max_by_key(|&server| (state.servers[server].credentials, server))
}
