//! Where a server listens, from the start and after its addresses in the configuration have
//! changed.
//!
//! Source: `QuorumCnxManager.Listener`; `QuorumPeer.processReconfig` starts it anew.

use super::dialling;
use super::handshake::{self, Greeting, Visitor};
use super::limited::Limited;
use super::network::Network;
use super::settings::Settings;
use crate::codec::initial::ElectionAddress;
use crate::config::{BindRetries, Host};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// How many connections may be in their first moments at once, beside one of each server of the
/// ensemble.
pub(super) const HALF_OPEN: usize = 64;
/// The wait between attempts to listen on a port that is taken, as in the reference.
const BIND_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often is said that a port cannot be had yet.
const TROUBLE_TOLD_EVERY: Duration = Duration::from_secs(60);

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The port cannot be had.
    #[error(
        "cannot listen on {address}: {source}; another process may have the port, or the \
         address is not this machine's"
    )]
    Port {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The name that this server's line has does not say where to listen.
    #[error(
        "cannot listen on {address}: the name of this server does not resolve: {source}; correct \
         the name in this server's line of the configuration, or have DNS or /etc/hosts know it"
    )]
    Name {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
}

pub(super) struct Listeners<N: Network, G> {
    network: N,
    /// How long looking up this server's own name may take.
    look_up_timeout: Duration,
    handshake_timeout: Duration,
    /// How many connections may be in their first moments at each address.
    half_open: usize,
    visitors: mpsc::Sender<Visitor<N::Stream, G>>,
    tasks: JoinSet<()>,
    by_address: BTreeMap<ElectionAddress, AbortHandle>,
}

impl<N: Network, G: Greeting> Listeners<N, G> {
    pub(super) async fn start(
        network: N,
        settings: &Settings,
        bind_to: &[ElectionAddress],
        half_open: usize,
        visitors: mpsc::Sender<Visitor<N::Stream, G>>,
    ) -> Result<Self, BindError> {
        let mut listeners = Self {
            network,
            look_up_timeout: settings.connect_timeout,
            handshake_timeout: settings.handshake_timeout,
            half_open,
            visitors,
            tasks: JoinSet::new(),
            by_address: BTreeMap::new(),
        };
        for address in bind_to {
            let retries = settings.bind_retries;
            let bound = bind(
                &listeners.network,
                address,
                listeners.look_up_timeout,
                retries,
            )
            .await?;
            listeners.spawn(address, async { bound });
        }
        Ok(listeners)
    }

    /// Listens on these addresses and no others. A port that cannot be had is tried for until it
    /// can.
    pub(super) fn move_to(&mut self, addresses: &[ElectionAddress]) {
        let wanted: BTreeSet<_> = addresses.iter().collect();
        self.by_address.retain(|address, task| {
            let stays = wanted.contains(address);
            if !stays {
                task.abort();
            }
            stays
        });
        for address in addresses {
            if !self.by_address.contains_key(address) {
                let (network, at) = (self.network.clone(), address.clone());
                let (wait, retries) = (self.look_up_timeout, BindRetries::Forever);
                self.spawn(address, async move {
                    bind(&network, &at, wait, retries).await.unwrap_or_default()
                });
            }
        }
    }

    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }

    fn spawn(
        &mut self,
        address: &ElectionAddress,
        bound: impl Future<Output = Vec<N::Listener>> + Send + 'static,
    ) {
        let (network, visitors) = (self.network.clone(), self.visitors.clone());
        let (wait, at_most) = (self.handshake_timeout, self.half_open);
        let task = self.tasks.spawn(async move {
            let listen = |listener| {
                let (network, visitors) = (network.clone(), visitors.clone());
                Box::pin(handshake::listen(
                    network, listener, wait, at_most, visitors,
                ))
            };
            let mut all: Vec<_> = bound.await.into_iter().map(listen).collect();
            poll_fn(|cx| {
                // None of them ends.
                for listening in &mut all {
                    let _ = listening.as_mut().poll(cx);
                }
                Poll::<()>::Pending
            })
            .await;
        });
        self.by_address.insert(address.clone(), task);
    }
}

async fn bind<N: Network>(
    network: &N,
    address: &ElectionAddress,
    wait: Duration,
    retries: BindRetries,
) -> Result<Vec<N::Listener>, BindError> {
    let mut attempts = 0;
    let mut told = Limited::every(TROUBLE_TOLD_EVERY);
    loop {
        let failure = match bind_once(network, address, wait).await {
            Ok(listeners) => return Ok(listeners),
            Err(failure) => failure,
        };
        attempts += 1;
        if let Some(left_out) = told.admit(failure.to_string()) {
            tracing::warn!(target: "fle", "{failure}{left_out}; tries again");
        }
        if matches!(retries, BindRetries::AtMost(most) if attempts >= most.get()) {
            return Err(failure);
        }
        tokio::time::sleep(BIND_AGAIN_AFTER).await;
    }
}

/// Listens on all addresses of a name that are this machine's: peers try all of them.
async fn bind_once<N: Network>(
    network: &N,
    address: &ElectionAddress,
    wait: Duration,
) -> Result<Vec<N::Listener>, BindError> {
    let found = dialling::resolve(network, address, wait).await;
    let found = found.map_err(|source| BindError::Name {
        address: address.to_string(),
        source,
    })?;
    let mut listeners = Vec::new();
    let mut failure = None;
    for at in BTreeSet::from_iter(found) {
        let at_name = match &address.host {
            Host::Ip(_) => address.to_string(),
            Host::Name(_) => format!("{address} ({at})"),
        };
        match network.bind(at).await {
            Ok(listener) => listeners.push(listener),
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                return Err(BindError::Port {
                    address: at_name,
                    source,
                });
            }
            Err(source) => {
                failure = Some(BindError::Port {
                    address: at_name,
                    source,
                });
            }
        }
    }
    match failure {
        Some(failure) if listeners.is_empty() => Err(failure),
        _ => Ok(listeners),
    }
}
