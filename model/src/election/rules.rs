//! Properties of single steps. Whether a step of a certain kind can be taken at all is asked in
//! `possible`.
//!
//! What must always hold of steps is a [`StepRule`]. It is judged when the step is taken, and a
//! step that breaks it leaves a mark beside the state ([`Broken`]), which the checker then sees.
//!
//! So does what a property needs to know of the past. That a vote was really cast is not remembered
//! but follows: a step may record only what arrives in it, under the name of who sent it
//! ([`StepRule::TruthfulRecords`]), and only what a server announces gets on a link. Hence the
//! records of a server that settles are evidence of what others announced.

mod looking;
mod possible;
mod surroundings;

pub(crate) use possible::{some_election, some_giving_up, some_receipt, some_settling};

use crate::election::server::{FastLeaderElection, Looking, Sends, Server};
use crate::election::system::{Action, State};
use crate::terms::set::ServerSet;
use crate::terms::vote::{Notification, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use fle::{Generation, ServerState};
use std::fmt;

/// A property of single steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepRule {
    /// Whoever settles had a quorum's word for it.
    QuorumEvidence,
    /// No looking voter that elected a leader and could propose itself had better credentials.
    BestCredentials,
    /// A looking server's round and proposal only rise.
    LookingOnlyRises,
    /// A joiner follows the leader that a quorum follows, and moves nobody.
    JoinerRespectsEnsemble,
    /// Settled servers answer with the vote they settled on.
    TruthfulReplies,
    /// A server records what arrives, for its sender.
    TruthfulRecords,
    /// A looking server proposes the best of what it proposed and what arrives.
    ProposesBest,
    /// A looking server says at once what it turns to, and says nothing else.
    TellsProposal,
    /// Nobody leaves a leader that a quorum follows, unless something goes wrong.
    EnsembleLasts,
    /// Whoever gives up has a cause.
    GivesUpForCause,
    /// A server without a vote is answered, by what the answering server stands for.
    AnswersStrangers,
    /// A better proposal ends the wait for one.
    BetterEndsWait,
    /// What is on record stays there until the same server says something else, or the round is
    /// over.
    RecordsLast,
    /// Disks change with epochs, which rise.
    EpochsRise,
    /// What a connection loses comes again, the newest alone.
    NewestComesAgain,
}

/// The rules that were broken, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Broken(u16);

/// One step of one server or link, with everything around it.
pub struct Step<'a, const N: usize> {
    /// The rules.
    pub election: &'a FastLeaderElection<N>,
    /// The state before.
    pub before: &'a State<N>,
    /// What happened.
    pub action: Action,
    /// The state after.
    pub after: &'a State<N>,
    /// What the server did.
    pub effects: &'a Sends,
    /// What is received, and from whom: most rules ask.
    received: Option<(usize, usize, Notification)>,
}

impl Broken {
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    /// Whether this rule was.
    #[must_use]
    pub fn contains(self, rule: StepRule) -> bool {
        self.0 >> rule as u8 & 1 == 1
    }

    /// With this rule.
    #[must_use]
    pub fn with(self, rule: StepRule) -> Self {
        Self(self.0 | 1 << rule as u8)
    }

    /// With this rule, unless it is kept.
    fn unless(self, is_kept: bool, rule: StepRule) -> Self {
        if is_kept { self } else { self.with(rule) }
    }

    /// With all of these.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken = StepRule::ALL.into_iter();
        let broken = broken.filter(|&rule| self.contains(rule));
        f.write_str("rules broken: ")?;
        f.debug_set().entries(broken).finish()
    }
}

impl StepRule {
    /// Every rule.
    pub const ALL: [Self; 15] = [
        Self::QuorumEvidence,
        Self::BestCredentials,
        Self::LookingOnlyRises,
        Self::JoinerRespectsEnsemble,
        Self::TruthfulReplies,
        Self::TruthfulRecords,
        Self::ProposesBest,
        Self::TellsProposal,
        Self::EnsembleLasts,
        Self::GivesUpForCause,
        Self::AnswersStrangers,
        Self::BetterEndsWait,
        Self::RecordsLast,
        Self::EpochsRise,
        Self::NewestComesAgain,
    ];

