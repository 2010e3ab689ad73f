//! An event in, effects out: what happens to a server, what it does, and what it goes by meanwhile.

use super::mutants::Mutant;
use super::network::Packet;
use super::terms::{Answer, Bond, Epoch, History, Knowledge, Stored};
use crate::terms::ensemble::Ensemble;
use crate::terms::set::ServerSet;

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
    /// This server answers what it has accepted.
    Told(usize, Answer),
    /// Nobody counts any more on an answer that this learner gave elsewhere.
    Settle(usize),
    /// Its owner has a transaction for it.
    Append,
    /// Its owner wants this one of its followers to lead.
    HandOver(usize),
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
    /// Stores this history in place of its own.
    StoreHistory(History),
    /// Stores that what is stored is all that it has promised.
    StoreKnown,
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
    /// Whether histories grow, and are told. Without transactions each server keeps its own.
    pub replicates: bool,
    /// The last epoch that there is.
    pub last: Epoch,
    /// The rule that is broken; none is in the protocol itself.
    pub mutant: Option<Mutant>,
}

/// A server that something happens to: all but its role.
pub(super) struct Context<'a, const N: usize> {
    pub(super) protocol: &'a Protocol<N>,
    pub(super) me: usize,
    pub(super) memory: &'a mut Stored,
    pub(super) history: History,
    pub(super) bond: &'a mut Bond,
    pub(super) without_past: &'a mut ServerSet,
    pub(super) effects: Effects,
}

/// The server looks for a leader again.
pub(super) enum Quits {
    /// It gives up.
    GivesUp,
    /// It has handed over.
    HandsOver,
}

impl<const N: usize> Protocol<N> {
    /// Whether this is the mutant that is run.
    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

impl<const N: usize> Context<'_, N> {
    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.protocol.is(mutant)
    }

    pub(super) fn is_free(&self) -> bool {
        *self.bond == Bond::Free
    }

    /// What it knows now is all that it has promised.
    pub(super) fn know(&mut self) {
        self.memory.knowledge = Knowledge::Complete;
        *self.without_past = ServerSet::NONE;
        self.effects.push(Effect::StoreKnown);
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
