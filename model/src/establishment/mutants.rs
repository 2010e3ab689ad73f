//! The protocol with one rule broken, or one old bug restored: what the properties must notice.
//!
//! Each is killed in `tests/establishment.rs`, which says by which property. They are apart from [`crate::mutants`], which are of the
//! election and run in its scenarios.

/// One rule of the protocol, broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutant {
    /// A leader enters its epoch before anybody has promised it (ZOOKEEPER-790).
    EntersWhenElected,
    /// A leader does not await the promises: what it tests is over before they come (ZOOKEEPER-1192).
    PromisesNotAwaited,
    /// A learner that joins without a promise stores the current epoch first (ZOOKEEPER-1653).
    CurrentStoredFirst,
    /// The accepted epoch is kept in memory only (ZOOKEEPER-2307).
    AcceptedInMemory,
    /// A server that starts takes its current epoch for the accepted one.
    AcceptedNotRead,
    /// The current epoch is acknowledged, but not stored.
    CurrentNotStored,
    /// The acknowledgements of observers count (ZOOKEEPER-1294).
    ObserverAcksCounted,
    /// Half of the servers establish a leader.
    HalfEstablishes,
    /// A quorum of the committed configuration is enough while another is proposed.
    CommittedEstablishes,
    /// A learner promises an epoch that it has accepted before.
    PromisesAgain,
    /// A learner promises an epoch below the one that it has accepted.
    LowerEpochPromised,
    /// A learner promises, and then stores what it has promised.
    PromisesBeforeStoring,
    /// A learner acknowledges the current epoch, and then stores it.
    AcksBeforeStoring,
    /// A learner that joins without a promise does not accept the epoch.
    JoinsUnaccepted,
    /// An answer without a promise counts as one.
    AnyAnswerPromises,
    /// A leader does not accept its own epoch.
    LeaderDoesNotAccept,
    /// A leader is established without acknowledgements.
    AcksNotAwaited,
    /// A learner with a longer history is not refused.
    LongerHistoryTaken,
    /// A leader leads on where a voter cannot follow, because it has accepted a later epoch.
    OutbidLeadsOn,
    /// A leader that gave up for such a voter does not remember its epoch.
    OutbidForgotten,
}
