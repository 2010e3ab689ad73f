//! Ensembles on loopback, on ports that the system chose.

use crate::peer::Peer;
use fle::config::{DynamicConfig, Rules};
use fle::election::Credentials;
use fle::node::{Node, NodeConfig, Status};
use fle::transport::Tcp;
use fle::{Notification, PeerEpoch, ServerState, Sid, Zxid};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// Longer than anything takes, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Ensemble {
    pub(crate) network: Tcp,
    pub(crate) config: DynamicConfig,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Ensemble {
    /// Servers 1, 2, … with these roles, each with a port reserved.
    pub(crate) fn new(roles: &[&str]) -> Self {
        let network = Tcp::default();
        let mut text = String::new();
        let mut addresses = Vec::new();
        for (sid, role) in (1..).zip(roles) {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = network.reserve(listener).unwrap();
            text += &format!("server.{sid}=127.0.0.1:1:{}:{role}\n", address.port());
            addresses.push(address);
        }
        Self {
            network,
            config: DynamicConfig::parse(&text, Rules::default()).unwrap(),
            addresses,
        }
    }

    pub(crate) fn voters(count: usize) -> Self {
        Self::new(&vec!["participant"; count])
    }

    pub(crate) fn settings(&self, sid: i64) -> NodeConfig {
        NodeConfig::new(Sid(sid), self.config.clone()).unwrap()
    }

    pub(crate) async fn start(&self, sid: i64) -> Node {
        self.start_with(self.settings(sid)).await
    }

    pub(crate) async fn start_with(&self, config: NodeConfig) -> Node {
        Node::start_on(self.network.clone(), config).await.unwrap()
    }
}

pub(crate) fn credentials(peer_epoch: i64, zxid: i64) -> Credentials {
    Credentials {
        zxid: Zxid(zxid),
        peer_epoch: PeerEpoch(peer_epoch),
    }
}

/// Looks for a leader; what comes of it.
pub(crate) async fn look(node: &Node) -> Notification {
    let decision = timeout(PATIENCE, node.look_for_leader(credentials(0, 0)));
    decision.await.expect("an election ends").unwrap()
}

pub(crate) fn outcome(vote: Notification) -> (ServerState, i64) {
    (vote.state, vote.proposal.leader.0)
}

/// Waits until the node's status is so.
pub(crate) async fn until(node: &Node, is_so: impl FnMut(&Status) -> bool) {
    let mut status = node.status();
    let waiting = timeout(PATIENCE, status.wait_for(is_so));
    waiting.await.expect("it comes to that").unwrap();
}

/// Lets a node look for a leader for as long as the test lasts.
pub(crate) fn keep_looking(node: Node) -> Arc<Node> {
    let node = Arc::new(node);
    let looking = Arc::clone(&node);
    tokio::spawn(async move { looking.look_for_leader(credentials(0, 0)).await });
    node
}

/// Server 2 of an ensemble of three, the other two being played by the test on ports of its own.
pub(crate) async fn second_of_three() -> (Ensemble, Arc<Node>, TcpListener, TcpListener) {
    second_of_three_with(|_| {}).await
}

pub(crate) async fn second_of_three_with(
    adjust: impl FnOnce(&mut NodeConfig),
) -> (Ensemble, Arc<Node>, TcpListener, TcpListener) {
    let mut ensemble = Ensemble::voters(3);
    let one = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let three = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut text = ensemble.config.to_string();
    for (place, listener) in [(0, &one), (2, &three)] {
        let port = |port: u16| format!(":{port}:");
        let theirs = listener.local_addr().unwrap().port();
        text = text.replace(&port(ensemble.addresses[place].port()), &port(theirs));
    }
    ensemble.config = DynamicConfig::parse(&text, Default::default()).unwrap();
    let mut config = ensemble.settings(2);
    adjust(&mut config);
    let node = keep_looking(ensemble.start_with(config).await);
    (ensemble, node, one, three)
}

pub(crate) async fn accept(listener: &TcpListener) -> Peer {
    let accepted = timeout(PATIENCE, listener.accept()).await;
    Peer(accepted.expect("it dials").unwrap().0)
}
