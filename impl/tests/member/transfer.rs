//! Leadership that is handed over, and an heir that fails.

use crate::support::{Ensemble, until, until_it_follows, until_it_leads};
use bytes::BytesMut;
use fle::config::{ConfigVersion, LearnerType};
use fle::leadership::packet::{self, LearnerInfo, PROTOCOL, Packet};
use fle::member::{CannotHandOver, Member, Standing, TransferError};
use fle::{PeerEpoch, Sid};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_heir_leads_and_all_follow_without_an_election() {
    let ensemble = Ensemble::new(3);
    let members = ensemble.start_all().await;
    let Standing::Leading { lease, .. } = until_it_leads(&members[&3]).await else {
        unreachable!()
    };
    until_it_follows(&members[&1], 3).await;
    until_it_follows(&members[&2], 3).await;
    let round = members[&3].status().borrow().announcement.election_epoch;

    for (leader, heir, epoch) in [(3, 1, 2), (1, 2, 3), (2, 3, 4)] {
        let epoch = PeerEpoch(epoch);
        assert_eq!(members[&leader].transfer(Sid(heir)).await, Ok(epoch));
        for (&sid, member) in &members {
            match sid == heir {
                true => assert_eq!(until_it_leads(member).await.epoch(), Some(epoch)),
                false => assert_eq!(until_it_follows(member, heir).await, epoch),
            }
            let told = member.status().borrow().announcement;
            assert_eq!(told.election_epoch, round, "nobody has looked");
            assert_eq!(told.proposal.leader, Sid(heir));
        }
    }
    assert!(!lease.is_valid(), "it was that of another term");
    until(
        &members[&3],
        |now| matches!(now, Standing::Leading { lease, .. } if lease.is_valid()),
    )
    .await;
}

/// One that comes to the ensemble afterwards finds the leader that was named.
#[tokio::test]
async fn a_late_server_joins_the_heir() {
    let ensemble = Ensemble::new(3);
    let two = ensemble.start(2).await;
    let three = ensemble.start(3).await;
    until_it_leads(&three).await;
    until_it_follows(&two, 3).await;
    assert_eq!(three.transfer(Sid(2)).await, Ok(PeerEpoch(2)));
    let one = ensemble.start(1).await;
    assert_eq!(until_it_follows(&one, 2).await, PeerEpoch(2));
    assert_eq!(until_it_leads(&two).await.epoch(), Some(PeerEpoch(2)));
}

#[tokio::test]
async fn what_cannot_be_handed_over_changes_nothing() {
    let ensemble = Ensemble::new(3);
    let two = ensemble.start(2).await;
    let three = ensemble.start(3).await;
    let leads = until_it_leads(&three).await;
    until_it_follows(&two, 3).await;
    for (member, heir, error) in [
        (&two, 3, CannotHandOver::NotLeading),
        (&three, 1, CannotHandOver::NotFollowing(Sid(1))),
        (&three, 7, CannotHandOver::NoCandidate(Sid(7))),
    ] {
        let error = Err(TransferError::NotBegun(error));
        assert_eq!(member.transfer(Sid(heir)).await, error);
    }
    assert_eq!(*three.leadership().borrow(), leads);
}

#[tokio::test]
async fn an_heir_that_hangs_up_leaves_the_leader_in_office() {
    let ensemble = Ensemble::new(3);
    let (three, two, mut puppet) = with_puppet(&ensemble).await;
    let transfer = three.transfer(Sid(1));
    let (outcome, ()) = tokio::join!(transfer, async {
        puppet.until(&Packet::HandOver { to: Sid(1) }).await;
        assert!(
            !lease(&three).is_valid(),
            "over before the heir hears of it"
        );
        drop(puppet);
    });
    let (leader, epoch) = (Sid(3), PeerEpoch(1));
    assert_eq!(outcome, Err(TransferError::Failed { leader, epoch }));
    assert!(lease(&three).is_valid());
    assert_eq!(until_it_follows(&two, 3).await, epoch);
}

