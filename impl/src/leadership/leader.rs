//! A server that the election made the leader: it collects promises, activates its epoch, stays in
//! touch with its learners.
//!
//! Source: `Leader.lead` with `getEpochToPropose`, `waitForEpochAck`, `waitForNewLeaderAck`;
//! `LearnerHandler.run`. Invariants: the stages follow one another and none is left out; a learner
//! counts for a stage only if it answered what that stage sent it, and one that is kept
//! [aside](super::aside) for none.

mod confirming;
mod counting;
mod learner;

use super::aside::Aside;
use super::packet::{LearnerInfo, PROTOCOL, Packet};
use super::{Bond, CannotHandOver, Context, Effect, Moment, Quit, Refusal, Settings};
use crate::election::Credentials;
use crate::id::{PeerEpoch, Sid, Zxid};
use learner::{Learner, LearnerStage};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Leader {
    credentials: Credentials,
    since: Moment,
    stage: Stage,
    learners: BTreeMap<Sid, Learner>,
    /// Those that elected this leader, or came to it, and have not turned to another; itself among
    /// them.
    electors: BTreeSet<Sid>,
    /// When signs of life went out last, or the leader was established.
    beat: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Stage {
    /// Until a quorum has introduced itself.
    Discovery,
    /// The epoch is proposed, and accepted by this server.
    Promising {
        epoch: PeerEpoch,
        /// Whether no earlier promise of this server's own stands against it.
        is_free: bool,
    },
    /// The epoch is this server's current one.
    Activating(PeerEpoch),
    /// The epoch is that of a quorum.
    Established(PeerEpoch),
}

impl Leader {
    pub(super) fn new(
        credentials: Credentials,
        electors: impl IntoIterator<Item = Sid>,
        now: Moment,
    ) -> Self {
        Self {
            credentials,
            since: now,
            stage: Stage::Discovery,
            learners: BTreeMap::new(),
            electors: electors.into_iter().collect(),
            beat: now,
        }
    }

    /// The epoch, once established.
    pub(super) fn epoch(&self) -> Option<PeerEpoch> {
        match self.stage {
            Stage::Established(epoch) => Some(epoch),
            _ => None,
        }
    }

    pub(super) fn hear(
        &mut self,
        from: Sid,
        packet: &Packet,
        cx: &mut Context<'_>,
    ) -> Result<(), Quit> {
        if let Packet::LearnerInfo(info) = packet {
            return self.admit(info, cx);
        }
        let Some(learner) = self.learners.get_mut(&from) else {
            // The last words of one that was refused.
            return Ok(());
        };
        learner.heard = cx.now;
        match (learner.stage, packet) {
            (
                LearnerStage::Asked | LearnerStage::Known,
                &Packet::AckEpoch { current, last_zxid },
            ) => {
                let ours = (self.credentials.peer_epoch, self.credentials.zxid);
                let is_open = matches!(self.stage, Stage::Promising { .. });
                match current {
                    Some(epoch) if is_open && (epoch, last_zxid) > ours => {
                        let zxid = last_zxid;
                        self.refuse(from, Refusal::HistoryAhead { epoch, zxid }, cx);
                    }
                    // One that lost its data has lost its promises, too (ZOOKEEPER-261).
                    Some(_) if last_zxid != Zxid::NO_DATA => {
                        learner.stage = LearnerStage::Promised;
                    }
                    Some(_) | None => learner.stage = LearnerStage::Known,
                }
            }
            // A promise that was held back, and is not needed any more.
            (LearnerStage::Activating, Packet::AckEpoch { .. }) => {}
            (LearnerStage::Activating, &Packet::Ack { epoch })
                if Stage::Activating(epoch) == self.stage
                    || Stage::Established(epoch) == self.stage =>
            {
                learner.stage = LearnerStage::Synced;
                learner.promised = learner.unanswered.pop_front();
                self.welcome(from, cx);
            }
            // The answer to UPTODATE.
            (LearnerStage::Synced | LearnerStage::Heir, Packet::Ack { .. }) => {}
            (LearnerStage::Synced, Packet::Ping) if !learner.unanswered.is_empty() => {
                learner.promised = learner.unanswered.pop_front();
                let aside = self.learners.values_mut();
                aside.for_each(|it| it.aside.iter_mut().for_each(|it| it.hear(from)));
            }
            (LearnerStage::Heir, Packet::Ping) if learner.unanswered.pop_front().is_some() => {}
            // It is alive, which is all that it was asked.
            (stage, Packet::Ping) if stage <= LearnerStage::Activating => {}
            (LearnerStage::Heir, Packet::HandOver { to }) if *to == from => {
                self.tell_all(Packet::HandOver { to: from }, cx);
                return Err(Quit::HandedOver(from));
            }
            _ => self.refuse(from, Refusal::OutOfPlace, cx),
        }
        self.advance(cx)
    }

    pub(super) fn admit(&mut self, info: &LearnerInfo, cx: &mut Context<'_>) -> Result<(), Quit> {
        let sid = info.sid;
        self.forget(sid);
        let accepted = info.accepted;
        let is_voter = cx.is_voter(sid);
        let is_jump = accepted.0 - cx.own.epochs.accepted.0 > FARTHEST_HEARD;
        if info.protocol != PROTOCOL {
            // Left to wait for `initLimit`: disconnected, it would elect the same leader again at
            // once.
        } else if info.config_version > cx.ensemble.committed().version() {
            cx.close(sid, Refusal::ConfigurationAhead);
        } else if is_voter && self.stage == Stage::Discovery && is_jump {
            cx.close(sid, Refusal::EpochJump { epoch: accepted });
        } else {
            self.electors.insert(sid);
            let is_ahead = self.proposed().is_some_and(|epoch| accepted > epoch);
            let settled = cx.now.after(info.unsettled);
            let is_aside = is_voter && (!info.remembers || is_ahead);
            let learner = Learner {
                accepted,
                stage: LearnerStage::Introduced,
                aside: is_aside.then(|| Aside::new(settled, info.remembers)),
                // Nobody counts on others' promises.
                promise: match is_voter {
                    true => info.promise.min(cx.settings.sync_limit),
                    false => Duration::ZERO,
                },
                counts_until: cx.now.after(info.patience),
                heard: if is_aside { settled } else { cx.now },
                unanswered: VecDeque::new(),
                promised: None,
            };
            self.learners.insert(sid, learner);
        }
        self.advance(cx)
    }

    /// The epoch, once proposed.
    fn proposed(&self) -> Option<PeerEpoch> {
        match self.stage {
            Stage::Discovery => None,
            Stage::Promising { epoch, .. }
            | Stage::Activating(epoch)
            | Stage::Established(epoch) => Some(epoch),
        }
    }

    /// Without the learner the lease may be shorter, and that is known before it sees the end of
    /// its connection.
    fn refuse(&mut self, sid: Sid, reason: Refusal, cx: &mut Context<'_>) {
        self.forget(sid);
        cx.close(sid, reason);
    }

    pub(super) fn forget(&mut self, sid: Sid) {
        self.learners.remove(&sid);
        let aside = self
            .learners
            .values_mut()
            .filter_map(|it| it.aside.as_mut());
        aside.for_each(|it| it.forget(sid));
    }

    /// Asks a learner for a sign of life.
    pub(super) fn probe(&mut self, sid: Sid, cx: &mut Context<'_>) {
        match self.learners.get_mut(&sid) {
            Some(learner) if learner.stage >= LearnerStage::Activating => {
                learner.ping(sid, cx);
            }
            Some(_) => cx.send(sid, Packet::Ping),
            None => {}
        }
    }

    /// The word that the leader gives up, for those that have promised to stay with it.
    pub(super) fn release(&self) -> impl Iterator<Item = Effect> {
        let bound = self
            .learners
            .iter()
            .filter(|(_, it)| it.stage >= LearnerStage::Activating);
        bound.map(|(&to, _)| Effect::Send {
            to,
            packet: Packet::Release,
        })
    }

    /// Goes as far as the answers reach, and sends every learner what its stage calls for.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Quit> {
        if self.stage == Stage::Discovery && self.has_quorum(LearnerStage::Introduced, cx) {
            let epoch = self.next_epoch(cx).ok_or(Quit::EpochsExhausted)?;
            cx.accept(epoch);
            let is_free = false;
            self.stage = Stage::Promising { epoch, is_free };
        }
        if self.epoch().is_none() && self.is_outbid(cx) {
            return Err(Quit::Outbid);
        }
        if let Stage::Promising { epoch, .. } = self.stage {
            let is_free = !cx.is_bound_against(cx.settings.sid);
            self.stage = Stage::Promising { epoch, is_free };
            if self.has_promises(is_free, cx) {
                // Whatever it had promised itself is worth nothing any more.
                cx.own.bond = Bond::forgotten(cx.now);
                cx.enter(epoch);
                self.stage = Stage::Activating(epoch);
            }
        }
        if let Stage::Activating(epoch) = self.stage
            && self.has_quorum(LearnerStage::Synced, cx)
        {
            self.stage = Stage::Established(epoch);
            self.beat = cx.now;
            cx.effects.push(Effect::Established(epoch));
            self.tell_all(Packet::UpToDate, cx);
        }
        if self.epoch().is_some() {
            self.confirm(cx);
        }
        self.inform(cx);
        Ok(())
    }

    /// The same to everybody that follows.
    fn tell_all(&self, packet: Packet, cx: &mut Context<'_>) {
        for (&sid, learner) in &self.learners {
            if learner.stage == LearnerStage::Synced {
                cx.send(sid, packet);
            }
        }
    }

    pub(super) fn hand_over(
        &mut self,
        heir: Sid,
        cx: &mut Context<'_>,
    ) -> Result<(), CannotHandOver> {
        if self.epoch().is_none() {
            return Err(CannotHandOver::NotLeading);
        }
        if let Some(heir) = self.heir() {
            return Err(CannotHandOver::UnderWay(heir));
        }
        if cx.ensemble.view().weight(heir) == 0 {
            return Err(CannotHandOver::NoCandidate(heir));
        }
        let learner = self.learners.get_mut(&heir);
        let learner = learner.filter(|it| it.stage == LearnerStage::Synced);
        learner.ok_or(CannotHandOver::NotFollowing(heir))?.stage = LearnerStage::Heir;
        cx.send(heir, Packet::HandOver { to: heir });
        Ok(())
    }

    /// Whom this leader has asked to take over.
    pub(super) fn heir(&self) -> Option<Sid> {
        let mut learners = self.learners.iter();
        let heir = learners.find(|(_, it)| it.stage == LearnerStage::Heir);
        heir.map(|(&sid, _)| sid)
    }

    /// LEADERINFO to those that have introduced themselves, NEWLEADER to those that have answered
    /// it.
    fn inform(&mut self, cx: &mut Context<'_>) {
        for (&sid, learner) in self
            .learners
            .iter_mut()
            .filter(|(_, it)| it.aside.is_none())
        {
            match (self.stage, learner.stage) {
                (
                    Stage::Promising { epoch, .. }
                    | Stage::Activating(epoch)
                    | Stage::Established(epoch),
                    LearnerStage::Introduced,
                ) => {
                    learner.stage = LearnerStage::Asked;
                    let protocol = PROTOCOL;
                    cx.send(sid, Packet::LeaderInfo { epoch, protocol });
                }
                (
                    Stage::Activating(epoch) | Stage::Established(epoch),
                    LearnerStage::Known | LearnerStage::Promised,
                ) => {
                    learner.stage = LearnerStage::Activating;
                    learner.unanswered.push_back(cx.now);
                    cx.send(sid, Packet::NewLeader { epoch });
                }
                _ => {}
            }
        }
    }

    /// A voter looks for another leader. Before this one is established it must not wait for voters
    /// that will not come.
    pub(super) fn see_looking(&mut self, sid: Sid, cx: &mut Context<'_>) -> Result<(), Quit> {
        if self.epoch().is_some() || self.learners.contains_key(&sid) {
            return Ok(());
        }
        self.electors.remove(&sid);
        let view = cx.ensemble.view();
        let left = view.tally(self.electors.iter().copied());
        let waits_long =
            |limit| self.stage == Stage::Discovery && cx.now >= self.since.after(limit);
        if cx.settings.epoch_timeout.is_some_and(waits_long) || !view.has_quorum(&left, cx.oracle) {
            return Err(Quit::VotersLook);
        }
        Ok(())
    }

    pub(super) fn pass_time(&mut self, cx: &mut Context<'_>) -> Result<(), Quit> {
        if self.epoch().is_none() {
            if cx.now >= self.since.after(cx.settings.init_limit) {
                return Err(Quit::NotEstablished);
            }
            return self.advance(cx);
        }
        if cx.now < self.next_beat(cx.settings) {
            return self.advance(cx);
        }
        // Time that the server has slept through is not made up for.
        self.beat = cx.now;
        self.drop_silent(cx);
        if !self.has_quorum(LearnerStage::Synced, cx) {
            return Err(Quit::QuorumLost);
        }
        for (&sid, learner) in &mut self.learners {
            if learner.stage == LearnerStage::Synced {
                learner.ping(sid, cx);
            }
        }
        self.advance(cx)
    }

    /// A learner that has not come so far may be waiting for others.
    fn drop_silent(&mut self, cx: &mut Context<'_>) {
        let settings = cx.settings;
        let is_silent = |learner: &Learner| {
            let limit = match learner.stage {
                LearnerStage::Synced | LearnerStage::Heir => settings.sync_limit,
                LearnerStage::Introduced
                | LearnerStage::Asked
                | LearnerStage::Known
                | LearnerStage::Promised
                | LearnerStage::Activating => settings.init_limit + settings.sync_limit,
            };
            cx.now >= learner.heard.after(limit)
        };
        let silent = self.learners.iter().filter(|(_, it)| is_silent(it));
        let silent: Vec<Sid> = silent.map(|(&sid, _)| sid).collect();
        for sid in silent {
            self.refuse(sid, Refusal::Silent, cx);
        }
    }

    pub(super) fn deadline(&self, settings: Settings, promised_until: Moment) -> Moment {
        let end = self.since.after(settings.init_limit);
        match self.stage {
            Stage::Established(_) => {
                let aside = self.learners.values().filter_map(|it| it.aside.as_ref());
                let settled = aside.filter(|it| !it.is_asking()).map(|it| it.settled);
                settled.fold(self.next_beat(settings), Moment::min)
            }
            Stage::Promising { is_free: false, .. } => end.min(promised_until),
            Stage::Discovery | Stage::Promising { .. } | Stage::Activating(_) => end,
        }
    }

    /// Signs of life go out twice a tick, and more often if a follower's patience asks for it.
    fn next_beat(&self, settings: Settings) -> Moment {
        let synced = self
            .learners
            .values()
            .filter(|it| it.stage == LearnerStage::Synced);
        let shortest = synced
            .map(|it| it.promise)
            .min()
            .unwrap_or(settings.sync_limit);
        let most = settings.tick / 2;
        self.beat
            .after((shortest / 4).clamp(most.min(SHORTEST_BEAT), most))
    }
}

/// How far above its own a leader believes that a voter has accepted an epoch. Half of what
/// learners promise, so that they promise what follows from it.
const FARTHEST_HEARD: i64 = 1 << 19;
/// Signs of life go out no more often, whatever a follower's patience.
const SHORTEST_BEAT: Duration = Duration::from_millis(5);
