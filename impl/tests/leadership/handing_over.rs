//! A leader that hands over to another server, and what becomes of it when something fails on the
//! way.

use crate::support::{Event, SYNC_LIMIT, TICK, World, epochs};
use fle::leadership::packet::Packet;
use fle::leadership::{CannotHandOver, End, Quit, Refusal};
use fle::{PeerEpoch, Sid};
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn the_heir_leads_in_a_later_epoch_and_all_follow() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2, 4]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.deliver();
    assert_eq!(
        world.leads(1),
        Some(2),
        "nobody waits for a lease that is over"
    );
    assert!(world.holds_lease(1));
    for sid in [2, 3, 4] {
        assert_eq!(world.follows(sid), Some((1, 2)));
    }
    let change = Quit::HandedOver(Sid(1));
    let mut quits = world.quits();
    quits.sort_unstable_by_key(|(sid, _)| *sid);
    assert_eq!(quits, [1, 2, 3, 4].map(|sid| (sid, change)));
    assert_eq!(world.disk(3), epochs(2, 2));
}

#[test]
fn the_lease_is_over_before_the_heir_hears_of_it() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert!(world.holds_lease(3));
    assert_eq!(world.hand_over(3, 1), Ok(()));
    assert!(!world.holds_lease(3));
    assert_eq!(world.leads(3), Some(1), "it leads until the heir answers");
    assert_eq!(world.heir(3), Some(1));
    // Signs of life of the others renew nothing meanwhile.
    world.pass(TICK, &[1]);
    assert!(!world.holds_lease(3));
}

#[test]
fn an_heir_that_dies_before_it_answers_changes_nothing() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.kill(1);
    assert_eq!(world.heir(3), None);
    assert_eq!(world.leads(3), Some(1));
    assert!(world.holds_lease(3), "the other follower makes a quorum");
    world.pass(SYNC_LIMIT * 2, &[]);
    assert!(world.holds_lease(3));
    assert_eq!(world.quits(), []);
}

#[test]
fn a_silent_heir_is_waited_for_as_long_as_any_follower() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.pass(SYNC_LIMIT - MOMENT, &[1]);
    assert_eq!(world.heir(3), Some(1));
    world.pass(TICK / 2, &[1]);
    assert_eq!(world.heir(3), None);
    let (by, peer, reason) = (3, 1, Refusal::Silent);
    assert!(world.events.contains(&Event::Closed { by, peer, reason }));
    assert!(world.holds_lease(3));
}

/// The heir is free of its promise, so it counts for the lease no more, whatever it answers.
#[test]
fn a_lease_after_a_transfer_that_failed_rests_on_the_others() {
    let mut world = World::new(5);
    world.elect(5, &[1, 2]);
    assert!(world.holds_lease(5));
    assert_eq!(world.hand_over(5, 1), Ok(()));
    world.kill(1);
    assert!(!world.holds_lease(5), "two of five are no quorum");
    world.pass(TICK / 2, &[]);
    assert!(world.quits().contains(&(5, Quit::QuorumLost)));
}

#[test]
fn an_answer_that_is_lost_leaves_the_leader_in_office_and_the_heir_alone() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    // The connection breaks after the heir was told and before its answer arrives.
    world.lose_answer(1, 3, &Packet::HandOver { to: Sid(1) });
    assert_eq!(world.quits(), [(1, Quit::HandedOver(Sid(1)))]);
    assert_eq!(world.leads(3), Some(1));
    assert!(world.holds_lease(3));
    world.pass(SYNC_LIMIT, &[]);
    assert_eq!(world.leads(1), None, "nobody comes to it");
    // It looks again when it has waited long enough, and finds the leader.
    world.step(Sid(1), |it, now| it.step_down(now));
    world.learn(1, 3);
    world.deliver();
    assert_eq!(world.follows(1), Some((3, 1)));
}

