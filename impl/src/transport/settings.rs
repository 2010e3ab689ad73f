//! What one server's connections go by.

use crate::codec::initial::ElectionAddress;
use crate::config::BindRetries;
use crate::id::Sid;
use std::time::Duration;

/// How a server takes part in the network.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's id.
    pub sid: Sid,
    /// Where it listens. Names are resolved when it binds.
    pub bind: Vec<ElectionAddress>,
    /// Where it says that it can be dialled; at least one. Wildcards are left out, and if nothing
    /// else is left the address stands in that a connection has on this side.
    pub advertised: Vec<ElectionAddress>,
    /// Whether to advertise all addresses, which servers before 3.6 cannot read
    /// (`multiAddress.enabled`).
    pub multi_address: bool,
    /// How long connecting to one address may take, and how long a peer has to dial back.
    pub connect_timeout: Duration,
    /// How long a server may take to introduce itself.
    pub handshake_timeout: Duration,
    /// How often to try to listen.
    pub bind_retries: BindRetries,
}
