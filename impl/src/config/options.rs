//! The settings of a static file that an election and what surrounds it depend on.
//!
//! Source: `QuorumPeerConfig.parseProperties` and, for those that ZooKeeper takes as system
//! properties, the class that reads each. Defaults are ZooKeeper's.

use super::rules::Rules;
use super::server::ClientAddress;
use crate::finalize::Finalize;
use crate::learner_type::LearnerType;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// How one server behaves. Each field names its key; durations are written in milliseconds in the
/// file unless a field says otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `dataDir`, required: where `myid` and the epochs are kept.
    pub data_dir: PathBuf,
    /// `dataLogDir`, default `dataDir`: where transactions are logged.
    pub data_log_dir: PathBuf,
    /// `tickTime`, at least 1 ms, default 3 s: the unit of the three limits below.
    pub tick_time: Duration,
    /// `initLimit`, in ticks, required among several voters: how long a follower may take to
    /// connect to its leader and catch up. Raise it with the size of the data.
    pub init_limit: u32,
    /// `syncLimit`, in ticks, required among several voters: how far a follower may fall behind
    /// before it is dropped. Raise it with the network's worst delay; failures are noticed later
    /// then.
    pub sync_limit: u32,
    /// `connectToLearnerMasterLimit`, in ticks, default `initLimit`: how long a follower tries to
    /// connect to the elected leader.
    pub connect_to_learner_master_limit: u32,
    /// `peerType`, default participant: what the server believes to be. The server list decides.
    pub peer_type: LearnerType,
    /// `clientPort` and `clientPortAddress`, default none: where clients connect, unless the server
    /// list says so.
    pub client_address: Option<ClientAddress>,
    /// `secureClientPort` and `secureClientPortAddress`, default none: the same over TLS.
    pub secure_client_address: Option<ClientAddress>,
    /// `quorumListenOnAllIPs`, default false: whether to listen on every address of the machine
    /// instead of the configured ones. Set it where the configured address is not one of the
    /// machine's own, as behind address translation.
    pub quorum_listen_on_all_ips: bool,
    /// `reconfigEnabled`, default false: whether the ensemble may change while it runs.
    pub reconfig_enabled: bool,
    /// `standaloneEnabled`, default true: whether a single participant stands for a standalone
    /// server.
    pub standalone_enabled: bool,
    /// `oraclePath`, default none: the file that decides between two voters when one is lost.
    pub oracle_path: Option<PathBuf>,
    /// `multiAddress.*`: servers with several addresses.
    pub multi_address: MultiAddress,

    /// `fastleader.minNotificationInterval`, at least 1 ms, default 200 ms: how long a server that
    /// looks for a leader waits for an answer at first. Doubled each time up to the longest. Not
    /// below a round trip.
    pub min_notification_interval: Duration,
    /// `fastleader.maxNotificationInterval`, not below the shortest, default 60 s: how long a
    /// server waits at most before it asks again. Lower it to have servers find one another sooner
    /// after a long partition.
    pub max_notification_interval: Duration,
    /// `finalize`, `fixed` or `eager`, default `fixed`: whether a server that a quorum agrees with
    /// always waits 200 ms for a better vote, or only while one could come. ZooKeeper ignores the
    /// key.
    pub finalize: Finalize,
    /// `promiseEndsWithConnection`, default false: whether a follower is free to help another
    /// leader as soon as its leader's end of their connection is closed in order, as happens when a
    /// process is killed. Set it where nothing between the servers closes connections (no proxy, no
    /// service mesh); otherwise two leaders may have a lease at once. ZooKeeper ignores the key.
    pub promise_ends_with_connection: bool,
    /// `cnxTimeout`, at least 1 ms, default 5 s: how long connecting to another server's election
    /// port may take.
    pub connect_timeout: Duration,
    /// `quorumCnxnTimeoutMs`, default none (any number below 1): how long an election connection
    /// may be silent while a server introduces itself; `syncLimit` ticks when not set.
    pub connection_timeout: Option<Duration>,
    /// `quorum.cnxn.threads.size`, default 20 and never less: how many connections may be set up at
    /// the same time with SASL.
    pub connection_threads: u32,
    /// `electionPortBindRetry`, default 3 and 3 for a negative number, 0 for ever: how often to try
    /// to listen on the election port. Choose 0 where the own name may resolve late.
    pub election_port_bind_retries: BindRetries,
    /// `tcpKeepAlive`, default false: whether the system probes idle election connections. Set it
    /// where a firewall drops them.
    pub tcp_keep_alive: bool,
    /// `observer.election.DelayMs`, default 200 ms: the longest random wait of an observer that
    /// lost its leader before it looks for another. Raise it with the number of observers.
    pub observer_election_delay: Duration,
    /// `observer.reconnectDelayMs`, default 0: the longest random wait of an observer before it
    /// connects to a leader again.
    pub observer_reconnect_delay: Duration,
    /// `leader.maxTimeToWaitForEpoch`, default none (any negative number): how long an elected
    /// leader waits for a quorum to agree on its epoch before it looks for a leader again.
    pub leader_epoch_timeout: Option<Duration>,
    /// `leaderConnectDelayDuringRetryMs`, default 100 ms: the wait between a follower's attempts to
    /// connect to its leader.
    pub leader_connect_retry_delay: Duration,

    /// `sslQuorum`, default false: whether servers talk over TLS.
    pub ssl_quorum: bool,
    /// `portUnification`, default false: whether ports that expect TLS accept connections without,
    /// while an ensemble moves to TLS.
    pub port_unification: bool,
    /// `sslQuorumReloadCertFiles`, default false: whether changed certificate files are read again.
    pub ssl_quorum_reload_cert_files: bool,
    /// `fips-mode`, default true: whether only approved cryptography is used.
    pub fips_mode: bool,
    /// `quorum.auth.*`: SASL between servers.
    pub quorum_auth: QuorumAuth,
    /// `kerberos.canonicalizeHostNames`, default false: whether the names of servers are replaced
    /// by what their addresses resolve to.
    pub canonicalize_host_names: bool,
}

