//! Ensembles on loopback, on ports that the system chose.

use fle::config::{DynamicConfig, Rules};
use fle::election::Credentials;
use fle::node::{Node, NodeConfig, Status};
use fle::transport::Tcp;
use fle::{Notification, PeerEpoch, ServerState, Sid, Zxid};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
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
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
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
