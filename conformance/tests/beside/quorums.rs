//! Hierarchical quorums: both sides weigh votes alike.

use crate::ensemble::Ensemble;
use crate::server::{FLE, ZOOKEEPER};

#[test]
fn the_weight_of_a_fle_server_is_needed() {
    let Some(mut ensemble) = Ensemble::new(
        "Two ZooKeeper servers of three elect nobody, for one of them has no weight; with the fle server they do.",
        &[FLE, ZOOKEEPER, ZOOKEEPER],
        "group.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0\n",
    ) else {
        return;
    };
    ensemble.start(&[2, 3]);
    ensemble.looks_in_vain(2);
    ensemble.looks_in_vain(3);
    ensemble.start(&[1]);
    ensemble.settles_on(2);
    ensemble.is_allowed();
}

#[test]
fn a_fle_server_without_weight_follows_whatever_it_has_seen() {
    let Some(mut ensemble) = Ensemble::new(
        "A fle server has the best credentials and no weight.",
        &[ZOOKEEPER, ZOOKEEPER, FLE],
        "group.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0\n",
    ) else {
        return;
    };
    ensemble.give_epoch(3, 9);
    ensemble.start(&[3, 1]);
    ensemble.looks_in_vain(1);
    ensemble.looks_in_vain(3);
    ensemble.start(&[2]);
    ensemble.settles_on(2);
    ensemble.serves_under(2);
    ensemble.is_allowed();
}
