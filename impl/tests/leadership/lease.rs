//! While a lease lasts nobody else is established.

use crate::support::{MOMENT, SYNC_LIMIT, TICK, World, epochs};
use fle::Sid;
use fle::leadership::{End, Quit, Settings};
use std::time::Duration;

#[test]
fn a_leader_that_sleeps_has_no_lease_when_another_is_established() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.pass(TICK * 4, &[]);
    world.pass(SYNC_LIMIT - MOMENT, &[3]);
    assert!(world.holds_lease(3));
    world.pass(MOMENT, &[3]);
    assert!(!world.holds_lease(3));
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(2));
    assert!(world.holds_lease(2));
}

#[test]
fn a_follower_that_lost_its_leader_keeps_its_promise() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.isolate(3);
    for sid in [1, 2] {
        world.part(Sid(3), Sid(sid), End::Lost);
    }
    world.elect(2, &[1]);
    world.pass(SYNC_LIMIT - MOMENT, &[3]);
    assert!(world.holds_lease(3));
    assert_eq!(world.leads(2), None);
    world.pass(MOMENT, &[3]);
    assert!(!world.holds_lease(3));
    assert_eq!(world.leads(2), Some(2));
}

#[test]
fn a_follower_whose_leader_says_that_it_gives_up_is_free() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.shut_down(3);
    assert_eq!(world.quits(), [(1, Quit::Released), (2, Quit::Released)]);
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(2));
    world.step(Sid(2), |it, now| it.step_down(now));
    world.elect(1, &[2]);
    assert_eq!(world.leads(1), Some(3));
}

/// A firewall may have ended it.
#[test]
fn a_connection_that_ends_frees_nobody() {
    for end in [End::Closed, End::Lost] {
        let mut world = World::new(3);
        world.elect(3, &[1, 2]);
        world.isolate(3);
        for sid in [1, 2] {
            world.part(Sid(3), Sid(sid), end);
        }
        world.elect(2, &[1]);
        assert!(world.holds_lease(3));
        assert_eq!(world.leads(2), None);
        world.pass(SYNC_LIMIT, &[3]);
        assert_eq!(world.leads(2), Some(2));
    }
}

#[test]
fn an_end_in_order_frees_where_the_settings_trust_it() {
    for (end, is_free) in [(End::Closed, true), (End::Lost, false)] {
        let mut world = World::new(3);
        let settings = Settings {
            promise_ends_with_connection: true,
            ..world.settings
        };
        (1..=3).for_each(|sid| world.restart_with(sid, settings));
        world.elect(3, &[1, 2]);
        world.isolate(3);
        for sid in [1, 2] {
            world.part(Sid(3), Sid(sid), end);
        }
        world.elect(2, &[1]);
        assert_eq!(world.leads(2), is_free.then_some(2));
    }
}

/// It has looked again, so its lease is over.
#[test]
fn a_leader_that_asks_for_another_epoch_is_promised_it_at_once() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.kill(3);
    world.start(3);
    world.elect(3, &[1, 2]);
    assert_eq!(world.leads(3), Some(2), "its own promise is not needed");
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.kill(3);
    world.kill(1);
    world.start(1);
    world.start(3);
    world.elect(3, &[1, 2]);
    assert_eq!(
        world.leads(3),
        None,
        "server 1 does not know to whom it is bound"
    );
    world.pass(SYNC_LIMIT, &[]);
    assert_eq!(world.leads(3), Some(2));
}

/// Each promises for its own `syncLimit` ticks.
#[test]
fn a_lease_lasts_as_long_as_those_promise_that_give_it() {
    let (short, long) = (SYNC_LIMIT, SYNC_LIMIT * 5);
    for (followers, leader, lease) in [
        (short, long, short),
        (long, short, short),
        (long, long, long),
    ] {
        let mut world = World::new(3);
        let with = |sync_limit| Settings {
            sync_limit,
            ..world.settings
        };
        let (of_followers, of_leader) = (with(followers), with(leader));
        (1..=2).for_each(|sid| world.restart_with(sid, of_followers));
        world.restart_with(3, of_leader);
        world.elect(3, &[1, 2]);
        world.pass(lease - MOMENT, &[1, 2, 3]);
        assert!(world.holds_lease(3));
        world.pass(MOMENT, &[1, 2, 3]);
        assert!(!world.holds_lease(3), "{followers:?} {leader:?}");
    }
}

/// Two of three are enough: the patient one and the leader.
#[test]
fn the_shortest_promise_of_a_quorum_counts_and_no_other() {
    let mut world = World::new(3);
    let impatient = Settings {
        sync_limit: TICK,
        ..world.settings
    };
    let patient = world.settings;
    world.restart_with(1, impatient);
    world.settings = patient;
    world.elect(3, &[1, 2]);
    world.pass(SYNC_LIMIT - MOMENT, &[1, 2, 3]);
    assert!(world.holds_lease(3));
}

/// A follower whose patience is a tenth of the leader's tick follows without a pause.
#[test]
fn an_impatient_follower_is_given_signs_of_life_as_often_as_it_needs() {
    let mut world = World::new(3);
    let impatient = Settings {
        tick: TICK / 50,
        sync_limit: TICK / 10,
        ..world.settings
    };
    (1..=2).for_each(|sid| world.restart_with(sid, impatient));
    world.elect(3, &[1, 2]);
    world.pass(SYNC_LIMIT * 3, &[]);
    assert_eq!(world.quits(), []);
    assert!(world.holds_lease(3));
}

