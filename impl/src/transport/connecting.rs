//! What becomes of the connection with a peer: dialled, awaited, made, at rest.

use super::Transport;
use super::addresses::list;
use super::claims::Claim;
use super::dialling::Targets;
use super::handshake::{self, Dialled};
use super::happening::{Happening, LinkState};
use super::link::{self, Introduced};
use super::network::Network;
use super::peer::{DIAL_AGAIN_AFTER, Ended, Peer};
use crate::id::Sid;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How many connections in a row a peer may end without a word before that is told.
const SILENT_ENDS: usize = 2;

impl<N: Network> Transport<N> {
    pub(super) fn peer(&mut self, sid: Sid) -> &mut Peer<N::Stream> {
        self.peers.entry(sid).or_default()
    }

    pub(super) fn dial(&mut self, sid: Sid) {
        let configured = self.addresses.of_server(sid);
        let peer = self.peer(sid);
        let (mut hearsay, not_before) = (peer.advertised.clone(), peer.not_before);
        // An address that a configuration names is another server's, which would be taken for this
        // one.
        hearsay.retain(|address| !configured.is_empty() && !self.addresses.name(address));
        let targets = Targets {
            configured,
            hearsay,
        };
        let dial = handshake::dial(self.dialler.clone(), self.settings.clone(), sid, targets);
        self.enter(sid, LinkState::Dialling, async move {
            if let Some(at) = not_before {
                sleep_until(at).await;
            }
            Ended::Dial(dial.await)
        });
    }

    /// Puts the peer into a state, with the task that will end it in place of the one before. A
    /// connection that is about to be replaced stays until then, so that the peer sees its
    /// successor before its end.
    fn enter(
        &mut self,
        sid: Sid,
        state: LinkState,
        task: impl Future<Output = Ended<N::Stream>> + Send + 'static,
    ) {
        self.numbers += 1;
        let number = self.numbers;
        let handle = self.tasks.spawn(async move { (sid, number, task.await) });
        let peer = self.peer(sid);
        let before = peer.task.replace((number, handle)).map(|(_, task)| task);
        peer.retire();
        peer.retiring = before;
        if state != LinkState::Dialling {
            peer.retire();
        }
        peer.state = state;
    }

    pub(super) fn link(
        &mut self,
        sid: Sid,
        connection: Introduced<N::Stream>,
        remote: SocketAddr,
    ) -> Happening {
        let peer = self.peer(sid);
        peer.trouble = None;
        peer.remote = Some(remote);
        peer.parked.clear();
        let outbox = Arc::clone(&peer.outbox);
        let inbox = Arc::clone(&self.inbox);
        self.enter(sid, LinkState::Up, async move {
            let since = Instant::now();
            let (error, heard) = link::run::<N>(sid, connection, &outbox, &inbox).await;
            let lasted = since.elapsed();
            Ended::Link {
                error,
                heard,
                lasted,
            }
        });
        self.link_is(sid, LinkState::Up)
    }

    pub(super) fn link_is(&self, peer: Sid, state: LinkState) -> Happening {
        Happening::Link { peer, state }
    }

    pub(super) fn end(
        &mut self,
        sid: Sid,
        number: u64,
        ended: Ended<N::Stream>,
    ) -> Option<Happening> {
        if let Ended::Contest(wins) = ended {
            return self.decide_contest(sid, number, wins);
        }
        let peer = self.peers.get_mut(&sid)?;
        peer.task.take_if(|(current, _)| *current == number)?;
        Some(match ended {
            Ended::Dial(Ok(Dialled::Kept(connection, at))) => self.link(sid, connection, at),
            Ended::Dial(Ok(Dialled::HandedOver(stream))) => self.await_dial_back(sid, stream),
            Ended::Dial(Err(error)) => self.fail(sid, error.to_string()),
            Ended::DialBack => {
                let reason = format!(
                    "it was reached and has not dialled back in {:?}: it may not reach this \
                     server at {}, or take another server for this one",
                    self.settings.connect_timeout,
                    list(&self.settings.advertised),
                );
                self.fail(sid, reason)
            }
            Ended::Link {
                error,
                heard,
                lasted,
            } => {
                tracing::debug!(target: "fle", peer = %sid, %error, "a connection ended");
                self.end_link(sid, heard, lasted)
            }
            Ended::Pause => {
                self.dial(sid);
                self.link_is(sid, LinkState::Dialling)
            }
            Ended::Contest(_) => return None,
        })
    }

