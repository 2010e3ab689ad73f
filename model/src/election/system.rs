//! The servers and the links between them: what can happen, and what comes of it.
//!
//! stateright has a model of its own for actors, `ActorModel`. This one follows the same actors'
//! rules over links that `ActorModel` does not know (a send slot of one), in fixed arrays instead of
//! heap collections.
//!
//! When a wait can run out is the [`Setting`]'s to say, what must not be put off for ever
//! [`System::fairness`]'s. What surrounds the election, the peer's main loop, is here as well:
//! [`Action::GiveUp`], [`Action::Activate`] and [`Action::Start`].
//!
//! Deliberately absent: what is claimed of all this, and how a step reads.

mod action;
mod awaited;
mod enabled;
mod fingerprint;
mod patience;
pub mod reduction;
mod shown;
mod state;
mod waiting;

pub use action::Action;
pub use state::State;

use crate::election::faults::{Crash, Faults};
use crate::election::finalizing::Finalizing;
use crate::election::mutants::Mutant;
use crate::election::network::{Links, Network};
use crate::election::server::{Election, FastLeaderElection, Sends, Server, Wait};
use crate::frame::system::{Fairness, TransitionSystem};
use crate::terms::set::ServerSet;
use crate::terms::setting::Setting;
use crate::terms::vote::{Credentials, Notification, Round};
use awaited::Awaited;
use patience::Patience;

/// The model of a scenario with `N` servers.
#[derive(Clone)]
pub struct System<const N: usize> {
    /// The rules that every server follows.
    pub election: FastLeaderElection<N>,
    /// When waits run out.
    pub setting: Setting,
    /// Timely: how long a server waits for a better proposal.
    pub finalizing: Finalizing,
    /// How much of a link is followed.
    pub links: Links,
    /// Whether leaders are established, so that a new epoch begins.
    pub activation: bool,
    /// Whether what is outdated is left out of states ([`reduction`]).
    pub reduced: bool,
    /// The initial states.
    pub starts: Vec<State<N>>,
}

impl<const N: usize> System<N> {
    /// The state in which those of these servers that are to start with the others have just begun
    /// to look.
    #[must_use]
    pub fn start(&self, servers: [(Server<N>, bool); N], faults: Faults) -> State<N> {
        let mut state = State {
            servers: servers.map(|(server, _)| server),
            network: Network::silent(),
            faults,
            repeated: ServerSet::NONE,
            patience: Patience::NONE,
            awaited: [Awaited::NOTHING; N],
        };
        let mut started: [Sends; N] = std::array::from_fn(|_| Sends::new());
        for server in (0..N).filter(|&server| servers[server].1) {
            let down = state.servers[server];
            state.servers[server] =
                self.election
                    .look_for_leader(server, down, &mut started[server]);
        }
        for (server, effects) in started.iter().enumerate() {
            self.apply(&mut state, server, effects);
        }
        for server in 0..N {
            self.hear_own_vote(&mut state, server);
        }
        self.forget(&mut state);
        state
    }

    /// What `src` sends `dst` when it announces its vote again.
    pub(crate) fn resent(&self, state: &State<N>, src: usize, dst: usize) -> Option<Notification> {
        let notification = self.election.announced_again(&state.servers[src], dst)?;
        Some(self.election.common().as_written(src, dst, notification))
    }

    fn receive(
        &self,
        state: &mut State<N>,
        src: usize,
        dst: usize,
        notification: Notification,
        effects: &mut Sends,
    ) {
        let known = state.servers[dst].known;
        self.handle(state, dst, effects, |server, out| {
            self.election.hear(dst, server, src, notification, out);
        });
        if state.servers[dst].known != known {
            // Its connections belonged to the election that it left.
            state.network.lose_end(dst);
            self.apply(state, dst, effects);
        }
        self.hear_own_vote(state, dst);
    }

    fn time_out(&self, state: &mut State<N>, server: usize, wait: Wait, effects: &mut Sends) {
        self.handle(state, server, effects, |it, out| {
            self.election.time_out(server, it, wait, out);
        });
        self.hear_own_vote(state, server);
    }

    /// The server begins to look, whatever it did before.
    fn look(&self, state: &mut State<N>, server: usize, effects: &mut Sends) {
        let looks = self
            .election
            .look_for_leader(server, state.servers[server], effects);
        state.servers[server] = looks;
        self.apply(state, server, effects);
        self.hear_own_vote(state, server);
    }

