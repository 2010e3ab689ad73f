//! A path through the model as data, from which it is told ([`crate::narrate`]), drawn ([`crate::diagram`]) and written
//! ([`crate::counterexample`]).
//!
//! A step is one of the model's: what happened, what became of the server that it happened to, and what that server sent.
//! Servers are named by their places, from 0, and written by their sids.

use crate::check::Trace;
use crate::faults::Crash;
use crate::liveness::Lasso;
use crate::narrate::tell;
use crate::server::{Server, Wait};
use crate::system::{Action, State, System, sends};
use crate::vote::{
    ConfigVersion, Credentials, Notification, Proposal, Round, Vote, serialize_place,
};
use serde::Serialize;

/// A path: how the servers start, then step by step.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Every server, ascending by sid. Each has just begun to look and announced itself to all.
    pub initial: Vec<Start>,
    /// What happens then.
    pub steps: Vec<StoryStep>,
    /// Of a story that never ends, the number of the first step that repeats for ever; past the last if nothing more happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_ever_from: Option<usize>,
}

/// How a server starts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Start {
    /// The server.
    #[serde(rename = "sid", serialize_with = "serialize_place")]
    pub server: usize,
    /// What is on its disk.
    #[serde(flatten)]
    pub credentials: Credentials,
    /// The round that it looks in.
    pub round: Round,
    /// Whether it is up already.
    pub up: bool,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct StoryStep {
    /// Its number, from 1.
    pub number: usize,
    /// What happened.
    pub action: Event,
    /// What became of the server that it happened to.
    pub changes: Vec<Change>,
    /// What that server sent.
    pub sent: Vec<Sent>,
    /// All of it in a sentence.
    pub told: String,
}

