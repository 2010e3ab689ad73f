//! The protocol with one rule broken, or one old bug restored: what the properties must notice.

use crate::frame::mutant::mutants;

mutants! {
    "One rule of the protocol, broken.";

    EntersWhenElected "790" in "establish-two":
        "A leader enters its epoch before anybody has promised it.";
    PromisesNotAwaited "1192" in "establish-two":
        "A leader does not await the promises: what it tests is over before they come.";
    CurrentStoredFirst "1653" in "establish-alone":
        "A learner that joins without a promise stores the current epoch first.";
    AcceptedInMemory "2307" in "establish-two":
        "The accepted epoch is kept in memory only.";
    AcceptedNotRead "" in "establish-two":
        "A server that starts takes its current epoch for the accepted one.";
    CurrentNotStored "" in "establish-two":
        "The current epoch is acknowledged, but not stored.";
    ObserverAcksCounted "1294" in "establish-observer":
        "The acknowledgements of observers count.";
    HalfEstablishes "" in "establish-two":
        "Half of the servers establish a leader.";
    CommittedEstablishes "" in "establish-joint":
        "A quorum of the committed configuration is enough while another is proposed.";
    PromisesAgain "" in "establish-two":
        "A learner promises an epoch that it has accepted before.";
    LowerEpochPromised "" in "establish-timely":
        "A learner promises an epoch below the one that it has accepted.";
    PromisesBeforeStoring "" in "establish-two":
        "A learner promises, and then stores what it has promised.";
    AcksBeforeStoring "" in "establish-two":
        "A learner acknowledges the current epoch, and then stores it.";
    JoinsUnaccepted "" in "establish-alone":
        "A learner that joins without a promise does not accept the epoch.";
    HistoryNotTaken "" in "establish-elected":
        "A learner enters the epoch without the leader's history.";
    HistoryStoredLast "4643" in "establish-elected-crash":
        "A learner stores the current epoch, and then the leader's history.";
    AcksBeforeHistory "4646" in "establish-elected":
        "A learner acknowledges the current epoch, and then stores the leader's history.";
    VotesForAnybody "" in "establish-elected":
        "A server votes for one that has less than itself.";
    ForgetfulVotes "" in "establish-elected-loss":
        "A server that does not remember what it has promised votes, and is voted for.";
    AnyAnswerPromises "" in "establish-two":
        "An answer without a promise counts as one.";
    LeaderDoesNotAccept "" in "establish-two":
        "A leader does not accept its own epoch.";
    AcksNotAwaited "" in "establish-two":
        "A leader is established without acknowledgements.";
    LongerHistoryTaken "" in "establish-two":
        "A learner with a longer history is not refused.";
    AheadCounted "" in "establish-reset":
        "A voter that has accepted a later epoch is led like any other.";
    AheadEndsLeader "" in "establish-timely" survives
        "It costs a term only: that voter takes part in the next election, and in what is proposed then.":
        "An established leader gives up for a voter that has accepted a later epoch.";
    LateOnesNotTold "" in "establish-timely":
        "Who acknowledges the current epoch after the leader was established is not told that it was.";
    HeldBackForEver "" in "establish-timely" survives
        "Patience ends, and with the next leader nothing holds the promise back any more.":
        "A promise that was held back is never made.";
    EndOverlooked "" in "establish-timely-observer":
        "A follower does not mind that its leader has ended the connection.";
    EndReleases "" in "establish-reset":
        "The end of a connection ends the promise to its leader.";
    AnyProposalReleases "" in "establish-reset":
        "A proposal ends the promise to another leader.";
    LowerEpochStored "" in "establish-timely":
        "A learner that follows in a lower epoch stores it.";
    LossOverlooked "" in "establish-loss":
        "A server with an empty disk takes itself for a new one.";
    RollbackOverlooked "" in "establish-rollback":
        "A server does not notice that its disk is an older one.";
    MajorityMakesNew "" in "establish-loss":
        "A server with an empty disk is new when a quorum without past epochs says so, itself included.";
    ForgetfulPromises "" in "establish-loss":
        "A server promises without remembering what it has promised.";
    ForgetfulLeads "" in "establish-loss":
        "A server leads without remembering what it has promised.";
    ForgetfulCounted "" in "establish-loss":
        "A server that does not remember what it has promised is led like any other.";
    ConfirmedUnasked "" in "establish-loss":
        "An established leader lets those aside in without asking a quorum.";
    OldAnswersConfirm "" in "establish-ahead":
        "Those aside are let in with answers to what was sent before they came.";
    UnsettledConfirmed "" in "establish-loss" survives
        "Of three voters all that are left confirm, and one that is counted on elsewhere is aside. With \
         five it is a promise that is not kept, as `tests/establishment.rs` shows step by step.":
        "The confirmation begins while others may count on answers that were forgotten.";
    AsideForEver "" in "establish-timely-loss":
        "Those aside are never let in.";
}
