//! Whole runs, small enough for every build: two servers. The catalogue's scenarios are for the
//! release build's `check`.

use fle_model::election::catalogue;
use fle_model::election::scenario::Scenario;
use fle_model::frame::check::{Options, check};
use fle_model::frame::figures::collision_probability;
use fle_model::frame::progress::{Phase, Progress};
use fle_model::frame::report::{Report, Verdict};
use fle_model::frame::shard::Shard;
use fle_model::terms::setting::Setting;
use fle_model::terms::vote::Credentials;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

const THREE_KINDS: &[Credentials] = &[
    Credentials::new(1, 1),
    Credentials::new(1, 2),
    Credentials::new(2, 1),
];

static TWO_SERVERS: LazyLock<Scenario> = LazyLock::new(|| Scenario {
    name: "two servers",
    covers: "two servers, no faults",
    servers: 2,
    credentials: THREE_KINDS,
    rounds: 2,
    unique_states: UNIQUE_STATES,
    ..*catalogue::find("fault-free").expect("a scenario")
});

/// Six assignments of credentials that do not fall with the sid, times four of rounds.
const INITIAL_STATES: usize = 24;
const UNIQUE_STATES: usize = 1_242;

fn options(shard: &str, threads: usize) -> Options {
    Options {
        threads: NonZeroUsize::new(threads).expect("some threads"),
        shard: shard.parse().expect("a shard"),
    }
}

fn report(scenario: &Scenario, shard: &str, threads: usize) -> Report {
    check(scenario, options(shard, threads), None)
}

fn verdict(report: &Report, property: &str) -> Verdict {
    let row = report.properties.iter().find(|row| row.name == property);
    row.expect("the property is checked").verdict
}

#[test]
fn two_servers_are_exhausted_whatever_is_seen_on_the_way() {
    for threads in [1, 2] {
        let report = report(&TWO_SERVERS, "0/1", threads);
        assert!(report.exhausted);
        assert_eq!(report.initial_states, INITIAL_STATES);
        assert_eq!(report.unique_states, UNIQUE_STATES);
        assert_eq!(
            report.collision_probability,
            collision_probability(UNIQUE_STATES)
        );
        let chance = "\n  two states with one fingerprint: a probability of at most 4.2e-14\n";
        assert!(report.to_string().contains(chance), "{report}");
        assert_eq!(verdict(&report, "quorum evidence"), Verdict::Holds);
        assert_eq!(verdict(&report, "a round rises"), Verdict::Seen);
    }
}

/// The graph in which fair runs are sought has the states that the search visits.
#[test]
fn what_holds_eventually_is_checked_on_the_same_states() {
    let timely = Scenario {
        setting: Setting::Timely,
        rounds: 1,
        ..*TWO_SERVERS
    };
    let report = report(&timely, "0/1", 1);
    let liveness = report.liveness.expect("fair runs were searched");
    assert_eq!(liveness.states, report.unique_states);
    assert_eq!(verdict(&report, "election terminates"), Verdict::Holds);
    assert!(self::report(&TWO_SERVERS, "0/1", 1).liveness.is_none());
}

/// A quorum of two is both, so no two quorums can be found at once.
#[test]
fn what_should_be_seen_and_is_not_fails_the_check() {
    let report = report(&TWO_SERVERS, "0/1", 1);
    assert_eq!(verdict(&report, "two servers lead"), Verdict::NeverSeen);
    assert!(!report.passed());
}

#[test]
fn another_number_of_states_than_the_pinned_one_fails_the_check() {
    let off_by_one = Scenario {
        unique_states: UNIQUE_STATES + 1,
        ..*TWO_SERVERS
    };
    assert!(report(&off_by_one, "0/1", 1).pin_differs());
    assert!(!report(&TWO_SERVERS, "0/1", 1).pin_differs());
}

/// What the watcher is told when each phase is over, whatever it was told before.
#[test]
fn who_watches_is_told_how_far_each_phase_is() {
    let timely = Scenario {
        setting: Setting::Timely,
        rounds: 1,
        ..*TWO_SERVERS
    };
    let mut told = Vec::new();
    let mut watch = |progress: Progress| told.push(progress.phase);
    let report = check(&timely, options("0/1", 1), Some(&mut watch));
    let unique = report.unique_states;
    told.dedup_by_key(|phase| std::mem::discriminant(phase));
    let [search, fair_runs, Phase::Sightings { visited: seen }] = told[..] else {
        panic!("three phases: {told:?}");
    };
    let exhausted = Phase::Search {
        unique,
        generated: report.generated_states,
        queue: 0,
    };
    assert_eq!(search, exhausted);
    let visited = Phase::FairRuns { states: unique };
    assert_eq!(fair_runs, visited);
    assert!(seen > 0);
}

#[test]
fn shards_cover_the_whole_and_add_up_to_it_if_they_share_nothing() {
    let one_round = Scenario {
        rounds: 1,
        unique_states: report(
            &Scenario {
                rounds: 1,
                ..*TWO_SERVERS
            },
            "0/1",
            1,
        )
        .unique_states,
        ..*TWO_SERVERS
    };
    for (scenario, initial_states) in [(*TWO_SERVERS, INITIAL_STATES), (one_round, 6)] {
        let shards = ["0/3", "1/3", "2/3"].map(|shard| report(&scenario, shard, 1));
        let sum = |count: fn(&Report) -> usize| shards.iter().map(count).sum::<usize>();
        assert_eq!(sum(|shard| shard.initial_states), initial_states);
        let visited = sum(|shard| shard.unique_states);
        assert!(visited >= scenario.unique_states);
        assert_eq!(visited == scenario.unique_states, scenario.rounds == 1);
        let unseen = |shard| verdict(shard, "two servers lead") == Verdict::NotInThisShard;
        assert!(shards.iter().all(unseen));
        assert!(shards.iter().all(Report::passed));
    }
}

#[test]
fn a_shard_is_one_of_as_many_as_there_are() {
    for wrong in ["1/1", "2/2", "1", "0/0", "a/b", "-1/2"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
}
