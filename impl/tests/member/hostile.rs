//! Peers that mean harm on the quorum port.

use crate::support::{Ensemble, until_it_follows, until_it_leads};
use fle::config::{ConfigVersion, LearnerType};
use fle::leadership::packet::{self, LearnerInfo, PROTOCOL, Packet};
use fle::member::Standing;
use fle::{PeerEpoch, Sid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn introduction(sid: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (participant, version) = (LearnerType::Participant, ConfigVersion(0));
    let info =
        LearnerInfo::of_the_reference(Sid(sid), participant, PeerEpoch(0), PROTOCOL, version);
    packet::encode(&Packet::LearnerInfo(info), &mut bytes);
    bytes
}

/// Sends bytes and waits until the other end has had enough of them.
async fn refused(mut stream: TcpStream, bytes: &[u8]) {
    // It may be closed before everything is written.
    let _ = stream.write_all(bytes).await;
    let mut answers = [0; 64];
    while stream.read(&mut answers).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn what_is_no_introduction_ends_its_connection_and_nothing_else() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let leads = until_it_leads(&members[&3]).await;
    let too_long = [&12_i32.to_be_bytes()[..], &[0; 8], &i32::MAX.to_be_bytes()].concat();
    let negative = [&11_i32.to_be_bytes()[..], &[0; 8], &i32::MIN.to_be_bytes()].concat();
    let long = [
        &11_i32.to_be_bytes()[..],
        &[0; 8],
        &500_000_i32.to_be_bytes(),
        &[0; 100],
    ]
    .concat();
    let mut ping = Vec::new();
    packet::encode(&Packet::Ping, &mut ping);
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &too_long,
        &negative,
        &long,
        &ping,
    ] {
        let stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
        refused(stream, bytes).await;
    }
    assert_eq!(*members[&3].leadership().borrow(), leads);
}

#[tokio::test]
async fn garbage_after_an_introduction_ends_the_connection() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let leads = until_it_leads(&members[&3]).await;
    for garbage in [&[0xff; 16][..], &[0; 64]] {
        let stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
        refused(stream, &[&introduction(77), garbage].concat()).await;
    }
    assert_eq!(*members[&3].leadership().borrow(), leads);
}

/// Strangers count for nothing, however many come.
#[tokio::test]
async fn strangers_establish_nobody_and_do_not_keep_others_out() {
    let ensemble = Ensemble::new(3);
    let three = ensemble.start(3).await;
    let mut strangers = Vec::new();
    for sid in 100..200 {
        let mut stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
        stream.write_all(&introduction(sid)).await.unwrap();
        strangers.push(stream);
    }
    assert_eq!(*three.leadership().borrow(), Standing::Looking);
    let (one, two) = (ensemble.start(1).await, ensemble.start(2).await);
    until_it_leads(&three).await;
    until_it_follows(&one, 3).await;
    until_it_follows(&two, 3).await;
}

/// One that claims a follower's id takes its place; the follower comes again.
#[tokio::test]
async fn one_that_claims_a_followers_id_does_not_end_the_ensemble() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    until_it_leads(&members[&3]).await;
    until_it_follows(&members[&1], 3).await;
    for _ in 0..5 {
        let mut stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
        stream.write_all(&introduction(1)).await.unwrap();
        assert!(
            stream.read(&mut [0; 64]).await.unwrap() > 0,
            "it is asked to promise"
        );
        drop(stream);
        until_it_follows(&members[&1], 3).await;
    }
}

/// A learner that never reads is dropped, and the leader goes on.
#[tokio::test]
async fn a_learner_that_says_nothing_is_dropped() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let leads = until_it_leads(&members[&3]).await;
    let stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
    refused(stream, &introduction(9)).await;
    assert_eq!(*members[&3].leadership().borrow(), leads);
}
