//! What the documentation of [`fle::election`] promises after each event, whoever lies:
//! - effects come in the order of their contract, and answer the server that was heard if it is
//!   owed an answer;
//! - one wait runs exactly while the server looks, the one armed last;
//! - while the server looks its round never falls, nor does its proposal within a round, and what
//!   changes is broadcast;
//! - a server turns only to candidates with weight and data;
//! - a decision stands by a quorum that named the leader, and, where it joins a settled peer, by
//!   the leader's own word;
//! - a settled server announces its decision until it looks again.

use super::{Driver, Heard, answers, ballot};
use fle::config::LearnerType;
use fle::election::{Effect, Effects, Election, WaitPhase};
use fle::{Ensemble, Generation, ServerState, Sid, Vote, Zxid};
use std::collections::BTreeSet;

impl Driver {
    /// What holds at all times.
    pub(super) fn check(&self) {
        let state = self.election.state();
        let timing = self.settings.timing;
        assert_eq!(self.election.wait(), self.armed);
        assert_eq!(self.armed.is_some(), self.decided.is_none());
        if let Some(wait) = self.armed {
            let intervals = timing.min_notification_interval..=timing.max_notification_interval;
            match wait.phase {
                WaitPhase::Collecting => assert!(intervals.contains(&wait.duration)),
                WaitPhase::Finalizing => assert_eq!(wait.duration, timing.finalize_wait),
            }
            // Without data a server collects votes and counts none.
            assert!(wait.phase == WaitPhase::Collecting || self.own.zxid != Zxid::NO_DATA);
        }
        let settled = self.decided.map(|vote| {
            assert_eq!(self.election.announcement(), vote);
            match self.settings.learner_type {
                _ if vote.proposal.leader == self.settings.sid => ServerState::Leading,
                LearnerType::Participant => ServerState::Following,
                LearnerType::Observer => ServerState::Observing,
            }
        });
        assert_eq!(state, settled.unwrap_or(ServerState::Looking));
        let leads = self.election.leading_vote_set().is_some();
        assert_eq!(leads, state == ServerState::Leading);
    }