    /// Whether the step keeps the rule.
    #[must_use]
    pub fn holds<const N: usize>(self, step: &Step<'_, N>) -> bool {
        !step.broken_rules().contains(self)
    }
}

impl<'a, const N: usize> Step<'a, N> {
    /// The step between two states in which this happened.
    #[must_use]
    pub fn new(
        election: &'a FastLeaderElection<N>,
        (before, action, after): (&'a State<N>, Action, &'a State<N>),
        effects: &'a Sends,
    ) -> Self {
        Self {
            election,
            before,
            action,
            after,
            effects,
            received: received(election, before, action),
        }
    }
}

impl<const N: usize> Step<'_, N> {
    /// The rules that the step breaks. Many steps are no election's, most settle nothing, and a
    /// rule is asked only where it could be broken.
    #[must_use]
    pub fn broken_rules(&self) -> Broken {
        let mut broken = Broken::default()
            .unless(self.tells_proposal(), StepRule::TellsProposal)
            .unless(self.leaves_ensemble_alone(), StepRule::EnsembleLasts)
            .unless(self.gives_up_for_cause(), StepRule::GivesUpForCause)
            .unless(self.remembers_for_strangers(), StepRule::AnswersStrangers)
            .unless(self.epochs_rise(), StepRule::EpochsRise)
            .unless(self.sends_newest_again(), StepRule::NewestComesAgain);
        if self.actor().is_some() {
            broken = broken
                .unless(self.respects_ensemble(), StepRule::JoinerRespectsEnsemble)
                .unless(self.records_truthfully(), StepRule::TruthfulRecords);
        }
        if self.received().is_some() {
            broken = broken
                .unless(self.replies_truthfully(), StepRule::TruthfulReplies)
                .unless(self.answers_strangers(), StepRule::AnswersStrangers)
                .unless(self.interrupted() != Some(false), StepRule::BetterEndsWait);
        }
        if self.looks_on().is_some() {
            broken = broken
                .unless(self.only_rises(), StepRule::LookingOnlyRises)
                .unless(self.proposes_best(), StepRule::ProposesBest)
                .unless(self.keeps_records(), StepRule::RecordsLast);
        }
        if self.settles().is_some() {
            broken = broken
                .unless(self.has_quorum_evidence(), StepRule::QuorumEvidence)
                .unless(self.elects_best(), StepRule::BestCredentials);
        }
        broken
    }

    /// The server whose election acts: it received something, or one of its waits is over.
    fn actor(&self) -> Option<usize> {
        match self.action {
            Action::Deliver { dst, .. } | Action::Resend { dst, .. } => Some(dst),
            Action::CollectTimeout { server } | Action::FinalizeTimeout { server } => Some(server),
            Action::Supersede { .. }
            | Action::Lose { .. }
            | Action::GiveUp { .. }
            | Action::Activate { .. }
            | Action::Start { .. }
            | Action::Crash { .. }
            | Action::Break { .. }
            | Action::LoseLeader { .. } => None,
        }
    }

    /// What is received, and from whom.
    pub(crate) fn received(&self) -> Option<(usize, usize, Notification)> {
        self.received
    }

    /// The server that settles in this step, its election until then, and its vote.
    pub(crate) fn settles(&self) -> Option<(usize, &Looking<N>, Vote)> {
        let server = self.actor()?;
        let looking = self.before.servers[server].looking()?;
        Some((server, looking, self.after.servers[server].settled()?))
    }

    /// Whether a wait ends in this step, so that who settles does it by its own count.
    fn ends_wait(&self) -> bool {
        is_end_of_wait(&self.action)
    }

    /// The server that settles on the word of settled servers.
    pub(crate) fn joined(&self) -> Option<(usize, Vote)> {
        let (server, _, vote) = self.settles()?;
        (!self.ends_wait()).then_some((server, vote))
    }

    /// The election that this step ends by its own count of votes.
    fn election_won(&self) -> Option<(&Looking<N>, Vote)> {
        let (_, looking, vote) = self.settles()?;
        self.ends_wait().then_some((looking, vote))
    }

    /// The server that acts and looks on with the same configuration, before and after, and its
    /// election before and after.
    pub(crate) fn looks_on(&self) -> Option<(&Server<N>, &Server<N>, &Looking<N>, &Looking<N>)> {
        let server = self.actor()?;
        let (before, after) = (&self.before.servers[server], &self.after.servers[server]);
        let same = before.known == after.known;
        same.then_some((before, after, before.looking()?, after.looking()?))
    }

    /// The looking voter whose notification reaches a settled server, and the vote of that one.
    pub(crate) fn question_to_settled(&self) -> Option<(usize, Vote)> {
        let (src, dst, question) = self.received()?;
        let vote = self.before.servers[dst].settled()?;
        let asked = question.vote.state == ServerState::Looking;
        let ensemble = self.election.ensemble(self.before.servers[dst].known);
        (asked && ensemble.voters().contains(src)).then_some((src, vote))
    }

    fn only_rises(&self) -> bool {
        self.looks_on().is_none_or(|(before, after, was, is)| {
            before.round < after.round
                || before.round == after.round && was.proposal.unpack() <= is.proposal.unpack()
        })
    }

    fn elects_best(&self) -> bool {
        self.election_won().is_none_or(|(looking, vote)| {
            let on_disk = |server: usize| self.before.servers[server].credentials;
            let best = vote.proposal.credentials.max(on_disk(vote.leader()));
            let proposes_itself = |server: usize| {
                let known = self.before.servers[server].known;
                let committed = self.election.ensemble(known).committed();
                committed.voters.contains(server)
            };
            let mut electors = electors(looking, vote);
            electors.all(|it| on_disk(it) <= best || !proposes_itself(it))
        })
    }

    fn replies_truthfully(&self) -> bool {
        let question = self.question_to_settled();
        question.is_none_or(|(src, vote)| self.answers_with(src, vote))
    }

    fn answers_with(&self, dst: usize, vote: Vote) -> bool {
        let answers = self.effects.iter().map(|&(dst, said)| (dst, said.vote));
        answers.eq([(dst, vote)])
    }

    /// Whose votes are on record for the one settled on: cast in this round, or by settled servers.
    pub(crate) fn supporters(&self) -> Option<ServerSet> {
        let (_, looking, vote) = self.settles()?;
        let joins = self.joined().is_some();
        let supports = |cast: Vote| match cast.state {
            ServerState::Looking => cast.proposal == vote.proposal && cast.round == vote.round,
            ServerState::Following | ServerState::Leading | ServerState::Observing => {
                cast.leader() == vote.leader() && (joins || cast.round == vote.round)
            }
        };
        let on_record = |voter: &usize| {
            let votes = [looking.recv_set[*voter], looking.out_of_election[*voter]];
            votes.into_iter().flatten().any(supports)
        };
        let supporters: ServerSet = (0..N).filter(on_record).collect();
        let told = self.received().filter(|(_, _, told)| supports(told.vote));
        Some(told.map_or(supporters, |(src, ..)| supporters.with(src)))
    }

    /// A quorum's votes are on record for the one settled on. Who joins another has that one's word
    /// that it leads. In an ensemble of two, the word of the oracle's favourite is enough.
    fn has_quorum_evidence(&self) -> bool {
        let Some(((me, looking, vote), supporters)) = self.settles().zip(self.supporters()) else {
            return true;
        };
        let mut on_record = self.on_record(looking);
        let joins = self.joined().is_some();
        let leads = |(voter, cast): (usize, Vote)| {
            voter == vote.leader() && cast.state == ServerState::Leading
        };
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        let lone = joins && ensemble.has_oracle() && !granted;
        (lone || ensemble.has_quorum(supporters, granted))
            && match (joins, vote.leader() == me) {
                (false, _) => true,
                (true, true) => vote.round == self.before.servers[me].round,
                (true, false) => on_record.any(leads),
            }
    }

    /// The votes that a looking server has on record, or receives in this step, with who cast them.
    fn on_record(&self, looking: &Looking<N>) -> impl Iterator<Item = (usize, Vote)> + Clone {
        let received = self.received().map(|(src, _, n)| (src, n.vote));
        let of_round = looking.recv_set.iter().enumerate();
        let recorded = of_round.chain(looking.out_of_election.iter().enumerate());
        let recorded = recorded.filter_map(|(voter, vote)| Some((voter, (*vote)?)));
        recorded.chain(received)
    }

    /// Whether a server joins although no quorum on record settled on its leader, or voted for it,
    /// in one round and with the same credentials.
    pub(crate) fn joins_by_two_elections(&self) -> bool {
        let Some((me, looking, joined)) = self.settles().filter(|_| !self.ends_wait()) else {
            return false;
        };
        let on_record = self.on_record(looking);
        let votes = on_record.clone().map(|(_, vote)| vote);
        let mut elections = votes.filter(|vote| vote.leader() == joined.leader());
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        !elections.any(|of| {
            let same =
                |&(_, vote): &(usize, Vote)| (vote.proposal, vote.round) == (of.proposal, of.round);
            let voters = on_record.clone().filter(same).map(|(voter, _)| voter);
            ensemble.has_quorum(voters.collect(), granted)
        })
    }

    fn respects_ensemble(&self) -> bool {
        let Some(server) = self.actor() else {
            return true;
        };
        match self.before.servers[server].settled() {
            Some(vote) => self.after.servers[server].settled() == Some(vote),
            None => !self.passes_ensemble_by() || !self.joins_by_true_words(),
        }
    }

    /// Whether a server joins another leader than the one that a quorum follows.
    pub(crate) fn passes_ensemble_by(&self) -> bool {
        self.joined().is_some_and(|(_, vote)| {
            let established = self.before.established_leader(self.election);
            established.is_some_and(|leader| vote.leader() != leader)
        })
    }

    /// Whether those whose word is still true are enough for who joins: servers that said that they
    /// have settled on its leader, and still have. Others cast their vote while they looked, or
    /// have crashed or looked again since.
    fn joins_by_true_words(&self) -> bool {
        let Some((me, looking, vote)) = self.settles() else {
            return false;
        };
        let is_true = |&(voter, cast): &(usize, Vote)| {
            let leader = vote.leader();
            let said = cast.state != ServerState::Looking && cast.leader() == leader;
            said && self.before.leader_of(voter) == Some(leader)
        };
        let supporters = self.on_record(looking).filter(is_true);
        let supporters = supporters.map(|(voter, _)| voter).collect();
        let Server { known, granted, .. } = self.before.servers[me];
        let ensemble = self.election.ensemble(known);
        ensemble.has_quorum(supporters, granted)
    }

    /// Every record is as it was, or dropped, or what has just arrived from that server; a server's
    /// own is what it announces. Who counts as heard was heard in this round, while it looked.
    fn records_truthfully(&self) -> bool {
        let Some(me) = self.actor() else {
            return true;
        };
        let Some(after) = self.after.servers[me].looking() else {
            return true;
        };
        let before = self.before.servers[me].looking();
        let truthful = |records: fn(&Looking<N>) -> &[Option<Vote>; N]| {
            let was = before.map_or(&[None; N], records);
            let mut voters = was.iter().zip(records(after)).enumerate();
            voters.all(|(voter, (was, is))| {
                is == was || is.is_none_or(|vote| self.is_just_told(me, voter, vote))
            })
        };
        let (was_round, round) = (self.before.servers[me].round, self.after.servers[me].round);
        let heard_before = before.filter(|_| was_round == round);
        let arrived = self.received().map(|(src, _, told)| (src, told.vote));
        let is_heard = |voter: usize| {
            let now = arrived.is_some_and(|(src, vote)| {
                src == voter && vote.state == ServerState::Looking && vote.round == round
            });
            now || voter == me || heard_before.is_some_and(|looking| looking.heard.contains(voter))
        };
        after.heard.iter().all(is_heard)
            && truthful(|looking| &looking.recv_set)
            && truthful(|looking| &looking.out_of_election)
    }

    /// Whether this vote has just arrived from the voter, or is what the server itself announces.
    fn is_just_told(&self, me: usize, voter: usize, vote: Vote) -> bool {
        let arrived = self.received().map(|(src, _, told)| (src, told.vote));
        let own = || announcement(self.election, self.after, me, me).map(|own| (me, own.vote));
        let told = Some((voter, vote));
        told == arrived || told == own()
    }
}

