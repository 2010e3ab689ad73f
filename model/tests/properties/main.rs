//! The properties can fail: each is shown a state or a step, made by hand, that breaks it. Servers
//! are named by their places, from 0.

mod states;
mod steps;
mod surroundings;

use fle_model::election::catalogue;
use fle_model::election::claims::claims;
use fle_model::election::rules::{Step, StepRule};
use fle_model::election::server::{Election, Sends};
use fle_model::election::system::{Action, State, System};
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::scenario::Scenario;
use fle_model::frame::subject::StateOf;
use fle_model::terms::vote::{ConfigVersion, Credentials, Notification, Proposal, Round, Vote};

const CREDENTIALS: Credentials = Credentials::new(1, 1);
const BETTER: Credentials = Credentials::new(1, 2);

/// The scenario's first initial state, before anything is received: everybody has the same
/// credentials.
fn first<const N: usize>(scenario: &str) -> (Checked<System<N>>, State<N>) {
    let scenario = catalogue::find(scenario).expect("a scenario");
    let system = scenario.checked(|number| number == 0, claims());
    let start = system.starts[0];
    (system, start)
}

fn fault_free() -> (Checked<System<3>>, State<3>) {
    first("fault-free")
}

/// Whether the property holds in the state, if no rule was broken on the way to it.
fn holds<const N: usize>(name: &str, system: &Checked<System<N>>, state: &State<N>) -> bool {
    holds_after(name, system, &system.begin(*state))
}

/// The same, whatever was broken.
fn holds_after<const N: usize>(
    name: &str,
    system: &Checked<System<N>>,
    state: &StateOf<System<N>>,
) -> bool {
    let claim = system.claims.iter().find(|claim| claim.name == name);
    (claim.expect("a property").condition)(system, state)
}

/// A vote for the server in this place, in round 1.
fn vote(leader: usize, state: fle::ServerState) -> Vote {
    Vote {
        state,
        ..Vote::looking(Proposal::of(leader, CREDENTIALS), Round(1))
    }
}

fn in_round(round: u8, vote: Vote) -> Vote {
    let round = Round(round);
    Vote { round, ..vote }
}

/// The state with this server settled.
fn settled<const N: usize>(mut state: State<N>, server: usize, vote: Vote) -> State<N> {
    state.servers[server].election = Election::Settled(vote);
    state
}

/// The state in which this server has these votes of looking servers, or of its round, on record,
/// and no others.
fn recorded<const N: usize>(
    mut state: State<N>,
    server: usize,
    votes: &[(usize, Vote)],
) -> State<N> {
    if let Election::Looking(looking) = &mut state.servers[server].election {
        looking.recv_set = [None; N];
        for &(voter, vote) in votes {
            looking.recv_set[voter] = Some(vote);
        }
    }
    state
}

#[test]
fn everything_that_must_hold_is_shown_not_to_be_vacuous_in_some_scenario() {
    let checked = |name: &str| {
        let scenarios = catalogue::SCENARIOS.iter();
        let mut claims = scenarios.flat_map(Scenario::claims::<3>);
        claims.any(|claim| claim.name == name)
    };
    for claim in claims::<3>() {
        assert!(checked(claim.name), "{}", claim.name);
        if let Kind::Always { witnesses } | Kind::Eventually { witnesses } = claim.kind {
            assert!(!witnesses.is_empty(), "{}", claim.name);
            let all = witnesses.iter().all(|witness| checked(witness));
            assert!(all, "{}", claim.name);
        }
    }
}

/// The same for votes of settled servers.
fn recorded_settled(mut state: State<3>, server: usize, votes: &[(usize, Vote)]) -> State<3> {
    if let Election::Looking(looking) = &mut state.servers[server].election {
        for &(voter, vote) in votes {
            looking.out_of_election[voter] = Some(vote);
        }
    }
    state
}

/// Whether the step between two states of the system, in which this happened and these answers were
/// sent, keeps the rule.
fn keeps<const N: usize>(
    system: &Checked<System<N>>,
    rule: StepRule,
    (before, action, after): (State<N>, Action, State<N>),
    sent: &[(usize, Vote)],
) -> bool {
    let mut effects = Sends::new();
    for &(dst, vote) in sent {
        let config = ConfigVersion(1);
        effects.push((dst, Notification { vote, config }));
    }
    let step = (&before, action, &after);
    rule.holds(&Step::new(&system.election, step, &effects))
}

/// The same where the answers are no matter.
fn keeps_quietly<const N: usize>(
    system: &Checked<System<N>>,
    rule: StepRule,
    step: (State<N>, Action, State<N>),
) -> bool {
    keeps(system, rule, step, &[])
}
