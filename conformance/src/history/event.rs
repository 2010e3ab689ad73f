//! The vocabulary of event logs: what a server says of its elections.
//!
//! An own log has one JSON object a line, written by a `tracing` subscriber with flattened fields
//! from what `fle::node` says: `timestamp` (RFC 3339), `level`, `target`, then `sid`, the server
//! that speaks, `event`, one of the names below, and the fields of that event. Other keys are
//! ignored, and so are objects without `event`.
//!
//! ```json
//! {"timestamp":"2026-11-23T21:12:00.123456Z","level":"INFO","target":"fle","sid":1,
//!  "event":"notification.received","from":2,"state":"LOOKING","leader":2,"round":1,"peer_epoch":0,"zxid":"0x0"}
//! ```
//!
//! The order of a server's lines is the order of its election: an input (`server.started`,
//! `election.started`, `notification.received`, `wait.expired`, `voter.gone`, `voter.connected`,
//! `leadership.established`, `leadership.handed_over`) and then everything that it led to, a
//! `proposal.changed` before the `notification.sent` that announces it, `election.decided` last.
//! ZooKeeper's logs are read into the same events, as far as they tell them; the fields that those
//! lack are optional.

use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};
use fle_model::election::trace::format::{LearnerType, State};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Something that one server said.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The line that says it.
    pub at: Place,
    /// When, by the server's own clock. A time without a zone is taken for UTC: only differences
    /// matter.
    pub time: Option<Timestamp>,
    /// Whether the time is told in parts of a second: waits are shorter.
    pub is_exact: bool,
    /// What.
    pub fact: Fact,
}

impl Event {
    /// How long after another one this happened, if both times are exact enough for waits.
    #[must_use]
    pub fn after(&self, other: &Self) -> Option<SignedDuration> {
        let exact = self.is_exact && other.is_exact;
        exact.then(|| Some(self.time?.duration_since(other.time?)))?
    }
}

/// A line of a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file, in the order of the command line, from 0.
    pub file: usize,
    /// The line, from 1.
    pub line: usize,
}

/// What a server said.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(tag = "event")]
pub enum Fact {
    /// A process starts: nothing that an earlier one knew of rounds and votes is left.
    #[serde(rename = "server.started")]
    ServerStarted {
        /// Its role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        learner_type: Option<LearnerType>,
        /// The committed configuration's text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        config: Option<String>,
        /// The text of a configuration proposed to follow it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_seen_config: Option<String>,
        /// Whether there is an oracle to ask. What it answers is not logged.
        #[serde(default)]
        oracle: bool,
        /// Whether it decides as soon as every other voter with weight was heard or is gone.
        #[serde(default)]
        eager: bool,
    },
    /// It starts to look for a leader, in a new round and with a vote for itself.
    #[serde(rename = "election.started")]
    ElectionStarted {
        /// Its last logged transaction; that of a server without a vote if it has none.
        #[serde(with = "hexadecimal")]
        zxid: i64,
        /// Its current epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer_epoch: Option<i64>,
        /// The new round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        round: Option<i64>,
    },
    /// A notification arrived, perhaps its own.
    #[serde(rename = "notification.received")]
    NotificationReceived {
        /// Who sent it.
        from: i64,
        /// What it says.
        #[serde(flatten)]
        announcement: Announcement,
        /// The version of the message's format: 0 where it carries none.
        #[serde(default = "current_version")]
        version: i64,
        /// The version of the sender's configuration, where the message carries one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        config_version: Option<i64>,
        /// The state of the server that received it, where the log tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        my_state: Option<State>,
    },
    /// A notification was handed to the connections.
    #[serde(rename = "notification.sent")]
    NotificationSent {
        /// To whom; absent: to every voter, itself included.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<i64>,
        /// What it says.
        #[serde(flatten)]
        announcement: Announcement,
    },
    /// It proposes something else than before.
    #[serde(rename = "proposal.changed")]
    ProposalChanged {
        /// The proposal, under the round that it is made in.
        #[serde(flatten)]
        announcement: Announcement,
    },
    /// A wait ran out.
    #[serde(rename = "wait.expired")]
    WaitExpired {
        /// Which.
        wait: Wait,
    },
    /// An eager server cannot reach a voter any more.
    #[serde(rename = "voter.gone")]
    VoterGone {
        /// Which.
        peer: i64,
    },
    /// An eager server is connected with a voter.
    #[serde(rename = "voter.connected")]
    VoterConnected {
        /// Which.
        peer: i64,
    },
    /// The election is over.
    #[serde(rename = "election.decided")]
    Decided {
        /// What the server is from now on.
        state: State,
        /// The vote that it settled on.
        #[serde(flatten)]
        vote: Option<Ballot>,
    },
    /// The leader is established, under a new epoch that a quorum knows of.
    #[serde(rename = "leadership.established")]
    LeadershipEstablished {
        /// The leader, where the log tells it: always if it is this server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<i64>,
        /// Its epoch; ZooKeeper's followers do not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer_epoch: Option<i64>,
        /// Who supports it, for each configuration in force; only ZooKeeper's leaders tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supporters: Option<Vec<Vec<i64>>>,
        /// What the server is under it; only those of ZooKeeper tell that do not lead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<State>,
    },
    /// The leader has handed over, to this server or another, which it takes for its leader without
    /// an election. ZooKeeper's is established later.
    #[serde(rename = "leadership.handed_over")]
    LeadershipHandedOver {
        /// To whom.
        leader: i64,
    },
    /// It has no leader any more.
    #[serde(rename = "leadership.lost")]
    LeadershipLost {},
    /// The election is torn down for a newer configuration: rounds count from 0 again.
    #[serde(rename = "election.restarted")]
    ElectionRestarted {},
}

