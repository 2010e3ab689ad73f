//! What is remembered of the way to a state, and which rules of single steps were broken on it.
//!
//! A rule is judged at every effect by itself: an event has several, and what is on the disk
//! between two of them is what a crash would leave. So the effects of a step are written once more
//! here. The mark is never set in a correct model, so that it costs no states.

use super::leader::{Leader, LearnerStage, Stage};
use super::learner;
use super::network::Packet;
use super::protocol::{Effect, Event};
use super::server::{Role, Server};
use super::system::{Action, Done, State, System};
use super::terms::{Epoch, History, Stored};
use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A property of single steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// An epoch is established once.
    EstablishedOnce,
    /// What is proposed after an epoch was established, and is established, is later.
    LaterIsGreater,
    /// After every single write the current epoch is not above the accepted one, and neither has
    /// fallen.
    DiskOnlyRises,
    /// No epoch is promised twice.
    PromisedOnce,
    /// What is acknowledged or proposed is on the disk.
    StoredFirst,
    /// No promise is taken from a server with better credentials.
    BestCredentials,
    /// Who is established has all that is committed.
    CommittedIsKept,
    /// What is committed is what was committed before, and more.
    CommittedOnlyGrows,
}

/// The rules that were broken, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Broken(u8);

impl Broken {
    /// Whether this rule was.
    #[must_use]
    pub fn contains(self, rule: Rule) -> bool {
        self.0 >> rule as u8 & 1 == 1
    }

    /// Those that are, of these.
    fn of(rules: impl IntoIterator<Item = (Rule, bool)>) -> Self {
        let broken = rules.into_iter().filter(|(_, holds)| !holds);
        Self(broken.fold(0, |bits, (rule, _)| bits | 1 << rule as u8))
    }

    /// With all of these.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken = Rule::ALL.into_iter().filter(|&rule| self.contains(rule));
        f.debug_set().entries(broken).finish()
    }
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 8] = [
        Self::EstablishedOnce,
        Self::LaterIsGreater,
        Self::DiskOnlyRises,
        Self::PromisedOnce,
        Self::StoredFirst,
        Self::BestCredentials,
        Self::CommittedIsKept,
        Self::CommittedOnlyGrows,
    ];
}

/// What properties need to know of the past, and no server does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct Past<const N: usize> {
    /// The epochs of established leaders, a bit for each.
    pub established: u8,
    /// The greatest epoch that each server has promised to another.
    pub promised: [Epoch; N],
    /// For each leader the greatest epoch that was established before it proposed its own.
    pub floor: [Epoch; N],
    /// For each leader those that have promised to help no other, where that is not over by time.
    pub kept: [ServerSet; N],
    /// What a quorum has had in one epoch, each of it in that epoch: it may be committed. Nothing
    /// where there are no transactions.
    pub committed: History,
    /// The rules that a step has broken.
    pub broken: Broken,
}

/// In one word for each server, and one: every transition has it hashed.
impl<const N: usize> Hash for Past<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            established,
            promised,
            floor,
            kept,
            committed,
            broken,
        } = self;
        for ((promised, floor), kept) in promised.iter().zip(floor).zip(kept) {
            hasher.write_u32(u32::from_be_bytes([promised.0, floor.0, kept.bits(), 0]));
        }
        let [first, second] = committed.bits().to_be_bytes();
        hasher.write_u32(u32::from_be_bytes([*established, first, second, broken.0]));
    }
}

impl<const N: usize> Past<N> {
    /// What there is to remember in an initial state.
    #[must_use]
    pub fn of(start: &State<N>) -> Self {
        Self {
            established: 0,
            promised: start.servers.map(|server| server.disk.accepted),
            floor: [Epoch(0); N],
            kept: [ServerSet::NONE; N],
            committed: History::NONE,
            broken: Broken::default(),
        }
    }

    /// What is remembered after a step.
    #[must_use]
    pub fn after(
        mut self,
        before: &State<N>,
        action: Action,
        after: &State<N>,
        done: Option<&Done<N>>,
    ) -> Self {
        if let Some(done) = done {
            Judged { before, done }.judge(&mut self);
        }
        match action {
            Action::Take(..) | Action::Start(_) | Action::Break { .. } => {}
            Action::CrashIn(me, ..) | Action::Crash(me) => self.forget(me),
            // What is forgotten is not promised any more.
            Action::Lose(me) | Action::RollBack(me, ..) => {
                self.forget(me);
                self.promised[me] = after.servers[me].disk.accepted;
            }
        }
        if let Some(done) = done {
            self.keep(done, after);
        }
        self
    }

    /// The server has crashed.
    fn forget(&mut self, me: usize) {
        self.floor[me] = Epoch(0);
        self.kept[me] = ServerSet::NONE;
    }

