//! What the answers of a leader's learners come to: quorums, the next epoch, the lease.
//!
//! Invariant: a learner that is kept aside counts for nothing here.

use super::Leader;
use super::learner::{Learner, LearnerStage};
use crate::id::{PeerEpoch, Sid};
use crate::leadership::context::Context;
use crate::leadership::{Moment, Settings};
use crate::quorum::QuorumView;
use std::time::Duration;

/// How far beyond what another voter has accepted a single voter's word moves the epochs: enough
/// for a server that failed to be established again and again, and too little to use the epochs up.
const FARTHEST_ALONE: i64 = 1000;

impl Leader {
    /// Whether the leader waits in vain: a voter is needed for a quorum that cannot follow it.
    pub(super) fn is_outbid(&self, cx: &Context<'_>) -> bool {
        let view = cx.ensemble.view();
        let quorum = |counts: fn(&Learner) -> bool| {
            let there = self.learners.iter().filter(|(_, it)| counts(it));
            let there = there.map(|(&sid, _)| sid).chain([cx.settings.sid]);
            view.has_quorum(&view.tally(there), cx.oracle)
        };
        !quorum(|it| it.aside.is_none())
            && quorum(|it| it.aside.as_ref().is_none_or(|aside| aside.is_ahead))
    }

    /// One above all that voters have accepted, but for one that is far ahead of all others: what a
    /// single server says moves the epochs by no more than [`FARTHEST_ALONE`] in a term.
    #[doc(alias = "getEpochToPropose")]
    pub(super) fn next_epoch(&self, cx: &Context<'_>) -> Option<PeerEpoch> {
        let voters = self.learners.iter().filter(|(sid, _)| cx.is_voter(**sid));
        let accepted = voters.filter(|(_, it)| it.aside.is_none());
        let own = cx.own.epochs.accepted;
        let (mut greatest, mut second) = (own, own);
        for (_, learner) in accepted {
            second = second.max(learner.accepted.min(greatest));
            greatest = greatest.max(learner.accepted);
        }
        let farthest = PeerEpoch(second.0 + FARTHEST_ALONE);
        greatest.min(farthest.max(own)).next()
    }

    /// Whether those that have come at least so far are a quorum together with this server. `Known`
    /// is no further than `Asked`: later stages imply a promise or come after a quorum of promises.
    pub(super) fn has_quorum(&self, stage: LearnerStage, cx: &Context<'_>) -> bool {
        let there = self.those_at(stage, cx).chain([cx.settings.sid]);
        let view = cx.ensemble.view();
        view.has_quorum(&view.tally(there), cx.oracle)
    }

    /// Whether a quorum has promised, to which this server itself belongs if it is free to.
    pub(super) fn has_promises(&self, is_free: bool, cx: &Context<'_>) -> bool {
        let own = is_free.then_some(cx.settings.sid);
        let there = self.those_at(LearnerStage::Promised, cx).chain(own);
        let view = cx.ensemble.view();
        let oracle = cx.oracle.filter(|_| is_free);
        view.has_quorum(&view.tally(there), oracle)
    }

    fn those_at(&self, stage: LearnerStage, cx: &Context<'_>) -> impl Iterator<Item = Sid> {
        let is_established = self.epoch().is_some();
        let counts = move |it: &Learner| {
            it.stage >= stage && it.aside.is_none() && (is_established || cx.now < it.counts_until)
        };
        let there = self.learners.iter().filter(move |(_, it)| counts(it));
        there.map(|(&sid, _)| sid)
    }

    /// How many voters follow.
    pub(in crate::leadership) fn followers(&self, view: &QuorumView) -> usize {
        let learners = self.learners.iter();
        let synced = learners.filter(|(_, learner)| learner.stage >= LearnerStage::Synced);
        synced.filter(|(sid, _)| view.slot(**sid).is_some()).count()
    }

    /// Until when no other leader can be established: when the promises of the latest quorum end,
    /// on the fastest clock. While this leader hands over it may do nothing that the heir might not
    /// find done.
    pub(in crate::leadership) fn lease(
        &self,
        settings: Settings,
        view: &QuorumView,
    ) -> Option<Moment> {
        if self.heir().is_some() {
            return None;
        }
        let length = |promise| shortened(promise, settings.clock_drift_ppm);
        let own = self.beat.after(length(settings.sync_limit));
        let learners = self.learners.iter();
        let ends =
            learners.filter_map(|(&sid, it)| Some((it.promised?.after(length(it.promise)), sid)));
        let mut ends: Vec<(Moment, Sid)> = ends.chain([(own, settings.sid)]).collect();
        ends.sort_unstable_by(|one, other| other.cmp(one));
        let mut tally = view.empty_tally();
        for (end, sid) in ends {
            if let Some(slot) = view.slot(sid) {
                tally.add(slot, view);
            }
            if view.has_quorum(&tally, None) {
                return Some(end);
            }
        }
        None
    }
}

/// What a promise is worth to a server whose clock may be the slower one.
fn shortened(promise: Duration, clock_drift_ppm: u32) -> Duration {
    const MILLION: u32 = 1_000_000;
    promise / (MILLION + clock_drift_ppm) * MILLION
}