/// A state and a vote, as notifications carry them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Announcement {
    /// The state of the server that announces.
    pub state: State,
    /// Its vote.
    #[serde(flatten)]
    pub ballot: Ballot,
}

/// A vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Ballot {
    /// The candidate.
    pub leader: i64,
    /// The round.
    pub round: i64,
    /// The candidate's epoch.
    pub peer_epoch: i64,
    /// The candidate's last transaction, in hexadecimal.
    #[serde(with = "hexadecimal")]
    pub zxid: i64,
}

/// The two waits of a looking server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// For votes.
    Collecting,
    /// For a better vote.
    Finalizing,
}

impl Ballot {
    /// The proposal and its round.
    #[must_use]
    pub fn new(proposal: Proposal, round: ElectionEpoch) -> Self {
        Self {
            leader: proposal.leader.0,
            round: round.0,
            peer_epoch: proposal.peer_epoch.0,
            zxid: proposal.zxid.0,
        }
    }

    /// Who is voted for, with which credentials.
    #[must_use]
    pub fn proposal(&self) -> Proposal {
        Proposal {
            peer_epoch: PeerEpoch(self.peer_epoch),
            zxid: Zxid(self.zxid),
            leader: Sid(self.leader),
        }
    }
}

impl Announcement {
    /// In the engine's terms.
    #[must_use]
    pub fn notification(&self) -> Notification {
        Notification {
            state: server_state(self.state),
            proposal: self.ballot.proposal(),
            election_epoch: ElectionEpoch(self.ballot.round),
        }
    }
}

impl From<Notification> for Announcement {
    fn from(notification: Notification) -> Self {
        Self {
            state: notification.state.into(),
            ballot: Ballot::new(notification.proposal, notification.election_epoch),
        }
    }
}

/// The state in the engine's terms.
#[must_use]
pub fn server_state(state: State) -> ServerState {
    match state {
        State::Looking => ServerState::Looking,
        State::Following => ServerState::Following,
        State::Leading => ServerState::Leading,
        State::Observing => ServerState::Observing,
    }
}

/// What servers of today send.
fn current_version() -> i64 {
    2
}

/// A zxid as people read it: hexadecimal, the sign in two's complement.
mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub(super) fn serialize<S: Serializer>(zxid: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{zxid:#x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text
            .strip_prefix("0x")
            .ok_or_else(|| D::Error::custom(format!("zxid {text:?} does not begin with 0x")))?;
        let bits = u64::from_str_radix(digits, 16).map_err(D::Error::custom)?;
        Ok(bits.cast_signed())
    }
}
