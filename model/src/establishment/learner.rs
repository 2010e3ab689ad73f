//! A server that was given a leader: it registers, promises, follows.
//!
//! Source: `Learner.registerWithLeader`, `syncWithLeader`, `Follower.followLeader`.

use super::mutants::Mutant;
use super::network::Packet;
use super::server::{Context, Effect, Epoch, Quits};

/// What a learner knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Learner {
    /// Whom it took for its leader.
    pub leader: usize,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a learner has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// The leader knows of this server, or will.
    Introduced,
    /// The epoch is not promised while an earlier promise is not over.
    HeldBack(Epoch),
    /// The epoch is acknowledged.
    Promised(Epoch),
    /// The epoch is the current one.
    Activated(Epoch),
    /// The leader is established.
    Following(Epoch),
}

impl Learner {
    pub(super) fn introduce<const N: usize>(leader: usize, cx: &mut Context<'_, N>) -> Self {
        cx.effects.push(Effect::Connect(leader));
        cx.send(leader, Packet::LearnerInfo(cx.memory.accepted));
        let stage = Stage::Introduced;
        Self { leader, stage }
    }

    /// The epoch of the established leader.
    #[must_use]
    pub fn established(&self) -> Option<Epoch> {
        match self.stage {
            Stage::Following(epoch) => Some(epoch),
            _ => None,
        }
    }

    pub(super) fn hear<const N: usize>(
        &mut self,
        packet: Packet,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        match (self.stage, packet) {
            (Stage::Introduced, Packet::LeaderInfo(epoch)) => return self.consider(epoch, cx),
            (Stage::HeldBack(proposed) | Stage::Promised(proposed), Packet::NewLeader(epoch))
                if epoch == proposed =>
            {
                self.activate(epoch, cx);
            }
            (Stage::Activated(epoch), Packet::UpToDate) => {
                *cx.is_bound = true;
                self.stage = Stage::Following(epoch);
                cx.effects.push(Effect::Established(epoch));
                cx.send(self.leader, Packet::Ack(epoch));
            }
            _ => return Err(Quits),
        }
        Ok(())
    }

    /// The leader proposes an epoch: a promise for one that is new, as soon as no earlier one stands against it; none for one that
    /// was accepted before. What an observer has promised counts for nobody, so it may follow in a lower epoch.
    fn consider<const N: usize>(
        &mut self,
        epoch: Epoch,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        let accepted = cx.memory.accepted;
        let is_voter = cx.protocol.ensemble.voters().contains(cx.me);
        let least = if is_voter {
            accepted
        } else {
            cx.memory.current
        };
        let is_lower_promised = cx.is(Mutant::LowerEpochPromised) && epoch < accepted;
        if epoch < least && !is_lower_promised {
            return Err(Quits);
        }
        let is_new = epoch > accepted || is_lower_promised || cx.is(Mutant::PromisesAgain);
        if is_new && !*cx.is_bound {
            self.promise(epoch, cx);
        } else {
            self.stage = match is_new {
                true => Stage::HeldBack(epoch),
                false => Stage::Promised(epoch),
            };
            self.acknowledge(None, cx);
        }
        Ok(())
    }

    fn promise<const N: usize>(&mut self, epoch: Epoch, cx: &mut Context<'_, N>) {
        self.stage = Stage::Promised(epoch);
        let current = Some(cx.memory.current);
        if cx.is(Mutant::PromisesBeforeStoring) {
            self.acknowledge(current, cx);
            cx.accept(epoch);
        } else {
            cx.accept(epoch);
            self.acknowledge(current, cx);
        }
    }

    fn acknowledge<const N: usize>(&self, current: Option<Epoch>, cx: &mut Context<'_, N>) {
        let zxid = cx.zxid;
        cx.send(self.leader, Packet::AckEpoch { current, zxid });
    }

    fn activate<const N: usize>(&mut self, epoch: Epoch, cx: &mut Context<'_, N>) {
        let is_new = epoch > cx.memory.accepted && !cx.is(Mutant::JoinsUnaccepted);
        if is_new && !cx.is(Mutant::CurrentStoredFirst) {
            cx.accept(epoch);
        }
        let ack = Packet::Ack(epoch);
        if cx.is(Mutant::AcksBeforeStoring) {
            cx.send(self.leader, ack);
        }
        if epoch > cx.memory.current && !cx.is(Mutant::CurrentNotStored) {
            cx.enter(epoch);
        }
        if is_new && cx.is(Mutant::CurrentStoredFirst) {
            cx.accept(epoch);
        }
        *cx.is_bound = true;
        self.stage = Stage::Activated(epoch);
        if !cx.is(Mutant::AcksBeforeStoring) {
            cx.send(self.leader, ack);
        }
    }

    /// A promise that was held back is made.
    pub(super) fn release<const N: usize>(&mut self, cx: &mut Context<'_, N>) {
        if let Stage::HeldBack(epoch) = self.stage {
            self.promise(epoch, cx);
        }
    }
}
