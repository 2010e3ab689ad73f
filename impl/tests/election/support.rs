//! What the tests of the election read like: a peer, what it hears, what it does.

use fle::config::{DynamicConfig, LearnerType, Rules};
use fle::election::{
    Credentials, Effect, Election, Finalize, Outbox, Reachability, Settings, Timing, Wait,
    WaitPhase,
};
use fle::quorum::Oracle;
use fle::{
    ElectionEpoch, Ensemble, Generation, Notification, PeerEpoch, Proposal, Received, ServerState,
    Sid, Zxid,
};
use std::sync::Arc;
use std::time::Duration;

/// A message from a peer: versioned, in round 1, about a leader without history, until told
/// otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    notification: Notification,
    generation: Generation,
    config: Option<Vec<u8>>,
}

/// The sender looks and proposes this leader.
pub(crate) fn proposing(leader: i64) -> Message {
    announcing(ServerState::Looking, leader)
}

/// The sender follows this leader.
pub(crate) fn following(leader: i64) -> Message {
    announcing(ServerState::Following, leader)
}

/// The sender says that it leads, by a vote for this leader.
pub(crate) fn leading(leader: i64) -> Message {
    announcing(ServerState::Leading, leader)
}

/// The sender observes this leader.
pub(crate) fn observing(leader: i64) -> Message {
    announcing(ServerState::Observing, leader)
}

fn announcing(state: ServerState, leader: i64) -> Message {
    Message {
        notification: Notification {
            state,
            proposal: Proposal {
                peer_epoch: PeerEpoch(0),
                zxid: Zxid(0),
                leader: Sid(leader),
            },
            election_epoch: ElectionEpoch(1),
        },
        generation: Generation::Versioned,
        config: None,
    }
}

impl Message {
    pub(crate) fn zxid(mut self, zxid: i64) -> Self {
        self.notification.proposal.zxid = Zxid(zxid);
        self
    }

    pub(crate) fn epoch(mut self, epoch: i64) -> Self {
        self.notification.proposal.peer_epoch = PeerEpoch(epoch);
        self
    }

    pub(crate) fn round(mut self, round: i64) -> Self {
        self.notification.election_epoch = ElectionEpoch(round);
        self
    }

    pub(crate) fn unversioned(mut self) -> Self {
        self.generation = Generation::Unversioned;
        self
    }

    pub(crate) fn config(mut self, text: &str) -> Self {
        self.config = Some(text.into());
        self
    }

    /// What is sent: the message without what the receiver makes of it.
    pub(crate) fn sent(&self) -> Notification {
        self.notification
    }
}

/// The configuration of a majority of these voters.
pub(crate) fn majority(voters: &[i64]) -> String {
    servers(voters, "participant") + "version=0"
}

pub(crate) fn servers(sids: &[i64], role: &str) -> String {
    let line = |sid| format!("server.{sid}=10.0.0.{sid}:2888:3888:{role};0.0.0.0:2181\n");
    sids.iter().map(line).collect()
}

/// A server and everything it goes by.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) election: Election,
    credentials: Credentials,
    oracle: Option<bool>,
}

pub(crate) struct PeerBuilder {
    settings: Settings,
    credentials: Credentials,
    oracle: Option<bool>,
    last_seen: Option<String>,
}

/// A participant without history.
pub(crate) fn server(sid: i64) -> PeerBuilder {
    PeerBuilder {
        settings: Settings {
            sid: Sid(sid),
            learner_type: LearnerType::Participant,
            timing: Timing::default(),
            reconfig_enabled: false,
        },
        credentials: Credentials {
            zxid: Zxid(0),
            peer_epoch: PeerEpoch(0),
        },
        oracle: None,
        last_seen: None,
    }
}

impl PeerBuilder {
    pub(crate) fn zxid(mut self, zxid: i64) -> Self {
        self.credentials.zxid = Zxid(zxid);
        self
    }

    pub(crate) fn epoch(mut self, epoch: i64) -> Self {
        self.credentials.peer_epoch = PeerEpoch(epoch);
        self
    }

    pub(crate) fn observer(mut self) -> Self {
        self.settings.learner_type = LearnerType::Observer;
        self
    }

    pub(crate) fn reconfig_enabled(mut self) -> Self {
        self.settings.reconfig_enabled = true;
        self
    }

    pub(crate) fn oracle(mut self, answer: bool) -> Self {
        self.oracle = Some(answer);
        self
    }

