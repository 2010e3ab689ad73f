//! What the finalizing wait is worth: what may go wrong where it is short, and why it may be left
//! out once everybody was heard.

use fle_model::election::catalogue;
use fle_model::election::claims::{Claim, claims};
use fle_model::election::finalizing::{Early, Finalizing, Length};
use fle_model::election::scenario::Scenario;
use fle_model::election::server::{Election, Server};
use fle_model::election::system::{Action, System};
use fle_model::frame::check::shortest;
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::liveness::{Goal, Reachable, Scheduler};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::subject::{StateOf, Subject, Way};
use fle_model::terms::set::ServerSet;
use stateright::Model;
use std::collections::HashSet;

fn scenario(name: &str) -> Scenario {
    *catalogue::find(name).expect("a scenario")
}

/// The model from one initial state.
fn system(scenario: Scenario, start: usize) -> Checked<System<3>> {
    scenario.checked(|number| number == start, Vec::new())
}

/// Every state that can be reached by the actions wanted.
fn reachable(
    system: &Checked<System<3>>,
    wanted: impl Fn(&Action) -> bool,
) -> HashSet<StateOf<System<3>>> {
    let mut known: HashSet<StateOf<System<3>>> = system.init_states().into_iter().collect();
    let mut pending = system.init_states();
    while let Some(state) = pending.pop() {
        let mut actions = Vec::new();
        system.actions(&state, &mut actions);
        let next = actions.into_iter().filter(|action| wanted(action));
        let next = next.filter_map(|action| system.next_state(&state, action));
        pending.extend(next.filter(|next| known.insert(*next)));
    }
    known
}

/// The shortest way to what the pitfall claims.
fn story(name: &str, start: usize, pitfall: &str) -> Vec<String> {
    let mut system = system(scenario(name), start);
    system.claims = claims()
        .into_iter()
        .filter(|claim| claim.name == pitfall)
        .collect();
    system
        .story(&Way::of_path(&shortest(&system).expect("it happens")))
        .told()
}

fn highest_round(states: &HashSet<StateOf<System<3>>>) -> u8 {
    let servers = states.iter().flat_map(|state| &state.servers);
    servers.map(|server| server.round.0).max().unwrap_or(0)
}

/// Why no wait can be too short to be safe: in the asynchronous setting every wait may already run
/// out at once.
#[test]
fn servers_that_never_wait_do_only_what_asynchronous_ones_do() {
    let asynchronous = system(scenario("fault-free-slots"), 0);
    let known: HashSet<[Server<3>; 3]> = reachable(&asynchronous, |_| true)
        .into_iter()
        .map(|state| state.servers)
        .collect();
    // What only eager servers remember.
    let forgetful = |mut server: Server<3>| {
        if let Election::Looking(looking) = &mut server.election {
            looking.heard = ServerSet::NONE;
        }
        server
    };
    for name in ["timely-no-wait", "timely-eager"] {
        let elections = |action: &Action| !matches!(action, Action::GiveUp { .. });
        for state in reachable(&system(scenario(name), 0), elections) {
            let servers = state.servers.map(forgetful);
            assert!(known.contains(&servers), "{name}: {state:#?}");
        }
    }
}

/// 3's vote is on its way when 2 has a quorum.
#[test]
fn without_a_wait_the_best_is_passed_over() {
    let told = story("timely-no-wait", 0, "the best does not win");
    let after_the_start = [
        "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); has a quorum, waits for a better proposal; tells everyone",
        "1 has waited for a better proposal in vain; is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal",
        "3 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1",
        "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1; tells 3",
        "3 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1; is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
    ];
    assert_eq!(told[1..], after_the_start);
}

/// 3 has yet to hear of the round in which 1 and 2 are a quorum: its vote of that round can be
/// there a round trip later.
#[test]
fn one_delay_is_too_short_where_rounds_differ() {
    let told = story("timely-rounds-one-delay", 3, "the best does not win");
    let from_the_end_of_the_wait = [
        "3 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; enters round 2; tells everyone",
        "1 has waited for a better proposal in vain; is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 2; tells 3",
        "3 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2; is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 2",
    ];
    assert_eq!(told[3..], from_the_end_of_the_wait);
}