/// What is received in this step, and from whom.
fn received<const N: usize>(
    election: &FastLeaderElection<N>,
    before: &State<N>,
    action: Action,
) -> Option<(usize, usize, Notification)> {
    let (src, dst, notification) = match action {
        Action::Deliver { src, dst } => (src, dst, before.network.next(src, dst)),
        // Announced again, it says what the sender's last announcement said.
        Action::Resend { src, dst } if !before.network.is_broken(src, dst) => {
            (src, dst, announcement(election, before, src, dst))
        }
        Action::Resend { .. }
        | Action::Supersede { .. }
        | Action::Lose { .. }
        | Action::CollectTimeout { .. }
        | Action::FinalizeTimeout { .. }
        | Action::GiveUp { .. }
        | Action::Activate { .. }
        | Action::Start { .. }
        | Action::Crash { .. }
        | Action::Break { .. }
        | Action::LoseLeader { .. } => return None,
    };
    Some((src, dst, notification?))
}

/// What a looking server says of itself.
fn announcement<const N: usize>(
    election: &FastLeaderElection<N>,
    state: &State<N>,
    src: usize,
    dst: usize,
) -> Option<Notification> {
    let notification = state.servers[src].announcement()?;
    Some(election.common().as_written(src, dst, notification))
}

fn is_end_of_wait(action: &Action) -> bool {
    match action {
        Action::FinalizeTimeout { .. } | Action::CollectTimeout { .. } => true,
        Action::Deliver { .. }
        | Action::Supersede { .. }
        | Action::Lose { .. }
        | Action::Resend { .. }
        | Action::GiveUp { .. }
        | Action::Activate { .. }
        | Action::Start { .. }
        | Action::Crash { .. }
        | Action::Break { .. }
        | Action::LoseLeader { .. } => false,
    }
}

/// The voters counted for the vote that an election ended with, each with what it had announced.
pub(crate) fn counted<const N: usize>(
    looking: &Looking<N>,
    vote: Vote,
) -> impl Iterator<Item = (usize, Vote)> {
    let vote = Vote::looking(vote.proposal, vote.round).unpack(Generation::Unversioned);
    let voters =
        FastLeaderElection::supporters(&looking.recv_set, |_| Generation::Unversioned, vote);
    voters
        .iter()
        .filter_map(|voter| Some((voter, looking.recv_set[voter]?)))
}

/// Those of them that voted while they looked.
pub(crate) fn electors<const N: usize>(
    looking: &Looking<N>,
    vote: Vote,
) -> impl Iterator<Item = usize> {
    let looked =
        |(voter, vote): (usize, Vote)| (vote.state == ServerState::Looking).then_some(voter);
    counted(looking, vote).filter_map(looked)
}
