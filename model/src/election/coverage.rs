//! What can come of a step of an election: each branch of the algorithm, and each reason to give
//! up, by which a search shows that it came there.
//!
//! Read off what was known before and what came of it, so that a handler keeps no account of
//! itself.

use crate::election::faults::Crash;
use crate::election::server::{FastLeaderElection, Looking, Server, Wait};
use crate::election::system::{Action, State, System};
use crate::frame::coverage::{Kinds, kinds};
use crate::terms::ensemble::Ensemble;
use crate::terms::vote::{Notification, Vote};
use fle::{Generation, ServerState};
use std::cmp::Ordering;

kinds! {
    "What happens in a step.";

    Deliver: "a notification arrives",
    Supersede: "a notification is replaced unsent",
    Lose: "what a crashed server had sent is lost",
    Resend: "a vote is announced again, to one server",
    CollectTimeout: "a server has waited for votes in vain",
    FinalizeTimeout: "a server has waited for a better proposal in vain",
    GiveUp: "a server gives up",
    Activate: "a server learns an epoch",
    Start: "a server is started",
    Crash: "a server crashes and will return",
    CrashForGood: "a server crashes for good",
    CrashLosesDisk: "a server crashes and loses its disk",
    Break: "a connection breaks",
    LoseLeader: "a server returns to looking for no reason",
    ;
    MendsConnection: "what is announced again mends a connection",
    HearsConfiguration: "a newer configuration begins the election anew",
    AnswersStranger: "a server without a vote is answered",
    AnswersSettled: "a settled server answers",
    HearsSettled: "a settled server hears another and does nothing",
    Discards: "a server that finalizes discards what is no better",
    BetterEndsWait: "a better vote ends the wait",
    Dismisses: "a vote for a server that does not vote is dismissed",
    NoData: "a server without data is not counted, or does not count",
    EntersWithHeard: "a later round is entered with what was heard",
    EntersWithOwn: "a later round is entered with one's own proposal",
    TellsLaggard: "a server in an earlier round is told what it missed",
    Adopts: "a better proposal is adopted",
    KeepsProposal: "what is no better is recorded",
    HasQuorum: "a quorum is counted, and the wait for a better proposal begins",
    JoinsOwnRound: "a server joins what was elected in its round",
    JoinsOtherRound: "a server joins what was elected in another round",
    MadeLeader: "settled servers make their leader lead again",
    JoinsOnOneWord: "an oracle denies, and the word of one leader is enough",
    LeaderUnheard: "a quorum is for a leader that has not said that it leads",
    SettledTooFew: "votes of settled servers are recorded, and are too few",
    HearsObserver: "what an observer has settled on is ignored",
    OracleGrants: "an oracle's grant comes late, and ends the wait for votes",
    AnnouncesAgain: "a vote is announced again, to everyone",
    Leads: "a server is elected and leads",
    Follows: "a server elects another and follows",
    LeaderGivesUp: "a leader without a quorum gives up",
    GivesUpDead: "a follower gives up a leader that is down",
    GivesUpNoLeader: "a follower gives up one that does not lead",
    GivesUpPast: "a follower gives up a leader that has begun anew",
    BeginsEpoch: "a leader begins an epoch",
    FollowsEpoch: "a follower learns its leader's epoch",
}

/// Of which kinds a step is.
pub(super) fn kinds<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    action: Action,
    after: &State<N>,
) -> Kinds {
    let kinds = Kinds::default().and(of_action(action));
    match action {
        Action::Resend { src, dst } if before.network.is_broken(src, dst) => {
            kinds.and(Happens::MendsConnection)
        }
        Action::Deliver { src, dst } | Action::Resend { src, dst } => {
            let heard = match action {
                Action::Deliver { .. } => before.network.next(src, dst),
                _ => system.resent(before, src, dst),
            };
            let receipt = heard.map(|heard| Receipt {
                election: &system.election,
                src,
                dst,
                heard,
                before: &before.servers[dst],
                after: &after.servers[dst],
            });
            receipt.map_or(kinds, |receipt| receipt.add_to(kinds))
        }
        Action::CollectTimeout { server } | Action::FinalizeTimeout { server } => {
            kinds.and(of_wait(action, &after.servers[server]))
        }
        Action::GiveUp { server } => kinds.and(of_giving_up(before, server)),
        Action::Activate { server } if before.servers[server].leads() => {
            kinds.and(Happens::BeginsEpoch)
        }
        Action::Activate { .. } => kinds.and(Happens::FollowsEpoch),
        Action::Supersede { .. }
        | Action::Lose { .. }
        | Action::Start { .. }
        | Action::Crash { .. }
        | Action::Break { .. }
        | Action::LoseLeader { .. } => kinds,
    }
}

fn of_action(action: Action) -> Happens {
    match action {
        Action::Deliver { .. } => Happens::Deliver,
        Action::Supersede { .. } => Happens::Supersede,
        Action::Lose { .. } => Happens::Lose,
        Action::Resend { .. } => Happens::Resend,
        Action::CollectTimeout { .. } => Happens::CollectTimeout,
        Action::FinalizeTimeout { .. } => Happens::FinalizeTimeout,
        Action::GiveUp { .. } => Happens::GiveUp,
        Action::Activate { .. } => Happens::Activate,
        Action::Start { .. } => Happens::Start,
        Action::Crash { crash, .. } => match crash {
            Crash::Restarts => Happens::Crash,
            Crash::ForGood => Happens::CrashForGood,
            Crash::LosesDisk => Happens::CrashLosesDisk,
        },
        Action::Break { .. } => Happens::Break,
        Action::LoseLeader { .. } => Happens::LoseLeader,
    }
}