#[test]
fn followers_of_whom_the_heir_is_not_heard_keep_no_promise() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    while !world.quits().contains(&(3, Quit::HandedOver(Sid(1)))) {
        assert!(world.deliver_one());
    }
    // The heir dies at once; the others elect the one that has handed over.
    world.kill(1);
    world.elect(3, &[2]);
    assert_eq!(world.leads(3), Some(2));
}

#[test]
fn only_a_leader_hands_over_and_only_to_a_follower_that_may_lead() {
    let mut world = World::new(3);
    assert_eq!(world.hand_over(3, 1), Err(CannotHandOver::NotLeading));
    world.lead(3);
    world.learn(1, 3);
    assert_eq!(
        world.hand_over(3, 1),
        Err(CannotHandOver::NotLeading),
        "it is not established"
    );
    world.learn(4, 3);
    world.deliver();
    for (sid, heir, error) in [
        (1, 3, CannotHandOver::NotLeading),
        (3, 2, CannotHandOver::NotFollowing(Sid(2))),
        (3, 3, CannotHandOver::NotFollowing(Sid(3))),
        (3, 4, CannotHandOver::NoCandidate(Sid(4))),
        (3, 9, CannotHandOver::NoCandidate(Sid(9))),
    ] {
        assert_eq!(world.hand_over(sid, heir), Err(error));
    }
    assert_eq!(world.hand_over(3, 1), Ok(()));
    assert_eq!(world.hand_over(3, 1), Err(CannotHandOver::UnderWay(Sid(1))));
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn a_voter_without_weight_never_leads() {
    let groups = "group.1=1:2:3\nweight.1=0\nweight.2=1\nweight.3=1";
    let mut world = World::with_groups(3, groups);
    world.elect(3, &[1, 2]);
    assert_eq!(
        world.hand_over(3, 1),
        Err(CannotHandOver::NoCandidate(Sid(1)))
    );
    assert_eq!(world.hand_over(3, 2), Ok(()));
    world.deliver();
    assert_eq!(world.leads(2), Some(2));
}

#[test]
fn nobody_takes_over_unasked() {
    let to = Sid(1);
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.forge(1, 3, &Packet::HandOver { to });
    let (by, peer, reason) = (3, 1, Refusal::OutOfPlace);
    assert_eq!(
        world.events.first(),
        Some(&Event::Closed { by, peer, reason })
    );
    assert_eq!(world.leads(3), Some(1));

    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.forge(1, 3, &Packet::HandOver { to: Sid(2) });
    assert_eq!(
        world.events.first(),
        Some(&Event::Closed { by, peer, reason })
    );
    assert_eq!(world.leads(3), Some(1));

    let mut world = World::new(3);
    world.learn(1, 3);
    world.forge(3, 1, &Packet::HandOver { to });
    assert_eq!(world.quits(), [(1, Quit::OutOfPlace)]);
}

/// It has been asked, and may have answered signs of life before.
#[test]
fn an_heir_may_still_answer_what_it_was_asked_before() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.pass(TICK / 2, &[1]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.deliver();
    assert_eq!(world.leads(1), Some(2));
    let epoch = PeerEpoch(1);
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.forge(1, 3, &Packet::Ack { epoch });
    assert_eq!(world.heir(3), Some(1), "the answer to UPTODATE");
    world.forge(1, 3, &Packet::Ping);
    assert_eq!(world.heir(3), None, "an answer to nothing");
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn who_comes_while_a_leader_hands_over_follows_as_ever() {
    let mut world = World::new(3);
    world.elect(3, &[1]);
    assert_eq!(world.hand_over(3, 1), Ok(()));
    world.learn(2, 3);
    while world.follows(2).is_none() {
        assert!(world.deliver_one_but_to(1));
    }
    assert_eq!(world.follows(2), Some((3, 1)));
    world.deliver();
    assert_eq!(world.leads(1), Some(2));
    assert_eq!(world.follows(2), Some((1, 2)));
    world.part(Sid(1), Sid(2), End::Lost);
    assert!(world.quits().contains(&(2, Quit::LeaderLost)));
}
