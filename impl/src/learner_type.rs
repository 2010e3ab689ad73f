//! Whether a server votes: of the terms that all modules use, the one that a configuration spells.

use std::fmt;

/// Whether a server votes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LearnerType {
    /// It votes.
    Participant,
    /// It follows without a vote.
    Observer,
}

impl fmt::Display for LearnerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Participant => "participant",
            Self::Observer => "observer",
        })
    }
}