    pub(crate) fn eager(mut self) -> Self {
        self.settings.timing.finalize = Finalize::Eager;
        self
    }

    pub(crate) fn waiting_at_most(mut self, milliseconds: u64) -> Self {
        self.settings.timing.max_notification_interval = Duration::from_millis(milliseconds);
        self
    }

    pub(crate) fn last_seen(mut self, text: &str) -> Self {
        self.last_seen = Some(text.to_owned());
        self
    }

    /// A server that has started and does not look yet.
    pub(crate) fn idle(self, config: &str) -> Peer {
        let parse = |text: &str| DynamicConfig::parse(text, Rules::default()).expect(text);
        let last_seen = self.last_seen.as_deref().map(parse);
        let ensemble = Arc::new(Ensemble::new(parse(config), last_seen, Rules::default()));
        Peer {
            election: Election::new(self.settings, ensemble, self.credentials),
            credentials: self.credentials,
            oracle: self.oracle,
        }
    }

    /// A server that looks in round 1.
    pub(crate) fn among(self, config: &str) -> Peer {
        let mut peer = self.idle(config);
        peer.looks();
        peer
    }
}

impl Peer {
    pub(crate) fn looks(&mut self) -> Vec<Effect> {
        self.election
            .look_for_leader(self.credentials)
            .into_iter()
            .collect()
    }

    pub(crate) fn hears(&mut self, from: i64, message: &Message) -> Vec<Effect> {
        let received = Received {
            notification: Some(message.notification),
            generation: message.generation,
            config: message.config.as_deref(),
        };
        self.receives(from, &received)
    }

    pub(crate) fn receives(&mut self, from: i64, received: &Received<'_>) -> Vec<Effect> {
        let oracle = self.oracle;
        let oracle = oracle.as_ref().map(|answer| answer as &dyn Oracle);
        self.election
            .handle_notification(Sid(from), received, oracle)
            .into_iter()
            .collect()
    }

    pub(crate) fn hears_nobody(&mut self, outbox: Outbox) -> Vec<Effect> {
        let oracle = self.oracle;
        let oracle = oracle.as_ref().map(|answer| answer as &dyn Oracle);
        self.election
            .handle_renotify_timeout(outbox, oracle)
            .into_iter()
            .collect()
    }

    pub(crate) fn hears_nothing_better(&mut self) -> Vec<Effect> {
        self.election
            .handle_finalize_timeout()
            .into_iter()
            .collect()
    }

    pub(crate) fn sees(&mut self, peer: i64, now: Reachability) -> Vec<Effect> {
        self.election
            .handle_reachability(Sid(peer), now)
            .into_iter()
            .collect()
    }

    pub(crate) fn reconfigures(&mut self, config: &str) {
        let config = DynamicConfig::parse(config, Rules::default()).expect(config);
        let ensemble = Ensemble::new(config, None, Rules::default());
        self.election.reconfigure(Arc::new(ensemble));
    }

    pub(crate) fn asks_oracle(&mut self, answer: bool) {
        self.oracle = Some(answer);
    }

    pub(crate) fn state(&self) -> ServerState {
        self.election.state()
    }
}

/// A server of three, settled in round 1 on a leader with zxid 9.
pub(crate) fn settled(sid: i64, leader: i64) -> Peer {
    let mut peer = server(sid)
        .zxid(if sid == leader { 9 } else { 0 })
        .among(&majority(&[1, 2, 3]));
    let other = if sid == 1 { 2 } else { 1 };
    peer.hears(sid, &proposing(leader).zxid(9));
    peer.hears(other, &proposing(leader).zxid(9));
    let outcome = peer.hears_nothing_better();
    assert!(matches!(outcome[..], [Effect::Decide(_)]), "{outcome:?}");
    peer
}

pub(crate) fn broadcast(message: &Message) -> Effect {
    Effect::Broadcast(message.sent())
}

pub(crate) fn send(to: i64, message: &Message) -> Effect {
    Effect::Send {
        to: Sid(to),
        notification: message.sent(),
    }
}

pub(crate) fn decide(message: &Message) -> Effect {
    Effect::Decide(message.sent())
}

pub(crate) fn collect(milliseconds: u64) -> Effect {
    Effect::Arm(Wait {
        phase: WaitPhase::Collecting,
        duration: Duration::from_millis(milliseconds),
    })
}

pub(crate) fn finalize() -> Effect {
    Effect::Arm(Wait {
        phase: WaitPhase::Finalizing,
        duration: Duration::from_millis(200),
    })
}