    /// Whose promises to help no other leader are not over: time ends all of one server's at once.
    /// What a leader does not count on is of no interest.
    fn keep(&mut self, done: &Done<N>, after: &State<N>) {
        for (kept, server) in self.kept.iter_mut().zip(&after.servers) {
            if done.event == Event::Release {
                *kept = kept.without(done.me);
            }
            *kept = match leader(server) {
                Some(leader) => {
                    let counted = leader.those_at(LearnerStage::Activating);
                    kept.iter().filter(|&it| counted.contains(it)).collect()
                }
                None => ServerSet::NONE,
            };
        }
    }

    /// With what is committed now. A server acknowledges a history by having it in the epoch of
    /// its leader, so what a quorum has in one epoch is committed as soon as the leader hears of
    /// it.
    #[must_use]
    pub fn committing(mut self, system: &System<N>, state: &State<N>) -> Self {
        for server in &state.servers {
            let has = |it: &Server<N>, history| {
                it.disk.current == server.disk.current && it.history.contains(history)
            };
            let is_committed = |&history: &History| {
                let have = (0..N).filter(|&it| has(&state.servers[it], history));
                system.protocol.ensemble.has_quorum(have.collect(), false)
            };
            let mut beginnings = server.history.beginnings();
            let committed = beginnings.find(is_committed).unwrap_or_default();
            if committed.contains(self.committed) {
                self.committed = committed;
            } else if !self.committed.contains(committed) {
                self.broken = self
                    .broken
                    .and(Broken::of([(Rule::CommittedOnlyGrows, false)]));
            }
        }
        self
    }

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

/// An event at a server that is judged effect by effect.
struct Judged<'a, const N: usize> {
    before: &'a State<N>,
    done: &'a Done<N>,
}

