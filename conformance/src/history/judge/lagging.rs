//! ZooKeeper's logs: two threads that write into one.
//!
//! Source: `FastLeaderElection`. The receiver logs a notification and then queues it if the server
//! looks; the election takes it from the queue some time later, and logs when it starts, when it
//! has waited in vain (at DEBUG also what it announces), and what it decides. So a line tells what
//! was queued, not what was heard. An [`Explanation`] is one way in which the lines so far can have
//! come about: a state of the production engine and a queue. The judge keeps all of them, and
//! objects at the line that none survives.
//!
//! # What is not told, and therefore open
//! - When a notification is taken from the queue: any time after it is logged. The queue never
//!   holds more than [`LONGEST_QUEUE`].
//! - When the server announces its vote again: any time.
//! - Whether the last notification logged before a change of state was queued: the receiver looks
//!   at the state twice.
//!
//! # What is told all the same
//! - The server's own notifications come back to it, in order, and none is lost: they tell what it
//!   announced.
//! - A decision after a wait of 200 ms means that everything logged before the wait was heard, and
//!   so does a wait in vain.

mod explanation;

use super::engine::{self, NO_HISTORY};
use super::ensemble::Assumed;
use super::finding::{Absent, Finding, Looking, Unjudged};
use super::standing::{Standing, describe};
use crate::history::event::{Announcement, Ballot, Event, Fact, server_state};
use crate::history::log::Log;
use explanation::{Explanation, Queued, Told};
use fle::config::LearnerType;
use fle::election::{Credentials, Finalize};
use fle::{ElectionEpoch, Ensemble, Notification, PeerEpoch, ServerState, Sid, Zxid};
use std::sync::Arc;

/// So far, in notifications, may the election lag behind the receiver.
const LONGEST_QUEUE: usize = 32;
/// More ways to explain the lines so far are not followed.
const MOST_EXPLANATIONS: usize = 500;

/// Judges one server's log.
pub(super) fn judge(sid: Sid, log: &Log, assumed: &Assumed) -> Finding {
    let mut judge = Judge::new(sid, log, assumed);
    for index in 0..log.events.len() {
        judge.event(index);
    }
    judge.finish()
}

struct Judge<'a> {
    sid: Sid,
    learner_type: LearnerType,
    ensemble: &'a Arc<Ensemble>,
    events: &'a [Event],
    /// Empty while nothing is known of the server: before its first election, and after an
    /// objection.
    explanations: Vec<Explanation>,
    /// Whether all is known that the election under way began with: nothing tells what was queued
    /// before the log begins.
    begun_known: bool,
    standings: Vec<Standing>,
    /// Whether its leader has handed over.
    is_handed_over: bool,
    elections: Vec<Looking>,
    unjudged: Vec<Unjudged>,
}

impl<'a> Judge<'a> {
    fn new(sid: Sid, log: &'a Log, assumed: &'a Assumed) -> Self {
        let observes = |event: &Event| match &event.fact {
            Fact::ElectionStarted { zxid, .. } => *zxid == Zxid::NONE.0,
            _ => false,
        };
        let learner_type = if log.events.iter().any(observes) {
            LearnerType::Observer
        } else {
            LearnerType::Participant
        };
        Self {
            sid,
            learner_type,
            ensemble: &assumed.ensemble,
            events: &log.events,
            explanations: Vec::new(),
            begun_known: false,
            standings: Vec::new(),
            is_handed_over: false,
            elections: Vec::new(),
            unjudged: Vec::new(),
        }
    }

