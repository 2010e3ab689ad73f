//! A fle server that leads: ZooKeeper's servers choose it, and do without it when it is gone.

use crate::ensemble::Ensemble;
use crate::server::{FLE, ZOOKEEPER};

/// A fle server, which has seen more than two ZooKeeper servers and is elected.
fn led_by_fle(scenario: &str) -> Option<Ensemble> {
    let mut ensemble = Ensemble::new(scenario, &[FLE, ZOOKEEPER, ZOOKEEPER], "")?;
    ensemble.give_epoch(1, 9);
    ensemble.start(&[1, 2]);
    let round = ensemble.settles_on(1);
    ensemble.start(&[3]);
    assert_eq!(ensemble.settles_on(1), round);
    let told = format!("n.sid:1, n.state:LEADING, n.leader:1, n.round:{round:#x}, n.peerEpoch:0x9");
    ensemble.says(3, &told);
    Some(ensemble)
}

#[test]
fn the_best_credentials_lead_and_once_lost_follow() {
    let Some(mut ensemble) = led_by_fle(
        "A fle server has the best credentials and leads; it is killed, and comes back to the leader that was elected since.",
    ) else {
        return;
    };
    ensemble.kill(1);
    let round = ensemble.settles_on(3);
    ensemble.serves_under(3);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);
    ensemble.is_allowed();
}

/// What becomes of such an ensemble: the follower gives up, says so, and elects the same leader
/// again.
#[test]
fn a_leader_that_nobody_can_follow_is_elected_again() {
    let Some(mut ensemble) =
        led_by_fle("A fle server leads, cannot be followed, and is elected again.")
    else {
        return;
    };
    ensemble.kill(3);
    let round = ensemble.settles_on(1);
    let next = ensemble.settles_after(round);
    assert_eq!(next.leader, 1);
    assert_eq!(ensemble.settles_after(next.round).leader, 1);
    ensemble.is_allowed();
}

#[test]
fn a_leader_that_was_stopped_gives_up_when_it_goes_on() {
    let Some(mut ensemble) =
        led_by_fle("A fle server leads and is stopped; the others elect another; it goes on.")
    else {
        return;
    };
    ensemble.pause(1);
    let round = ensemble.settles_on(3);
    ensemble.serves_under(3);
    ensemble.resume(1);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);
    ensemble.is_allowed();
}
