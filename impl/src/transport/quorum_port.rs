//! The connections between a leader and its learners, on the leader's quorum port.
//!
//! Source: `Leader.LearnerCnxAcceptor` and `Learner.connectToLeader`. A server either takes learners in or has dialled a leader. Unlike in
//! the reference its port is open all the time, so a learner that knows of the election's outcome first is not refused.
//!
//! # Invariants
//! - A [`QuorumPort`] belongs to one task, and nothing in it waits but [`QuorumPort::next`].
//! - There is at most one connection with each server. A newer one takes the place of the older.
//! - A connection's end is reported after everything that arrived on it, and only if it is still the one in use.

use super::addresses::{Directory, follow, own_addresses, quorum_addresses};
use super::handshake::{self, Visitor};
use super::link::Introduced;
use super::listening::Listeners;
use super::network::Network;
use super::packets::{self, OUTGOING};
use super::{BindError, ElectionAddress, HALF_OPEN, STRANGERS, Settings};
use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::leadership::End;
use crate::leadership::packet::{LearnerInfo, Packet, Past};
use bytes::BytesMut;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// How often a learner tries to connect to its leader, as in the reference.
const ATTEMPTS: usize = 5;
/// How many packets wait at most to be handled; connections wait when there are more.
const INCOMING: usize = 64;
/// How long what was sent last may take on a connection that is being ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What happens on the port.
#[derive(Debug)]
pub(crate) enum PortEvent {
    /// The connection that was dialled is there.
    Connected(Sid),
    /// A packet arrived.
    Packet(Sid, Packet),
    /// A connection ended, or could not be made.
    Ended(Sid, End),
    /// A server has answered what it has accepted.
    Answered(Sid, Past),
    /// Another connection has been made in the name of a connected learner.
    Contested(Sid),
}

/// One server's quorum port.
pub(crate) struct QuorumPort<N: Network> {
    network: N,
    sid: Sid,
    connect_timeout: Duration,
    retry_delay: Duration,
    addresses: Directory,
    /// Where it listens, and its own addresses in the committed configuration.
    bind: Vec<ElectionAddress>,
    own: Vec<ElectionAddress>,
    listeners: Listeners<N, LearnerInfo>,
    visitors: mpsc::Receiver<Visitor<N::Stream, LearnerInfo>>,
    links: BTreeMap<Sid, Link>,
    /// The leader that was dialled.
    dialled: Option<Sid>,
    tasks: JoinSet<()>,
    numbers: u64,
    entry: mpsc::Sender<(u64, PortEvent)>,
    events: mpsc::Receiver<(u64, PortEvent)>,
}

struct Link {
    number: u64,
    outgoing: mpsc::Sender<Packet>,
    task: Task,
}