    fn event(&mut self, index: usize) {
        match &self.events[index].fact {
            Fact::ServerStarted { .. } => self.starts(),
            Fact::ElectionRestarted {} => self.election_restarts(),
            Fact::LeadershipHandedOver { leader } => {
                let explanations = self.explanations.iter_mut();
                explanations.for_each(|it| it.is_handed_over(Sid(*leader)));
                self.is_handed_over = true;
            }
            Fact::ElectionStarted { zxid, .. } => self.starts_to_look(index, *zxid),
            Fact::NotificationReceived {
                from,
                announcement,
                version,
                my_state,
                ..
            } => {
                let queued = Queued {
                    from: Sid(*from),
                    notification: announcement.notification(),
                    generation: engine::generation(*version),
                    event: index,
                };
                self.received(queued, my_state.map(server_state));
            }
            Fact::NotificationSent { announcement, .. } => self.sent(index, announcement),
            Fact::Decided { state, .. } => self.decided(index, server_state(*state)),
            Fact::LeadershipLost {} => {
                self.explanations.iter_mut().for_each(Explanation::lose);
            }
            Fact::WaitExpired { .. } => self.waits_in_vain(index),
            Fact::LeadershipEstablished { state, .. } => {
                self.established(index, state.map(server_state));
            }
            Fact::ProposalChanged { .. } | Fact::VoterGone { .. } | Fact::VoterConnected { .. } => {
            }
        }
    }

    fn starts(&mut self) {
        self.explanations = vec![self.idle(NO_HISTORY)];
        self.begun_known = true;
    }

    /// A newer configuration is in force. Whoever has settled stays what it is.
    fn election_restarts(&mut self) {
        let is_settled = |it: &Explanation| it.told == Told::Settled;
        if self.explanations.iter().any(is_settled) {
            self.explanations.retain(is_settled);
            self.explanations.iter_mut().for_each(Explanation::restart);
        } else {
            self.starts();
        }
    }

    fn finish(self) -> Finding {
        // The vote of a leader that was handed over to has a zxid that no line tells.
        let known = self.unjudged.is_empty() && !self.is_handed_over;
        Finding {
            unjudged: self.unjudged,
            elections: self.elections,
            standings: known.then_some(self.standings),
        }
    }

    fn is_voter(&self) -> bool {
        let voters = self.ensemble.view().committed();
        voters.is_voter(self.sid) && self.learner_type == LearnerType::Participant
    }

    fn idle(&self, credentials: Credentials) -> Explanation {
        let Self {
            sid,
            learner_type,
            ensemble,
            ..
        } = self;
        Explanation::idle(engine::started(
            *sid,
            *learner_type,
            ensemble,
            credentials,
            Finalize::Fixed,
        ))
    }

    /// The start of an election tells the zxid alone. Epoch and round come from what the server
    /// announces first.
    fn starts_to_look(&mut self, index: usize, zxid: i64) {
        self.elections.push(Looking::starts(index));
        let first = self.first_announcement(index);
        if first.is_none() && self.is_voter() {
            self.explanations.clear();
            if index + 1 < self.events.len() {
                let why = "its own first vote does not come back to it: nothing tells with which epoch it starts";
                self.leave_unjudged(
                    index,
                    why.to_owned(),
                    Some(Absent::Beyond("that notification".to_owned())),
                );
            }
            return;
        }
        let credentials = Credentials {
            zxid: Zxid(zxid),
            peer_epoch: PeerEpoch(first.map_or(i64::MIN, |first| first.peer_epoch)),
        };
        let round = first.map_or(ElectionEpoch(1), |first| ElectionEpoch(first.round));
        self.begun_known = !self.explanations.is_empty();
        if !self.begun_known {
            let mut idle = self.idle(credentials);
            engine::before_round(&mut idle.election, round);
            self.explanations = vec![idle];
        }
        let before = std::mem::take(&mut self.explanations);
        for explanation in before {
            for mut explanation in explanation.before_looking() {
                if explanation.restarts {
                    explanation = self.idle(credentials);
                }
                explanation.look(credentials, self.is_voter());
                self.note(&explanation, index);
                self.explanations.push(explanation);
            }
        }
        if let Some(looking) = self.elections.last_mut() {
            looking.round = self
                .explanations
                .first()
                .map(|it| it.election.logical_clock());
        }
        self.hear_what_is_queued();
    }