/// 3 is started after 1 and 2, which do not wait for it.
#[test]
fn who_does_not_wait_for_the_unreachable_passes_over_who_is_about_to_start() {
    let told = story("timely-late-past-unreachable", 2, "the best does not win");
    assert!(
        told[0].ends_with("3 is down (epoch 1, zxid 0x1)"),
        "{told:#?}"
    );
    let end = "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1";
    assert_eq!((told.len() - 1, &told[4][..]), (4, end));
}

/// Why the wait may be left out once everybody was heard. It would be false if a settled server's
/// vote counted.
#[test]
fn who_has_heard_every_proposal_proposes_the_best() {
    let wires = system(scenario("timely-eager-wires"), 0);
    let rounds = (0..32).map(|start| system(scenario("timely-rounds-eager"), start));
    for system in rounds.chain([wires]) {
        for state in reachable(&system, |_| true) {
            let best = (0..3).max_by_key(|&server| (state.servers[server].credentials, server));
            for (id, server) in state.servers.iter().enumerate() {
                let heard = |peer| peer == id || server.has_heard_proposal(peer);
                if let Some(looking) = server.looking().filter(|_| (0..3).all(heard)) {
                    assert_eq!(Some(looking.proposal.leader()), best, "{state:#?}");
                }
            }
        }
    }
}

/// In the joint configuration nobody leads without both 1 and 2. Without the wait they may miss
/// each other round after round.
#[test]
fn without_a_wait_a_joint_configuration_elects_again_and_again() {
    let no_wait = Scenario {
        finalizing: Finalizing {
            length: Length::Delays(0),
            early: Early::Never,
        },
        ..scenario("timely-joint")
    };
    let mut system = system(no_wait, 0);
    system.claims = vec![Claim {
        name: "a third round",
        statement: "A server is in round 3.",
        kind: Kind::Pitfall,
        applies: |_| true,
        condition: |_, state| state.servers.iter().any(|server| server.round.0 == 3),
    }];
    assert!(shortest(&system).is_some());
}

/// 3 leads in round 1, 2 in round 2, after 2 lost its leader for no reason and 1 voted for it. 1
/// waits until nothing is under way, so that the answers of both come, and 3's, the better one,
/// ends the wait for 2.
#[test]
fn a_long_wait_keeps_looking_between_two_leaders() {
    let long = |early| Scenario {
        finalizing: Finalizing {
            length: Length::ForStarts,
            early,
        },
        ..scenario("timely-loss")
    };
    let agreed: Goal<Checked<System<3>>> = |_, state| state.agreed_leader().is_some();
    let mixture = || system(long(Early::AllHeard), 0);
    let fair = Reachable::explore(mixture(), Checked::fairness, &[agreed]);
    assert_eq!(fair.violation(0), None);
    let without_giving_up: Scheduler<_, _> = |system: &Checked<System<3>>, action| match action {
        Action::GiveUp { .. } => None,
        _ => system.fairness(action),
    };
    let unfair = Reachable::explore(mixture(), without_giving_up, &[agreed]);
    let lasso = unfair.violation(0).expect("early ends and long waits");
    let leaders: Vec<_> = (0..3).map(|server| lasso.knot.leader_of(server)).collect();
    assert_eq!(leaders, [None, Some(1), Some(2)]);
    let asks = |action: &Action| *action == Action::CollectTimeout { server: 0 };
    assert!(lasso.cycle.iter().any(|(_, action)| asks(action)));
}

#[test]
fn with_the_wait_or_everybody_heard_one_round_is_enough() {
    for name in [
        "timely-joint",
        "timely-joint-eager",
        "timely-slots",
        "timely-eager",
    ] {
        let system = system(scenario(name), 0);
        assert_eq!(highest_round(&reachable(&system, |_| true)), 1, "{name}");
    }
}
