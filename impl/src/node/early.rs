//! What an eager server was told while it had settled, for the moment when it looks: the last
//! message of each voter that looks in a later round already, and would say it again only when its
//! wait is over.

use crate::election::Election;
use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::notification::Notification;
use crate::vote::ServerState;
use bytes::Bytes;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Early(BTreeMap<Sid, Bytes>);

impl Early {
    /// Keeps a message if it is early, in place of the voter's last one.
    pub(super) fn keep(
        &mut self,
        from: Sid,
        told: &Notification,
        payload: &Bytes,
        election: &Election,
    ) {
        self.0.remove(&from);
        let own = election.announcement();
        let is_early = own.state != ServerState::Looking
            && told.state == ServerState::Looking
            && told.election_epoch > own.election_epoch;
        if is_early && election.ensemble().view().slot(from).is_some() {
            self.0.insert(from, payload.clone());
        }
    }

    /// Forgets who votes in none of these configurations.
    pub(super) fn reconfigure(&mut self, ensemble: &Ensemble) {
        self.0.retain(|sid, _| ensemble.view().slot(*sid).is_some());
    }

    /// What was kept.
    pub(super) fn take(&mut self) -> BTreeMap<Sid, Bytes> {
        std::mem::take(&mut self.0)
    }
}
