//! A server that need not wait to the end: [`fle::election::Finalize::Eager`].

use crate::support::{
    Peer, broadcast, collect, decide, finalize, following, leading, majority, proposing, server,
};
use fle::ServerState::Looking;
use fle::election::Reachability::{Connected, Gone};

const THREE: &[i64] = &[1, 2, 3];
const FIVE: &[i64] = &[1, 2, 3, 4, 5];

/// The best of three or five, which proposes itself and has heard itself.
fn best(ensemble: &[i64]) -> Peer {
    let mut peer = server(2).zxid(9).eager().among(&majority(ensemble));
    peer.hears(2, &proposing(2).zxid(9));
    peer
}

#[test]
fn it_decides_once_all_others_were_heard_the_last_of_them_while_it_waits() {
    let mut peer = best(THREE);
    let own = proposing(2).zxid(9);
    assert_eq!(peer.hears(1, &own), [finalize()]);
    // Worse, and so not recorded, but nobody else can come.
    assert_eq!(
        peer.hears(3, &proposing(3).zxid(1)),
        [decide(&leading(2).zxid(9))]
    );
}

#[test]
fn it_decides_with_the_vote_that_makes_the_quorum_if_all_others_were_heard_before() {
    let mut peer = best(THREE);
    peer.hears(3, &proposing(3).zxid(1));
    let own = proposing(2).zxid(9);
    assert_eq!(peer.hears(1, &own), [decide(&leading(2).zxid(9))]);
}

#[test]
fn it_follows_a_better_one_as_soon_as_all_are_heard() {
    let mut peer = server(1).eager().among(&majority(THREE));
    peer.hears(2, &proposing(2).zxid(5));
    let best = proposing(3).zxid(9);
    assert_eq!(
        peer.hears(3, &best),
        [broadcast(&best), collect(200)],
        "its own vote has not come back"
    );
    assert_eq!(peer.hears(1, &best), [decide(&following(3).zxid(9))]);
}

#[test]
fn who_has_settled_was_not_heard() {
    for settled in [following(1), leading(3)] {
        let own = proposing(2).zxid(9);
        let mut peer = best(THREE);
        peer.hears(3, &settled);
        assert_eq!(peer.hears(1, &own), [finalize()], "{settled:?}");
        assert_eq!(peer.hears(3, &settled), [finalize()], "{settled:?}");
        assert_eq!(peer.state(), Looking);
    }
}

#[test]
fn who_spoke_in_another_round_was_not_heard() {
    let mut peer = best(THREE);
    peer.hears(1, &proposing(2).zxid(9));
    assert_eq!(
        peer.hears(3, &proposing(3).round(7)),
        [finalize()],
        "later, and worse"
    );
    let own = proposing(2).zxid(9).round(2);
    let mut peer = best(THREE);
    peer.hears(3, &proposing(3));
    assert_eq!(peer.hears(1, &own), [broadcast(&own), collect(200)]);
    assert_eq!(peer.hears(2, &own), [finalize()], "3 is still in round 1");
}

#[test]
fn who_lost_its_data_was_not_heard() {
    let mut peer = best(THREE);
    peer.hears(3, &proposing(3).zxid(-1));
    assert_eq!(peer.hears(1, &proposing(2).zxid(9)), [finalize()]);
}

#[test]
fn who_is_gone_is_not_waited_for_unless_it_comes_back() {
    let own = proposing(2).zxid(9);
    let mut peer = best(FIVE);
    assert_eq!(peer.sees(5, Gone), []);
    peer.hears(1, &own);
    assert_eq!(peer.hears(3, &own), [finalize()]);
    assert_eq!(peer.sees(5, Connected), []);
    assert_eq!(peer.sees(4, Gone), [], "5 is back and has said nothing");
    assert_eq!(peer.sees(5, Gone), [decide(&leading(2).zxid(9))]);
}

#[test]
fn who_was_heard_stays_heard_when_it_goes_and_comes() {
    let own = proposing(2).zxid(9);
    let mut peer = best(FIVE);
    peer.hears(4, &proposing(4).zxid(1));
    peer.sees(4, Gone);
    peer.sees(4, Connected);
    peer.sees(5, Gone);
    peer.hears(1, &own);
    assert_eq!(peer.hears(3, &own), [decide(&leading(2).zxid(9))]);
}

#[test]
fn who_is_gone_must_be_tried_again_in_a_new_round() {
    let mut peer = best(THREE);
    peer.sees(3, Gone);
    let own = proposing(2).zxid(9).round(2);
    peer.hears(1, &own);
    assert_eq!(peer.hears(2, &own), [finalize()]);
    assert_eq!(peer.sees(3, Gone), [decide(&leading(2).zxid(9).round(2))]);
}

#[test]
fn nobody_waits_for_a_voter_without_weight() {
    let groups = "group.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0\n";
    let mut peer = server(2)
        .zxid(9)
        .eager()
        .among(&(majority(THREE) + "\n" + groups));
    peer.hears(2, &proposing(2).zxid(9));
    let effects = peer.hears(1, &proposing(2).zxid(9));
    assert_eq!(effects, [decide(&leading(2).zxid(9))]);
}

#[test]
fn after_a_reconfiguration_all_must_be_heard_again() {
    let mut peer = best(THREE);
    peer.hears(3, &proposing(3).zxid(1));
    peer.reconfigures(&majority(THREE));
    let own = proposing(2).zxid(9);
    assert_eq!(peer.hears(1, &own), [finalize()]);
    assert_eq!(
        peer.hears(3, &proposing(3).zxid(1)),
        [decide(&leading(2).zxid(9))]
    );
}

#[test]
fn a_server_with_the_fixed_wait_does_not_mind() {
    let mut peer = server(2).zxid(9).among(&majority(THREE));
    let own = proposing(2).zxid(9);
    for voter in THREE {
        peer.hears(*voter, &own);
    }
    assert_eq!(peer.sees(3, Gone), []);
    assert_eq!(peer.state(), Looking);
    assert_eq!(peer.hears_nothing_better(), [decide(&leading(2).zxid(9))]);
}
