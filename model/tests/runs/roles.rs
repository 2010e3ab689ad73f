//! Servers that are not simply voters of equal weight.

use super::{
    Run, announces_again, arrives, crashes, gives_up, is_lost, is_started, scenario, settles,
};
use fle_model::election::faults::Crash;
use fle_model::election::scenario::Scenario;
use fle_model::election::server::Wait;
use fle_model::terms::vote::{Credentials, Round};

const LOW: Credentials = Credentials::new(1, 1);
const HIGH: Credentials = Credentials::new(2, 1);

/// A voter's current vote while it looks is the one for itself that it began with, whatever it
/// proposes.
#[test]
fn an_observer_is_answered_at_once_with_the_current_vote_and_not_counted() {
    let mut run = Run::<3>::of("observer");
    run.take(&[arrives(2, 1)]);
    let told = run.take(&[arrives(3, 1), arrives(1, 3)]);
    assert_eq!(
        told,
        [
            "1 receives from 3: LOOKING, proposes nobody in round 1; tells 3",
            "3 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1; adopts 1 (epoch 1, zxid 0x1); tells everyone",
        ]
    );
    run.take(&[arrives(3, 2)]);
    assert_eq!(run.looking(1).recv_set[2], None);
    assert_eq!(
        run.looking(2).recv_set[2],
        None,
        "even if it proposes a voter"
    );
}

#[test]
fn an_observer_joins_the_leader_that_the_voters_elect() {
    let mut run = Run::<3>::of("observer");
    run.take(&[arrives(2, 1), arrives(1, 2), settles(1), settles(2)]);
    run.take(&[arrives(3, 1), arrives(3, 2)]);
    let told = run.take(&[arrives(1, 3), arrives(2, 3)]);
    let end = "is OBSERVING, settled on 2 (epoch 1, zxid 0x1) in round 1";
    assert!(told[1].ends_with(end), "{told:#?}");
    assert_eq!(run.state.agreed_leader(), Some(1));
}

#[test]
fn a_server_without_weight_is_neither_proposed_nor_weighed() {
    let mut run = Run::<3>::with("zero-weight", [LOW, LOW, HIGH]);
    let told = run.take(&[arrives(3, 1), arrives(2, 3), arrives(3, 2)]);
    assert_eq!(
        told,
        [
            "1 receives from 3: LOOKING, proposes 3 (epoch 2, zxid 0x1) in round 1",
            "3 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1",
            "2 receives from 3: LOOKING, proposes 3 (epoch 2, zxid 0x1) in round 1",
        ]
    );
    assert_eq!(run.looking(2).wait, Wait::Collecting);
}

#[test]
fn an_oracle_lets_one_of_two_lead_alone_and_the_other_follow_it() {
    let mut run = Run::<2>::of("oracle");
    assert!(run.server(1).granted && !run.server(2).granted);
    let told = run.take(&[crashes(2, Crash::Restarts), is_lost(2, 1), settles(1)]);
    let alone = "1 has waited for a better proposal in vain; is LEADING, settled on 1 (epoch 1, zxid 0x1) in round 1";
    assert_eq!(told[2], alone);
    let told = run.take(&[is_started(2), arrives(2, 1), arrives(1, 2)]);
    let follows = "2 receives from 1: LEADING, settled on 1 (epoch 1, zxid 0x1) in round 1; \
                   is FOLLOWING, settled on 1 (epoch 1, zxid 0x1) in round 1";
    assert_eq!(told[2], follows);
}

/// 1 has given up 2 and looks in round 2. What 2 proposes in round 1 is better and outdated: it
/// ends 1's wait and is not counted.
#[test]
fn an_oracle_is_asked_again_when_the_wait_for_votes_runs_out() {
    let mut run = Run::<2>::of("oracle");
    run.take(&[
        arrives(2, 1),
        settles(1),
        crashes(2, Crash::Restarts),
        gives_up(1),
    ]);
    run.take(&[is_started(2), arrives(2, 1)]);
    let told = run.take(&[announces_again(1)]);
    let asked = "1 has waited for votes in vain; is LEADING, settled on 1 (epoch 1, zxid 0x1) in round 2; tells everyone";
    assert_eq!(told, [asked]);
}

#[test]
fn a_server_that_the_oracle_denies_does_not_lead_alone() {
    let mut run = Run::<2>::of("oracle");
    run.take(&[crashes(1, Crash::Restarts), is_lost(1, 2)]);
    assert_eq!(run.looking(2).wait, Wait::Collecting);
    let changes_nothing = !run.offers(announces_again(2));
    assert!(changes_nothing && !run.offers(settles(2)));
}

/// Every server votes in the committed configuration, and 1 and 2 in the proposed one.
#[test]
fn a_joint_configuration_takes_a_quorum_of_both() {
    let mut run = Run::<3>::of("joint");
    run.take(&[arrives(3, 1)]);
    assert_eq!(run.looking(1).wait, Wait::Collecting, "2 is missing");
    run.take(&[arrives(3, 2)]);
    let told = run.take(&[arrives(2, 1)]);
    assert!(
        told[0].ends_with("has a quorum, waits for a better proposal"),
        "{told:#?}"
    );
}

#[test]
fn an_old_peer_loses_the_epoch_of_what_it_says_and_hears() {
    let behind = Credentials::new(2, 0b01_01);
    let mut run = Run::<3>::with("old-peer", [behind; 3]);
    let told = run.take(&[arrives(3, 1), arrives(1, 3), arrives(2, 1)]);
    assert_eq!(
        told,
        [
            "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x100000001) in round 1",
            "3 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x100000001) in round 1",
            "1 receives from 2: LOOKING, proposes 2 (epoch 2, zxid 0x100000001) in round 1; adopts 2 (epoch 2, zxid 0x100000001); \
             has a quorum, waits for a better proposal; tells everyone",
        ]
    );
}

/// 1 knows the newer configuration. 2 had received 3's vote.
#[test]
fn a_newer_configuration_restarts_the_election_and_forgets_the_round() {
    let rounds = Scenario {
        rounds: 2,
        ..scenario("gossip")
    };
    let mut run = Run::<3>::whose(rounds, |servers| {
        servers.each_ref().map(|server| server.round.0) == [1, 2, 1]
    });
    run.take(&[arrives(3, 2)]);
    assert_eq!(run.round(2), Round(2));
    let told = run.take(&[arrives(1, 2), arrives(3, 2)]);
    assert_eq!(
        told,
        [
            "2 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1, with configuration 2; \
             learns configuration 2; looks in round 1; tells everyone",
            "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1; adopts 3 (epoch 1, zxid 0x1); \
             has a quorum, waits for a better proposal; tells everyone",
        ]
    );
}

#[test]
fn a_settled_server_keeps_its_vote_when_it_hears_of_a_newer_configuration() {
    let mut run = Run::<3>::of("gossip");
    run.take(&[arrives(3, 2), arrives(2, 3), settles(3)]);
    let vote = run.server(3).settled();
    let told = run.take(&[arrives(1, 3)]);
    let hears = "3 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1, with configuration 2; tells 1";
    assert_eq!(told, [hears]);
    assert_eq!(run.server(3).settled(), vote);
}
