//! Servers and connections together, and what surrounds them: what can happen, and what comes of
//! it.
//!
//! The election is an oracle without any sense: whoever looks may be told at any time that it is
//! elected, or that any other is. So nothing that must always hold rests on the election. Where it
//! has sense, it comes to what votes can come to ([`votes`]).
//!
//! An event and its effects are one step, unless the server crashes in between
//! ([`Action::CrashIn`]): what others do meanwhile could as well be done before or after, since
//! they see of it only what has been sent. A crash between two sends is one after both, the second
//! of which is lost.

mod fingerprint;
mod state;
pub mod timely;
pub mod votes;

pub use state::{Faults, State};

use super::leader::LearnerStage;
use super::mutants::Mutant;
use super::network::Packet;
use super::protocol::{Effect, Event, Protocol};
use super::server::{Role, Server};
use super::terms::{Bond, Elections, Epoch, History, Knowledge, Stored};
use crate::frame::system::{Fairness, TransitionSystem};
use crate::terms::set::ServerSet;
use crate::terms::setting::Setting;
use std::sync::Arc;

/// The system of a scenario with `N` servers.
#[derive(Clone)]
pub struct System<const N: usize> {
    /// The rules.
    pub protocol: Protocol<N>,
    /// When what takes time happens.
    pub setting: Setting,
    /// By what servers are elected.
    pub elections: Elections,
    /// Who may be elected.
    pub leaders: ServerSet,
    /// What happens first.
    pub prelude: Arc<[Action]>,
    /// The initial states.
    pub(crate) starts: Vec<State<N>>,
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
    /// It crashes, unless it is down, and its disk is empty then.
    Lose(usize),
    /// It crashes, unless it is down, and this is what its disk says then: something older.
    RollBack(usize, Epoch, Epoch, History),
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
    /// It asks this one what it has accepted, and is answered.
    Asks(usize),
    /// Nobody counts any more on what this learner may have answered elsewhere.
    Settles(usize),
    /// It is to add a transaction.
    Appends,
    /// It is to hand over to this one.
    HandsOver(usize),
    /// It waits no longer.
    GivesUp,
}

/// What the scheduler owes by itself: a server's reading what one sent it, its seeing a
/// connection's end, its being told of an election, its start, its waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Duty {
    /// To read the next packet of this one.
    Reads(usize, usize),
    /// To see that the connection with this one has ended.
    Sees(usize, usize),
    /// To hear who is elected.
    Hears(usize),
    /// To start.
    Starts(usize),
    /// That its promise ends.
    IsReleased(usize),
    /// That it loses patience.
    GivesUp(usize),
    /// To ask this one.
    Asks(usize, usize),
    /// That nobody counts any more on answers of this learner.
    Settles(usize, usize),
}

/// An event at a server, and what it did about it.
#[derive(Clone, Debug)]
pub struct Done<const N: usize> {
    /// The server.
    pub me: usize,
    /// What happened to it.
    pub event: Event,
    /// How it stands after the event, before any effect.
    pub met: Server<N>,
    /// What it did, in order: up to a crash, if it crashed.
    pub effects: Vec<Effect>,
}

/// Between effects of one event: more are never between two stores, or between a store and a
/// packet.
const CRASH_POINTS: std::ops::RangeInclusive<u8> = 1..=4;