fn of_wait<const N: usize>(action: Action, after: &Server<N>) -> Happens {
    match action {
        _ if after.looking().is_some() => Happens::AnnouncesAgain,
        Action::CollectTimeout { .. } => Happens::OracleGrants,
        _ if after.leads() => Happens::Leads,
        _ => Happens::Follows,
    }
}

fn of_giving_up<const N: usize>(before: &State<N>, server: usize) -> Happens {
    let leader = before.leader_of(server).expect("it has settled");
    if leader == server {
        Happens::LeaderGivesUp
    } else if !before.servers[leader].is_up() {
        Happens::GivesUpDead
    } else if !before.servers[leader].leads() {
        Happens::GivesUpNoLeader
    } else {
        Happens::GivesUpPast
    }
}

/// Something arrives.
struct Receipt<'a, const N: usize> {
    election: &'a FastLeaderElection<N>,
    src: usize,
    dst: usize,
    heard: Notification,
    before: &'a Server<N>,
    after: &'a Server<N>,
}

impl<const N: usize> Receipt<'_, N> {
    fn add_to(&self, kinds: Kinds) -> Kinds {
        let vote = self.heard.vote;
        let voters = self.ensemble().voters();
        let Some(looking) = self.before.looking() else {
            return kinds.and(self.of_settled());
        };
        if self.before.known != self.after.known {
            return kinds.and(Happens::HearsConfiguration);
        }
        if !voters.contains(self.src) {
            return kinds.and(Happens::AnswersStranger);
        }
        let lags = vote.state == ServerState::Looking && vote.round < self.before.round;
        let kinds = kinds.and_if(lags, Happens::TellsLaggard);
        let finalizes = looking.wait == Wait::Finalizing;
        let is_better = || self.ensemble().supersedes(vote.proposal, looking.proposal);
        if finalizes && !is_better() {
            return kinds.and(Happens::Discards);
        }
        let kinds = kinds.and_if(finalizes, Happens::BetterEndsWait);
        if !voters.contains(vote.leader()) {
            return kinds.and(Happens::Dismisses);
        }
        match vote.state {
            ServerState::Looking if lags => kinds,
            ServerState::Looking => self.of_looking(looking, kinds),
            ServerState::Following | ServerState::Leading => kinds.and(self.of_word(looking)),
            ServerState::Observing => kinds.and(Happens::HearsObserver),
        }
    }

    /// As the receiver knows it.
    fn ensemble(&self) -> &Ensemble<N> {
        self.election.ensemble(self.before.known)
    }

    fn of_settled(&self) -> Happens {
        if !self.ensemble().voters().contains(self.src) {
            Happens::AnswersStranger
        } else if self.heard.vote.state == ServerState::Looking {
            Happens::AnswersSettled
        } else {
            Happens::HearsSettled
        }
    }

    /// A looking server's vote, of this round or a later one.
    fn of_looking(&self, was: &Looking<N>, kinds: Kinds) -> Kinds {
        let vote = self.heard.vote;
        let Some(is) = self.after.looking() else {
            return kinds;
        };
        if vote.proposal.has_no_data() || !self.before.credentials.has_data() {
            return kinds.and(Happens::NoData);
        }
        let turns = is.proposal == vote.proposal;
        let comes = match vote.round.cmp(&self.before.round) {
            Ordering::Greater if turns => Happens::EntersWithHeard,
            Ordering::Greater => Happens::EntersWithOwn,
            _ if is.proposal != was.proposal => Happens::Adopts,
            _ => Happens::KeepsProposal,
        };
        let kinds = kinds.and(comes);
        kinds.and_if(is.wait == Wait::Finalizing, Happens::HasQuorum)
    }

    /// A settled server's word.
    fn of_word(&self, looking: &Looking<N>) -> Happens {
        let vote = self.heard.vote;
        match (self.after.settled(), self.after.looking()) {
            (Some(_), _) if !self.is_quorum_for(looking, vote) => Happens::JoinsOnOneWord,
            (Some(_), _) if vote.leader() == self.dst => Happens::MadeLeader,
            (Some(_), _) if vote.round == self.before.round => Happens::JoinsOwnRound,
            (Some(_), _) => Happens::JoinsOtherRound,
            (None, Some(looking)) if self.is_quorum_for(looking, vote) => Happens::LeaderUnheard,
            (None, _) => Happens::SettledTooFew,
        }
    }

    /// Whether the votes on record, and this one, are a quorum's for its leader, of this round or
    /// by settled servers.
    fn is_quorum_for(&self, looking: &Looking<N>, vote: Vote) -> bool {
        let generation = |src: usize| self.election.common().generation(src, self.dst);
        let wanted = vote.unpack(generation(self.src));
        let with_this = |records: &[Option<Vote>; N]| {
            let mut records = *records;
            records[self.src] = Some(vote);
            records
        };
        let is_quorum = |records: &[Option<Vote>; N], kept_as: &dyn Fn(usize) -> Generation| {
            let voters = FastLeaderElection::supporters(&with_this(records), kept_as, wanted);
            let granted = self.before.granted;
            self.ensemble().is_quorum(voters, granted)
        };
        let unversioned = |_: usize| Generation::Unversioned;
        vote.round == self.before.round && is_quorum(&looking.recv_set, &unversioned)
            || is_quorum(&looking.out_of_election, &generation)
    }
}

impl Kinds {
    fn and(self, happens: Happens) -> Self {
        self.with(happens as usize)
    }

    fn and_if(self, is: bool, happens: Happens) -> Self {
        if is { self.and(happens) } else { self }
    }
}
