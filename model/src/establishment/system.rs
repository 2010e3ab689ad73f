//! Servers and connections together, and what surrounds them: the [`stateright::Model`].
//!
//! The election is an oracle without any sense: whoever looks may be told at any time that it is elected, or that any other is. So
//! nothing that must always hold rests on the election.
//!
//! An event and its effects are one step, unless the server crashes in between ([`Action::CrashIn`]): what others do meanwhile
//! could as well be done before or after, since they see of it only what has been sent. A crash between two sends is one after
//! both, the second of which is lost.

use super::network::Network;
use super::properties::{Broken, Claim};
use super::server::{Effect, Epoch, Event, Protocol, Role, Server};
use crate::liveness::ALL_HOLD;
use crate::progress::Counter;
use stateright::{Model, Property};
use std::fmt;

/// The whole: what a scenario checks.
#[derive(Clone)]
pub struct System<const N: usize> {
    /// The rules.
    pub protocol: Protocol<N>,
    /// The initial states.
    pub starts: Vec<State<N>>,
    /// The properties.
    pub claims: Vec<Claim<N>>,
    /// How many states have been expanded.
    pub expanded: Counter,
}

/// Everything at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State<const N: usize> {
    /// The servers.
    pub servers: [Server<N>; N],
    /// The connections.
    pub network: Network<N>,
    /// What may still go wrong.
    pub faults: Faults,
    /// What no server knows, for properties.
    pub past: Past<N>,
}

/// How often each fault may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize)]
pub struct Faults {
    /// A server crashes, and is started again.
    pub crashes: u8,
    /// A leader loses the connection with a learner, which has yet to see that.
    pub breaks: u8,
}

/// What properties need to know of the past.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Past<const N: usize> {
    /// The epochs of established leaders, a bit for each.
    pub established: u8,
    /// The greatest epoch that each server has promised to another.
    pub promised: [Epoch; N],
    /// For each leader the greatest epoch that was established before it proposed its own.
    pub floor: [Epoch; N],
    /// The rules that a step has broken.
    pub broken: Broken,
}

/// What can happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// Something happens to a server, which does all that it does about it.
    Take(usize, Cause),
    /// The same, but it crashes after so many effects.
    CrashIn(usize, Cause, u8),
    /// The server crashes.
    Crash(usize),
    /// It is started again.
    Start(usize),
    /// The leader loses its connection with the learner.
    Break {
        /// The learner.
        learner: usize,
        /// The leader.
        leader: usize,
    },
}

/// Why something happens to a server: [`Event`], before it is known what arrives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// It is elected.
    Elected,
    /// It is told that this one is elected.
    Told(usize),
    /// It receives the next packet of this server.
    Receives(usize),
    /// It sees that the connection with this server has ended.
    SeesEnd(usize),
    /// An earlier promise is over.
    IsReleased,
    /// It waits no longer.
    GivesUp,
}

/// One step of one server.
pub(super) struct Step<'a, const N: usize> {
    pub(super) me: usize,
    pub(super) event: Event,
    pub(super) before: &'a State<N>,
}

/// Between effects of one event: more are never between two stores, or between a store and a packet.
const CRASH_POINTS: std::ops::RangeInclusive<u8> = 1..=4;

impl Faults {
    /// None.
    pub const NONE: Self = Self {
        crashes: 0,
        breaks: 0,
    };
}

impl<const N: usize> State<N> {
    /// All servers running, nothing under way.
    #[must_use]
    pub fn new(servers: [Server<N>; N], faults: Faults) -> Self {
        Self {
            servers,
            network: Network::default(),
            faults,
            past: Past {
                established: 0,
                promised: servers.map(|server| server.disk.accepted),
                floor: [Epoch(0); N],
                broken: Broken::default(),
            },
        }
    }
}

impl<const N: usize> Past<N> {
    /// Whether a leader of this epoch was ever established.
    #[must_use]
    pub fn was_established(&self, epoch: Epoch) -> bool {
        self.established >> epoch.0 & 1 == 1
    }

