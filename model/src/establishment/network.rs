//! Connections between learners and leaders, and what is under way on them.
//!
//! A learner connects to its leader. Packets of one connection keep their order. Each end sees that
//! the other has ended it, at any time from then on, and what it has not received by then is lost
//! to it. A new connection of a learner takes the place of the one before as soon as the leader
//! reads its first packet; what the leader sends before that goes nowhere.
//!
//! Left out: what a leader receives of a learner's earlier connection after the learner has
//! connected again. It may as well have received it before that, since it learns of the new one
//! only from its first packet.

use super::terms::{Epoch, History, Introduction, Place, Zxid};
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

/// What a leader and a learner tell one another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Packet {
    /// A learner introduces itself (FOLLOWERINFO, OBSERVERINFO).
    LearnerInfo(Introduction),
    /// The leader proposes an epoch.
    LeaderInfo(Epoch),
    /// The learner has accepted it.
    AckEpoch {
        /// Its current epoch; `None` where it promises nothing.
        current: Option<Epoch>,
        /// Its last transaction.
        zxid: Zxid,
    },
    /// The epoch is the learner's current one from now on, and the leader's history its own, where
    /// histories are told (DIFF, TRUNC or SNAP, and NEWLEADER).
    NewLeader {
        /// The epoch.
        epoch: Epoch,
        /// The leader's history.
        history: Option<History>,
    },
    /// The leader's history with one more transaction.
    Proposal(History),
    /// It is.
    Ack(Epoch),
    /// The leader is established.
    UpToDate,
    /// A sign of life, which the learner echoes.
    Ping,
    /// The leader gives up, and its learners owe it nothing any more.
    Release,
    /// The leader hands over to this one of its learners, which echoes it.
    HandOver(Place),
}

/// Packets under way in one direction.
#[derive(Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Queue([Option<Packet>; 5]);

/// What a leader has of a learner's connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, BorshSerialize, BorshDeserialize)]
pub enum LeaderEnd {
    /// It has ended it, or there never was one.
    #[default]
    Closed,
    /// The learner has connected, and the leader has not read its first packet yet.
    Unread,
    /// Open.
    Open,
}

/// The last connection of a learner to a leader.
#[derive(Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Connection {
    /// Whether the learner's end is open.
    pub learner_end: bool,
    /// The leader's end.
    pub leader_end: LeaderEnd,
    /// What is under way to the leader.
    pub up: Queue,
    /// What is under way to the learner.
    pub down: Queue,
}

/// All connections, by learner and leader.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Network<const N: usize> {
    connections: [[Connection; N]; N],
}

impl Packet {
    /// Whether a leader counts it: a promise, or an acknowledgement.
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(
            self,
            Self::AckEpoch {
                current: Some(_),
                ..
            } | Self::Ack(_)
        )
    }
}

impl Connection {
    /// Whether it differs from one that there never was.
    pub(super) fn is_there(&self) -> bool {
        self.learner_end
            || self.leader_end != LeaderEnd::Closed
            || self.up.head().is_some()
            || self.down.head().is_some()
    }
}

impl Queue {
    /// What arrives next.
    #[must_use]
    pub fn head(&self) -> Option<Packet> {
        self.0[0]
    }

    /// Everything under way, in order.
    pub fn packets(&self) -> impl Iterator<Item = Packet> {
        self.0.into_iter().flatten()
    }

    fn push(&mut self, packet: Packet) {
        let free = self.0.iter_mut().find(|place| place.is_none());
        *free.expect("no more packets than that are under way unanswered") = Some(packet);
    }

    fn pop(&mut self) -> Option<Packet> {
        let head = self.0[0].take();
        self.0.rotate_left(1);
        head
    }
}

impl<const N: usize> Default for Network<N> {
    fn default() -> Self {
        Self {
            connections: [[Connection::default(); N]; N],
        }
    }
}

impl<const N: usize> Network<N> {
    /// All of them, by learner and leader.
    pub(super) fn all(&self) -> &[[Connection; N]; N] {
        let Self { connections } = self;
        connections
    }

    /// The learner's last connection to the leader.
    #[must_use]
    pub fn connection(&self, learner: usize, leader: usize) -> &Connection {
        &self.connections[learner][leader]
    }

    /// What `server` receives next from `from`: of its learner, or else of its leader.
    #[must_use]
    pub fn next(&self, server: usize, from: usize) -> Option<Packet> {
        let as_leader = self.connection(from, server).up.head();
        as_leader.or_else(|| self.connection(server, from).down.head())
    }