    /// The server's first vote in the election that starts here.
    fn first_announcement(&self, index: usize) -> Option<Ballot> {
        let own = self.sid.0;
        let rest = &self.events[index + 1..];
        let until = rest
            .iter()
            .position(|event| {
                matches!(
                    event.fact,
                    Fact::ElectionStarted { .. } | Fact::ServerStarted { .. }
                )
            })
            .unwrap_or(rest.len());
        let announced = rest[..until].iter().filter_map(|event| match &event.fact {
            Fact::NotificationReceived {
                from, announcement, ..
            } if *from == own => Some(announcement),
            Fact::NotificationSent { announcement, .. } => Some(announcement),
            _ => None,
        });
        let looking = announced.filter(|it| server_state(it.state) == ServerState::Looking);
        let votes: Vec<Ballot> = looking.map(|it| it.ballot).collect();
        let for_itself = votes.iter().find(|vote| vote.leader == own);
        for_itself.or(votes.first()).copied()
    }

    fn received(&mut self, queued: Queued, my_state: Option<ServerState>) {
        let own = queued.from == self.sid;
        if own && queued.notification.state == ServerState::Looking {
            self.comes_back(queued.event, &queued.notification);
        }
        if let Some(state) = my_state.filter(|state| *state != ServerState::Looking) {
            self.received_when_settled(queued, state);
            return;
        }
        let late = self.explanations.iter();
        let mut late: Vec<_> = late.filter_map(|it| it.settled_meanwhile(queued)).collect();
        for explanation in &mut self.explanations {
            explanation.lose();
            explanation.left = None;
            explanation.queue.push_back(queued);
        }
        self.explanations.append(&mut late);
        self.hear_what_is_queued();
        if let Some(longest) = self.shortest_queue().checked_add(LONGEST_QUEUE) {
            self.explanations.retain(|it| it.queue.len() <= longest);
        }
    }

    /// The receiver found the server in another state than looking. Either it is, or it was until a
    /// moment ago, and what was received may be queued after all.
    fn received_when_settled(&mut self, queued: Queued, state: ServerState) {
        let late = self.explanations.iter();
        let late = late.filter(|it| it.left == Some(state));
        let mut late: Vec<_> = late.flat_map(|it| it.queued_late(queued)).collect();
        let settled = |it: &Explanation| it.told == Told::Settled && it.election.state() == state;
        if late.is_empty() && !self.explanations.iter().any(settled) {
            self.decided(queued.event, state);
        } else {
            let events = self.events;
            self.explanations
                .retain_mut(|it| it.settles(state, queued.event, events));
        }
        for explanation in &mut self.explanations {
            explanation.left = None;
            explanation.left_over = Some(queued);
        }
        self.explanations.append(&mut late);
        self.hear_what_is_queued();
    }

    fn shortest_queue(&self) -> usize {
        let lengths = self.explanations.iter().map(|it| it.queue.len());
        lengths.min().unwrap_or_default()
    }

    /// The server's own notification comes back to it.
    fn comes_back(&mut self, index: usize, notification: &Notification) {
        let explain = |it: &mut Explanation| it.expects_back(notification);
        self.keep(
            index,
            explain,
            |it| match it.due.front() {
                Some(due) => format!(
                    "it hears itself announce {}, and must have announced {} before",
                    describe(notification),
                    describe(due)
                ),
                None => format!(
                    "it hears itself announce {}, and proposes {}",
                    describe(notification),
                    describe(&it.election.announcement())
                ),
            },
            "a notification, its own or one that made it change its vote, or a start",
        );
        self.hear_what_is_queued();
    }

    /// The election announces its vote (a line at level DEBUG).
    fn sent(&mut self, index: usize, announcement: &Announcement) {
        let sent = announcement.notification();
        let explain = |it: &mut Explanation| it.looks() && it.election.announcement() == sent;
        self.keep(
            index,
            explain,
            |it| {
                format!(
                    "it announces {} where it proposes {}",
                    describe(&sent),
                    describe(&it.election.announcement())
                )
            },
            "a notification that made it change its vote, or a start",
        );
        // What the vote announced here had not heard yet may be heard now.
        self.hear_what_is_queued();
    }

