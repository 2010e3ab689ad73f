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
mod config;
mod disk;
mod driver;
mod lease;
mod note;
mod running;
mod shown;
mod standing;
mod transfer;

pub use crate::leadership::CannotHandOver;
pub use config::{Limits, MemberConfig, StartError};
pub use lease::Lease;
pub use note::Note;
pub use standing::Standing;
pub use transfer::TransferError;

use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::node::{Status, Stopped};
use crate::storage::Storage;
use crate::transport::{Network, Tcp};
use driver::{Command, Driver};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// A running member. Dropping it stops it; [`Member::shutdown`] also waits until it has stopped.
#[derive(Debug)]
pub struct Member {
    commands: mpsc::Sender<Command>,
    leadership: watch::Receiver<Standing>,
    status: watch::Receiver<Status>,
    notes: watch::Receiver<BTreeSet<Note>>,
    task: JoinHandle<()>,
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
