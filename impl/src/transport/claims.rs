//! Who somebody says to be who connects: nothing proves it.

use crate::id::Sid;
use std::time::Duration;

/// How many servers that no configuration knows may be connected.
pub(super) const STRANGERS: usize = 32;
/// How often is said who claims to be whom.
pub(super) const CLAIMS_TOLD_EVERY: Duration = Duration::from_secs(60);

/// What somebody who connects may be at, of which the log tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// It has this server's own id.
    OwnId,
    /// No configuration knows it.
    Stranger,
    /// It has the id of a server that is connected.
    Taken(Sid),
    /// A server's id comes from two places by turns.
    Doubled(Sid),
    /// A server ends this one's connections without a word.
    Silent(Sid),
}