    fn await_dial_back(&mut self, sid: Sid, stream: N::Stream) -> Happening {
        tracing::debug!(
            target: "fle", peer = %sid,
            "reached a server with a greater id, which will dial back"
        );
        let wait = self.settings.connect_timeout;
        self.enter(sid, LinkState::AwaitingDialBack, async move {
            tokio::select! {
                biased;
                () = sleep(wait) => Ended::DialBack,
                error = handshake::reset(stream) => Ended::Dial(Err(error)),
            }
        });
        self.link_is(sid, LinkState::AwaitingDialBack)
    }

    /// A connection has ended: who waited for that takes its place.
    fn end_link(&mut self, sid: Sid, heard: bool, lasted: Duration) -> Happening {
        let own = self.settings.sid;
        let peer = self.peer(sid);
        peer.silent_ends = if heard { 0 } else { peer.silent_ends + 1 };
        if sid < own
            && peer.silent_ends >= SILENT_ENDS
            && let Some(remote) = peer.remote
            && let Some(left_out) = self.claims.admit(Claim::Silent(sid))
        {
            tracing::warn!(
                target: "fle", peer = %sid,
                "server {sid} at {remote} ends this server's connections without a word; another \
                 server may have this one's id, {own}{left_out}"
            );
        }
        let peer = self.peer(sid);
        if !peer.parked.is_empty() {
            let parked = peer.parked.remove(0);
            return self.link(sid, parked.connection, parked.from);
        }
        if lasted < DIAL_AGAIN_AFTER {
            // Or a peer that ends each connection would be dialled without a pause.
            peer.not_before = Some(Instant::now() + DIAL_AGAIN_AFTER);
        }
        self.rest(sid)
    }

    /// There is no connection: a new one is made if something waits to be sent.
    fn rest(&mut self, sid: Sid) -> Happening {
        let is_known = self.addresses.knows(sid);
        let peer = self.peer(sid);
        peer.state = LinkState::Idle;
        peer.remote = None;
        if is_known && !peer.outbox.is_empty() {
            self.dial(sid);
            return self.link_is(sid, LinkState::Dialling);
        }
        if !is_known {
            self.peers.remove(&sid);
        }
        self.link_is(sid, LinkState::Idle)
    }

    /// The peer cannot be reached: tried again in a while if something waits to be sent.
    fn fail(&mut self, sid: Sid, reason: String) -> Happening {
        let is_known = self.addresses.knows(sid);
        let peer = self.peers.entry(sid).or_default();
        peer.retire();
        peer.remote = None;
        if peer.trouble.as_ref() != Some(&reason)
            && let Some(left_out) = self.troubles.admit(sid)
        {
            tracing::warn!(
                target: "fle", peer = %sid,
                "cannot reach server {sid}: {reason}{left_out}"
            );
            peer.trouble = Some(reason.clone());
        }
        let state = LinkState::Unreachable(reason);
        if !is_known {
            self.peers.remove(&sid);
        } else if peer.outbox.is_empty() {
            peer.state = state.clone();
        } else {
            self.enter(sid, state.clone(), async {
                sleep(DIAL_AGAIN_AFTER).await;
                Ended::Pause
            });
        }
        self.link_is(sid, state)
    }

    /// Those that no configuration knows any more stay as long as they are connected.
    pub(super) fn forget_strangers(&mut self) {
        let addresses = &self.addresses;
        self.peers
            .retain(|sid, peer| addresses.knows(*sid) || peer.remote.is_some());
    }
}