    /// The server is not looking any more.
    fn decided(&mut self, index: usize, state: ServerState) {
        let events = self.events;
        let explain = |it: &mut Explanation| it.settles(state, index, events);
        self.keep(
            index,
            explain,
            |it| it.cannot_settle(state, index, events),
            "a notification that it counted, or a start of an election",
        );
        let settled = self.explanations.clone();
        for explanation in &settled {
            self.note(explanation, index);
        }
        if let (Some(looking), Some(explanation)) = (self.elections.last_mut(), settled.first())
            && looking.decided.is_none()
        {
            looking.decided = Some(index);
            looking.state = Some(state);
            looking.quorum = explanation.quorum;
            looking.vote = Some(Ballot::new(explanation.vote.0, explanation.vote.1));
        }
    }

    /// For so long nothing was in the queue.
    fn waits_in_vain(&mut self, index: usize) {
        let events = self.events;
        let explain = |it: &mut Explanation| it.waits_in_vain(index, events);
        self.keep(
            index,
            explain,
            |it| match it.due.front() {
                Some(due) => format!(
                    "it waits in vain, and {} has not come back to it",
                    describe(due)
                ),
                None => "it waits in vain, and something is there to be heard".to_owned(),
            },
            "a notification, its own or one that made it change its vote",
        );
        // The line follows the vote's being announced again: what came meanwhile may be heard now.
        self.hear_what_is_queued();
    }

    /// The server has found its leader, which takes longer than hearing itself.
    fn established(&mut self, index: usize, state: Option<ServerState>) {
        if let Some(state) = state {
            let events = self.events;
            self.keep(
                index,
                |it| it.told != Told::Settled || it.election.state() == state,
                |it| it.cannot_settle(state, index, events),
                "a start of an election",
            );
        }
        self.keep(
            index,
            |it| it.due.is_empty(),
            |it| {
                let due = it.due.front().map(describe).unwrap_or_default();
                format!("it is established, and {due} has not come back to it")
            },
            "that notification",
        );
    }

    /// Keeps the explanations that the line agrees with; objects to it if there is none.
    fn keep(
        &mut self,
        index: usize,
        mut explain: impl FnMut(&mut Explanation) -> bool,
        why: impl FnOnce(&Explanation) -> String,
        absent: &str,
    ) {
        if self.explanations.is_empty() {
            return;
        }
        let before = self.explanations.clone();
        self.explanations.retain_mut(|it| explain(it));
        if self.explanations.is_empty() {
            // The one that has heard the most says best what is missing.
            let eager = before.iter().min_by_key(|it| it.queue.len());
            let why = eager.map(why).unwrap_or_default();
            let absent = if self.begun_known {
                Absent::Within(absent.to_owned())
            } else {
                Absent::Beyond(absent.to_owned())
            };
            self.leave_unjudged(index, why, Some(absent));
        }
    }

    /// Adds what follows from hearing, one by one, what is queued.
    fn hear_what_is_queued(&mut self) {
        let mut next = 0;
        while next < self.explanations.len() {
            if next == MOST_EXPLANATIONS {
                let index = self.explanations[next]
                    .queue
                    .back()
                    .map_or(0, |it| it.event);
                self.explanations.clear();
                self.leave_unjudged(
                    index,
                    "there are too many ways to come to this".to_owned(),
                    None,
                );
                return;
            }
            for heard in self.explanations[next].hear_next(self.is_voter()) {
                if !self.explanations.contains(&heard) {
                    let index = self.explanations[next].queue[0].event;
                    self.note(&heard, index);
                    self.explanations.push(heard);
                }
            }
            next += 1;
        }
    }

    /// Remembers how the server may stand after this event.
    fn note(&mut self, explanation: &Explanation, index: usize) {
        let since = self.elections.last().map_or(0, |it| it.started);
        let standing = Standing::of(&explanation.election, explanation.vote, index.max(since));
        let mut recent = self
            .standings
            .iter()
            .rev()
            .take_while(|it| it.since >= since);
        if !recent.any(|it| it.equals(&standing)) {
            self.standings.push(standing);
        }
    }

    fn leave_unjudged(&mut self, index: usize, why: String, absent: Option<Absent>) {
        self.unjudged.push(Unjudged {
            sid: Some(self.sid),
            at: self.events[index].at,
            why,
            absent,
        });
    }
}
