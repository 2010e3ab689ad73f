//! The connections between servers: one for each pair, kept by the greater sid.
//!
//! Source: `QuorumCnxManager`. Whoever has something to send dials. If the dialled server has the
//! greater sid, the dialler closes the connection again and waits to be dialled back, so that two
//! servers that dial each other end with one connection.
//!
//! # Invariants
//! - A [`Transport`] belongs to one task, and nothing in it waits but [`Transport::next`], so no
//!   peer holds up another.
//! - Every peer has at most one connection, one attempt to dial, and one waiting message, the
//!   newest.
//! - A connection stays until it is dead or its own side replaces it: whoever else comes under its
//!   sid waits, and is turned away.
//! - Only servers of a configuration are dialled, where it says; where they say themselves only if
//!   they are not there.
//! - Every task that it starts ends with it ([`Transport::shutdown`]), and no look-up of a name is
//!   waited for.
//! - What strangers can occupy is bounded: connections that have not said who they are, servers
//!   that no configuration knows, messages that are not handled yet, bytes of a frame, lines of the
//!   log. Nothing of a stranger outlasts its connection.
//!
//! # Deliberately absent
//! What messages mean; TLS and SASL; any proof that a peer is who it says.

mod addresses;
mod claims;
mod connecting;
mod dialling;
mod frame;
mod handshake;
mod happening;
mod limited;
mod link;
mod listening;
mod network;
mod packets;
mod peer;
mod queues;
mod quorum_port;
mod resolver;
mod settings;
mod task;
mod visits;

pub use crate::codec::initial::ElectionAddress;
use crate::codec::initial::InitialMessage;
pub(crate) use addresses::at_every_port;
pub use addresses::{election_addresses, quorum_addresses};
pub use frame::{Frame, LONGEST_PAYLOAD};
pub use happening::{Happening, LinkState};
pub use listening::BindError;
pub use network::{Network, Tcp};
pub(crate) use quorum_port::{PortEvent, QuorumPort};
pub use settings::Settings;

use crate::election::Outbox as Delivery;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use addresses::{Directory, follow, own_addresses};
use bytes::Bytes;
use claims::{CLAIMS_TOLD_EVERY, Claim};
use dialling::{Dialler, TROUBLE_TOLD_EVERY};
use handshake::Visitor;
use limited::Limited;
use listening::{HALF_OPEN, Listeners};
use peer::{Ended, Peer};
use queues::Inbox;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

/// One server's connections.
pub struct Transport<N: Network> {
    dialler: Dialler<N>,
    settings: Settings,
    addresses: Directory,
    peers: BTreeMap<Sid, Peer<N::Stream>>,
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
    troubles: Limited<Sid>,
    claims: Limited<Claim>,
}

/// What the transport waits for.
enum Event<S> {
    Message { from: Sid, payload: Bytes },
    Visitor(Visitor<S, InitialMessage>),
    Ended(Result<(Sid, u64, Ended<S>), JoinError>),
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
        let half_open = HALF_OPEN + addresses.len();
        let bind = &settings.bind;
        let listeners =
            Listeners::start(network.clone(), &settings, bind, half_open, entry).await?;
        Ok(Self {
            dialler: Dialler::new(network, settings.connect_timeout),
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
            troubles: Limited::every(TROUBLE_TOLD_EVERY),
            claims: Limited::every(CLAIMS_TOLD_EVERY),
        })
    }

    /// Hands a message over. It replaces one to the same peer that still waits. To this server
    /// itself it arrives like any other; to one that no configuration knows it leaves only while
    /// that is connected.
    pub fn send(&mut self, to: Sid, frame: &Frame) {
        if to == self.settings.sid {
            self.inbox.push(to, frame.payload());
        } else if self.addresses.knows(to) || self.peers.contains_key(&to) {
            self.peer(to).outbox.put(frame.clone());
            self.connect(to);
        }
    }

    /// Dials every peer that something was ever sent to and that is not connected.
    pub fn connect_all(&mut self) {
        let peers: Vec<Sid> = self.peers.keys().copied().collect();
        for peer in peers {
            self.connect(peer);
        }
    }

    /// Dials a peer unless that is under way or done, or no configuration says where it is.
    pub fn connect(&mut self, sid: Sid) {
        if !self.addresses.knows(sid) {
            return;
        }
        match self.peer(sid).state {
            LinkState::Idle | LinkState::Unreachable(_) => {
                self.dial(sid);
                self.news.push_back(self.link_is(sid, LinkState::Dialling));
            }
            LinkState::Dialling | LinkState::AwaitingDialBack | LinkState::Up => {}
        }
    }

    /// Where the connection with a peer leads, while there is one.
    #[must_use]
    pub fn address_of(&self, sid: Sid) -> Option<SocketAddr> {
        self.peers.get(&sid)?.remote
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

    /// Dials by these configurations from now on. If they give this server other addresses, it
    /// listens on those and advertises them, unless its settings had it listen or advertise
    /// elsewhere; one that listens on all addresses of the machine goes on doing so, on the new
    /// ports.
    pub fn reconfigure(&mut self, ensemble: &Ensemble) {
        self.addresses = Directory::of(ensemble, election_addresses);
        self.forget_strangers();
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

    /// Messages and connections take turns at being asked first, so whoever floods with the one
    /// does not starve the other. A random order could not be simulated twice.
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
}
