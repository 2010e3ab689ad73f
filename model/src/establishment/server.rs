//! One server's part in establishing a leader: an event in, effects out.
//!
//! To be read beside `Leader.lead`, `LearnerHandler.run` and `Learner.registerWithLeader`. An event
//! changes what the server has in memory; what is to be on its disk, or on a connection, is an
//! [`Effect`], and the effects are carried out one after the other.
//!
//! Deliberately absent: time. A [`Bond`] stands for an earlier promise that is not over, and ends
//! whenever the scheduler lets it; so does patience ([`Event::GiveUp`]). That nobody counts any
//! more on what a server has forgotten, or promised elsewhere, is the scheduler's word, too
//! ([`Event::Settle`]).

use super::leader::Leader;
use super::learner::Learner;
use super::mutants::Mutant;
use super::network::Packet;
use super::protocol::{Context, Effect, Effects, Event, Protocol, Quits};
use super::terms::{Answer, Bond, Epoch, History, Introduction, Knowledge, Stored, Zxid};
use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};

/// A server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct Server<const N: usize> {
    /// What a crash leaves.
    pub disk: Stored,
    /// What it goes by while it runs.
    pub memory: Stored,
    /// Its transactions, on its disk.
    pub history: History,
    /// An earlier promise, to stay with a leader, that is not over.
    pub bond: Bond,
    /// Those that have told a server with an empty disk that they never accepted an epoch.
    pub without_past: ServerSet,
    /// What it does.
    pub role: Role<N>,
}

/// What a server does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub enum Role<const N: usize> {
    /// It is not running.
    Down,
    /// It looks for a leader. With those that took it for their leader before it knew.
    Looking([Option<Introduction>; N]),
    /// It was elected.
    Leading(Leader<N>),
    /// Another server was elected.
    Learning(Learner),
}

impl<const N: usize> Role<N> {
    /// Looking, and nobody has come yet.
    pub const LOOKING: Self = Self::Looking([None; N]);
}

impl<const N: usize> Server<N> {
    /// A server that was started and looks for a leader.
    #[must_use]
    pub fn new(disk: Stored, history: History) -> Self {
        Self {
            disk,
            memory: disk,
            history,
            bond: disk.bond(),
            without_past: ServerSet::NONE,
            role: Role::LOOKING,
        }
    }

    /// Its last transaction.
    #[must_use]
    pub fn zxid(&self) -> Zxid {
        self.history.last()
    }

    /// The epoch in which it leads or follows an established leader.
    #[must_use]
    pub fn established(&self) -> Option<Epoch> {
        match &self.role {
            Role::Down | Role::Looking(_) => None,
            Role::Leading(leader) => leader.established(),
            Role::Learning(learner) => learner.established(),
        }
    }

    /// What it says that it has accepted.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match (self.memory.knowledge, self.memory.accepted) {
            (Knowledge::Lost, Epoch(0)) => Answer::Lost,
            (_, accepted) => Answer::Accepted(accepted),
        }
    }

    /// Changes the disk as the effect says, if it does. What is written to an empty disk shows that
    /// it is none, and not whether it is all.
    pub fn carry_out(&mut self, effect: Effect) {
        let disk = &mut self.disk;
        match effect {
            Effect::StoreAccepted(epoch) => disk.accepted = epoch,
            Effect::StoreCurrent(epoch) => disk.current = epoch,
            Effect::StoreKnown => disk.knowledge = Knowledge::Complete,
            Effect::StoreHistory(history) => self.history = history,
            _ => return,
        }
        if disk.knowledge == Knowledge::Blank {
            disk.knowledge = Knowledge::Lost;
        }
    }
}

impl<const N: usize> Protocol<N> {
    /// The server starts with what is on its disk.
    pub fn start(&self, server: &mut Server<N>) {
        server.memory = server.disk;
        if self.is(Mutant::AcceptedNotRead) {
            server.memory.accepted = server.disk.current;
        }
        let is_overlooked = match server.disk.knowledge {
            Knowledge::Complete => false,
            Knowledge::Blank => self.is(Mutant::LossOverlooked),
            Knowledge::Lost => self.is(Mutant::RollbackOverlooked),
        };
        if is_overlooked {
            server.disk.knowledge = Knowledge::Complete;
            server.memory.knowledge = Knowledge::Complete;
        }
        server.bond = server.disk.bond();
        server.role = Role::LOOKING;
    }

