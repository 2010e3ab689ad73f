//! Observers: they learn of the leader, and their votes do not count.

use crate::ensemble::Ensemble;
use crate::server::{FLE, ZOOKEEPER};

#[test]
fn a_fle_server_observes() {
    let Some(mut ensemble) = Ensemble::new(
        "A fle server observes two ZooKeeper servers; their leader is killed and comes back.",
        &[ZOOKEEPER, ZOOKEEPER, FLE.observing()],
        "",
    ) else {
        return;
    };
    ensemble.give_epoch(3, 9);
    ensemble.start(&[3, 1]);
    ensemble.looks_in_vain(1);
    ensemble.looks_in_vain(3);
    ensemble.start(&[2]);
    let round = ensemble.settles_on(2);
    ensemble.serves_under(2);
    ensemble.kill(2);
    ensemble.looks_in_vain(1);
    ensemble.start(&[2]);
    let next = ensemble.settles_after(round);
    ensemble.serves_under(next.leader);
    ensemble.is_allowed();
}

#[test]
fn a_zookeeper_server_observes() {
    let Some(mut ensemble) = Ensemble::new(
        "A ZooKeeper server observes two fle servers; their leader is killed and comes back.",
        &[FLE, FLE, ZOOKEEPER.observing()],
        "",
    ) else {
        return;
    };
    ensemble.start(&[3, 1]);
    ensemble.looks_in_vain(1);
    ensemble.looks_in_vain(3);
    ensemble.start(&[2]);
    let round = ensemble.settles_on(2);
    ensemble.kill(2);
    ensemble.looks_in_vain(1);
    ensemble.looks_in_vain(3);
    ensemble.start(&[2]);
    assert_eq!(ensemble.settles_after(round).leader, 2);
    ensemble.is_allowed();
}
