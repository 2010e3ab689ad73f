//! What happens in a step of an election, as data.
//!
//! What happened, what became of the server that it happened to, and what that server sent. From
//! that a step is told ([`super::narrate`]) and drawn ([`super::picture`]). Servers are named by
//! their places, from 0, and written by their sids.

use crate::election::server::{Server, Wait};
use crate::election::system::{Action, State, System};
use crate::frame::system::TransitionSystem;
use crate::terms::vote::{
    ConfigVersion, Credentials, Notification, Proposal, Round, Vote, serialize_place,
};
use serde::Serialize;

/// How a server starts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Start {
    /// What is on its disk.
    #[serde(flatten)]
    pub credentials: Credentials,
    /// The round that it looks in.
    pub round: Round,
    /// Whether it is up already.
    pub up: bool,
}

/// What happens in a step.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// What happened.
    pub action: Event,
    /// What became of the server that it happened to.
    pub changes: Vec<Change>,
    /// What that server sent.
    pub sent: Vec<Sent>,
}

/// An action with the notification that it is about.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Event {
    /// The action.
    #[serde(flatten)]
    pub action: Action,
    /// What arrives, or is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<Notification>,
}

/// What became of a server in a step.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// It knows a newer configuration.
    LearnsConfiguration {
        /// Which.
        version: ConfigVersion,
    },
    /// It begins to look, and proposes itself.
    Looks {
        /// In this round.
        round: Round,
    },
    /// It has a new epoch and its leader's history.
    LearnsEpoch(Credentials),
    /// It enters a round.
    EntersRound {
        /// Which.
        round: Round,
    },
    /// It takes up a proposal.
    Adopts(Proposal),
    /// It has a quorum and waits for a better proposal.
    Finalizes,
    /// It no longer has one, and collects votes again.
    CollectsAgain,
    /// It settles.
    Settles(Vote),
}

/// A notification sent.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sent {
    /// To whom.
    #[serde(serialize_with = "serialize_place")]
    pub to: usize,
    /// What.
    pub notification: Notification,
}

impl Scene {
    /// What happens in this step; `None` if the action changes nothing.
    pub(crate) fn of<const N: usize>(
        system: &System<N>,
        before: &State<N>,
        action: Action,
    ) -> Option<Self> {
        let (after, effects) = system.next(before, action)?;
        let actor = action.actor();
        let changes = actor.map(|id| changes(&before.servers[id], &after.servers[id]));
        let sent = effects.into_iter();
        let sent = sent.map(|(to, notification)| Sent { to, notification });
        Some(Self {
            action: Event::new(system, before, action)?,
            changes: changes.unwrap_or_default(),
            sent: sent.collect(),
        })
    }
}

impl Event {
    /// The action with its notification; `None` if it cannot be taken.
    pub(crate) fn new<const N: usize>(
        system: &System<N>,
        before: &State<N>,
        action: Action,
    ) -> Option<Self> {
        let notification = match action {
            Action::Deliver { src, dst }
            | Action::Supersede { src, dst }
            | Action::Lose { src, dst } => Some(before.network.link(src, dst).head()?),
            Action::Resend { src, dst } => Some(system.resent(before, src, dst)?),
            Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. }
            | Action::GiveUp { .. }
            | Action::Activate { .. }
            | Action::Start { .. }
            | Action::Crash { .. }
            | Action::Break { .. }
            | Action::LoseLeader { .. } => None,
        };
        Some(Self {
            action,
            notification,
        })
    }
}

fn changes<const N: usize>(before: &Server<N>, after: &Server<N>) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.known != after.known {
        let version = after.known.committed();
        changes.push(Change::LearnsConfiguration { version });
    }
    if after.active && !before.active {
        changes.push(Change::LearnsEpoch(after.credentials));
    }
    match (before.looking(), after.looking()) {
        (Some(was), Some(is)) if before.known == after.known => {
            if before.round != after.round {
                changes.push(Change::EntersRound { round: after.round });
            }
            if was.proposal != is.proposal {
                changes.push(Change::Adopts(is.proposal));
            }
            // A better proposal ends the wait, and may have a quorum at once: then it is another
            // wait.
            let waits_anew = was.wait == Wait::Collecting || was.proposal != is.proposal;
            match (was.wait, is.wait) {
                (_, Wait::Finalizing) if waits_anew => changes.push(Change::Finalizes),
                (Wait::Finalizing, Wait::Collecting) => changes.push(Change::CollectsAgain),
                _ => {}
            }
        }
        (_, Some(_)) => changes.push(Change::Looks { round: after.round }),
        (Some(_), None) => changes.extend(after.settled().map(Change::Settles)),
        (None, None) => {}
    }
    changes
}
