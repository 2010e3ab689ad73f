//! This project's own logs: one task that says everything, in order.
//!
//! Each input is fed to the production engine at once, and what the engine does then must be what
//! the log says next, all of it. Open is only what an oracle answers, and whether a wait that ran
//! out found the connections stalled: the lines that follow tell. What a newer configuration brings
//! is not in the log; a restart that is said to follow from a notification is believed.

use super::engine::{self, NO_HISTORY};
use super::ensemble::{self, Assumed};
use super::finding::{Absent, Finding, Looking, Unjudged};
use super::standing::Standing;
use crate::history::event::{Announcement, Ballot, Event, Fact, Wait, server_state};
use crate::history::log::Log;
use fle::election::{
    Credentials, Effect, Effects, Election, Finalize, Outbox, Reachability, WaitPhase,
};
use fle::quorum::Oracle;
use fle::{ElectionEpoch, Ensemble, Notification, PeerEpoch, Proposal, Sid, Zxid};
use fle_model::election::trace::format::LearnerType;
use std::collections::VecDeque;
use std::sync::Arc;

/// Judges one server's log.
pub(super) fn judge(sid: Sid, log: &Log, assumed: &Assumed) -> Finding {
    let mut judge = Judge {
        sid,
        events: &log.events,
        ensemble: Arc::clone(&assumed.ensemble),
        learner_type: LearnerType::Participant,
        has_oracle: false,
        finalize: Finalize::Fixed,
        explanations: Vec::new(),
        standings: Vec::new(),
        elections: Vec::new(),
        unjudged: Vec::new(),
    };
    for index in 0..log.events.len() {
        judge.event(index);
    }
    let known = judge.unjudged.is_empty();
    Finding {
        unjudged: judge.unjudged,
        elections: judge.elections,
        standings: known.then_some(judge.standings),
    }
}

struct Judge<'a> {
    sid: Sid,
    events: &'a [Event],
    ensemble: Arc<Ensemble>,
    learner_type: LearnerType,
    has_oracle: bool,
    finalize: Finalize,
    /// Empty while nothing is known of the server.
    explanations: Vec<Explanation>,
    standings: Vec<Standing>,
    elections: Vec<Looking>,
    unjudged: Vec<Unjudged>,
}

/// One way in which the lines so far can have come about.
#[derive(Clone, PartialEq)]
struct Explanation {
    election: Election,
    /// What the server has still to say.
    due: VecDeque<Fact>,
    /// Its vote as others are told it.
    vote: (Proposal, ElectionEpoch),
    /// The event that completed a quorum for its proposal.
    quorum: Option<usize>,
}

