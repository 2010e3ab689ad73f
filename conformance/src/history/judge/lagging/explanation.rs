//! One way in which the lines of a log so far can have come about.

use crate::history::event::{Event, Fact};
use crate::history::judge::engine::hear;
use crate::history::judge::standing::{NO_ROUND, describe};
use fle::election::{Credentials, Effect, Effects, Election, WaitPhase};
use fle::{ElectionEpoch, Generation, Notification, Proposal, ServerState, Sid};
use jiff::SignedDuration;
use std::collections::VecDeque;

/// The reference's wait for a better vote is fixed.
const FINALIZE_WAIT: SignedDuration = SignedDuration::from_millis(200);
/// A log's clock may be set, and its threads held up, within reason.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(5);

/// One way in which the lines so far can have come about.
#[derive(Clone, PartialEq)]
pub(super) struct Explanation {
    pub(super) election: Election,
    /// Logged and not heard yet.
    pub(super) queue: VecDeque<Queued>,
    /// The server's own notifications that have not come back.
    pub(super) due: VecDeque<Notification>,
    /// The last of them that came back. The server may have repeated it before it announced the
    /// next.
    pub(super) returned: Option<Notification>,
    /// The state that it has left, until the receiver logs again: the receiver may have looked at
    /// the state before.
    pub(super) left: Option<ServerState>,
    /// A notification that may still be in the queue when the next election starts.
    pub(super) left_over: Option<Queued>,
    /// Its vote as others are told it.
    pub(super) vote: (Proposal, ElectionEpoch),
    pub(super) told: Told,
    /// Whether its next round is the first again.
    pub(super) restarts: bool,
    /// The event that completed a quorum for its proposal.
    pub(super) quorum: Option<usize>,
}

/// What the log has said of the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// It looks.
    Looks,
    /// It has settled.
    Settled,
    /// It has no leader any more and has not started to look.
    Lost,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) struct Queued {
    pub(super) from: Sid,
    pub(super) notification: Notification,
    pub(super) generation: Generation,
    pub(super) event: usize,
}

impl Explanation {
    /// A server that does not look.
    pub(super) fn idle(election: Election) -> Self {
        Self {
            vote: (election.announcement().proposal, NO_ROUND),
            election,
            queue: VecDeque::new(),
            due: VecDeque::new(),
            returned: None,
            left: None,
            left_over: None,
            told: Told::Looks,
            restarts: false,
            quorum: None,
        }
    }

    /// Another election takes the place of the one by which it has settled.
    pub(super) fn restart(&mut self) {
        self.restarts = true;
        self.due.clear();
        self.returned = None;
        self.left_over = None;
    }

    /// Its leader is this one now.
    pub(super) fn is_handed_over(&mut self, leader: Sid) {
        if self.told == Told::Settled {
            let effects = self.election.designate(leader);
            self.announce(effects, false);
        }
    }

    pub(super) fn looks(&self) -> bool {
        self.told == Told::Looks && self.election.wait().is_some()
    }

    /// It has no leader any more.
    pub(super) fn lose(&mut self) {
        if self.told == Told::Settled {
            self.told = Told::Lost;
            self.left = Some(self.election.state());
        }
    }

    /// What was received just before the server left its state, and is logged only now, may be
    /// queued or not.
    pub(super) fn queued_late(&self, queued: Queued) -> Vec<Self> {
        let mut without = self.clone();
        without.left = None;
        if self.told == Told::Lost {
            without.left_over = Some(queued);
            return vec![without];
        }
        let mut with = without.clone();
        with.queue.push_back(queued);
        vec![without, with]
    }

    /// What was received just before the server settled may be logged only now, which is the first
    /// that is logged since.
    pub(super) fn settled_meanwhile(&self, queued: Queued) -> Option<Self> {
        let is_first = self.told == Told::Settled && self.left_over.is_none();
        is_first.then(|| Self {
            left_over: Some(queued),
            ..self.clone()
        })
    }

    /// How the queue may stand when the next election starts.
    pub(super) fn before_looking(mut self) -> Vec<Self> {
        self.lose();
        let left_over = self.left_over.take();
        let mut ways = vec![self];
        if let Some(left_over) = left_over {
            let mut way = ways[0].clone();
            way.queue.push_front(left_over);
            ways.push(way);
        }
        ways
    }

    pub(super) fn look(&mut self, credentials: Credentials, is_voter: bool) {
        self.told = Told::Looks;
        self.quorum = None;
        let effects = self.election.look_for_leader(credentials);
        self.announce(effects, is_voter);
        if self.vote.1 == NO_ROUND {
            self.vote.0 = self.election.proposal();
        }
    }

    /// What an election announces to all comes back to a server that votes.
    fn announce(&mut self, effects: Effects, is_voter: bool) {
        for effect in effects {
            match effect {
                Effect::Broadcast(notification) if is_voter => self.due.push_back(notification),
                Effect::Decide(vote) => self.vote = (vote.proposal, vote.election_epoch),
                _ => {}
            }
        }
    }

