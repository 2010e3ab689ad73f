//! Newcomers under the sid of a server that is connected.
//!
//! Nothing proves who is who. The connection that is there stays if the other end gives a sign of
//! life when asked, as a follower does that has not noticed anything; it makes way if that is dead,
//! as it is when the follower has lost it silently and comes again.
//!
//! # Invariants
//! - One newcomer at most waits under a sid, for [`PROBE`] at most. Of several that come meanwhile
//!   one is drawn, so that whoever repeats himself often keeps nobody out for ever.

use super::super::handshake::Visitor;
use super::super::network::Network;
use super::super::packets::Opening;
use super::super::{Claim, Task};
use super::{LinkEvent, PortEvent, QuorumPort};
use crate::id::Sid;
use crate::leadership::packet::LearnerInfo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::sleep;

/// How long a server may take for a sign of life.
const PROBE: Duration = Duration::from_secs(1);

/// A newcomer that waits.
pub(super) struct Contest<S> {
    number: u64,
    pub(super) visitor: Visitor<S, Opening>,
    pub(super) info: LearnerInfo,
    /// How many have come since the contest began.
    newcomers: usize,
    _timer: Task,
}

impl<N: Network> QuorumPort<N> {
    /// A learner comes under the sid of one that is connected.
    pub(super) fn contest(
        &mut self,
        visitor: Visitor<N::Stream, Opening>,
        info: LearnerInfo,
    ) -> Option<PortEvent> {
        let sid = info.sid;
        let link = self.links.get_mut(&sid)?;
        if let Some(contest) = &mut link.contest {
            contest.newcomers += 1;
            let (there, mut refused) = (link.remote, visitor.from);
            if fastrand::usize(..contest.newcomers) == 0 {
                refused = contest.visitor.from;
                contest.visitor = visitor;
                contest.info = info;
            }
            self.tell_of_claim(sid, there, refused);
            return None;
        }
        self.numbers += 1;
        let (number, entry) = (self.numbers, self.entry.clone());
        let timer = self.tasks.spawn(async move {
            sleep(PROBE).await;
            // Whoever has gone does not hear it.
            let _ = entry.send((number, sid, LinkEvent::Decided)).await;
        });
        link.contest = Some(Contest {
            number,
            visitor,
            info,
            newcomers: 1,
            _timer: timer.into(),
        });
        Some(PortEvent::Contested(sid))
    }

    /// The server that is there has given a sign of life.
    pub(super) fn refuse_newcomer(&mut self, sid: Sid) {
        let Some(link) = self.links.get_mut(&sid) else {
            return;
        };
        let there = link.remote;
        if let Some(contest) = link.contest.take() {
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
