//! ZooKeeper among its own kind: what the judge of logs and these tests know of it holds without
//! fle, too.

use crate::ensemble::Ensemble;
use crate::server::ZOOKEEPER;

#[test]
fn what_an_ensemble_of_zookeeper_does_is_allowed() {
    let Some(mut ensemble) = Ensemble::new(
        "Three ZooKeeper servers elect, lose their leader and elect again.",
        &[ZOOKEEPER; 3],
        "",
    ) else {
        return;
    };
    ensemble.start(&[2, 3]);
    let round = ensemble.settles_on(3);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);
    ensemble.kill(3);
    // Which of the others has seen more depends on when the first transaction of the epoch reached
    // them.
    let next = ensemble.settles_after(round);
    ensemble.serves_under(next.leader);
    ensemble.is_allowed();
}
