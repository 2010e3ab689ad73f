//! What a server does with a message before its election hears of it.
//!
//! Source: `WorkerReceiver.run`. The order is the reference's: the configuration, then the
//! stranger, then the answer to a looking voter. A sender's state that no version knows ends it
//! after the stranger.

use super::looking::Ballot;
use super::{Effect, Effects, Election, Phase};
use crate::id::Sid;
use crate::notification::{Notification, Received};
use crate::vote::ServerState;
use std::sync::Arc;

impl Election {
    /// A newer configuration in a notification concerns a looking server only (ZOOKEEPER-2212).
    /// With other members it ends the election; with the same ones it is adopted where that is
    /// enabled.
    pub(super) fn restarts_for(&mut self, received: &Received<'_>, effects: &mut Effects) -> bool {
        let looks = self.state() == ServerState::Looking;
        let text = received.config.filter(|_| looks);
        let Some(newer) = text.and_then(|text| self.ensemble.newer(text)) else {
            return false;
        };
        let restarts = !newer.has_same_members(self.ensemble.committed());
        if self.settings.reconfig_enabled {
            let ensemble = Arc::new(self.ensemble.adopt(newer));
            effects.push(Effect::Adopt(Arc::clone(&ensemble)));
            self.reconfigure(ensemble);
        }
        if restarts {
            self.ballot = Ballot::START;
            self.phase = Phase::Idle;
            effects.push(Effect::RestartElection);
        }
        restarts
    }

    /// A server that does not vote learns the current vote, under the round that this server is in.
    pub(super) fn answer_stranger(&self, to: Sid, effects: &mut Effects) {
        let notification = Notification {
            state: self.state(),
            proposal: self.current_vote.proposal,
            election_epoch: self.ballot.logical_clock,
        };
        effects.push(Effect::Send { to, notification });
    }

    /// A looking voter learns the proposal if its round lags behind, and the settled vote if there
    /// is one.
    pub(super) fn answer_looking(&self, to: Sid, theirs: &Notification, effects: &mut Effects) {
        if theirs.state != ServerState::Looking {
            return;
        }
        match &self.phase {
            Phase::Idle => return,
            Phase::Looking(_) if theirs.election_epoch >= self.ballot.logical_clock => return,
            Phase::Leading(vote_set) if vote_set.has(to) => {
                effects.push(Effect::ReportLooking(to));
            }
            _ => {}
        }
        let notification = self.announcement();
        effects.push(Effect::Send { to, notification });
    }
}
