//! Signals: a fle server that follows is killed, and stopped while its leader is lost.

use crate::ensemble::Ensemble;
use crate::server::{FLE, ZOOKEEPER};

#[test]
fn a_follower_is_killed_and_stopped_and_goes_on() {
    let Some(mut ensemble) = Ensemble::new(
        "A fle server that follows is killed and comes back; it is stopped, its leader is killed, and it goes on.",
        &[FLE, ZOOKEEPER, ZOOKEEPER],
        "",
    ) else {
        return;
    };
    ensemble.start(&[1, 3]);
    let round = ensemble.settles_on(3);
    ensemble.start(&[2]);
    ensemble.serves_under(3);
    ensemble.kill(1);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);

    ensemble.pause(1);
    ensemble.kill(3);
    ensemble.looks_in_vain(2);
    ensemble.resume(1);
    let next = ensemble.settles_after(round);
    assert_eq!(next.leader, 2);
    ensemble.start(&[3]);
    assert_eq!(ensemble.settles_on(2), next.round);
    ensemble.serves_under(2);
    ensemble.is_allowed();
}
