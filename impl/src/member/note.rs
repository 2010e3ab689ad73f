//! What the owner of a member had better know, beside its standing.

use crate::id::Sid;
use std::fmt;
use std::time::Duration;

/// Something that is not as it should be, for as long as it is not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Note {
    /// This server does not know what it has promised, because its epochs are lost, old, or not
    /// there yet. It votes for nobody until a leader has taken it in, or every voter has said that
    /// the ensemble is new.
    PastUnknown,
    /// A voter, or somebody in its name, changes its vote so often that its votes are withheld from
    /// the election.
    Disturber {
        /// In whose name.
        voter: Sid,
    },
    /// A learner's promises are not as long as this leader's: the two have other limits. The
    /// shorter ones count.
    UnlikeLimits {
        /// The learner.
        learner: Sid,
        /// How long its promises are.
        theirs: Duration,
        /// How long this server's are.
        own: Duration,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PastUnknown => f.write_str(
                "stands aside: it does not know what it has promised, and votes again when a leader has taken it in, or when every voter has said that the ensemble is new",
            ),
            Self::Disturber { voter } => write!(
                f,
                "server {voter}, or somebody in its name, changes its vote so often that most of its votes are withheld; the log says from where"
            ),
            Self::UnlikeLimits {
                learner,
                theirs,
                own,
            } => write!(
                f,
                "server {learner} promises to stay for {theirs:?}, this one for {own:?}, and the shorter counts: write the same tickTime and syncLimit on every server"
            ),
        }
    }
}
