//! Two voters and somebody outside who decides for them (ZOOKEEPER-3922).

use crate::support::{
    broadcast, collect, decide, finalize, following, leading, majority, proposing, server,
};
use fle::ElectionEpoch;
use fle::election::Outbox;

const TWO: &[i64] = &[1, 2];

#[test]
fn a_granting_oracle_stands_in_for_the_missing_peer() {
    let mut peer = server(1).oracle(true).among(&majority(TWO));
    assert_eq!(peer.hears(1, &proposing(1)), [finalize()]);
    assert_eq!(peer.hears_nothing_better(), [decide(&leading(1))]);
}

#[test]
fn a_late_grant_is_noticed_when_the_wait_runs_out() {
    let mut peer = server(1).oracle(false).among(&majority(TWO));
    peer.hears(1, &proposing(1));
    let again = [broadcast(&proposing(1)), collect(400)];
    assert_eq!(peer.hears_nobody(Outbox::Delivered), again);
    peer.asks_oracle(true);
    let over = [broadcast(&proposing(1)), decide(&leading(1))];
    assert_eq!(peer.hears_nobody(Outbox::Delivered), over);
}

#[test]
fn a_wait_that_cannot_grow_is_no_time_to_ask() {
    let mut peer = server(1)
        .oracle(false)
        .waiting_at_most(200)
        .among(&majority(TWO));
    peer.hears(1, &proposing(1));
    peer.asks_oracle(true);
    let again = [broadcast(&proposing(1)), collect(200)];
    assert_eq!(peer.hears_nobody(Outbox::Delivered), again);
}

#[test]
fn a_grant_without_a_vote_elects_nobody() {
    let mut peer = server(1).oracle(true).among(&majority(TWO));
    let again = [broadcast(&proposing(1)), collect(400)];
    assert_eq!(peer.hears_nobody(Outbox::Delivered), again);
}

#[test]
fn a_denying_oracle_vouches_for_a_lone_leader() {
    let mut peer = server(1).oracle(false).among(&majority(TWO));
    let outcome = [decide(&following(2).round(6))];
    assert_eq!(peer.hears(2, &leading(2).round(6)), outcome);
    assert_eq!(
        peer.election.logical_clock(),
        ElectionEpoch(1),
        "the round is not taken over"
    );

    let mut peer = server(1).oracle(false).among(&majority(TWO));
    assert_eq!(
        peer.hears(2, &following(2)),
        [collect(200)],
        "a follower is no leader"
    );
}

#[test]
fn more_than_two_voters_need_a_majority() {
    let mut peer = server(1).oracle(true).among(&majority(&[1, 2, 3]));
    assert_eq!(peer.hears(1, &proposing(1)), [collect(200)]);
}

#[test]
fn a_leader_with_followers_needs_no_oracle() {
    let mut peer = server(1).oracle(true).among(&majority(TWO));
    peer.hears(1, &proposing(1));
    peer.hears_nothing_better();
    peer.election.report_followers(1);
    peer.looks();
    assert_eq!(peer.hears(1, &proposing(1).round(2)), [collect(200)]);
    peer.election.report_followers(0);
    assert_eq!(peer.hears(1, &proposing(1).round(2)), [finalize()]);
}
