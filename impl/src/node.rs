//! A server that takes part in elections over the network.
//!
//! A [`Node`] is a handle on one task, which owns an [`Election`](crate::election::Election) and a
//! [`Transport`]. It elects; whether the leader is alive afterwards is for its owner to find out,
//! who then calls [`Node::look_for_leader`] again. [`Member`](crate::member::Member) does that.
//!
//! ```
//! use fle::config::{DynamicConfig, Rules};
//! use fle::election::Credentials;
//! use fle::node::{Node, NodeConfig};
//! use fle::transport::Tcp;
//! use fle::{PeerEpoch, Sid, Zxid};
//! use std::net::TcpListener;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let network = Tcp::default();
//! let mut text = String::new();
//! for sid in 1..=3 {
//!     let address = network.reserve(TcpListener::bind("127.0.0.1:0")?)?;
//!     text += &format!("server.{sid}=127.0.0.1:1:{}\n", address.port());
//! }
//! let ensemble = DynamicConfig::parse(&text, Rules::default())?;
//! let mut nodes = Vec::new();
//! for sid in 1..=3 {
//!     let config = NodeConfig::new(Sid(sid), ensemble.clone()).expect("it is a member");
//!     nodes.push(Node::start_on(network.clone(), config).await?);
//! }
//! let credentials = Credentials { zxid: Zxid(0), peer_epoch: PeerEpoch(0) };
//! let (one, two, three) = tokio::join!(
//!     nodes[0].look_for_leader(credentials),
//!     nodes[1].look_for_leader(credentials),
//!     nodes[2].look_for_leader(credentials),
//! );
//! let leader = three?.proposal.leader;
//! assert_eq!([one?.proposal.leader, two?.proposal.leader], [leader, leader]);
//! for node in nodes {
//!     node.shutdown().await;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Deliberately absent
//! Signs of life between leader and followers, and epochs that fence: [`crate::member`].

mod answers;
mod config;
mod driver;
mod early;
#[doc(hidden)]
pub mod guard;
mod links;
mod log;
mod status;

pub(crate) use config::bind_addresses;
pub use config::{NodeConfig, Unsupported};
pub use status::Status;

use crate::election::Credentials;
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::notification::Notification;
use crate::transport::{BindError, Network, Tcp, Transport};
use driver::{Command, Driver};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The node has been shut down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the node has been shut down")]
pub struct Stopped;

/// A running server. Dropping it stops it; [`Node::shutdown`] also waits until it has stopped.
#[derive(Debug)]
pub struct Node {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl Node {
    /// Starts a server on TCP. It listens, and answers nobody before it has looked for a leader.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(config: NodeConfig) -> Result<Self, BindError> {
        Self::start_on(Tcp::default(), config).await
    }

    /// Starts a server on a network of your own, such as a simulated one.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start_on<N: Network>(network: N, config: NodeConfig) -> Result<Self, BindError> {
        let transport = Transport::start(network, config.transport.clone(), &config.ensemble);
        let transport = transport.await?;
        let (commands, orders) = mpsc::channel(16);
        let (driver, status) = Driver::new(config, transport);
        Ok(Self {
            commands,
            status,
            task: tokio::spawn(driver.run(orders)),
        })
    }

    /// Looks for a leader, in a new round, and waits for the decision. A node that looks already
    /// goes on with its round if it was asked with the same credentials, and begins another with
    /// these if not; all callers get its decision.
    ///
    /// # Errors
    /// When the node has stopped.
    #[doc(alias = "lookForLeader")]
    pub async fn look_for_leader(&self, credentials: Credentials) -> Result<Notification, Stopped> {
        let decision = self.begin_to_look(credentials).await?;
        decision.await.map_err(|_| Stopped)
    }

    /// Looks for a leader, without waiting for the decision.
    pub(crate) async fn begin_to_look(
        &self,
        credentials: Credentials,
    ) -> Result<oneshot::Receiver<Notification>, Stopped> {
        let (decided, decision) = oneshot::channel();
        self.order(Command::Look(credentials, decided)).await?;
        Ok(decision)
    }

    /// State, vote and connections, now and whenever they change.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Takes another leader, without an election, since its own has handed over. What it tells
    /// others from now on; a node that looks goes on looking, and this waits for its decision.
    pub(crate) async fn designate(
        &self,
        leader: Sid,
    ) -> Result<oneshot::Receiver<Notification>, Stopped> {
        let (decided, decision) = oneshot::channel();
        self.order(Command::Designate(leader, decided)).await?;
        Ok(decision)
    }

    /// The leader is established under this epoch, which replaces that of the vote
    /// (ZOOKEEPER-1732).
    ///
    /// # Errors
    /// When the node has stopped.
    pub async fn update_epoch(&self, peer_epoch: PeerEpoch) -> Result<(), Stopped> {
        self.order(Command::UpdateEpoch(peer_epoch)).await
    }

    /// How many servers follow this leader; with none, the oracle of an ensemble of two is needed.
    ///
    /// # Errors
    /// When the node has stopped.
    pub async fn report_followers(&self, followers: usize) -> Result<(), Stopped> {
        self.order(Command::ReportFollowers(followers)).await
    }

    /// Takes no looking server's vote for this candidate for so long: what it needs to be
    /// established, nobody gives it. Who has settled on it is followed all the same.
    pub(crate) async fn shun(&self, candidate: Sid, time: Duration) -> Result<(), Stopped> {
        self.order(Command::Shun(candidate, time)).await
    }

    /// Other configurations are in force from now on.
    ///
    /// # Errors
    /// When the node has stopped.
    pub async fn reconfigure(&self, ensemble: Arc<Ensemble>) -> Result<(), Stopped> {
        self.order(Command::Reconfigure(ensemble)).await
    }

    /// Stops the server and waits until no task of it runs and its port is free.
    pub async fn shutdown(self) {
        drop(self.commands);
        // A task that panicked has stopped too.
        let _ = self.task.await;
    }

    async fn order(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }
}