    pub(super) fn expects_back(&mut self, notification: &Notification) -> bool {
        if self.due.front() == Some(notification) {
            self.returned = self.due.pop_front();
            return true;
        }
        self.returned.as_ref() == Some(notification)
    }

    /// What the election may come to by hearing what is first in the queue. A better vote that ends
    /// the wait for one is put back at the queue's end.
    pub(super) fn hear_next(&self, is_voter: bool) -> Vec<Self> {
        if !self.looks() {
            return Vec::new();
        }
        let mut heard = self.clone();
        let Some(first) = heard.queue.pop_front() else {
            return Vec::new();
        };
        let finalizing = self.is_finalizing();
        let view = self.election.ensemble().view();
        let better = first
            .notification
            .proposal
            .supersedes(&self.election.proposal(), view);
        // Where it stands in the queue matters only beside another one that is better.
        let proposal = first.notification.proposal;
        let rivals = heard.queue.iter().map(|it| it.notification.proposal);
        let mut rivals = rivals.filter(|it| it.supersedes(&self.election.proposal(), view));
        let put_back = (finalizing && better && rivals.any(|it| it != proposal)).then(|| {
            let mut put_back = heard.clone();
            put_back.queue.push_back(first);
            put_back
        });
        let effects = hear(
            &mut heard.election,
            first.from,
            first.notification,
            first.generation,
        );
        heard.announce(effects, is_voter);
        if !heard.is_finalizing() {
            heard.quorum = None;
        } else if !finalizing || better {
            heard.quorum = Some(first.event);
        }
        std::iter::once(heard).chain(put_back).collect()
    }

    pub(super) fn is_finalizing(&self) -> bool {
        let wait = self.election.wait();
        wait.is_some_and(|wait| wait.phase == WaitPhase::Finalizing)
    }

    /// Whether the server can be in this state by now.
    pub(super) fn settles(&mut self, state: ServerState, index: usize, events: &[Event]) -> bool {
        match self.told {
            Told::Lost => return false,
            Told::Settled => return self.election.state() == state,
            Told::Looks => {}
        }
        if self.is_finalizing() {
            if self.missed_something(index, events) || self.waited_too_little(index, events) {
                return false;
            }
            let effects = self.election.handle_finalize_timeout();
            self.announce(effects, false);
        }
        if self.election.wait().is_some() || self.election.state() != state {
            return false;
        }
        self.told = Told::Settled;
        self.left_over = self.queue.back().copied();
        self.queue.clear();
        true
    }

    /// Whether something was queued when the wait that ends here began, and is not heard.
    fn missed_something(&self, index: usize, events: &[Event]) -> bool {
        self.queue.iter().any(|queued| {
            let waits = events[index].after(&events[queued.event]);
            waits.is_some_and(|waits| waits >= FINALIZE_WAIT)
        })
    }

    /// Whether the wait that ends here was shorter than the reference's.
    fn waited_too_little(&self, index: usize, events: &[Event]) -> bool {
        let quorum = self.quorum.map(|quorum| &events[quorum]);
        let waited = quorum.and_then(|quorum| events[index].after(quorum));
        waited.is_some_and(|waited| waited + TOLERANCE < FINALIZE_WAIT)
    }

    /// Whether the election can have waited for votes in vain until now. It hears itself at once.
    pub(super) fn waits_in_vain(&self, index: usize, events: &[Event]) -> bool {
        if self.told != Told::Looks {
            return true;
        }
        let collects = |wait: &fle::election::Wait| wait.phase == WaitPhase::Collecting;
        let is_received = |it: &&Event| matches!(it.fact, Fact::NotificationReceived { .. });
        let last = events[..index].iter().rev().find(is_received);
        let silence = last.and_then(|last| events[index].after(last));
        let is_silent = silence.is_some_and(|silence| silence + TOLERANCE >= FINALIZE_WAIT);
        self.election.wait().as_ref().is_some_and(collects)
            && !self.missed_something(index, events)
            && (self.due.is_empty() || !is_silent)
    }

    pub(super) fn cannot_settle(
        &self,
        state: ServerState,
        index: usize,
        events: &[Event],
    ) -> String {
        let says = format!("{state:?}").to_uppercase();
        match self.told {
            Told::Looks if self.is_finalizing() && self.waited_too_little(index, events) => {
                format!(
                    "it is {says} within less than 200 ms of the last vote that {} needs, and must \
                 wait so long for a better one",
                    self.election.proposal().leader
                )
            }
            Told::Lost => format!("it is {says} without an election"),
            Told::Settled => format!(
                "it is {says} and was {} before, without an election",
                format!("{:?}", self.election.state()).to_uppercase()
            ),
            Told::Looks if self.is_finalizing() => {
                format!(
                    "it is {says}, and the votes that it heard make {}",
                    self.election.proposal().leader
                ) + " the leader"
            }
            Told::Looks => format!(
                "it is {says}, and no quorum of {} is among what it heard",
                describe(&self.election.announcement())
            ),
        }
    }
}
