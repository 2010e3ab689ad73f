//! The servers and the links between them, as one packed [`stateright::Model`].
//!
//! stateright has a model of its own for actors, `ActorModel`. This one drives the same [`Actor`]s over links that `ActorModel`
//! does not know (a send slot of one), in fixed arrays instead of heap collections.
//!
//! When a wait can run out is the [`Setting`]'s to say, what must not be put off for ever [`System::fairness`]'s. What surrounds
//! the election, the peer's main loop, is here as well: [`Action::GiveUp`], [`Action::Activate`] and [`Action::Start`].

use crate::check::Trace;
use crate::explore;
use crate::faults::{Crash, Faults};
use crate::finalizing::{Awaited, Finalizing};
use crate::liveness::Fairness;
use crate::mutants::Mutant;
use crate::network::{Links, Network};
use crate::progress::Expanded;
use crate::properties::{Claim, Kind};
use crate::reduction;
use crate::server::{Election, FastLeaderElection, Server, Wait};
use crate::set::ServerSet;
use crate::steps::{Broken, Step};
use crate::vote::Notification;
use fle::ServerState;
use serde::Serialize;
use stateright::actor::{Actor, Command, Id, Out};
use stateright::{Model, Property};
use std::borrow::Cow;

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
    /// The properties to check.
    pub claims: Vec<Claim<N>>,
    /// How many states have been expanded.
    pub expanded: Expanded,
    /// How many times a state was met beyond the bounds of a mutant.
    pub beyond: Expanded,
}

