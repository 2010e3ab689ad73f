//! The model of the establishment and its engine side by side: what is small here, all of tier `ci`
//! by `fle-conformance lockstep`.

use fle_conformance::lockstep::Report;
use fle_conformance::lockstep::establishment::{Divergence, lockstep};
use fle_model::establishment::catalogue::find;
use fle_model::establishment::mutants::Mutant;
use fle_model::establishment::scenario::Scenario;
use fle_model::establishment::system::Faults;
use fle_model::frame::check::{Options, check};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use std::num::NonZeroUsize;

fn scenario(name: &str) -> Scenario {
    *find(name).expect("a scenario")
}

fn run(scenario: &Scenario) -> Report<Divergence> {
    lockstep(scenario, NonZeroUsize::MIN, None)
}

/// The same up to this epoch, with this many crashes and nothing else that goes wrong.
fn smaller(name: &str, last: u8, crashes: u8) -> Scenario {
    Scenario {
        last,
        faults: Faults {
            crashes,
            ..Faults::NONE
        },
        ..scenario(name)
    }
}

/// Two voters, one epoch.
fn two() -> Scenario {
    smaller("establish-two", 1, 1)
}

/// Two voters, of which one hands over to the other.
fn transfer() -> Scenario {
    Scenario {
        faults: Faults {
            transfers: 1,
            ..Faults::NONE
        },
        ..smaller("establish-transfer", 2, 0)
    }
}

/// A voter that is a quorum by itself, two epochs. Who restarts may be bound, and to whom it has
/// forgotten: so it joins without a promise.
fn alone() -> Scenario {
    smaller("establish-alone", 2, 1)
}

/// Three voters of which one leads and one follows, and one connection is reset.
fn reset() -> Scenario {
    Scenario {
        faults: Faults {
            resets: Some(1),
            ..Faults::NONE
        },
        ..scenario("establish-reset")
    }
}

/// Two voters with empty disks, of which one is emptied again.
fn two_lose() -> Scenario {
    Scenario {
        last: 1,
        faults: Faults {
            losses: 1,
            ..Faults::NONE
        },
        ..scenario("establish-two-loss")
    }
}

/// Three voters in time, one disk lost.
fn loss() -> Scenario {
    Scenario {
        faults: Faults {
            losses: 1,
            ..Faults::NONE
        },
        ..scenario("establish-timely-loss")
    }
}

#[test]
fn the_engine_takes_every_transition_that_the_model_takes() {
    let scenarios = [
        two(),
        alone(),
        scenario("establish-timely"),
        scenario("establish-timely-ahead"),
        smaller("establish-joint", 0, 0),
        transfer(),
        reset(),
        loss(),
        two_lose(),
        scenario("establish-timely-blank"),
    ];
    for scenario in scenarios {
        let report = run(&scenario);
        assert_eq!(report.divergence, None, "{}", scenario.name);
        assert!(report.comparisons > report.acts, "{}", scenario.name);
    }
}

#[test]
fn no_transition_is_left_out() {
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let checked = check(&two(), options, None);
    let (generated, report) = (checked.generated_states, run(&two()));
    assert_eq!(report.transitions, generated - checked.initial_states);
    assert_eq!(report.states, checked.unique_states);
}

/// Every broken rule of a server, each with a scenario in which its server acts otherwise. Whether
/// a disk is new, lost or an older one the engine is told.
fn broken() -> Vec<(Mutant, Scenario)> {
    let of_servers = |name| smaller(name, 0, 0);
    vec![
        (Mutant::EntersWhenElected, two()),
        (Mutant::PromisesNotAwaited, two()),
        (Mutant::CurrentStoredFirst, alone()),
        (Mutant::AcceptedInMemory, two()),
        (Mutant::AcceptedNotRead, two()),
        (Mutant::CurrentNotStored, two()),
        (
            Mutant::ObserverAcksCounted,
            of_servers("establish-observer"),
        ),
        (Mutant::HalfEstablishes, two()),
        (Mutant::CommittedEstablishes, of_servers("establish-joint")),
        (Mutant::PromisesAgain, two()),
        (
            Mutant::LowerEpochPromised,
            scenario("establish-timely-ahead"),
        ),
        (Mutant::PromisesBeforeStoring, two()),
        (Mutant::AcksBeforeStoring, two()),
        (Mutant::JoinsUnaccepted, alone()),
        (Mutant::AnyAnswerPromises, two()),
        (Mutant::LeaderDoesNotAccept, two()),
        (Mutant::AcksNotAwaited, two()),
        (Mutant::LongerHistoryTaken, two()),
        (Mutant::AheadCounted, scenario("establish-timely")),
        (Mutant::AheadEndsLeader, scenario("establish-timely")),
        (Mutant::LowerEpochStored, scenario("establish-timely")),
        (Mutant::EndReleases, reset()),
        (Mutant::AnyProposalReleases, reset()),
        (Mutant::MajorityMakesNew, loss()),
        (Mutant::ForgetfulPromises, loss()),
        (Mutant::ForgetfulLeads, two_lose()),
        (Mutant::ForgetfulCounted, loss()),
        (Mutant::ConfirmedUnasked, loss()),
        (Mutant::AsideForEver, loss()),
        (Mutant::LateOnesNotTold, scenario("establish-timely")),
        (Mutant::HeldBackForEver, scenario("establish-timely")),
        (Mutant::EndOverlooked, two()),
    ]
}

#[test]
fn an_engine_that_does_something_else_is_found() {
    for (mutant, scenario) in broken() {
        let divergence = run(&scenario.mutated(mutant)).divergence;
        let divergence = divergence.unwrap_or_else(|| panic!("{mutant:?} is not seen"));
        assert_ne!(divergence.expected, divergence.actual, "{mutant:?}");
        assert!(divergence.steps.len() <= 16, "{mutant:?}: {divergence}");
    }
}

/// What is shown is what a person needs to see it.
#[test]
fn a_divergence_is_told_in_sentences() {
    let divergence = run(&two().mutated(Mutant::LeaderDoesNotAccept)).divergence;
    let divergence = divergence.expect("it is seen");
    assert_eq!(
        divergence.to_string(),
        "server 1 differs from the model at step 3
   1  1 starts with accepted epoch 0, current epoch 0, zxid 1
   2  1 is elected
   3  1 receives LearnerInfo(0) from 2
  expected
    sends LEADERINFO(1) to 2
    then: accepted 0, current 0; on the disk accepted 0, current 0; follows Nobody; waits Patiently
  actual
    StoreAccepted(PeerEpoch(1))
    Send { to: Sid(2), packet: LeaderInfo { epoch: PeerEpoch(1), protocol: 65537 } }
    then: accepted 1, current 0; on the disk accepted 1, current 0; follows Nobody; waits Patiently"
    );
}
