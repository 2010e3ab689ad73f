//! The election event by event: a situation, an event, the whole outcome.

use crate::support::{
    broadcast, collect, decide, finalize, following, leading, majority, observing, proposing, send,
    server, servers, settled,
};
use fle::election::{Effect, Outbox};
use fle::{ElectionEpoch, Generation, PeerEpoch, Received, ServerState, Sid};

const THREE: &[i64] = &[1, 2, 3];

#[test]
fn a_server_starts_with_a_vote_for_itself() {
    let mut peer = server(1).zxid(5).epoch(2).idle(&majority(THREE));
    let own = proposing(1).zxid(5).epoch(2);
    assert_eq!(peer.looks(), [broadcast(&own), collect(200)]);
    assert_eq!(peer.looks(), [broadcast(&own.round(2)), collect(200)]);
}

#[test]
fn a_server_without_a_vote_proposes_nobody() {
    let config = servers(THREE, "participant") + &servers(&[4], "observer") + "version=0";
    let nothing = proposing(i64::MIN).zxid(i64::MIN).epoch(i64::MIN);
    let mut observer = server(4).zxid(5).epoch(2).observer().idle(&config);
    assert_eq!(observer.looks(), [broadcast(&nothing), collect(200)]);

    // One that observes although it is listed as a voter votes for itself, without a history
    // (ZOOKEEPER-764).
    let mut confused = server(3).zxid(5).epoch(2).observer().idle(&majority(THREE));
    let itself = proposing(3).zxid(i64::MIN).epoch(i64::MIN);
    assert_eq!(confused.looks(), [broadcast(&itself), collect(200)]);

    // A participant that joins with the next configuration has a history, but no vote yet.
    let next = servers(&[1, 2, 3, 4], "participant") + "version=1";
    let mut joining = server(4)
        .zxid(5)
        .epoch(2)
        .last_seen(&next)
        .idle(&majority(THREE));
    let history = proposing(i64::MIN).zxid(5).epoch(2);
    assert_eq!(joining.looks(), [broadcast(&history), collect(200)]);
}

#[test]
fn a_better_proposal_is_taken_up_and_announced() {
    let mut peer = server(2).zxid(5).epoch(1).among(&majority(THREE));
    for better in [
        proposing(3).zxid(5).epoch(1),
        proposing(1).zxid(6).epoch(1),
        proposing(1).zxid(0).epoch(2),
    ] {
        assert_eq!(peer.hears(3, &better), [broadcast(&better), collect(200)]);
    }
    for worse in [proposing(3).zxid(9).epoch(1), proposing(1).zxid(0).epoch(2)] {
        assert_eq!(peer.hears(3, &worse), [collect(200)]);
    }
}

#[test]
fn a_quorum_for_the_proposal_starts_the_finalizing_wait() {
    let mut peer = server(1).zxid(9).among(&majority(THREE));
    let own = proposing(1).zxid(9);
    assert_eq!(peer.hears(1, &own), [collect(200)]);
    assert_eq!(peer.hears(2, &own), [finalize()]);
    assert_eq!(peer.hears_nothing_better(), [decide(&leading(1).zxid(9))]);
    assert_eq!(peer.election.wait(), None);
    let vote_set = peer.election.leading_vote_set().unwrap();
    assert_eq!(vote_set.voters(), [Sid(1), Sid(2)]);
}

#[test]
fn while_finalizing_only_a_better_vote_is_heard() {
    let mut peer = server(1).zxid(9).among(&majority(THREE));
    peer.hears(1, &proposing(1).zxid(9));
    peer.hears(2, &proposing(1).zxid(9));
    for discarded in [
        proposing(1).zxid(9),
        proposing(2).zxid(3),
        proposing(2).round(7),
        leading(3),
        following(3),
        proposing(77).zxid(99),
    ] {
        assert_eq!(peer.hears(3, &discarded), [finalize()], "{discarded:?}");
    }
    let better = proposing(3).zxid(10);
    assert_eq!(peer.hears(3, &better), [broadcast(&better), collect(200)]);
    assert_eq!(peer.hears_nothing_better(), [], "that wait is over");
}

