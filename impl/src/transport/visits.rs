//! Who has connected, and what becomes of the connection.
//!
//! Source: `QuorumCnxManager.receiveConnection` and `handleConnection`. There, whoever comes under
//! a sid takes the place of who was there before. Nothing proves that it is the same server, so
//! here the connection that is there stays as long as it is alive, of which the system's probes
//! tell within seconds; meanwhile the newcomer waits. It goes first only if it comes from where the
//! configuration says that the server is, and the other does not.

use super::Transport;
use super::claims::{Claim, STRANGERS};
use super::handshake::Visitor;
use super::happening::{Happening, LinkState};
use super::link::Introduced;
use super::network::Network;
use super::peer::{DIAL_AGAIN_AFTER, Ended, Origin, Parked};
use crate::codec::initial::{ElectionAddress, InitialMessage};
use crate::id::Sid;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a newcomer waits for the connection under its sid to end. The system finds out sooner
/// that one is dead ([`Network::watch_closely`]).
const CONTEST: Duration = Duration::from_secs(6);
/// How many newcomers wait under one sid, from one address each.
const PARKED: usize = 4;
/// How many addresses are kept of where a server says it can be dialled, if it may say several.
const ADVERTISED: usize = 4;

impl<N: Network> Transport<N> {
    /// Somebody has connected and said who it is.
    pub(super) fn receive(
        &mut self,
        visitor: Visitor<N::Stream, InitialMessage>,
    ) -> Option<Happening> {
        let (sid, from) = (visitor.greeting.sid, visitor.from);
        if !self.admits(sid, from) {
            return None;
        }
        let peer = self.peer(sid);
        if peer.visited > Some(visitor.since) {
            // Introductions are read side by side; this connection is the older one.
            return None;
        }
        peer.visited = Some(visitor.since);
        let mut advertised = visitor.greeting.addresses;
        advertised.truncate(if self.settings.multi_address {
            ADVERTISED
        } else {
            1
        });
        self.note_origin(sid, from.ip(), &advertised);
        self.peer(sid).advertised = advertised;
        if sid < self.settings.sid {
            return self.dial_back(sid, from);
        }
        match self.peer(sid).remote {
            Some(there) => {
                self.contest(sid, there, from, visitor.connection);
                None
            }
            None => Some(self.link(sid, visitor.connection, from)),
        }
    }

    fn admits(&mut self, sid: Sid, from: SocketAddr) -> bool {
        let own = self.settings.sid;
        if sid == own {
            if let Some(left_out) = self.claims.admit(Claim::OwnId) {
                tracing::warn!(
                    target: "fle", %sid,
                    "somebody at {from} connects with this server's own id, {sid}; give each \
                     server an id of its own{left_out}"
                );
            }
            return false;
        }
        if self.addresses.knows(sid) || self.peers.contains_key(&sid) {
            return true;
        }
        let connected = self.peers.keys().filter(|sid| !self.addresses.knows(**sid));
        let why = if sid < own {
            "servers with lesser ids are dialled back, and only where a configuration says; \
             add it there"
                .to_owned()
        } else if connected.count() >= STRANGERS {
            format!("{STRANGERS} such are connected")
        } else {
            return true;
        };
        if let Some(left_out) = self.claims.admit(Claim::Stranger) {
            tracing::warn!(
                target: "fle", peer = %sid,
                "refused server {sid} at {from}, which no configuration knows: {why}{left_out}"
            );
        }
        false
    }

    /// Says so if a server's connections come from two places by turns.
    fn note_origin(&mut self, sid: Sid, from: IpAddr, advertised: &[ElectionAddress]) {
        let origin = Origin {
            from,
            advertised: advertised.to_vec(),
        };
        let [latest, before] = &mut self.peer(sid).origins;
        if latest.as_ref() == Some(&origin) {
            return;
        }
        let is_back = before.as_ref() == Some(&origin);
        std::mem::swap(latest, before);
        let other = before.as_ref().map(Origin::to_string).unwrap_or_default();
        let this = origin.to_string();
        *latest = Some(origin);
        if is_back && let Some(left_out) = self.claims.admit(Claim::Doubled(sid)) {
            tracing::warn!(
                target: "fle", peer = %sid,
                "server {sid} connects from two places by turns, {other} and {this}; two servers \
                 may have its id{left_out}"
            );
        }
    }

    /// The connection is ours to make, also in place of one that the peer may believe broken.
    fn dial_back(&mut self, sid: Sid, from: SocketAddr) -> Option<Happening> {
        let configured = self.addresses.of_server(sid);
        let peer = self.peer(sid);
        let is_up = peer.state == LinkState::Up;
        if peer.state == LinkState::Dialling {
            return Some(self.link_is(sid, LinkState::Dialling));
        }
        let now = Instant::now();
        let again = peer.dialled_back.map(|at| at + DIAL_AGAIN_AFTER);
        let is_soon = again > Some(now);
        if !(is_up && is_soon) {
            peer.dialled_back = again.max(Some(now));
            peer.not_before = again.filter(|_| is_soon);
        }
        let says_elsewhere = !peer.advertised.is_empty()
            && !peer.advertised.iter().any(|it| configured.contains(it));
        let there = peer.remote;
        if let Some(there) = there.filter(|it| it.ip() != from.ip() || says_elsewhere) {
            self.tell_of_claim(sid, there, from);
        }
        if is_up && is_soon {
            return None;
        }
        self.dial(sid);
        Some(self.link_is(sid, LinkState::Dialling))
    }

    /// Somebody comes under the sid of a server that is connected.
    fn contest(
        &mut self,
        sid: Sid,
        there: SocketAddr,
        from: SocketAddr,
        connection: Introduced<N::Stream>,
    ) {
        let parked = &self.peer(sid).parked;
        if parked.len() >= PARKED || parked.iter().any(|it| it.from.ip() == from.ip()) {
            return self.tell_of_claim(sid, there, from);
        }
        self.numbers += 1;
        let number = self.numbers;
        let home = self.dialler.clone().hosts(self.addresses.of_server(sid));
        let decision = self.tasks.spawn(async move {
            let since = Instant::now();
            let home = home.await;
            let wins = home.contains(&from.ip().to_canonical())
                && !home.contains(&there.ip().to_canonical());
            if !wins {
                sleep(CONTEST.saturating_sub(since.elapsed())).await;
            }
            (sid, number, Ended::Contest(wins))
        });
        let parked = Parked {
            number,
            from,
            connection,
            _decision: decision.into(),
        };
        self.peer(sid).parked.push(parked);
    }

    pub(super) fn decide_contest(
        &mut self,
        sid: Sid,
        number: u64,
        wins: bool,
    ) -> Option<Happening> {
        let peer = self.peers.get_mut(&sid)?;
        let place = peer.parked.iter().position(|it| it.number == number)?;
        let newcomer = peer.parked.remove(place);
        let there = peer.remote?;
        self.tell_of_claim(sid, there, newcomer.from);
        wins.then(|| self.link(sid, newcomer.connection, newcomer.from))
    }

    fn tell_of_claim(&mut self, sid: Sid, there: SocketAddr, from: SocketAddr) {
        let is_known = self.addresses.knows(sid);
        let claim = if is_known {
            Claim::Taken(sid)
        } else {
            Claim::Stranger
        };
        if let Some(left_out) = self.claims.admit(claim) {
            tracing::warn!(
                target: "fle", peer = %sid,
                "server {sid} is connected at {there}, and somebody at {from} says that it is \
                 server {sid}; two servers may have this id{left_out}"
            );
        }
    }
}