/// A task that ends when this is dropped.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<N: Network> QuorumPort<N> {
    /// Starts to listen on `bind`.
    pub(crate) async fn start(
        network: N,
        settings: &Settings,
        bind: &[ElectionAddress],
        retry_delay: Duration,
        ensemble: &Ensemble,
    ) -> Result<Self, BindError> {
        let (greeted, visitors) = mpsc::channel(16);
        let (entry, events) = mpsc::channel(INCOMING);
        let addresses = Directory::of(ensemble, quorum_addresses);
        let half_open = HALF_OPEN + addresses.0.len();
        let listeners =
            Listeners::start(network.clone(), settings, bind, half_open, greeted).await?;
        Ok(Self {
            network,
            sid: settings.sid,
            connect_timeout: settings.connect_timeout,
            retry_delay,
            addresses,
            bind: bind.to_vec(),
            own: own_addresses(ensemble, settings.sid, quorum_addresses),
            listeners,
            visitors,
            links: BTreeMap::new(),
            dialled: None,
            tasks: JoinSet::new(),
            numbers: 0,
            entry,
            events,
        })
    }

    /// Connects to a leader, in place of all other connections; learners are refused until [`QuorumPort::close_all`].
    pub(crate) fn dial(&mut self, leader: Sid) {
        self.close_all();
        self.dialled = Some(leader);
        let (network, wait, delay) = (self.network.clone(), self.connect_timeout, self.retry_delay);
        let groups = self.addresses.0.get(&leader).cloned().unwrap_or_default();
        let entry = self.entry.clone();
        self.link(leader, async move |number, outgoing| {
            let mut attempts = 1;
            let stream = loop {
                match handshake::connect_to_first(&network, groups.clone(), wait).await {
                    Ok(stream) => break stream,
                    Err(error) if attempts == ATTEMPTS => return (End::Lost, error),
                    Err(_) => tokio::time::sleep(delay).await,
                }
                attempts += 1;
            };
            // Whoever has gone does not hear it.
            let _ = entry.send((number, PortEvent::Connected(leader))).await;
            let rest = BytesMut::new();
            carry::<N>(leader, number, Introduced { stream, rest }, outgoing, entry).await
        });
    }

    /// Sends a packet to a connected server. One that takes in nothing any more is disconnected.
    pub(crate) fn send(&mut self, to: Sid, packet: Packet) {
        let Some(link) = self.links.get(&to) else {
            return;
        };
        if link.outgoing.try_send(packet).is_err() {
            let ended = (link.number, PortEvent::Ended(to, End::Lost));
            link.task.0.abort();
            let entry = self.entry.clone();
            self.tasks
                .spawn(async move { drop(entry.send(ended).await) });
        }
    }

    pub(crate) fn set_past(&mut self, _past: Past) {}

    pub(crate) fn ask(&mut self, _voters: impl IntoIterator<Item = Sid>) {}

    /// Ends the connection with a server.
    pub(crate) fn close(&mut self, peer: Sid) {
        self.links.remove(&peer);
        self.dialled.take_if(|leader| *leader == peer);
    }

    /// Ends all connections.
    pub(crate) fn close_all(&mut self) {
        self.links.clear();
        self.dialled = None;
    }

    /// Ends all connections once what was sent on them has left, or has not in a second.
    pub(crate) fn close_all_in_peace(&mut self) {
        for (_, link) in std::mem::take(&mut self.links) {
            let Link { outgoing, task, .. } = link;
            drop(outgoing);
            self.tasks.spawn(async move {
                tokio::time::sleep(LAST_WORDS).await;
                drop(task);
            });
        }
        self.dialled = None;
    }

    /// Dials by these configurations from now on, and listens where they say, unless it was told to listen elsewhere.
    pub(crate) fn reconfigure(&mut self, ensemble: &Ensemble) {
        self.addresses = Directory::of(ensemble, quorum_addresses);
        let own = own_addresses(ensemble, self.sid, quorum_addresses);
        if own.is_empty() || own == self.own {
            return;
        }
        self.bind = follow(&self.bind, &self.own, &own);
        self.listeners.move_to(&self.bind);
        self.own = own;
    }

    /// What happens next. May be given up at any time without losing anything.
    pub(crate) async fn next(&mut self) -> PortEvent {
        loop {
            tokio::select! {
                biased;
                Some((number, event)) = self.events.recv() => {
                    let (PortEvent::Connected(peer)
                    | PortEvent::Packet(peer, _)
                    | PortEvent::Ended(peer, _)
                    | PortEvent::Answered(peer, _)
                    | PortEvent::Contested(peer)) = &event;
                    if self.links.get(peer).is_some_and(|link| link.number == number) {
                        if let PortEvent::Ended(peer, _) = event {
                            self.close(peer);
                        }
                        return event;
                    }
                }
                Some(visitor) = self.visitors.recv() => {
                    if let Some(event) = self.receive(visitor) {
                        return event;
                    }
                }
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    /// A learner has introduced itself.
    fn receive(&mut self, visitor: Visitor<N::Stream, LearnerInfo>) -> Option<PortEvent> {
        let info = visitor.greeting;
        let sid = info.sid;
        if sid == self.sid || self.dialled.is_some() || !self.admits(sid) {
            tracing::debug!(target: "fle", peer = %sid, "refused a learner");
            return None;
        }
        let entry = self.entry.clone();
        self.link(sid, async move |number, outgoing| {
            carry::<N>(sid, number, visitor.connection, outgoing, entry).await
        });
        Some(PortEvent::Packet(sid, Packet::LearnerInfo(info)))
    }

    fn admits(&self, sid: Sid) -> bool {
        let is_known = |sid: &Sid| self.addresses.0.contains_key(sid);
        let strangers = self.links.keys().filter(|&sid| !is_known(sid)).count();
        is_known(&sid) || self.links.contains_key(&sid) || strangers < STRANGERS
    }

    fn link<F>(&mut self, peer: Sid, task: impl FnOnce(u64, mpsc::Receiver<Packet>) -> F)
    where
        F: Future<Output = (End, io::Error)> + Send + 'static,
    {
        self.numbers += 1;
        let number = self.numbers;
        let (outgoing, queue) = mpsc::channel(OUTGOING);
        let (task, entry) = (task(number, queue), self.entry.clone());
        let task = self.tasks.spawn(async move {
            let (end, error) = task.await;
            tracing::debug!(target: "fle", %peer, %error, "a connection on the quorum port ended");
            let _ = entry.send((number, PortEvent::Ended(peer, end))).await;
        });
        let link = Link {
            number,
            outgoing,
            task: Task(task),
        };
        self.links.insert(peer, link);
    }

    /// Ends everything: afterwards no task runs and no port is taken.
    pub(crate) async fn shutdown(mut self) {
        self.links.clear();
        self.listeners.shutdown().await;
        self.tasks.shutdown().await;
    }
}

async fn carry<N: Network>(
    peer: Sid,
    number: u64,
    connection: Introduced<N::Stream>,
    outgoing: mpsc::Receiver<Packet>,
    entry: mpsc::Sender<(u64, PortEvent)>,
) -> (End, io::Error) {
    let incoming = async move |packet| {
        let _ = entry.send((number, PortEvent::Packet(peer, packet))).await;
    };
    packets::run::<N>(connection, outgoing, incoming).await
}
