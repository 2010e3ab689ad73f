//! A learner, as its leader knows it.

use crate::id::{PeerEpoch, Sid};
use crate::leadership::Moment;
use crate::leadership::aside::Aside;
use crate::leadership::context::Context;
use crate::leadership::packet::Packet;
use std::collections::VecDeque;
use std::time::Duration;

/// A learner, as its leader knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Learner {
    pub(super) accepted: PeerEpoch,
    pub(super) stage: LearnerStage,
    /// Why it counts for nothing yet, if it does not. It has introduced itself then.
    pub(super) aside: Option<Aside>,
    /// How long its promises are.
    pub(super) promise: Duration,
    /// Until when its answers count while the leader is not established.
    pub(super) counts_until: Moment,
    pub(super) heard: Moment,
    /// When what it has not answered yet was sent.
    pub(super) unanswered: VecDeque<Moment>,
    /// When what it answered last was sent: its promise is counted from there.
    pub(super) promised: Option<Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum LearnerStage {
    Introduced,
    /// LEADERINFO was sent.
    Asked,
    /// ACKEPOCH came, without a promise.
    Known,
    /// ACKEPOCH came with a promise.
    Promised,
    /// NEWLEADER was sent.
    Activating,
    /// Its ACK came.
    Synced,
    /// It is asked to take over. It follows until it answers, and has promised nothing any more.
    Heir,
}

impl Learner {
    /// Asks for a sign of life; how many answers it owes then.
    pub(super) fn ping(&mut self, sid: Sid, cx: &mut Context<'_>) -> usize {
        cx.send(sid, Packet::Ping);
        self.unanswered.push_back(cx.now);
        self.unanswered.len()
    }
}
