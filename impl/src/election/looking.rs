//! A server that looks for a leader: collecting votes, finalizing, recognising an ensemble that
//! already has one.
//!
//! Source: the loop of `lookForLeader` with `receivedFollowingNotification` and
//! `receivedLeadingNotification`. Invariants: every vote in `recv_set` is of the present round;
//! `out_of_election` holds settled votes of any round; while finalizing, no vote is recorded.
//! Absent on purpose: what other servers are answered, which is the receiver's part and stands
//! beside the engine.

use super::ballots::Ballots;
use super::connections::{Outbox, Reachability};
use super::effect::{Effect, Effects, Wait, WaitPhase};
use super::settings::{Settings, Timing};
use super::unheard::Unheard;
use crate::finalize::Finalize;
use crate::id::{ElectionEpoch, Sid, Zxid};
use crate::notification::Notification;
use crate::quorum::{Oracle, QuorumView, Slot, Tally};
use crate::vote::{Generation, Proposal, ServerState, Vote};
use std::time::Duration;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Looking {
    /// What this server proposes when it has heard of nothing better.
    own: Proposal,
    recv_set: Ballots,
    out_of_election: Ballots,
    phase: WaitPhase,
    interval: Duration,
    /// Who may still propose better in this round; only an eager server keeps account.
    unheard: Option<Unheard>,
    /// The support for the proposal when a looking voter was last heard: what an oracle is asked
    /// about later.
    vote_set: Option<Tally>,
}

/// What the loop knows of its server, and the round it may change.
pub(super) struct Context<'a> {
    pub(super) sid: Sid,
    pub(super) timing: Timing,
    pub(super) view: &'a QuorumView,
    /// `Some` while the oracle may stand in for a quorum.
    pub(super) oracle: Option<&'a dyn Oracle>,
    pub(super) ballot: &'a mut Ballot,
}

/// The round and what the server proposes in it. Both outlive the election.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Ballot {
    pub(super) logical_clock: ElectionEpoch,
    pub(super) proposal: Proposal,
}

/// The vote that ends an election, and who supports it.
pub(super) struct Decision {
    pub(super) proposal: Proposal,
    pub(super) election_epoch: ElectionEpoch,
    pub(super) supporters: Vec<Sid>,
}

/// A notification from a voter, as the loop takes it from its queue.
pub(super) struct Heard<'a> {
    pub(super) from: Slot,
    pub(super) notification: &'a Notification,
    pub(super) generation: Generation,
}

impl Ballot {
    /// A server that has not looked yet.
    pub(super) const START: Self = Self {
        logical_clock: ElectionEpoch::START,
        proposal: Proposal::NONE,
    };

    /// How a looking server announces itself.
    pub(super) const fn announcement(&self) -> Notification {
        Notification {
            state: ServerState::Looking,
            proposal: self.proposal,
            election_epoch: self.logical_clock,
        }
    }

    fn vote(&self) -> Vote {
        self.announcement().vote(Generation::Unversioned)
    }
}

impl Looking {
    pub(super) fn new(own: Proposal, settings: &Settings, view: &QuorumView) -> Self {
        Self {
            own,
            recv_set: Ballots::new(view),
            out_of_election: Ballots::new(view),
            phase: WaitPhase::Collecting,
            interval: settings.timing.min_notification_interval,
            unheard: unheard(settings, view),
            vote_set: None,
        }
    }

    pub(super) fn wait(&self, timing: Timing) -> Wait {
        let duration = match self.phase {
            WaitPhase::Collecting => self.interval,
            WaitPhase::Finalizing => timing.finalize_wait,
        };
        Wait {
            phase: self.phase,
            duration,
        }
    }

    /// Votes stay; who was heard must be heard again, which costs no more than the wait.
    pub(super) fn reseat(&mut self, settings: &Settings, from: &QuorumView, to: &QuorumView) {
        self.recv_set = self.recv_set.reseated(from, to);
        self.out_of_election = self.out_of_election.reseated(from, to);
        self.unheard = unheard(settings, to);
        self.vote_set = None;
    }

