//! What can be seen of a server, whether the model says it or the engine shows it.

use fle::leadership::packet::Past;
use fle::leadership::{Epochs, Stored};
use fle::{PeerEpoch, Sid};

/// What can be seen of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub(super) follows: Follows,
    pub(super) memory: Epochs,
    pub(super) remembers: bool,
    /// What it answers one that asks.
    pub(super) past: Past,
    pub(super) disk: Stored,
    pub(super) waits: Waits,
}

/// Which established leader it knows of. How long a lease is left out: that is time's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follows {
    Nobody,
    Itself(PeerEpoch),
    Another(Sid, PeerEpoch),
    AnotherWithoutVote(Sid, PeerEpoch),
}

/// How long it waits if nothing happens to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waits {
    /// It does not look at its clock.
    NotAtAll,
    /// Until a promise is over, or as long as one binds, or needs a sign of life.
    ForPromise,
    /// Until its patience is over.
    Patiently,
}