#[test]
fn a_better_vote_of_a_settled_server_ends_the_finalizing_wait_too() {
    let mut peer = server(1).zxid(9).among(&majority(THREE));
    peer.hears(1, &proposing(1).zxid(9));
    peer.hears(2, &proposing(1).zxid(9));
    assert_eq!(peer.hears(3, &leading(3).zxid(10)), [collect(200)]);
    // The quorum is still there, and only a looking voter makes the server see it again.
    let again = [broadcast(&proposing(1).zxid(9)), collect(400)];
    assert_eq!(peer.hears_nobody(Outbox::Delivered), again);
    assert_eq!(peer.hears(2, &proposing(1).zxid(9)), [finalize()]);
}

#[test]
fn a_higher_round_starts_the_count_anew() {
    let mut peer = server(2).zxid(5).among(&majority(THREE));
    peer.hears(2, &proposing(2).zxid(5));
    let worse = proposing(1).zxid(4).round(4);
    let own = proposing(2).zxid(5).round(4);
    assert_eq!(peer.hears(1, &worse), [broadcast(&own), collect(200)]);
    // The own vote of round 1 is forgotten: one vote more is no quorum yet.
    assert_eq!(peer.hears(3, &own), [collect(200)]);
    assert_eq!(peer.hears(2, &own), [finalize()]);

    let better = proposing(3).zxid(6).round(5);
    assert_eq!(peer.hears(3, &better), [broadcast(&better), collect(200)]);
}

#[test]
fn a_lagging_looker_is_told_the_round_and_not_counted() {
    let mut peer = server(2).zxid(5).idle(&majority(THREE));
    peer.looks();
    peer.looks();
    let own = proposing(2).zxid(5).round(2);
    assert_eq!(
        peer.hears(3, &proposing(3).zxid(9)),
        [send(3, &own), collect(200)]
    );
    assert_eq!(
        peer.hears(3, &following(3).round(0)),
        [collect(200)],
        "settled: no answer"
    );
    assert_eq!(peer.election.proposal(), own.sent().proposal);
}

#[test]
fn the_wait_doubles_up_to_its_bound() {
    let mut peer = server(1).among(&majority(THREE));
    let own = proposing(1);
    let mut expected = 200;
    for _ in 0..12 {
        expected = (expected * 2).min(60_000);
        assert_eq!(
            peer.hears_nobody(Outbox::Delivered),
            [broadcast(&own), collect(expected)]
        );
    }
    assert_eq!(expected, 60_000);
    assert_eq!(
        peer.hears_nobody(Outbox::Stalled),
        [Effect::ConnectAll, collect(60_000)]
    );
    // Neither a vote nor a better proposal shortens it; a new round does.
    assert_eq!(peer.hears(2, &proposing(1)), [collect(60_000)]);
    assert_eq!(peer.looks().last(), Some(&collect(200)));
}

#[test]
fn servers_without_data_neither_vote_nor_are_voted_for() {
    let mut without = server(1).zxid(-1).among(&majority(THREE));
    assert_eq!(
        without.hears(2, &proposing(2).zxid(9).round(5)),
        [collect(200)]
    );
    assert_eq!(without.election.logical_clock(), ElectionEpoch(1));

    let mut peer = server(1).zxid(3).among(&majority(THREE));
    assert_eq!(
        peer.hears(2, &proposing(2).zxid(-1).epoch(5)),
        [collect(200)]
    );
    // It may still join an ensemble.
    without.hears(2, &following(3));
    assert_eq!(without.hears(3, &leading(3)), [decide(&following(3))]);
}

#[test]
fn a_vote_from_or_for_a_server_outside_does_not_count() {
    let mut peer = server(1).among(&majority(THREE));
    assert_eq!(peer.hears(2, &proposing(9).epoch(7)), [collect(200)]);
    assert_eq!(peer.hears(2, &leading(9)), [collect(200)]);
    assert_eq!(peer.hears(2, &observing(2)), [collect(200)]);
    let vote = proposing(1);
    assert_eq!(
        peer.hears(9, &proposing(9).epoch(7)),
        [send(9, &vote)],
        "told, not heard"
    );
}