    /// The server handles an event. A decision clears what it had queued for itself
    /// (`leaveInstance`).
    fn handle(
        &self,
        state: &mut State<N>,
        server: usize,
        effects: &mut Sends,
        event: impl FnOnce(&mut Server<N>, &mut Sends),
    ) {
        let looked = state.servers[server].looking().is_some();
        event(&mut state.servers[server], effects);
        self.apply(state, server, effects);
        let decides = looked && state.servers[server].settled().is_some();
        if decides && !self.election.is(Mutant::DecisionKeepsLoopback) {
            state.network.link_mut(server, server).supersede();
        }
    }

    /// The server learns the new epoch: a leader begins it, above all that its followers know; a
    /// follower takes over the leader's history.
    #[doc(alias = "updateElectionVote")]
    fn activate(&self, state: &mut State<N>, server: usize) {
        let Some(leader) = state.leader_of(server) else {
            return;
        };
        let disk = |server: usize| state.servers[server].credentials;
        let credentials = if leader == server {
            let counted = if self.election.is(Mutant::EpochAboveOwnOnly) {
                ServerSet::NONE.with(leader)
            } else {
                state.followers(leader)
            };
            let epochs = counted.iter().map(|server| disk(server).epoch());
            disk(server).in_epoch(epochs.max().map_or(1, |epoch| epoch + 1))
        } else {
            disk(leader)
        };
        let server = &mut state.servers[server];
        server.credentials = credentials;
        server.active = true;
        if let Election::Settled(vote) = &mut server.election
            && !self.election.is(Mutant::EpochUpdateSkipped)
        {
            vote.proposal = vote.proposal.in_epoch(credentials.epoch());
        }
    }

    /// The server is down: of what it knew only the disk is left, and its connections are gone.
    fn crash(state: &mut State<N>, server: usize, crash: Crash) {
        let State {
            servers, network, ..
        } = state;
        network.lose_end(server);
        let returns = crash != Crash::ForGood;
        if !returns {
            network.abandon(server);
        }
        let disk = servers[server].credentials;
        let lost = crash == Crash::LosesDisk;
        servers[server] = Server {
            credentials: if lost { Credentials::NO_DATA } else { disk },
            round: Round(0),
            active: false,
            election: Election::Down { returns },
            ..servers[server]
        };
    }

    /// Puts what the server sends on its links.
    fn apply(&self, state: &mut State<N>, server: usize, effects: &[(usize, Notification)]) {
        for &(dst, notification) in effects {
            if !self
                .election
                .is_sent(server, dst, state.network.link(server, dst), self.links)
            {
                continue;
            }
            let written = self.election.common().as_written(server, dst, notification);
            match state.servers[dst].election {
                Election::Down { returns: false } => {}
                Election::Down { returns: true } => state.network.keep(server, dst, written),
                _ => state.network.send(server, dst, written, self.links),
            }
        }
    }

    /// Where a link is its slot, a server counts its own vote in the step that sends it.
    fn hear_own_vote(&self, state: &mut State<N>, server: usize) {
        if self.links != Links::Slot {
            return;
        }
        if let Some(own) = state.network.link_mut(server, server).deliver() {
            let mut answers = Sends::new();
            self.handle(state, server, &mut answers, |it, out| {
                self.election.hear(server, it, server, own, out);
            });
        }
    }

    /// Drops what can have no consequence any more, so that states that differ in nothing else are
    /// one.
    fn forget(&self, state: &mut State<N>) {
        let committed = |server: &Server<N>| server.known.committed();
        let first = committed(&state.servers[0]);
        let restarts = || state.servers.iter().any(|it| committed(it) != first);
        if !state.faults.break_connections() && !restarts() {
            state.network.forget_last();
        }
        self.leave_out(state);
    }

    /// Leaves out of the servers, and of what is under way, what need not be told apart.
    pub(crate) fn leave_out(&self, state: &mut State<N>) {
        if self.reduced {
            reduction::leave_out_what_is_outdated(state);
        }
        if let Some(mutant) = self.election.mutant {
            reduction::leave_out_too_much(mutant, state);
        }
    }
}

impl<const N: usize> TransitionSystem for System<N> {
    type State = State<N>;
    type Action = Action;
    type Effects = Sends;
    type Duty = Action;

