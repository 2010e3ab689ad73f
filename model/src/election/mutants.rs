//! The mutants, as data. Rules that several of them break are stated in [`super::server`], under
//! the rule's own name, so that it can still be read beside the Java class.

use crate::frame::mutant::mutants;
use serde::Serialize;

/// What the model cannot break, because it has no such part or the part has no effect on it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Unmodelled {
    /// The tickets.
    pub tickets: &'static str,
    /// What would be changed.
    pub change: &'static str,
    /// Why it is not a mutant here.
    pub reason: &'static str,
}

mutants! {
    "One rule of the algorithm, broken.";

    // Which proposal is better.
    OrderWithoutEpoch "335, 1082" in "timely-slots":
        "Proposals are ordered by zxid and sid; the peer epoch is not looked at.";
    CyclicOrder "1419" in "timely-oracle":
        "Of two proposals with one zxid the higher sid is the better one, whatever their epochs.";
    OrderWithoutZxid "" in "timely-oracle":
        "Proposals are ordered by peer epoch and sid; the zxid is not looked at.";
    OrderBySid "" in "timely-oracle":
        "Proposals are ordered by sid alone.";
    OrderWithoutSid "" in "timely-slots":
        "The sid does not break ties.";
    WeightIgnored "491, 498" in "timely-zero-weight":
        "A proposal for a server without weight can be the better one.";
    ObserverElected "764" in "timely-observer":
        "The servers do not agree on who observes: an observer proposes itself, and the voters listen.";
    VotesWithoutData "261" in "timely-blank":
        "A server that lost its data votes, and is voted for.";
    VotesForTheEmpty "" in "timely-blank":
        "A server that lost its data does not vote, and is voted for.";
    TheEmptyVote "" in "timely-blank":
        "A server that lost its data votes, and is not voted for.";
    NeverAdopts "" in "timely-slots":
        "A looking server holds on to its proposal.";
    AdoptsAnything "" in "timely-slots":
        "A looking server takes up whatever is proposed in its round, better or not.";

    // Rounds.
    JoinsWithOwnVote "275" in "timely-rounds-round-trip":
        "A server that enters a later round proposes itself, though what took it there was better.";
    KeepsOldProposal "" in "timely-rounds":
        "A server that enters a later round keeps its proposal unless it hears of a better one.";
    KeepsOldVotes "" in "rounds":
        "A server that enters a later round keeps the votes of the earlier one.";
    CountsEarlierRounds "159" in "rounds":
        "A vote of an earlier round is taken like one of this round.";
    IgnoresLaterRounds "" in "timely-rounds":
        "A vote of a later round is ignored.";
    RepeatsRound "" in "timely-loss" survives
        "Votes that are left of the election before are votes of the same servers, and still need a quorum and a leader that leads.":
        "A server that looks again does so in the round that it was in.";
    EntersSilently "" in "timely-rounds-round-trip":
        "A server that enters a later round does not say so.";
    KeepsWhoWasHeard "" in "timely-rounds-eager":
        "Who was heard in one round counts as heard in the next.";
    CrashKeepsRound "" in "timely-crash" survives
        "A round is where a server begins to look; whoever hears of a later one goes there.":
        "A server that restarts knows which round it was in.";
    LooksForItsLeader "" in "timely-loss":
        "A server that looks again proposes whom it had settled on.";
    AdoptsSilently "" in "timely-slots":
        "A server that takes up a better proposal does not say so.";

    // Quorums.
    OneVoteSuffices "" in "timely-oracle":
        "One vote is a quorum.";
    HalfSuffices "" in "timely-oracle":
        "Half of the voters are a quorum.";
    CountsWhatItReceives "" in "fault-free-slots":
        "A server counts the votes for what it has just received, and settles on its own proposal.";
    SettlesUnsupported "" in "timely-rounds":
        "A server that has waited for votes in vain settles on its proposal.";
    AllReplied "975" in "fault-free-slots":
        "The votes of all servers are enough, whomever they are for.";
    WeightlessCounted "" in "timely-zero-weight":
        "A server without weight counts for a quorum.";
    ObserverCounted "599, 1294" in "timely-observer":
        "An observer votes, and counts for a quorum.";
    CommittedOnly "1807" in "timely-joint":
        "While a configuration is proposed a quorum of the committed one is enough.";
    ProposedOnly "" in "timely-growing":
        "While a configuration is proposed a quorum of it is enough, without one of the committed configuration.";
    GroupsMerged "" in "timely-groups":
        "More than half of the weight of all groups together is a quorum.";
    OneGroupSuffices "" in "timely-groups":
        "More than half of the weight of one group is a quorum.";
    AllGroupsNeeded "" in "timely-groups-of-one-stop":
        "Only more than half of the weight of every group is a quorum.";
    WeighsByProposed "" in "timely-reweighing":
        "While a configuration is proposed a candidate weighs what it will weigh in it.";
    ProposesItselfTooSoon "" in "timely-growing":
        "A server that votes in the proposed configuration only proposes itself.";

    // Finalizing.
    FinalizesInNoTime "" in "timely-slots":
        "A server that has a quorum does not wait for a better proposal.";
    DiscardsTheBetter "" in "timely-slots":
        "While a server waits for a better proposal it discards what arrives, the better one too.";
    DiscardsTheSettled "" in "timely-loss":
        "While a server waits for a better proposal it discards what settled servers say, the better one too.";
    KeepsFinalizing "" in "fault-free-slots":
        "A better proposal is taken up and does not end the wait: the server settles on it without a new count.";

    // Hearing of an ensemble that is at work.
    CheckLeaderDeleted "131" in "fault-free-slots":
        "A quorum's word for a leader is enough: that one need not have said that it leads.";
    LeaderNeedNotLead "" in "timely-loss":
        "A leader need not lead: that it was heard is enough.";
    FollowsItselfInAnyRound "1514" in "timely-loss":
        "A server leads on the word of settled servers of another round.";
    LoneLeader "975" in "fault-free-slots":
        "The word of one server that says it leads is enough.";
    SameRoundDropped "480" in "timely-stop" survives
        "Settled servers are counted by themselves when enough have settled, and a leader without followers gives up.":
        "Settled servers do not count together with the looking ones of their round.";
    OnlyItsOwnRound "" in "timely-late":
        "A server joins only what was elected in its own round.";
    SwapsRecords "3537" in "timely-stop" survives
        "A leader that is missed there is found later, among the votes of settled servers alone.":
        "Whether the leader of this round leads is looked up among the votes of settled servers of any round.";
    AgreesAcrossRounds "" in "timely-rounds" survives
        "The votes on record are those of the server's own round; 'coherent state' and 'quorum evidence' say so.":
        "Votes of looking servers agree whatever their rounds.";
    ForgetsSettledVotes "" in "rounds":
        "A server that enters a later round forgets what settled servers have said.";
    KeepsFirstWord "" in "loss":
        "Of what a settled server says the first is kept, not the last.";
    RecordsUnderLeader "" in "fault-free-slots":
        "A settled server's vote is recorded for the leader that it names.";
    ComparesAllFields "1805, 1817, 1818" in "timely-activation":
        "The votes of settled servers agree only if they are the same in zxid, peer epoch and round.";
    VersionIgnored "" in "timely-old-peer-late":
        "The votes of settled servers are kept as of the latest format, whatever format they came in.";
    JoinerKeepsClock "1732" in "timely-late":
        "A server that joins stays in its own round, and answers with that.";
    EpochUpdateSkipped "1732" in "timely-activation":
        "A settled server that learns a new epoch answers with the old one.";

    // Answers.
    LaggardsUnanswered "" in "timely-rounds":
        "A looking server does not tell one in an earlier round what it missed.";
    LaggardsToldOwn "" in "timely-rounds":
        "A looking server tells one in an earlier round its own proposal, whatever it has adopted.";
    LaggardsToldTheirRound "" in "timely-rounds":
        "A looking server tells one in an earlier round its proposal as if it were of that round.";
    SilentWhenSettled "" in "timely-late":
        "A settled server does not answer.";
    AnswersForItself "" in "timely-late":
        "A settled server answers with a vote for itself.";
    LeavesForBetter "" in "timely-late":
        "A settled server that hears of a better proposal looks again.";
    StrangersUnanswered "" in "timely-observer":
        "A server that does not vote is not answered.";
    StrangersToldProposal "" in "timely-observer":
        "A looking server tells one without a vote what it proposes, as it tells voters.";
    GossipIgnored "" in "timely-gossip":
        "Nobody hears of a newer configuration.";
    GossipKeepsRound "" in "gossip":
        "A server that hears of a newer configuration remembers its round.";
    GossipMovesSettled "2212" in "gossip":
        "A settled server that hears of a newer configuration looks again.";

    // What is sent, and arrives.
    SilentTimeout "" in "timely-crash":
        "A server that has waited for votes in vain does not announce its own again.";
    DeadPeerSilences "275" in "timely-stop":
        "Nobody announces its vote again while a server is down.";
    OwnVoteUnheard "" in "timely-stop":
        "A server does not send its vote to itself.";
    SlotKeepsOldest "" in "timely-slots":
        "In the send slot an older notification is not replaced by a newer one.";
    BreakLosesAll "481" in "timely-break":
        "What a broken connection lost is not sent again when it stands.";
    BreakSendsOlder "" in "break-wires":
        "Of what a broken connection lost the older is sent again.";
    DecisionKeepsLoopback "" in "fault-free-slots" survives
        "What it asked itself it answers itself, and its election is over.":
        "A server that has settled still hears what it had sent itself.";
    NoFormatFallback "1633, 1810, 3720" in "timely-old-peer":
        "Between servers of which one speaks the old format nothing is understood.";

    // The oracle.
    OracleGrantsBoth "" in "timely-oracle":
        "The oracle grants both servers.";
    DenialIgnored "" in "timely-oracle":
        "A server takes the oracle's denial for a grant.";

    // The peer's main loop.
    LeaderNeverGivesUp "" in "timely-crash":
        "A leader that no quorum follows leads on.";
    LeaderWantsAll "" in "timely-late":
        "A leader gives up unless every server follows it.";
    LeavesUnsupportedLeader "" in "timely-groups-loss":
        "A follower gives up a leader that no quorum follows, though that one leads.";
    FollowerNeverGivesUp "" in "timely-stop":
        "A follower whose leader is gone, or does not lead, follows on.";
    LeaderDoesNotLead "" in "timely-slots":
        "A server that settles on itself follows.";
    EpochAboveOwnOnly "" in "timely-activation":
        "A new leader's epoch is above its own last one, whatever its followers have seen.";
    FollowerActivatesFirst "" in "timely-activation":
        "A follower takes over its leader's history before that one has begun its epoch.";

    // What a state need not say.
    LastMessageForgotten "" in "timely-break" survives
        "Whoever still looks announces its vote again, and is answered again.":
        "The last message sent is forgotten, though connections may break.";
    HeardForgotten "" in "timely-eager" survives
        "Nobody settles early then, which costs time only.":
        "Who was heard is forgotten.";
    VoteSetForgotten "" in "timely-oracle" survives
        "An oracle that is asked again says here what it said before.":
        "Whom an oracle is asked about is forgotten.";
    SettledBeforeForgotten "" in "timely-observer":
        "What a looking server had settled on before is forgotten.";
    AskedForgotten "" in "timely-crash":
        "Who has asked again is forgotten.";
    OverdueForgotten "" in "timely-loss" survives
        "What is claimed of runs in time holds, too, if one server may give up again and again before another does.":
        "Who could have given up is forgotten.";
    RepeatedForgotten "" in "timely-slots" survives
        "Who has announced its vote need not do so again, and comes to nothing new by it.":
        "Who has announced its vote again is forgotten.";
    AwaitedForgotten "" in "timely-one-delay":
        "What was under way when a wait began is forgotten.";
    LatestForgotten "" in "fault-free":
        "What stands behind the next notification of a link is forgotten.";
}

/// Old bugs that are no mutants here, and why.
pub const UNMODELLED: &[Unmodelled] = &[
    Unmodelled {
        tickets: "2988",
        change: "A vote for a leader that does not vote is not dismissed.",
        reason: "Nobody whose vote is heard ever proposes one: an observer proposes nobody, and is a stranger. ObserverElected breaks both rules.",
    },
    Unmodelled {
        tickets: "1783, 3829, 4708",
        change: "A joiner's partial configuration competes; a proposed configuration is never forgotten; addresses are compared.",
        reason: "Configurations are told from one another by their version alone, and none is proposed or committed while a scenario runs.",
    },
    Unmodelled {
        tickets: "3109",
        change: "A leader waits for a voter that departed for as long as for any other.",
        reason: "Waits have no length. That it stops at all is LeaderNeverGivesUp.",
    },
    Unmodelled {
        tickets: "453, 512, 822, 880, 900, 1506, 2164, 2186, 2930, 2982, 3296, 3320, 3756, 3769, 4886",
        change: "Connections, threads and sockets.",
        reason: "Transport: a link of the model is what a correct connection manager provides. The implementation's own tests cover it.",
    },
];
