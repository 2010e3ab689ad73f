//! Random walks: that they are paths of the model, that a seed says all, and that what they find is
//! told.

use fle_model::election::catalogue;
use fle_model::election::claims::Claim;
use fle_model::election::scenario::Scenario;
use fle_model::election::system::{Action, System};
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::progress::Watch;
use fle_model::frame::report::Verdict;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::simulate::{Found, Options, Simulation, simulate, simulate_checked};
use fle_model::frame::story::Caption;
use fle_model::frame::subject::StateOf;
use fle_model::frame::walk::{LONGEST, Walk};
use fle_model::terms::vote::Credentials;
use stateright::Model;
use std::num::NonZeroUsize;

fn fault_free() -> &'static Scenario {
    catalogue::find("fault-free").expect("a scenario")
}

fn options(seed: u64, threads: usize, enough: &(dyn Fn(u64) -> bool + Sync)) -> Options<'_> {
    Options {
        threads: NonZeroUsize::new(threads).expect("some threads"),
        seed,
        enough,
    }
}

fn walk(seed: u64) -> Vec<(Action, StateOf<System<3>>)> {
    let system = fault_free().checked(|_| true, Vec::new());
    let walk = Walk::new(&system, seed);
    let start = *walk.state();
    let steps: Vec<_> = walk.collect();
    assert!(steps.len() < LONGEST);
    let mut before = start;
    for &(action, after) in &steps {
        let mut actions = Vec::new();
        system.actions(&before, &mut actions);
        assert!(actions.contains(&action));
        assert_eq!(system.next_state(&before, action), Some(after));
        before = after;
    }
    assert!(system.next_steps(&before).is_empty(), "it need not end");
    steps
}

#[test]
fn a_walk_is_a_path_to_where_nothing_more_can_happen_and_the_seed_says_which() {
    let walks: Vec<_> = (0..20).map(walk).collect();
    for (seed, steps) in (0..).zip(&walks) {
        assert_eq!(&walk(seed), steps);
    }
    assert!((1..20).all(|seed| walks[seed] != walks[0]));
}

/// Of four servers two may follow a third that has turned to the fourth meanwhile: then nobody
/// leads, and those who look do so for ever.
#[test]
fn a_walk_that_need_not_end_is_cut_off() {
    const EQUAL: &[Credentials] = &[Credentials::new(1, 1)];
    let scenario = Scenario {
        servers: 4,
        credentials: EQUAL,
        ..*fault_free()
    };
    let system = scenario.checked::<4>(|_| true, Vec::new());
    let mut seeds = 0..20_000;
    let endless = seeds.find(|&seed| Walk::new(&system, seed).count() == LONGEST);
    let endless = endless.expect("some walk need not end");
    let simulation = simulate(&scenario, &options(endless, 1, &|begun| begun == 1), None);
    let Simulation {
        walks,
        ended,
        cut_off,
        steps,
        ..
    } = simulation;
    assert_eq!((walks, ended, cut_off, steps), (1, 0, 1, LONGEST));
}

#[test]
fn as_many_walks_are_taken_as_are_enough() {
    for threads in [1, 2] {
        let simulation = simulate(
            fault_free(),
            &options(7, threads, &|begun| begun >= 50),
            None,
        );
        assert_eq!(simulation.walks, 50);
        assert_eq!(simulation.ended, 50);
        let steps: usize = (7..57).map(|seed| walk(seed).len()).sum();
        assert_eq!(simulation.steps, steps);
        assert!(simulation.passed());
        let mut verdicts = simulation.properties.iter().map(|row| row.verdict);
        assert!(verdicts.len() > 0);
        assert!(verdicts.all(|verdict| verdict == Verdict::NotViolated));
    }
}

/// As large as a model is built for.
#[test]
fn seven_servers_are_walked() {
    let seven = Scenario {
        servers: 7,
        ..*fault_free()
    };
    let simulation = simulate(&seven, &options(0, 2, &|begun| begun >= 5), None);
    assert_eq!((simulation.walks, simulation.ended), (5, 5));
    assert!(simulation.passed(), "{simulation}");
}

/// False: two may lead.
fn at_most_one_leads() -> Checked<System<3>> {
    let claim = Claim {
        name: "at most one leads",
        statement: "At most one server is LEADING.",
        kind: Kind::Always { witnesses: &[] },
        applies: |_| true,
        condition: |_, state| {
            let leads = |server: &usize| state.leader_of(*server) == Some(*server);
            (0..3).filter(leads).count() < 2
        },
    };
    let true_claims = fault_free().claims().into_iter();
    let true_claims = true_claims.filter(|claim| claim.name == "eligible");
    fault_free().checked(|_| true, true_claims.chain([claim]).collect())
}

fn search(seed: u64, threads: usize) -> Simulation {
    let system = at_most_one_leads();
    simulate_checked(
        fault_free(),
        &system,
        &options(seed, threads, &|_| false),
        Watch(None),
    )
}

#[test]
fn a_violation_ends_the_walks_and_is_told_without_what_does_not_matter() {
    let simulation = search(1, 1);
    assert!(!simulation.passed());
    let [eligible, one_leads] = &simulation.properties[..] else {
        panic!("two properties");
    };
    assert_eq!(eligible.verdict, Verdict::NotViolated);
    assert!(eligible.counterexample.is_none());
    assert_eq!(one_leads.verdict, Verdict::Violated);
    let story = &one_leads.counterexample.as_ref().expect("it is told").story;
    let found = simulation.found.expect("a violation");
    assert!(story.steps.len() < found.steps, "{found:?}");
    let leads = |change: &&Caption| change.class == "leading";
    let changes = |step: usize| -> &[Caption] {
        let changes = story.steps[step].picture.changes.as_ref();
        changes.map_or(&[], |(_, changes)| changes)
    };
    let steps = story.steps.len();
    assert_eq!((0..steps).flat_map(changes).filter(leads).count(), 2);
    assert!(changes(steps - 1).iter().any(|change| leads(&change)));
    let text = simulation.to_string();
    assert!(
        text.contains("  VIOLATED   at most one leads\n      0. 1 looks"),
        "{text}"
    );
    assert!(
        text.contains(&format!("--seed {} begins with it", found.seed)),
        "{text}"
    );
}

#[test]
fn the_first_violation_is_found_by_any_number_of_threads_and_again_by_its_seed() {
    let found = search(1, 1).found.expect("a violation");
    assert!(found.seed > 1, "the first walk is none");
    for threads in [2, 3] {
        assert_eq!(search(1, threads).found, Some(found));
    }
    let again = search(found.seed, 1);
    assert_eq!((again.found, again.walks), (Some(found), 1));
    let Found { steps, .. } = found;
    assert_eq!(again.steps, steps);
}
