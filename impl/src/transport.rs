//! The connections between servers: one for each pair, kept by the greater sid.
//!
//! Source: `QuorumCnxManager`. Whoever has something to send dials. If the dialled server has the greater sid, the dialler closes the
//! connection again and waits to be dialled back, so that two servers that dial each other end with one connection.
//!
//! # Invariants
//! - A [`Transport`] belongs to one task, and nothing in it waits but [`Transport::next`], so no peer holds up another.
//! - Every peer has at most one connection, one attempt to dial, and one waiting message, the newest.
//! - Every task that it starts ends with it ([`Transport::shutdown`]).
//! - What strangers can occupy is bounded: connections that have not said who they are, servers that no configuration
//!   knows, messages that are not handled yet, bytes of a frame.
//!
//! # Deliberately absent
//! What messages mean; TLS and SASL; any proof that a peer is who it says.

mod addresses;
mod handshake;
mod link;
mod listening;
mod network;
mod packets;
mod queues;
mod quorum_port;

pub use crate::codec::initial::ElectionAddress;
use crate::codec::initial::InitialMessage;
pub(crate) use addresses::at_every_port;
pub use addresses::{election_addresses, quorum_addresses};
pub use link::{Frame, LONGEST_PAYLOAD};
pub use network::{Network, Tcp};
pub(crate) use quorum_port::{PortEvent, QuorumPort};

use crate::config::{BindRetries, Host};
use crate::election::Outbox as Delivery;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use addresses::{Directory, follow, list, own_addresses};
use bytes::Bytes;
use handshake::{Dialled, Visitor};
use link::Introduced;
use listening::Listeners;
use queues::{Inbox, Outbox};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;

/// How many connections may be in their first moments at once, beside one of each server of the ensemble.
const HALF_OPEN: usize = 64;
/// How many servers that no configuration knows may be connected.
const STRANGERS: usize = 32;
/// The wait before a peer is dialled again for which a message waits.
const DIAL_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The wait between attempts to listen on a port that is taken, as in the reference.
const BIND_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How a server takes part in the network.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's id.
    pub sid: Sid,
    /// Where it listens. Names are resolved when it binds.
    pub bind: Vec<ElectionAddress>,
    /// Where it says that it can be dialled; at least one. Wildcards are left out, and if nothing else is left the address stands
    /// in that a connection has on this side.
    pub advertised: Vec<ElectionAddress>,
    /// Whether to advertise all addresses, which servers before 3.6 cannot read (`multiAddress.enabled`).
    pub multi_address: bool,
    /// How long connecting to one address may take, and how long a peer has to dial back.
    pub connect_timeout: Duration,
    /// How long a server may take to introduce itself.
    pub handshake_timeout: Duration,
    /// How often to try to listen.
    pub bind_retries: BindRetries,
}

/// How a server is connected to a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// Not at all, and nothing waits to be sent.
    Idle,
    /// This server is dialling.
    Dialling,
    /// The peer has the greater sid, has been reached, and is expected to dial back.
    AwaitingDialBack,
    /// Connected.
    Up,
    /// The last attempt failed, with this reason. It is repeated as long as something waits to be sent.
    Unreachable(String),
}

/// What happens on the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A message arrived. What it says is not checked.
    Received {
        /// Who the connection belongs to.
        from: Sid,
        /// The frame without its length.
        payload: Bytes,
    },
    /// A connection came up, broke, or could not be made.
    Link {
        /// The peer.
        peer: Sid,
        /// Its state from now on.
        state: LinkState,
    },
}

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: {source}; another process may have the port, or the address is not this machine's"
)]
pub struct BindError {
    /// Where.
    pub address: String,
    /// Why.
    pub source: io::Error,
}

/// One server's connections.
pub struct Transport<N: Network> {
    network: N,
    settings: Settings,
    addresses: Directory,
    peers: BTreeMap<Sid, Peer>,
    inbox: Arc<Inbox>,
    visitors: mpsc::Receiver<Visitor<N::Stream, InitialMessage>>,
    listeners: Listeners<N, InitialMessage>,
    /// The server's own addresses in the committed configuration.
    own: Vec<ElectionAddress>,
    /// One task for each link, attempt to dial and wait, named by peer and number.
    tasks: JoinSet<(Sid, u64, Ended<N::Stream>)>,
    numbers: u64,
    /// What happened to links while the owner was not waiting for news.
    news: VecDeque<Happening>,
    messages_first: bool,
}