impl<const N: usize> System<N> {
    /// What happens to the server, and what it does about it; the state after the event, before any
    /// effect.
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
                if !before.network.has_ended(me, peer) && before.network.is_up(me, peer) {
                    after.faults.resets = after.faults.resets.map(|resets| resets - 1);
                }
                after.network.close(me, peer);
                Event::End(peer)
            }
            Cause::IsReleased => Event::Release,
            Cause::Asks(peer) => Event::Told(peer, before.servers[peer].answer()),
            Cause::Settles(learner) => Event::Settle(learner),
            Cause::Appends => {
                after.faults.appends -= 1;
                Event::Append
            }
            Cause::HandsOver(heir) => {
                after.faults.transfers -= 1;
                Event::HandOver(heir)
            }
            Cause::GivesUp => {
                after.faults.resets = after.faults.resets.map(|resets| resets - 1);
                Event::GiveUp
            }
        };
        let effects = self.protocol.handle(me, &mut after.servers[me], event);
        Some((after, event, effects))
    }

    /// What the server does about an event, as far as it comes, and where that leads.
    fn take(
        &self,
        before: &State<N>,
        me: usize,
        cause: Cause,
        crash_after: Option<u8>,
    ) -> Option<(State<N>, Option<Done<N>>)> {
        let (mut after, event, mut effects) = self.handle(before, me, cause)?;
        let met = after.servers[me];
        if let Some(count) = crash_after {
            let done = crash_point(&effects, count)?.len();
            effects.truncate(done);
        }
        for &effect in &effects {
            Self::carry_out(&mut after, me, effect);
        }
        if crash_after.is_some() {
            Self::crash(&mut after, me);
            after.faults.crashes -= 1;
        }
        let done = Done {
            me,
            event,
            met,
            effects,
        };
        Some((after, Some(done)))
    }

    /// An effect comes about.
    fn carry_out(state: &mut State<N>, me: usize, effect: Effect) {
        let State {
            servers, network, ..
        } = state;
        match effect {
            Effect::StoreAccepted(_)
            | Effect::StoreCurrent(_)
            | Effect::StoreHistory(_)
            | Effect::StoreKnown => servers[me].carry_out(effect),
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
        server.bond = Bond::Free;
        server.without_past = ServerSet::NONE;
        server.role = Role::Down;
        state.network.close_all(me);
    }

    /// The server is down, and this is on its disk. An observer's promises count for nobody, so it
    /// need not know them. A history that is not told is nothing that could be had again, and
    /// stays.
    fn replace_disk(&self, state: &mut State<N>, me: usize, disk: Stored, history: History) {
        Self::crash(state, me);
        let disk = match self.protocol.ensemble.voters().contains(me) {
            true => disk,
            false => Stored {
                knowledge: Knowledge::Complete,
                ..disk
            },
        };
        state.servers[me].disk = disk;
        state.servers[me].memory = disk;
        if self.protocol.replicates {
            state.servers[me].history = history;
        }
    }

    /// What an older disk of the server can say: epochs only rise, and what was made in one came
    /// with it. Left out: transactions that a leader has cut off since.
    fn older(&self, server: &Server<N>) -> impl Iterator<Item = (Epoch, Epoch, History)> {
        let (disk, history) = (server.disk, server.history);
        let may_be_shorter = self.protocol.replicates;
        let accepted = 0..=disk.accepted.0;
        let epochs = accepted.flat_map(move |accepted| {
            let current = 0..=disk.current.0.min(accepted);
            current.map(move |current| (Epoch(accepted), Epoch(current)))
        });
        let all = epochs.flat_map(move |(accepted, current)| {
            let histories = history.beginnings();
            let histories = histories.filter(move |&it| may_be_shorter || it == history);
            let of_then = histories.filter(move |it| it.last().epoch <= current);
            of_then.map(move |history| (accepted, current, history))
        });
        all.filter(move |&older| older != (disk.accepted, disk.current, history))
    }

    /// The state after an action, but for the votes and the prelude.
    fn happen(&self, before: &State<N>, action: Action) -> Option<(State<N>, Option<Done<N>>)> {
        let mut after = *before;
        match action {
            Action::Take(me, cause) => return self.take(before, me, cause, None),
            Action::CrashIn(me, cause, count) => return self.take(before, me, cause, Some(count)),
            Action::Crash(me) => {
                Self::crash(&mut after, me);
                after.faults.crashes -= 1;
            }
            Action::Lose(me) => {
                self.replace_disk(&mut after, me, Stored::BLANK, History::NONE);
                after.faults.losses -= 1;
            }
            Action::RollBack(me, accepted, current, history) => {
                let disk = Stored {
                    accepted,
                    current,
                    knowledge: Knowledge::Lost,
                };
                self.replace_disk(&mut after, me, disk, history);
                after.faults.rollbacks -= 1;
            }
            Action::Start(me) => self.protocol.start(&mut after.servers[me]),
            Action::Break { learner, leader } => {
                after.faults.breaks -= 1;
                return self.take(&after, leader, Cause::SeesEnd(learner), None);
            }
        }
        Some((after, None))
    }

    fn causes(&self, state: &State<N>, me: usize, causes: &mut Vec<Cause>) {
        let server = &state.servers[me];
        let runs = |server: usize| state.servers[server].role != Role::Down;
        let loses_patience = state.faults.resets != Some(0);
        match server.role {
            Role::Down => return,
            Role::Looking(_) => {
                let others = self.leaders.iter().filter(|&peer| peer != me && runs(peer));
                causes.extend(others.map(Cause::Told));
                causes.extend(self.may_be_elected(state, me).then_some(Cause::Elected));
            }
            Role::Leading(leader) => {
                causes.extend(loses_patience.then_some(Cause::GivesUp));
                if state.faults.appends > 0 && leader.established().is_some() {
                    causes.push(Cause::Appends);
                }
                if state.faults.transfers > 0 {
                    let heirs = leader.candidates(&self.protocol.ensemble);
                    causes.extend(heirs.map(Cause::HandsOver));
                }
                let learners = (0..N).filter(|&learner| self.settles(state, me, learner));
                causes.extend(learners.map(Cause::Settles));
            }
            Role::Learning(learner) => {
                causes.extend(loses_patience.then_some(Cause::GivesUp));
                let leader = learner.leader.index();
                let is_reset = state.faults.resets.is_some_and(|resets| resets > 0)
                    && !state.network.has_ended(me, leader);
                causes.extend(is_reset.then_some(Cause::SeesEnd(leader)));
            }
        }
        for peer in 0..N {
            if state.network.next(me, peer).is_some() {
                causes.push(Cause::Receives(peer));
            }
            if state.network.has_ended(me, peer) {
                causes.push(Cause::SeesEnd(peer));
            }
            if self.asks(state, me, peer) {
                causes.push(Cause::Asks(peer));
            }
        }
        let follows = matches!(server.role, Role::Learning(_)) && server.established().is_some();
        if server.bond != Bond::Free && !follows {
            causes.push(Cause::IsReleased);
        }
        if self.setting == Setting::Timely {
            causes.retain(|&cause| self.is_timely(state, me, cause));
        }
    }

    /// Whether a server with an empty disk asks this one, which runs, and has not answered yet.
    pub(super) fn asks(&self, state: &State<N>, me: usize, peer: usize) -> bool {
        let server = &state.servers[me];
        server.role != Role::Down
            && server.memory.knowledge == Knowledge::Blank
            && self.protocol.ensemble.voters().without(me).contains(peer)
            && !server.without_past.contains(peer)
            && state.servers[peer].role != Role::Down
    }

    /// Whether nobody counts on answers of this learner, which the leader keeps aside, but this
    /// leader and those that are established already. It stands for the time after which a leader
    /// that is not established counts on nothing that it was answered. That a learner is asked no
    /// more than once more than it has answered keeps what is under way short.
    pub(super) fn settles(&self, state: &State<N>, leader: usize, learner: usize) -> bool {
        let Role::Leading(it) = &state.servers[leader].role else {
            return false;
        };
        let mut others = (0..N).filter(|&other| other != leader && other != learner);
        it.is_unsettled(learner)
            && it.unanswered.iter().all(|&answers| answers <= 1)
            && (self.protocol.is(Mutant::UnsettledConfirmed)
                || !others.any(|other| Self::counts_on(state, other, learner)))
    }

    /// Whether a leader that is not established counts on an answer of the learner, or will.
    fn counts_on(state: &State<N>, leader: usize, learner: usize) -> bool {
        let Role::Leading(it) = &state.servers[leader].role else {
            return false;
        };
        let mut under_way = state.network.connection(learner, leader).up.packets();
        it.established().is_none()
            && (it.learners[learner] >= Some(LearnerStage::Promised)
                || under_way.any(Packet::is_answer))
    }
}