    /// The configuration first; a wait, a decision or a restart last, and one of them unless
    /// nothing concerns the election.
    pub(super) fn check_order(&self, before: &Election, effects: &Effects) {
        let last = effects.len().wrapping_sub(1);
        assert!(effects.len() <= 3, "{effects:?}");
        for (place, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Adopt(newer) => {
                    let committed = before.ensemble().committed().version();
                    assert!(place == 0 && newer.committed().version() > committed);
                    assert!(self.settings.reconfig_enabled);
                }
                Effect::Arm(_) | Effect::Decide(_) | Effect::RestartElection => {
                    assert_eq!((place, before.state()), (last, ServerState::Looking));
                }
                Effect::Broadcast(_) | Effect::ConnectAll => {
                    assert_eq!(before.state(), ServerState::Looking);
                }
                Effect::ReportLooking(_) => assert_eq!(before.state(), ServerState::Leading),
                Effect::Send { .. } => {}
            }
        }
    }

    /// A stranger is always answered; a looking voter if its round lags behind or this server has
    /// settled.
    pub(super) fn check_answer(&self, before: &Election, heard: Heard, effects: &Effects) {
        let restarts = matches!(effects.last(), Some(Effect::RestartElection));
        let is_voter = self.election.ensemble().view().slot(heard.from).is_some();
        let looks = before.state() == ServerState::Looking;
        let behind = heard.received.notification.is_some_and(|theirs| {
            let late = theirs.election_epoch < before.logical_clock();
            theirs.state == ServerState::Looking && (late || !looks)
        });
        let owed = !restarts && (!is_voter || behind);
        let answers = answers(effects);
        assert_eq!(answers.len(), usize::from(owed), "{effects:?}");
        for answer in answers {
            assert_eq!(answer.state, before.state());
            assert!(!is_voter || answer == before.announcement());
        }
        for effect in effects.iter() {
            if let Effect::Send { to, .. } | Effect::ReportLooking(to) = effect {
                assert_eq!(*to, heard.from);
            }
        }
        let reports = effects
            .iter()
            .any(|it| matches!(it, Effect::ReportLooking(_)));
        let may_have_elected = before
            .leading_vote_set()
            .is_some_and(|it| it.has(heard.from));
        assert_eq!(reports, is_voter && behind && may_have_elected);
        // Every word of a voter starts the wait anew.
        let counts = looks && is_voter && heard.received.notification.is_some();
        let ends = matches!(effects.last(), Some(Effect::Arm(_) | Effect::Decide(_)));
        assert_eq!(ends, counts && !restarts, "{effects:?}");
    }

    pub(super) fn check_ballot(&self, before: &Election, effects: &Effects, is_heard: bool) {
        let (proposal, round) = ballot(before);
        let (now, now_in) = ballot(&self.election);
        let changed = (now, now_in) != (proposal, round);
        if before.state() != ServerState::Looking || !is_heard {
            return assert!(!changed);
        }
        let broadcasts = effects.iter().any(|it| matches!(it, Effect::Broadcast(_)));
        if self.decided.is_some() {
            // A leader that was joined may be of any round.
            return assert!(now == proposal && !broadcasts);
        }
        assert_eq!(changed, broadcasts);
        assert!(now_in >= round);
        assert!(now >= if now_in == round { proposal } else { self.own });
        let view = self.election.ensemble().view();
        let is_candidate = view.weight(now.leader) > 0 && now.zxid != Zxid::NO_DATA;
        assert!(!changed || now == self.own || is_candidate, "{now:?}");
    }

    /// Whether the server may decide as it did, after what it proposed and what it has heard.
    pub(super) fn judge(&self, before: &Election, heard: Option<Heard>) {
        let Some(decided) = self.decided else { return };
        let decided = (decided.proposal, decided.election_epoch);
        if let Some(theirs) = heard.and_then(|heard| heard.vote()) {
            assert_eq!(decided, (theirs.proposal, theirs.election_epoch));
            self.judge_joining(before, &theirs);
        } else {
            assert_eq!(decided, ballot(before));
            self.judge_finalizing(before);
        }
    }

    /// Everybody who supports the proposal said exactly that. Only an oracle ends a wait for votes.
    fn judge_finalizing(&self, before: &Election) {
        assert!(self.finalizes_in.is_some() || self.oracle.is_some());
        let announced = before.announcement().vote(Generation::Unversioned);
        let ensemble = self.finalizes_in.as_ref().unwrap_or(before.ensemble());
        self.judge_support(ensemble, &announced, |said| said.agrees_with(&announced));
    }

    /// The leader said that it leads, unless that is this server, which knows its round; and the
    /// others agree with it, where votes of this round have no generation. An oracle that denies
    /// makes a leader's word enough.
    fn judge_joining(&self, before: &Election, theirs: &Vote) {
        assert!([ServerState::Following, ServerState::Leading].contains(&theirs.state));
        if self.oracle == Some(false) && theirs.state == ServerState::Leading {
            return;
        }
        assert_eq!(self.election.logical_clock(), theirs.election_epoch);
        let leader = theirs.proposal.leader;
        let says_so =
            |&(from, said): &(Sid, Vote)| from == leader && said.state == ServerState::Leading;
        if leader == self.settings.sid {
            assert_eq!(theirs.election_epoch, before.logical_clock());
        } else {
            assert!(self.heard.iter().any(says_so), "{leader} never said so");
        }
        self.judge_support(self.election.ensemble(), theirs, |said| {
            let mut unversioned = *said;
            unversioned.generation = Generation::Unversioned;
            said.agrees_with(theirs) || unversioned.agrees_with(theirs)
        });
    }

    fn judge_support(&self, ensemble: &Ensemble, vote: &Vote, agrees: impl Fn(&Vote) -> bool) {
        let view = ensemble.view();
        let agreeing = self.heard.iter().filter(|(_, said)| agrees(said));
        let supporters: BTreeSet<Sid> = agreeing.map(|&(from, _)| from).collect();
        let oracle = self.oracle.as_ref().map(|oracle| oracle as _);
        let is_quorum =
            |sids: &BTreeSet<Sid>| view.has_quorum(&view.tally(sids.iter().copied()), oracle);
        // An oracle can elect nobody, where a server without a vote hears of no history as long as
        // its own.
        let nobody = self.oracle.is_some() && vote.proposal == self.own;
        assert!(
            nobody || view.slot(vote.proposal.leader).is_some(),
            "{vote:?}"
        );
        assert!(is_quorum(&supporters), "{supporters:?} for {vote:?}");
        if let Some(elected) = self.election.leading_vote_set() {
            let voters = elected.voters().iter().copied().collect();
            assert!(supporters.is_superset(&voters));
            // Votes that the configuration of another time counted may be gone.
            assert!(is_quorum(&voters) || elected.view() != view);
        }
    }
}
