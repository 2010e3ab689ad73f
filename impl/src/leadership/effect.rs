//! What a leadership asks its driver to do.

use super::packet::Packet;
use super::reason::{Quit, Refusal};
use crate::id::{PeerEpoch, Sid};
use std::time::Duration;

/// One thing to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Store the accepted epoch, durably.
    StoreAccepted(PeerEpoch),
    /// Store the current epoch, durably.
    StoreCurrent(PeerEpoch),
    /// Store how long this server's promises are from now on, durably.
    StorePromise(Duration),
    /// Store, durably, that what is stored is all that this server has promised.
    StoreKnown,
    /// Ask this server what it has accepted, on a connection of its own ([`Packet::Question`]).
    Ask(Sid),
    /// Connect to this server's quorum port.
    Connect(Sid),
    /// Take this candidate for wrong for a while: it proposes an epoch that no ensemble comes to in
    /// its life.
    Doubt {
        /// The leader.
        leader: Sid,
        /// What it proposes.
        epoch: PeerEpoch,
    },
    /// Send a packet on the connection with this server.
    Send {
        /// The recipient.
        to: Sid,
        /// What to send.
        packet: Packet,
    },
    /// End the connection with this server.
    Close {
        /// With whom.
        peer: Sid,
        /// Why.
        reason: Refusal,
    },
    /// The leader is established: its epoch replaces that of the vote (ZOOKEEPER-1732).
    Established(PeerEpoch),
    /// It is over: end all connections, then look for a leader again.
    Quit(Quit),
}

/// What one event led to, in the order in which it is to be done.
pub type Effects = Vec<Effect>;