impl<const N: usize> Judged<'_, N> {
    fn judge(&self, past: &mut Past<N>) {
        let mut broken = self.broken_by_event();
        past.floor[self.done.me] = self.floor(past);
        let mut server = self.done.met;
        for &effect in &self.done.effects {
            server.carry_out(effect);
            broken = broken.and(self.broken_by_effect(&server, past, effect));
            self.remember(past, effect);
        }
        past.broken = past.broken.and(broken);
    }

    fn was(&self) -> &Server<N> {
        &self.before.servers[self.done.me]
    }

    fn is(&self) -> &Server<N> {
        &self.done.met
    }

    /// The rules that the event breaks, before any effect.
    fn broken_by_event(&self) -> Broken {
        let (Some(before), Some(leader)) = (leader(self.was()), leader(self.is())) else {
            return Broken::default();
        };
        let has_promised = |leader: &Leader<N>, learner: usize| {
            leader.learners[learner].is_some_and(|it| it >= LearnerStage::Promised)
        };
        let Event::Hear { from, packet } = self.done.event else {
            return Broken::default();
        };
        let Packet::AckEpoch { current, zxid } = packet else {
            return Broken::default();
        };
        let is_counted = matches!(before.stage, Stage::Promising(_));
        let is_new = is_counted && has_promised(leader, from) && !has_promised(before, from);
        let credentials = (leader.elected_in, self.is().zxid());
        let is_best = current.is_none_or(|epoch| (epoch, zxid) <= credentials);
        Broken::of([(Rule::BestCredentials, !is_new || is_best)])
    }

    /// The rules that an effect breaks, once carried out.
    fn broken_by_effect(&self, server: &Server<N>, past: &Past<N>, effect: Effect) -> Broken {
        let Stored {
            accepted,
            current,
            knowledge: _,
        } = server.disk;
        match effect {
            Effect::StoreAccepted(_) | Effect::StoreCurrent(_) => {
                let was = self.was().disk;
                let rises = was.accepted <= accepted && was.current <= current;
                Broken::of([(Rule::DiskOnlyRises, rises && current <= accepted)])
            }
            Effect::Established(epoch) if self.leads() => Broken::of([
                (Rule::EstablishedOnce, !past.was_established(epoch)),
                (Rule::LaterIsGreater, epoch > past.floor[self.done.me]),
                (
                    Rule::CommittedIsKept,
                    server.history.contains(past.committed),
                ),
            ]),
            Effect::Send { to: _, packet } => self.broken_by_packet(server, past, packet),
            Effect::Established(_)
            | Effect::StoreHistory(_)
            | Effect::StoreKnown
            | Effect::Connect(_)
            | Effect::Close(_)
            | Effect::Quit => Broken::default(),
        }
    }

    fn broken_by_packet(&self, server: &Server<N>, past: &Past<N>, packet: Packet) -> Broken {
        let disk = server.disk;
        let Stored {
            accepted,
            current,
            knowledge: _,
        } = disk;
        match packet {
            Packet::AckEpoch {
                current: Some(claimed),
                zxid: _,
            } => {
                let Some(epoch) = self.promises() else {
                    return Broken::default();
                };
                let is_stored = accepted == epoch && current == claimed && disk.remembers();
                Broken::of([
                    (Rule::StoredFirst, is_stored),
                    (Rule::PromisedOnce, epoch > past.promised[self.done.me]),
                ])
            }
            Packet::LeaderInfo(epoch) => Broken::of([(Rule::StoredFirst, accepted == epoch)]),
            Packet::Ack(epoch) => {
                let has_history = self
                    .told_history()
                    .is_none_or(|told| told == server.history);
                let is_stored = current >= epoch && disk.remembers() && has_history;
                Broken::of([(Rule::StoredFirst, is_stored)])
            }
            Packet::NewLeader { epoch, history: _ } => {
                Broken::of([(Rule::StoredFirst, current == epoch)])
            }
            Packet::Proposal(history) => {
                Broken::of([(Rule::StoredFirst, server.history == history)])
            }
            Packet::LearnerInfo(_)
            | Packet::AckEpoch {
                current: None,
                zxid: _,
            }
            | Packet::UpToDate
            | Packet::Ping
            | Packet::Release
            | Packet::HandOver(_) => Broken::default(),
        }
    }

    /// Which epochs were established before a leader proposed its own.
    fn floor(&self, past: &Past<N>) -> Epoch {
        let proposed = |server: &Server<N>| {
            leader(server).is_some_and(|leader| match leader.stage {
                Stage::Discovery => false,
                Stage::Promising(_) | Stage::Activating(_) | Stage::Established(_) => true,
            })
        };
        match (proposed(self.was()), proposed(self.is())) {
            (false, true) => past.latest(),
            (true, true) => past.floor[self.done.me],
            (true | false, false) => Epoch(0),
        }
    }

    /// What of an effect must be remembered.
    fn remember(&self, past: &mut Past<N>, effect: Effect) {
        match effect {
            Effect::Established(epoch) if self.leads() => past.established |= 1 << epoch.0,
            Effect::Send { to, packet } => self.remember_packet(past, to, packet),
            Effect::Established(_)
            | Effect::StoreAccepted(_)
            | Effect::StoreCurrent(_)
            | Effect::StoreHistory(_)
            | Effect::StoreKnown
            | Effect::Connect(_)
            | Effect::Close(_)
            | Effect::Quit => {}
        }
    }

    /// Whether the connection is up is asked of the state before: no event that a learner
    /// acknowledges changes that.
    fn remember_packet(&self, past: &mut Past<N>, to: usize, packet: Packet) {
        let me = self.done.me;
        match packet {
            Packet::Ack(_) | Packet::Ping => {
                if !self.leads() && self.before.network.is_up(me, to) {
                    past.kept[to] = past.kept[to].with(me);
                }
            }
            Packet::AckEpoch {
                current: Some(_),
                zxid: _,
            } => {
                if let Some(epoch) = self.promises() {
                    past.promised[me] = epoch.max(past.promised[me]);
                }
            }
            Packet::LearnerInfo(_)
            | Packet::LeaderInfo(_)
            | Packet::AckEpoch {
                current: None,
                zxid: _,
            }
            | Packet::NewLeader { .. }
            | Packet::Proposal(_)
            | Packet::UpToDate
            | Packet::Release
            | Packet::HandOver(_) => {}
        }
    }

    /// The history that the server has just been told.
    fn told_history(&self) -> Option<History> {
        match self.done.event {
            Event::Hear {
                from: _,
                packet: Packet::NewLeader { epoch: _, history },
            } => history,
            _ => None,
        }
    }

    fn leads(&self) -> bool {
        leader(self.is()).is_some()
    }

    /// The epoch that a learner has just promised.
    fn promises(&self) -> Option<Epoch> {
        match &self.is().role {
            Role::Learning(learner::Learner { leader: _, stage }) => match stage {
                learner::Stage::Promised(epoch) => Some(*epoch),
                learner::Stage::Introduced
                | learner::Stage::HeldBack(_)
                | learner::Stage::Activated(_)
                | learner::Stage::Following(_) => None,
            },
            Role::Down | Role::Looking(_) | Role::Leading(_) => None,
        }
    }
}

fn leader<const N: usize>(server: &Server<N>) -> Option<&Leader<N>> {
    match &server.role {
        Role::Leading(leader) => Some(leader),
        Role::Down | Role::Looking(_) | Role::Learning(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::system::{Change, assert_fingerprints_differ};

    const CHANGES: &[Change<Past<3>>] = &[
        ("nothing", |_| {}),
        ("established", |it| it.established = 1),
        ("promised", |it| it.promised[0] = Epoch(1)),
        ("by another", |it| it.promised[2] = Epoch(1)),
        ("floor", |it| it.floor[0] = Epoch(1)),
        ("kept", |it| it.kept[0] = ServerSet::first(1)),
        ("committed", |it| it.committed = History::of(1)),
        ("more of it", |it| it.committed = History::of(4)),
        ("broken", |it| {
            it.broken = Broken::of([(Rule::EstablishedOnce, false)]);
        }),
    ];

    #[test]
    fn each_field_has_a_part_in_the_fingerprint() {
        let past = Past {
            established: 0,
            promised: [Epoch(0); 3],
            floor: [Epoch(0); 3],
            kept: [ServerSet::NONE; 3],
            committed: History::NONE,
            broken: Broken::default(),
        };
        assert_fingerprints_differ(past, CHANGES);
    }
}
