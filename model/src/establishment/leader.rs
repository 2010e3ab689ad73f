//! A server that was elected: it collects promises, activates its epoch, is established.
//!
//! Source: `Leader.lead` with `getEpochToPropose`, `waitForEpochAck` and `waitForNewLeaderAck`.

use super::mutants::Mutant;
use super::network::Packet;
use super::server::{Context, Effect, Epoch, Quits};
use crate::ensemble::Composition;
use crate::set::ServerSet;

/// What a leader knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Leader<const N: usize> {
    /// Its current epoch when it was elected: with its history, its credentials.
    pub elected_in: Epoch,
    /// How far it has come.
    pub stage: Stage,
    /// How far its learners have come.
    pub learners: [Option<LearnerStage>; N],
}

/// How far a leader has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// Until a quorum has introduced itself.
    Discovery,
    /// The epoch is proposed.
    Promising(Epoch),
    /// A quorum has promised; the epoch is this server's current one.
    Activating(Epoch),
    /// The epoch is that of a quorum.
    Established(Epoch),
}

/// How far a learner has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LearnerStage {
    /// It has said which epoch it has accepted.
    Introduced(Epoch),
    /// LEADERINFO was sent.
    Asked,
    /// ACKEPOCH came, without a promise.
    Known,
    /// ACKEPOCH came with a promise.
    Promised,
    /// NEWLEADER was sent.
    Activating,
    /// Its ACK came.
    Synced,
}

impl<const N: usize> Leader<N> {
    pub(super) fn new(elected_in: Epoch) -> Self {
        Self {
            elected_in,
            stage: Stage::Discovery,
            learners: [None; N],
        }
    }

    /// The epoch, once established.
    #[must_use]
    pub fn established(&self) -> Option<Epoch> {
        match self.stage {
            Stage::Established(epoch) => Some(epoch),
            _ => None,
        }
    }

    /// The epoch that it has proposed.
    #[must_use]
    pub fn proposed(&self) -> Option<Epoch> {
        match self.stage {
            Stage::Discovery => None,
            Stage::Promising(epoch) | Stage::Activating(epoch) | Stage::Established(epoch) => {
                Some(epoch)
            }
        }
    }

    /// The learners that have come at least so far.
    #[must_use]
    pub fn those_at(&self, stage: LearnerStage) -> ServerSet {
        let there = |&learner: &usize| self.learners[learner].is_some_and(|it| it >= stage);
        (0..N).filter(there).collect()
    }

    /// A learner introduces itself, perhaps again. A voter that has accepted a later epoch cannot follow before there is a leader of
    /// one that is later still.
    pub(super) fn admit(
        &mut self,
        learner: usize,
        accepted: Epoch,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        let is_voter = cx.protocol.ensemble.voters().contains(learner);
        if is_voter && self.proposed().is_some_and(|epoch| accepted > epoch) {
            *cx.outbid = accepted;
            if !cx.is(Mutant::OutbidLeadsOn) {
                return Err(Quits);
            }
        }
        self.learners[learner] = Some(LearnerStage::Introduced(accepted));
        self.advance(cx)
    }

    pub(super) fn forget(&mut self, learner: usize) {
        self.learners[learner] = None;
    }

    pub(super) fn hear(
        &mut self,
        from: usize,
        packet: Packet,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        if let Packet::LearnerInfo(accepted) = packet {
            return self.admit(from, accepted, cx);
        }
        let Some(stage) = &mut self.learners[from] else {
            return Ok(());
        };
        match (*stage, packet) {
            (LearnerStage::Asked | LearnerStage::Known, Packet::AckEpoch { current, zxid }) => {
                // Those that come when a quorum has promised need not be told from it.
                let is_open = matches!(self.stage, Stage::Promising(_));
                match current {
                    Some(epoch)
                        if is_open
                            && (epoch, zxid) > (self.elected_in, cx.zxid)
                            && !cx.is(Mutant::LongerHistoryTaken) =>
                    {
                        self.refuse(from, cx);
                    }
                    Some(_) => *stage = LearnerStage::Promised,
                    None if cx.is(Mutant::AnyAnswerPromises) => *stage = LearnerStage::Promised,
                    None => *stage = LearnerStage::Known,
                }
            }
            // A promise that was held back, and is not needed any more.
            (LearnerStage::Activating, Packet::AckEpoch { .. }) => {}
            (LearnerStage::Activating, Packet::Ack(_)) => {
                *stage = LearnerStage::Synced;
                if self.established().is_some() {
                    cx.send(from, Packet::UpToDate);
                }
            }
            // The answer to UPTODATE.
            (LearnerStage::Synced, Packet::Ack(_)) => {}
            _ => self.refuse(from, cx),
        }
        self.advance(cx)
    }

