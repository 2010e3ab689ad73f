//! One server's election: events in, effects out.
//!
//! Source: `FastLeaderElection`, both its receiver thread and `lookForLeader`. A step is atomic:
//! what the receiver answers at once and what the election makes of the same message happen
//! together, in that order.
//!
//! # The contract
//! - Call one method for each event and carry out all effects, in order, before the next event.
//! - At most one wait runs at a time. [`Effect::Arm`] replaces it, [`Effect::Decide`] and
//!   [`Effect::RestartElection`] end it.
//! - Handlers do not fail: bytes that are no notification end in [`crate::codec::decode`].
//! - An ensemble with an oracle passes it to the handlers that may ask it; all others pass `None`.
//!
//! # Invariants
//! The state is plain data: two elections that compare equal react alike. Handling a notification
//! takes the same number of steps whatever the number of voters, and allocates nothing once a
//! voter's place is in use.
//!
//! # Deliberately absent
//! Clock, socket, lock and randomness; the configuration text of outgoing notifications; what
//! happens after the decision (the driver calls [`Election::look_for_leader`] again when leadership
//! is lost).
//!
//! # Example
//! Three servers elect the one with the longest history. Delivering what they send is all that the
//! driver does here.
//!
//! ```
//! use fle::config::{DynamicConfig, LearnerType, Rules};
//! use fle::election::{Credentials, Effect, Effects, Election, Settings, Timing};
//! use fle::{Ensemble, Generation, Notification, PeerEpoch, Received, ServerState, Sid, Zxid};
//! use std::collections::VecDeque;
//! use std::sync::Arc;
//!
//! let text = "server.1=a:2888:3888\nserver.2=b:2888:3888\nserver.3=c:2888:3888";
//! let config = DynamicConfig::parse(text, Rules::default())?;
//! let ensemble = Arc::new(Ensemble::new(config, None, Rules::default()));
//! let mut network: VecDeque<(Sid, Sid, Notification)> = VecDeque::new();
//! let mut servers = Vec::new();
//!
//! fn carry_out(from: Sid, effects: Effects, network: &mut VecDeque<(Sid, Sid, Notification)>) {
//!     for effect in effects {
//!         match effect {
//!             Effect::Broadcast(n) => network.extend((1..=3).map(|to| (from, Sid(to), n))),
//!             Effect::Send { to, notification } => network.push_back((from, to, notification)),
//!             _ => {} // this driver neither waits nor reconnects
//!         }
//!     }
//! }
//!
//! for (sid, zxid) in [(Sid(1), Zxid(7)), (Sid(2), Zxid(9)), (Sid(3), Zxid(4))] {
//!     let settings = Settings {
//!         sid,
//!         learner_type: LearnerType::Participant,
//!         timing: Timing::default(),
//!         reconfig_enabled: false,
//!     };
//!     let credentials = Credentials { zxid, peer_epoch: PeerEpoch(1) };
//!     let mut election = Election::new(settings, Arc::clone(&ensemble), credentials);
//!     carry_out(sid, election.look_for_leader(credentials), &mut network);
//!     servers.push(election);
//! }
//! while let Some((from, to, notification)) = network.pop_front() {
//!     let received = Received {
//!         notification: Some(notification),
//!         generation: Generation::Versioned,
//!         config: None,
//!     };
//!     let server = &mut servers[usize::try_from(to.0)? - 1];
//!     carry_out(to, server.handle_notification(from, &received, None), &mut network);
//! }
//! for server in &mut servers {
//!     let effects = server.handle_finalize_timeout(); // nothing better came
//!     assert!(matches!(effects[..], [Effect::Decide(vote)] if vote.proposal.leader == Sid(2)));
//! }
//! assert_eq!(servers[1].state(), ServerState::Leading);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ballots;
mod connections;
mod effect;
mod looking;
mod receiver;
mod settings;
mod unheard;

pub use crate::finalize::Finalize;
pub use connections::{Outbox, Reachability};
pub use effect::{Effect, Effects, Wait, WaitPhase};
pub use settings::{Settings, Timing};

