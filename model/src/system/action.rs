//! What can happen: to servers, to links, and by the peer's main loop around the election.

use crate::faults::Crash;

/// What can happen next. Servers are named by their places, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// `dst` receives the oldest notification from `src`.
    Deliver {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// The oldest notification from `src` to `dst` turns out to have been replaced in the send slot by the next.
    Supersede {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// What `src`, which is down, had sent `dst` never arrives.
    Lose {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// Asynchronous: `src` has waited long enough for votes and announces its own again; the copy for `dst` arrives at once.
    Resend {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// Timely, or with an oracle: the server has waited long enough for votes and announces its own again, to everybody.
    CollectTimeout {
        /// Who waits.
        server: usize,
    },
    /// The server has waited long enough for a better proposal.
    FinalizeTimeout {
        /// Who waits.
        server: usize,
    },
    /// A server returns to looking: its leader is gone or does not lead, or it leads and no quorum follows.
    GiveUp {
        /// Who gives up.
        server: usize,
    },
    /// A leader that a quorum follows begins a new epoch, or a server that follows it learns the epoch.
    Activate {
        /// The leader or its follower.
        server: usize,
    },
    /// A server that is down is started.
    Start {
        /// Which.
        server: usize,
    },
    /// A fault: the server crashes.
    Crash {
        /// Which.
        server: usize,
        /// What becomes of it.
        crash: Crash,
    },
    /// A fault: the connection between two servers breaks.
    Break {
        /// One of them.
        a: usize,
        /// The other.
        b: usize,
    },
    /// A fault: a settled server returns to looking for no reason.
    LoseLeader {
        /// Which.
        server: usize,
    },
}
