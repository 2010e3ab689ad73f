//! What the owner of a quorum port hears of it.

use crate::id::Sid;
use crate::leadership::End;
use crate::leadership::packet::{Packet, Past};

/// What happens on the port.
#[derive(Debug)]
pub(crate) enum PortEvent {
    /// The connection that was dialled is there.
    Connected(Sid),
    /// A packet arrived.
    Packet(Sid, Packet),
    /// A connection ended, or could not be made.
    Ended(Sid, End),
    /// Somebody else has come under the sid of a connected server. Unless a packet of that server
    /// arrives within a second the newcomer takes its place: it is to be asked for a sign of life.
    Contested(Sid),
    /// A server has answered what it has accepted.
    Answered(Sid, Past),
}

impl PortEvent {
    pub(super) fn peer(&self) -> Sid {
        let (Self::Connected(peer)
        | Self::Packet(peer, _)
        | Self::Ended(peer, _)
        | Self::Contested(peer)
        | Self::Answered(peer, _)) = self;
        *peer
    }
}