use crate::ensemble::Ensemble;
use crate::id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
use crate::learner_type::LearnerType;
use crate::notification::{Notification, Received};
use crate::quorum::{Oracle, QuorumView};
use crate::vote::{Proposal, ServerState};
use looking::{Ballot, Context, Decision, Heard, Looking};
use std::sync::Arc;

/// One server's election.
///
/// Methods of four kinds: [`new`](Self::new); what the server itself does
/// ([`look_for_leader`](Self::look_for_leader), [`update_epoch`](Self::update_epoch),
/// [`designate`](Self::designate), [`report_followers`](Self::report_followers),
/// [`reconfigure`](Self::reconfigure)); what happens to it (`handle_…`); and questions, which
/// change nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Election {
    settings: Settings,
    ensemble: Arc<Ensemble>,
    ballot: Ballot,
    current_vote: CurrentVote,
    /// Whether the oracle may stand in for a missing quorum. A leader that has followers needs
    /// none.
    need_oracle: bool,
    phase: Phase,
}

/// What speaks for a server as leader, read from its data when it starts to look.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Credentials {
    /// The last transaction that it has logged; [`Zxid::NO_DATA`] for one that lost its data.
    pub zxid: Zxid,
    /// Its current epoch.
    pub peer_epoch: PeerEpoch,
}

