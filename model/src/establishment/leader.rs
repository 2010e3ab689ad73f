//! A server that was elected: it collects promises, activates its epoch, is established.
//!
//! Source: `Leader.lead` with `getEpochToPropose`, `waitForEpochAck` and `waitForNewLeaderAck`.

use super::mutants::Mutant;
use super::network::Packet;
use super::protocol::{Context, Effect, Quits};
use super::terms::{Bond, Epoch, Introduction};
use crate::terms::ensemble::Ensemble;
use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};

/// What a leader knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct Leader<const N: usize> {
    /// Its current epoch when it was elected: with its history, its credentials.
    pub elected_in: Epoch,
    /// How far it has come.
    pub stage: Stage,
    /// How far its learners have come.
    pub learners: [Option<LearnerStage>; N],
    /// How many of the packets that a learner answers (NEWLEADER and PING) it has not answered yet.
    pub unanswered: [u8; N],
    /// For each learner whose confirmation has begun: how many answers each follower owes up to
    /// that to the PING that it was sent then; `None` for one that was not sent any.
    pub owed: [Option<[Option<u8>; N]>; N],
}

/// How far a leader has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, BorshSerialize, BorshDeserialize)]
pub enum LearnerStage {
    /// It counts for nothing, and is told nothing, until a quorum without it has confirmed that
    /// this leader is established. It remembers, and has accepted a later epoch, or does not
    /// remember.
    Aside {
        /// Whether it knows all that it has promised.
        remembers: bool,
        /// Whether nobody counts any more on what it may have answered elsewhere.
        settled: bool,
    },
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
    /// It is asked to take over.
    Heir,
}