    fn init(&self) -> &[State<N>] {
        &self.starts
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        let asked = |server: usize| {
            state.patience.asked.contains(server) || state.servers[server].looking().is_none()
        };
        let waited = self.setting == Setting::Timely
            && !state.any_waits(Wait::Finalizing)
            && (0..N).all(asked)
            && state.is_silent(&self.election);
        for server in 0..N {
            self.actions_of(state, server, waited, actions);
            self.actions_on_links(state, server, actions);
        }
        Self::actions_of_faults(state, actions);
    }

    fn within_bounds(&self, state: &State<N>) -> bool {
        state.servers.iter().all(Server::is_within_bounds)
    }

    fn step(&self, before: &State<N>, action: Action, after: &mut State<N>) -> Option<Sends> {
        let mut effects = Sends::new();
        match action {
            Action::Deliver { src, dst } => {
                let notification = after.network.link_mut(src, dst).deliver()?;
                self.receive(after, src, dst, notification, &mut effects);
            }
            Action::Supersede { src, dst } | Action::Lose { src, dst } => {
                after.network.link_mut(src, dst).supersede();
            }
            Action::Resend { src, dst } => {
                let notification = self.resent(before, src, dst)?;
                if after.network.is_broken(src, dst) {
                    after.network.send(src, dst, notification, self.links);
                } else {
                    self.receive(after, src, dst, notification, &mut effects);
                    if effects.is_empty() && after.servers[dst] == before.servers[dst] {
                        return None;
                    }
                }
            }
            Action::CollectTimeout { server } => {
                self.time_out(after, server, Wait::Collecting, &mut effects);
            }
            Action::FinalizeTimeout { server } => {
                self.time_out(after, server, Wait::Finalizing, &mut effects);
            }
            Action::GiveUp { server } | Action::Start { server } => {
                self.look(after, server, &mut effects);
            }
            Action::Activate { server } => self.activate(after, server),
            Action::Crash { server, crash } => {
                *after.faults.crashes_left(crash) -= 1;
                Self::crash(after, server, crash);
                if self.election.is(Mutant::CrashKeepsRound) {
                    after.servers[server].round = before.servers[server].round;
                }
            }
            Action::Break { a, b } => {
                after.faults.breaks -= 1;
                if self.election.is(Mutant::BreakSendsOlder) {
                    after.network.link_mut(a, b).drop_newest();
                    after.network.link_mut(b, a).drop_newest();
                }
                after.network.break_connection(a, b);
                if self.election.is(Mutant::BreakLosesAll) {
                    after.network.lose_all(a, b);
                }
            }
            Action::LoseLeader { server } => {
                after.faults.losses -= 1;
                self.look(after, server, &mut effects);
            }
        }
        self.follow_patience(before, action, after);
        self.pass_time(before, after);
        self.forget(after);
        let is_idle = match action {
            Action::Resend { dst, .. } => {
                after.servers[dst] == before.servers[dst] && after.network == before.network
            }
            Action::CollectTimeout { .. } => *after == *before,
            Action::Deliver { .. }
            | Action::Supersede { .. }
            | Action::Lose { .. }
            | Action::FinalizeTimeout { .. }
            | Action::GiveUp { .. }
            | Action::Activate { .. }
            | Action::Start { .. }
            | Action::Crash { .. }
            | Action::Break { .. }
            | Action::LoseLeader { .. } => false,
        };
        (!is_idle).then_some(effects)
    }

    /// How the scheduler treats an action. What is sent arrives or is superseded; who is down and
    /// returns is started; who follows an established leader learns of it; a wait that can run out
    /// again and again does. Losing and failing is never owed.
    ///
    /// Time-outs are owed strongly because a wait can run out only now and then, when nothing is
    /// under way: weak fairness would let it be passed over for ever.
    fn fairness(&self, action: &Action) -> Option<(Action, Fairness)> {
        let fairness = match action {
            Action::Deliver { .. } | Action::Start { .. } | Action::Activate { .. } => {
                Fairness::Weak
            }
            Action::Resend { .. }
            | Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. }
            | Action::GiveUp { .. } => Fairness::Strong,
            Action::Supersede { .. }
            | Action::Lose { .. }
            | Action::Crash { .. }
            | Action::Break { .. }
            | Action::LoseLeader { .. } => return None,
        };
        Some((*action, fairness))
    }
}
