//! The timely setting: the election makes sense, and patience is longer than anything is under way.
//! What must hold eventually is judged in it.
//!
//! The election comes to what the first model says of it ([`claims`](crate::election::claims)): a
//! server that looks joins a leader that a quorum has settled on; those that look together elect
//! the best of them, and all of them learn of it. A promise ends, and patience after it, only where
//! nothing arrives anywhere and nobody can be told of a leader; and patience only where there is
//! something to lose it for.
//!
//! Left out on purpose: that somebody looks again for no reason. A fault is one that the scenario
//! has a budget for.

use super::{Action, Cause, Duty, State, System};
use crate::establishment::leader::{LearnerStage, Stage};
use crate::establishment::server::Role;
use crate::establishment::terms::Bond;
use crate::frame::system::Fairness;
use crate::terms::set::ServerSet;

impl<const N: usize> System<N> {
    /// What is owed, and how: deliveries and starts weakly; strongly what is possible only now and
    /// then, when nothing is under way.
    pub(super) fn owed(action: &Action) -> Option<(Duty, Fairness)> {
        let (me, cause) = match *action {
            Action::Take(me, cause) => (me, cause),
            Action::Start(me) => return Some((Duty::Starts(me), Fairness::Weak)),
            Action::Crash(_)
            | Action::CrashIn(..)
            | Action::Lose(_)
            | Action::RollBack(..)
            | Action::Break { .. } => return None,
        };
        match cause {
            Cause::Receives(from) => Some((Duty::Reads(me, from), Fairness::Weak)),
            Cause::SeesEnd(peer) => Some((Duty::Sees(me, peer), Fairness::Weak)),
            Cause::Elected | Cause::Told(_) => Some((Duty::Hears(me), Fairness::Strong)),
            Cause::IsReleased => Some((Duty::IsReleased(me), Fairness::Strong)),
            Cause::GivesUp => Some((Duty::GivesUp(me), Fairness::Strong)),
            Cause::Asks(peer) => Some((Duty::Asks(me, peer), Fairness::Weak)),
            Cause::Settles(learner) => Some((Duty::Settles(me, learner), Fairness::Strong)),
            Cause::Appends | Cause::HandsOver(_) => None,
        }
    }

    /// Whether what can happen to a server happens in time.
    pub(super) fn is_timely(&self, state: &State<N>, me: usize, cause: Cause) -> bool {
        match cause {
            Cause::Receives(_)
            | Cause::SeesEnd(_)
            | Cause::Appends
            | Cause::HandsOver(_)
            | Cause::Asks(_)
            | Cause::Settles(_) => true,
            Cause::Elected => self.elected(state) == Some(me),
            Cause::Told(leader) => self.elected(state) == Some(leader),
            Cause::IsReleased => self.is_quiet(state),
            Cause::GivesUp => {
                let waits = (0..N).any(|server| self.waits_for_release(state, server));
                self.has_reason(state, me) && !waits && self.is_quiet(state)
            }
        }
    }

    /// Nothing arrives anywhere, nobody can be told of a leader, and nobody waits for the time
    /// after which a learner aside is not counted on elsewhere, which is shorter than patience.
    fn is_quiet(&self, state: &State<N>) -> bool {
        let arrives = |server: usize| {
            let mut peers = 0..N;
            peers.any(|peer| {
                state.network.next(server, peer).is_some()
                    || state.network.has_ended(server, peer)
                    || self.asks(state, server, peer)
                    || self.settles(state, server, peer)
            })
        };
        let hears = |server: usize| {
            matches!(state.servers[server].role, Role::Looking(_)) && self.elected(state).is_some()
        };
        let runs = |&server: &usize| state.servers[server].role != Role::Down;
        let mut running = (0..N).filter(runs);
        running.all(|server| !arrives(server) && !hears(server))
    }

    /// A server that is bound by an earlier promise, and so keeps somebody waiting.
    fn waits_for_release(&self, state: &State<N>, server: usize) -> bool {
        let server = &state.servers[server];
        server.bond != Bond::Free && server.role != Role::Down && server.established().is_none()
    }

    /// What patience is lost for: not to be established, or to lead without a quorum.
    fn has_reason(&self, state: &State<N>, me: usize) -> bool {
        match &state.servers[me].role {
            Role::Down | Role::Looking(_) => false,
            Role::Learning(learner) => learner.established().is_none(),
            Role::Leading(leader) => match leader.stage {
                Stage::Established(_) => {
                    let synced = leader.those_at(LearnerStage::Synced).with(me);
                    !self.protocol.ensemble.is_quorum(synced, false)
                }
                _ => true,
            },
        }
    }

    /// Who is elected by those that look now: the leader that has been found already, or the best
    /// of them. Who does not remember votes for nobody, not even by following.
    fn elected(&self, state: &State<N>) -> Option<usize> {
        let looking = |server: &usize| matches!(state.servers[*server].role, Role::Looking(_));
        let looking = (0..N).filter(looking);
        let looking: ServerSet = looking.filter(|&it| Self::votes(state, it)).collect();
        let is_quorum = |servers| self.protocol.ensemble.is_quorum(servers, false);
        let rank = |server: &usize| {
            let it = &state.servers[*server];
            (it.memory.current, it.zxid(), *server)
        };
        let found = (0..N).filter(|&leader| {
            let settled = self.settled_on(state, leader);
            is_quorum(settled)
                || settled != ServerSet::NONE
                    && !self.is_established(state, leader)
                    && is_quorum(settled.iter().chain(looking.iter()).collect())
        });
        let best = || {
            let candidates = looking
                .iter()
                .filter(|&it| self.protocol.ensemble.has_weight(it));
            candidates.max_by_key(rank).filter(|_| is_quorum(looking))
        };
        let is_settled = |leader: &usize| is_quorum(self.settled_on(state, *leader));
        found
            .max_by_key(|leader| (is_settled(leader), rank(leader)))
            .or_else(best)
    }

    fn votes(state: &State<N>, server: usize) -> bool {
        state.servers[server].memory.remembers()
    }

    fn is_established(&self, state: &State<N>, leader: usize) -> bool {
        matches!(state.servers[leader].role, Role::Leading(_))
            && state.servers[leader].established().is_some()
    }

    /// A leader, or one that does not know yet that it is elected, and those that learn from it.
    fn settled_on(&self, state: &State<N>, leader: usize) -> ServerSet {
        let learns = |&server: &usize| match state.servers[server].role {
            Role::Learning(learner) => {
                let is_up = state.network.is_up(server, leader);
                learner.leader == leader && is_up && Self::votes(state, server)
            }
            _ => false,
        };
        let learners: ServerSet = (0..N).filter(learns).collect();
        let may_lead = match state.servers[leader].role {
            Role::Leading(_) => true,
            Role::Looking(_) => learners != ServerSet::NONE && Self::votes(state, leader),
            Role::Down | Role::Learning(_) => false,
        };
        match may_lead && self.protocol.ensemble.has_weight(leader) {
            true => learners.with(leader),
            false => ServerSet::NONE,
        }
    }

    /// The established leader that all servers follow.
    #[must_use]
    pub fn agreed(&self, state: &State<N>) -> Option<usize> {
        let leader = (0..N).find(|&server| self.is_established(state, server))?;
        let epoch = state.servers[leader].established();
        let follows = |server: usize| match state.servers[server].role {
            Role::Learning(learner) => learner.leader == leader && learner.established() == epoch,
            _ => server == leader,
        };
        (0..N).all(follows).then_some(leader)
    }
}
