//! The model of the establishment: what holds, and that each broken rule is noticed.

use fle_model::establishment::catalogue::find;
use fle_model::establishment::mutants::Mutant;
use fle_model::establishment::scenario::Scenario;
use fle_model::establishment::system::{Action, Cause, Faults, System};
use fle_model::frame::check::{Options, check, shortest};
use fle_model::frame::claim::Checked;
use fle_model::frame::report::Verdict;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use fle_model::frame::subject::StateOf;
use stateright::Model;
use std::num::NonZeroUsize;

const ALONE: Options = Options {
    threads: NonZeroUsize::MIN,
    shard: Shard::WHOLE,
};

/// The properties that notice the mutant.
fn killed(mutant: Mutant, name: &str) -> Vec<&'static str> {
    let report = check(&scenario(name).mutated(mutant), ALONE, None);
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
    let report = check(&small, ALONE, None);
    assert!(report.passed(), "{report}");
    let undecided = |verdict| !matches!(verdict, Verdict::Holds | Verdict::Seen);
    assert!(!report.properties.iter().any(|row| undecided(row.verdict)));
}

const SMALL: usize = 9_654;

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
    for mutant in [Mutant::AcksBeforeHistory, Mutant::HistoryNotTaken] {
        is_killed_by(mutant, "establish-elected", "stored before said");
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

/// An established leader proposes such an epoch to a voter, when a quorum without it has answered.
#[test]
fn an_epoch_that_falls_is_noticed() {
    is_killed_by(
        Mutant::LowerEpochPromised,
        "establish-timely",
        "a promise is kept",
    );
    is_killed_by(
        Mutant::LowerEpochStored,
        "establish-timely",
        "current is accepted",
    );
}

/// Nothing unsafe comes of any of these: somebody is left behind for ever.
#[test]
fn who_never_comes_to_follow_is_noticed() {
    let property = "a leader is established and followed";
    is_killed_by(Mutant::AsideForEver, "establish-timely", property);
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

/// Two leaders have leases, as soon as a follower's promise ends by anything but its leader's word.
#[test]
fn a_promise_that_ends_too_soon_is_noticed() {
    let property = "one lease at a time";
    is_killed_by(Mutant::EndReleases, "establish-reset", property);
}

/// The empty disk of a server that was in an epoch, and an older one.
#[test]
fn a_disk_that_is_believed_is_noticed() {
    let property = "a quorum has acknowledged";
    is_killed_by(Mutant::LossOverlooked, "establish-loss", property);
    is_killed_by(Mutant::MajorityMakesNew, "establish-loss", property);
    is_killed_by(Mutant::RollbackOverlooked, "establish-rollback", property);
}

#[test]
fn a_promise_of_one_that_does_not_remember_is_noticed() {
    let property = "stored before said";
    is_killed_by(Mutant::ForgetfulPromises, "establish-loss", property);
}

/// Of three servers a quorum would elect one that lacks what is committed: nothing else notices.
#[test]
fn votes_that_lose_what_is_committed_are_noticed() {
    let property = "an elected history is not below a committed one";
    is_killed_by(Mutant::VotesForAnybody, "establish-elected", property);
    is_killed_by(Mutant::ForgetfulVotes, "establish-elected-loss", property);
    is_killed_by(
        Mutant::HistoryStoredLast,
        "establish-elected-crash",
        property,
    );
}

/// Each by itself: that a promise was taken which must not be is noticed sooner.
#[test]
fn a_leader_that_lacks_what_is_committed_is_noticed() {
    for property in [
        "an established leader has everything committed",
        "what is committed stays",
    ] {
        let broken = scenario("establish-elected").mutated(Mutant::LongerHistoryTaken);
        let mut claims = broken.claims::<3>();
        claims.retain(|claim| claim.name == property);
        let system = broken.checked(|_| true, claims);
        assert!(shortest(&system).is_some(), "{property}");
    }
}

/// No lease and no epoch is at stake: a server waits aside for ever.
#[test]
fn one_that_lost_its_disk_and_is_not_let_in_is_noticed() {
    let small = Scenario {
        faults: Faults {
            losses: 1,
            ..Faults::NONE
        },
        ..*scenario("establish-timely-loss")
    };
    let report = check(&small.mutated(Mutant::AsideForEver), ALONE, None);
    let found: Vec<_> = report.counterexamples().map(|it| it.property).collect();
    assert_eq!(found, ["a leader is established and followed"]);
}

/// Five voters, of which 1 leads in epoch 1. 5 proposes epoch 2, and 4 promises it, loses its disk
/// and comes to 1.
struct Forgotten {
    system: Checked<System<5>>,
    state: StateOf<System<5>>,
}

impl Forgotten {
    fn new(mutant: Option<Mutant>) -> Self {
        let five = Scenario {
            servers: 5,
            histories: &[1; 5],
            leaders: 5,
            last: 2,
            faults: Faults {
                losses: 1,
                ..Faults::NONE
            },
            mutant,
            ..*scenario("establish-break")
        };
        let system = five.checked(|_| true, five.claims());
        let state = system.begin(system.starts[0]);
        let mut it = Self { system, state };
        it.comes_about();
        it
    }

    fn comes_about(&mut self) {
        self.take(0, Cause::Elected);
        self.joins(1, 0);
        self.joins(2, 0);
        self.talk(1, 0);
        self.talk(2, 0);
        self.talk(1, 0);
        self.joins(4, 0);
        self.take(4, Cause::GivesUp);
        self.take(4, Cause::IsReleased);
        self.take(4, Cause::Elected);
        self.take(3, Cause::Told(4));
        self.take(1, Cause::GivesUp);
        self.take(1, Cause::Told(4));
        self.take(4, Cause::Receives(3));
        // A quorum has introduced itself; 2 does not await what becomes of that.
        self.take(4, Cause::Receives(1));
        self.take(1, Cause::GivesUp);
        self.joins(1, 0);
        self.talk(3, 4);
        self.act(Action::Lose(3));
        self.act(Action::Start(3));
        self.joins(3, 0);
    }

    fn act(&mut self, action: Action) {
        let mut actions = Vec::new();
        self.system.actions(&self.state, &mut actions);
        assert!(actions.contains(&action), "{action}");
        let after = self.system.next_state(&self.state, action);
        self.state = after.expect("it can happen");
    }

    fn take(&mut self, server: usize, cause: Cause) {
        self.act(Action::Take(server, cause));
    }

    /// The learner takes this one for its leader, and both read all that comes of it.
    fn joins(&mut self, learner: usize, leader: usize) {
        self.take(learner, Cause::Told(leader));
        self.talk(learner, leader);
    }

    fn talk(&mut self, one: usize, other: usize) {
        loop {
            if self.state.network.next(one, other).is_some() {
                self.take(one, Cause::Receives(other));
            } else if self.state.network.next(other, one).is_some() {
                self.take(other, Cause::Receives(one));
            } else {
                return;
            }
        }
    }
}

/// With three voters those that confirm are all others, so that none of them counts on the answer.
#[test]
fn a_confirmation_waits_until_nobody_counts_on_what_was_forgotten() {
    let settles = Action::Take(0, Cause::Settles(3));
    let sound = Forgotten::new(None);
    let mut actions = Vec::new();
    sound.system.actions(&sound.state, &mut actions);
    assert!(!actions.contains(&settles));

    let mut it = Forgotten::new(Some(Mutant::UnsettledConfirmed));
    it.act(settles);
    // The leader has asked its followers, and lets the fourth in.
    it.talk(1, 0);
    it.talk(2, 0);
    it.talk(3, 0);
    it.take(1, Cause::GivesUp);
    it.take(1, Cause::IsReleased);
    it.joins(1, 4);
    let violated = it.system.violated(&it.state).map(|claim| claim.name);
    assert!(
        violated
            .collect::<Vec<_>>()
            .contains(&"a quorum has promised")
    );
}
