//! A member of an ensemble: it elects, and then leads or follows until that is over, and elects
//! again.
//!
//! A [`Member`] is a handle on one task, which owns a [`Node`](crate::node::Node), a
//! [`Leadership`](crate::leadership::Leadership) and the server's quorum port.
//! [`Member::leadership`] is what an embedding system lives by: whether this server leads, in which
//! epoch, and until when it may rely on it.
//!
//! ```
//! use fle::PeerEpoch;
//! use fle::config::{DynamicConfig, Rules};
//! use fle::member::{Member, MemberConfig, Standing};
//! use fle::storage::EpochFiles;
//! use fle::transport::Tcp;
//! use std::net::TcpListener;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let network = Tcp::default();
//! let mut text = String::new();
//! for sid in 1..=3 {
//!     let quorum = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
//!     let election = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
//!     text += &format!("server.{sid}=127.0.0.1:{quorum}:{election}\n");
//! }
//! let ensemble = DynamicConfig::parse(&text, Rules::default())?;
//! let directory = tempfile::tempdir()?;
//! let mut members = Vec::new();
//! for sid in 1..=3 {
//!     let config = MemberConfig::new(fle::Sid(sid), ensemble.clone()).expect("it is a member");
//!     let data_dir = directory.path().join(sid.to_string());
//!     let epochs = EpochFiles::open(&data_dir, fle::Sid(sid), &config.node.ensemble).await?;
//!     // A server without transactions has seen its current epoch begin, and nothing else.
//!     let last_zxid = PeerEpoch::first_zxid;
//!     members.push(Member::start_on(network.clone(), config, epochs, last_zxid).await?);
//! }
//! let mut leadership = members[2].leadership();
//! // An ensemble whose directories are empty elects when all of its voters have come.
//! let now = leadership.wait_for(|now| now.epoch().is_some()).await?.clone();
//! if let Standing::Leading { epoch, lease } = now {
//!     assert!(epoch >= PeerEpoch(1));
//!     assert!(lease.is_valid());
//! }
//! for member in members {
//!     member.shutdown().await;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backoff;
mod disk;
mod driver;
mod lease;
mod note;
mod running;
mod shown;
mod transfer;

pub use crate::leadership::CannotHandOver;
pub use lease::Lease;
pub use note::Note;
pub use transfer::TransferError;

use crate::config::{DynamicConfig, ServerConfig};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::node::{NodeConfig, Status, Stopped, Unsupported, bind_addresses};
use crate::storage::{Storage, StorageError};
use crate::transport::{BindError, ElectionAddress, Network, Tcp, quorum_addresses};
use driver::{Command, Driver};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What a member is at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is no established leader that it knows of.
    Looking,
    /// It follows an established leader, with a vote.
    Following {
        /// Whom.
        leader: Sid,
        /// The leader's epoch.
        epoch: PeerEpoch,
    },
    /// It leads.
    Leading {
        /// Its epoch: greater than that of every leader before it, and nobody else's.
        epoch: PeerEpoch,
        /// Until when it may rely on being the only one.
        lease: Lease,
    },
    /// It follows an established leader, without a vote.
    Observing {
        /// Whom.
        leader: Sid,
        /// The leader's epoch.
        epoch: PeerEpoch,
    },
}

/// How patient a member is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The length of a tick; leader and learners show signs of life twice in it. Default 2 s.
    pub tick_time: Duration,
    /// How long a leader may take to be established, in ticks. Default 10.
    pub init_limit: u32,
    /// How long leader and learners bear one another's silence, in ticks; also the length of a
    /// lease. Default 5.
    pub sync_limit: u32,
    /// How much faster than this server's clock another's may run, in parts of a million: the lease
    /// is shorter by that. Default 1,000, which is more than the drift of any clock that keeps time
    /// at all.
    pub clock_drift_ppm: u32,
    /// How long an elected leader waits for a quorum before it gives up as soon as one of those
    /// that elected it looks again. Default none: it gives up when those that are left are no
    /// quorum.
    pub epoch_timeout: Option<Duration>,
    /// The wait between attempts to connect to the leader. Default 100 ms.
    pub connect_retry_delay: Duration,
    /// The longest random wait of an observer that lost its leader, before it looks for another.
    /// Default 200 ms.
    pub observer_election_delay: Duration,
    /// Whether a follower is free to help another leader as soon as its leader's end of their
    /// connection is closed in order (FIN), as happens when a process dies. Default no: it waits
    /// for its leader's word, or for `sync_limit` ticks.
    ///
    /// With it a killed leader is replaced within milliseconds instead of `sync_limit` ticks, and
    /// the lease holds only if nothing between the servers closes connections: no proxy, no service
    /// mesh, no load balancer. A firewall's resets do no harm either way.
    pub promise_ends_with_connection: bool,
}

