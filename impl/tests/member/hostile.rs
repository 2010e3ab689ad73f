//! Peers that mean harm on the quorum port.

use crate::support::{Ensemble, PATIENCE, until_it_follows, until_it_leads};
use fle::config::{ConfigVersion, LearnerType};
use fle::leadership::packet::{self, LearnerInfo, PROTOCOL, Packet, Past};
use fle::member::Standing;
use fle::{PeerEpoch, Sid};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

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

/// How much is read at once; 0 if the other end has closed, or reset, the connection.
async fn read(stream: &mut TcpStream) -> usize {
    let mut bytes = [0; 64];
    let read = timeout(PATIENCE, stream.read(&mut bytes)).await;
    read.expect("something happens").unwrap_or(0)
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

/// The follower gives a sign of life when it is asked for one, and who claims its id has to go.
#[tokio::test]
async fn one_that_claims_a_followers_id_is_refused_and_ends_no_term() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let leads = until_it_leads(&members[&3]).await;
    until_it_follows(&members[&1], 3).await;
    let mut standing = members[&1].leadership();
    standing.mark_unchanged();
    for _ in 0..20 {
        let mut claims = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
            stream.write_all(&introduction(1)).await.unwrap();
            claims.push(stream);
        }
        for mut stream in claims {
            assert_eq!(read(&mut stream).await, 0, "it is told nothing");
        }
    }
    assert!(!standing.has_changed().unwrap());
    assert_eq!(*members[&3].leadership().borrow(), leads);
}

/// The impostor is there first, and answers whatever it is asked.
#[tokio::test]
async fn a_server_that_comes_from_where_the_configuration_says_takes_its_place() {
    let ensemble = Ensemble::new(3);
    let (three, _two) = (ensemble.start(3).await, ensemble.start(2).await);
    until_it_leads(&three).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.66:0".parse().unwrap()).unwrap();
    let mut impostor = socket.connect(ensemble.quorum_port(3)).await.unwrap();
    impostor.write_all(&introduction(1)).await.unwrap();
    assert!(read(&mut impostor).await > 0, "it is led");
    let answers = tokio::spawn(async move {
        let mut ping = Vec::new();
        packet::encode(&Packet::Ping, &mut ping);
        while impostor.write_all(&ping).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    let one = ensemble.start(1).await;
    until_it_follows(&one, 3).await;
    answers.await.unwrap();
}

/// As one does whose connection was lost silently.
#[tokio::test]
async fn a_server_that_is_silent_makes_way_for_one_that_comes_again() {
    let ensemble = Ensemble::new(3);
    let (three, _two) = (ensemble.start(3).await, ensemble.start(2).await);
    until_it_leads(&three).await;
    let mut silent = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
    silent.write_all(&introduction(1)).await.unwrap();
    assert!(read(&mut silent).await > 0, "it is led");
    let mut again = TcpStream::connect(ensemble.quorum_port(3)).await.unwrap();
    again.write_all(&introduction(1)).await.unwrap();
    assert!(read(&mut again).await > 0, "it is led");
    while read(&mut silent).await > 0 {}
}

#[tokio::test]
async fn who_asks_what_a_server_has_accepted_is_told_and_disturbs_nobody() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let leads = until_it_leads(&members[&3]).await;
    let epoch = until_it_follows(&members[&2], 3).await;
    for asked in [2, 3] {
        let mut stream = TcpStream::connect(ensemble.quorum_port(asked))
            .await
            .unwrap();
        let mut bytes = Vec::new();
        packet::encode(&Packet::Question { sid: Sid(1) }, &mut bytes);
        stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let expected = Packet::Answer(Past::Accepted(epoch));
        assert_eq!(packet::decode(&answer), Ok(Some((expected, answer.len()))));
    }
    assert_eq!(*members[&3].leadership().borrow(), leads);
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
