//! What is found in the log of one server.

use super::super::event::{Ballot, Place};
use super::super::log::Unclear;
use super::standing::Standing;
use fle::{ElectionEpoch, ServerState, Sid};
use std::fmt;

/// What the log of one server came to.
pub(super) struct Finding {
    pub(super) unjudged: Vec<Unjudged>,
    pub(super) elections: Vec<Looking>,
    /// What it can have announced, in this order; `None` if that is not known of all of the log.
    pub(super) standings: Option<Vec<Standing>>,
}

/// A line that no run of the algorithm explains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    /// Whose line it is.
    pub sid: Sid,
    /// Which.
    pub at: Place,
    /// Why it cannot be.
    pub why: String,
}

/// Lines that nothing can be said of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unjudged {
    /// Whose they are, if that is known.
    pub sid: Option<Sid>,
    /// The first of them.
    pub at: Place,
    /// What is not explained or not known.
    pub why: String,
    /// The missing line that would explain it.
    pub absent: Option<Absent>,
}

/// A line that would explain what is not explained, and where it is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Absent {
    /// Between lines that are there: it got lost, or the history is not allowed.
    Within(String),
    /// Before a log begins or after it ends.
    Beyond(String),
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(line) => write!(f, "{line}"),
            Self::Beyond(line) => write!(f, "{line}, before its log begins or after it ends"),
        }
    }
}

impl From<&Unclear> for Unjudged {
    fn from(unclear: &Unclear) -> Self {
        Self {
            sid: unclear.sid,
            at: unclear.at,
            why: unclear.why.clone(),
            absent: None,
        }
    }
}

/// One server's search for a leader. Events are told by their place in its log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looking {
    /// Where it began.
    pub started: usize,
    /// The round that it began in, where that is known.
    pub round: Option<ElectionEpoch>,
    /// The notification that completed a quorum for what it proposed.
    pub quorum: Option<usize>,
    /// Where it ended.
    pub decided: Option<usize>,
    /// What the server was then.
    pub state: Option<ServerState>,
    /// The vote it settled on.
    pub vote: Option<Ballot>,
}

impl Looking {
    pub(super) fn starts(started: usize) -> Self {
        Self {
            started,
            round: None,
            quorum: None,
            decided: None,
            state: None,
            vote: None,
        }
    }
}
