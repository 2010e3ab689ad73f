//! A learner that is kept aside: it counts for nothing until a quorum without it has shown that its
//! leader still leads.
//!
//! It has forgotten what it promised, or has accepted a later epoch than the leader's from somebody
//! else. That somebody may have been established with its help. Then a voter of every quorum
//! without it has followed there, and does not answer this leader any more. Nor may that leader be
//! established afterwards: it counts an answer for a while only, and a learner is settled when that
//! is over.
//!
//! Invariant: only answers to what was sent after the learner was settled count. Absent: who is a
//! quorum, which is the leader's to say.

use super::Moment;
use crate::id::Sid;
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Aside {
    pub(super) settled: Moment,
    /// Whether it knows what it has promised, and is ahead of the leader with it.
    pub(super) is_ahead: bool,
    /// Of each follower that is asked, how many of its answers come before the one that counts;
    /// none is asked yet.
    awaited: Option<BTreeMap<Sid, usize>>,
}

impl Aside {
    pub(super) fn new(settled: Moment, is_ahead: bool) -> Self {
        Self {
            settled,
            is_ahead,
            awaited: None,
        }
    }

    /// Whether the followers are to be asked now.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.awaited.is_none() && now >= self.settled
    }

    /// These followers are asked, and owe so many answers, that to this question the last.
    pub(super) fn ask(&mut self, followers: &BTreeMap<Sid, usize>) {
        self.awaited = Some(followers.clone());
    }

    /// Whether followers have been asked.
    pub(super) fn is_asking(&self) -> bool {
        self.awaited.is_some()
    }

    /// This follower is asked, too.
    pub(super) fn ask_also(&mut self, follower: Sid, owes: usize) {
        if let Some(awaited) = &mut self.awaited {
            awaited.insert(follower, owes);
        }
    }

    /// A follower has answered what it was sent first.
    pub(super) fn hear(&mut self, follower: Sid) {
        if let Some(owes) = self.awaited.as_mut().and_then(|it| it.get_mut(&follower)) {
            *owes = owes.saturating_sub(1);
        }
    }

    /// A follower has gone; what it answers on another connection is no answer to this question.
    pub(super) fn forget(&mut self, follower: Sid) {
        if let Some(awaited) = &mut self.awaited {
            awaited.remove(&follower);
        }
    }

    /// Those that have followed since the learner was settled.
    pub(super) fn witnesses(&self) -> impl Iterator<Item = Sid> {
        let awaited = self.awaited.iter().flatten();
        awaited.filter(|(_, owes)| **owes == 0).map(|(&sid, _)| sid)
    }
}
