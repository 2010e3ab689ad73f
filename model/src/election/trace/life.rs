//! What a state of the model does not say of a server, and a trace shows.

use crate::terms::vote::{Proposal, Vote};

/// One server's part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Life {
    /// How many lives it has begun, this one included.
    pub begun: u8,
    /// What it proposes, or proposed last.
    pub proposal: Proposal,
    /// How long it waits for votes, in milliseconds.
    pub interval_ms: u64,
    /// The vote that it settled on, as it was then.
    pub decided: Option<Vote>,
}
