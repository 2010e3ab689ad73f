//! The node among its peers: brings about what a script says, and looks what comes of it.

use super::network::Loopback;
use super::peer::{Other, Peer};
use super::script::{Act, Script, TICK, Then, question};
use crate::engine;
use fle::codec::initial::ElectionAddress;
use fle::config::{BindRetries, ConfigErrors, DynamicConfig, Host};
use fle::node::{Node, NodeConfig, Status};
use fle::quorum::OracleFile;
use fle::transport::{Settings, election_addresses};
use fle::{Notification, PeerEpoch, ServerState, Sid};
use fle_model::election::trace::format::{Decided, Input, Quorum, Send, Server, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::iter;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use tokio::sync::watch;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::advance;

/// Why a trace cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A configuration in its first line cannot be read.
    #[error("a configuration cannot be read:\n{0}")]
    Config(#[from] ConfigErrors),
    /// The system does not give what it takes.
    #[error("no sockets on loopback, or no temporary file: {0}")]
    System(#[from] io::Error),
}

/// How long the node has for what the script does not speak of, on a clock that advances by waits
/// alone.
const NEVER: Duration = Duration::from_hours(10_000);
/// How often all tasks get their turn before the node counts as silent: the driver, then what it
/// wakes, twice over.
const TURNS: usize = 8;

pub(super) struct Stage {
    node: Arc<Node>,
    as_known: Other,
    status: watch::Receiver<Status>,
    network: Loopback,
    peers: BTreeMap<i64, Peer>,
    voters: BTreeSet<i64>,
    /// The election that the node has been asked for.
    decision: Option<JoinHandle<Option<Notification>>>,
    /// How long an act may take, in real time, before what is missing counts as missing.
    patience: Duration,
    deadline: Instant,
    _oracle: Option<NamedTempFile>,
}

/// A wait ran out before its time.
pub(super) struct TooEarly;

impl Stage {
    pub(super) async fn new(
        server: &Server,
        script: &Script,
        patience: Duration,
    ) -> Result<Self, NodeError> {
        let ensemble = engine::ensemble(server)?;
        let peers = peers(script).await?;
        let configs = [Some(ensemble.committed()), ensemble.last_seen()];
        let network = Loopback::new(routes(configs.into_iter().flatten(), &peers)?);
        let oracle = oracle(server)?;
        let (sid, address) = (Sid(server.sid), network.reserve()?);
        let config = NodeConfig {
            learner_type: server.learner_type.into(),
            ensemble,
            timing: engine::timing(server),
            reconfig_enabled: false,
            oracle: oracle.as_ref().map(|file| OracleFile(file.path().into())),
            transport: settings(sid, address),
        };
        let node = Node::start_on(network.clone(), config).await;
        let node = node.map_err(io::Error::other)?;
        Ok(Self {
            status: node.status(),
            node: Arc::new(node),
            as_known: Other { sid, address },
            network,
            peers,
            voters: script.voters.clone(),
            decision: None,
            patience,
            deadline: Instant::now(),
            _oracle: oracle,
        })
    }

    /// Brings about an act; what is to be seen then.
    pub(super) async fn play(&mut self, act: &Act) -> Result<Standing, TooEarly> {
        self.deadline = Instant::now() + self.patience;
        let before = self.notifications() + act.heard;
        self.bring_about(act).await?;
        let mut sends = Vec::new();
        let own = self.as_known.sid.0;
        let (to_itself, to_others): (Vec<_>, Vec<_>) =
            act.outcome.sends.iter().partition(|send| send.to == own);
        for Send { to, .. } in to_others {
            if let Ok(hex) = self.told(*to).await {
                sends.push(Send { to: *to, hex });
            }
        }
        let as_expected = || {
            self.notifications() == before + to_itself.len()
                && shows(&act.outcome, &self.status.borrow().announcement)
        };
        until(self.deadline, as_expected).await;
        let returned = self.notifications().saturating_sub(before);
        // What it told itself does not pass through a socket, only how often it did shows.
        let hex = Vec::new();
        let more = Send { to: own, hex };
        let to_itself = to_itself.into_iter().chain(iter::repeat(&more));
        sends.extend(to_itself.take(returned).cloned());
        sends.sort_by_key(|send| send.to);
        Ok(self.standing(&act.outcome, sends).await)
    }

    /// How many the node has heard so far, its own included.
    fn notifications(&self) -> usize {
        usize::try_from(self.status.borrow().notifications).unwrap_or(usize::MAX)
    }

    /// What the node shows, in place of what is expected.
    async fn standing(&mut self, expected: &Standing, sends: Vec<Send>) -> Standing {
        let shown = self.status.borrow().announcement;
        let mut standing = Standing {
            sends,
            state: shown.state.into(),
            ..expected.clone()
        };
        if shown.state == ServerState::Looking {
            standing.logical_clock = shown.election_epoch.0;
            standing.proposal = shown.proposal.into();
            standing.decided = None;
            return standing;
        }
        standing.wait = None;
        standing.decided = Some(Decided::new(shown.proposal, shown.election_epoch));
        if let Some(decision) = self.decision.take() {
            let decision = async { decision.await.map_err(io::Error::other) };
            if patiently(self.deadline, decision).await.ok().flatten() != Some(shown) {
                standing.decided = None;
            }
        }
        standing
    }

    async fn bring_about(&mut self, act: &Act) -> Result<(), TooEarly> {
        if act.input == (Input::Timeout { delivered: false }) {
            self.hold_up().await;
        }
        self.pause(act.pause).await?;
        match &act.input {
            Input::Look(own) => {
                let (node, own) = (Arc::clone(&self.node), (*own).into());
                let look = async move { node.look_for_leader(own).await.ok() };
                self.decision = Some(tokio::spawn(look));
                self.meet_voters().await;
            }
            Input::Recv { from, hex } => {
                self.tell(*from, hex).await;
                if act.then == Then::Question {
                    self.tell(*from, &question()).await;
                }
            }
            Input::Timeout { .. } | Input::FinalizeTimeout {} => {
                advance(2 * TICK).await;
                turns().await;
                self.network.open();
            }
            Input::UpdateEpoch { peer_epoch } => {
                // A node that has stopped shows nothing of what is expected next.
                let _ = self.node.update_epoch(PeerEpoch(*peer_epoch)).await;
                turns().await;
            }
        }
        Ok(())
    }

    /// The node dials the voters that it is not connected with. One that it does not dial will miss
    /// what it should be told.
    async fn meet_voters(&mut self) {
        for voter in &self.voters {
            if let Some(peer) = self.peers.get_mut(voter)
                && !peer.is_connected()
            {
                let _ = patiently(self.deadline, peer.be_dialled(self.as_known)).await;
            }
        }
    }

    /// A peer tells the node something. Where the node does not let it, its answer will be missing.
    async fn tell(&mut self, from: i64, payload: &[u8]) {
        if let Some(peer) = self.peers.get_mut(&from) {
            let tell = async {
                if !peer.is_connected() {
                    peer.dial(self.as_known).await?;
                }
                peer.tell(payload).await
            };
            let _ = patiently(self.deadline, tell).await;
        }
    }

    async fn told(&mut self, to: i64) -> io::Result<Vec<u8>> {
        let peer = self.peers.get_mut(&to).ok_or(io::ErrorKind::NotFound)?;
        patiently(self.deadline, peer.told()).await
    }

    /// Until the wait has run out nothing is delivered: see the module's introduction.
    async fn hold_up(&mut self) {
        for (sid, peer) in &mut self.peers {
            if peer.is_connected() && !self.voters.contains(sid) {
                peer.part();
            }
        }
        until(self.deadline, || self.status.borrow().strangers == 0).await;
        self.network.shut();
        for (held, voter) in self.voters.clone().into_iter().enumerate() {
            let heard = self.notifications();
            self.tell(voter, &question()).await;
            until(self.deadline, || self.network.held() > held).await;
            self.tell(voter, &question()).await;
            until(self.deadline, || self.notifications() == heard + 2).await;
        }
    }

    /// Time passes in which nothing may happen.
    async fn pause(&self, pause: Duration) -> Result<(), TooEarly> {
        let outside = || (self.network.written(), self.status.borrow().announcement);
        let before = outside();
        advance(pause).await;
        turns().await;
        if outside() == before {
            Ok(())
        } else {
            Err(TooEarly)
        }
    }

    /// Shuts the node down; what it has sent without being expected to.
    pub(super) async fn close(self) -> Vec<Send> {
        let deadline = Instant::now() + self.patience;
        let Self {
            node, mut peers, ..
        } = self;
        if let Some(decision) = self.decision {
            decision.abort();
            let _ = patiently(deadline, async { Ok(decision.await) }).await;
        }
        if let Some(node) = Arc::into_inner(node) {
            let shutdown = async {
                node.shutdown().await;
                Ok(())
            };
            let _ = patiently(deadline, shutdown).await;
        }
        rest(deadline, &mut peers).await
    }
}

/// What the node has sent to anybody before it ended the connection.
async fn rest(deadline: Instant, peers: &mut BTreeMap<i64, Peer>) -> Vec<Send> {
    let mut sends = Vec::new();
    for (to, peer) in peers {
        while let Ok(hex) = patiently(deadline, peer.told()).await {
            sends.push(Send { to: *to, hex });
        }
        peer.part();
    }
    sends
}

/// Waits, but not longer than until the deadline, and without ever leaving the runtime idle.
async fn patiently<T>(
    deadline: Instant,
    wait: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::select! {
        biased;
        done = wait => done,
        () = until(deadline, || false) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Gives all other tasks their turns until something is so, or until the deadline.
async fn until(deadline: Instant, is_so: impl Fn() -> bool) {
    while !is_so() && Instant::now() < deadline {
        yield_now().await;
    }
}

async fn turns() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}

fn shows(expected: &Standing, shown: &Notification) -> bool {
    let vote = Decided::new(shown.proposal, shown.election_epoch);
    expected.state == shown.state.into()
        && match expected.decided {
            Some(decided) => decided == vote,
            None => {
                expected.logical_clock == vote.election_epoch
                    && expected.proposal == shown.proposal.into()
            }
        }
}

/// The voters, and whoever else says something.
async fn peers(script: &Script) -> io::Result<BTreeMap<i64, Peer>> {
    let senders = script.acts.iter().filter_map(|act| match act.input {
        Input::Recv { from, .. } => Some(from),
        _ => None,
    });
    let sids: BTreeSet<i64> = senders.chain(script.voters.iter().copied()).collect();
    let mut peers = BTreeMap::new();
    for sid in sids {
        peers.insert(sid, Peer::new(sid).await?);
    }
    Ok(peers)
}

/// Where the addresses of the configurations lead to.
fn routes<'a>(
    configs: impl Iterator<Item = &'a DynamicConfig>,
    peers: &BTreeMap<i64, Peer>,
) -> io::Result<BTreeMap<ElectionAddress, SocketAddr>> {
    let mut routes = BTreeMap::new();
    for server in configs.flat_map(DynamicConfig::servers) {
        if let Some(peer) = peers.get(&server.sid().0) {
            for address in election_addresses(server) {
                routes.insert(address, peer.address()?);
            }
        }
    }
    Ok(routes)
}

fn oracle(server: &Server) -> io::Result<Option<NamedTempFile>> {
    if server.quorum != Quorum::Oracle {
        return Ok(None);
    }
    let mut file = NamedTempFile::new()?;
    let grants = server.oracle.unwrap_or_default();
    file.write_all(if grants { b"1" } else { b"0" })?;
    Ok(Some(file))
}

fn settings(sid: Sid, address: SocketAddr) -> Settings {
    let listens = ElectionAddress {
        host: Host::Ip(address.ip()),
        port: address.port(),
    };
    Settings {
        sid,
        bind: vec![listens.clone()],
        advertised: vec![listens],
        multi_address: false,
        connect_timeout: NEVER,
        handshake_timeout: NEVER,
        bind_retries: BindRetries::AtMost(NonZeroU32::MIN),
    }
}