/// What the transport waits for.
enum Event<S> {
    Message { from: Sid, payload: Bytes },
    Visitor(Visitor<S, InitialMessage>),
    Ended(Result<(Sid, u64, Ended<S>), JoinError>),
}

struct Peer {
    outbox: Arc<Outbox>,
    state: LinkState,
    /// The number and the handle of the task that the state is about; whatever another task reports is out of date.
    task: Option<(u64, AbortHandle)>,
    /// The connection that is used until the one that is being dialled takes its place.
    retiring: Option<AbortHandle>,
    /// Why it could not be reached, since it was connected last; each reason is told once.
    trouble: Option<String>,
    /// When its last connection was accepted.
    visited: Option<Instant>,
    /// Where it said it can be dialled.
    advertised: Vec<ElectionAddress>,
}

enum Ended<S> {
    Link(io::Error),
    Dial(io::Result<Dialled<S>>),
    /// The time for dialling back is over.
    DialBack,
    /// Time to dial again.
    Pause,
}

impl<N: Network> Transport<N> {
    /// Starts to listen.
    ///
    /// # Errors
    /// When a port cannot be listened on, after the retries of the settings.
    pub async fn start(
        network: N,
        settings: Settings,
        ensemble: &Ensemble,
    ) -> Result<Self, BindError> {
        let (entry, visitors) = mpsc::channel(16);
        let addresses = Directory::of(ensemble, election_addresses);
        let half_open = HALF_OPEN + addresses.0.len();
        let bind = &settings.bind;
        let listeners =
            Listeners::start(network.clone(), &settings, bind, half_open, entry).await?;
        Ok(Self {
            network,
            addresses,
            peers: BTreeMap::new(),
            inbox: Arc::default(),
            visitors,
            listeners,
            own: own_addresses(ensemble, settings.sid, election_addresses),
            settings,
            tasks: JoinSet::new(),
            numbers: 0,
            news: VecDeque::new(),
            messages_first: false,
        })
    }

    /// Hands a message over. It replaces one to the same peer that still waits. To this server itself it arrives like any other.
    pub fn send(&mut self, to: Sid, frame: &Frame) {
        if to == self.settings.sid {
            self.inbox.push(to, frame.payload());
            return;
        }
        self.peer(to).outbox.put(frame.clone());
        self.connect(to);
    }

    /// Dials every peer that something was ever sent to and that is not connected.
    pub fn connect_all(&mut self) {
        let peers: Vec<Sid> = self.peers.keys().copied().collect();
        for peer in peers {
            self.connect(peer);
        }
    }

    /// Dials a peer unless that is under way or done.
    pub fn connect(&mut self, sid: Sid) {
        match self.peer(sid).state {
            LinkState::Idle | LinkState::Unreachable(_) => {
                self.dial(sid);
                self.news.push_back(self.link_is(sid, LinkState::Dialling));
            }
            LinkState::Dialling | LinkState::AwaitingDialBack | LinkState::Up => {}
        }
    }

    /// Where a server said it can be dialled.
    pub(crate) fn address_of(&self, sid: Sid) -> Option<SocketAddr> {
        let said = self.peers.get(&sid)?.advertised.first()?;
        match said.host {
            Host::Ip(ip) => Some(SocketAddr::new(ip, said.port)),
            Host::Name(_) => None,
        }
    }