/// What is done before a crash that falls between two effects, of which one stores.
fn crash_point(effects: &[Effect], count: u8) -> Option<&[Effect]> {
    let (done, left) = effects.split_at_checked(count.into())?;
    let stores = |effect: &Effect| {
        matches!(
            effect,
            Effect::StoreAccepted(_)
                | Effect::StoreCurrent(_)
                | Effect::StoreHistory(_)
                | Effect::StoreKnown
        )
    };
    let is_at_store = done.last().is_some_and(stores) || left.first().is_some_and(stores);
    (is_at_store && !left.is_empty()).then_some(done)
}

impl<const N: usize> TransitionSystem for System<N> {
    type State = State<N>;
    type Action = Action;
    /// Of an event at a server, what it did about it.
    type Effects = Option<Done<N>>;
    type Duty = Duty;

    fn init(&self) -> &[State<N>] {
        &self.starts
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        if let Some(&first) = self.prelude.get(usize::from(state.begun)) {
            actions.push(first);
            return;
        }
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
            if state.faults.losses > 0 {
                actions.push(Action::Lose(me));
            }
            if state.faults.rollbacks > 0 {
                let older = self.older(&state.servers[me]);
                actions.extend(older.map(|(accepted, current, history)| {
                    Action::RollBack(me, accepted, current, history)
                }));
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

    fn step(
        &self,
        before: &State<N>,
        action: Action,
        after: &mut State<N>,
    ) -> Option<Option<Done<N>>> {
        let (happened, done) = self.happen(before, action)?;
        *after = happened;
        if usize::from(after.begun) < self.prelude.len() {
            after.begun += 1;
        }
        self.count_votes(after);
        Some(done)
    }

    /// In time there is one epoch more than the scenario has: a leader that gave up for want of
    /// epochs would do so for ever.
    fn within_bounds(&self, state: &State<N>) -> bool {
        let accepted = state.servers.iter().map(|server| server.memory.accepted);
        self.setting == Setting::Asynchronous
            || accepted.into_iter().all(|epoch| epoch < self.protocol.last)
    }

    fn fairness(&self, action: &Action) -> Option<(Duty, Fairness)> {
        Self::owed(action)
    }
}
