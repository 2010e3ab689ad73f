//! What a leadership asks its driver to do.

use super::packet::Packet;
use super::reason::{Quit, Refusal};
use crate::id::{PeerEpoch, Sid};

/// One thing to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Store the accepted epoch, durably.
    StoreAccepted(PeerEpoch),
    /// Store the current epoch, durably.
    StoreCurrent(PeerEpoch),
    /// Connect to this server's quorum port.
    Connect(Sid),
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
