//! The connections between a leader and its learners, on the leader's quorum port.
//!
//! Source: `Leader.LearnerCnxAcceptor` and `Learner.connectToLeader`. A server either takes
//! learners in or has dialled a leader. Unlike in the reference its port is open all the time, so a
//! learner that knows of the election's outcome first is not refused, and one that has lost its
//! disk can ask.
//!
//! # Invariants
//! - A [`QuorumPort`] belongs to one task, and nothing in it waits but [`QuorumPort::next`].
//! - There is at most one connection with each server. It stays until it is dead: who else comes
//!   under its sid waits while the owner has it probed.
//! - A connection's end is reported after everything that arrived on it, and only if it is still
//!   the one in use.
//! - What was sent last leaves also when this ends.

mod contests;
mod event;
mod link;
mod questions;

pub(crate) use event::PortEvent;

use super::addresses::{Directory, follow, own_addresses, quorum_addresses};
use super::claims::{CLAIMS_TOLD_EVERY, Claim, STRANGERS};
use super::dialling::{Dialler, TROUBLE_TOLD_EVERY, Targets};
use super::handshake::Visitor;
use super::limited::Limited;
use super::link::Introduced;
use super::listening::{BindError, HALF_OPEN, Listeners};
use super::network::Network;
use super::packets::{OUTGOING, Opening};
use super::settings::Settings;
use crate::codec::initial::ElectionAddress;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::leadership::End;
use crate::leadership::packet::{LearnerInfo, Packet, Past};
use bytes::BytesMut;
use link::{Link, LinkEvent, carry};
use questions::Questions;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How often a learner tries to connect to its leader, as in the reference.
const ATTEMPTS: usize = 5;
/// How many packets wait at most to be handled; connections wait when there are more.
const INCOMING: usize = 64;
/// How long what was sent last may take on a connection that is being ended, and how long when all
/// ends with it.
const LAST_WORDS: Duration = Duration::from_secs(1);
const LAST_WORDS_OF_ALL: Duration = Duration::from_millis(300);

