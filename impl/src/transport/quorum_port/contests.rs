//! Newcomers under the sid of a server that is connected.
//!
//! Nothing proves who is who. The connection that is there stays if the other end gives a sign of
//! life when asked, as a follower does that has not noticed anything; it makes way if that is dead,
//! as it is when the follower has lost it silently and comes again. A newcomer goes first, whatever
//! the other end says, if it alone comes from where the configuration says that the server is.
//!
//! # Invariants
//! - One newcomer at most waits under a sid, for [`PROBE`] at most. Of several that come meanwhile
//!   one is drawn, so that whoever repeats himself often keeps nobody out for ever.

use super::super::claims::Claim;
use super::super::handshake::Visitor;
use super::super::network::Network;
use super::super::packets::Opening;
use super::QuorumPort;
use super::event::PortEvent;
use super::link::{Contest, LinkEvent};
use crate::id::Sid;
use crate::leadership::packet::LearnerInfo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::sleep;

/// How long a server may take for a sign of life.
const PROBE: Duration = Duration::from_secs(1);

impl<N: Network> QuorumPort<N> {
    /// A learner comes under the sid of one that is connected.
    pub(super) fn contest(
        &mut self,
        visitor: Visitor<N::Stream, Opening>,
        info: LearnerInfo,
    ) -> Option<PortEvent> {
        let sid = info.sid;
        let link = self.links.get_mut(&sid)?;
        let there = link.remote;
        if let Some(contest) = &mut link.contest {
            contest.newcomers += 1;
            let mut refused = visitor.from;
            // Whoever goes first is not drawn out before that is known.
            if contest.is_located && fastrand::usize(..contest.newcomers) == 0 {
                refused = contest.visitor.from;
                contest.visitor = visitor;
                contest.info = info;
            }
            self.tell_of_claim(sid, there, refused);
            return None;
        }
        self.numbers += 1;
        let number = self.numbers;
        let timer = self
            .tasks
            .spawn(self.trial(sid, number, there, visitor.from));
        let link = self.links.get_mut(&sid)?;
        link.contest = Some(Contest {
            number,
            visitor,
            info,
            newcomers: 1,
            is_located: false,
            is_alive: false,
            _timer: timer.into(),
        });
        Some(PortEvent::Contested(sid))
    }

    /// Finds out who comes from where the configuration says, and then gives the server time for a
    /// sign of life.
    fn trial(
        &self,
        sid: Sid,
        number: u64,
        there: Option<SocketAddr>,
        from: SocketAddr,
    ) -> impl Future<Output = ()> + Send + 'static {
        let home = self.dialler.clone().hosts(self.addresses.of_server(sid));
        let entry = self.entry.clone();
        async move {
            let home = home.await;
            let is_home = |at: SocketAddr| home.contains(&at.ip().to_canonical());
            let goes_first = is_home(from) && !there.is_some_and(is_home);
            // Whoever has gone does not hear it.
            let located = LinkEvent::Located { goes_first };
            let _ = entry.send((number, sid, located)).await;
            sleep(PROBE).await;
            let _ = entry.send((number, sid, LinkEvent::Decided)).await;
        }
    }

    /// It is known where the newcomer comes from that the contest began with.
    pub(super) fn locate_newcomer(
        &mut self,
        sid: Sid,
        number: u64,
        goes_first: bool,
    ) -> Option<PortEvent> {
        let link = self.links.get_mut(&sid)?;
        let there = link.remote;
        let contest = link.contest.take_if(|contest| contest.number == number)?;
        if goes_first {
            if let Some(there) = there {
                self.tell_of_claim(sid, Some(contest.visitor.from), there);
            }
            return Some(self.admit(contest.visitor, contest.info));
        }
        let is_located = true;
        link.contest = Some(Contest {
            is_located,
            ..contest
        });
        self.refuse_newcomer(sid, false);
        None
    }

    /// The server that is there may have given a sign of life; whether the newcomer is refused.
    pub(super) fn refuse_newcomer(&mut self, sid: Sid, is_alive: bool) {
        let Some(link) = self.links.get_mut(&sid) else {
            return;
        };
        let there = link.remote;
        let refused = link.contest.take_if(|contest| {
            contest.is_alive |= is_alive;
            contest.is_alive && contest.is_located
        });
        if let Some(contest) = refused {
            self.tell_of_claim(sid, there, contest.visitor.from);
        }
    }

    /// It has given none, and the newcomer takes its place.
    pub(super) fn decide_contest(&mut self, sid: Sid, number: u64) -> Option<PortEvent> {
        let link = self.links.get_mut(&sid)?;
        let contest = link.contest.take_if(|contest| contest.number == number)?;
        tracing::info!(
            target: "fle", peer = %sid,
            "server {sid} gives no sign of life and has come again from {}", contest.visitor.from
        );
        Some(self.admit(contest.visitor, contest.info))
    }

    fn tell_of_claim(&mut self, sid: Sid, there: Option<SocketAddr>, from: SocketAddr) {
        let is_known = self.addresses.knows(sid);
        let claim = if is_known {
            Claim::Taken(sid)
        } else {
            Claim::Stranger
        };
        if let Some(there) = there
            && let Some(left_out) = self.claims.admit(claim)
        {
            tracing::warn!(
                target: "fle", peer = %sid,
                "refused a learner at {from} that says it is server {sid}, which is connected at \
                 {there}; two servers may have this id{left_out}"
            );
        }
    }
}