    /// The greatest epoch of an established leader; 0 if there was none.
    #[must_use]
    pub fn latest(&self) -> Epoch {
        let established = (1..8)
            .rev()
            .find(|&epoch| self.was_established(Epoch(epoch)));
        Epoch(established.unwrap_or(0))
    }
}

impl<const N: usize> System<N> {
    /// What happens to the server, and what it does about it; the state after the event, before any effect.
    #[must_use]
    pub fn handle(
        &self,
        before: &State<N>,
        me: usize,
        cause: Cause,
    ) -> Option<(State<N>, Event, Vec<Effect>)> {
        let mut after = *before;
        let event = match cause {
            Cause::Elected => Event::Lead,
            Cause::Told(leader) => Event::Learn(leader),
            Cause::Receives(from) => {
                let packet = before.network.next(me, from)?;
                after.network.receive(me, from);
                Event::Hear { from, packet }
            }
            Cause::SeesEnd(peer) => {
                after.network.close(me, peer);
                Event::End(peer)
            }
            Cause::IsReleased => Event::Release,
            Cause::GivesUp => Event::GiveUp,
        };
        let effects = self.protocol.handle(me, &mut after.servers[me], event);
        Some((after, event, effects))
    }

    fn take(
        &self,
        before: &State<N>,
        me: usize,
        cause: Cause,
        crash_after: Option<u8>,
    ) -> Option<State<N>> {
        let (mut after, event, effects) = self.handle(before, me, cause)?;
        let carried_out = match crash_after {
            None => &effects[..],
            Some(count) => crash_point(&effects, count)?,
        };
        let step = Step { me, event, before };
        let mut broken = step.broken_by_event(&after);
        step.remember_floor(&mut after);
        for &effect in carried_out {
            Self::carry_out(&mut after, me, effect);
            broken = broken.and(step.broken_by_effect(&after, effect));
            step.remember(&mut after, effect);
        }
        after.past.broken = after.past.broken.and(broken);
        if crash_after.is_some() {
            Self::crash(&mut after, me);
        }
        Some(after)
    }

    fn carry_out(state: &mut State<N>, me: usize, effect: Effect) {
        let State {
            servers, network, ..
        } = state;
        match effect {
            Effect::StoreAccepted(epoch) => servers[me].disk.accepted = epoch,
            Effect::StoreCurrent(epoch) => servers[me].disk.current = epoch,
            Effect::Connect(leader) => network.connect(me, leader),
            Effect::Send { to, packet } => network.send(me, to, packet),
            Effect::Close(peer) => network.close(me, peer),
            Effect::Established(_) => {}
            Effect::Quit => network.close_all(me),
        }
    }

    fn crash(state: &mut State<N>, me: usize) {
        let server = &mut state.servers[me];
        server.memory = server.disk;
        server.is_bound = false;
        server.outbid = Epoch(0);
        server.role = Role::Down;
        state.network.close_all(me);
        state.faults.crashes -= 1;
        state.past.floor[me] = Epoch(0);
    }

    fn causes(&self, state: &State<N>, me: usize, causes: &mut Vec<Cause>) {
        let server = &state.servers[me];
        let voters = self.protocol.ensemble.voters();
        let runs = |server: usize| !matches!(state.servers[server].role, Role::Down);
        match server.role {
            Role::Down => return,
            Role::Looking(_) => {
                let others =
                    (0..N).filter(|&peer| peer != me && voters.contains(peer) && runs(peer));
                causes.extend(others.map(Cause::Told));
                causes.extend(voters.contains(me).then_some(Cause::Elected));
            }
            Role::Leading(_) | Role::Learning(_) => causes.push(Cause::GivesUp),
        }
        for peer in 0..N {
            if state.network.next(me, peer).is_some() {
                causes.push(Cause::Receives(peer));
            }
            if state.network.has_ended(me, peer) {
                causes.push(Cause::SeesEnd(peer));
            }
        }
        let follows = matches!(server.role, Role::Learning(_)) && server.established().is_some();
        if server.is_bound && !follows {
            causes.push(Cause::IsReleased);
        }
    }
}