/// The voters that made a leader, and the configurations they did it in.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LeadingVoteSet {
    voters: Vec<Sid>,
    ensemble: Arc<Ensemble>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct CurrentVote {
    proposal: Proposal,
    election_epoch: ElectionEpoch,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Phase {
    /// Has not begun to look, or restarts.
    Idle,
    Looking(Box<Looking>),
    Following,
    Leading(LeadingVoteSet),
    Observing,
}

impl Election {
    /// A server that has just started. Its vote is for itself until it has looked for a leader;
    /// `credentials` are for that.
    #[must_use]
    pub fn new(settings: Settings, ensemble: Arc<Ensemble>, credentials: Credentials) -> Self {
        Self {
            current_vote: CurrentVote {
                proposal: credentials.propose(settings.sid),
                election_epoch: ElectionEpoch::START,
            },
            settings,
            ensemble,
            ballot: Ballot::START,
            need_oracle: true,
            phase: Phase::Idle,
        }
    }

    /// Starts a new round with a vote for this server itself, or for nobody if it does not vote.
    ///
    /// Feed notifications only after this: an idle server answers strangers and ignores voters.
    #[doc(alias = "lookForLeader")]
    pub fn look_for_leader(&mut self, credentials: Credentials) -> Effects {
        let own = self.own_proposal(credentials);
        self.ballot = Ballot {
            logical_clock: self.ballot.logical_clock.next(),
            proposal: own,
        };
        let looking = Looking::new(own, &self.settings, self.ensemble.view());
        self.phase = Phase::Looking(Box::new(looking));
        let mut effects = Effects::default();
        effects.push(Effect::Broadcast(self.ballot.announcement()));
        self.arm(&mut effects);
        effects
    }

    /// A server votes for itself if the committed configuration lets it vote. Observers have no
    /// history to speak for them.
    fn own_proposal(&self, credentials: Credentials) -> Proposal {
        let sid = self.settings.sid;
        let votes = self.ensemble.view().committed().is_voter(sid);
        let leader = if votes { sid } else { Sid::NONE };
        match self.settings.learner_type {
            LearnerType::Participant => credentials.propose(leader),
            LearnerType::Observer => Proposal {
                leader,
                ..Proposal::NONE
            },
        }
    }

    /// The epoch under which the server's leader was established replaces that of its vote
    /// (ZOOKEEPER-1732).
    #[doc(alias = "updateElectionVote")]
    pub fn update_epoch(&mut self, peer_epoch: PeerEpoch) {
        self.current_vote.proposal.peer_epoch = peer_epoch;
    }

    /// A server that has settled takes another leader, without an election: its own has handed
    /// over. The vote stays what it was but for that; its epoch will be the new leader's. Without
    /// effect while the server looks.
    #[doc(alias = "updateVote")]
    pub fn designate(&mut self, leader: Sid) -> Effects {
        let mut effects = Effects::default();
        if self.state() != ServerState::Looking {
            let decision = Decision {
                proposal: Proposal {
                    leader,
                    ..self.current_vote.proposal
                },
                election_epoch: self.current_vote.election_epoch,
                supporters: self.ensemble.view().voters().collect(),
            };
            self.settle(decision, &mut effects);
        }
        effects
    }

    /// How many servers follow this leader. The oracle is needed while nobody does and there are
    /// two voters.
    #[doc(alias = "updateNeedOracle")]
    pub fn report_followers(&mut self, followers: usize) {
        let voters = self.ensemble.committed().verifier().voters().len();
        self.need_oracle = followers == 0 && voters == 2;
    }

    /// Other configurations are in force from now on. Votes that are still possible keep counting.
    pub fn reconfigure(&mut self, ensemble: Arc<Ensemble>) {
        if let Phase::Looking(looking) = &mut self.phase {
            looking.reseat(&self.settings, self.ensemble.view(), ensemble.view());
        }
        self.ensemble = ensemble;
    }

    /// A notification arrived from `from`, perhaps this server's own.
    pub fn handle_notification(
        &mut self,
        from: Sid,
        received: &Received<'_>,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        let mut effects = Effects::default();
        if self.restarts_for(received, &mut effects) {
            return effects;
        }
        let Some(slot) = self.ensemble.view().slot(from) else {
            self.answer_stranger(from, &mut effects);
            return effects;
        };
        if let Some(notification) = &received.notification {
            self.answer_looking(from, notification, &mut effects);
            let heard = Heard {
                from: slot,
                notification,
                generation: received.generation,
            };
            self.look(oracle, &mut effects, |looking, cx, effects| {
                looking.hear(&heard, cx, effects)
            });
        }
        effects
    }

    /// The wait in [`WaitPhase::Collecting`] ran out. Without effect in any other phase.
    pub fn handle_renotify_timeout(
        &mut self,
        outbox: Outbox,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        let mut effects = Effects::default();
        if self.waits_in(WaitPhase::Collecting) {
            let has_oracle = oracle.is_some();
            self.look(oracle, &mut effects, |looking, cx, effects| {
                looking.renotify(outbox, has_oracle, cx, effects)
            });
        }
        effects
    }

    /// The wait in [`WaitPhase::Finalizing`] ran out: decides. Without effect in any other phase.
    pub fn handle_finalize_timeout(&mut self) -> Effects {
        let mut effects = Effects::default();
        if self.waits_in(WaitPhase::Finalizing) {
            self.look(None, &mut effects, |looking, cx, _| {
                Some(looking.finalize(cx))
            });
        }
        effects
    }

    /// A voter cannot be reached any more, tried since the last broadcast, or is connected again.
    /// Only an eager server minds.
    pub fn handle_reachability(&mut self, peer: Sid, now: Reachability) -> Effects {
        let mut effects = Effects::default();
        if let Phase::Looking(looking) = &mut self.phase
            && let Some(slot) = self.ensemble.view().slot(peer)
            && looking.see(slot, now)
        {
            self.look(None, &mut effects, |looking, cx, _| {
                Some(looking.finalize(cx))
            });
        }
        effects
    }

    /// Whether this eager server still has to hear that voter, or to know that it is gone, before
    /// it may decide at once.
    #[must_use]
    pub fn awaits(&self, peer: Sid) -> bool {
        let slot = self.ensemble.view().slot(peer);
        matches!((&self.phase, slot), (Phase::Looking(it), Some(slot)) if it.awaits(slot))
    }

    /// One step of a looking server: either it decides or it waits anew.
    fn look(
        &mut self,
        oracle: Option<&dyn Oracle>,
        effects: &mut Effects,
        step: impl FnOnce(&mut Looking, &mut Context<'_>, &mut Effects) -> Option<Decision>,
    ) {
        let Phase::Looking(looking) = &mut self.phase else {
            return;
        };
        let mut cx = Context {
            sid: self.settings.sid,
            timing: self.settings.timing,
            view: self.ensemble.view(),
            oracle: oracle.filter(|_| self.need_oracle),
            ballot: &mut self.ballot,
        };
        match step(looking, &mut cx, effects) {
            Some(decision) => self.settle(decision, effects),
            None => self.arm(effects),
        }
    }

    /// Leaves the election with the vote decided on.
    #[doc(alias = "setPeerState")]
    fn settle(&mut self, decision: Decision, effects: &mut Effects) {
        self.current_vote = CurrentVote {
            proposal: decision.proposal,
            election_epoch: decision.election_epoch,
        };
        self.phase = if decision.proposal.leader == self.settings.sid {
            Phase::Leading(LeadingVoteSet {
                voters: decision.supporters,
                ensemble: Arc::clone(&self.ensemble),
            })
        } else if self.settings.learner_type == LearnerType::Participant {
            Phase::Following
        } else {
            Phase::Observing
        };
        effects.push(Effect::Decide(self.announcement()));
    }

    fn arm(&self, effects: &mut Effects) {
        if let Some(wait) = self.wait() {
            effects.push(Effect::Arm(wait));
        }
    }

    fn waits_in(&self, phase: WaitPhase) -> bool {
        self.wait().is_some_and(|wait| wait.phase == phase)
    }

    /// The state that the server announces.
    #[must_use]
    pub fn state(&self) -> ServerState {
        match self.phase {
            Phase::Idle | Phase::Looking(_) => ServerState::Looking,
            Phase::Following => ServerState::Following,
            Phase::Leading(_) => ServerState::Leading,
            Phase::Observing => ServerState::Observing,
        }
    }

    /// The round the server is in; once it has settled, the round of its leader's election, unless
    /// an oracle made it follow: then the round it was in.
    #[must_use]
    pub fn logical_clock(&self) -> ElectionEpoch {
        self.ballot.logical_clock
    }

    /// What the server proposes, or proposed last.
    #[must_use]
    pub fn proposal(&self) -> Proposal {
        self.ballot.proposal
    }

    /// The wait that the last [`Effect::Arm`] asked for; `None` while the server does not look.
    #[must_use]
    pub fn wait(&self) -> Option<Wait> {
        match &self.phase {
            Phase::Looking(looking) => Some(looking.wait(self.settings.timing)),
            _ => None,
        }
    }

    /// What the server tells voters: its proposal while it looks, then the vote that it settled on,
    /// under the epoch in which its leader was established.
    #[must_use]
    pub fn announcement(&self) -> Notification {
        match self.phase {
            Phase::Idle | Phase::Looking(_) => self.ballot.announcement(),
            Phase::Following | Phase::Leading(_) | Phase::Observing => Notification {
                state: self.state(),
                proposal: self.current_vote.proposal,
                election_epoch: self.current_vote.election_epoch,
            },
        }
    }

    /// Who made this server the leader; `None` while it does not lead.
    #[must_use]
    pub fn leading_vote_set(&self) -> Option<&LeadingVoteSet> {
        match &self.phase {
            Phase::Leading(vote_set) => Some(vote_set),
            _ => None,
        }
    }

    /// The configurations in force.
    #[must_use]
    pub fn ensemble(&self) -> &Arc<Ensemble> {
        &self.ensemble
    }
}

impl Credentials {
    const fn propose(self, leader: Sid) -> Proposal {
        Proposal {
            peer_epoch: self.peer_epoch,
            zxid: self.zxid,
            leader,
        }
    }
}

impl LeadingVoteSet {
    /// The servers whose votes elected the leader, ascending.
    #[must_use]
    pub fn voters(&self) -> &[Sid] {
        &self.voters
    }

    /// The view that they were a quorum of.
    #[must_use]
    pub fn view(&self) -> &QuorumView {
        self.ensemble.view()
    }

    /// Whether the server may vote in every configuration that elected the leader.
    #[doc(alias = "hasSid")]
    #[must_use]
    pub fn has(&self, sid: Sid) -> bool {
        self.view().votes_everywhere(sid)
    }
}
