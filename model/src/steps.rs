//! Properties of single steps, and how to look for a step of a certain kind.
//!
//! What must always hold of steps is a [`StepRule`]. It is judged when the step is taken, and a step that breaks it leaves a mark in the
//! history, which the checker then sees as a property of the state. The mark is never set in a correct model, so it costs no
//! states.

use crate::server::{FastLeaderElection, Looking, Server};
use crate::system::{Action, Effects, State, System, sends};
use crate::vote::Vote;
use fle::{Generation, ServerState};
use stateright::Model;

/// A property of single steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepRule {
    /// Whoever settles had a quorum's word for it.
    QuorumEvidence,
    /// No looking voter that elected a leader had better credentials.
    BestCredentials,
    /// A looking server's round and proposal only rise.
    LookingOnlyRises,
    /// A joiner follows the leader that a quorum follows, and moves nobody.
    JoinerRespectsEnsemble,
    /// Settled servers answer with the vote they settled on.
    TruthfulReplies,
}

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
    pub effects: &'a Effects<N>,
}

impl StepRule {
    /// Every rule.
    pub const ALL: [Self; 5] = [
        Self::QuorumEvidence,
        Self::BestCredentials,
        Self::LookingOnlyRises,
        Self::JoinerRespectsEnsemble,
        Self::TruthfulReplies,
    ];

    /// Whether the step keeps the rule.
    #[must_use]
    pub fn holds<const N: usize>(self, step: &Step<'_, N>) -> bool {
        match self {
            Self::QuorumEvidence => step.has_quorum_evidence(),
            Self::BestCredentials => step.election_won().is_none_or(|(looking, vote)| {
                let mut voters = electors(looking, vote);
                voters.all(|v| step.before.servers[v].credentials <= vote.proposal.credentials)
            }),
            Self::LookingOnlyRises => step.looks_on().is_none_or(|(before, after, was, is)| {
                before.round < after.round
                    || before.round == after.round && was.proposal.unpack() <= is.proposal.unpack()
            }),
            Self::JoinerRespectsEnsemble => step.respects_ensemble(),
            Self::TruthfulReplies => step
                .question_to_settled()
                .is_none_or(|(src, vote)| sends(step.effects).eq([(src, vote)])),
        }
    }
}

impl<const N: usize> Step<'_, N> {
    /// The server that acts, unless a link does.
    fn actor(&self) -> Option<usize> {
        match self.action {
            Action::Deliver { dst, .. } | Action::Resend { dst, .. } => Some(dst),
            Action::Supersede { .. } => None,
            Action::CollectTimeout { server } | Action::FinalizeTimeout { server } => Some(server),
        }
    }

    /// The server that settles in this step, its election until then, and its vote.
    fn settles(&self) -> Option<(usize, &Looking<N>, Vote)> {
        let server = self.actor()?;
        let looking = self.before.servers[server].looking()?;
        Some((server, looking, self.after.servers[server].settled()?))
    }

    /// The server that settles on the word of settled servers.
    pub(crate) fn joined(&self) -> Option<(usize, Vote)> {
        let (server, _, vote) = self.settles()?;
        let elected = matches!(self.action, Action::FinalizeTimeout { .. });
        (!elected).then_some((server, vote))
    }

    /// The election that this step ends by its own count of votes.
    fn election_won(&self) -> Option<(&Looking<N>, Vote)> {
        let (_, looking, vote) = self.settles()?;
        let elected = matches!(self.action, Action::FinalizeTimeout { .. });
        elected.then_some((looking, vote))
    }

    /// The server that acts and looks on, before and after, and its election before and after.
    pub(crate) fn looks_on(&self) -> Option<(&Server<N>, &Server<N>, &Looking<N>, &Looking<N>)> {
        let server = self.actor()?;
        let (before, after) = (&self.before.servers[server], &self.after.servers[server]);
        Some((before, after, before.looking()?, after.looking()?))
    }

    /// The looking server whose notification reaches a settled one, and the vote of that one.
    pub(crate) fn question_to_settled(&self) -> Option<(usize, Vote)> {
        let (src, dst, asked) = match self.action {
            Action::Deliver { src, dst } => {
                let question = self.before.network.link(src, dst).head()?;
                (src, dst, question.state == ServerState::Looking)
            }
            Action::Resend { src, dst } => (src, dst, true),
            Action::Supersede { .. }
            | Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. } => return None,
        };
        let vote = self.before.servers[dst].settled()?;
        asked.then_some((src, vote))
    }

    fn has_quorum_evidence(&self) -> bool {
        let Some((me, _, vote)) = self.settles() else {
            return true;
        };
        let (history, leader) = (&self.before.history, vote.leader());
        let joins = self.joined().is_some();
        let announced = |&voter: &usize| {
            history.proposed(voter, leader, vote.round)
                || history.settled_in(voter, leader, vote.round)
                || joins && history.settled(voter, leader)
        };
        self.election.is_quorum((0..N).filter(announced))
            && (!joins || leader == me || history.settled(leader, leader))
    }

    fn respects_ensemble(&self) -> bool {
        let Some(server) = self.actor() else {
            return true;
        };
        match self.before.servers[server].settled() {
            Some(vote) => self.after.servers[server].settled() == Some(vote),
            None => self.joined().is_none_or(|(_, vote)| {
                let established = self.before.established_leader(self.election);
                established.is_none_or(|leader| vote.leader() == leader)
            }),
        }
    }
}

/// Whether a server can end its election by its own count in this state, in a step of the wanted kind.
pub(crate) fn some_election<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    wanted: impl Fn(&Looking<N>, Vote) -> bool,
) -> bool {
    let ends = |action: &Action| matches!(action, Action::FinalizeTimeout { .. });
    some_step(system, before, ends, |step| {
        step.election_won()
            .is_some_and(|(looking, vote)| wanted(looking, vote))
    })
}

/// Whether a server can receive something in this state, in a step of the wanted kind.
pub(crate) fn some_receipt<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    wanted: impl Fn(&Step<'_, N>) -> bool,
) -> bool {
    let receives =
        |action: &Action| matches!(action, Action::Deliver { .. } | Action::Resend { .. });
    some_step(system, before, receives, wanted)
}

fn some_step<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    kind: impl Fn(&Action) -> bool,
    wanted: impl Fn(&Step<'_, N>) -> bool,
) -> bool {
    let mut actions = Vec::new();
    system.actions(before, &mut actions);
    actions.into_iter().filter(kind).any(|action| {
        system.step(before, action).is_some_and(|(after, effects)| {
            wanted(&Step {
                election: &system.election,
                before,
                action,
                after: &after,
                effects: &effects,
            })
        })
    })
}

/// The voters counted for the vote that an election ended with, each with what it had announced.
pub(crate) fn counted<const N: usize>(
    looking: &Looking<N>,
    vote: Vote,
) -> impl Iterator<Item = (usize, Vote)> {
    let vote = Vote::looking(vote.proposal, vote.round).unpack(Generation::Unversioned);
    let voters = FastLeaderElection::supporters(&looking.recv_set, Generation::Unversioned, vote);
    voters.filter_map(|voter| Some((voter, looking.recv_set[voter]?)))
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
