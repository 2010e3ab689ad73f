//! What is known of the connections: of each member its state, of strangers only how many there
//! are.
//!
//! Invariant: only who is connected, or a member of the configurations in force, is in here. So
//! however many ids strangers make up, one after the other, nothing grows.

use super::status::Status;
use crate::election::Reachability;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::transport::LinkState;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use tokio::sync::watch;

#[derive(Default)]
pub(super) struct Links {
    /// The members that were connected since the node runs.
    met: BTreeSet<Sid>,
    /// The others that are connected.
    strangers: BTreeSet<Sid>,
    /// Where the last connection with each member led.
    addresses: BTreeMap<Sid, SocketAddr>,
    /// Where the last connection with any other led.
    last_stranger: Option<(Sid, SocketAddr)>,
}

impl Links {
    /// A connection is up; what it sends may be heard after it has ended.
    pub(super) fn note_address(&mut self, peer: Sid, address: SocketAddr, ensemble: &Ensemble) {
        if ensemble.names(peer) {
            self.addresses.insert(peer, address);
        } else {
            self.last_stranger = Some((peer, address));
        }
    }

    /// Where the last connection with a server led, if that is known still.
    pub(super) fn address_of(&self, peer: Sid) -> Option<SocketAddr> {
        let stranger = self.last_stranger.filter(|(sid, _)| *sid == peer);
        let stranger = stranger.map(|(_, address)| address);
        self.addresses.get(&peer).copied().or(stranger)
    }

    /// A connection's state has changed; what that says of a member.
    pub(super) fn see(
        &mut self,
        peer: Sid,
        link: LinkState,
        ensemble: &Ensemble,
        status: &watch::Sender<Status>,
    ) -> Option<Reachability> {
        let is_up = link == LinkState::Up;
        if !ensemble.names(peer) {
            let changed = if is_up {
                self.strangers.insert(peer)
            } else {
                self.strangers.remove(&peer)
            };
            if changed {
                self.count_strangers(status);
            }
            return None;
        }
        gauge(peer, is_up);
        let now = match &link {
            LinkState::Up => {
                self.met.insert(peer);
                Some(Reachability::Connected)
            }
            LinkState::Unreachable(_) if self.met.contains(&peer) => Some(Reachability::Gone),
            _ => None,
        };
        status.send_modify(|status| {
            status.links.insert(peer, link);
        });
        now
    }

    /// Who is no member any more is a stranger from now on, and the other way round.
    pub(super) fn reconfigure(&mut self, ensemble: &Ensemble, status: &watch::Sender<Status>) {
        self.met.retain(|sid| ensemble.names(*sid));
        self.addresses.retain(|sid, _| ensemble.names(*sid));
        let (joined, strangers): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(&mut self.strangers)
            .into_iter()
            .partition(|sid| ensemble.names(*sid));
        self.strangers = strangers;
        status.send_modify(|status| {
            let voted = |sid: &Sid| ensemble.view().slot(*sid).is_some();
            status.looking_voters.retain(voted);
            for (sid, link) in std::mem::take(&mut status.links) {
                if ensemble.names(sid) {
                    status.links.insert(sid, link);
                } else {
                    gauge(sid, false);
                    self.strangers
                        .extend((link == LinkState::Up).then_some(sid));
                }
            }
            for sid in joined {
                gauge(sid, true);
                self.met.insert(sid);
                status.links.insert(sid, LinkState::Up);
            }
        });
        self.count_strangers(status);
    }

    /// All connections have ended.
    pub(super) fn clear(&mut self, status: &watch::Sender<Status>) {
        self.strangers.clear();
        status.send_modify(|status| status.links.clear());
        self.count_strangers(status);
    }

    fn count_strangers(&self, status: &watch::Sender<Status>) {
        let count = self.strangers.len();
        metrics::gauge!("fle_strangers").set(u32::try_from(count).unwrap_or(u32::MAX));
        status.send_modify(|status| status.strangers = count);
    }
}

fn gauge(peer: Sid, is_up: bool) {
    let up = f64::from(u8::from(is_up));
    metrics::gauge!("fle_peer_up", "peer" => peer.to_string()).set(up);
}
