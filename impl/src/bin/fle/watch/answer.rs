//! What came back from an address: bounded, and not understood yet.

use crate::report::Report;
use serde_json::Value;

/// What one poll of an address came to.
pub(super) enum Answer {
    /// ZooKeeper's client port answers four-letter words.
    Words(Words),
    /// ZooKeeper's AdminServer answers commands.
    Admin(Commands),
    /// `fle serve` answers `GET /status`.
    Fle(Box<Report>),
    /// `fle serve` has not started yet.
    Starting,
    /// A server that speaks TLS only.
    Tls,
    /// Somebody else; how what he said begins.
    Stranger(String),
    /// Nobody.
    Nothing(Nothing),
}

/// The replies to four-letter words, empty where there is none.
#[derive(Default)]
pub(super) struct Words {
    pub(super) srvr: String,
    pub(super) mntr: String,
    pub(super) conf: String,
}

/// The AdminServer's replies, null where there is none.
#[derive(Default)]
pub(super) struct Commands {
    pub(super) server_stats: Value,
    pub(super) monitor: Value,
    pub(super) configuration: Value,
    pub(super) leader: Value,
    pub(super) voting_view: Value,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Nothing {
    /// The name stands for no address; why.
    Unresolved(String),
    /// Nobody listens.
    Refused,
    /// No connection came about in time.
    Unconnected,
    /// There is a connection, and no reply in time.
    Silent,
    /// The connection is ended without a reply.
    Closed,
    /// What the system says.
    Failed(String),
}
