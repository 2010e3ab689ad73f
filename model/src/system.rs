//! The servers and the links between them, as one packed [`stateright::Model`].
//!
//! stateright has a model of its own for actors, `ActorModel`. This one drives the same [`Actor`]s over links that `ActorModel`
//! does not know (a send slot of one), in fixed arrays instead of heap collections.
//!
//! When a wait can run out is the [`Setting`]'s to say, what must not be put off for ever [`System::fairness`]'s.

use crate::check::Trace;
use crate::explore;
use crate::history::History;
use crate::liveness::Fairness;
use crate::network::Network;
use crate::progress::Expanded;
use crate::properties::Claim;
use crate::server::{FastLeaderElection, Server, Wait};
use crate::steps::{Step, StepRule};
use crate::vote::{Credentials, Round, Vote};
use serde::Serialize;
use stateright::actor::{Actor, Command, Id, Out};
use stateright::{Model, Property};
use std::array;
use std::borrow::Cow;

/// The model of a scenario with `N` servers.
#[derive(Clone)]
pub struct System<const N: usize> {
    /// The rules that every server follows.
    pub election: FastLeaderElection<N>,
    /// When waits run out.
    pub setting: Setting,
    /// The initial states.
    pub starts: Vec<State<N>>,
    /// The properties to check.
    pub claims: Vec<Claim<N>>,
    /// How many states have been expanded.
    pub expanded: Expanded,
}

/// When waits run out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// At any time.
    Asynchronous,
    /// Waits are longer than messages travel. A server stops waiting for a better proposal only when nothing is under way to it,
    /// and announces its vote again only when nothing is under way at all and nobody finalizes.
    Timely,
}

impl Setting {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asynchronous => "asynchronous",
            Self::Timely => "timely",
        }
    }
}

/// A state of the whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State<const N: usize> {
    /// The servers, ascending by sid.
    pub servers: [Server<N>; N],
    /// What is under way between them.
    pub network: Network<N>,
    /// What the properties need to know of the past.
    pub history: History<N>,
}

