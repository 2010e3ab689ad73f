//! A server that the election made the leader: it collects promises, activates its epoch, stays in touch with its learners.
//!
//! Source: `Leader.lead` with `getEpochToPropose`, `waitForEpochAck`, `waitForNewLeaderAck`; `LearnerHandler.run`. Invariants: the stages
//! follow one another and none is left out; a learner counts for a stage only if it answered what that stage sent it.

use super::packet::{LearnerInfo, PROTOCOL, Packet};
use super::{CannotHandOver, Context, Effect, Moment, Quit, Refusal, Settings};
use crate::election::Credentials;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::quorum::QuorumView;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Leader {
    credentials: Credentials,
    since: Moment,
    stage: Stage,
    learners: BTreeMap<Sid, Learner>,
    /// Those that elected this leader, or came to it, and have not turned to another; itself among them.
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
        /// Whether an earlier promise of this server's own is over.
        is_free: bool,
    },
    /// The epoch is this server's current one.
    Activating(PeerEpoch),
    /// The epoch is that of a quorum.
    Established(PeerEpoch),
}

/// A learner, as its leader knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Learner {
    accepted: PeerEpoch,
    stage: LearnerStage,
    heard: Moment,
    /// When what it has not answered yet was sent.
    unanswered: VecDeque<Moment>,
    /// When what it answered last was sent: its promise is counted from there.
    promised: Option<Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum LearnerStage {
    Introduced,
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
    /// It is asked to take over. It follows until it answers, and has promised nothing any more.
    Heir,
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
                if self.epoch().is_some() {
                    cx.send(from, Packet::UpToDate);
                }
            }
            // The answer to UPTODATE.
            (LearnerStage::Synced | LearnerStage::Heir, Packet::Ack { .. }) => {}
            (LearnerStage::Synced, Packet::Ping) if !learner.unanswered.is_empty() => {
                learner.promised = learner.unanswered.pop_front();
            }
            (LearnerStage::Heir, Packet::Ping) if learner.unanswered.pop_front().is_some() => {}
            (LearnerStage::Heir, Packet::HandOver { to }) if *to == from => {
                self.tell_all(Packet::HandOver { to: from }, cx);
                return Err(Quit::HandedOver(from));
            }
            _ => self.refuse(from, Refusal::OutOfPlace, cx),
        }
        self.advance(cx)
    }

    pub(super) fn admit(&mut self, info: &LearnerInfo, cx: &mut Context<'_>) -> Result<(), Quit> {
        self.learners.remove(&info.sid);
        if info.protocol != PROTOCOL {
            // Left to wait for `initLimit`: disconnected, it would elect the same leader again at once.
        } else if info.config_version > cx.ensemble.committed().version() {
            cx.close(info.sid, Refusal::ConfigurationAhead);
        } else if cx.ensemble.view().slot(info.sid).is_some() && self.is_outbid(info.accepted) {
            *cx.outbid = info.accepted;
            return Err(Quit::Outbid);
        } else {
            self.electors.insert(info.sid);
            let learner = Learner {
                accepted: info.accepted,
                stage: LearnerStage::Introduced,
                heard: cx.now,
                unanswered: VecDeque::new(),
                promised: None,
            };
            self.learners.insert(info.sid, learner);
        }
        self.advance(cx)
    }

    /// Whether whoever has accepted this epoch has to refuse the one that this leader has proposed.
    fn is_outbid(&self, accepted: PeerEpoch) -> bool {
        match self.stage {
            Stage::Discovery => false,
            Stage::Promising { epoch, .. }
            | Stage::Activating(epoch)
            | Stage::Established(epoch) => accepted > epoch,
        }
    }

    /// Without the learner the lease may be shorter, and that is known before it sees the end of its connection.
    fn refuse(&mut self, sid: Sid, reason: Refusal, cx: &mut Context<'_>) {
        self.forget(sid);
        cx.close(sid, reason);
    }

    pub(super) fn forget(&mut self, sid: Sid) {
        self.learners.remove(&sid);
    }

    /// Goes as far as the answers reach, and sends every learner what its stage calls for.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Quit> {
        if self.stage == Stage::Discovery && self.has_quorum(LearnerStage::Introduced, cx) {
            let accepted = self.learners.values().map(|learner| learner.accepted);
            let greatest = accepted.fold(cx.epochs.accepted, PeerEpoch::max);
            let epoch = greatest
                .max(*cx.outbid)
                .next()
                .ok_or(Quit::EpochsExhausted)?;
            cx.accept(epoch);
            let is_free = false;
            self.stage = Stage::Promising { epoch, is_free };
        }
        if let Stage::Promising { epoch, .. } = self.stage
            && cx.is_free()
        {
            let is_free = true;
            self.stage = Stage::Promising { epoch, is_free };
            if self.has_quorum(LearnerStage::Promised, cx) {
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

    /// LEADERINFO to those that have introduced themselves, NEWLEADER to those that have answered it.
    fn inform(&mut self, cx: &mut Context<'_>) {
        for (&sid, learner) in &mut self.learners {
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

    /// Whether those that have come at least so far are a quorum together with this server. `Known` is no further than `Asked`:
    /// later stages imply a promise or come after a quorum of promises.
    fn has_quorum(&self, stage: LearnerStage, cx: &Context<'_>) -> bool {
        let there = self.learners.iter().filter(|(_, it)| it.stage >= stage);
        let there = there.map(|(&sid, _)| sid).chain([cx.settings.sid]);
        let view = cx.ensemble.view();
        view.has_quorum(&view.tally(there), cx.oracle)
    }

    /// How many voters follow.
    pub(super) fn followers(&self, view: &QuorumView) -> usize {
        let learners = self.learners.iter();
        let synced = learners.filter(|(_, learner)| learner.stage >= LearnerStage::Synced);
        synced.filter(|(sid, _)| view.slot(**sid).is_some()).count()
    }

    /// Until when no other leader can be established: when the promises of the latest quorum end, on the fastest clock. While this
    /// leader hands over it may do nothing that the heir might not find done.
    pub(super) fn lease(&self, settings: Settings, view: &QuorumView) -> Option<Moment> {
        if self.heir().is_some() {
            return None;
        }
        let learners = self.learners.iter();
        let promises = learners.filter_map(|(&sid, learner)| Some((learner.promised?, sid)));
        let mut promises: Vec<(Moment, Sid)> =
            promises.chain([(self.beat, settings.sid)]).collect();
        promises.sort_unstable_by(|one, other| other.cmp(one));
        let mut tally = view.empty_tally();
        for (sent, sid) in promises {
            if let Some(slot) = view.slot(sid) {
                tally.add(slot, view);
            }
            if view.has_quorum(&tally, None) {
                return Some(sent.after(lease_length(settings)));
            }
        }
        None
    }

    /// A voter looks for another leader. Before this one is established it must not wait for voters that will not come.
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
            return Ok(());
        }
        // Time that the server has slept through is not made up for.
        self.beat = cx.now;
        self.drop_silent(cx);
        if !self.has_quorum(LearnerStage::Synced, cx) {
            return Err(Quit::QuorumLost);
        }
        self.tell_all(Packet::Ping, cx);
        let all = self.learners.values_mut();
        for learner in all.filter(|it| it.stage == LearnerStage::Synced) {
            learner.unanswered.push_back(cx.now);
        }
        Ok(())
    }

    /// A learner that has not come so far may be waiting for others.
    fn drop_silent(&mut self, cx: &mut Context<'_>) {
        let settings = cx.settings;
        let is_silent = |learner: &Learner| {
            let limit = match learner.stage {
                LearnerStage::Synced | LearnerStage::Heir => settings.sync_limit,
                _ => settings.init_limit + settings.sync_limit,
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
            Stage::Established(_) => self.next_beat(settings),
            Stage::Promising { is_free: false, .. } => end.min(promised_until),
            Stage::Discovery | Stage::Promising { .. } | Stage::Activating(_) => end,
        }
    }

    /// Signs of life go out twice a tick.
    fn next_beat(&self, settings: Settings) -> Moment {
        self.beat.after(settings.tick / 2)
    }
}

/// What a promise is worth to a server whose clock may be the slower one.
fn lease_length(settings: Settings) -> Duration {
    const MILLION: u32 = 1_000_000;
    settings.sync_limit / (MILLION + settings.clock_drift_ppm) * MILLION
}
