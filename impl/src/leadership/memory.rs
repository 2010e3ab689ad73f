//! What a server knows of the promises that it has made, and how it finds out whether there can be
//! any.
//!
//! A server whose disk is empty is new or has lost everything, and cannot tell which. If every
//! other voter answers, after this one has started, that it has never accepted an epoch, then this
//! one has promised none either: whoever it had promised one to would have accepted that epoch
//! first. That holds as long as not all who knew of an epoch have lost their disks.
//!
//! Invariant: answers of this life only count, and a server that knows of any epoch is not new.

use super::packet::Past;
use super::{Effect, Effects, Epochs, Knowledge, Moment, Settings};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::learner_type::LearnerType;
use std::collections::BTreeSet;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Memory {
    Complete,
    Lost,
    Blank {
        /// Those that have never accepted an epoch, by their own words.
        without_past: BTreeSet<Sid>,
        /// When the others are asked again.
        asks: Moment,
    },
}

impl Memory {
    /// Nobody counts on the promises of an observer, which waits for a leader without asking.
    pub(super) fn new(knowledge: Knowledge, settings: Settings, now: Moment) -> Self {
        match (knowledge, settings.learner_type) {
            (Knowledge::Complete, _) => Self::Complete,
            (Knowledge::Blank, LearnerType::Participant) => Self::Blank {
                without_past: BTreeSet::new(),
                asks: now,
            },
            (Knowledge::Blank, LearnerType::Observer) | (Knowledge::Lost, _) => Self::Lost,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        *self == Self::Complete
    }

    /// What to answer one that asks.
    pub(super) fn past(&self, epochs: Epochs) -> Past {
        match self {
            Self::Lost if epochs.accepted == PeerEpoch(0) => Past::Lost,
            _ => Past::Accepted(epochs.accepted),
        }
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Blank { asks, .. } => Some(*asks),
            Self::Complete | Self::Lost => None,
        }
    }

    /// Asks those that have not answered yet, if it is time to.
    pub(super) fn ask(
        &mut self,
        settings: Settings,
        ensemble: &Ensemble,
        now: Moment,
        effects: &mut Effects,
    ) {
        if let Self::Blank { without_past, asks } = self
            && now >= *asks
        {
            *asks = now.after(settings.tick / 8);
            let others = others(settings.sid, ensemble);
            let unknown = others.filter(|voter| !without_past.contains(voter));
            effects.extend(unknown.map(Effect::Ask));
        }
    }

    pub(super) fn hear(&mut self, peer: Sid, past: Past) {
        if let Self::Blank { without_past, .. } = self {
            if past == Past::Accepted(PeerEpoch(0)) {
                without_past.insert(peer);
            } else {
                *self = Self::Lost;
            }
        }
    }

    /// Whether every other voter has said that it has no past.
    pub(super) fn is_new(&self, own: Sid, ensemble: &Ensemble) -> bool {
        match self {
            Self::Blank { without_past, .. } => {
                others(own, ensemble).all(|voter| without_past.contains(&voter))
            }
            Self::Complete | Self::Lost => false,
        }
    }
}

fn others(own: Sid, ensemble: &Ensemble) -> impl Iterator<Item = Sid> + '_ {
    ensemble.view().voters().filter(move |&voter| voter != own)
}
