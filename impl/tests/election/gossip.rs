//! Configurations that ride in notifications.

use crate::support::{
    Message, broadcast, collect, finalize, following, majority, proposing, send, server, servers,
    settled,
};
use fle::ElectionEpoch;
use fle::election::Effect;

const THREE: &[i64] = &[1, 2, 3];

fn newer(servers_in_it: &[i64]) -> String {
    servers(servers_in_it, "participant") + "version=5"
}

fn with_config(text: &str) -> Message {
    proposing(2).config(text)
}

#[test]
fn a_newer_configuration_with_other_members_restarts_the_election() {
    let mut peer = server(1).among(&majority(THREE));
    let message = with_config(&newer(&[1, 2]));
    assert_eq!(peer.hears(2, &message), [Effect::RestartElection]);
    assert_eq!(peer.election.logical_clock(), ElectionEpoch(0));
    assert_eq!(peer.election.wait(), None);
    assert_eq!(
        &**peer.election.ensemble().text(),
        majority(THREE),
        "not adopted"
    );
}

#[test]
fn with_reconfiguration_enabled_it_is_adopted_too() {
    let mut peer = server(1).reconfig_enabled().among(&majority(THREE));
    let outcome = peer.hears(9, &with_config(&newer(&[1, 2])));
    let [Effect::Adopt(adopted), Effect::RestartElection] = &outcome[..] else {
        panic!("{outcome:?}");
    };
    assert_eq!(&**adopted.text(), newer(&[1, 2]));
    assert_eq!(peer.election.ensemble(), adopted);
}

#[test]
fn one_with_the_same_members_changes_the_version_at_most() {
    let mut peer = server(1).among(&majority(THREE));
    let better = proposing(2);
    let outcome = [broadcast(&better), collect(200)];
    assert_eq!(peer.hears(2, &with_config(&newer(THREE))), outcome);
    assert_eq!(&**peer.election.ensemble().text(), majority(THREE));

    let mut peer = server(1).reconfig_enabled().among(&majority(THREE));
    peer.hears(1, &better);
    let outcome = peer.hears(2, &with_config(&newer(THREE)));
    let [Effect::Adopt(adopted), rest @ ..] = &outcome[..] else {
        panic!("{outcome:?}");
    };
    assert_eq!(&**adopted.text(), newer(THREE));
    assert_eq!(rest, [finalize()], "the votes heard before keep counting");
}

#[test]
fn older_equal_and_unreadable_texts_change_nothing() {
    let better = proposing(2);
    for text in [
        &majority(&[1, 2]),
        &newer(&[1, 2]),
        "",
        "server.1=",
        "version=ffff",
        "server.x=a:1:2\nversion=6",
        "server.1=10.0.0.1:2888:3888:participant\nserver.2=10.0.0.2:2888:3888:observer\nversion=6",
    ] {
        let mut peer = server(1).reconfig_enabled().among(&newer(THREE));
        let outcome = peer.hears(2, &with_config(text));
        assert_eq!(outcome, [broadcast(&better), collect(200)], "{text}");
        assert_eq!(&**peer.election.ensemble().text(), newer(THREE));
    }
}

#[test]
fn a_settled_server_does_not_care() {
    let mut peer = settled(1, 3);
    let answer = [send(2, &following(3).zxid(9))];
    assert_eq!(peer.hears(2, &with_config(&newer(&[1, 2]))), answer);
}
