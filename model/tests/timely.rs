//! Liveness in the timely setting: what fairness is worth, and the run that never ends although it is fair.

use fle_model::catalogue::{self, Scenario};
use fle_model::check::{Row, Verdict};
use fle_model::liveness::{Goal, Lasso, Reachable, Scheduler};
use fle_model::narrate::narrate_lasso;
use fle_model::system::{Action, State, System};

fn all_settled<const N: usize>(_: &System<N>, state: &State<N>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

/// A scenario's model from one initial state. In `timely-rounds` the number is binary, a digit a server, the lowest that of server
/// 1: which of them start in round 2.
fn system<const N: usize>(scenario: &str, start: usize) -> System<N> {
    let scenario = catalogue::find(scenario).expect("a scenario");
    let of_this_size = Scenario {
        servers: N,
        ..*scenario
    };
    of_this_size.system(|number| number == start, Vec::new())
}

fn violation<const N: usize>(
    system: &System<N>,
    scheduler: Scheduler<System<N>, Action>,
    goal: Goal<System<N>>,
) -> Option<Lasso<State<N>, Action>> {
    Reachable::explore(system, scheduler, &[goal]).violation(0)
}

/// Fair, but for what is never owed.
macro_rules! neglecting {
    ($neglected:pat) => {
        |system: &System<_>, action: &Action| match action {
            $neglected => None,
            _ => system.fairness(action),
        }
    };
}

#[test]
fn without_deliveries_nothing_need_happen() {
    let system = system::<2>("timely", 0);
    assert_eq!(violation(&system, System::fairness, all_settled), None);
    let stuck = violation(&system, neglecting!(Action::Deliver { .. }), all_settled);
    let stuck = stuck.expect("nobody need hear of anybody");
    assert_eq!(stuck.knot, system.starts[0]);
    assert!(stuck.way_in.is_empty() && stuck.cycle.is_empty());
}

#[test]
fn without_the_end_of_the_wait_a_server_need_not_settle() {
    let system = system::<2>("timely", 0);
    let neglects = neglecting!(Action::FinalizeTimeout { .. });
    let stuck = violation(&system, neglects, all_settled).expect("nobody need settle");
    assert!(stuck.cycle.is_empty() && stuck.knot.network.is_silent());
}

#[test]
fn where_all_start_in_one_round_nobody_needs_to_send_again() {
    let neglects = neglecting!(Action::CollectTimeout { .. });
    assert_eq!(
        violation(&system::<3>("timely", 0), neglects, all_settled),
        None
    );
}

/// 1 and 2 start in round 2. 1 has a quorum for 2, but then a vote for 3 arrives, of round 1: better, so that it ends 1's wait, and
/// outdated, so that nothing comes of it. The others settle, and what they told 1 before was not enough for it to join them.
#[test]
fn without_resends_a_server_need_not_ask() {
    let system = system::<3>("timely-rounds", 3);
    assert_eq!(violation(&system, System::fairness, all_settled), None);
    let neglects = neglecting!(Action::CollectTimeout { .. });
    let stuck = violation(&system, neglects, all_settled).expect("it need not ask");
    assert!(stuck.cycle.is_empty() && stuck.knot.network.is_silent());
    assert!(!all_settled(&system, &stuck.knot));
}

/// 2 starts in round 2 and is elected there by 1; 3 is elected in round 1, by the vote that 1 cast before. 1 asks both.
#[test]
fn an_election_never_ends() {
    let system = system::<3>("timely-rounds", 2);
    let lasso = violation(&system, System::fairness, all_settled).expect("a fair run");
    let (way_in, cycle) = narrate_lasso(&system, &lasso);
    assert_eq!(way_in.len() - 1, 15);
    let told = [
        "1 has waited for votes in vain; tells everyone",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; has a quorum, waits for a better proposal",
        "3 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "1 receives from 3: LEADING, settled on 3 (epoch 1, zxid 0x1) in round 1; collects votes again",
    ];
    assert_eq!(cycle, told);
}

/// The same two leaders, of whom 1 has settled on one and hears no more.
#[test]
fn an_election_ends_without_agreement() {
    let system = system::<3>("timely-rounds", 2);
    let agreed: Goal<System<3>> =
        |system, state| !all_settled(system, state) || state.agreed_leader().is_some();
    let lasso = violation(&system, System::fairness, agreed).expect("a fair run");
    let (way_in, cycle) = narrate_lasso(&system, &lasso);
    assert_eq!((way_in.len() - 1, cycle.len()), (15, 0));
    let leaders: Vec<_> = (0..3).map(|server| lasso.knot.leader_of(server)).collect();
    assert_eq!(leaders, [Some(1), Some(1), Some(2)]);
}

#[test]
fn a_run_that_never_ends_is_printed_with_what_it_repeats() {
    let printed = |for_ever: &[&str]| {
        let row = Row {
            name: "a property",
            verdict: Verdict::Violated,
            counterexample: vec!["start".to_owned(), "step".to_owned()],
            for_ever: Some(for_ever.iter().map(|&step| step.to_owned()).collect()),
        };
        row.to_string()
    };
    let way_in = "  VIOLATED   a property\n      0. start\n      1. step\n";
    assert_eq!(
        printed(&["again", "and again"]),
        format!("{way_in}    then for ever:\n      2. again\n      3. and again\n")
    );
    assert_eq!(
        printed(&[]),
        format!("{way_in}    then for ever: nothing\n")
    );
}
