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
mod records;
mod settling;
mod surroundings;

pub(crate) use possible::{some_election, some_giving_up, some_receipt, some_settling};
pub(crate) use settling::{counted, electors};

use crate::election::server::{FastLeaderElection, Looking, Sends, Server};
use crate::election::system::{Action, State};
use crate::terms::vote::{Notification, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use fle::ServerState;
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

    fn replies_truthfully(&self) -> bool {
        let question = self.question_to_settled();
        question.is_none_or(|(src, vote)| self.answers_with(src, vote))
    }

    fn answers_with(&self, dst: usize, vote: Vote) -> bool {
        let answers = self.effects.iter().map(|&(dst, said)| (dst, said.vote));
        answers.eq([(dst, vote)])
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
