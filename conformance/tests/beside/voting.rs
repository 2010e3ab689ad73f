//! A fle server with a vote like any other: it follows, and its vote counts.

use crate::ensemble::Ensemble;
use crate::server::{Addresses, FLE, ZOOKEEPER};

#[test]
fn the_lowest_sid_follows_the_leader_of_a_running_ensemble() {
    let members = [FLE, ZOOKEEPER, ZOOKEEPER];
    let Some(mut ensemble) = Ensemble::new(
        "A fle server with the lowest sid joins an ensemble that runs; its leader is killed and comes back.",
        &members,
        "",
    ) else {
        return;
    };
    ensemble.start(&[2, 3]);
    let round = ensemble.settles_on(3);
    ensemble.serves_under(3);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);

    ensemble.kill(3);
    let next = ensemble.settles_after(round);
    assert_eq!(next.leader, 2);
    ensemble.start(&[3]);
    assert_eq!(ensemble.settles_on(2), next.round);
    let round = next.round;
    let told = format!("n.sid:1, n.state:FOLLOWING, n.leader:2, n.round:{round:#x}");
    ensemble.says(3, &told);
    ensemble.serves_under(2);
    ensemble.is_allowed();
}

#[test]
fn its_vote_completes_the_quorum() {
    let members = [FLE, ZOOKEEPER, ZOOKEEPER];
    let Some(mut ensemble) = Ensemble::new(
        "The vote of a fle server is the one that was missing.",
        &members,
        "",
    ) else {
        return;
    };
    ensemble.start(&[3]);
    ensemble.looks_in_vain(3);
    ensemble.start(&[1]);
    let round = ensemble.settles_on(3);
    ensemble.start(&[2]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);
    ensemble.is_allowed();
}

/// Each side's configuration has a dead address of the other: only the addresses of the introduction are any good.
#[test]
fn several_addresses_are_introduced_and_dialled() {
    let members = [ZOOKEEPER, FLE, ZOOKEEPER];
    let Some(mut ensemble) = Ensemble::new(
        "Servers with two addresses each introduce themselves in the second version of the protocol.",
        &members,
        "multiAddress.enabled=true\n",
    ) else {
        return;
    };
    for sid in 1..=3 {
        let line = format!("server.{sid}={}", ensemble.server(sid.into()).addresses);
        let both = format!("{line}|{}", Addresses::choose(100 + sid));
        for reader in 1..=3 {
            // Nobody listens there: fle 2 hears from server 1 where that is, and server 3 from fle 2.
            let dead = [(1, 2), (2, 3)].contains(&(sid, reader));
            let nowhere = format!("server.{sid}={}", Addresses::choose(200 + sid));
            ensemble.edit(reader.into(), &line, if dead { &nowhere } else { &both });
        }
    }
    ensemble.start(&[2, 3]);
    let round = ensemble.settles_on(3);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.serves_under(3);
    ensemble.is_allowed();
}
