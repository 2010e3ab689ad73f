//! Why things end or do not begin: connections, terms, transfers. Each says what its operator can
//! do about it, if anything.

use crate::id::{PeerEpoch, Sid, Zxid};

/// Why a server ends the connection with another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Refusal {
    /// This server leads nobody.
    #[error("this server does not lead")]
    NotLeading,
    /// The other server keeps transactions, as ZooKeeper's do, and this one could not give it any.
    #[error(
        "it is a server with transactions (ZooKeeper's), which this one neither keeps nor sends"
    )]
    KeepsTransactions,
    /// The learner's configuration is newer.
    #[error("its configuration is newer than this leader's")]
    ConfigurationAhead,
    /// The learner has a longer history.
    #[error("its history is longer than this leader's: epoch {epoch}, zxid {zxid}")]
    HistoryAhead {
        /// The learner's current epoch.
        epoch: PeerEpoch,
        /// Its last zxid.
        zxid: Zxid,
    },
    /// It says that it has accepted an epoch that no ensemble comes to in its life.
    #[error(
        "it says that it has accepted epoch {epoch}, far above this server's: one of the two has a wrong epoch file"
    )]
    EpochJump {
        /// What it says.
        epoch: PeerEpoch,
    },
    /// A packet that does not belong there.
    #[error("it sent a packet that has no place there")]
    OutOfPlace,
    /// It has been silent for too long.
    #[error("it has been silent for too long; raise syncLimit if its network is slow")]
    Silent,
}

/// Why a server looks for a leader again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Quit {
    /// The leader was not established in time.
    #[error("no quorum established the leader in time; raise initLimit if the servers are slow")]
    NotEstablished,
    /// Too many of the voters that elected this leader look for another.
    #[error("too many of its voters look for another leader")]
    VotersLook,
    /// Too few voters follow this leader.
    #[error("too few voters follow this leader")]
    QuorumLost,
    /// A voter that is needed for a quorum has accepted a later epoch from somebody else.
    #[error("a voter that is needed has accepted a later epoch than this leader's")]
    Outbid,
    /// There is no epoch after the last.
    #[error(
        "the epochs are used up: {max} is the last; begin anew as SECURITY.md says under epochs",
        max = PeerEpoch::LAST
    )]
    EpochsExhausted,
    /// This server does not know what it has promised, so it must not lead.
    #[error("this server does not know what it has promised, and leads nobody")]
    PastUnknown,
    /// Every other voter has said that it has never accepted an epoch: the ensemble is new, and
    /// this server votes.
    #[error("every voter says that the ensemble is new, so this server votes")]
    New,
    /// The leader has said that it gives up.
    #[error("the leader has given up")]
    Released,
    /// The connection to the leader ended, or none could be made.
    #[error("the leader is not connected any more")]
    LeaderLost,
    /// The leader has been silent for `syncLimit` ticks.
    #[error("the leader has been silent for too long; raise syncLimit if its network is slow")]
    LeaderSilent,
    /// The leader proposes an epoch below the one that this server has accepted.
    #[error("the leader proposes an epoch that this server has accepted a later one than")]
    LeaderBehind,
    /// The leader sent a packet that does not belong there.
    #[error("the leader sent a packet that has no place there")]
    OutOfPlace,
    /// The server's owner wants another leader.
    #[error("the server was told to step down")]
    SteppedDown,
    /// The leader has handed over to this server, which is to lead or to be followed at once,
    /// without an election.
    #[error("the leader has handed over to server {0}")]
    HandedOver(Sid),
}

/// Why leadership is not handed over. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum CannotHandOver {
    /// This server does not lead.
    #[error("this server does not lead; ask the one that does")]
    NotLeading,
    /// It is handing over already.
    #[error("leadership is being handed over to server {0} already")]
    UnderWay(Sid),
    /// The heir may not lead.
    #[error("server {0} may not lead: it has no vote, or no weight")]
    NoCandidate(Sid),
    /// The heir does not follow this leader, so it may be gone or not up to date.
    #[error("server {0} does not follow this leader; see whether it runs")]
    NotFollowing(Sid),
}