#[test]
fn a_stranger_learns_the_current_vote_under_the_present_round() {
    let mut peer = settled(1, 3);
    assert_eq!(
        peer.hears(9, &proposing(9)),
        [send(9, &following(3).zxid(9))]
    );
    peer.election.update_epoch(PeerEpoch(4));
    assert_eq!(
        peer.hears(9, &proposing(9)),
        [send(9, &following(3).zxid(9).epoch(4))]
    );
    // Looking again, it still tells of its last leader, in the round it is in now.
    peer.looks();
    let last = proposing(3).zxid(9).epoch(4).round(2);
    assert_eq!(peer.hears(9, &proposing(9)), [send(9, &last)]);
}

#[test]
fn a_message_in_an_unknown_state_reaches_only_the_receiver() {
    let unknown = Received {
        notification: None,
        generation: Generation::Versioned,
        config: None,
    };
    let mut peer = server(1).among(&majority(THREE));
    assert_eq!(peer.receives(2, &unknown), []);
    assert_eq!(peer.receives(9, &unknown), [send(9, &proposing(1))]);
}

#[test]
fn a_settled_server_answers_looking_voters_only() {
    let mut peer = settled(1, 3);
    let vote = following(3).zxid(9);
    assert_eq!(peer.hears(2, &proposing(2).round(8)), [send(2, &vote)]);
    assert_eq!(peer.hears(2, &following(3).zxid(9)), []);
    assert_eq!(peer.hears(3, &leading(3).zxid(9)), []);
    assert_eq!(peer.hears_nobody(Outbox::Delivered), []);
    assert_eq!(peer.hears_nothing_better(), []);
}

#[test]
fn a_leader_hears_which_of_its_voters_look_again() {
    let mut leader = settled(3, 3);
    let vote = leading(3).zxid(9);
    let reported = Effect::ReportLooking(Sid(2));
    assert_eq!(leader.hears(2, &proposing(2)), [reported, send(2, &vote)]);

    // One that votes in the next configuration only did not make this leader.
    let next = servers(&[1, 2, 3, 4], "participant") + "version=1";
    let mut joint = server(3).zxid(9).last_seen(&next).among(&majority(THREE));
    for sid in [1, 2, 3] {
        joint.hears(sid, &proposing(3).zxid(9));
    }
    joint.hears_nothing_better();
    assert_eq!(joint.hears(4, &proposing(4)), [send(4, &vote)]);
}

#[test]
fn joining_needs_a_quorum_and_the_leaders_own_word() {
    let mut peer = server(1).among(&majority(&[1, 2, 3, 4, 5]));
    let follower = following(5).zxid(7).epoch(3).round(8);
    assert_eq!(peer.hears(2, &follower), [collect(200)]);
    assert_eq!(peer.hears(3, &follower), [collect(200)]);
    assert_eq!(
        peer.hears(4, &follower),
        [collect(200)],
        "a quorum, but is the leader alive?"
    );
    let leader = leading(5).zxid(7).epoch(3).round(8);
    assert_eq!(peer.hears(5, &leader), [decide(&follower)]);
    assert_eq!(peer.election.logical_clock(), ElectionEpoch(8));
}

#[test]
fn an_ensemble_may_be_joined_in_a_lower_round() {
    let mut peer = server(1).idle(&majority(THREE));
    for _ in 0..9 {
        peer.looks();
    }
    peer.hears(2, &following(3).round(2));
    assert_eq!(
        peer.hears(3, &leading(3).round(2)),
        [decide(&following(3).round(2))]
    );
    assert_eq!(peer.election.logical_clock(), ElectionEpoch(2));
}

