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
mod driver;
mod early;
#[doc(hidden)]
pub mod guard;
mod links;
mod log;

use crate::config::{BindRetries, DynamicConfig, Host, LearnerType, Options, Rules, ServerConfig};
use crate::election::{Credentials, Timing};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::notification::Notification;
use crate::quorum::OracleFile;
use crate::transport::{
    BindError, ElectionAddress, LinkState, Network, Settings, Tcp, Transport, at_every_port,
    election_addresses,
};
use driver::{Command, Driver};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What a node starts from.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Whether it votes.
    pub learner_type: LearnerType,
    /// Its configurations.
    pub ensemble: Arc<Ensemble>,
    /// Its waits.
    pub timing: Timing,
    /// Whether it adopts newer configurations that peers send.
    pub reconfig_enabled: bool,
    /// Who decides between two voters when one is lost.
    pub oracle: Option<OracleFile>,
    /// Its id and its part in the network.
    pub transport: Settings,
}

/// What this crate's transport does not do and the configuration asks for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{key} is set, and fle does not support it; remove the line, on every server of the ensemble"
)]
pub struct Unsupported {
    /// The key in the static file.
    pub key: &'static str,
}

/// The node has been shut down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the node has been shut down")]
pub struct Stopped;

/// What a node is at, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it tells others: state, vote and round.
    pub announcement: Notification,
    /// The configurations in force.
    pub ensemble: Arc<Ensemble>,
    /// Its connections with members of the configurations in force.
    pub links: BTreeMap<Sid, LinkState>,
    /// How many servers are connected that no configuration in force names.
    pub strangers: usize,
    /// The voters that kept this server from agreeing with others in the last election, and how
    /// many of their votes it has not counted for that: whoever speaks in their name is broken or
    /// means harm.
    pub disturbers: BTreeMap<Sid, u64>,
    /// The voters that elected this leader, itself among them, or all if one before it has handed
    /// over; empty unless it leads.
    pub electors: Vec<Sid>,
    /// The voters that elected this leader and look for another since, in another round; empty
    /// unless it leads.
    pub looking_voters: BTreeSet<Sid>,
    /// Whether the leader may not lead any more: since this server settled, the connection with it
    /// has ended, or it has said in another round that it looks for a leader itself.
    pub leader_in_doubt: bool,
    /// How many notifications have arrived since the start, the server's own among them.
    pub notifications: u64,
    /// How long the last election took, from the call to the decision.
    pub last_election: Option<Duration>,
}

/// A running server. Dropping it stops it; [`Node::shutdown`] also waits until it has stopped.
#[derive(Debug)]
pub struct Node {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl NodeConfig {
    /// A member of this ensemble, with ZooKeeper's defaults; `None` if it has no server of this id.
    #[must_use]
    pub fn new(sid: Sid, ensemble: DynamicConfig) -> Option<Self> {
        let own = ensemble.server(sid)?;
        let addresses = election_addresses(own);
        Some(Self {
            learner_type: own.learner_type(),
            timing: Timing::default(),
            reconfig_enabled: false,
            oracle: None,
            transport: Settings {
                sid,
                bind: addresses.clone(),
                multi_address: addresses.len() > 1,
                advertised: addresses,
                connect_timeout: Duration::from_secs(5),
                handshake_timeout: Duration::from_secs(15),
                bind_retries: BindRetries::AtMost(NonZeroU32::MIN),
            },
            ensemble: Arc::new(Ensemble::new(ensemble, None, Rules::default())),
        })
    }

    /// A server as its configuration files describe it.
    ///
    /// # Errors
    /// When they ask for TLS or SASL between servers.
    pub fn from_files(server: &ServerConfig) -> Result<Self, Unsupported> {
        let options = server.options();
        for (asked, key) in [
            (options.ssl_quorum, "sslQuorum"),
            (options.quorum_auth.enable_sasl, "quorum.auth.enableSasl"),
        ] {
            if asked {
                return Err(Unsupported { key });
            }
        }
        let committed = server.dynamic().clone();
        let addresses = committed.server(server.sid()).map(election_addresses);
        let addresses = addresses.unwrap_or_default();
        let ensemble = Ensemble::new(committed, server.last_seen().cloned(), options.rules());
        Ok(Self {
            learner_type: server.learner_type(),
            ensemble: Arc::new(ensemble),
            timing: Timing {
                min_notification_interval: options.min_notification_interval,
                max_notification_interval: options.max_notification_interval,
                finalize: options.finalize,
                ..Timing::default()
            },
            reconfig_enabled: options.reconfig_enabled,
            oracle: options.oracle_path.clone().map(OracleFile),
            transport: Settings {
                sid: server.sid(),
                bind: bind_addresses(&addresses, options),
                multi_address: options.multi_address.enabled,
                advertised: addresses,
                connect_timeout: options.connect_timeout,
                handshake_timeout: options
                    .connection_timeout
                    .unwrap_or(options.tick_time * options.sync_limit),
                bind_retries: options.election_port_bind_retries,
            },
        })
    }
}

/// The configured addresses, or their ports at every address of the machine
/// (`quorumListenOnAllIPs`).
pub(crate) fn bind_addresses(
    addresses: &[ElectionAddress],
    options: &Options,
) -> Vec<ElectionAddress> {
    if !options.quorum_listen_on_all_ips {
        return addresses.to_vec();
    }
    let everywhere = Host::Ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    at_every_port(&everywhere, addresses)
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