impl Judge<'_> {
    fn event(&mut self, index: usize) {
        let fact = &self.events[index].fact;
        match fact {
            Fact::ServerStarted {
                learner_type,
                oracle,
                eager,
                ..
            } => {
                self.learner_type = learner_type.unwrap_or(LearnerType::Participant);
                self.has_oracle = *oracle;
                self.finalize = match eager {
                    true => Finalize::Eager,
                    false => Finalize::Fixed,
                };
                if let Some(configured) = ensemble::configured(fact) {
                    self.ensemble = configured.ensemble;
                }
                self.explanations = vec![self.idle(index, ElectionEpoch::START)];
            }
            Fact::ElectionRestarted {} => {
                self.explanations = vec![self.idle(index, ElectionEpoch::START)];
            }
            Fact::LeadershipLost {} => {}
            Fact::ProposalChanged { .. } | Fact::NotificationSent { .. } | Fact::Decided { .. } => {
                self.output(index);
            }
            Fact::ElectionStarted { round, .. } => {
                self.elections.push(Looking::starts(index));
                if let (Some(looking), Some(round)) = (self.elections.last_mut(), round) {
                    looking.round = Some(ElectionEpoch(*round));
                    if self.explanations.is_empty() {
                        self.explanations =
                            vec![self.idle(index, ElectionEpoch(round.wrapping_sub(1)))];
                    }
                }
                self.input(index);
            }
            Fact::NotificationReceived { .. }
            | Fact::WaitExpired { .. }
            | Fact::VoterGone { .. }
            | Fact::VoterConnected { .. }
            | Fact::LeadershipEstablished { .. }
            | Fact::LeadershipHandedOver { .. } => self.input(index),
        }
    }

    /// A server that is about to enter the round after this one. Until it has settled, its vote is
    /// for itself.
    fn idle(&self, index: usize, round: ElectionEpoch) -> Explanation {
        let credentials = self.credentials(index);
        let mut election = engine::started(
            self.sid,
            self.learner_type.into(),
            &self.ensemble,
            credentials,
            self.finalize,
        );
        engine::before_round(&mut election, round.next());
        let own = Proposal {
            peer_epoch: credentials.peer_epoch,
            zxid: credentials.zxid,
            leader: self.sid,
        };
        Explanation {
            vote: (own, ElectionEpoch(-1)),
            election,
            due: VecDeque::new(),
            quorum: None,
        }
    }

    /// Those with which it next starts to look.
    fn credentials(&self, index: usize) -> Credentials {
        let mut events = self.events[index..].iter();
        let started = events.find_map(|event| match event.fact {
            Fact::ElectionStarted {
                zxid,
                peer_epoch: Some(peer_epoch),
                ..
            } => Some(Credentials {
                zxid: Zxid(zxid),
                peer_epoch: PeerEpoch(peer_epoch),
            }),
            _ => None,
        });
        started.unwrap_or(NO_HISTORY)
    }

    /// Something happens to the server, which must have said all that the last thing led to.
    fn input(&mut self, index: usize) {
        self.keep(
            index,
            |it| it.due.is_empty(),
            |it| match it.due.front() {
                Some(due) => format!("before this it must have said {}", words(due)),
                None => String::new(),
            },
            |_| "what it must have said".to_owned(),
        );
        let answers: &[Option<bool>] = if self.has_oracle {
            &[Some(false), Some(true)]
        } else {
            &[None]
        };
        let mut next = Vec::new();
        for explanation in &self.explanations {
            for answer in answers {
                let mut after = explanation.clone();
                after.step(index, self.events, *answer);
                if !next.contains(&after) {
                    next.push(after);
                }
            }
        }
        self.explanations = next;
        if let Fact::ElectionStarted {
            round: Some(round), ..
        } = self.events[index].fact
        {
            self.keep(
                index,
                |it| it.election.logical_clock().0 == round,
                |it| {
                    format!(
                        "it starts in round {round}, and enters {}",
                        it.election.logical_clock()
                    )
                },
                |_| "a start of the server or of an election".to_owned(),
            );
        }
        self.note(index);
    }

    /// The server says what it did.
    fn output(&mut self, index: usize) {
        let said = &self.events[index].fact;
        self.keep(
            index,
            |it| it.due.pop_front().as_ref() == Some(said),
            |it| match it.due.front() {
                Some(due) => format!("it says {}, and should say {}", words(said), words(due)),
                None => format!("it says {}, and nothing leads to that", words(said)),
            },
            |_| "what led to it".to_owned(),
        );
        self.note(index);
        if let (Fact::Decided { state, vote }, Some(explanation), Some(looking)) =
            (said, self.explanations.first(), self.elections.last_mut())
            // What follows without an election belongs to none.
            && looking.decided.is_none()
        {
            looking.decided = Some(index);
            looking.state = Some(server_state(*state));
            looking.vote = *vote;
            looking.quorum = explanation.quorum;
        }
    }

    fn keep(
        &mut self,
        index: usize,
        mut explain: impl FnMut(&mut Explanation) -> bool,
        why: impl FnOnce(&Explanation) -> String,
        absent: impl FnOnce(&Explanation) -> String,
    ) {
        let before = self.explanations.clone();
        self.explanations.retain_mut(|it| explain(it));
        if let (true, Some(lost)) = (self.explanations.is_empty(), before.first()) {
            self.unjudged.push(Unjudged {
                sid: Some(self.sid),
                at: self.events[index].at,
                why: why(lost),
                absent: Some(Absent::Within(absent(lost))),
            });
        }
    }

    fn note(&mut self, index: usize) {
        for explanation in &self.explanations {
            let standing = Standing::of(&explanation.election, explanation.vote, index);
            if !self.standings.last().is_some_and(|it| it.equals(&standing)) {
                self.standings.push(standing);
            }
        }
    }
}

