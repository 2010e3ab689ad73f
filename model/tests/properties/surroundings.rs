//! What must hold of what surrounds an election: who gives up, servers without a vote, disks and
//! connections.

use super::{
    BETTER, CREDENTIALS, fault_free, first, in_round, keeps, keeps_quietly, settled, vote,
};
use fle::ServerState::{Following, Leading, Looking};
use fle_model::election::network::Links;
use fle_model::election::rules::StepRule;
use fle_model::election::server::Election;
use fle_model::election::system::{Action, State};
use fle_model::terms::vote::{Credentials, Notification, Proposal, Round, Vote};

#[test]
fn nobody_gives_up_without_a_cause() {
    let (system, start) = fault_free();
    let gives_up = |before: State<3>, server: usize| {
        let mut after = before;
        after.servers[server] = start.servers[server];
        let step = (before, Action::GiveUp { server }, after);
        keeps_quietly(&system, StepRule::GivesUpForCause, step)
    };
    let follows = settled(start, 0, vote(1, Following));
    assert!(gives_up(follows, 0), "its leader does not lead");
    let mut ensemble = settled(follows, 1, vote(1, Leading));
    assert!(!gives_up(ensemble, 0) && !gives_up(ensemble, 1));
    ensemble.servers[0].active = true;
    assert!(gives_up(ensemble, 0), "its leader has begun anew");
    ensemble.servers[1].active = true;
    assert!(!gives_up(ensemble, 0), "both are in one epoch");
    let alone = settled(start, 1, vote(1, Leading));
    assert!(gives_up(alone, 1) && !gives_up(start, 2));
}

/// 3 observes, and 1 hears of it.
#[test]
fn a_server_without_a_vote_is_told_whom_the_other_has_settled_on() {
    let (system, start) = first::<3>("timely-observer");
    let says = |before: State<3>, sent: &[(usize, Vote)]| {
        let step = (before, Action::Deliver { src: 2, dst: 0 }, before);
        keeps(&system, StepRule::AnswersStrangers, step, sent)
    };
    let own = Vote::looking(Proposal::of(0, start.servers[0].credentials), Round(1));
    assert!(says(start, &[(2, own)]) && !says(start, &[]));
    assert!(!says(start, &[(1, own)]) && !says(start, &[(2, own), (2, own)]));
    assert!(!says(start, &[(2, in_round(2, own))]));
    let mut again = start;
    if let Election::Looking(looking) = &mut again.servers[0].election {
        looking.settled_before = Some(Proposal::of(1, CREDENTIALS));
    }
    assert!(says(again, &[(2, vote(1, Looking))]) && !says(again, &[(2, own)]));
    let follows = settled(start, 0, vote(1, Following));
    assert!(says(follows, &[(2, vote(1, Following))]));
    assert!(!says(follows, &[(2, vote(1, Looking))]));
    let voter = (start, Action::Deliver { src: 1, dst: 0 }, start);
    assert!(keeps(&system, StepRule::AnswersStrangers, voter, &[]));
}

/// 3 begins to look again, and 1 and 2 have no vote in its eyes.
#[test]
fn who_looks_again_remembers_for_servers_without_a_vote_what_it_had_settled_on() {
    let (system, start) = first::<3>("timely-observer");
    let looks_again_with = |settled_before| {
        let before = settled(start, 0, vote(1, Following));
        let mut after = start;
        if let Election::Looking(looking) = &mut after.servers[0].election {
            looking.settled_before = settled_before;
        }
        let step = (before, Action::LoseLeader { server: 0 }, after);
        keeps_quietly(&system, StepRule::AnswersStrangers, step)
    };
    assert!(looks_again_with(Some(vote(1, Following).proposal)));
    assert!(!looks_again_with(None));
}

#[test]
fn a_disk_changes_with_epochs_which_rise() {
    let (system, start) = fault_free();
    let follows = settled(start, 0, vote(1, Following));
    let mut ensemble = settled(follows, 1, vote(1, Leading));
    ensemble.servers[0].credentials = Credentials::new(3, 1);
    let begins = |before: State<3>, server: usize, epoch| {
        let mut after = before;
        after.servers[server].credentials = Credentials::new(epoch, 1);
        let step = (before, Action::Activate { server }, after);
        keeps_quietly(&system, StepRule::EpochsRise, step)
    };
    assert!(begins(ensemble, 1, 4));
    assert!(!begins(ensemble, 1, 3), "its follower has seen that one");
    assert!(!begins(ensemble, 0, 1), "its leader has yet to begin");
    let mut begun = ensemble;
    begun.servers[1].credentials = Credentials::new(4, 1);
    begun.servers[1].active = true;
    assert!(begins(begun, 0, 4) && !begins(begun, 0, 5));
    let mut other = ensemble;
    other.servers[2].credentials = BETTER;
    let elsewhere = (ensemble, Action::GiveUp { server: 2 }, other);
    assert!(!keeps_quietly(&system, StepRule::EpochsRise, elsewhere));
}

#[test]
fn what_a_connection_loses_comes_again_the_newest_alone() {
    let (system, start) = fault_free();
    let config = start.servers[0].known.committed();
    let sends = |mut state: State<3>, votes: &[Vote]| {
        state.network.link_mut(0, 1).clear();
        for &vote in votes {
            let notification = Notification { vote, config };
            state.network.send(0, 1, notification, Links::WireAndSlot);
        }
        state
    };
    let (older, newer) = (vote(0, Looking), vote(2, Looking));
    let before = sends(start, &[older, newer]);
    let leaves = |votes: &[Vote]| {
        let mut after = before;
        after.network.break_connection(0, 1);
        let step = (before, Action::Break { a: 0, b: 1 }, sends(after, votes));
        keeps_quietly(&system, StepRule::NewestComesAgain, step)
    };
    assert!(leaves(&[newer]));
    assert!(!leaves(&[older]) && !leaves(&[]) && !leaves(&[newer, older]));
}
