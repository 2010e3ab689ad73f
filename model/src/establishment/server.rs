//! One server's part in establishing a leader: an event in, effects out.
//!
//! To be read beside `Leader.lead`, `LearnerHandler.run` and `Learner.registerWithLeader`. An event changes what the server has in
//! memory; what is to be on its disk, or on a connection, is an [`Effect`], and the effects are carried out one after the other.
//!
//! Deliberately absent: time. [`Server::is_bound`] stands for an earlier promise that is not over, and ends whenever the scheduler
//! lets it; so does patience ([`Event::GiveUp`]).

use super::leader::Leader;
use super::learner::Learner;
use super::mutants::Mutant;
use super::network::Packet;
use crate::ensemble::Ensemble;
use serde::Serialize;
use std::fmt;

/// An epoch, [`fle::PeerEpoch`] in a byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Epoch(pub u8);

/// The epochs that a server keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Epochs {
    /// The greatest that it has promised (`acceptedEpoch`).
    pub accepted: Epoch,
    /// That of the last leader which it has helped to establish, or joined (`currentEpoch`).
    pub current: Epoch,
}

/// A server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Server<const N: usize> {
    /// What a crash leaves.
    pub disk: Epochs,
    /// What it goes by while it runs.
    pub memory: Epochs,
    /// How long its history is. It never changes: transactions are not modelled.
    pub zxid: u8,
    /// Whether an earlier promise, to stay with a leader, is not over.
    pub is_bound: bool,
    /// The epoch of the last voter that could not follow this server: what it proposes next is above that.
    pub outbid: Epoch,
    /// What it does.
    pub role: Role<N>,
}

/// What a server does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role<const N: usize> {
    /// It is not running.
    Down,
    /// It looks for a leader. With the accepted epochs of those that took it for their leader before it knew.
    Looking([Option<Epoch>; N]),
    /// It was elected.
    Leading(Leader<N>),
    /// Another server was elected.
    Learning(Learner),
}

/// What happens to a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// It is elected.
    Lead,
    /// It is told that another server is elected, and connects.
    Learn(usize),
    /// A packet arrives.
    Hear {
        /// Who sent it.
        from: usize,
        /// What.
        packet: Packet,
    },
    /// The connection with this server has ended.
    End(usize),
    /// An earlier promise is over.
    Release,
    /// It waits no longer, whatever for.
    GiveUp,
}

/// One thing that a server does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Stores the accepted epoch.
    StoreAccepted(Epoch),
    /// Stores the current epoch.
    StoreCurrent(Epoch),
    /// Connects to this leader.
    Connect(usize),
    /// Sends a packet.
    Send {
        /// To whom.
        to: usize,
        /// What.
        packet: Packet,
    },
    /// Ends the connection with this server.
    Close(usize),
    /// Makes known that the leader is established, be it itself or another.
    Established(Epoch),
    /// Ends all connections and looks for a leader again.
    Quit,
}

/// What a server does, in order.
pub type Effects = Vec<Effect>;

/// The rules, the same for each of `N` servers.
#[derive(Clone, Debug)]
pub struct Protocol<const N: usize> {
    /// Who they are.
    pub ensemble: Ensemble<N>,
    /// The last epoch that there is.
    pub last: Epoch,
    /// The rule that is broken; none is in the protocol itself.
    pub mutant: Option<Mutant>,
}

/// A server that something happens to: all but its role.
pub(super) struct Context<'a, const N: usize> {
    pub(super) protocol: &'a Protocol<N>,
    pub(super) me: usize,
    pub(super) memory: &'a mut Epochs,
    pub(super) zxid: u8,
    pub(super) is_bound: &'a mut bool,
    pub(super) outbid: &'a mut Epoch,
    pub(super) effects: Effects,
}

/// The server looks for a leader again.
pub(super) struct Quits;

impl Epoch {
    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const N: usize> Role<N> {
    /// Looking, and nobody has come yet.
    pub const LOOKING: Self = Self::Looking([None; N]);
}

impl<const N: usize> Server<N> {
    /// A server that is running and looks for a leader.
    #[must_use]
    pub fn new(disk: Epochs, zxid: u8) -> Self {
        Self {
            disk,
            memory: disk,
            zxid,
            is_bound: false,
            outbid: Epoch(0),
            role: Role::LOOKING,
        }
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
}

impl<const N: usize> Protocol<N> {
    /// The server starts with what is on its disk. If it was ever in an epoch it may have made a promise that it has forgotten.
    pub fn start(&self, server: &mut Server<N>) {
        server.memory = server.disk;
        if self.is(Mutant::AcceptedNotRead) {
            server.memory.accepted = server.disk.current;
        }
        server.is_bound = server.disk.current > Epoch(0);
        server.role = Role::LOOKING;
    }

    /// What the server does about an event.
    pub fn handle(&self, me: usize, server: &mut Server<N>, event: Event) -> Effects {
        let mut role = server.role;
        let mut cx = Context {
            protocol: self,
            me,
            memory: &mut server.memory,
            zxid: server.zxid,
            is_bound: &mut server.is_bound,
            outbid: &mut server.outbid,
            effects: Effects::new(),
        };
        let outcome = cx.meet(&mut role, event);
        let mut effects = cx.effects;
        if let Err(Quits) = outcome {
            role = Role::LOOKING;
            effects.push(Effect::Quit);
        }
        server.role = role;
        effects
    }

    /// Whether this is the mutant that is run.
    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

impl<const N: usize> Context<'_, N> {
    fn meet(&mut self, role: &mut Role<N>, event: Event) -> Result<(), Quits> {
        match (event, &mut *role) {
            (Event::Lead, Role::Looking(early)) => {
                let mut leader = Leader::new(self.memory.current);
                let early = early.iter().enumerate();
                let admitted = early
                    .filter_map(|(learner, accepted)| Some((learner, (*accepted)?)))
                    .try_for_each(|(learner, accepted)| leader.admit(learner, accepted, self));
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
            (Event::End(peer), Role::Learning(learner)) if learner.leader == peer => Err(Quits),
            (Event::Release, role) => {
                *self.is_bound = false;
                match role {
                    Role::Leading(leader) => leader.advance(self),
                    Role::Learning(learner) => {
                        learner.release(self);
                        Ok(())
                    }
                    Role::Looking(_) | Role::Down => Ok(()),
                }
            }
            (Event::GiveUp, Role::Leading(_) | Role::Learning(_)) => Err(Quits),
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
                    Packet::LearnerInfo(accepted) => early[from] = Some(accepted),
                    _ => {
                        early[from] = None;
                        self.effects.push(Effect::Close(from));
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.protocol.is(mutant)
    }

    pub(super) fn send(&mut self, to: usize, packet: Packet) {
        self.effects.push(Effect::Send { to, packet });
    }

    pub(super) fn accept(&mut self, epoch: Epoch) {
        self.memory.accepted = epoch;
        if !self.is(Mutant::AcceptedInMemory) {
            self.effects.push(Effect::StoreAccepted(epoch));
        }
    }

    pub(super) fn enter(&mut self, epoch: Epoch) {
        self.memory.current = epoch;
        self.effects.push(Effect::StoreCurrent(epoch));
    }
}
