//! A server in some state, and what voter 2 tells it again and again.

use crate::{BEST, looking, payload, vote};
use fle::election::{Effect, Effects, Election};
use fle::{Ensemble, Generation, Notification, Received, ServerState, Sid, codec};
use std::hint::black_box;
use std::sync::Arc;

/// Brings a server of this ensemble into its state.
pub type Prepare = fn(&Arc<Ensemble>) -> Scene;

/// Every way a notification can go, by name.
pub const SCENES: [(&str, Prepare); 7] = [
    ("same ballot", Scene::same_ballot),
    ("better ballot", Scene::better_ballot),
    ("changed vote", Scene::changed_vote),
    ("older round", Scene::older_round),
    ("newer round", Scene::newer_round),
    ("joining", Scene::joining),
    ("settled", Scene::settled),
];

/// What the next notification says otherwise: changes it, and tells where in its bytes which number
/// stands now.
type Vary = fn(&mut Notification) -> (usize, i64);

/// Who hears what.
pub struct Scene {
    election: Election,
    notification: Notification,
    vary: Option<Vary>,
    payload: Vec<u8>,
}

impl Scene {
    fn new(election: Election, notification: Notification, vary: Option<Vary>) -> Self {
        Self {
            payload: payload(election.ensemble(), &notification),
            election,
            notification,
            vary,
        }
    }

    /// A looking server hears a vote that it has heard before.
    #[must_use]
    pub fn same_ballot(ensemble: &Arc<Ensemble>) -> Self {
        Self::new(looking(ensemble), vote(ServerState::Looking, 1, 9), None)
    }

    /// A looking server hears of a better proposal each time, takes it over and announces it.
    #[must_use]
    pub fn better_ballot(ensemble: &Arc<Ensemble>) -> Self {
        let better: Vary = |it| {
            it.proposal.zxid.0 += 1;
            (12, it.proposal.zxid.0)
        };
        let vote = vote(ServerState::Looking, 2, 9);
        Self::new(looking(ensemble), vote, Some(better))
    }

    /// A voter turns to and fro between two candidates that are worse than a looking server's own.
    #[must_use]
    pub fn changed_vote(ensemble: &Arc<Ensemble>) -> Self {
        let turn: Vary = |it| {
            it.proposal.leader.0 = 3 - it.proposal.leader.0;
            (4, it.proposal.leader.0)
        };
        let vote = vote(ServerState::Looking, 1, 8);
        Self::new(looking(ensemble), vote, Some(turn))
    }

    /// A looking server answers one whose round lags behind.
    #[must_use]
    pub fn older_round(ensemble: &Arc<Ensemble>) -> Self {
        let mut election = looking(ensemble);
        let _ = election.look_for_leader(BEST);
        Self::new(election, vote(ServerState::Looking, 1, 9), None)
    }

    /// A looking server enters a later round each time, and announces it.
    #[must_use]
    pub fn newer_round(ensemble: &Arc<Ensemble>) -> Self {
        let newer: Vary = |it| {
            it.election_epoch.0 += 1;
            (20, it.election_epoch.0)
        };
        let vote = vote(ServerState::Looking, 1, 9);
        Self::new(looking(ensemble), vote, Some(newer))
    }

    /// A looking server hears from one that follows another.
    #[must_use]
    pub fn joining(ensemble: &Arc<Ensemble>) -> Self {
        Self::new(looking(ensemble), vote(ServerState::Following, 3, 9), None)
    }

    /// A leader answers one that looks.
    ///
    /// # Panics
    /// When it was not elected: a fault of `fle`.
    #[must_use]
    pub fn settled(ensemble: &Arc<Ensemble>) -> Self {
        let mut election = looking(ensemble);
        let vote = vote(ServerState::Looking, 1, 9);
        for voter in ensemble.view().voters() {
            let _ = election.handle_notification(voter, &received(vote, &[]), None);
        }
        let _ = election.handle_finalize_timeout();
        assert_eq!(election.state(), ServerState::Leading);
        Self::new(election, vote, None)
    }

    /// The notification comes, already decoded.
    pub fn handle(&mut self) -> Effects {
        if let Some(vary) = self.vary {
            vary(&mut self.notification);
        }
        let received = received(self.notification, &self.payload[codec::HEADER_LEN..]);
        self.election
            .handle_notification(Sid(2), black_box(&received), None)
    }

    /// The notification comes as bytes, and what is to be sent becomes bytes.
    ///
    /// Counted are the decoding of the whole message, its handling, and the encoding of what is to
    /// be sent. Making the message is its sender's work and is not, but for the one number in which
    /// it differs from the last one: that is put in its place here.
    ///
    /// # Panics
    /// Never.
    pub fn pass(&mut self) {
        if let Some(vary) = self.vary {
            let (offset, number) = vary(&mut self.notification);
            self.payload[offset..offset + 8].copy_from_slice(&number.to_be_bytes());
        }
        let received = codec::decode(black_box(&self.payload)).expect("a valid message");
        let effects = self.election.handle_notification(Sid(2), &received, None);
        for effect in &*effects {
            if let Effect::Send { notification, .. } | Effect::Broadcast(notification) = effect {
                let text = self.election.ensemble().text().as_bytes();
                black_box(codec::header(notification, text));
            }
        }
        black_box(&effects);
    }
}

const fn received(notification: Notification, config: &[u8]) -> Received<'_> {
    Received {
        notification: Some(notification),
        generation: Generation::Versioned,
        config: Some(config),
    }
}