/// One server's quorum port.
pub(crate) struct QuorumPort<N: Network> {
    dialler: Dialler<N>,
    sid: Sid,
    retry_delay: Duration,
    addresses: Directory,
    /// Where it listens, and its own addresses in the committed configuration.
    bind: Vec<ElectionAddress>,
    own: Vec<ElectionAddress>,
    listeners: Listeners<N, Opening>,
    visitors: mpsc::Receiver<Visitor<N::Stream, Opening>>,
    links: BTreeMap<Sid, Link<N::Stream>>,
    /// The leader that was dialled.
    dialled: Option<Sid>,
    /// Why it could not be reached, since it was dialled.
    trouble: Option<String>,
    questions: Questions<N>,
    tasks: JoinSet<()>,
    numbers: u64,
    news: VecDeque<PortEvent>,
    entry: mpsc::Sender<(u64, Sid, LinkEvent)>,
    events: mpsc::Receiver<(u64, Sid, LinkEvent)>,
    troubles: Limited<(Sid, String)>,
    claims: Limited<Claim>,
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
        let half_open = HALF_OPEN + addresses.len();
        let listeners =
            Listeners::start(network.clone(), settings, bind, half_open, greeted).await?;
        let dialler = Dialler::new(network, settings.connect_timeout);
        Ok(Self {
            questions: Questions::new(dialler.clone(), settings),
            dialler,
            sid: settings.sid,
            retry_delay,
            addresses,
            bind: bind.to_vec(),
            own: own_addresses(ensemble, settings.sid, quorum_addresses),
            listeners,
            visitors,
            links: BTreeMap::new(),
            dialled: None,
            trouble: None,
            tasks: JoinSet::new(),
            numbers: 0,
            news: VecDeque::new(),
            entry,
            events,
            troubles: Limited::every(TROUBLE_TOLD_EVERY),
            claims: Limited::every(CLAIMS_TOLD_EVERY),
        })
    }

    /// Connects to a leader, in place of all other connections; learners are refused until
    /// [`QuorumPort::close_all`].
    pub(crate) fn dial(&mut self, leader: Sid) {
        self.close_all();
        self.dialled = Some(leader);
        let (dialler, delay) = (self.dialler.clone(), self.retry_delay);
        let targets = self.targets(leader);
        let entry = self.entry.clone();
        self.link(leader, None, async move |number, outgoing| {
            let mut attempts = 1;
            let (stream, at) = loop {
                let error = match dialler.connect(targets.clone()).await {
                    Ok(connected) => break connected,
                    Err(error) => error,
                };
                let unreachable = LinkEvent::Unreachable(error);
                // Whoever has gone does not hear it.
                let _ = entry.send((number, leader, unreachable)).await;
                if attempts == ATTEMPTS {
                    return (End::Lost, io::ErrorKind::NotConnected.into());
                }
                sleep(delay).await;
                attempts += 1;
            };
            let connected = LinkEvent::Connected(at);
            let _ = entry.send((number, leader, connected)).await;
            let rest = BytesMut::new();
            carry::<N>(leader, number, Introduced { stream, rest }, outgoing, entry).await
        });
    }

    /// Why the leader that was dialled last could not be reached, if that is so, until all
    /// connections are ended.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Where the connection with a server leads, while there is one.
    pub(crate) fn address_of(&self, sid: Sid) -> Option<SocketAddr> {
        self.links.get(&sid)?.remote
    }

    /// Sends a packet to a connected server. One that takes in nothing any more is disconnected.
    pub(crate) fn send(&mut self, to: Sid, packet: Packet) {
        let Some(link) = self.links.get(&to) else {
            return;
        };
        if link.outgoing.try_send(packet).is_err() {
            self.end(to, End::Lost);
        }
    }

    /// Ends the connection with a server.
    pub(crate) fn close(&mut self, peer: Sid) {
        self.links.remove(&peer);
        self.news.retain(|news| news.peer() != peer);
        self.dialled.take_if(|leader| *leader == peer);
    }

    /// Ends all connections.
    pub(crate) fn close_all(&mut self) {
        self.links.clear();
        self.forget_all();
    }

    /// Ends all connections once what was sent on them has left, or has not in a second.
    pub(crate) fn close_all_in_peace(&mut self) {
        for (_, link) in std::mem::take(&mut self.links) {
            link.task.detach();
        }
        self.forget_all();
    }

    fn forget_all(&mut self) {
        self.news.clear();
        self.dialled = None;
        self.trouble = None;
    }

    /// Dials by these configurations from now on, and listens where they say, unless it was told to
    /// listen elsewhere.
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
            if let Some(news) = self.news.pop_front() {
                return news;
            }
            let event = tokio::select! {
                biased;
                Some((number, peer, event)) = self.events.recv() => self.hear(number, peer, event),
                Some(visitor) = self.visitors.recv() => self.receive(visitor),
                Some((sid, past)) = self.questions.next() => Some(PortEvent::Answered(sid, past)),
                Some(_) = self.tasks.join_next() => None,
            };
            if let Some(event) = event {
                return event;
            }
        }
    }

    /// A link's task tells something. What one tells that is out of use is out of date.
    fn hear(&mut self, number: u64, peer: Sid, event: LinkEvent) -> Option<PortEvent> {
        match event {
            LinkEvent::Located { goes_first } => {
                return self.locate_newcomer(peer, number, goes_first);
            }
            LinkEvent::Decided => return self.decide_contest(peer, number),
            _ => {}
        }
        let link = self.links.get_mut(&peer)?;
        if link.number != number {
            return None;
        }
        match event {
            LinkEvent::Connected(at) => {
                link.remote = Some(at);
                self.trouble = None;
                Some(PortEvent::Connected(peer))
            }
            LinkEvent::Unreachable(error) => {
                self.note_trouble(peer, &error);
                None
            }
            LinkEvent::Packet(packet) => {
                self.refuse_newcomer(peer, true);
                Some(PortEvent::Packet(peer, packet))
            }
            LinkEvent::Ended(end) => {
                self.end(peer, end);
                None
            }
            LinkEvent::Located { .. } | LinkEvent::Decided => None,
        }
    }

    /// The connection with a server has ended: who waited for that takes its place.
    fn end(&mut self, peer: Sid, end: End) {
        let newcomer = self.links.get_mut(&peer);
        let newcomer = newcomer.and_then(|link| link.contest.take());
        self.close(peer);
        self.news.push_back(PortEvent::Ended(peer, end));
        if let Some(newcomer) = newcomer {
            let greeted = self.admit(newcomer.visitor, newcomer.info);
            self.news.push_back(greeted);
        }
    }

    fn note_trouble(&mut self, leader: Sid, error: &io::Error) {
        let cause = error.to_string();
        if let Some(left_out) = self.troubles.admit((leader, cause.clone())) {
            tracing::warn!(
                target: "fle", peer = %leader,
                "cannot connect to the quorum port of server {leader}, the leader: \
                 {cause}{left_out}"
            );
        }
        self.trouble = Some(cause);
    }

    /// Somebody has connected and said who it is.
    fn receive(&mut self, visitor: Visitor<N::Stream, Opening>) -> Option<PortEvent> {
        let (sid, from) = match &visitor.greeting {
            Opening::Learner(info) => (info.sid, visitor.from),
            Opening::Question(sid) => (*sid, visitor.from),
        };
        if sid == self.sid {
            if let Some(left_out) = self.claims.admit(Claim::OwnId) {
                tracing::warn!(
                    target: "fle", %sid,
                    "somebody at {from} comes to the quorum port with this server's own id, \
                     {sid}; give each server an id of its own{left_out}"
                );
            }
            return None;
        }
        let info = match visitor.greeting {
            Opening::Learner(info) => info,
            Opening::Question(_) => {
                self.questions.answer(visitor.connection.stream);
                return None;
            }
        };
        if self.dialled.is_some() || !self.admits(sid) {
            tracing::debug!(target: "fle", peer = %sid, %from, "refused a learner");
            return None;
        }
        if self.links.contains_key(&sid) {
            return self.contest(visitor, info);
        }
        Some(self.admit(visitor, info))
    }

    /// A learner has introduced itself, and is the one under its sid.
    fn admit(&mut self, visitor: Visitor<N::Stream, Opening>, info: LearnerInfo) -> PortEvent {
        let entry = self.entry.clone();
        let sid = info.sid;
        self.link(sid, Some(visitor.from), async move |number, outgoing| {
            carry::<N>(sid, number, visitor.connection, outgoing, entry).await
        });
        PortEvent::Packet(sid, Packet::LearnerInfo(info))
    }

    fn admits(&self, sid: Sid) -> bool {
        let is_known = |sid: &Sid| self.addresses.knows(*sid);
        let strangers = self.links.keys().filter(|&sid| !is_known(sid)).count();
        is_known(&sid) || self.links.contains_key(&sid) || strangers < STRANGERS
    }

    fn targets(&self, sid: Sid) -> Targets {
        let configured = self.addresses.of_server(sid);
        let hearsay = Vec::new();
        Targets {
            configured,
            hearsay,
        }
    }

    fn link<F>(
        &mut self,
        peer: Sid,
        remote: Option<SocketAddr>,
        task: impl FnOnce(u64, mpsc::Receiver<Packet>) -> F,
    ) where
        F: Future<Output = (End, io::Error)> + Send + 'static,
    {
        self.numbers += 1;
        let number = self.numbers;
        let (outgoing, queue) = mpsc::channel(OUTGOING);
        let (leave, left) = oneshot::channel();
        let (task, entry) = (task(number, queue), self.entry.clone());
        let task = self.tasks.spawn(async move {
            let leaving = async {
                // Nothing is ever sent: it ends when the other end is dropped.
                let _ = left.await;
                sleep(LAST_WORDS).await;
            };
            let (end, error) = tokio::select! {
                ended = task => ended,
                () = leaving => return,
            };
            tracing::debug!(target: "fle", %peer, %error, "a connection on the quorum port ended");
            let _ = entry.send((number, peer, LinkEvent::Ended(end))).await;
        });
        let link = Link {
            number,
            remote,
            outgoing,
            contest: None,
            _leave: leave,
            task: task.into(),
        };
        self.links.insert(peer, link);
    }

    /// What this server has accepted, from now on. Before that no question is answered.
    pub(crate) fn set_past(&mut self, past: Past) {
        self.questions.set_past(past);
    }

    /// Asks those servers what they have accepted that are not being asked already. Who does not
    /// answer is to be asked again.
    pub(crate) fn ask(&mut self, servers: impl IntoIterator<Item = Sid>) {
        for sid in servers {
            let targets = self.targets(sid);
            self.questions.ask(sid, targets);
        }
    }

    /// Ends everything: afterwards no task runs and no port is taken. Takes as long as the other
    /// ends need to hear what was sent last, up to a third of a second.
    pub(crate) async fn shutdown(mut self) {
        self.questions.shutdown().await;
        self.listeners.shutdown().await;
        // Nobody hears what links tell any more, and none of them waits for that.
        self.events.close();
        self.close_all_in_peace();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // Those that do not end are aborted.
        let _ = timeout(LAST_WORDS_OF_ALL, all).await;
        self.tasks.shutdown().await;
    }
}