    /// A voter is gone or back. Whether nothing is left to wait for.
    pub(super) fn see(&mut self, voter: Slot, now: Reachability) -> bool {
        if let Some(unheard) = &mut self.unheard {
            unheard.see(voter, now);
        }
        self.knows_the_best()
    }

    pub(super) fn awaits(&self, voter: Slot) -> bool {
        self.unheard.as_ref().is_some_and(|it| it.awaits(voter))
    }

    fn knows_the_best(&self) -> bool {
        self.phase == WaitPhase::Finalizing && self.unheard.as_ref().is_some_and(Unheard::is_empty)
    }

    /// A notification from a voter. While finalizing, one that proposes nothing better is
    /// discarded, whatever it says, but for the fact that its sender was heard; a better one ends
    /// the wait and is then heard like any other.
    pub(super) fn hear(
        &mut self,
        heard: &Heard<'_>,
        cx: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Option<Decision> {
        let proposal = &heard.notification.proposal;
        if self.phase == WaitPhase::Finalizing {
            if !proposal.supersedes(&cx.ballot.proposal, cx.view) {
                self.count_as_heard(heard, cx);
                return self.knows_the_best().then(|| self.finalize(cx));
            }
            self.phase = WaitPhase::Collecting;
        }
        let candidate = cx.view.slot(proposal.leader)?;
        match heard.notification.state {
            ServerState::Looking => {
                self.hear_looking(heard, candidate, cx, effects);
                self.knows_the_best().then(|| self.finalize(cx))
            }
            ServerState::Following => self.hear_settled(heard, candidate, cx),
            ServerState::Leading => self
                .hear_settled(heard, candidate, cx)
                .or_else(|| self.follow_lone_leader(heard, cx)),
            ServerState::Observing => None,
        }
    }

    /// A voter that proposed in this round while it looked. One that has settled does not count:
    /// its vote is never adopted, so this server's may be worse.
    fn count_as_heard(&mut self, heard: &Heard<'_>, cx: &Context<'_>) {
        let theirs = heard.notification;
        if let Some(unheard) = &mut self.unheard
            && theirs.state == ServerState::Looking
            && theirs.election_epoch == cx.ballot.logical_clock
        {
            unheard.hear(heard.from);
        }
    }

    /// Another looking voter: catch up with its round or its better proposal, and finalize once a
    /// quorum proposes the same.
    fn hear_looking(
        &mut self,
        heard: &Heard<'_>,
        candidate: Slot,
        cx: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let theirs = heard.notification;
        // A server that lost its data neither votes nor is voted for (ZOOKEEPER-261).
        if self.own.zxid == Zxid::NO_DATA
            || theirs.proposal.zxid == Zxid::NO_DATA
            || theirs.election_epoch < cx.ballot.logical_clock
        {
            return;
        }
        let newer_round = theirs.election_epoch > cx.ballot.logical_clock;
        if newer_round {
            cx.ballot.logical_clock = theirs.election_epoch;
            cx.ballot.proposal = self.own;
            self.recv_set.clear(cx.view);
            if let Some(unheard) = &mut self.unheard {
                unheard.begin();
            }
        }
        let better = theirs.proposal.supersedes(&cx.ballot.proposal, cx.view);
        if better {
            cx.ballot.proposal = theirs.proposal;
        }
        if newer_round || better {
            effects.push(Effect::Broadcast(cx.ballot.announcement()));
        }
        self.count_as_heard(heard, cx);
        let vote = theirs.vote(Generation::Unversioned);
        self.recv_set.record(heard.from, candidate, &vote, cx.view);
        let own = cx.view.slot(cx.ballot.proposal.leader);
        let support = self.vote_set.get_or_insert_with(|| cx.view.empty_tally());
        self.recv_set.count(own, &cx.ballot.vote(), support);
        if cx.view.has_quorum(support, cx.oracle) {
            self.phase = WaitPhase::Finalizing;
        }
    }

    /// A voter that follows or leads: join when a quorum agrees with it and the leader itself says
    /// that it leads.
    ///
    /// Votes of this round are counted among themselves first, and without their wire generation,
    /// as in the reference: a versioned vote then agrees with them by its leader alone. All are
    /// also counted with those of other rounds.
    fn hear_settled(
        &mut self,
        heard: &Heard<'_>,
        candidate: Slot,
        cx: &mut Context<'_>,
    ) -> Option<Decision> {
        let theirs = heard.notification;
        let vote = theirs.vote(heard.generation);
        let epoch = theirs.election_epoch;
        let decide = |votes: &Ballots| Decision {
            proposal: theirs.proposal,
            election_epoch: epoch,
            supporters: votes.supporters(&vote, cx.view),
        };
        if epoch == cx.ballot.logical_clock {
            let unversioned = theirs.vote(Generation::Unversioned);
            self.recv_set
                .record(heard.from, candidate, &unversioned, cx.view);
            if leader_stands(&self.recv_set, candidate, &vote, cx) {
                return Some(decide(&self.recv_set));
            }
        }
        self.out_of_election
            .record(heard.from, candidate, &vote, cx.view);
        if leader_stands(&self.out_of_election, candidate, &vote, cx) {
            cx.ballot.logical_clock = epoch;
            return Some(decide(&self.out_of_election));
        }
        None
    }

    /// In an ensemble of two, an oracle that denies this server has granted the other: its word
    /// that it leads is enough (ZOOKEEPER-3922). Like the reference, this asks neither for a quorum
    /// nor for the round.
    fn follow_lone_leader(&self, heard: &Heard<'_>, cx: &Context<'_>) -> Option<Decision> {
        if cx.oracle?.grants() {
            return None;
        }
        Some(Decision {
            proposal: heard.notification.proposal,
            election_epoch: heard.notification.election_epoch,
            supporters: self.recv_set.supporters(&cx.ballot.vote(), cx.view),
        })
    }

    /// The wait for votes ran out: announce again or reconnect, and be more patient. With an
    /// oracle, a support that was too small may be enough by now.
    pub(super) fn renotify(
        &mut self,
        outbox: Outbox,
        has_oracle: bool,
        cx: &Context<'_>,
        effects: &mut Effects,
    ) -> Option<Decision> {
        effects.push(match outbox {
            Outbox::Delivered => Effect::Broadcast(cx.ballot.announcement()),
            Outbox::Stalled => Effect::ConnectAll,
        });
        self.interval = self
            .interval
            .saturating_mul(2)
            .min(cx.timing.max_notification_interval);
        let waited = self.interval != cx.timing.min_notification_interval;
        let support = self.vote_set.as_ref().filter(|_| has_oracle && waited)?;
        cx.view
            .has_quorum(support, cx.oracle)
            .then(|| self.finalize(cx))
    }

    /// No better vote came, or none can come: the proposal stands.
    pub(super) fn finalize(&self, cx: &Context<'_>) -> Decision {
        Decision {
            proposal: cx.ballot.proposal,
            election_epoch: cx.ballot.logical_clock,
            supporters: self.recv_set.supporters(&cx.ballot.vote(), cx.view),
        }
    }
}

fn unheard(settings: &Settings, view: &QuorumView) -> Option<Unheard> {
    let is_eager = settings.timing.finalize == Finalize::Eager;
    is_eager.then(|| Unheard::new(settings.sid, view))
}

/// Whether a quorum agrees with `vote` and its leader is known to lead; a leader that everybody
/// else names and that is this server itself must be so in this round (`checkLeader`;
/// ZOOKEEPER-131, ZOOKEEPER-1514).
fn leader_stands(votes: &Ballots, leader: Slot, vote: &Vote, cx: &Context<'_>) -> bool {
    let confirmed = if vote.proposal.leader == cx.sid {
        vote.election_epoch == cx.ballot.logical_clock
    } else {
        votes
            .of(leader)
            .is_some_and(|vote| vote.state == ServerState::Leading)
    };
    confirmed && {
        let mut tally = cx.view.empty_tally();
        votes.count(Some(leader), vote, &mut tally);
        cx.view.has_quorum(&tally, cx.oracle)
    }
}