impl Explanation {
    /// Feeds an input to the engine, and learns what the server must say next.
    fn step(&mut self, index: usize, events: &[Event], oracle: Option<bool>) {
        let before = self.election.announcement();
        let finalizing = self.is_finalizing();
        let oracle = oracle.as_ref().map(|answer| answer as &dyn Oracle);
        let election = &mut self.election;
        let effects = match &events[index].fact {
            Fact::ElectionStarted {
                zxid, peer_epoch, ..
            } => {
                let credentials = Credentials {
                    zxid: Zxid(*zxid),
                    peer_epoch: PeerEpoch(peer_epoch.unwrap_or_default()),
                };
                let effects = election.look_for_leader(credentials);
                self.expect_unchanged(&effects);
                return;
            }
            Fact::NotificationReceived {
                from,
                announcement,
                version,
                ..
            } => {
                let generation = engine::generation(*version);
                let received = engine::received(announcement.notification(), generation);
                election.handle_notification(Sid(*from), &received, oracle)
            }
            Fact::WaitExpired {
                wait: Wait::Collecting,
            } => {
                let announces =
                    |event: &Event| matches!(event.fact, Fact::NotificationSent { to: None, .. });
                let outbox = if events.get(index + 1).is_some_and(announces) {
                    Outbox::Delivered
                } else {
                    Outbox::Stalled
                };
                election.handle_renotify_timeout(outbox, oracle)
            }
            Fact::WaitExpired {
                wait: Wait::Finalizing,
            } => election.handle_finalize_timeout(),
            Fact::VoterGone { peer } => {
                election.handle_reachability(Sid(*peer), Reachability::Gone)
            }
            Fact::VoterConnected { peer } => {
                election.handle_reachability(Sid(*peer), Reachability::Connected)
            }
            Fact::LeadershipEstablished {
                peer_epoch: Some(epoch),
                ..
            } => {
                election.update_epoch(PeerEpoch(*epoch));
                Effects::default()
            }
            Fact::LeadershipHandedOver { leader } => election.designate(Sid(*leader)),
            _ => Effects::default(),
        };
        self.expect(&effects, &before);
        if !self.is_finalizing() {
            // The quorum that a decision rests on stays known.
            if self.election.wait().is_some() {
                self.quorum = None;
            }
        } else if !finalizing {
            self.quorum = Some(index);
        }
    }

    fn is_finalizing(&self) -> bool {
        let wait = self.election.wait();
        wait.is_some_and(|wait| wait.phase == WaitPhase::Finalizing)
    }

    fn expect_unchanged(&mut self, effects: &Effects) {
        let now = self.election.announcement();
        self.quorum = None;
        self.expect(effects, &now);
    }

    fn expect(&mut self, effects: &Effects, before: &Notification) {
        for effect in &**effects {
            match effect {
                Effect::Broadcast(notification) => {
                    if notification != before {
                        self.due.push_back(Fact::ProposalChanged {
                            announcement: Announcement::from(*notification),
                        });
                    }
                    self.due.push_back(Fact::NotificationSent {
                        to: None,
                        announcement: Announcement::from(*notification),
                    });
                }
                Effect::Send { to, notification } => self.due.push_back(Fact::NotificationSent {
                    to: Some(to.0),
                    announcement: Announcement::from(*notification),
                }),
                Effect::Decide(vote) => {
                    self.vote = (vote.proposal, vote.election_epoch);
                    self.due.push_back(Fact::Decided {
                        state: vote.state.into(),
                        vote: Some(Ballot::new(vote.proposal, vote.election_epoch)),
                    });
                }
                Effect::ConnectAll
                | Effect::Arm(_)
                | Effect::ReportLooking(_)
                | Effect::Adopt(_)
                | Effect::RestartElection => {}
            }
        }
    }
}

fn words(fact: &Fact) -> String {
    serde_json::to_string(fact).unwrap_or_default()
}
