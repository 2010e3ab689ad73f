//! Peers that mean harm, or are broken: the honest servers elect all the same.

use crate::peer::{Peer, looking};
use crate::support::{Ensemble, look, outcome};
use fle::ServerState::{Following, Leading};
use fle::codec::initial::ONE_ADDRESS;
use fle::transport::LONGEST_PAYLOAD;
use std::net::SocketAddr;
use std::time::Duration;

/// Two of three servers elect while `harm` is done to the first of them, and once more after it.
async fn elect_under<F: Future>(harm: impl FnOnce(SocketAddr) -> F) {
    let ensemble = Ensemble::voters(3);
    // So long that nothing here is ended by it.
    let mut config = ensemble.settings(1);
    config.transport.handshake_timeout = Duration::from_secs(3600);
    let (one, two) = (ensemble.start_with(config).await, ensemble.start(2).await);
    let target = ensemble.addresses[0];
    let (_harm, first, second) = tokio::join!(harm(target), look(&one), look(&two));
    assert_eq!(
        [outcome(first), outcome(second)],
        [(Following, 2), (Leading, 2)]
    );
    let (first, second) = tokio::join!(look(&one), look(&two));
    assert_eq!(
        [outcome(first), outcome(second)],
        [(Following, 2), (Leading, 2)]
    );
}

#[tokio::test]
async fn garbage_instead_of_an_introduction() {
    elect_under(|target| async move {
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0xff; 64],
            &(-7_i64).to_be_bytes(),
        ] {
            let mut peer = Peer::connect(target).await;
            peer.write(bytes).await;
            drop(peer);
        }
    })
    .await;
}

#[tokio::test]
async fn introductions_of_impossible_length() {
    elect_under(|target| async move {
        for length in [-1, 0, 2049, i32::MAX, i32::MIN] {
            let mut peer = Peer::connect(target).await;
            peer.write(&ONE_ADDRESS.to_be_bytes()).await;
            peer.write(&3_i64.to_be_bytes()).await;
            peer.write(&i32::to_be_bytes(length)).await;
            assert!(peer.rest().await.is_empty(), "{length}");
        }
    })
    .await;
}

#[tokio::test]
async fn frames_of_impossible_length_end_the_connection() {
    elect_under(|target| async move {
        let too_long = i32::try_from(LONGEST_PAYLOAD).unwrap() + 1;
        for length in [0, -1, too_long, i32::MAX, i32::MIN] {
            let mut peer = Peer::introduced(target, 3, "127.0.0.1:9").await;
            peer.write(&i32::to_be_bytes(length)).await;
            peer.rest().await;
        }
    })
    .await;
}

#[tokio::test]
async fn payloads_that_are_no_notification_and_configurations_that_are_none() {
    elect_under(|target| async move {
        let mut peer = Peer::introduced(target, 3, "127.0.0.1:9").await;
        for length in [1_u32, 27, 36, 43, 1000] {
            peer.write(&length.to_be_bytes()).await;
            peer.write(&vec![0xa5; usize::try_from(length).unwrap()])
                .await;
        }
        for text in [
            "server.1=h:1:99999\nversion=7f",
            "server.1=h:1:2\nserver.2=h:1:2:observer\nversion=7f",
            "version=xyz",
            "\u{0}\\",
        ] {
            peer.tell_with(&looking(1, 0), text).await;
        }
        peer
    })
    .await;
}

#[tokio::test]
async fn many_that_connect_and_say_nothing() {
    elect_under(|target| async move {
        let mut silent = Vec::new();
        for _ in 0..300 {
            silent.push(Peer::connect(target).await);
        }
        let oldest = silent.remove(0);
        assert!(oldest.rest().await.is_empty(), "the oldest is closed");
        silent
    })
    .await;
}

#[tokio::test]
async fn many_strangers_that_introduce_themselves() {
    elect_under(|target| async move {
        let mut strangers = Vec::new();
        for sid in 1000..1100 {
            strangers.push(Peer::introduced(target, sid, "127.0.0.1:9").await);
        }
        let latest = strangers.pop().unwrap();
        assert!(latest.rest().await.is_empty(), "one too many is closed");
        strangers
    })
    .await;
}

#[tokio::test]
async fn one_that_claims_the_servers_own_id() {
    elect_under(|target| async move {
        let thief = Peer::introduced(target, 1, "127.0.0.1:9").await;
        assert!(thief.rest().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_that_claims_the_id_of_another_for_a_while() {
    elect_under(|target| async move {
        drop(Peer::introduced(target, 2, "127.0.0.1:9").await);
    })
    .await;
}

#[tokio::test]
async fn one_that_floods_and_never_reads() {
    elect_under(|target| async move {
        let mut peer = Peer::introduced(target, 3, "127.0.0.1:9").await;
        for _ in 0..20_000 {
            peer.tell(&looking(1, 0)).await;
        }
        peer
    })
    .await;
}