    fn refuse(&mut self, learner: usize, cx: &mut Context<'_, N>) {
        self.forget(learner);
        cx.effects.push(Effect::Close(learner));
    }

    /// Goes as far as the answers reach, and sends every learner what its stage calls for.
    pub(super) fn advance(&mut self, cx: &mut Context<'_, N>) -> Result<(), Quits> {
        if self.stage == Stage::Discovery && self.has(LearnerStage::Introduced(Epoch(0)), cx) {
            let epoch = self.next_epoch(cx);
            if epoch > cx.protocol.last {
                return Err(Quits);
            }
            if !cx.is(Mutant::LeaderDoesNotAccept) {
                cx.accept(epoch);
            }
            if cx.is(Mutant::EntersWhenElected) {
                cx.enter(epoch);
            }
            self.stage = Stage::Promising(epoch);
        }
        if let Stage::Promising(epoch) = self.stage
            && !*cx.is_bound
            && (self.has(LearnerStage::Promised, cx) || cx.is(Mutant::PromisesNotAwaited))
        {
            if cx.memory.current != epoch {
                cx.enter(epoch);
            }
            self.stage = Stage::Activating(epoch);
        }
        if let Stage::Activating(epoch) = self.stage
            && (self.has(LearnerStage::Synced, cx) || cx.is(Mutant::AcksNotAwaited))
        {
            self.stage = Stage::Established(epoch);
            cx.effects.push(Effect::Established(epoch));
            for learner in self.those_at(LearnerStage::Synced).iter() {
                cx.send(learner, Packet::UpToDate);
            }
        }
        self.inform(cx);
        Ok(())
    }

    /// Above all that a quorum has accepted, and whoever could not follow before.
    #[doc(alias = "getEpochToPropose")]
    fn next_epoch(&self, cx: &Context<'_, N>) -> Epoch {
        let accepted = self.learners.iter().filter_map(|stage| match stage {
            Some(LearnerStage::Introduced(accepted)) => Some(*accepted),
            _ => None,
        });
        let greatest = accepted.fold(cx.memory.accepted, Epoch::max);
        match cx.is(Mutant::OutbidForgotten) {
            true => greatest.next(),
            false => greatest.max(*cx.outbid).next(),
        }
    }

    /// LEADERINFO to those that have introduced themselves, NEWLEADER to those that have answered it.
    fn inform(&mut self, cx: &mut Context<'_, N>) {
        for learner in 0..N {
            let Some(stage) = &mut self.learners[learner] else {
                continue;
            };
            match (self.stage, *stage) {
                (
                    Stage::Promising(epoch) | Stage::Activating(epoch) | Stage::Established(epoch),
                    LearnerStage::Introduced(_),
                ) => {
                    *stage = LearnerStage::Asked;
                    cx.send(learner, Packet::LeaderInfo(epoch));
                }
                (
                    Stage::Activating(epoch) | Stage::Established(epoch),
                    LearnerStage::Known | LearnerStage::Promised,
                ) => {
                    *stage = LearnerStage::Activating;
                    cx.send(learner, Packet::NewLeader(epoch));
                }
                _ => {}
            }
        }
    }

    /// Whether those that have come at least so far are a quorum together with this server. `Known` is no further than `Asked`:
    /// later stages imply a promise or come after a quorum of promises.
    fn has(&self, stage: LearnerStage, cx: &Context<'_, N>) -> bool {
        let there = self.those_at(stage).with(cx.me);
        let (count, ensemble) = (there.iter().count(), &cx.protocol.ensemble);
        match cx.protocol.mutant {
            Some(Mutant::ObserverAcksCounted) => 2 * count > N,
            Some(Mutant::HalfEstablishes) => 2 * count >= N,
            Some(Mutant::CommittedEstablishes) if ensemble.composition() == Composition::Joint => {
                2 * count > N
            }
            _ => ensemble.is_quorum(there, false),
        }
    }
}