/// What a member starts from.
#[derive(Clone, Debug)]
pub struct MemberConfig {
    /// Its part in elections.
    pub node: NodeConfig,
    /// Where it takes learners.
    pub quorum_bind: Vec<ElectionAddress>,
    /// How patient it is.
    pub limits: Limits,
}

/// Why a member cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The epochs cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A running member. Dropping it stops it; [`Member::shutdown`] also waits until it has stopped.
#[derive(Debug)]
pub struct Member {
    commands: mpsc::Sender<Command>,
    leadership: watch::Receiver<Standing>,
    status: watch::Receiver<Status>,
    notes: watch::Receiver<BTreeSet<Note>>,
    task: JoinHandle<()>,
}

impl Standing {
    /// The epoch of the established leader.
    #[must_use]
    pub fn epoch(&self) -> Option<PeerEpoch> {
        match self {
            Self::Looking => None,
            Self::Following { epoch, .. }
            | Self::Leading { epoch, .. }
            | Self::Observing { epoch, .. } => Some(*epoch),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tick_time: Duration::from_secs(2),
            init_limit: 10,
            sync_limit: 5,
            clock_drift_ppm: 1000,
            epoch_timeout: None,
            connect_retry_delay: Duration::from_millis(100),
            observer_election_delay: Duration::from_millis(200),
            promise_ends_with_connection: false,
        }
    }
}

impl MemberConfig {
    /// A member of this ensemble, with ZooKeeper's defaults; `None` if it has no server of this id.
    #[must_use]
    pub fn new(sid: Sid, ensemble: DynamicConfig) -> Option<Self> {
        Some(Self {
            quorum_bind: quorum_addresses(ensemble.server(sid)?),
            node: NodeConfig::new(sid, ensemble)?,
            limits: Limits::default(),
        })
    }

    /// A server as its configuration files describe it.
    ///
    /// # Errors
    /// When they ask for TLS or SASL between servers.
    pub fn from_files(server: &ServerConfig) -> Result<Self, Unsupported> {
        let options = server.options();
        let addresses = server.dynamic().server(server.sid()).map(quorum_addresses);
        Ok(Self {
            node: NodeConfig::from_files(server)?,
            quorum_bind: bind_addresses(&addresses.unwrap_or_default(), options),
            limits: Limits {
                tick_time: options.tick_time,
                init_limit: options.init_limit,
                sync_limit: options.sync_limit,
                epoch_timeout: options.leader_epoch_timeout,
                connect_retry_delay: options.leader_connect_retry_delay,
                observer_election_delay: options.observer_election_delay,
                promise_ends_with_connection: options.promise_ends_with_connection,
                ..Limits::default()
            },
        })
    }
}

impl Member {
    /// Starts a member on TCP, which looks for a leader at once.
    ///
    /// `last_zxid` says, each time the server looks, which transaction it has logged last, given
    /// its current epoch; one that keeps none passes [`PeerEpoch::first_zxid`].
    ///
    /// # Errors
    /// When it cannot listen, or its epochs cannot be read.
    pub async fn start(
        config: MemberConfig,
        storage: impl Storage,
        last_zxid: impl FnMut(PeerEpoch) -> Zxid + Send + 'static,
    ) -> Result<Self, StartError> {
        Self::start_on(Tcp::default(), config, storage, last_zxid).await
    }

    /// Starts a member on a network of your own, such as a simulated one.
    ///
    /// # Errors
    /// When it cannot listen, or its epochs cannot be read.
    pub async fn start_on<N: Network>(
        network: N,
        config: MemberConfig,
        storage: impl Storage,
        last_zxid: impl FnMut(PeerEpoch) -> Zxid + Send + 'static,
    ) -> Result<Self, StartError> {
        let (commands, orders) = mpsc::channel(16);
        let driver = Driver::start(network, config, storage, Box::new(last_zxid)).await?;
        Ok(Self {
            commands,
            leadership: driver.leadership(),
            status: driver.status(),
            notes: driver.notes(),
            task: tokio::spawn(driver.run(orders)),
        })
    }

