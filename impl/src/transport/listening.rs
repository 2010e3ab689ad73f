//! Where a server listens, from the start and after its addresses in the configuration have changed.
//!
//! Source: `QuorumCnxManager.Listener`; `QuorumPeer.processReconfig` starts it anew.

use super::handshake::{self, Greeting, Visitor};
use super::network::Network;
use super::{BIND_AGAIN_AFTER, BindError, Settings};
use crate::codec::initial::ElectionAddress;
use crate::config::BindRetries;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

pub(super) struct Listeners<N: Network, G> {
    network: N,
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
            handshake_timeout: settings.handshake_timeout,
            half_open,
            visitors,
            tasks: JoinSet::new(),
            by_address: BTreeMap::new(),
        };
        for address in bind_to {
            let listener = bind(&listeners.network, address, settings.bind_retries).await?;
            listeners.spawn(address, async { Some(listener) });
        }
        Ok(listeners)
    }

    /// Listens on these addresses and no others. A port that cannot be had is tried for until it can.
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
                self.spawn(address, async move {
                    bind(&network, &at, BindRetries::Forever).await.ok()
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
        listener: impl Future<Output = Option<N::Listener>> + Send + 'static,
    ) {
        let (network, visitors) = (self.network.clone(), self.visitors.clone());
        let (wait, at_most) = (self.handshake_timeout, self.half_open);
        let task = self.tasks.spawn(async move {
            if let Some(listener) = listener.await {
                handshake::listen(network, listener, wait, at_most, visitors).await;
            }
        });
        self.by_address.insert(address.clone(), task);
    }
}

async fn bind<N: Network>(
    network: &N,
    address: &ElectionAddress,
    retries: BindRetries,
) -> Result<N::Listener, BindError> {
    let mut attempts = 0;
    loop {
        match bind_once(network, address).await {
            Ok(listener) => return Ok(listener),
            Err(source) => {
                attempts += 1;
                tracing::warn!(target: "fle", %address, error = %source, "cannot listen yet");
                let address = address.to_string();
                match retries {
                    BindRetries::AtMost(most) if attempts >= most.get() => {
                        return Err(BindError { address, source });
                    }
                    BindRetries::AtMost(_) | BindRetries::Forever => {
                        tokio::time::sleep(BIND_AGAIN_AFTER).await;
                    }
                }
            }
        }
    }
}

async fn bind_once<N: Network>(network: &N, address: &ElectionAddress) -> io::Result<N::Listener> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in handshake::resolve(network, address).await? {
        match network.bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
