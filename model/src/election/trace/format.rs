//! `fle-trace/1`: one server's life as JSON lines, the first the server itself, every other one
//! step.
//!
//! Numbers and names are the file's own; a field that the format does not know is an error, so that
//! nothing recorded is passed over. How `fle`'s terms read in the format is said once, in the
//! conversions that the types have.
//!
//! Absent on purpose: where the steps come from (a recording of the reference, a path of the
//! model), and what they are held against.

mod file;
mod vocabulary;

pub use file::TraceError;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A whole trace.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// The server.
    pub server: Server,
    /// What happened to it, in order.
    pub steps: Vec<Step>,
}

/// The first line: who the server is and what it goes by.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Always `fle-trace/1`.
    pub format: Format,
    /// The server's id.
    pub sid: i64,
    /// Whether it votes.
    pub learner_type: LearnerType,
    /// The rule of the configurations.
    pub quorum: Quorum,
    /// The committed configuration's text.
    pub config: String,
    /// The text of a configuration proposed to follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_config: Option<String>,
    /// What the oracle answers throughout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle: Option<bool>,
    /// What its first vote is made of.
    pub init: Credentials,
    /// The first wait for votes, in milliseconds.
    pub min_notification_interval_ms: u64,
    /// The longest wait for votes, in milliseconds.
    pub max_notification_interval_ms: u64,
    /// The wait for a better vote, in milliseconds.
    pub finalize_wait_ms: u64,
}

/// The format's name and version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub enum Format {
    /// The only one there is.
    #[serde(rename = "fle-trace/1")]
    FleTrace1,
}

/// A server's role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LearnerType {
    /// It votes.
    Participant,
    /// It does not.
    Observer,
}

/// Which quorum rule the configurations follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Quorum {
    /// More than half of the voters.
    Majority,
    /// Groups and weights.
    Hierarchical,
    /// A majority, or an oracle's word.
    Oracle,
}

/// A server's history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Its last logged transaction.
    pub zxid: i64,
    /// Its current epoch.
    pub peer_epoch: i64,
}

/// One step: an event and everything that could be seen after it.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The event.
    #[serde(rename = "in")]
    pub input: Input,
    /// What followed.
    #[serde(rename = "out")]
    pub output: Output,
}

/// An event.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Input {
    /// The server starts to look for a leader.
    Look(Credentials),
    /// Bytes arrived, a notification's or not.
    Recv {
        /// Who sent them.
        from: i64,
        /// The payload.
        #[serde(with = "hex")]
        hex: Vec<u8>,
    },
    /// The wait for votes ran out.
    Timeout {
        /// Whether some peer's queue had drained.
        delivered: bool,
    },
    /// The wait for a better vote ran out.
    FinalizeTimeout {},
    /// The leader was established under this epoch.
    UpdateEpoch {
        /// The epoch.
        peer_epoch: i64,
    },
}

/// What could be seen after a step.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// The election was torn down, and the trace ends.
    Restart {
        /// Always true.
        restart_election: bool,
    },
    /// The election goes on, or is over.
    Standing(Standing),
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value == serde_json::json!({ "restart_election": true }) {
            return Ok(Self::Restart {
                restart_election: true,
            });
        }
        Standing::deserialize(value)
            .map(Self::Standing)
            .map_err(D::Error::custom)
    }
}

/// How a server stands after a step, and what it sent.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// What it handed to its connections, in order.
    pub sends: Vec<Send>,
    /// Whether it asked for all connections to be renewed.
    pub connect_all: bool,
    /// Its state.
    pub state: State,
    /// Its round.
    pub logical_clock: i64,
    /// What it proposes.
    pub proposal: Proposal,
    /// What it waits in, while it looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What it settled on, once it does not look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
}

/// A notification handed to the connections.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The recipient.
    pub to: i64,
    /// The payload.
    #[serde(with = "hex")]
    pub hex: Vec<u8>,
}

/// A server's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It looks for a leader.
    Looking,
    /// It follows one.
    Following,
    /// It leads.
    Leading,
    /// It follows without a vote.
    Observing,
}

/// A candidate with its history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The candidate.
    pub leader: i64,
    /// Its last logged transaction.
    pub zxid: i64,
    /// Its epoch.
    pub peer_epoch: i64,
}

/// What a looking server waits in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Which of the two waits.
    pub phase: Phase,
    /// How long, in milliseconds.
    pub ms: u64,
}

/// The two waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// For votes.
    Collecting,
    /// For a better vote.
    Finalizing,
}

/// The vote that ended an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The leader.
    pub leader: i64,
    /// Its last logged transaction.
    pub zxid: i64,
    /// The round.
    pub election_epoch: i64,
    /// The leader's epoch.
    pub peer_epoch: i64,
}
