//! A server that was given a leader: it registers, promises, follows.
//!
//! Source: `Learner.registerWithLeader`, `syncWithLeader`, `Follower.followLeader`.

use super::mutants::Mutant;
use super::network::Packet;
use super::protocol::{Context, Effect, Quits};
use super::terms::{Bond, Epoch, History, Introduction, Place};
use borsh::{BorshDeserialize, BorshSerialize};

/// What a learner knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct Learner {
    /// Whom it took for its leader.
    pub leader: Place,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a learner has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
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
        let info = Introduction {
            accepted: cx.memory.accepted,
            remembers: cx.memory.remembers(),
        };
        cx.send(leader, Packet::LearnerInfo(info));
        Self {
            leader: leader.into(),
            stage: Stage::Introduced,
        }
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
            (
                Stage::HeldBack(proposed) | Stage::Promised(proposed),
                Packet::NewLeader { epoch, history },
            ) if epoch == proposed => self.activate(epoch, history, cx),
            (Stage::Activated(_) | Stage::Following(_), Packet::Proposal(history)) => {
                cx.effects.push(Effect::StoreHistory(history));
            }
            (Stage::Activated(epoch), Packet::UpToDate) => {
                *cx.bond = Bond::To(self.leader);
                self.stage = Stage::Following(epoch);
                cx.effects.push(Effect::Established(epoch));
                self.tell(Packet::Ack(epoch), cx);
            }
            (Stage::Following(_), Packet::Ping) => {
                *cx.bond = Bond::To(self.leader);
                self.tell(packet, cx);
            }
            // The leader does not count on this server any more.
            (Stage::Following(_), Packet::HandOver(to)) => {
                self.owe_nothing(cx);
                if to == cx.me {
                    self.tell(packet, cx);
                }
                return Err(Quits::HandsOver);
            }
            (_, Packet::Release) => {
                self.owe_nothing(cx);
                return Err(Quits::GivesUp);
            }
            _ => return Err(Quits::GivesUp),
        }
        Ok(())
    }

    fn tell<const N: usize>(&self, packet: Packet, cx: &mut Context<'_, N>) {
        cx.send(self.leader.index(), packet);
    }

    /// What was promised to this leader is over.
    fn owe_nothing<const N: usize>(&self, cx: &mut Context<'_, N>) {
        if *cx.bond == Bond::To(self.leader) {
            *cx.bond = Bond::Free;
        }
    }

    /// The leader proposes an epoch: a promise for one that is new, as soon as no earlier one
    /// stands against it; none for one that was accepted before, or is lower: to a voter its leader
    /// proposes that when it has made sure that nobody counts on what this server has promised
    /// meanwhile, and an observer does not go back to an epoch before its current one. A leader
    /// that proposes a new epoch has looked again, so it does not count on what it was promised
    /// before.
    fn consider<const N: usize>(
        &mut self,
        epoch: Epoch,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        let is_voter = cx.protocol.ensemble.voters().contains(cx.me);
        if !is_voter && epoch < cx.memory.current {
            return Err(Quits::GivesUp);
        }
        let is_new = epoch > cx.memory.accepted
            || cx.is(Mutant::PromisesAgain) && epoch == cx.memory.accepted
            || cx.is(Mutant::LowerEpochPromised);
        let promises = is_new && (cx.memory.remembers() || cx.is(Mutant::ForgetfulPromises));
        if is_new {
            self.owe_nothing(cx);
            if cx.is(Mutant::AnyProposalReleases) {
                *cx.bond = Bond::Free;
            }
        }
        if promises && cx.is_free() {
            self.promise(epoch, cx);
        } else {
            self.stage = match promises {
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
        let zxid = cx.history.last();
        self.tell(Packet::AckEpoch { current, zxid }, cx);
    }

    /// Neither epoch ever falls. With the epoch of a leader that is established, or has the
    /// promises of a quorum, one that has lost what it promised remembers again. The leader's
    /// history is stored before its epoch, in which that history counts.
    fn activate<const N: usize>(
        &mut self,
        epoch: Epoch,
        history: Option<History>,
        cx: &mut Context<'_, N>,
    ) {
        let history = history.filter(|_| !cx.is(Mutant::HistoryNotTaken));
        let is_late = cx.is(Mutant::HistoryStoredLast) || cx.is(Mutant::AcksBeforeHistory);
        if !is_late {
            cx.effects.extend(history.map(Effect::StoreHistory));
        }
        let lower = cx.is(Mutant::LowerEpochStored);
        let is_new = (epoch > cx.memory.accepted || lower) && !cx.is(Mutant::JoinsUnaccepted);
        if is_new && !cx.is(Mutant::CurrentStoredFirst) {
            cx.accept(epoch);
        }
        let ack = Packet::Ack(epoch);
        if cx.is(Mutant::AcksBeforeStoring) {
            self.tell(ack, cx);
        }
        if (epoch > cx.memory.current || lower) && !cx.is(Mutant::CurrentNotStored) {
            cx.enter(epoch);
        }
        if is_new && cx.is(Mutant::CurrentStoredFirst) {
            cx.accept(epoch);
        }
        if cx.is(Mutant::HistoryStoredLast) {
            cx.effects.extend(history.map(Effect::StoreHistory));
        }
        if !cx.memory.remembers() {
            cx.know();
        }
        *cx.bond = Bond::To(self.leader);
        self.stage = Stage::Activated(epoch);
        if !cx.is(Mutant::AcksBeforeStoring) {
            self.tell(ack, cx);
        }
        if cx.is(Mutant::AcksBeforeHistory) {
            cx.effects.extend(history.map(Effect::StoreHistory));
        }
    }

    /// A promise that was held back is made.
    pub(super) fn release<const N: usize>(&mut self, cx: &mut Context<'_, N>) {
        if let Stage::HeldBack(epoch) = self.stage
            && !cx.is(Mutant::HeldBackForEver)
        {
            self.promise(epoch, cx);
        }
    }
}
