//! The facts of the answer. Whatever shows it shows these.

use crate::history::complaint::Trouble;
use crate::history::event::Place;
use crate::history::log::Logs;
use fle::Sid;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::path::PathBuf;

/// A server that joins a leader takes a moment, which is no outage.
pub(super) const JOINING: SignedDuration = SignedDuration::from_secs(2);

/// What servers do together they write so soon after one another.
pub(super) const TOGETHER: SignedDuration = SignedDuration::from_millis(100);

/// When there was no leader.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// Each time without a leader, in order.
    pub outages: Vec<Outage>,
    /// Who leads at the end of the logs, as far as they tell.
    pub leader: Option<Sid>,
    /// Whether that is certain, be it one or nobody.
    pub is_certain: bool,
    /// Whether any line tells a time: else nothing can be said of when.
    pub is_timed: bool,
}

/// A time without a leader.
#[derive(Clone, PartialEq, Debug)]
pub struct Outage {
    /// Who had no leader.
    pub whose: Whose,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` if it lasts to the end of the logs.
    pub until: Option<Timestamp>,
    /// The end of the logs.
    pub logs_end: Timestamp,
    /// What of it these logs do not tell; `None` if it is certain.
    pub doubt: Option<Doubt>,
    /// The leader before, if that is known.
    pub before: Option<Sid>,
    /// The leader after, if that is known.
    pub after: Option<Sid>,
    /// Why, what explains most first; never empty.
    pub causes: Vec<Cause>,
    /// Which voters took no part.
    pub missing: Vec<Missing>,
}

/// Why a time without a leader is not certain: lines that tell of one may be missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doubt {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Whose lines.
    pub servers: Vec<Sid>,
}

/// Who had no leader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The ensemble: no quorum can have had one.
    Ensemble,
    /// This server, while others had one.
    Server(Sid),
    /// This server, and of the others that is not known.
    ServerAtLeast(Sid),
}

impl Outage {
    /// How long it lasted, or has lasted by the end of the logs.
    #[must_use]
    pub fn lasted(&self) -> SignedDuration {
        self.until
            .unwrap_or(self.logs_end)
            .duration_since(self.from)
    }

    /// Whether this time is within.
    pub(super) fn covers(&self, time: Timestamp) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

impl Whose {
    /// The only server that it is about.
    #[must_use]
    pub fn server(self) -> Option<Sid> {
        match self {
            Self::Ensemble => None,
            Self::Server(sid) | Self::ServerAtLeast(sid) => Some(sid),
        }
    }
}

/// Why there was no leader.
#[derive(Clone, PartialEq, Debug)]
pub struct Cause {
    /// What kind of cause it is.
    pub kind: Kind,
    /// What happened, in words.
    pub what: String,
    /// What to do about it, in words.
    pub remedy: String,
    /// The servers that say so.
    pub servers: Vec<Sid>,
    /// How many lines say so.
    pub lines: usize,
    /// The first of them; `None` only if nothing is known.
    pub evidence: Option<Evidence>,
}

/// Kinds of causes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Servers were started, and nobody had led before.
    Started,
    /// The leader handed over as the configuration changed.
    HandedOver,
    /// The log of the leader, or of the server without one, ends or begins anew.
    Ended,
    /// A line that the algorithm does not allow.
    NotAllowed,
    /// No line tells.
    NotKnown,
    /// Something that a server complained of.
    #[serde(untagged)]
    Complaint(Trouble),
}

/// A line that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Whose line it is.
    pub sid: Sid,
    /// The file, as it was given.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Its words; empty where its being there is the evidence.
    pub says: String,
}

/// A voter that took no part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Which voter.
    pub sid: Sid,
    /// How that shows, in words.
    pub what: String,
    /// The line that shows it, if there is one.
    pub evidence: Option<Evidence>,
}

impl Evidence {
    /// A line of this server's. The words may be left out where the line's being there says enough.
    pub(super) fn new(logs: &Logs, sid: Sid, at: Place, says: String) -> Self {
        Self {
            sid,
            file: logs.files[at.file].path.clone(),
            line: at.line,
            says,
        }
    }
}
