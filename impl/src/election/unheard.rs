//! Whose proposals an eager server still waits for once a quorum agrees with it.
//!
//! The rule is argued and checked in the model, `fle_model::election::finalizing`. Invariant:
//! `left` is the number of voices still awaited. So a notification costs the same whatever the
//! number of voters. Absent on purpose: the votes themselves, and when the answer matters.

use super::connections::Reachability;
use crate::id::Sid;
use crate::quorum::{QuorumView, Slot};

/// The other voters with weight in the configurations in force, and what is known of each in this
/// round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Unheard {
    /// By slot; `None` for this server and for those without weight, which can propose nothing
    /// better.
    voices: Vec<Option<Voice>>,
    left: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Voice {
    Awaited,
    /// It was connected, and cannot be reached any more.
    Gone,
    Heard,
}

impl Unheard {
    pub(super) fn new(own: Sid, view: &QuorumView) -> Self {
        let matters = |sid: &Sid| *sid != own && view.weight(*sid) > 0;
        let voices = view
            .voters()
            .map(|sid| matters(&sid).then_some(Voice::Awaited));
        let voices: Vec<_> = voices.collect();
        Self {
            left: voices.iter().flatten().count(),
            voices,
        }
    }

    /// A new round: everybody may propose, and has to be tried, anew.
    pub(super) fn begin(&mut self) {
        for voice in self.voices.iter_mut().flatten() {
            *voice = Voice::Awaited;
        }
        self.left = self.voices.iter().flatten().count();
    }

    pub(super) fn hear(&mut self, voter: Slot) {
        self.set(voter, Voice::Heard);
    }

    pub(super) fn see(&mut self, voter: Slot, now: Reachability) {
        match (self.voices[voter.index()], now) {
            (Some(Voice::Awaited), Reachability::Gone) => self.set(voter, Voice::Gone),
            (Some(Voice::Gone), Reachability::Connected) => self.set(voter, Voice::Awaited),
            _ => {}
        }
    }

    pub(super) fn awaits(&self, voter: Slot) -> bool {
        self.voices[voter.index()] == Some(Voice::Awaited)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn set(&mut self, voter: Slot, now: Voice) {
        if let Some(voice) = &mut self.voices[voter.index()] {
            self.left -= usize::from(*voice == Voice::Awaited);
            self.left += usize::from(now == Voice::Awaited);
            *voice = now;
        }
    }
}
