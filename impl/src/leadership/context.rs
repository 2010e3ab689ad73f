//! What an event finds, whatever the server does: what it keeps, when it happens, and where its
//! effects go.

use super::memory::Memory;
use super::packet::Packet;
use super::{Bond, Effect, Effects, Epochs, Moment, Quit, Refusal, Settings};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::quorum::Oracle;
use std::time::Duration;

/// What a server keeps whatever it does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Own {
    pub(super) epochs: Epochs,
    pub(super) memory: Memory,
    pub(super) bond: Bond,
    /// How long its promises are, as the disk says.
    pub(super) stored_promise: Option<Duration>,
    /// Until when a leader that is not established yet may count on an answer of this server.
    pub(super) unsettled_until: Moment,
}

/// What an event finds: the server, and when and where it happens.
pub(super) struct Context<'a> {
    pub(super) settings: Settings,
    pub(super) ensemble: &'a Ensemble,
    pub(super) own: &'a mut Own,
    pub(super) now: Moment,
    pub(super) oracle: Option<&'a dyn Oracle>,
    pub(super) effects: Effects,
}

impl Context<'_> {
    pub(super) fn send(&mut self, to: Sid, packet: Packet) {
        self.effects.push(Effect::Send { to, packet });
    }

    pub(super) fn close(&mut self, peer: Sid, reason: Refusal) {
        self.effects.push(Effect::Close { peer, reason });
    }

    pub(super) fn accept(&mut self, epoch: PeerEpoch) {
        self.own.epochs.accepted = epoch;
        self.effects.push(Effect::StoreAccepted(epoch));
    }

    pub(super) fn enter(&mut self, epoch: PeerEpoch) {
        self.own.epochs.current = epoch;
        self.effects.push(Effect::StoreCurrent(epoch));
    }

    /// Whether an earlier promise keeps this server from helping that one to be established.
    pub(super) fn is_bound_against(&self, candidate: Sid) -> bool {
        self.own.bond.is_against(candidate, self.now)
    }

    pub(super) fn is_voter(&self, sid: Sid) -> bool {
        self.ensemble.view().slot(sid).is_some()
    }

    /// What is on the disk from now on is all that this server has promised.
    pub(super) fn remember(&mut self) {
        if !self.own.memory.is_complete() {
            self.own.memory = Memory::Complete;
            self.effects.push(Effect::StoreKnown);
        }
    }

    /// A server of which all others say that it can have no past looks again, with a vote.
    pub(super) fn begin_if_new(&mut self) -> Result<(), Quit> {
        if !self.own.memory.is_new(self.settings.sid, self.ensemble) {
            return Ok(());
        }
        self.own.bond = Bond::forgotten(self.now);
        self.own.unsettled_until = self.now;
        self.remember();
        Err(Quit::New)
    }
}
