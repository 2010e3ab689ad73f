//! stateright's Explorer in the browser: a state field by field, an action as a sentence, a path as
//! a diagram.
//!
//! The Explorer is stateright's own and remembers nothing of what is seen in it. It lists all
//! initial states at once, each with a diagram, so of many only some are shown.

use super::claim::Claim;
use super::scenario::{Scenario, Task};
use stateright::Model;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU16;

/// How many initial states are shown at most.
pub const STARTS: usize = 64;

/// An address for the Explorer, on this machine only.
///
/// # Errors
/// If nothing can listen there, as when something does already.
pub fn address(port: NonZeroU16) -> Result<SocketAddr, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.get()));
    // stateright panics if it cannot listen.
    match TcpListener::bind(address) {
        Ok(_) => Ok(address),
        Err(error) => Err(format!(
            "cannot listen on {address}: {error} (choose another with --port)"
        )),
    }
}

/// Which of so many initial states are shown: at most [`STARTS`], evenly spread.
pub fn shown(initial_states: usize) -> impl Fn(usize) -> bool {
    let every = initial_states.div_ceil(STARTS).max(1);
    move |number| number % every == 0
}

/// Serves the scenario to browsers until the process ends.
///
/// # Panics
/// If the address cannot be listened on, or the catalogue has a scenario with a number of servers
/// that the model is not built for.
pub fn serve<C: Scenario>(scenario: &C, address: SocketAddr) {
    scenario.run(Serve(address));
}

struct Serve(SocketAddr);

impl<C: Scenario> Task<C> for Serve {
    type Output = ();

    fn run<const N: usize>(self, scenario: &C) {
        let mut claims: Vec<Claim<C::System<N>>> = scenario.claims();
        // What stateright calls `eventually` is something else than what a fair run comes to.
        claims.retain(|claim| !claim.kind.is_of_runs());
        let chosen = shown(scenario.initial_states());
        scenario.checked(chosen, claims).checker().serve(self.0);
    }
}
