//! What the owner of the connections hears of them.

use crate::id::Sid;
use bytes::Bytes;

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
    /// The last attempt failed, with this reason. It is repeated as long as something waits to be
    /// sent.
    Unreachable(String),
}
