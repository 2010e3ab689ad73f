//! A fle server with a vote like any other: it follows, and its vote counts.

use crate::ensemble::Ensemble;
use crate::server::{FLE, ZOOKEEPER};
use fle_conformance::process::Addresses;

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

/// The configurations have a dead address where one side waits to be dialled by the other: only
/// what the introduction says is any good.
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
    let second: Vec<Addresses> = (101..=103)
        .map(|host| Addresses::choose(host).unwrap())
        .collect();
    for (sid, second) in (1..).zip(&second) {
        let line = format!("server.{sid}={}", ensemble.server(sid).process.addresses);
        let both = format!("{line}|{second}");
        let nowhere = format!("server.{sid}={}", Addresses::choose(200).unwrap());
        for reader in 1..=3 {
            // Server 2 dials server 1 back, and server 3 server 2.
            let is_dead = [(1, 2), (2, 3)].contains(&(sid, reader));
            ensemble.edit(reader, &line, if is_dead { &nowhere } else { &both });
        }
    }
    ensemble.start(&[2, 3]);
    let round = ensemble.settles_on(3);
    let said = ensemble.says(3, "Initial message parsed by 3: InitialMessage{sid=2, ");
    for Addresses { election, .. } in [ensemble.server(2).process.addresses, second[1]] {
        assert!(
            said.contains(&election.to_string()),
            "{election} is in {said}"
        );
    }
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(3), round);
    ensemble.says(1, "n.sid:2, n.state:FOLLOWING, n.leader:3");
    ensemble.serves_under(3);
    ensemble.is_allowed();
}