    /// Takes it.
    pub(super) fn receive(&mut self, server: usize, from: usize) {
        let as_leader = &mut self.connections[from][server];
        if as_leader.up.pop().is_some() {
            as_leader.leader_end = LeaderEnd::Open;
        } else {
            self.connections[server][from].down.pop();
        }
    }

    /// Whether `server` can see that its connection with `peer` has ended.
    #[must_use]
    pub fn has_ended(&self, server: usize, peer: usize) -> bool {
        let (led, followed) = (self.connection(peer, server), self.connection(server, peer));
        led.leader_end != LeaderEnd::Closed && !led.learner_end
            || followed.learner_end && followed.leader_end == LeaderEnd::Closed
    }

    /// Whether both ends of the connection are open.
    #[must_use]
    pub fn is_up(&self, learner: usize, leader: usize) -> bool {
        let connection = self.connection(learner, leader);
        connection.learner_end && connection.leader_end != LeaderEnd::Closed
    }

    pub(super) fn connect(&mut self, learner: usize, leader: usize) {
        self.connections[learner][leader] = Connection {
            learner_end: true,
            leader_end: LeaderEnd::Unread,
            ..Connection::default()
        };
    }

    /// What is sent to an end that is closed, or on a connection that is, goes nowhere.
    pub(super) fn send(&mut self, from: usize, to: usize, packet: Packet) {
        let followed = &mut self.connections[from][to];
        if followed.learner_end {
            if followed.leader_end != LeaderEnd::Closed {
                followed.up.push(packet);
            }
            return;
        }
        let led = &mut self.connections[to][from];
        if led.learner_end && led.leader_end == LeaderEnd::Open {
            led.down.push(packet);
        }
    }

    /// The leader ends its learner's connection.
    pub(super) fn close(&mut self, leader: usize, learner: usize) {
        let connection = &mut self.connections[learner][leader];
        connection.leader_end = LeaderEnd::Closed;
        connection.up = Queue::default();
    }

    /// The server ends all its connections, or is gone.
    pub(super) fn close_all(&mut self, server: usize) {
        for peer in 0..N {
            self.close(server, peer);
            let connection = &mut self.connections[server][peer];
            connection.learner_end = false;
            connection.down = Queue::default();
        }
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LearnerInfo(Introduction {
                accepted,
                remembers: true,
            }) => write!(f, "LearnerInfo({accepted:?})"),
            Self::LearnerInfo(Introduction { accepted, .. }) => {
                write!(f, "LearnerInfo({accepted:?}, forgetful)")
            }
            Self::LeaderInfo(epoch) => write!(f, "LEADERINFO({epoch:?})"),
            Self::AckEpoch {
                current: Some(epoch),
                zxid,
            } => write!(f, "ACKEPOCH(current {epoch:?}, zxid {zxid:?})"),
            Self::AckEpoch { current: None, .. } => write!(f, "ACKEPOCH without a promise"),
            Self::NewLeader {
                epoch,
                history: None,
            } => write!(f, "NEWLEADER({epoch:?})"),
            Self::NewLeader {
                epoch,
                history: Some(history),
            } => write!(f, "NEWLEADER({epoch:?}, transactions {history:?})"),
            Self::Proposal(history) => write!(f, "PROPOSAL(transactions {history:?})"),
            Self::Ack(epoch) => write!(f, "ACK({epoch:?})"),
            Self::UpToDate => write!(f, "UPTODATE"),
            Self::Ping => write!(f, "PING"),
            Self::Release => write!(f, "RELEASE"),
            Self::HandOver(to) => write!(f, "HANDOVER({})", to.index() + 1),
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.packets()).finish()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = (self.learner_end, self.leader_end);
        write!(f, "{ends:?} up {:?} down {:?}", self.up, self.down)
    }
}

impl<const N: usize> fmt::Debug for Network<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = (0..N).flat_map(|learner| (0..N).map(move |leader| (learner, leader)));
        let there = all.filter(|&(learner, leader)| self.connection(learner, leader).is_there());
        let told = there.map(|(learner, leader)| {
            let ends = format!("{} to {}", learner + 1, leader + 1);
            (ends, self.connection(learner, leader))
        });
        f.debug_map().entries(told).finish()
    }
}
