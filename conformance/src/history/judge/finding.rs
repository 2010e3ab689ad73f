//! What is found in the log of one server.

use super::super::event::{Ballot, Place};
use super::standing::Standing;
use fle::{ElectionEpoch, ServerState, Sid};

/// What the log of one server came to.
pub(super) struct Finding {
    pub(super) objections: Vec<Objection>,
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
    /// Whose they are.
    pub sid: Sid,
    /// The first of them.
    pub at: Place,
    /// What is missing.
    pub why: String,
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
