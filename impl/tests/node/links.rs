//! How a node keeps its connections: while they are made anew, and after the election.

use crate::peer::{Peer, looking};
use crate::support::{Ensemble, PATIENCE, accept, keep_looking, second_of_three, until};
use fle::ServerState::{Following, Leading};
use fle::node::Node;
use fle::transport::{LinkState, Network, Tcp};
use fle::{Notification, ServerState, Sid};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// TCP, on which connecting takes until it is allowed.
#[derive(Clone)]
struct Gated {
    tcp: Tcp,
    open: watch::Receiver<bool>,
}

impl Network for Gated {
    type Stream = TcpStream;
    type Listener = TcpListener;

    async fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.tcp.bind(address).await
    }

    async fn accept(&self, listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        self.tcp.accept(listener).await
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let mut open = self.open.clone();
        open.wait_for(|open| *open).await.unwrap();
        self.tcp.connect(address).await
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.tcp.resolve(name, port).await
    }

    fn local_addr(stream: &TcpStream) -> io::Result<SocketAddr> {
        Tcp::local_addr(stream)
    }
}

#[tokio::test]
async fn a_connection_is_used_until_its_successor_is_there() {
    let (mut ensemble, first, one, _three) = second_of_three().await;
    drop(first);
    accept(&one).await;
    let (gate, open) = watch::channel(true);
    let tcp = std::mem::take(&mut ensemble.network);
    let mut config = ensemble.settings(2);
    config.timing.min_notification_interval = PATIENCE * 10;
    config.timing.max_notification_interval = PATIENCE * 10;
    let bound = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.reserve(bound).unwrap();
    config.transport.bind[0].port = address.port();
    let node = keep_looking(Node::start_on(Gated { tcp, open }, config).await.unwrap());
    let mut old = accept(&one).await;
    old.introduction().await;
    assert_eq!(old.told().await, looking(2, 1));

    gate.send_replace(false);
    let again = Peer::introduced(address, 1, &one.local_addr().unwrap().to_string()).await;
    assert!(again.rest().await.is_empty());
    until(&node, |status| {
        status.links.get(&Sid(1)) == Some(&LinkState::Dialling)
    })
    .await;
    old.tell(&looking(1, 2)).await;
    assert_eq!(old.told().await, looking(2, 2), "while it is dialling");

    gate.send_replace(true);
    let mut new = accept(&one).await;
    new.introduction().await;
    assert_eq!(new.told().await, looking(2, 2));
    assert!(old.rest().await.is_empty());
}

#[tokio::test]
async fn of_two_connections_the_one_that_was_made_later_counts() {
    let (ensemble, _node, _one, _three) = second_of_three().await;
    let mut earlier = Peer::connect(ensemble.addresses[1]).await;
    let mut later = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(later.told().await, looking(2, 1));
    earlier.write(&3_i64.to_be_bytes()).await;
    assert!(earlier.rest().await.is_empty());
    later.tell(&looking(3, 2)).await;
    assert_eq!(later.told().await, looking(3, 2));
}

/// What a server says that has settled on server 3 in the first round.
fn settled(state: ServerState) -> Notification {
    Notification {
        state,
        ..looking(3, 1)
    }
}

/// Server 2 following server 3, both others played by the test.
async fn a_follower() -> (Arc<Node>, Peer, Peer, TcpListener) {
    let (ensemble, node, one, three) = second_of_three().await;
    let mut follower = accept(&one).await;
    follower.introduction().await;
    accept(&three).await;
    let mut leader = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    leader.tell(&settled(Leading)).await;
    follower.tell(&settled(Following)).await;
    until(&node, |status| status.announcement.state == Following).await;
    (node, follower, leader, three)
}

#[tokio::test]
async fn a_follower_dials_its_leader_again() {
    let (node, _follower, leader, three) = a_follower().await;
    drop(leader);
    assert_eq!(accept(&three).await.introduction().await.sid, Sid(2));
    drop(three);
    until(&node, |status| {
        status.links.get(&Sid(3)) == Some(&LinkState::AwaitingDialBack)
    })
    .await;
}

#[tokio::test]
async fn a_follower_dials_a_leader_that_it_lost_while_it_looked() {
    let (ensemble, node, one, three) = second_of_three().await;
    let mut follower = accept(&one).await;
    follower.introduction().await;
    accept(&three).await;
    let mut leader = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    leader.told().await;
    leader.tell(&settled(Leading)).await;
    drop(leader);
    until(&node, |status| {
        status.links.get(&Sid(3)) == Some(&LinkState::Idle)
    })
    .await;
    follower.tell(&settled(Following)).await;
    until(&node, |status| status.announcement.state == Following).await;
    assert_eq!(accept(&three).await.introduction().await.sid, Sid(2));
}

#[tokio::test]
async fn a_follower_does_not_dial_others_again() {
    let (node, follower, mut leader, _three) = a_follower().await;
    drop(follower);
    until(&node, |status| {
        status.links.get(&Sid(1)) == Some(&LinkState::Idle)
    })
    .await;
    leader.tell(&looking(3, 1)).await;
    while leader.told().await.state != Following {}
    let link = node.status().borrow().links.get(&Sid(1)).cloned();
    assert_eq!(link, Some(LinkState::Idle));
}

#[tokio::test]
async fn a_leader_that_looks_in_another_round_has_given_up() {
    let (node, _follower, mut leader, _three) = a_follower().await;
    leader.tell(&looking(3, 1)).await;
    while leader.told().await.state != Following {}
    assert!(
        !node.status().borrow().leader_in_doubt,
        "it had not settled yet"
    );
    leader.tell(&looking(3, 7)).await;
    until(&node, |status| status.leader_in_doubt).await;
}

#[tokio::test]
async fn a_leader_whose_connection_ends_is_in_doubt() {
    let (node, _follower, leader, _three) = a_follower().await;
    assert!(!node.status().borrow().leader_in_doubt);
    drop(leader);
    until(&node, |status| status.leader_in_doubt).await;
}

/// More of an ensemble's own servers may be connecting at once than strangers may.
#[tokio::test]
async fn a_hundred_servers_connect_at_once() {
    let ensemble = Ensemble::voters(100);
    let _node = keep_looking(ensemble.start(1).await);
    let mut peers = Vec::new();
    for sid in 2_i64..=100 {
        let mut peer = Peer::connect(ensemble.addresses[0]).await;
        // Half of an introduction.
        peer.write(&sid.to_be_bytes()[..4]).await;
        peers.push((sid, peer));
    }
    for (sid, mut peer) in peers {
        peer.write(&sid.to_be_bytes()[4..]).await;
        let told = timeout(PATIENCE, peer.told()).await;
        assert_eq!(told.expect("it is not turned away"), looking(1, 1));
    }
}
