//! What binds a server to a leader: for a while it helps no other to be established.
//!
//! Invariant: a bond ends with its time, or by a word of the leader that it is to. That a
//! connection has ended is no word of anybody's.

use super::Moment;
use crate::id::Sid;

/// A promise to a leader, or none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Bond {
    /// To whom; unknown after a restart.
    to: Option<Sid>,
    pub(super) until: Moment,
}

impl Bond {
    /// One that a server may have made before it restarted.
    pub(super) fn forgotten(until: Moment) -> Self {
        Self { to: None, until }
    }

    pub(super) fn to(leader: Sid, until: Moment) -> Self {
        let to = Some(leader);
        Self { to, until }
    }

    /// Whether it keeps the server from helping this one to be established. A leader that asks for
    /// another epoch has given up the one before.
    pub(super) fn is_against(&self, candidate: Sid, now: Moment) -> bool {
        now < self.until && self.to != Some(candidate)
    }

    /// The leader says that it is over.
    pub(super) fn end_by(&mut self, leader: Sid, now: Moment) {
        if self.to == Some(leader) {
            self.until = now;
        }
    }
}