#[tokio::test]
async fn an_heir_that_takes_over_and_dies_is_replaced() {
    let ensemble = Ensemble::new(3);
    // Nobody listens where the others look for the heir.
    ensemble.start(1).await.shutdown().await;
    let (three, two, mut puppet) = with_puppet(&ensemble).await;
    let transfer = three.transfer(Sid(1));
    let (outcome, ()) = tokio::join!(transfer, async {
        puppet.until(&Packet::HandOver { to: Sid(1) }).await;
        puppet.say(&Packet::HandOver { to: Sid(1) }).await;
        drop(puppet);
    });
    let (leader, epoch) = (Sid(3), PeerEpoch(2));
    assert_eq!(outcome, Err(TransferError::Failed { leader, epoch }));
    assert_eq!(until_it_follows(&two, 3).await, epoch);
}

/// What a leader says last leaves before it is gone, and its ports are free then.
#[tokio::test]
async fn a_leader_that_is_shut_down_releases_its_followers() {
    let ensemble = Ensemble::new(3);
    let (three, _two, mut puppet) = with_puppet(&ensemble).await;
    three.shutdown().await;
    puppet.until(&Packet::Release).await;
    std::net::TcpListener::bind(ensemble.quorum_port(3)).unwrap();
}

fn lease(member: &Member) -> fle::member::Lease {
    match &*member.leadership().borrow() {
        Standing::Leading { lease, .. } => lease.clone(),
        other => panic!("it does not lead: {other:?}"),
    }
}

/// Server 3 leads, server 2 follows, and a follower made by hand is server 1.
async fn with_puppet(ensemble: &Ensemble) -> (Member, Member, Puppet) {
    let two = ensemble.start(2).await;
    let three = ensemble.start(3).await;
    until_it_leads(&three).await;
    until_it_follows(&two, 3).await;
    let puppet = Puppet::follow(ensemble.quorum_port(3)).await;
    (three, two, puppet)
}

/// A follower made by hand, which says what it is told to.
struct Puppet {
    stream: TcpStream,
    arrived: BytesMut,
}

impl Puppet {
    async fn follow(leader: SocketAddr) -> Self {
        let mut puppet = Self {
            stream: TcpStream::connect(leader).await.unwrap(),
            arrived: BytesMut::new(),
        };
        let epoch = PeerEpoch(1);
        let (participant, version) = (LearnerType::Participant, ConfigVersion(0));
        let info =
            LearnerInfo::of_the_reference(Sid(1), participant, PeerEpoch(0), PROTOCOL, version);
        puppet.say(&Packet::LearnerInfo(info)).await;
        let (current, last_zxid) = (Some(PeerEpoch(0)), PeerEpoch(0).first_zxid());
        let protocol = PROTOCOL;
        puppet.until(&Packet::LeaderInfo { epoch, protocol }).await;
        puppet.say(&Packet::AckEpoch { current, last_zxid }).await;
        puppet.until(&Packet::NewLeader { epoch }).await;
        puppet.say(&Packet::Ack { epoch }).await;
        puppet.until(&Packet::UpToDate).await;
        puppet.say(&Packet::Ack { epoch }).await;
        puppet
    }

    async fn say(&mut self, packet: &Packet) {
        let mut bytes = Vec::new();
        packet::encode(packet, &mut bytes);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// Waits for this packet, and answers signs of life until it comes.
    async fn until(&mut self, awaited: &Packet) {
        loop {
            match packet::decode(&self.arrived).unwrap() {
                Some((packet, used)) => {
                    bytes::Buf::advance(&mut self.arrived, used);
                    match packet {
                        Packet::Ping => self.say(&Packet::Ping).await,
                        packet => return assert_eq!(packet, *awaited),
                    }
                }
                None => {
                    let read = self.stream.read_buf(&mut self.arrived).await.unwrap();
                    assert!(read > 0, "it waits for {awaited:?}");
                }
            }
        }
    }
}
