//! What is known of one peer, and of what is under way with it.

use super::addresses::list;
use super::handshake::Dialled;
use super::happening::LinkState;
use super::link::Introduced;
use super::queues::Outbox;
use super::task::Task;
use crate::codec::initial::ElectionAddress;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The wait before a peer is dialled again for which a message waits.
pub(super) const DIAL_AGAIN_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Peer<S> {
    pub(super) outbox: Arc<Outbox>,
    pub(super) state: LinkState,
    /// The number and the handle of the task that the state is about; whatever another task reports
    /// is out of date.
    pub(super) task: Option<(u64, AbortHandle)>,
    /// The connection that is used until the one that is being dialled takes its place.
    pub(super) retiring: Option<AbortHandle>,
    /// The other end of the connection, or of the one that is retiring.
    pub(super) remote: Option<SocketAddr>,
    /// Who has come under its sid while it is connected.
    pub(super) parked: Vec<Parked<S>>,
    /// Why it could not be reached, since it was connected last; each reason is told once.
    pub(super) trouble: Option<String>,
    /// When its last connection was accepted.
    pub(super) visited: Option<Instant>,
    /// Where it said it can be dialled.
    pub(super) advertised: Vec<ElectionAddress>,
    /// Where it came from last, and before that.
    pub(super) origins: [Option<Origin>; 2],
    /// When it was dialled last because it asked to be.
    pub(super) dialled_back: Option<Instant>,
    /// It is not dialled before this moment.
    pub(super) not_before: Option<Instant>,
    /// How many connections in a row have ended without a word.
    pub(super) silent_ends: usize,
}

impl<S> Default for Peer<S> {
    fn default() -> Self {
        Self {
            outbox: Arc::default(),
            state: LinkState::Idle,
            task: None,
            retiring: None,
            remote: None,
            parked: Vec::new(),
            trouble: None,
            visited: None,
            advertised: Vec::new(),
            origins: [None, None],
            dialled_back: None,
            not_before: None,
            silent_ends: 0,
        }
    }
}

/// What a task has come to.
pub(super) enum Ended<S> {
    Link {
        error: io::Error,
        /// Whether anything had arrived, and how long it lasted.
        heard: bool,
        lasted: Duration,
    },
    Dial(io::Result<Dialled<S>>),
    /// The time for dialling back is over.
    DialBack,
    /// Time to dial again.
    Pause,
    /// Whether a newcomer takes the place of the connection that is there.
    Contest(bool),
}

impl<S> Peer<S> {
    pub(super) fn retire(&mut self) {
        if let Some(task) = self.retiring.take() {
            task.abort();
        }
    }
}

/// A newcomer under the sid of a server that is connected.
pub(super) struct Parked<S> {
    pub(super) number: u64,
    pub(super) from: SocketAddr,
    pub(super) connection: Introduced<S>,
    pub(super) _decision: Task,
}

/// Where a server comes from, and says it is.
#[derive(PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) from: IpAddr,
    pub(super) advertised: Vec<ElectionAddress>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advertised = list(&self.advertised);
        match advertised.as_str() {
            "" => write!(f, "{}", self.from),
            _ => write!(f, "{} ({advertised})", self.from),
        }
    }
}