    /// Whether at least one peer's message has left (the reference's `haveDelivered`).
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        if self.peers.values().any(|peer| peer.outbox.is_empty()) {
            Delivery::Delivered
        } else {
            Delivery::Stalled
        }
    }

    /// Dials by these configurations from now on. If they give this server other addresses, it listens on those and advertises
    /// them, unless its settings had it listen or advertise elsewhere; one that listens on all addresses of the machine goes on
    /// doing so, on the new ports.
    pub fn reconfigure(&mut self, ensemble: &Ensemble) {
        self.addresses = Directory::of(ensemble, election_addresses);
        let own = own_addresses(ensemble, self.settings.sid, election_addresses);
        if own.is_empty() || own == self.own {
            return;
        }
        let settings = &mut self.settings;
        settings.bind = follow(&settings.bind, &self.own, &own);
        if settings.advertised == self.own {
            settings.advertised.clone_from(&own);
        }
        self.listeners.move_to(&settings.bind);
        self.own = own;
    }

    /// Ends all connections and forgets what waits in either direction.
    pub fn renew(&mut self) {
        self.tasks.abort_all();
        self.peers.clear();
        self.inbox.clear();
        self.news.clear();
    }

    /// What happens next. May be given up at any time without losing anything.
    pub async fn next(&mut self) -> Happening {
        loop {
            if let Some(news) = self.news.pop_front() {
                return news;
            }
            let happening = match self.event().await {
                Event::Message { from, payload } => Some(Happening::Received { from, payload }),
                Event::Visitor(visitor) => self.receive(visitor),
                // A task that was aborted, or that panicked, says nothing.
                Event::Ended(ended) => ended
                    .ok()
                    .and_then(|(peer, number, ended)| self.end(peer, number, ended)),
            };
            if let Some(happening) = happening {
                return happening;
            }
        }
    }

    /// Messages and connections take turns at being asked first, so whoever floods with the one does not starve the other. A random
    /// order could not be simulated twice.
    async fn event(&mut self) -> Event<N::Stream> {
        self.messages_first = !self.messages_first;
        let message = async {
            let (from, payload) = self.inbox.pop().await;
            Event::Message { from, payload }
        };
        // Tasks end no faster than visitors and this server's own dialling start them.
        let connection = async {
            tokio::select! {
                biased;
                Some(ended) = self.tasks.join_next() => Event::Ended(ended),
                Some(visitor) = self.visitors.recv() => Event::Visitor(visitor),
            }
        };
        if self.messages_first {
            tokio::select! { biased; event = message => event, event = connection => event }
        } else {
            tokio::select! { biased; event = connection => event, event = message => event }
        }
    }

    /// Ends everything: afterwards no task runs and no port is taken.
    pub async fn shutdown(mut self) {
        self.visitors.close();
        self.listeners.shutdown().await;
        self.tasks.shutdown().await;
    }

    fn peer(&mut self, sid: Sid) -> &mut Peer {
        self.peers.entry(sid).or_insert_with(|| Peer {
            outbox: Arc::default(),
            state: LinkState::Idle,
            task: None,
            retiring: None,
            trouble: None,
            visited: None,
            advertised: Vec::new(),
        })
    }

    fn dial(&mut self, sid: Sid) {
        let advertised = self.peer(sid).advertised.clone();
        let known = self.addresses.0.get(&sid).into_iter().flatten().cloned();
        let mut groups: Vec<_> = [advertised].into_iter().chain(known).collect();
        groups.retain(|group| !group.is_empty());
        groups.dedup();
        let dial = handshake::dial(self.network.clone(), self.settings.clone(), sid, groups);
        self.enter(sid, LinkState::Dialling, async { Ended::Dial(dial.await) });
    }

    /// Puts the peer into a state, with the task that will end it in place of the one before. A connection that is about to be
    /// replaced stays until then, so that the peer sees its successor before its end.
    fn enter(
        &mut self,
        sid: Sid,
        state: LinkState,
        task: impl Future<Output = Ended<N::Stream>> + Send + 'static,
    ) {
        self.numbers += 1;
        let number = self.numbers;
        let handle = self.tasks.spawn(async move { (sid, number, task.await) });
        let peer = self.peer(sid);
        let before = peer.task.replace((number, handle)).map(|(_, task)| task);
        peer.retire();
        peer.retiring = before;
        if state != LinkState::Dialling {
            peer.retire();
        }
        peer.state = state;
    }

    /// Somebody has connected and said who it is.
    fn receive(&mut self, visitor: Visitor<N::Stream, InitialMessage>) -> Option<Happening> {
        let sid = visitor.greeting.sid;
        if sid == self.settings.sid {
            tracing::warn!(target: "fle", %sid, "somebody connects with this server's own id; give each server an id of its own");
            return None;
        }
        if !self.addresses.0.contains_key(&sid) && !self.admits_stranger(sid) {
            tracing::warn!(target: "fle", peer = %sid, "refused a server that no configuration knows: {STRANGERS} are connected");
            return None;
        }
        let peer = self.peer(sid);
        if peer.visited > Some(visitor.since) {
            // Introductions are read side by side; this connection is the older one.
            return None;
        }
        peer.visited = Some(visitor.since);
        peer.advertised = visitor.greeting.addresses;
        if sid > self.settings.sid {
            return Some(self.link(sid, visitor.connection));
        }
        // The connection is ours to make, also in place of one that the peer may believe broken.
        if self.peer(sid).state != LinkState::Dialling {
            self.dial(sid);
        }
        Some(self.link_is(sid, LinkState::Dialling))
    }

    fn admits_stranger(&self, sid: Sid) -> bool {
        let strangers = self
            .peers
            .keys()
            .filter(|sid| !self.addresses.0.contains_key(sid));
        self.peers.contains_key(&sid) || strangers.count() < STRANGERS
    }

    fn link(&mut self, sid: Sid, connection: Introduced<N::Stream>) -> Happening {
        let peer = self.peer(sid);
        peer.trouble = None;
        let outbox = Arc::clone(&peer.outbox);
        let inbox = Arc::clone(&self.inbox);
        self.enter(sid, LinkState::Up, async move {
            Ended::Link(link::run::<N>(sid, connection, &outbox, &inbox).await)
        });
        self.link_is(sid, LinkState::Up)
    }

    fn link_is(&self, peer: Sid, state: LinkState) -> Happening {
        Happening::Link { peer, state }
    }

    fn end(&mut self, sid: Sid, number: u64, ended: Ended<N::Stream>) -> Option<Happening> {
        let peer = self.peers.get_mut(&sid)?;
        peer.task.take_if(|(current, _)| *current == number)?;
        Some(match ended {
            Ended::Dial(Ok(Dialled::Kept(connection))) => self.link(sid, connection),
            Ended::Dial(Ok(Dialled::HandedOver(stream))) => self.await_dial_back(sid, stream),
            Ended::Dial(Err(error)) => self.fail(sid, error.to_string()),
            Ended::DialBack => {
                let reason = format!(
                    "it was reached and has not dialled back in {:?}: it may not reach this server at {}",
                    self.settings.connect_timeout,
                    list(&self.settings.advertised),
                );
                self.fail(sid, reason)
            }
            Ended::Link(error) => {
                tracing::debug!(target: "fle", peer = %sid, %error, "a connection ended");
                self.rest(sid)
            }
            Ended::Pause => {
                self.dial(sid);
                self.link_is(sid, LinkState::Dialling)
            }
        })
    }

    fn await_dial_back(&mut self, sid: Sid, stream: N::Stream) -> Happening {
        tracing::debug!(target: "fle", peer = %sid, "reached a server with a greater id, which will dial back");
        let wait = self.settings.connect_timeout;
        self.enter(sid, LinkState::AwaitingDialBack, async move {
            tokio::select! {
                biased;
                () = tokio::time::sleep(wait) => Ended::DialBack,
                error = handshake::reset(stream) => Ended::Dial(Err(error)),
            }
        });
        self.link_is(sid, LinkState::AwaitingDialBack)
    }

    /// A connection has ended: a new one is made at once if something waits to be sent.
    fn rest(&mut self, sid: Sid) -> Happening {
        let peer = self.peer(sid);
        peer.state = LinkState::Idle;
        if peer.outbox.is_empty() {
            if !self.addresses.0.contains_key(&sid) {
                self.peers.remove(&sid);
            }
            return self.link_is(sid, LinkState::Idle);
        }
        self.dial(sid);
        self.link_is(sid, LinkState::Dialling)
    }

    /// The peer cannot be reached: tried again in a while if something waits to be sent.
    fn fail(&mut self, sid: Sid, reason: String) -> Happening {
        let peer = self.peer(sid);
        peer.retire();
        if peer.trouble.as_ref() != Some(&reason) {
            tracing::warn!(target: "fle", peer = %sid, "cannot reach server {sid}: {reason}");
            peer.trouble = Some(reason.clone());
        }
        let state = LinkState::Unreachable(reason);
        if !self.addresses.0.contains_key(&sid) {
            self.peers.remove(&sid);
        } else if self.peer(sid).outbox.is_empty() {
            self.peer(sid).state = state.clone();
        } else {
            self.enter(sid, state.clone(), async {
                tokio::time::sleep(DIAL_AGAIN_AFTER).await;
                Ended::Pause
            });
        }
        self.link_is(sid, state)
    }
}

impl Peer {
    fn retire(&mut self) {
        if let Some(task) = self.retiring.take() {
            task.abort();
        }
    }
}