impl<const N: usize> Leader<N> {
    pub(super) fn new(elected_in: Epoch) -> Self {
        Self {
            elected_in,
            stage: Stage::Discovery,
            learners: [None; N],
            unanswered: [0; N],
            owed: [None; N],
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

    /// A learner introduces itself, perhaps again. A voter that has accepted a later epoch, or has
    /// lost what it has accepted, may have helped another leader to be established.
    pub(super) fn admit(
        &mut self,
        learner: usize,
        info: Introduction,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        let Introduction {
            accepted,
            remembers,
        } = info;
        let is_voter = cx.protocol.ensemble.voters().contains(learner);
        let is_ahead = self.proposed().is_some_and(|epoch| accepted > epoch);
        if is_ahead && is_voter && self.established().is_some() && cx.is(Mutant::AheadEndsLeader) {
            return Err(Quits::GivesUp);
        }
        let is_aside = match remembers {
            true => is_ahead && !cx.is(Mutant::AheadCounted),
            false => !cx.is(Mutant::ForgetfulCounted),
        };
        self.forget(learner);
        self.learners[learner] = Some(match is_voter && is_aside {
            true => LearnerStage::Aside {
                remembers,
                settled: false,
            },
            false => LearnerStage::Introduced(accepted),
        });
        self.advance(cx)
    }

    /// The learner's connection has ended, or another takes its place.
    pub(super) fn forget(&mut self, learner: usize) {
        self.learners[learner] = None;
        self.unanswered[learner] = 0;
        self.owed[learner] = None;
        for owed in self.owed.iter_mut().flatten() {
            owed[learner] = None;
        }
    }

    /// Before it is established a leader gives up if those that it may not count on are all that it
    /// lacks. It will propose a greater epoch to them. One that is established does not.
    fn is_not_outbid(&self, cx: &Context<'_, N>) -> Result<(), Quits> {
        if !matches!(self.stage, Stage::Promising(_) | Stage::Activating(_)) {
            return Ok(());
        }
        let is_quorum = |stage: LearnerStage| {
            let there = self.those_at(stage).with(cx.me);
            cx.protocol.ensemble.is_quorum(there, false)
        };
        // Those that do not remember are further back than those that do.
        let with = is_quorum(LearnerStage::Aside {
            remembers: true,
            settled: false,
        });
        match with && !is_quorum(LearnerStage::Introduced(Epoch(0))) {
            true => Err(Quits::GivesUp),
            false => Ok(()),
        }
    }

    /// Nobody counts any more on what this learner may have answered elsewhere.
    pub(super) fn settle(&mut self, learner: usize) {
        if let Some(LearnerStage::Aside { settled, .. }) = &mut self.learners[learner] {
            *settled = true;
        }
    }

    /// Whether the learner is aside, and somebody may count on what it has answered elsewhere.
    #[must_use]
    pub fn is_unsettled(&self, learner: usize) -> bool {
        let stage = self.learners[learner];
        matches!(stage, Some(LearnerStage::Aside { settled: false, .. }))
    }

    /// Whether the learner is aside because it has accepted a later epoch.
    #[must_use]
    pub fn is_ahead(&self, learner: usize) -> bool {
        let stage = self.learners[learner];
        matches!(
            stage,
            Some(LearnerStage::Aside {
                remembers: true,
                ..
            })
        )
    }

    /// Its lease is over before that.
    pub(super) fn release_all(&self, cx: &mut Context<'_, N>) {
        let owes = |&learner: &usize| {
            let stage = self.learners[learner];
            stage >= Some(LearnerStage::Activating)
        };
        for learner in (0..N).filter(owes) {
            cx.send(learner, Packet::Release);
        }
    }

    pub(super) fn hear(
        &mut self,
        from: usize,
        packet: Packet,
        cx: &mut Context<'_, N>,
    ) -> Result<(), Quits> {
        if let Packet::LearnerInfo(info) = packet {
            return self.admit(from, info, cx);
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
                            && (epoch, zxid) > (self.elected_in, cx.history.last())
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
                self.unanswered[from] -= 1;
                if self.established().is_some() && !cx.is(Mutant::LateOnesNotTold) {
                    cx.send(from, Packet::UpToDate);
                }
            }
            // The answer to UPTODATE.
            (LearnerStage::Synced | LearnerStage::Heir, Packet::Ack(_)) => {}
            (LearnerStage::Synced, Packet::Ping) if self.unanswered[from] > 0 => {
                self.unanswered[from] -= 1;
                for owed in self.owed.iter_mut().flatten() {
                    owed[from] = owed[from].map(|answers| answers.saturating_sub(1));
                }
            }
            // It is asked to take over, and may follow nobody soon.
            (LearnerStage::Heir, Packet::Ping) if self.unanswered[from] > 0 => {
                self.unanswered[from] -= 1;
            }
            (LearnerStage::Heir, Packet::HandOver(to)) if to == from => {
                self.tell_followers(packet, cx);
                return Err(Quits::HandsOver);
            }
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
        self.is_not_outbid(cx)?;
        if self.stage == Stage::Discovery && self.has(LearnerStage::Introduced(Epoch(0)), cx) {
            let epoch = self.next_epoch(cx);
            if epoch > cx.protocol.last {
                return Err(Quits::GivesUp);
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
            && (self.has_promises(cx) || cx.is(Mutant::PromisesNotAwaited))
        {
            // If it was bound itself, that is over: the promises of a quorum without it say so.
            *cx.bond = Bond::Free;
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
            self.tell_followers(Packet::UpToDate, cx);
        }
        if self.established().is_some() {
            self.ask_followers(cx);
            self.confirm(cx);
        }
        self.inform(cx);
        Ok(())
    }

    /// A PING to every follower that has been sent none since somebody waits aside for it.
    fn ask_followers(&mut self, cx: &mut Context<'_, N>) {
        for learner in 0..N {
            let stage = self.learners[learner];
            let is_settled = matches!(stage, Some(LearnerStage::Aside { settled: true, .. }));
            if is_settled && self.owed[learner].is_none() {
                self.owed[learner] = Some([None; N]);
            }
        }
        for follower in 0..N {
            let mut owed = self.owed.iter().flatten();
            let is_asked = owed.all(|owed| owed[follower].is_some());
            if self.learners[follower] != Some(LearnerStage::Synced) || is_asked {
                continue;
            }
            self.unanswered[follower] += 1;
            cx.send(follower, Packet::Ping);
            let owes = match cx.is(Mutant::OldAnswersConfirm) {
                true => 1,
                false => self.unanswered[follower],
            };
            for owed in self.owed.iter_mut().flatten() {
                owed[follower] = owed[follower].or(Some(owes));
            }
        }
    }

    /// Those that wait aside are let in where a quorum without them has shown that it still
    /// followed when nobody counted on them any more. Had a later leader been established before,
    /// one of that quorum would have left for it.
    fn confirm(&mut self, cx: &mut Context<'_, N>) {
        for learner in 0..N {
            let Some(owed) = self.owed[learner] else {
                continue;
            };
            let follows = (0..N).filter(|&follower| owed[follower] == Some(0));
            let follows = follows.collect::<ServerSet>().with(cx.me);
            let is_confirmed =
                !cx.is(Mutant::AsideForEver) && cx.protocol.ensemble.is_quorum(follows, false);
            if is_confirmed || cx.is(Mutant::ConfirmedUnasked) {
                self.owed[learner] = None;
                self.learners[learner] = Some(LearnerStage::Introduced(Epoch(0)));
            }
        }
    }

    /// The same to everybody that follows, but for one that is asked to take over.
    fn tell_followers(&self, packet: Packet, cx: &mut Context<'_, N>) {
        let follows = |&learner: &usize| self.learners[learner] == Some(LearnerStage::Synced);
        for learner in (0..N).filter(follows) {
            cx.send(learner, packet);
        }
    }

    /// Adds a transaction, and tells those that were told its history.
    pub(super) fn append(&self, cx: &mut Context<'_, N>) {
        let Some(epoch) = self.established() else {
            return;
        };
        let history = cx.history.and(epoch);
        cx.effects.push(Effect::StoreHistory(history));
        for learner in self.those_at(LearnerStage::Activating).iter() {
            cx.send(learner, Packet::Proposal(history));
        }
    }

    /// The learners that it can hand over to: one at a time.
    pub fn candidates<'a>(&'a self, ensemble: &'a Ensemble<N>) -> impl Iterator<Item = usize> + 'a {
        let is_free =
            self.established().is_some() && !self.learners.contains(&Some(LearnerStage::Heir));
        (0..N).filter(move |&learner| {
            is_free
                && self.learners[learner] == Some(LearnerStage::Synced)
                && ensemble.has_weight(learner)
        })
    }

    /// Asks a learner to take over. Those that follow are told when it has answered.
    #[doc(alias = "designatedLeader")]
    pub(super) fn hand_over(&mut self, heir: usize, cx: &mut Context<'_, N>) {
        self.learners[heir] = Some(LearnerStage::Heir);
        cx.send(heir, Packet::HandOver(heir.into()));
    }

    /// Above all that the voters of a quorum have accepted. What an observer has accepted is
    /// nobody's promise.
    #[doc(alias = "getEpochToPropose")]
    fn next_epoch(&self, cx: &Context<'_, N>) -> Epoch {
        let voters = cx.protocol.ensemble.voters().iter();
        let accepted = voters.filter_map(|voter| match self.learners[voter] {
            Some(LearnerStage::Introduced(accepted)) => Some(accepted),
            _ => None,
        });
        accepted.fold(cx.memory.accepted, Epoch::max).next()
    }

    /// LEADERINFO to those that have introduced themselves, NEWLEADER to those that have answered
    /// it.
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
                    self.unanswered[learner] += 1;
                    let history = cx.protocol.replicates.then_some(cx.history);
                    cx.send(learner, Packet::NewLeader { epoch, history });
                }
                _ => {}
            }
        }
    }

    /// Whether a quorum has promised, this server itself included if no earlier promise binds it.
    fn has_promises(&self, cx: &Context<'_, N>) -> bool {
        let promised = self.those_at(LearnerStage::Promised);
        match cx.is_free() {
            true => self.has(LearnerStage::Promised, cx),
            false => cx.protocol.ensemble.is_quorum(promised, false),
        }
    }

    /// Whether those that have come at least so far are a quorum together with this server. `Known`
    /// is no further than `Asked`: later stages imply a promise or come after a quorum of promises.
    fn has(&self, stage: LearnerStage, cx: &Context<'_, N>) -> bool {
        let there = self.those_at(stage).with(cx.me);
        let (count, ensemble) = (there.iter().count(), &cx.protocol.ensemble);
        match cx.protocol.mutant {
            Some(Mutant::ObserverAcksCounted) => 2 * count > N,
            Some(Mutant::HalfEstablishes) => 2 * count >= N,
            Some(Mutant::CommittedEstablishes) if ensemble.composition().is_joint() => {
                2 * count > N
            }
            _ => ensemble.is_quorum(there, false),
        }
    }
}