/// An [`Action`] with the notification that it is about.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// `dst` receives what `src` sent.
    Deliver {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
        /// What arrives.
        notification: Notification,
    },
    /// What `src` had for `dst` was replaced in the send slot.
    Supersede {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver that never sees it.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
        /// What is lost.
        notification: Notification,
    },
    /// What `src`, which is down, had sent `dst` never arrives.
    Lose {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver that never sees it.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
        /// What is lost.
        notification: Notification,
    },
    /// `src` has waited for votes and announces its own again; `dst` receives it.
    Resend {
        /// The sender.
        #[serde(serialize_with = "serialize_place")]
        src: usize,
        /// The receiver.
        #[serde(serialize_with = "serialize_place")]
        dst: usize,
        /// What arrives.
        notification: Notification,
    },
    /// The server has waited for votes in vain, and announces its own again.
    CollectTimeout {
        /// Who waited.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server has waited for a better proposal in vain.
    FinalizeTimeout {
        /// Who waited.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server gives up its leader, or its leadership.
    GiveUp {
        /// Who gives up.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server begins a new epoch as leader, or learns its leader's.
    Activate {
        /// Who learns.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server is started.
    Start {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
    /// The server crashes.
    Crash {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
        /// What becomes of it.
        crash: Crash,
    },
    /// The connection between two servers breaks.
    Break {
        /// One of them.
        #[serde(serialize_with = "serialize_place")]
        a: usize,
        /// The other.
        #[serde(serialize_with = "serialize_place")]
        b: usize,
    },
    /// The server returns to looking for no reason.
    LoseLeader {
        /// Which.
        #[serde(serialize_with = "serialize_place")]
        server: usize,
    },
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

impl Story {
    /// The story of this path of the system.
    ///
    /// # Panics
    /// If the path is not one of the system's.
    #[must_use]
    pub fn new<const N: usize>(system: &System<N>, path: &Trace<N>) -> Self {
        let path = path.clone().into_vec();
        let steps = path
            .iter()
            .filter_map(|(state, action)| Some((state, (*action)?)));
        Self::of(system, &path[0].0, steps)
    }

    /// The story of this run of the system.
    ///
    /// # Panics
    /// If the run is not one of the system's.
    #[must_use]
    pub fn of_lasso<const N: usize>(system: &System<N>, lasso: &Lasso<State<N>, Action>) -> Self {
        let start = lasso.way_in.first().map_or(&lasso.knot, |(state, _)| state);
        let steps = lasso.way_in.iter().chain(&lasso.cycle);
        Self {
            for_ever_from: Some(lasso.way_in.len() + 1),
            ..Self::of(system, start, steps.map(|(state, action)| (state, *action)))
        }
    }

    fn of<'a, const N: usize>(
        system: &System<N>,
        start: &State<N>,
        steps: impl Iterator<Item = (&'a State<N>, Action)>,
    ) -> Self {
        let initial = start.servers.iter().enumerate();
        let initial = initial.map(|(server, state)| Start {
            server,
            credentials: state.credentials,
            round: state.round,
            up: state.is_up(),
        });
        let steps = steps.zip(1..).map(|((before, action), number)| {
            StoryStep::new(system, number, before, action).expect("the model took this step")
        });
        Self {
            initial: initial.collect(),
            steps: steps.collect(),
            for_ever_from: None,
        }
    }

    /// How a story that never ends goes on.
    #[must_use]
    pub fn goes_on(&self) -> Option<String> {
        let (from, last) = (self.for_ever_from?, self.steps.len());
        Some(if from > last {
            "Then nothing more happens.".to_owned()
        } else {
            format!("Steps {from} to {last} repeat for ever.")
        })
    }
}

impl StoryStep {
    fn new<const N: usize>(
        system: &System<N>,
        number: usize,
        before: &State<N>,
        action: Action,
    ) -> Option<Self> {
        let (after, effects) = system.step(before, action)?;
        let action = Event::new(system, before, action)?;
        let actor = action.actor();
        let changes = actor.map(|id| changes(&before.servers[id], &after.servers[id]));
        let changes = changes.unwrap_or_default();
        let sent = sends(&effects).map(|(to, notification)| Sent { to, notification });
        let sent: Vec<_> = sent.collect();
        let everyone = system.election.ensemble.voters().iter().count();
        Some(Self {
            number,
            told: tell(everyone, action, &changes, &sent),
            action,
            changes,
            sent,
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
        let head = |src, dst| before.network.link(src, dst).head();
        Some(match action {
            Action::Deliver { src, dst } => Self::Deliver {
                src,
                dst,
                notification: head(src, dst)?,
            },
            Action::Supersede { src, dst } => Self::Supersede {
                src,
                dst,
                notification: head(src, dst)?,
            },
            Action::Lose { src, dst } => Self::Lose {
                src,
                dst,
                notification: head(src, dst)?,
            },
            Action::Resend { src, dst } => Self::Resend {
                src,
                dst,
                notification: system.resent(before, src, dst)?,
            },
            Action::CollectTimeout { server } => Self::CollectTimeout { server },
            Action::FinalizeTimeout { server } => Self::FinalizeTimeout { server },
            Action::GiveUp { server } => Self::GiveUp { server },
            Action::Activate { server } => Self::Activate { server },
            Action::Start { server } => Self::Start { server },
            Action::Crash { server, crash } => Self::Crash { server, crash },
            Action::Break { a, b } => Self::Break { a, b },
            Action::LoseLeader { server } => Self::LoseLeader { server },
        })
    }

    /// The server that it happens to, unless it happens to a link.
    #[must_use]
    pub fn actor(self) -> Option<usize> {
        match self {
            Self::Deliver { dst, .. } | Self::Resend { dst, .. } => Some(dst),
            Self::Supersede { .. } | Self::Lose { .. } | Self::Break { .. } => None,
            Self::CollectTimeout { server }
            | Self::FinalizeTimeout { server }
            | Self::GiveUp { server }
            | Self::Activate { server }
            | Self::Start { server }
            | Self::Crash { server, .. }
            | Self::LoseLeader { server } => Some(server),
        }
    }
}

fn changes<const N: usize>(before: &Server<N>, after: &Server<N>) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.config != after.config {
        let version = after.config;
        changes.push(Change::LearnsConfiguration { version });
    }
    if after.active && !before.active {
        changes.push(Change::LearnsEpoch(after.credentials));
    }
    match (before.looking(), after.looking()) {
        (Some(was), Some(is)) if before.config == after.config => {
            if before.round != after.round {
                changes.push(Change::EntersRound { round: after.round });
            }
            if was.proposal != is.proposal {
                changes.push(Change::Adopts(is.proposal));
            }
            // A better proposal ends the wait, and may have a quorum at once: then it is another wait.
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