    /// Whom this server leads or follows, now and whenever that changes. Epochs never decrease, and
    /// grow from leader to leader.
    #[must_use]
    pub fn leadership(&self) -> watch::Receiver<Standing> {
        self.leadership.clone()
    }

    /// The state of the election: vote, round, connections.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// What the owner had better know beside that, for as long as it is so: why the server stands
    /// aside, which limits differ.
    #[must_use]
    pub fn notes(&self) -> watch::Receiver<BTreeSet<Note>> {
        self.notes.clone()
    }

    /// Runs a job whenever this server leads with a valid lease, until the job finishes, and gives
    /// what the job returns.
    ///
    /// For each term `job` is called with the epoch and the lease and makes the future to run. The
    /// clock is asked whether the lease lasts before `job` is called and before each poll of the
    /// future, so that a process that was stopped, or a runtime that was held up, neither begins
    /// nor continues the job of a leader that is past. When the lease is over, the future is
    /// dropped, and `job` is called again when this server leads again (in the same epoch if the
    /// lease was renewed too late). A job that finishes is done, here: it is not run again, and
    /// other servers that run the same job know nothing of it. A job that is to run for as long as
    /// the server leads does not return.
    ///
    /// The future does not keep the member running. Dropping it drops the job.
    ///
    /// What remains:
    /// - A process can be stopped in the midst of a poll. When it goes on, the rest of that poll is
    ///   done on a lease that may be over. What must not happen twice is guarded where it happens,
    ///   by the epoch: for example by a [`FencedFile`](crate::fence::FencedFile).
    /// - A job that blocks its thread for longer than the lease goes on until its next `await`, and
    ///   what it has begun elsewhere (tasks, threads, requests) is not ended with it. Such work
    ///   asks [`Lease::is_valid`] before each step.
    ///
    /// # Errors
    /// When the member has stopped.
    ///
    /// ```
    /// # use fle::member::Member;
    /// # async fn example(member: &Member) -> Result<(), Box<dyn std::error::Error>> {
    /// let first = member.run_while_leading(async |epoch, _lease| epoch).await?;
    /// println!("this server has led, in epoch {first}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_while_leading<F, J>(
        &self,
        job: F,
    ) -> impl Future<Output = Result<J::Output, Stopped>> + use<F, J>
    where
        F: FnMut(PeerEpoch, Lease) -> J,
        J: Future,
    {
        running::run_while_leading(self.leadership(), job)
    }

    /// Gives up leading or following, and looks for a leader. The same server may win again:
    /// nothing but its history, and its id, speaks for one. [`Member::transfer`] names another; a
    /// server of weight 0 never leads.
    ///
    /// # Errors
    /// When the member has stopped.
    pub async fn step_down(&self) -> Result<(), Stopped> {
        self.order(Command::StepDown).await
    }

    /// Hands leadership over to another server, without an election: its lease is over at once, and
    /// `heir` leads, in a later epoch, as soon as a quorum follows it. In which epoch.
    ///
    /// Stop acting before, and see that the heir has all that the leader has done: one whose
    /// history is shorter is followed by nobody. If the heir does not answer, this server goes on
    /// leading; if it takes over and is not established, there is an election. Dropping the future
    /// changes nothing of that.
    ///
    /// # Errors
    /// When it cannot be begun ([`CannotHandOver`]), when somebody else, perhaps this server, leads
    /// in the end, or when the member has stopped. Either way somebody leads, unless a quorum is
    /// missing: then this waits until there is one.
    pub async fn transfer(&self, heir: Sid) -> Result<PeerEpoch, TransferError> {
        let (told, outcome) = oneshot::channel();
        self.order(Command::Transfer(heir, told)).await?;
        outcome.await.map_err(|_| Stopped)?
    }

    /// Other configurations are in force from now on. What is established stays so; its quorums are
    /// the new ones.
    ///
    /// # Errors
    /// When the member has stopped.
    pub async fn reconfigure(&self, ensemble: Arc<Ensemble>) -> Result<(), Stopped> {
        self.order(Command::Reconfigure(ensemble)).await
    }

    /// Stops the member and waits until no task of it runs and its ports are free.
    pub async fn shutdown(self) {
        drop(self.commands);
        // A task that panicked has stopped too.
        let _ = self.task.await;
    }

    async fn order(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }
}
