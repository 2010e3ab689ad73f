//! A leader that is named by the one before it, without an election.

use crate::support::{
    Peer, decide, following, leading, majority, observing, proposing, send, server,
};
use fle::ServerState::{Following, Leading, Looking};
use fle::{PeerEpoch, Sid};

const THREE: &[i64] = &[1, 2, 3];

/// Server 1, which has elected server 3 together with it, in round 1.
fn follower() -> Peer {
    let mut peer = server(1).among(&majority(THREE));
    peer.hears(3, &proposing(3).zxid(9));
    peer.hears(1, &proposing(3).zxid(9));
    peer.hears_nothing_better();
    assert_eq!(peer.state(), Following);
    peer.election.update_epoch(PeerEpoch(4));
    peer
}

fn designate(peer: &mut Peer, leader: i64) -> Vec<fle::election::Effect> {
    peer.election.designate(Sid(leader)).to_vec()
}

#[test]
fn a_settled_server_takes_the_leader_that_is_named_and_tells_who_asks() {
    let mut peer = follower();
    let vote = following(2).zxid(9).epoch(4);
    assert_eq!(designate(&mut peer, 2), [decide(&vote)]);
    assert_eq!(peer.hears(3, &proposing(3).round(2)), [send(3, &vote)]);
    peer.election.update_epoch(PeerEpoch(5));
    let established = vote.epoch(5);
    assert_eq!(
        peer.hears(3, &proposing(3).round(2)),
        [send(3, &established)]
    );
}

#[test]
fn the_server_that_is_named_leads_and_asks_nobody_who_elected_it() {
    let mut peer = follower();
    assert_eq!(
        designate(&mut peer, 1),
        [decide(&leading(1).zxid(9).epoch(4))]
    );
    assert_eq!(peer.state(), Leading);
    let voters = peer.election.leading_vote_set().unwrap().voters();
    assert_eq!(voters, [Sid(1), Sid(2), Sid(3)]);
    assert_eq!(
        designate(&mut peer, 3),
        [decide(&following(3).zxid(9).epoch(4))]
    );
    assert_eq!(peer.election.leading_vote_set(), None);
}

#[test]
fn an_observer_goes_on_observing() {
    let mut peer = server(4).observer().among(&majority(THREE));
    for voter in [1, 3] {
        peer.hears(voter, &leading(3).zxid(9));
    }
    assert_eq!(designate(&mut peer, 2), [decide(&observing(2).zxid(9))]);
}

#[test]
fn a_looking_server_elects() {
    let mut peer = server(1).among(&majority(THREE));
    assert_eq!(designate(&mut peer, 2), []);
    assert_eq!(peer.state(), Looking);
}

#[test]
fn the_next_election_is_of_the_next_round() {
    let mut peer = follower();
    designate(&mut peer, 2);
    assert_eq!(peer.election.logical_clock().0, 1);
    peer.looks();
    assert_eq!(peer.election.logical_clock().0, 2);
}