#[test]
fn an_observer_observes_the_elected_leader() {
    let config = servers(THREE, "participant") + &servers(&[4], "observer") + "version=0";
    let mut peer = server(4).observer().among(&config);
    peer.hears(1, &following(3).zxid(9));
    assert_eq!(
        peer.hears(3, &leading(3).zxid(9)),
        [decide(&observing(3).zxid(9))]
    );

    // Or takes part in the counting while the voters still look.
    let mut peer = server(4).observer().among(&config);
    let better = proposing(3).zxid(9);
    assert_eq!(peer.hears(3, &better), [broadcast(&better), collect(200)]);
    assert_eq!(peer.hears(1, &better), [finalize()]);
    assert_eq!(peer.hears_nothing_better(), [decide(&observing(3).zxid(9))]);
}

#[test]
fn both_configurations_must_agree() {
    let next = servers(&[1, 2, 3, 4, 5], "participant") + "version=1";
    let mut peer = server(3).zxid(9).last_seen(&next).among(&majority(THREE));
    let vote = proposing(3).zxid(9);
    assert_eq!(peer.hears(3, &vote), [collect(200)]);
    assert_eq!(
        peer.hears(2, &vote),
        [collect(200)],
        "two of three, but two of five"
    );
    assert_eq!(
        peer.hears(4, &vote),
        [finalize()],
        "two of three and three of five"
    );
}

#[test]
fn a_candidate_of_the_next_configuration_may_be_proposed() {
    let next = servers(&[1, 2, 3, 4], "participant") + "version=1";
    let mut peer = server(1).last_seen(&next).among(&majority(THREE));
    let better = proposing(4).zxid(9);
    assert_eq!(peer.hears(4, &better), [broadcast(&better), collect(200)]);
}

#[test]
fn equal_votes_from_one_server_count_once() {
    let mut peer = server(1).zxid(9).among(&majority(&[1, 2, 3, 4, 5]));
    for _ in 0..5 {
        assert_eq!(peer.hears(2, &proposing(1).zxid(9)), [collect(200)]);
    }
    assert_eq!(peer.hears(3, &proposing(1).zxid(9)), [collect(200)]);
    assert_eq!(
        peer.hears(2, &proposing(2).zxid(1)),
        [collect(200)],
        "2 takes its vote back"
    );
    assert_eq!(peer.hears(4, &proposing(1).zxid(9)), [collect(200)]);
    assert_eq!(peer.hears(5, &proposing(1).zxid(9)), [finalize()]);
}

#[test]
fn an_idle_server_answers_strangers_and_ignores_voters() {
    let mut peer = server(1).zxid(5).epoch(2).idle(&majority(THREE));
    let vote = proposing(1).zxid(5).epoch(2).round(0);
    assert_eq!(peer.hears(9, &proposing(9)), [send(9, &vote)]);
    assert_eq!(peer.hears(2, &proposing(2).round(-4)), []);
    assert_eq!(peer.hears_nobody(Outbox::Delivered), []);
}

#[test]
fn a_reconfiguration_keeps_the_votes_that_are_still_possible() {
    let mut peer = server(1).zxid(9).among(&majority(&[1, 2, 3, 4, 5]));
    peer.hears(1, &proposing(1).zxid(9));
    peer.hears(5, &proposing(1).zxid(9));
    let three = server(1).idle(&majority(THREE)).election.ensemble().clone();
    peer.election.reconfigure(three);
    assert_eq!(
        peer.hears(2, &proposing(1).zxid(9)),
        [finalize()],
        "1 and 2 of three"
    );

    let mut peer = server(1).zxid(9).among(&majority(&[1, 2, 3, 4, 5]));
    peer.hears(4, &proposing(1).zxid(9));
    peer.hears(5, &proposing(1).zxid(9));
    let three = server(1).idle(&majority(THREE)).election.ensemble().clone();
    peer.election.reconfigure(three);
    assert_eq!(
        peer.hears(2, &proposing(1).zxid(9)),
        [collect(200)],
        "4 and 5 are gone"
    );
    assert_eq!(peer.state(), ServerState::Looking);
}