#[test]
fn a_restarted_server_is_bound_for_as_long_as_it_promised_then() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.isolate(3);
    let impatient = Settings {
        sync_limit: TICK,
        ..world.settings
    };
    (1..=2).for_each(|sid| world.restart_with(sid, impatient));
    world.elect(2, &[1]);
    world.pass(SYNC_LIMIT - MOMENT, &[3]);
    assert!(world.holds_lease(3));
    assert_eq!(world.leads(2), None);
    world.pass(MOMENT, &[3]);
    assert!(!world.holds_lease(3));
    assert_eq!(world.leads(2), Some(2));
    assert_eq!(
        world.stored(1).promise,
        Some(TICK),
        "the next promise is shorter"
    );
}

#[test]
fn a_restarted_server_keeps_the_promise_it_has_forgotten() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.isolate(3);
    world.part(Sid(3), Sid(2), End::Closed);
    world.kill(1);
    world.start(1);
    world.elect(2, &[1]);
    assert!(world.holds_lease(3));
    assert_eq!(world.leads(2), None);
    world.pass(SYNC_LIMIT, &[3]);
    assert!(!world.holds_lease(3));
    assert_eq!(world.leads(2), Some(2));
}

#[test]
fn the_next_leader_keeps_its_own_promise() {
    let mut world = World::new(3);
    world.elect(3, &[2]);
    world.isolate(3);
    world.part(Sid(3), Sid(2), End::Lost);
    world.elect(2, &[1]);
    assert!(world.holds_lease(3));
    assert_eq!(
        world.leads(2),
        None,
        "server 1 has promised nothing, but server 2 has"
    );
    world.pass(SYNC_LIMIT, &[3]);
    assert_eq!(world.leads(2), Some(2));
}

#[test]
fn a_promise_is_counted_from_when_its_question_was_sent() {
    let mut world = World::new(3);
    world.elect(3, &[1]);
    // Follower 1 answers late: what it promises is counted from when the leader asked.
    world.pass(SYNC_LIMIT - MOMENT, &[1]);
    assert!(world.holds_lease(3));
    world.deliver();
    // The last sign of life left at most half a tick ago, and all are answered now.
    world.pass(SYNC_LIMIT - TICK / 2, &[1, 3]);
    assert!(world.holds_lease(3));
    world.pass(TICK / 2, &[1, 3]);
    assert!(!world.holds_lease(3));
}

#[test]
fn a_lease_ends_with_the_promise_that_makes_a_quorum_of_promises() {
    let mut world = World::new(5);
    world.elect(5, &[1, 2, 3]);
    world.pass(TICK, &[]);
    // Two of three followers fall silent; the third alone is no quorum with the leader.
    world.pass(SYNC_LIMIT - TICK, &[1, 2]);
    assert!(world.holds_lease(5));
    world.pass(TICK, &[1, 2]);
    assert!(!world.holds_lease(5));
}

#[test]
fn a_server_that_is_bound_follows_whom_others_have_established() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.shut_down(3);
    world.elect(2, &[1]);
    world.start(3);
    world.learn(3, 2);
    world.deliver();
    assert_eq!(world.follows(3), Some((2, 2)));
    assert_eq!(world.disk(3), epochs(2, 2));
}

#[test]
fn a_lease_is_shorter_by_what_other_clocks_may_be_faster() {
    let mut world = World::new(3);
    // Others' clocks may show 12.5 s when this one shows 10 s.
    let settings = Settings {
        clock_drift_ppm: 250_000,
        ..world.settings
    };
    world.restart_with(3, settings);
    world.elect(3, &[1, 2]);
    world.pass(Duration::from_millis(7999), &[1, 2, 3]);
    assert!(world.holds_lease(3));
    world.pass(MOMENT, &[1, 2, 3]);
    assert!(!world.holds_lease(3));
}

/// It has acknowledged NEWLEADER, and the leader waits for others. What it answers then is counted
/// from when it was asked.
#[test]
fn a_follower_that_is_asked_before_its_leader_is_established_promises_anew() {
    // Server 4 has a history that all can follow.
    let disks = [
        epochs(0, 0),
        epochs(0, 0),
        epochs(0, 0),
        epochs(1, 1),
        epochs(0, 0),
    ];
    let mut world = World::with_disks(&disks);
    world.lead(5);
    (1..=2).for_each(|sid| world.learn(sid, 5));
    // Server 2 is slow to acknowledge.
    while world.deliver_one_but_to(2) {}
    world.pass(Duration::ZERO, &[2]);
    while world.disk(2).accepted != world.disk(5).accepted {
        assert!(world.deliver_one());
    }
    while world.deliver_one_but_to(2) {}
    assert_eq!(world.leads(5), None);
    world.pass(SYNC_LIMIT - MOMENT, &[2]);
    world.step(Sid(5), |it, now| it.probe(Sid(1), now));
    while world.deliver_one_but_to(2) {}
    // Server 1 is not told that the leader is established.
    while world.deliver_one_but_to(1) {}
    assert_eq!(world.leads(5), Some(1));
    // Server 2 answers a sign of life, and server 1 none any more.
    world.pass(TICK / 2, &[1]);
    world.isolate(5);
    for sid in [1, 2] {
        world.part(Sid(5), Sid(sid), End::Lost);
    }
    world.elect(4, &[1, 3]);
    assert!(world.holds_lease(5));
    assert_eq!(world.leads(4), None);
}
