//! What a member starts from, and why it cannot start.

use crate::config::{DynamicConfig, ServerConfig};
use crate::id::Sid;
use crate::node::{NodeConfig, Unsupported, bind_addresses};
use crate::storage::StorageError;
use crate::transport::{BindError, ElectionAddress, quorum_addresses};
use std::time::Duration;

/// What a member starts from.
#[derive(Clone, Debug)]
pub struct MemberConfig {
    /// Its part in elections.
    pub node: NodeConfig,
    /// Where it takes learners.
    pub quorum_bind: Vec<ElectionAddress>,
    /// How patient it is.
    pub limits: Limits,
}

/// How patient a member is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The length of a tick; leader and learners show signs of life twice in it. Default 2 s.
    pub tick_time: Duration,
    /// How long a leader may take to be established, in ticks. Default 10.
    pub init_limit: u32,
    /// How long leader and learners bear one another's silence, in ticks; also the length of a
    /// lease. Default 5.
    pub sync_limit: u32,
    /// How much faster than this server's clock another's may run, in parts of a million: the lease
    /// is shorter by that. Default 1,000, which is more than the drift of any clock that keeps time
    /// at all.
    pub clock_drift_ppm: u32,
    /// How long an elected leader waits for a quorum before it gives up as soon as one of those
    /// that elected it looks again. Default none: it gives up when those that are left are no
    /// quorum.
    pub epoch_timeout: Option<Duration>,
    /// The wait between attempts to connect to the leader. Default 100 ms.
    pub connect_retry_delay: Duration,
    /// The longest random wait of an observer that lost its leader, before it looks for another.
    /// Default 200 ms.
    pub observer_election_delay: Duration,
    /// Whether a follower is free to help another leader as soon as its leader's end of their
    /// connection is closed in order (FIN), as happens when a process dies. Default no: it waits
    /// for its leader's word, or for `sync_limit` ticks.
    ///
    /// With it a killed leader is replaced within milliseconds instead of `sync_limit` ticks, and
    /// the lease holds only if nothing between the servers closes connections: no proxy, no service
    /// mesh, no load balancer. A firewall's resets do no harm either way.
    pub promise_ends_with_connection: bool,
}

/// Why a member cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The epochs cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tick_time: Duration::from_secs(2),
            init_limit: 10,
            sync_limit: 5,
            clock_drift_ppm: 1000,
            epoch_timeout: None,
            connect_retry_delay: Duration::from_millis(100),
            observer_election_delay: Duration::from_millis(200),
            promise_ends_with_connection: false,
        }
    }
}

impl MemberConfig {
    /// A member of this ensemble, with ZooKeeper's defaults; `None` if it has no server of this id.
    #[must_use]
    pub fn new(sid: Sid, ensemble: DynamicConfig) -> Option<Self> {
        Some(Self {
            quorum_bind: quorum_addresses(ensemble.server(sid)?),
            node: NodeConfig::new(sid, ensemble)?,
            limits: Limits::default(),
        })
    }

    /// A server as its configuration files describe it.
    ///
    /// # Errors
    /// When they ask for TLS or SASL between servers.
    pub fn from_files(server: &ServerConfig) -> Result<Self, Unsupported> {
        let options = server.options();
        let addresses = server.dynamic().server(server.sid()).map(quorum_addresses);
        Ok(Self {
            node: NodeConfig::from_files(server)?,
            quorum_bind: bind_addresses(&addresses.unwrap_or_default(), options),
            limits: Limits {
                tick_time: options.tick_time,
                init_limit: options.init_limit,
                sync_limit: options.sync_limit,
                epoch_timeout: options.leader_epoch_timeout,
                connect_retry_delay: options.leader_connect_retry_delay,
                observer_election_delay: options.observer_election_delay,
                promise_ends_with_connection: options.promise_ends_with_connection,
                ..Limits::default()
            },
        })
    }
}
