//! Liveness in the timely setting: what fairness is worth, and what the peer's main loop, the
//! giving up, is worth.

use fle_model::election::catalogue;
use fle_model::election::claims::{Claim, claims};
use fle_model::election::finalizing::Finalizing;
use fle_model::election::network::Links;
use fle_model::election::scenario::Scenario;
use fle_model::election::system::{Action, State, System};
use fle_model::frame::check::shortest;
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::counterexample::Counterexample;
use fle_model::frame::liveness::{Goal, Lasso, Reachable, Scheduler};
use fle_model::frame::report::{Row, Verdict};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::subject::{StateOf, Subject, Way};

fn all_settled<const N: usize>(_: &Checked<System<N>>, state: &StateOf<System<N>>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

fn all_agree<const N: usize>(_: &Checked<System<N>>, state: &StateOf<System<N>>) -> bool {
    state.agreed_leader().is_some()
}

/// A scenario's model from its first initial state.
fn system<const N: usize>(scenario: &str) -> Checked<System<N>> {
    let scenario = catalogue::find(scenario).expect("a scenario");
    let of_this_size = Scenario {
        servers: N,
        ..*scenario
    };
    of_this_size.checked(|number| number == 0, Vec::new())
}

/// Three servers with the same credentials, which start in these rounds.
fn in_rounds(links: Links, rounds: [u8; 3]) -> Checked<System<3>> {
    let scenario = Scenario {
        links,
        ..*catalogue::find("timely-rounds").expect("a scenario")
    };
    let mut system = scenario.checked(|_| true, Vec::new());
    let starts_so = |state: &State<3>| {
        let same = state.servers.map(|server| server.credentials) == [scenario.credentials[0]; 3];
        same && state.servers.map(|server| server.round.0) == rounds
    };
    system.starts.retain(starts_so);
    system
}

fn violation<const N: usize>(
    system: &Checked<System<N>>,
    scheduler: Scheduler<Checked<System<N>>, Action>,
    goal: Goal<Checked<System<N>>>,
) -> Option<Lasso<StateOf<System<N>>, Action>> {
    Reachable::explore(system.clone(), scheduler, &[goal]).violation(0)
}

/// Fair, but for what is never owed.
macro_rules! neglecting {
    ($($neglected:pat_param)|+) => {
        |system: &Checked<System<_>>, action: &Action| match action {
            $($neglected)|+ => None,
            _ => system.fairness(action),
        }
    };
}

#[test]
fn without_deliveries_nothing_need_happen() {
    let system = system::<2>("timely");
    assert_eq!(violation(&system, Checked::fairness, all_settled), None);
    let stuck = violation(&system, neglecting!(Action::Deliver { .. }), all_settled);
    let stuck = stuck.expect("nobody need hear of anybody");
    assert_eq!(stuck.knot.state, system.starts[0]);
    assert!(stuck.way_in.is_empty() && stuck.cycle.is_empty());
}

#[test]
fn without_the_end_of_the_wait_a_server_need_not_settle() {
    let system = system::<2>("timely");
    let neglects = neglecting!(Action::FinalizeTimeout { .. });
    let stuck = violation(&system, neglects, all_settled).expect("nobody need settle");
    assert!(stuck.cycle.is_empty() && stuck.knot.is_silent(&system.election));
}

#[test]
fn where_all_start_in_one_round_nobody_needs_to_send_again_or_give_up() {
    let neglects = neglecting!(Action::CollectTimeout { .. } | Action::GiveUp { .. });
    let system = system::<3>("timely-slots");
    assert_eq!(violation(&system, neglects, all_agree), None);
}

#[test]
fn without_a_start_a_late_server_need_not_join() {
    let system = system::<3>("timely-late");
    assert_eq!(violation(&system, Checked::fairness, all_settled), None);
    let stuck = violation(&system, neglecting!(Action::Start { .. }), all_settled);
    let stuck = stuck.expect("nobody need start it");
    assert!(!stuck.knot.servers[0].is_up());
}

/// 2 starts in round 2, and says so. The others have each other's votes in round 1 and settle; what
/// they told 2 before is outdated.
#[test]
fn without_resends_a_server_need_not_ask() {
    let system = in_rounds(Links::Slot, [1, 2, 1]);
    assert_eq!(violation(&system, Checked::fairness, all_settled), None);
    let neglects = neglecting!(Action::CollectTimeout { .. });
    let stuck = violation(&system, neglects, all_settled).expect("it need not ask");
    assert!(stuck.cycle.is_empty() && stuck.knot.is_silent(&system.election));
    assert!(!all_settled(&system, &stuck.knot));
}

/// 2 starts in round 2 and is elected there by 1; 3 is elected in round 1, by the vote that 1 cast
/// before. 1 asks both. What 2 answers is nothing better, and ignored while 1 waits; what 3 answers
/// is better, ends the wait, and nothing comes of it.
#[test]
fn without_giving_up_an_election_may_never_end() {
    let system = in_rounds(Links::WireAndSlot, [1, 2, 1]);
    let neglects = neglecting!(Action::GiveUp { .. });
    let lasso = violation(&system, neglects, all_settled).expect("a fair run");
    let story = system.story(&Way::of_lasso(&lasso));
    assert_eq!(story.for_ever_from, Some(17));
    let told = [
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; has a quorum, waits for a better proposal",
        "3 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "1 receives from 3: LEADING, settled on 3 (epoch 1, zxid 0x1) in round 1; collects votes again",
        "1 has waited for votes in vain; tells everyone",
    ];
    let cycle: Vec<_> = story.steps[16..]
        .iter()
        .map(|step| &step.told[..])
        .collect();
    assert_eq!(cycle, told);
    assert!(printed(&system, &lasso).ends_with("    Steps 17 to 22 repeat for ever.\n"));
}

/// 1 and 2 start in round 2. Two are elected, in different rounds, and those who settled hear no
/// more.
#[test]
fn without_giving_up_an_election_may_end_without_agreement() {
    let system = in_rounds(Links::Slot, [2, 2, 1]);
    assert_eq!(violation(&system, Checked::fairness, all_agree), None);
    let neglects = neglecting!(Action::GiveUp { .. });
    let lasso = violation(&system, neglects, all_agree).expect("a fair run");
    assert!(all_settled(&system, &lasso.knot) && lasso.knot.is_silent(&system.election));
    let story = system.story(&Way::of_lasso(&lasso));
    assert_eq!((story.steps.len(), story.for_ever_from), (12, Some(13)));
    assert!(printed(&system, &lasso).ends_with("    Then nothing more happens.\n"));
}

/// No quorum does without 1 and 3, and 2 is the best. A wait that ends when nothing is under way to
/// the server is shorter than the round trip to 2, so that 3 leads with 1 before 2 is heard, 1
/// turns to 2, and they cannot elect it without 3.
#[test]
fn where_two_servers_are_in_every_quorum_the_wait_must_outlast_a_round_trip() {
    let round_trip = catalogue::find("timely-groups-loss").expect("a scenario");
    let begun_anew = |finalizing| {
        let scenario = Scenario {
            finalizing,
            ..*round_trip
        };
        let mut system = scenario.checked::<3>(|_| true, Vec::new());
        system.claims = vec![a_fourth_round()];
        shortest(&system)
    };
    let way = begun_anew(Finalizing::FIXED).expect("it happens");
    let given_up = way.into_actions().into_iter();
    let given_up = given_up.filter(|action| matches!(action, Action::GiveUp { .. }));
    assert!(given_up.count() >= 2);
    assert_eq!(begun_anew(round_trip.finalizing).map(|_| ()), None);
}

fn a_fourth_round() -> Claim<3> {
    Claim {
        name: "a fourth round",
        statement: "A server is in round 4.",
        kind: Kind::Pitfall,
        applies: |_| true,
        condition: |_, state| state.servers.iter().any(|server| server.round.0 == 4),
    }
}

/// A row of the report with this run as its counterexample.
fn printed(system: &Checked<System<3>>, lasso: &Lasso<StateOf<System<3>>, Action>) -> String {
    let steps = lasso.way_in.len() + lasso.cycle.len();
    let row = Row {
        name: "a property".to_owned(),
        verdict: Verdict::Violated,
        counterexample: Some(Counterexample::new(
            catalogue::find("timely-rounds").expect("a scenario"),
            &claims()[0],
            &system.system,
            &Way::of_lasso(lasso),
        )),
    };
    let text = row.to_string();
    assert!(
        text.starts_with("  VIOLATED   a property\n      0. 1 looks in round"),
        "{text}"
    );
    assert_eq!(text.lines().count(), steps + 3, "{text}");
    text
}