    /// What the server does about an event.
    pub fn handle(&self, me: usize, server: &mut Server<N>, event: Event) -> Effects {
        let mut role = server.role;
        let mut cx = Context {
            protocol: self,
            me,
            memory: &mut server.memory,
            history: server.history,
            bond: &mut server.bond,
            without_past: &mut server.without_past,
            effects: Effects::new(),
        };
        let outcome = cx.meet(&mut role, event);
        if let Err(quits) = outcome {
            if let (Quits::GivesUp, Role::Leading(leader)) = (quits, &role) {
                leader.release_all(&mut cx);
            }
            role = Role::LOOKING;
            cx.effects.push(Effect::Quit);
        }
        let effects = cx.effects;
        server.role = role;
        effects
    }
}

impl<const N: usize> Context<'_, N> {
    fn meet(&mut self, role: &mut Role<N>, event: Event) -> Result<(), Quits> {
        match (event, &mut *role) {
            (Event::Lead, Role::Looking(early)) => {
                if !self.memory.remembers() && !self.is(Mutant::ForgetfulLeads) {
                    return Err(Quits::GivesUp);
                }
                let mut leader = Leader::new(self.memory.current);
                let early = early.iter().enumerate();
                let admitted = early
                    .filter_map(|(learner, info)| Some((learner, (*info)?)))
                    .try_for_each(|(learner, info)| leader.admit(learner, info, self));
                let outcome = admitted.and_then(|()| leader.advance(self));
                *role = Role::Leading(leader);
                outcome
            }
            (Event::Learn(leader), Role::Looking(early)) => {
                let early = (0..N).filter(|&learner| early[learner].is_some());
                self.effects.extend(early.map(Effect::Close));
                *role = Role::Learning(Learner::introduce(leader, self));
                Ok(())
            }
            (Event::Hear { from, packet }, role) => self.hear(role, from, packet),
            (Event::End(peer), Role::Looking(early)) => {
                early[peer] = None;
                Ok(())
            }
            (Event::End(peer), Role::Leading(leader)) => {
                leader.forget(peer);
                Ok(())
            }
            (Event::End(peer), Role::Learning(learner))
                if learner.leader == peer && !self.is(Mutant::EndOverlooked) =>
            {
                if *self.bond == Bond::To(peer.into()) && self.is(Mutant::EndReleases) {
                    *self.bond = Bond::Free;
                }
                Err(Quits::GivesUp)
            }
            (Event::Release, role) => {
                *self.bond = Bond::Free;
                match role {
                    Role::Leading(leader) => leader.advance(self),
                    Role::Learning(learner) => {
                        learner.release(self);
                        Ok(())
                    }
                    Role::Looking(_) | Role::Down => Ok(()),
                }
            }
            (Event::Told(peer, answer), _) => self.learn_past(peer, answer),
            (Event::Settle(learner), Role::Leading(leader)) => {
                leader.settle(learner);
                leader.advance(self)
            }
            (Event::Append, Role::Leading(leader)) => {
                leader.append(self);
                Ok(())
            }
            (Event::HandOver(heir), Role::Leading(leader)) => {
                leader.hand_over(heir, self);
                Ok(())
            }
            (Event::GiveUp, Role::Leading(_) | Role::Learning(_)) => Err(Quits::GivesUp),
            _ => Ok(()),
        }
    }

    fn hear(&mut self, role: &mut Role<N>, from: usize, packet: Packet) -> Result<(), Quits> {
        match role {
            Role::Leading(leader) => leader.hear(from, packet, self),
            Role::Learning(learner) if learner.leader == from => learner.hear(packet, self),
            Role::Learning(_) | Role::Down => {
                self.effects.push(Effect::Close(from));
                Ok(())
            }
            Role::Looking(early) => {
                match packet {
                    Packet::LearnerInfo(info) => early[from] = Some(info),
                    _ => {
                        early[from] = None;
                        self.effects.push(Effect::Close(from));
                    }
                }
                Ok(())
            }
        }
    }

    /// Another server says what it has accepted. Who has promised an epoch has promised it to one
    /// that had accepted it, so one of whom no other has accepted any is new. It looks again, with
    /// a vote.
    fn learn_past(&mut self, peer: usize, answer: Answer) -> Result<(), Quits> {
        if answer != Answer::Accepted(Epoch(0)) {
            self.memory.knowledge = Knowledge::Lost;
            *self.without_past = ServerSet::NONE;
            return Ok(());
        }
        *self.without_past = self.without_past.with(peer);
        let ensemble = &self.protocol.ensemble;
        let mut others = ensemble.voters().without(self.me).iter();
        let is_new = match self.is(Mutant::MajorityMakesNew) {
            true => ensemble.is_quorum(self.without_past.with(self.me), false),
            false => others.all(|voter| self.without_past.contains(voter)),
        };
        if !is_new {
            return Ok(());
        }
        self.know();
        Err(Quits::GivesUp)
    }
}