/// What is done before a crash that falls between two effects, of which one stores.
fn crash_point(effects: &[Effect], count: u8) -> Option<&[Effect]> {
    let (done, left) = effects.split_at_checked(count.into())?;
    let stores =
        |effect: &Effect| matches!(effect, Effect::StoreAccepted(_) | Effect::StoreCurrent(_));
    let is_at_store = done.last().is_some_and(stores) || left.first().is_some_and(stores);
    (is_at_store && !left.is_empty()).then_some(done)
}

impl<const N: usize> Model for System<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<State<N>> {
        self.starts.clone()
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        self.expanded.count();
        let mut causes = Vec::new();
        for me in 0..N {
            causes.clear();
            self.causes(state, me, &mut causes);
            for &cause in &causes {
                actions.push(Action::Take(me, cause));
                if state.faults.crashes > 0 {
                    actions.extend(CRASH_POINTS.map(|count| Action::CrashIn(me, cause, count)));
                }
            }
            let is_down = state.servers[me].role == Role::Down;
            if is_down {
                actions.push(Action::Start(me));
            } else if state.faults.crashes > 0 {
                actions.push(Action::Crash(me));
            }
            if state.faults.breaks > 0 {
                let lost = (0..N).filter(|&learner| state.network.is_up(learner, me));
                actions.extend(lost.map(|learner| Action::Break {
                    learner,
                    leader: me,
                }));
            }
        }
    }

    fn next_state(&self, before: &State<N>, action: Action) -> Option<State<N>> {
        let mut after = *before;
        match action {
            Action::Take(me, cause) => return self.take(before, me, cause, None),
            Action::CrashIn(me, cause, count) => return self.take(before, me, cause, Some(count)),
            Action::Crash(me) => Self::crash(&mut after, me),
            Action::Start(me) => self.protocol.start(&mut after.servers[me]),
            Action::Break { learner, leader } => {
                after.faults.breaks -= 1;
                return self.take(&after, leader, Cause::SeesEnd(learner), None);
            }
        }
        Some(after)
    }

    /// What must always hold is one property to stateright, which asks for each of its properties by name in every state.
    fn properties(&self) -> Vec<Property<Self>> {
        if self.claims.iter().all(|claim| claim.kind.kills()) {
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
}

impl<const N: usize> System<N> {
    /// The properties that do not hold in the state.
    pub fn violated<'a>(&'a self, state: &'a State<N>) -> impl Iterator<Item = &'a Claim<N>> {
        let claims = self.claims.iter();
        claims.filter(|claim| !(claim.condition)(self, state))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Take(me, cause) => write!(f, "{} {cause}", me + 1),
            Self::CrashIn(me, cause, count) => {
                write!(f, "{} {cause} and crashes after {count} effect(s)", me + 1)
            }
            Self::Crash(me) => write!(f, "{} crashes", me + 1),
            Self::Start(me) => write!(f, "{} is started", me + 1),
            Self::Break { learner, leader } => {
                let (learner, leader) = (learner + 1, leader + 1);
                write!(
                    f,
                    "{leader} loses the connection with its learner {learner}"
                )
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Elected => write!(f, "is elected"),
            Self::Told(leader) => write!(f, "is told that {} is elected", leader + 1),
            Self::Receives(from) => write!(f, "receives from {}", from + 1),
            Self::SeesEnd(peer) => {
                write!(f, "sees that the connection with {} has ended", peer + 1)
            }
            Self::IsReleased => write!(f, "is not bound by an earlier promise any more"),
            Self::GivesUp => write!(f, "gives up"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::StoreAccepted(epoch) => write!(f, "stores accepted epoch {epoch:?}"),
            Self::StoreCurrent(epoch) => write!(f, "stores current epoch {epoch:?}"),
            Self::Connect(leader) => write!(f, "connects to {}", leader + 1),
            Self::Send { to, packet } => write!(f, "sends {packet:?} to {}", to + 1),
            Self::Close(peer) => write!(f, "disconnects {}", peer + 1),
            Self::Established(epoch) => write!(f, "is in established epoch {epoch:?}"),
            Self::Quit => write!(f, "looks for a leader again"),
        }
    }
}
