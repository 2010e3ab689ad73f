//! One connection of a quorum port, and the newcomer that waits for its place.

use super::super::handshake::Visitor;
use super::super::link::Introduced;
use super::super::network::Network;
use super::super::packets::{self, Opening};
use super::super::task::Task;
use crate::id::Sid;
use crate::leadership::End;
use crate::leadership::packet::{LearnerInfo, Packet};
use std::io;
use std::net::SocketAddr;
use tokio::sync::{mpsc, oneshot};

/// One connection, or the attempt to make it.
pub(super) struct Link<S> {
    pub(super) number: u64,
    /// The other end, once there is one.
    pub(super) remote: Option<SocketAddr>,
    pub(super) outgoing: mpsc::Sender<Packet>,
    pub(super) contest: Option<Contest<S>>,
    /// Dropped when the connection is to end once what was sent on it has left.
    pub(super) _leave: oneshot::Sender<()>,
    pub(super) task: Task,
}

/// What the task of a link tells.
pub(super) enum LinkEvent {
    Connected(SocketAddr),
    Unreachable(io::Error),
    Packet(Packet),
    Ended(End),
    /// Whether the newcomer of a contest goes first, whatever the other end says.
    Located {
        goes_first: bool,
    },
    /// The time of a contest is over.
    Decided,
}

/// A newcomer that waits.
pub(super) struct Contest<S> {
    pub(super) number: u64,
    pub(super) visitor: Visitor<S, Opening>,
    pub(super) info: LearnerInfo,
    /// How many have come since the contest began.
    pub(super) newcomers: usize,
    /// Whether it has been found that no newcomer so far goes first.
    pub(super) is_located: bool,
    /// Whether the server that is there has given a sign of life.
    pub(super) is_alive: bool,
    pub(super) _timer: Task,
}

/// Carries packets until the connection ends; how it did, and why.
pub(super) async fn carry<N: Network>(
    peer: Sid,
    number: u64,
    connection: Introduced<N::Stream>,
    outgoing: mpsc::Receiver<Packet>,
    entry: mpsc::Sender<(u64, Sid, LinkEvent)>,
) -> (End, io::Error) {
    let incoming = async move |packet| {
        let _ = entry.send((number, peer, LinkEvent::Packet(packet))).await;
    };
    packets::run::<N>(connection, outgoing, incoming).await
}
