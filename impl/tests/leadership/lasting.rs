//! What keeps an established leader, and what ends it.

use crate::support::{Event, INIT_LIMIT, SYNC_LIMIT, TICK, World};
use fle::Sid;
use fle::leadership::{End, Quit, Refusal, Standing};
use std::time::Duration;

#[test]
fn signs_of_life_keep_everybody() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2, 4]);
    world.pass(SYNC_LIMIT * 10, &[]);
    assert!(world.events.is_empty(), "{:?}", world.events);
    assert_eq!(world.leads(3), Some(1));
    assert_eq!(world.follows(4), Some((3, 1)));
    assert!(world.holds_lease(3));
}

#[test]
fn a_silent_leader_is_left_after_the_sync_limit() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.pass(SYNC_LIMIT - Duration::from_millis(1), &[3]);
    assert_eq!(world.quits(), []);
    world.pass(Duration::from_millis(1), &[3]);
    assert_eq!(
        world.quits(),
        [(1, Quit::LeaderSilent), (2, Quit::LeaderSilent)]
    );
}

#[test]
fn silent_followers_are_left_and_without_a_quorum_the_leader_gives_up() {
    let mut world = World::new(5);
    world.elect(5, &[1, 2, 3, 4]);
    assert_eq!(world.followers(5), 4);
    world.pass(SYNC_LIMIT - TICK / 2, &[1, 2]);
    assert_eq!(world.events, []);
    world.pass(TICK / 2, &[1, 2]);
    assert_eq!(world.followers(5), 2);
    let reason = Refusal::Silent;
    assert!(world.events.contains(&Event::Closed {
        by: 5,
        peer: 1,
        reason
    }));
    assert_eq!(world.leads(5), Some(1), "three of five are left");
    world.pass(SYNC_LIMIT * 2, &[1, 2, 3]);
    assert!(world.quits().contains(&(5, Quit::QuorumLost)));
    assert_eq!(world.standing(5), Standing::Looking);
    assert_eq!(world.follows(4), None);
}

#[test]
fn a_leader_that_lost_its_followers_gives_up_within_half_a_tick() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.kill(1);
    world.kill(2);
    assert_eq!(world.leads(3), Some(1));
    assert!(!world.holds_lease(3), "without promises there is no lease");
    world.pass(TICK / 2, &[]);
    assert_eq!(world.quits(), [(3, Quit::QuorumLost)]);
}

#[test]
fn a_follower_that_comes_again_is_taken_back_at_once() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.pass(TICK * 3, &[]);
    world.kill(1);
    world.start(1);
    world.learn(1, 3);
    world.deliver();
    assert_eq!(
        world.follows(1),
        Some((3, 1)),
        "the leader is the one it had promised to"
    );
    world.pass(SYNC_LIMIT, &[]);
    assert_eq!(world.quits(), []);
}

#[test]
fn a_leader_steps_down_when_told() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.step(Sid(3), |it, now| it.step_down(now));
    assert_eq!(world.standing(3), Standing::Looking);
    world.elect(1, &[2, 3]);
    assert_eq!(
        world.leads(1),
        Some(2),
        "nobody waits for a lease that was given up"
    );
}

#[test]
fn a_follower_whose_connection_breaks_looks_again() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.part(Sid(3), Sid(1), End::Lost);
    assert_eq!(world.quits(), [(1, Quit::LeaderLost)]);
}

#[test]
fn signs_of_life_go_out_twice_a_tick_and_no_more_often() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    let sent = |world: &mut World| {
        let mut sent = 0;
        world.step(Sid(3), |it, now| {
            let effects = it.handle_time(now, None);
            sent = effects.len();
            effects
        });
        sent
    };
    let half = TICK / 2;
    world.now = world.now.after(half - Duration::from_millis(1));
    assert_eq!(sent(&mut world), 0);
    world.now = world.now.after(Duration::from_millis(1));
    assert_eq!(sent(&mut world), 2);
    assert_eq!(sent(&mut world), 0);
}

#[test]
fn a_learner_that_never_comes_to_follow_is_dropped() {
    let mut world = World::new(3);
    world.elect(3, &[2]);
    world.learn(1, 3);
    world.pass(INIT_LIMIT + SYNC_LIMIT - TICK / 2, &[1]);
    assert_eq!(world.events, []);
    world.pass(TICK / 2, &[1]);
    let reason = Refusal::Silent;
    assert_eq!(
        world.events.first(),
        Some(&Event::Closed {
            by: 3,
            peer: 1,
            reason
        })
    );
}