/// What can happen next. Servers are named by their places, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// `dst` receives the oldest notification from `src`.
    Deliver {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// The oldest notification from `src` to `dst` turns out to have been replaced in the send slot by the next.
    Supersede {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// Asynchronous: `src` has waited long enough for votes and announces its own again; the copy for `dst` arrives at once.
    Resend {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
    },
    /// Timely: the server has waited long enough for votes and announces its own again, to everybody.
    CollectTimeout {
        /// Who waits.
        server: usize,
    },
    /// The server has waited long enough for a better proposal.
    FinalizeTimeout {
        /// Who waits.
        server: usize,
    },
}

/// What the server does in a step, as commands to its surroundings.
pub(crate) type Effects<const N: usize> = Out<FastLeaderElection<N>>;

impl<const N: usize> State<N> {
    /// Every server has just begun to look. Each is given by what is on its disk and the round it was in last.
    #[must_use]
    pub fn start(election: &FastLeaderElection<N>, servers: [(Credentials, Round); N]) -> Self {
        let mut effects: [Effects<N>; N] = array::from_fn(|_| Out::new());
        let servers = array::from_fn(|server| {
            let (credentials, last) = servers[server];
            election.look_for_leader(server.into(), credentials, last, &mut effects[server])
        });
        let mut state = Self {
            servers,
            network: Network::silent(),
            history: History::empty(),
        };
        for (server, effects) in effects.iter().enumerate() {
            state.apply(server, effects);
            state.history.note_vote(server, &state.servers[server]);
        }
        state
    }

    /// The leader that a quorum follows, itself leading.
    #[must_use]
    pub fn established_leader(&self, election: &FastLeaderElection<N>) -> Option<usize> {
        (0..N).find(|&leader| self.is_established(election, leader))
    }

    /// Whether the server leads and a quorum, itself included, has settled on it.
    #[must_use]
    pub fn is_established(&self, election: &FastLeaderElection<N>, leader: usize) -> bool {
        let follows = |server: &usize| self.leader_of(*server) == Some(leader);
        follows(&leader) && election.is_quorum((0..N).filter(follows))
    }

    /// The leader that every server has settled on.
    #[must_use]
    pub fn agreed_leader(&self) -> Option<usize> {
        let leader = self.leader_of(0)?;
        let agrees = |server| self.leader_of(server) == Some(leader);
        (0..N).all(agrees).then_some(leader)
    }

    /// Whether some looking server waits for this.
    fn any_waits(&self, wait: Wait) -> bool {
        let mut looking = self.servers.iter().filter_map(Server::looking);
        looking.any(|looking| looking.wait == wait)
    }

    /// Whom the server has settled on.
    #[must_use]
    pub fn leader_of(&self, server: usize) -> Option<usize> {
        self.servers[server].settled().map(|vote| vote.leader())
    }

    /// Puts what the server sends on its links.
    fn apply(&mut self, server: usize, effects: &Effects<N>) {
        for (dst, vote) in sends(effects) {
            self.network.send(server, dst, vote);
        }
    }

    /// The server handles an event. A decision clears what it had queued for itself (`leaveInstance`).
    fn handle(
        &mut self,
        server: usize,
        effects: &mut Effects<N>,
        event: impl FnOnce(Id, &mut Cow<'_, Server<N>>, &mut Effects<N>),
    ) {
        let before = self.servers[server];
        let mut after = Cow::Borrowed(&before);
        event(server.into(), &mut after, effects);
        self.servers[server] = *after;
        self.apply(server, effects);
        if before.looking().is_some() && after.settled().is_some() {
            self.network.link_mut(server, server).clear();
        }
        self.history.note_vote(server, &after);
    }
}

impl<const N: usize> System<N> {
    /// The state after an action, and what the acting server did; `None` if the action changes nothing.
    #[must_use]
    pub fn step(&self, before: &State<N>, action: Action) -> Option<(State<N>, Effects<N>)> {
        let mut after = *before;
        let mut effects = Out::new();
        match action {
            Action::Deliver { src, dst } => {
                let vote = after.network.link_mut(src, dst).deliver()?;
                after.handle(dst, &mut effects, |id, server, out| {
                    self.election.on_msg(id, server, src.into(), vote, out);
                });
            }
            Action::Supersede { src, dst } => after.network.link_mut(src, dst).supersede(),
            Action::Resend { src, dst } => {
                let vote = self.resent(before, src, dst)?;
                after.handle(dst, &mut effects, |id, server, out| {
                    self.election.on_msg(id, server, src.into(), vote, out);
                });
                if after == *before {
                    return None;
                }
            }
            Action::CollectTimeout { server } => {
                after.handle(server, &mut effects, |id, server, out| {
                    self.election.on_timeout(id, server, &Wait::Collecting, out);
                });
            }
            Action::FinalizeTimeout { server } => {
                after.handle(server, &mut effects, |id, server, out| {
                    self.election.on_timeout(id, server, &Wait::Finalizing, out);
                });
            }
        }
        Some((after, effects))
    }

    /// How the scheduler treats an action. What is sent arrives or is superseded; a wait that can run out again and again does.
    /// Superseding is never owed.
    ///
    /// Time-outs are owed strongly because a wait can run out only now and then, when nothing is under way: weak fairness would
    /// let it be passed over for ever.
    #[must_use]
    pub fn fairness(&self, action: &Action) -> Option<(Action, Fairness)> {
        let fairness = match action {
            Action::Deliver { .. } => Fairness::Weak,
            Action::Resend { .. }
            | Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. } => Fairness::Strong,
            Action::Supersede { .. } => return None,
        };
        Some((*action, fairness))
    }

    /// What `src` sends `dst` when it announces its vote again.
    pub(crate) fn resent(&self, state: &State<N>, src: usize, dst: usize) -> Option<Vote> {
        let mut effects = Out::new();
        let mut server = Cow::Borrowed(&state.servers[src]);
        self.election
            .on_timeout(src.into(), &mut server, &Wait::Collecting, &mut effects);
        let to_dst = sends(&effects).find(|&(to, _)| to == dst);
        to_dst.map(|(_, vote)| vote)
    }
}

/// The notifications that a server sends, with their receivers.
pub(crate) fn sends<const N: usize>(effects: &Effects<N>) -> impl Iterator<Item = (usize, Vote)> {
    effects.iter().filter_map(|command| match command {
        Command::Send(dst, vote) => Some((usize::from(*dst), *vote)),
        _ => None,
    })
}

impl<const N: usize> Model for System<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<State<N>> {
        self.starts.clone()
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        self.expanded.count();
        let timely = self.setting == Setting::Timely;
        let may_resend = timely && state.network.is_silent() && !state.any_waits(Wait::Finalizing);
        for src in 0..N {
            let wait = state.servers[src].looking().map(|looking| looking.wait);
            if wait == Some(Wait::Finalizing) && !(timely && state.network.leads_to(src)) {
                actions.push(Action::FinalizeTimeout { server: src });
            }
            if wait == Some(Wait::Collecting) && may_resend {
                actions.push(Action::CollectTimeout { server: src });
            }
            for dst in 0..N {
                let link = state.network.link(src, dst);
                if link.head().is_some() {
                    actions.push(Action::Deliver { src, dst });
                } else if wait == Some(Wait::Collecting) && !timely {
                    actions.push(Action::Resend { src, dst });
                }
                if link.is_full() {
                    actions.push(Action::Supersede { src, dst });
                }
            }
        }
    }

    fn next_state(&self, before: &State<N>, action: Action) -> Option<State<N>> {
        let (mut after, effects) = self.step(before, action)?;
        let step = Step {
            election: &self.election,
            before,
            action,
            after: &after,
            effects: &effects,
        };
        let mut history = after.history;
        for rule in StepRule::ALL.into_iter().filter(|rule| !rule.holds(&step)) {
            history.note_broken(rule);
        }
        after.history = history;
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let property = |claim: &Claim<N>| Property {
            expectation: claim.kind.expectation(),
            name: claim.name,
            condition: claim.condition,
        };
        self.claims.iter().map(property).collect()
    }

    fn format_action(&self, action: &Action) -> String {
        action.to_string()
    }

    fn format_step(&self, before: &State<N>, action: Action) -> Option<String> {
        explore::step(self, before, action)
    }

    fn as_svg(&self, path: Trace<N>) -> Option<String> {
        explore::svg(self, &path)
    }
}
