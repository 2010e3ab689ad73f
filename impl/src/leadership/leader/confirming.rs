//! How an established leader finds out that it still leads, before it takes in those that it keeps
//! [aside](crate::leadership::aside).

use super::Leader;
use super::learner::{Learner, LearnerStage};
use crate::id::Sid;
use crate::leadership::aside::Aside;
use crate::leadership::context::Context;
use crate::leadership::packet::Packet;

impl Leader {
    /// A learner follows from now on.
    pub(super) fn welcome(&mut self, sid: Sid, cx: &mut Context<'_>) {
        if self.epoch().is_none() {
            return;
        }
        cx.send(sid, Packet::UpToDate);
        if !self
            .learners
            .values()
            .any(|it| it.aside.as_ref().is_some_and(Aside::is_asking))
        {
            return;
        }
        let owes = self.learners.get_mut(&sid).map_or(0, |it| it.ping(sid, cx));
        let aside = self
            .learners
            .values_mut()
            .filter_map(|it| it.aside.as_mut());
        aside.for_each(|it| it.ask_also(sid, owes));
    }

    /// Sees whether those that are kept aside can be taken in: whether a quorum still follows.
    pub(super) fn confirm(&mut self, cx: &mut Context<'_>) {
        let aside = |it: &Learner| it.aside.as_ref().is_some_and(|it| it.is_due(cx.now));
        if self.learners.values().any(aside) {
            let followers = self
                .learners
                .iter_mut()
                .filter(|(_, it)| it.stage == LearnerStage::Synced);
            let owed = followers
                .map(|(&sid, it)| (sid, it.ping(sid, cx)))
                .collect();
            let aside = self
                .learners
                .values_mut()
                .filter_map(|it| it.aside.as_mut());
            aside
                .filter(|it| it.is_due(cx.now))
                .for_each(|it| it.ask(&owed));
        }
        let view = cx.ensemble.view();
        for learner in self.learners.values_mut() {
            learner.aside.take_if(|it| {
                let witnesses = it.witnesses().chain([cx.settings.sid]);
                it.is_asking() && view.has_quorum(&view.tally(witnesses), None)
            });
        }
    }
}
