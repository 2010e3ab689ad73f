//! Where servers are, by the configurations in force.

use crate::codec::initial::ElectionAddress;
use crate::config::{DynamicConfig, Host, ServerSpec};
use crate::ensemble::Ensemble;
use crate::id::Sid;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a peer's addresses: those of the committed configuration, then those of the
/// proposed one.
#[derive(Default)]
pub(super) struct Directory(BTreeMap<Sid, Vec<ElectionAddress>>);

impl Directory {
    pub(super) fn of(ensemble: &Ensemble, of: fn(&ServerSpec) -> Vec<ElectionAddress>) -> Self {
        let configs = [Some(ensemble.committed()), ensemble.last_seen()];
        let mut addresses: BTreeMap<Sid, Vec<ElectionAddress>> = BTreeMap::new();
        for server in configs
            .into_iter()
            .flatten()
            .flat_map(DynamicConfig::servers)
        {
            let known = addresses.entry(server.sid()).or_default();
            for address in of(server) {
                if !known.contains(&address) {
                    known.push(address);
                }
            }
        }
        Self(addresses)
    }

    pub(super) fn knows(&self, sid: Sid) -> bool {
        self.0.contains_key(&sid)
    }

    /// Where a server is by any configuration.
    pub(super) fn of_server(&self, sid: Sid) -> Vec<ElectionAddress> {
        self.0.get(&sid).cloned().unwrap_or_default()
    }

    /// Whether the configurations name the address, for whatever server.
    pub(super) fn name(&self, address: &ElectionAddress) -> bool {
        self.0.values().flatten().any(|named| named == address)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Where a server's election port is, by its line in a configuration.
#[must_use]
pub fn election_addresses(server: &ServerSpec) -> Vec<ElectionAddress> {
    let addresses = server.addresses().iter();
    let addresses = addresses.map(|address| ElectionAddress {
        host: address.host.clone(),
        port: address.election_port.get(),
    });
    addresses.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Where a server takes learners once it leads, by its line in a configuration.
#[must_use]
pub fn quorum_addresses(server: &ServerSpec) -> Vec<ElectionAddress> {
    let addresses = server.addresses().iter();
    let addresses = addresses.map(|address| ElectionAddress {
        host: address.host.clone(),
        port: address.quorum_port.get(),
    });
    addresses.collect::<BTreeSet<_>>().into_iter().collect()
}

/// This server's addresses of one kind in the committed configuration.
pub(super) fn own_addresses(
    ensemble: &Ensemble,
    sid: Sid,
    of: fn(&ServerSpec) -> Vec<ElectionAddress>,
) -> Vec<ElectionAddress> {
    let own = ensemble.committed().server(sid);
    own.map(of).unwrap_or_default()
}

/// Where to listen once this server's addresses are these, if it has listened on `bind` before: on
/// them, if it listened on its own; on their ports, if it listened on all addresses of the machine;
/// where it was told to, otherwise.
pub(super) fn follow(
    bind: &[ElectionAddress],
    before: &[ElectionAddress],
    now: &[ElectionAddress],
) -> Vec<ElectionAddress> {
    if bind == before {
        return now.to_vec();
    }
    match bind.first() {
        Some(first) if bind.iter().all(|it| it.host.is_wildcard()) => {
            at_every_port(&first.host, now)
        }
        _ => bind.to_vec(),
    }
}

/// The host with each port that these addresses have.
pub(crate) fn at_every_port(host: &Host, addresses: &[ElectionAddress]) -> Vec<ElectionAddress> {
    let ports: BTreeSet<u16> = addresses.iter().map(|address| address.port).collect();
    let with = |port| ElectionAddress {
        host: host.clone(),
        port,
    };
    ports.into_iter().map(with).collect()
}

pub(super) fn list(addresses: &[ElectionAddress]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ElectionAddress::to_string).collect();
    addresses.join(", ")
}
