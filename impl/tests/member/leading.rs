//! Who leads, in which epoch, and who takes over.

use crate::support::{Ensemble, until, until_it_follows, until_it_leads};
use fle::PeerEpoch;
use fle::member::Standing;
use std::sync::Arc;

#[tokio::test]
async fn a_leader_is_established_and_replaced_in_a_later_epoch() {
    let ensemble = Ensemble::new(3);
    let mut members = ensemble.start_all().await;
    let Standing::Leading { epoch, lease } = until_it_leads(&members[&3]).await else {
        unreachable!()
    };
    assert_eq!(epoch, PeerEpoch(1));
    assert!(lease.is_valid());
    for sid in [1, 2] {
        assert_eq!(until_it_follows(&members[&sid], 3).await, epoch);
    }

    members.remove(&3).unwrap().shutdown().await;
    assert!(!lease.is_valid(), "taken back before anybody saw it go");
    let next = until_it_leads(&members[&2]).await;
    assert_eq!(next.epoch(), Some(PeerEpoch(2)));
    assert_eq!(until_it_follows(&members[&1], 2).await, PeerEpoch(2));

    let back = ensemble.start(3).await;
    assert_eq!(until_it_follows(&back, 2).await, PeerEpoch(2));
    let stored = ensemble.disks[&3].stored().epochs;
    assert_eq!(
        (stored.accepted, stored.current),
        (PeerEpoch(2), PeerEpoch(2))
    );
}

#[tokio::test]
async fn a_leader_without_followers_gives_up_and_its_lease_is_over() {
    let ensemble = Ensemble::new(3);
    let mut members = ensemble.start_all().await;
    let Standing::Leading { lease, .. } = until_it_leads(&members[&3]).await else {
        unreachable!()
    };
    for sid in [1, 2] {
        until_it_follows(&members[&sid], 3).await;
        members.remove(&sid).unwrap().shutdown().await;
    }
    until(&members[&3], |now| *now == Standing::Looking).await;
    assert!(!lease.is_valid());
}

#[tokio::test]
async fn a_leader_that_steps_down_leads_in_another_epoch_if_at_all() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let first = until_it_leads(&members[&3]).await;
    for sid in [1, 2] {
        until_it_follows(&members[&sid], 3).await;
    }
    members[&3].step_down().await.unwrap();
    let next = until(&members[&3], |now| now.epoch() > first.epoch()).await;
    assert_eq!(next.epoch(), Some(PeerEpoch(2)));
    let Standing::Leading { lease, .. } = first else {
        unreachable!()
    };
    assert!(!lease.is_valid());
}

#[tokio::test]
async fn a_lone_server_leads_itself() {
    let ensemble = Ensemble::new(1);
    let member = ensemble.start(1).await;
    let Standing::Leading { epoch, lease } = until_it_leads(&member).await else {
        unreachable!()
    };
    assert_eq!(epoch, PeerEpoch(1));
    assert!(lease.is_valid());
    assert!(!lease.remaining().is_zero());
    member.shutdown().await;
    assert!(!lease.is_valid());
}

#[tokio::test]
async fn a_member_that_is_shut_down_frees_its_ports() {
    let ensemble = Ensemble::new(1);
    let member = ensemble.start(1).await;
    until_it_leads(&member).await;
    member.shutdown().await;
    drop(std::net::TcpListener::bind(ensemble.quorum_port(1)).unwrap());
    let again = ensemble.start(1).await;
    assert_eq!(until_it_leads(&again).await.epoch(), Some(PeerEpoch(2)));
}

/// The leader's quorum port moves: those that follow it stay, and after another election they find
/// it there.
#[tokio::test]
async fn a_leader_moves_to_another_quorum_port() {
    let mut ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    until_it_leads(&members[&3]).await;
    for sid in [1, 2] {
        until_it_follows(&members[&sid], 3).await;
    }
    let before = ensemble.quorum_port(3);
    let moved = ensemble.moved(3);
    for member in members.values() {
        member.reconfigure(Arc::clone(&moved)).await.unwrap();
    }
    // The old port is free again.
    while std::net::TcpListener::bind(before).is_err() {
        tokio::task::yield_now().await;
    }
    members[&3].step_down().await.unwrap();
    let later = until(&members[&3], |now| now.epoch() > Some(PeerEpoch(1))).await;
    assert!(matches!(later, Standing::Leading { .. }));
    assert_eq!(until_it_follows(&members[&1], 3).await, PeerEpoch(2));
}
