//! Liveness in the timely setting: what fairness is worth, and the run that never ends although it is fair.

use fle_model::catalogue::{self, Scenario};
use fle_model::counterexample::Counterexample;
use fle_model::liveness::{Goal, Lasso, Reachable, Scheduler};
use fle_model::properties::claims;
use fle_model::report::{Row, Verdict};
use fle_model::story::Story;
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
    let story = Story::of_lasso(&system, &lasso);
    assert_eq!(story.for_ever_from, Some(16));
    let told = [
        "1 has waited for votes in vain; tells everyone",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; has a quorum, waits for a better proposal",
        "3 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; tells 1",
        "1 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "1 receives from 3: LEADING, settled on 3 (epoch 1, zxid 0x1) in round 1; collects votes again",
    ];
    let cycle: Vec<_> = story.steps[15..]
        .iter()
        .map(|step| &step.told[..])
        .collect();
    assert_eq!(cycle, told);
    assert!(printed(story).ends_with("    Steps 16 to 21 repeat for ever.\n"));
}

/// The same two leaders, of whom 1 has settled on one and hears no more.
#[test]
fn an_election_ends_without_agreement() {
    let system = system::<3>("timely-rounds", 2);
    let agreed: Goal<System<3>> =
        |system, state| !all_settled(system, state) || state.agreed_leader().is_some();
    let lasso = violation(&system, System::fairness, agreed).expect("a fair run");
    let story = Story::of_lasso(&system, &lasso);
    assert_eq!((story.steps.len(), story.for_ever_from), (15, Some(16)));
    assert!(printed(story).ends_with("    Then nothing more happens.\n"));
    let leaders: Vec<_> = (0..3).map(|server| lasso.knot.leader_of(server)).collect();
    assert_eq!(leaders, [Some(1), Some(1), Some(2)]);
}

/// A row of the report with this story as its counterexample.
fn printed(story: Story) -> String {
    let steps = story.steps.len();
    let row = Row {
        name: "a property".to_owned(),
        verdict: Verdict::Violated,
        counterexample: Some(Counterexample::new(
            "timely-rounds",
            &claims::<3>()[0],
            story,
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
