//! The model of the establishment: what holds, and that each broken rule is noticed.

use fle_model::check::Options;
use fle_model::establishment::catalogue::{Scenario, find};
use fle_model::establishment::check::check;
use fle_model::establishment::mutants::Mutant;
use fle_model::report::Verdict;
use fle_model::shard::Shard;
use std::num::NonZeroUsize;

const ALONE: Options = Options {
    threads: NonZeroUsize::MIN,
    shard: Shard::WHOLE,
};

/// The properties that notice the mutant.
fn killed(mutant: Mutant, name: &str) -> Vec<&'static str> {
    let report = check(scenario(name), Some(mutant), ALONE, None);
    report
        .counterexamples()
        .map(|found| found.property)
        .collect()
}

fn scenario(name: &str) -> &'static Scenario {
    find(name).expect("it is in the catalogue")
}

fn is_killed_by(mutant: Mutant, scenario: &str, property: &str) {
    let found = killed(mutant, scenario);
    assert!(found.contains(&property), "{mutant:?}: {found:?}");
}

/// Small enough for every build. The catalogue's scenarios are for the release build's `check`.
#[test]
fn two_voters_and_one_epoch_are_exhausted() {
    let small = Scenario {
        last: 1,
        unique_states: SMALL,
        ..*scenario("establish-two")
    };
    let report = check(&small, None, ALONE, None);
    assert!(report.passed(), "{report}");
    let undecided = |verdict| !matches!(verdict, Verdict::Holds | Verdict::Seen);
    assert!(!report.properties.iter().any(|row| undecided(row.verdict)));
}

const SMALL: usize = 7_846;

#[test]
fn what_is_raised_before_a_quorum_promised_is_noticed() {
    let property = "a quorum has promised";
    is_killed_by(Mutant::EntersWhenElected, "establish-two", property);
    is_killed_by(Mutant::PromisesNotAwaited, "establish-two", property);
    is_killed_by(Mutant::AnyAnswerPromises, "establish-two", property);
    is_killed_by(Mutant::HalfEstablishes, "establish-two", property);
    is_killed_by(
        Mutant::AcksNotAwaited,
        "establish-two",
        "a quorum has acknowledged",
    );
}

#[test]
fn what_is_said_before_it_is_stored_is_noticed() {
    for mutant in [
        Mutant::AcceptedInMemory,
        Mutant::CurrentNotStored,
        Mutant::PromisesBeforeStoring,
        Mutant::AcksBeforeStoring,
        Mutant::LeaderDoesNotAccept,
    ] {
        is_killed_by(mutant, "establish-two", "stored before said");
    }
}

#[test]
fn a_broken_promise_is_noticed() {
    let property = "a promise is kept";
    is_killed_by(Mutant::PromisesAgain, "establish-two", property);
    is_killed_by(Mutant::AcceptedNotRead, "establish-two", property);
}

#[test]
fn an_epoch_that_is_entered_and_not_accepted_is_noticed() {
    let property = "current is accepted";
    is_killed_by(Mutant::CurrentStoredFirst, "establish-alone", property);
    is_killed_by(Mutant::JoinsUnaccepted, "establish-alone", property);
}

/// A leader gives up rather than propose such an epoch to a voter, but not for an observer.
#[test]
fn a_promise_below_an_earlier_one_is_noticed() {
    let property = "current is accepted";
    is_killed_by(
        Mutant::LowerEpochPromised,
        "establish-timely-ahead",
        property,
    );
}

/// Nothing unsafe comes of any of these: somebody is left behind for ever.
#[test]
fn who_never_comes_to_follow_is_noticed() {
    let property = "a leader is established and followed";
    is_killed_by(Mutant::OutbidLeadsOn, "establish-timely", property);
    is_killed_by(Mutant::LateOnesNotTold, "establish-timely", property);
    is_killed_by(Mutant::EndOverlooked, "establish-timely-observer", property);
}

#[test]
fn acknowledgements_that_make_no_quorum_are_noticed() {
    is_killed_by(
        Mutant::ObserverAcksCounted,
        "establish-observer",
        "a quorum has acknowledged",
    );
    is_killed_by(
        Mutant::CommittedEstablishes,
        "establish-joint",
        "a quorum has promised",
    );
}

#[test]
fn the_promise_of_a_better_server_is_noticed() {
    let property = "no better server promised";
    is_killed_by(Mutant::LongerHistoryTaken, "establish-two", property);
}
