//! While a lease lasts nobody else is established.

use crate::support::{SYNC_LIMIT, TICK, World, epochs};
use fle::Sid;
use fle::leadership::{End, Settings};
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(1);

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
fn a_follower_whose_leader_hung_up_is_free() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.kill(3);
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(2));
}

#[test]
fn a_restarted_server_keeps_the_promise_it_has_forgotten() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.isolate(3);
    world.part(Sid(3), Sid(2), End::ByPeer);
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
    world.kill(3);
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