/// Servers with several addresses (`multiAddress.*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MultiAddress {
    /// `multiAddress.enabled`, default false. All servers must agree; 3.5 and older cannot read
    /// what such a server sends.
    pub enabled: bool,
    /// `multiAddress.reachabilityCheckEnabled`, default true: whether the addresses of a server are
    /// probed before one is dialed.
    pub reachability_check_enabled: bool,
    /// `multiAddress.reachabilityCheckTimeoutMs`, at least 1 ms, default 1 s: how long a probe may
    /// take.
    pub reachability_check_timeout: Duration,
}

/// SASL between servers (`quorum.auth.*`). To turn it on in a running ensemble, set the three
/// switches one after the other, each on every server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumAuth {
    /// `quorum.auth.enableSasl`, default false: whether servers can authenticate.
    pub enable_sasl: bool,
    /// `quorum.auth.learnerRequireSasl`, default false, needs the switch before: whether it
    /// authenticates where it connects.
    pub learner_require_sasl: bool,
    /// `quorum.auth.serverRequireSasl`, default false, needs the switches before: whether it
    /// refuses others that do not authenticate.
    pub server_require_sasl: bool,
    /// `quorum.auth.learner.saslLoginContext`, default `QuorumLearner`.
    pub learner_login_context: String,
    /// `quorum.auth.server.saslLoginContext`, default `QuorumServer`.
    pub server_login_context: String,
    /// `quorum.auth.kerberos.servicePrincipal`, default `zkquorum/localhost`.
    pub kerberos_service_principal: String,
}

/// How often to try to listen on a port that is not free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindRetries {
    /// So many times.
    AtMost(NonZeroU32),
    /// Until it is free.
    Forever,
}

impl BindRetries {
    /// ZooKeeper's three.
    pub(super) const DEFAULT: Self = Self::AtMost(NonZeroU32::new(3).expect("three is not zero"));
}

impl Options {
    /// The settings that decide which ensembles are allowed.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            multi_address: self.multi_address.enabled,
            standalone_enabled: self.standalone_enabled,
        }
    }

    /// Every default; the data directories, which have none, are empty.
    pub(super) fn unset() -> Self {
        Self {
            data_dir: PathBuf::new(),
            data_log_dir: PathBuf::new(),
            tick_time: Duration::from_secs(3),
            init_limit: 0,
            sync_limit: 0,
            connect_to_learner_master_limit: 0,
            peer_type: LearnerType::Participant,
            client_address: None,
            secure_client_address: None,
            quorum_listen_on_all_ips: false,
            reconfig_enabled: false,
            standalone_enabled: true,
            oracle_path: None,
            multi_address: MultiAddress::default(),
            min_notification_interval: Duration::from_millis(200),
            max_notification_interval: Duration::from_secs(60),
            finalize: Finalize::Fixed,
            promise_ends_with_connection: false,
            connect_timeout: Duration::from_secs(5),
            connection_timeout: None,
            connection_threads: 20,
            election_port_bind_retries: BindRetries::DEFAULT,
            tcp_keep_alive: false,
            observer_election_delay: Duration::from_millis(200),
            observer_reconnect_delay: Duration::ZERO,
            leader_epoch_timeout: None,
            leader_connect_retry_delay: Duration::from_millis(100),
            ssl_quorum: false,
            port_unification: false,
            ssl_quorum_reload_cert_files: false,
            fips_mode: true,
            quorum_auth: QuorumAuth::default(),
            canonicalize_host_names: false,
        }
    }
}

impl Default for MultiAddress {
    fn default() -> Self {
        Self {
            enabled: false,
            reachability_check_enabled: true,
            reachability_check_timeout: Duration::from_secs(1),
        }
    }
}

impl Default for QuorumAuth {
    fn default() -> Self {
        Self {
            enable_sasl: false,
            learner_require_sasl: false,
            server_require_sasl: false,
            learner_login_context: "QuorumLearner".to_owned(),
            server_login_context: "QuorumServer".to_owned(),
            kerberos_service_principal: "zkquorum/localhost".to_owned(),
        }
    }
}