/// When waits run out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// At any time. Only a leader that is down is given up.
    Asynchronous,
    /// Waits are longer than messages travel, and each longer than the one before: a server stops waiting for a better proposal only
    /// when nothing is under way to it; announces its vote again only when nothing is under way at all and nobody finalizes;
    /// and gives up a leader that does not lead, or followers that do not follow, only when besides everybody who looks has
    /// announced its vote again since anything last changed.
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
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct State<const N: usize> {
    /// The servers, ascending by sid.
    pub servers: [Server<N>; N],
    /// What is under way between them.
    pub network: Network<N>,
    /// What may still go wrong.
    pub faults: Faults,
    /// Timely: who has announced its vote again since any server last changed or anything went wrong.
    pub repeated: ServerSet,
    /// For each server, what its wait for a better proposal still has to see, if that is counted in message delays.
    pub awaited: [Awaited<N>; N],
    /// The rules of single steps that were broken on the way here.
    pub broken: Broken,
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
    /// What `src`, which is down, had sent `dst` never arrives.
    Lose {
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
    /// Timely, or with an oracle: the server has waited long enough for votes and announces its own again, to everybody.
    CollectTimeout {
        /// Who waits.
        server: usize,
    },
    /// The server has waited long enough for a better proposal.
    FinalizeTimeout {
        /// Who waits.
        server: usize,
    },
    /// A server returns to looking: its leader is gone or does not lead, or it leads and no quorum follows.
    GiveUp {
        /// Who gives up.
        server: usize,
    },
    /// A leader that a quorum follows begins a new epoch, or a server that follows it learns the epoch.
    Activate {
        /// The leader or its follower.
        server: usize,
    },
    /// A server that is down is started.
    Start {
        /// Which.
        server: usize,
    },
    /// A fault: the server crashes.
    Crash {
        /// Which.
        server: usize,
        /// What becomes of it.
        crash: Crash,
    },
    /// A fault: the connection between two servers breaks.
    Break {
        /// One of them.
        a: usize,
        /// The other.
        b: usize,
    },
    /// A fault: a settled server returns to looking for no reason.
    LoseLeader {
        /// Which.
        server: usize,
    },
}

/// The name of the conjunction of everything that must always hold.
pub(crate) const ALL_HOLD: &str = "everything holds that must always hold";

/// What the server does in a step, as commands to its surroundings.
pub(crate) type Effects<const N: usize> = Out<FastLeaderElection<N>>;

impl<const N: usize> State<N> {
    /// Whether the server leads and a quorum, itself included, has settled on it.
    #[must_use]
    pub fn is_established(&self, election: &FastLeaderElection<N>, leader: usize) -> bool {
        let followers = self.followers(leader);
        let granted = self.servers[leader].granted;
        followers.contains(leader) && election.ensemble.is_quorum(followers, granted)
    }

    /// The leader that a quorum follows, itself leading.
    #[must_use]
    pub fn established_leader(&self, election: &FastLeaderElection<N>) -> Option<usize> {
        (0..N).find(|&leader| self.is_established(election, leader))
    }

    /// Who has settled on the server, itself included, and is not attached to an earlier leadership of it.
    #[must_use]
    pub fn followers(&self, leader: usize) -> ServerSet {
        let follows = |&server: &usize| {
            self.leader_of(server) == Some(leader) && !self.outlives_leadership(server, leader)
        };
        (0..N).filter(follows).collect()
    }

    /// Whether the server has learned an epoch from the leader that is not the leader's epoch now: its connection is gone, though
    /// the leader may have come back to lead again.
    fn outlives_leadership(&self, server: usize, leader: usize) -> bool {
        let epoch = |server: usize| {
            let server = &self.servers[server];
            server.active.then(|| server.credentials.epoch())
        };
        epoch(server).is_some_and(|learned| epoch(leader) != Some(learned))
    }

    /// Whom the server has settled on.
    #[must_use]
    pub fn leader_of(&self, server: usize) -> Option<usize> {
        self.servers[server].settled().map(|vote| vote.leader())
    }

    /// The servers that are up.
    #[must_use]
    pub fn live(&self) -> ServerSet {
        (0..N)
            .filter(|&server| self.servers[server].is_up())
            .collect()
    }

    /// The leader, itself leading, that every live server has settled on.
    #[must_use]
    pub fn agreed_leader(&self) -> Option<usize> {
        let leader = (0..N).find(|&server| self.servers[server].leads())?;
        let followers = self.followers(leader);
        let agrees = |server| followers.contains(server);
        self.live().iter().all(agrees).then_some(leader)
    }

    /// Whether the server has settled on one that is down.
    #[must_use]
    pub fn follows_the_dead(&self, server: usize) -> bool {
        let leader = self.leader_of(server);
        leader.is_some_and(|leader| !self.servers[leader].is_up())
    }

    /// Whether the servers that are up and have data, and perhaps the oracle, can elect a leader.
    #[must_use]
    pub fn has_live_quorum(&self, election: &FastLeaderElection<N>) -> bool {
        let can_vote = |&server: &usize| self.servers[server].credentials.has_data();
        let voters: ServerSet = self.live().iter().filter(can_vote).collect();
        let granted = voters.iter().any(|server| self.servers[server].granted);
        election.ensemble.is_quorum(voters, granted)
    }

    /// What arrives next from `src` at `dst`, if that one is up and the connection stands.
    pub(crate) fn under_way(&self, src: usize, dst: usize) -> Option<Notification> {
        let next = self.network.next(src, dst);
        next.filter(|_| self.servers[dst].is_up())
    }

    /// Whether something is under way to the server that could matter. An observer that has settled and a voter that looks answer
    /// each other for as long as the voter looks (ZOOKEEPER-1807), and neither's election hears of it.
    pub(crate) fn is_under_way_to(&self, dst: usize) -> bool {
        let observes = |server: usize| {
            let settled = self.servers[server].settled();
            settled.is_some_and(|vote| vote.state == ServerState::Observing)
        };
        let matters = |src: usize| self.network.next(src, dst).is_some() && !observes(src);
        self.servers[dst].is_up() && !observes(dst) && (0..N).any(matters)
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        !(0..N).any(|dst| self.is_under_way_to(dst))
    }

    /// Whether some looking server waits for this.
    pub(crate) fn any_waits(&self, wait: Wait) -> bool {
        let mut looking = self.servers.iter().filter_map(Server::looking);
        looking.any(|looking| looking.wait == wait)
    }
}

impl<const N: usize> System<N> {
    /// The state in which those of these servers that are to start with the others have just begun to look.
    #[must_use]
    pub fn start(&self, servers: [(Server<N>, bool); N], faults: Faults) -> State<N> {
        let mut state = State {
            servers: servers.map(|(server, _)| server),
            network: Network::silent(),
            faults,
            repeated: ServerSet::NONE,
            awaited: [Awaited::NOTHING; N],
            broken: Broken::default(),
        };
        let mut started: [Effects<N>; N] = std::array::from_fn(|_| Out::new());
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

    /// The state after an action, and what the acting server did; `None` if the action changes nothing.
    #[must_use]
    pub fn step(&self, before: &State<N>, action: Action) -> Option<(State<N>, Effects<N>)> {
        let mut after = *before;
        let mut effects = Out::new();
        match action {
            Action::Deliver { src, dst } => {
                let notification = after.network.link_mut(src, dst).deliver()?;
                self.receive(&mut after, src, dst, notification, &mut effects);
            }
            Action::Supersede { src, dst } | Action::Lose { src, dst } => {
                after.network.link_mut(src, dst).supersede();
            }
            Action::Resend { src, dst } => {
                let notification = self.resent(before, src, dst)?;
                if after.network.is_broken(src, dst) {
                    after.network.send(src, dst, notification, self.links);
                } else {
                    self.receive(&mut after, src, dst, notification, &mut effects);
                }
            }
            Action::CollectTimeout { server } => {
                self.time_out(&mut after, server, Wait::Collecting, &mut effects);
            }
            Action::FinalizeTimeout { server } => {
                self.time_out(&mut after, server, Wait::Finalizing, &mut effects);
            }
            Action::GiveUp { server } | Action::Start { server } => {
                self.look(&mut after, server, &mut effects);
            }
            Action::Activate { server } => self.activate(&mut after, server),
            Action::Crash { server, crash } => {
                *after.faults.crashes_left(crash) -= 1;
                crash.befall(server, &mut after.servers, &mut after.network);
            }
            Action::Break { a, b } => {
                after.faults.breaks -= 1;
                after.network.break_connection(a, b);
                if self.election.is(Mutant::BreakLosesAll) {
                    after.network.lose_all(a, b);
                }
            }
            Action::LoseLeader { server } => {
                after.faults.losses -= 1;
                self.look(&mut after, server, &mut effects);
            }
        }
        // A connection that breaks may lose the question or the answer.
        if after.servers != before.servers || after.faults != before.faults {
            after.repeated = ServerSet::NONE;
        } else if let Action::CollectTimeout { server } = action
            && self.setting == Setting::Timely
        {
            after.repeated = after.repeated.with(server);
        }
        self.pass_time(before, &mut after);
        self.forget(&mut after);
        let may_be_idle = matches!(
            action,
            Action::Resend { .. } | Action::CollectTimeout { .. }
        );
        (!may_be_idle || after != *before).then_some((after, effects))
    }

    /// How the scheduler treats an action. What is sent arrives or is superseded; who is down and returns is started; who follows
    /// an established leader learns of it; a wait that can run out again and again does. Losing and failing is never owed.
    ///
    /// Time-outs are owed strongly because a wait can run out only now and then, when nothing is under way: weak fairness would
    /// let it be passed over for ever.
    #[must_use]
    pub fn fairness(&self, action: &Action) -> Option<(Action, Fairness)> {
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

    /// The properties that do not hold in the state.
    pub fn violated(&self, state: &State<N>) -> impl Iterator<Item = &Claim<N>> {
        let claims = self.claims.iter();
        claims.filter(move |claim| !(claim.condition)(self, state))
    }

    /// What `src` sends `dst` when it announces its vote again.
    pub(crate) fn resent(&self, state: &State<N>, src: usize, dst: usize) -> Option<Notification> {
        let mut effects = Out::new();
        let mut server = Cow::Borrowed(&state.servers[src]);
        self.election
            .on_timeout(src.into(), &mut server, &Wait::Collecting, &mut effects);
        let to_dst = sends(&effects).find(|&(to, _)| to == dst);
        to_dst.map(|(_, notification)| self.election.ensemble.as_written(src, dst, notification))
    }

    fn receive(
        &self,
        state: &mut State<N>,
        src: usize,
        dst: usize,
        notification: Notification,
        effects: &mut Effects<N>,
    ) {
        let config = state.servers[dst].config;
        self.handle(state, dst, effects, |id, server, out| {
            self.election
                .on_msg(id, server, src.into(), notification, out);
        });
        if state.servers[dst].config != config {
            // Its connections belonged to the election that it left.
            state.network.lose_end(dst);
            self.apply(state, dst, effects);
        }
        self.hear_own_vote(state, dst);
    }

    fn time_out(&self, state: &mut State<N>, server: usize, wait: Wait, effects: &mut Effects<N>) {
        self.handle(state, server, effects, |id, server, out| {
            self.election.on_timeout(id, server, &wait, out);
        });
        self.hear_own_vote(state, server);
    }

    /// The server begins to look, whatever it did before.
    fn look(&self, state: &mut State<N>, server: usize, effects: &mut Effects<N>) {
        let looks = self
            .election
            .look_for_leader(server, state.servers[server], effects);
        state.servers[server] = looks;
        self.apply(state, server, effects);
        self.hear_own_vote(state, server);
    }

    /// The server handles an event. A decision clears what it had queued for itself (`leaveInstance`).
    fn handle(
        &self,
        state: &mut State<N>,
        server: usize,
        effects: &mut Effects<N>,
        event: impl FnOnce(Id, &mut Cow<'_, Server<N>>, &mut Effects<N>),
    ) {
        let before = state.servers[server];
        let mut after = Cow::Borrowed(&before);
        event(server.into(), &mut after, effects);
        state.servers[server] = *after;
        self.apply(state, server, effects);
        if before.looking().is_some() && after.settled().is_some() {
            state.network.link_mut(server, server).supersede();
        }
    }

    /// The server learns the new epoch: a leader begins it, above all that its followers know; a follower takes over the leader's
    /// history.
    #[doc(alias = "updateElectionVote")]
    fn activate(&self, state: &mut State<N>, server: usize) {
        let Some(leader) = state.leader_of(server) else {
            return;
        };
        let disk = |server: usize| state.servers[server].credentials;
        let credentials = if leader == server {
            let epochs = state
                .followers(leader)
                .iter()
                .map(|server| disk(server).epoch());
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

    /// Puts what the server sends on its links.
    fn apply(&self, state: &mut State<N>, server: usize, effects: &Effects<N>) {
        for (dst, notification) in sends(effects) {
            if !self
                .election
                .is_sent(server, dst, state.network.link(server, dst), self.links)
            {
                continue;
            }
            let written = self.election.ensemble.as_written(server, dst, notification);
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
            let mut answers = Out::new();
            self.handle(state, server, &mut answers, |id, server, out| {
                self.election.on_msg(id, server, id, own, out);
            });
        }
    }

    /// Drops what can have no consequence any more, so that states that differ in nothing else are one.
    fn forget(&self, state: &mut State<N>) {
        let newest = state.servers.iter().map(|server| server.config).max();
        let restarts = state
            .servers
            .iter()
            .any(|server| Some(server.config) != newest);
        if !state.faults.break_connections() && !restarts {
            state.network.forget_last();
        }
        if self.reduced {
            reduction::leave_out_what_is_outdated(state);
        }
    }

    /// Whether the server may return to looking because of its leader or followers.
    fn may_give_up(&self, state: &State<N>, server: usize, waited: bool) -> bool {
        let Some(leader) = state.leader_of(server) else {
            return false;
        };
        match self.setting {
            Setting::Asynchronous => !state.servers[leader].is_up(),
            Setting::Timely if leader == server => {
                waited
                    && !state.is_established(&self.election, server)
                    && !self.election.is(Mutant::LeaderNeverGivesUp)
            }
            Setting::Timely => {
                waited
                    && !self.election.is(Mutant::FollowerNeverGivesUp)
                    && (!state.servers[leader].leads() || state.outlives_leadership(server, leader))
            }
        }
    }

    /// Whether the server is a leader that is established, or follows one that is, and has yet to learn the new epoch.
    fn may_activate(&self, state: &State<N>, server: usize) -> bool {
        let settled_on = state.leader_of(server);
        self.activation
            && !state.servers[server].active
            && settled_on.is_some_and(|leader| {
                state.is_established(&self.election, leader)
                    && (leader == server || state.servers[leader].active)
            })
    }

    /// What can happen to the server by itself.
    fn actions_of(&self, state: &State<N>, server: usize, waited: bool, actions: &mut Vec<Action>) {
        match &state.servers[server].election {
            Election::Down { returns: true } => actions.push(Action::Start { server }),
            Election::Down { returns: false } => {}
            Election::Looking(looking) => match looking.wait {
                Wait::Finalizing
                    if self.may_settle(state, server)
                        || self.election.is(Mutant::FinalizesInNoTime) =>
                {
                    actions.push(Action::FinalizeTimeout { server });
                }
                Wait::Collecting if self.announces_to_all(state, server) => {
                    actions.push(Action::CollectTimeout { server });
                }
                _ => {}
            },
            Election::Settled(_) => {
                if self.may_give_up(state, server, waited) {
                    actions.push(Action::GiveUp { server });
                }
                if self.may_activate(state, server) {
                    actions.push(Action::Activate { server });
                }
            }
        }
    }

    /// Whether a server that collects votes may announce its own again, in one step for all.
    fn announces_to_all(&self, state: &State<N>, server: usize) -> bool {
        if self.election.is(Mutant::DeadPeerSilences) && state.live() != ServerSet::first(N) {
            return false;
        }
        match self.setting {
            Setting::Asynchronous => self.election.ensemble.has_oracle(),
            Setting::Timely => {
                !state.repeated.contains(server)
                    && state.is_silent()
                    && !state.any_waits(Wait::Finalizing)
            }
        }
    }

    /// What can happen on the links from a server.
    fn actions_on_links(&self, state: &State<N>, src: usize, actions: &mut Vec<Action>) {
        let looking = state.servers[src].looking();
        let announces = self.setting == Setting::Asynchronous
            && !self.election.ensemble.has_oracle()
            && looking.is_some_and(|looking| looking.wait == Wait::Collecting);
        for dst in (0..N).filter(|&dst| state.servers[dst].is_up()) {
            let arrives = state.network.next(src, dst).is_some();
            if arrives {
                actions.push(Action::Deliver { src, dst });
                if state.network.link(src, dst).is_full() {
                    actions.push(Action::Supersede { src, dst });
                }
                if !state.servers[src].is_up() {
                    actions.push(Action::Lose { src, dst });
                }
            } else if announces {
                actions.push(Action::Resend { src, dst });
            }
        }
    }

    /// What can go wrong.
    fn actions_of_faults(state: &State<N>, actions: &mut Vec<Action>) {
        let mut faults = state.faults;
        if !faults.any() {
            return;
        }
        for server in state.live().iter() {
            for crash in Crash::ALL {
                if *faults.crashes_left(crash) > 0 {
                    actions.push(Action::Crash { server, crash });
                }
            }
            if faults.losses > 0 && state.servers[server].settled().is_some() {
                actions.push(Action::LoseLeader { server });
            }
            if faults.breaks > 0 {
                let peers = state.live().iter().filter(|&peer| peer > server);
                let stand = peers.filter(|&peer| !state.network.is_broken(server, peer));
                actions.extend(stand.map(|b| Action::Break { a: server, b }));
            }
        }
    }
}

/// The notifications that a server sends, with their receivers.
pub(crate) fn sends<const N: usize>(
    effects: &Effects<N>,
) -> impl Iterator<Item = (usize, Notification)> {
    effects.iter().filter_map(|command| match command {
        Command::Send(dst, notification) => Some((usize::from(*dst), *notification)),
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
        let asked = |server: usize| {
            state.repeated.contains(server) || state.servers[server].looking().is_none()
        };
        let waited = self.setting == Setting::Timely
            && !state.any_waits(Wait::Finalizing)
            && (0..N).all(asked)
            && state.is_silent();
        for server in 0..N {
            self.actions_of(state, server, waited, actions);
            self.actions_on_links(state, server, actions);
        }
        Self::actions_of_faults(state, actions);
    }

    fn next_state(&self, before: &State<N>, action: Action) -> Option<State<N>> {
        let (mut after, effects) = self.step(before, action)?;
        // Properties of runs are of states alone.
        if !self.claims.is_empty() && self.claims.iter().all(|claim| claim.kind.is_of_runs()) {
            return Some(after);
        }
        let step = Step {
            election: &self.election,
            before,
            action,
            after: &after,
            effects: &effects,
        };
        let broken = step.broken_rules();
        after.broken = after.broken.and(broken);
        Some(after)
    }

    fn within_boundary(&self, state: &State<N>) -> bool {
        let is_within = state.servers.iter().all(Server::is_within_bounds);
        if !is_within {
            self.beyond.count();
        }
        is_within
    }

    /// What must always hold is one property to stateright, which asks for each of its properties by name in every state.
    fn properties(&self) -> Vec<Property<Self>> {
        let is_always = |claim: &Claim<N>| matches!(claim.kind, Kind::Always { .. });
        if self.claims.iter().all(is_always) {
            return vec![Property::always(ALL_HOLD, |system: &Self, state| {
                system.violated(state).next().is_none()
            })];
        }
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
