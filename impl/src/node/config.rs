//! What a node starts from.

use crate::config::{BindRetries, DynamicConfig, Host, Options, Rules, ServerConfig};
use crate::election::Timing;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use crate::quorum::OracleFile;
use crate::transport::{ElectionAddress, Settings, at_every_port, election_addresses};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// What a node starts from.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Whether it votes.
    pub learner_type: LearnerType,
    /// Its configurations.
    pub ensemble: Arc<Ensemble>,
    /// Its waits.
    pub timing: Timing,
    /// Whether it adopts newer configurations that peers send.
    pub reconfig_enabled: bool,
    /// Who decides between two voters when one is lost.
    pub oracle: Option<OracleFile>,
    /// Its id and its part in the network.
    pub transport: Settings,
}

/// What this crate's transport does not do and the configuration asks for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{key} is set, and fle does not support it; remove the line, on every server of the ensemble"
)]
pub struct Unsupported {
    /// The key in the static file.
    pub key: &'static str,
}

impl NodeConfig {
    /// A member of this ensemble, with ZooKeeper's defaults; `None` if it has no server of this id.
    #[must_use]
    pub fn new(sid: Sid, ensemble: DynamicConfig) -> Option<Self> {
        let own = ensemble.server(sid)?;
        let addresses = election_addresses(own);
        Some(Self {
            learner_type: own.learner_type(),
            timing: Timing::default(),
            reconfig_enabled: false,
            oracle: None,
            transport: Settings {
                sid,
                bind: addresses.clone(),
                multi_address: addresses.len() > 1,
                advertised: addresses,
                connect_timeout: Duration::from_secs(5),
                handshake_timeout: Duration::from_secs(15),
                bind_retries: BindRetries::AtMost(NonZeroU32::MIN),
            },
            ensemble: Arc::new(Ensemble::new(ensemble, None, Rules::default())),
        })
    }

    /// A server as its configuration files describe it.
    ///
    /// # Errors
    /// When they ask for TLS or SASL between servers.
    pub fn from_files(server: &ServerConfig) -> Result<Self, Unsupported> {
        let options = server.options();
        for (asked, key) in [
            (options.ssl_quorum, "sslQuorum"),
            (options.quorum_auth.enable_sasl, "quorum.auth.enableSasl"),
        ] {
            if asked {
                return Err(Unsupported { key });
            }
        }
        let committed = server.dynamic().clone();
        let addresses = committed.server(server.sid()).map(election_addresses);
        let addresses = addresses.unwrap_or_default();
        let ensemble = Ensemble::new(committed, server.last_seen().cloned(), options.rules());
        Ok(Self {
            learner_type: server.learner_type(),
            ensemble: Arc::new(ensemble),
            timing: Timing {
                min_notification_interval: options.min_notification_interval,
                max_notification_interval: options.max_notification_interval,
                finalize: options.finalize,
                ..Timing::default()
            },
            reconfig_enabled: options.reconfig_enabled,
            oracle: options.oracle_path.clone().map(OracleFile),
            transport: Settings {
                sid: server.sid(),
                bind: bind_addresses(&addresses, options),
                multi_address: options.multi_address.enabled,
                advertised: addresses,
                connect_timeout: options.connect_timeout,
                handshake_timeout: options
                    .connection_timeout
                    .unwrap_or(options.tick_time * options.sync_limit),
                bind_retries: options.election_port_bind_retries,
            },
        })
    }
}

/// The configured addresses, or their ports at every address of the machine
/// (`quorumListenOnAllIPs`).
pub(crate) fn bind_addresses(
    addresses: &[ElectionAddress],
    options: &Options,
) -> Vec<ElectionAddress> {
    if !options.quorum_listen_on_all_ips {
        return addresses.to_vec();
    }
    let everywhere = Host::Ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    at_every_port(&everywhere, addresses)
}
