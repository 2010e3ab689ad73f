//! A server that the election gave a leader: it registers, promises, follows.
//!
//! Source: `Learner.registerWithLeader`, `syncWithLeader`, `Follower.followLeader`. Invariant: what
//! is acknowledged has been stored by an effect before it.

use super::packet::{LearnerInfo, PROTOCOL, Packet};
use super::{Bond, Context, Effect, End, Moment, Quit, Refusal, Settings};
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::learner_type::LearnerType;

/// How far above the epoch that it has accepted a server promises one: an election a second for
/// twelve days. A leader that is right about an epoch still farther away finds its quorum without
/// this server, and activates it.
const FARTHEST_PROMISE: i64 = 1 << 20;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Learner {
    pub(super) leader: Sid,
    last_zxid: Zxid,
    since: Moment,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Stage {
    /// Not connected yet.
    Connecting,
    /// The leader knows of this server, or will.
    Introduced,
    /// The epoch is not promised before an earlier promise is over. If others make a quorum
    /// meanwhile, the earlier one is worth nothing any more, and the leader goes on without.
    HeldBack(PeerEpoch),
    /// The epoch is acknowledged.
    Promised(PeerEpoch),
    /// The epoch is the current one.
    Activated(PeerEpoch),
    /// The leader is established.
    Following { epoch: PeerEpoch, heard: Moment },
    /// The leader keeps transactions: nothing can be learned from it.
    Apart,
}

impl Learner {
    pub(super) fn new(leader: Sid, last_zxid: Zxid, now: Moment) -> Self {
        Self {
            leader,
            last_zxid,
            since: now,
            stage: Stage::Connecting,
        }
    }

    /// The epoch of the established leader.
    pub(super) fn epoch(&self) -> Option<PeerEpoch> {
        match self.stage {
            Stage::Following { epoch, .. } => Some(epoch),
            _ => None,
        }
    }

    pub(super) fn is_apart(&self) -> bool {
        self.stage == Stage::Apart
    }

    pub(super) fn introduce(&mut self, cx: &mut Context<'_>) {
        self.stage = Stage::Introduced;
        if !cx.own.memory.is_complete() {
            // The leader keeps it aside until then.
            self.since = self.since.max(cx.own.unsettled_until);
        }
        let info = LearnerInfo {
            sid: cx.settings.sid,
            learner_type: cx.settings.learner_type,
            accepted: cx.own.epochs.accepted,
            protocol: PROTOCOL,
            config_version: cx.ensemble.committed().version(),
            promise: cx.settings.sync_limit,
            patience: cx.settings.init_limit,
            unsettled: cx.own.unsettled_until.0.saturating_sub(cx.now.0),
            remembers: cx.own.memory.is_complete(),
        };
        cx.send(self.leader, Packet::LearnerInfo(info));
    }

    pub(super) fn hear(&mut self, packet: &Packet, cx: &mut Context<'_>) -> Result<(), Quit> {
        match (self.stage, packet) {
            (Stage::Introduced, &Packet::LeaderInfo { protocol, .. }) if protocol != PROTOCOL => {
                self.stage = Stage::Apart;
                cx.close(self.leader, Refusal::KeepsTransactions);
                Ok(())
            }
            (Stage::Introduced, &Packet::LeaderInfo { epoch, .. }) => self.consider(epoch, cx),
            (
                Stage::HeldBack(proposed) | Stage::Promised(proposed),
                &Packet::NewLeader { epoch },
            ) if epoch == proposed => {
                self.activate(epoch, cx);
                Ok(())
            }
            (Stage::Activated(epoch), Packet::UpToDate) => {
                self.renew(cx);
                self.stage = Stage::Following {
                    epoch,
                    heard: cx.now,
                };
                cx.effects.push(Effect::Established(epoch));
                cx.send(self.leader, Packet::Ack { epoch });
                Ok(())
            }
            (Stage::Following { epoch, .. }, Packet::Ping) => {
                self.renew(cx);
                self.stage = Stage::Following {
                    epoch,
                    heard: cx.now,
                };
                cx.send(self.leader, Packet::Ping);
                Ok(())
            }
            (Stage::Following { .. }, &Packet::HandOver { to }) => Err(self.change_over(to, cx)),
            (Stage::Apart, _) => Ok(()),
            (Stage::Connecting, _) => Err(Quit::OutOfPlace),
            (_, Packet::Release) => {
                cx.own.bond.end_by(self.leader, cx.now);
                Err(Quit::Released)
            }
            // The leader asks whether this connection is alive. Once it counts on this server, it
            // counts from then.
            (stage, Packet::Ping) => {
                if let Stage::Activated(_) = stage {
                    self.renew(cx);
                }
                cx.send(self.leader, Packet::Ping);
                Ok(())
            }
            _ => Err(Quit::OutOfPlace),
        }
    }

    /// The leader proposes an epoch: a promise for one that is new, as soon as no earlier one
    /// stands against it; none for one that was accepted before, nor from a server that does not
    /// know what it has promised. A leader that proposes a lower one to a voter has been
    /// established in it, and has asked a quorum whether it still is.
    fn consider(&mut self, epoch: PeerEpoch, cx: &mut Context<'_>) -> Result<(), Quit> {
        let is_observer = cx.settings.learner_type == LearnerType::Observer;
        if is_observer && epoch < cx.own.epochs.current {
            return Err(Quit::LeaderBehind);
        }
        if !(PeerEpoch(0)..=PeerEpoch::LAST).contains(&epoch) {
            return Err(Quit::OutOfPlace);
        }
        let accepted = cx.own.epochs.accepted;
        let is_credible = epoch.0 - accepted.0 <= FARTHEST_PROMISE;
        let leader = self.leader;
        if !is_credible && cx.own.memory.is_complete() {
            cx.effects.push(Effect::Doubt { leader, epoch });
        }
        if epoch > accepted {
            // It has looked again, so what it was promised before is over.
            cx.own.bond.end_by(self.leader, cx.now);
        }
        let may_promise = epoch > accepted && is_credible && cx.own.memory.is_complete();
        if may_promise && !cx.is_bound_against(self.leader) {
            self.promise(epoch, cx);
        } else {
            self.stage = match may_promise {
                true => Stage::HeldBack(epoch),
                false => Stage::Promised(epoch),
            };
            self.acknowledge(None, cx);
        }
        Ok(())
    }

    fn promise(&mut self, epoch: PeerEpoch, cx: &mut Context<'_>) {
        cx.accept(epoch);
        cx.own.unsettled_until = cx.now.after(cx.settings.init_limit);
        self.stage = Stage::Promised(epoch);
        self.acknowledge(Some(cx.own.epochs.current), cx);
    }

    fn acknowledge(&self, current: Option<PeerEpoch>, cx: &mut Context<'_>) {
        let last_zxid = self.last_zxid;
        cx.send(self.leader, Packet::AckEpoch { current, last_zxid });
    }

    fn activate(&mut self, epoch: PeerEpoch, cx: &mut Context<'_>) {
        if epoch > cx.own.epochs.accepted {
            cx.accept(epoch);
        }
        if epoch > cx.own.epochs.current {
            cx.enter(epoch);
        }
        let length = cx.settings.sync_limit;
        if cx.own.stored_promise != Some(length) {
            cx.own.stored_promise = Some(length);
            cx.effects.push(Effect::StorePromise(length));
        }
        cx.remember();
        cx.own.unsettled_until = cx.now.after(cx.settings.init_limit);
        self.renew(cx);
        self.stage = Stage::Activated(epoch);
        cx.send(self.leader, Packet::Ack { epoch });
    }

    /// From now on no other leader is acknowledged for as long as this one may count on it.
    fn renew(&self, cx: &mut Context<'_>) {
        cx.own.bond = Bond::to(self.leader, cx.now.after(cx.settings.sync_limit));
    }

    /// The leader does not count on this server any more, and another takes its place: this one, if
    /// it is the heir.
    fn change_over(&self, to: Sid, cx: &mut Context<'_>) -> Quit {
        cx.own.bond.end_by(self.leader, cx.now);
        if to == cx.settings.sid {
            cx.send(self.leader, Packet::HandOver { to });
        }
        Quit::HandedOver(to)
    }

    /// The connection is gone, which anything between the two servers can bring about: the promise
    /// stands, unless the settings trust an end in order.
    pub(super) fn lose(&mut self, end: End, cx: &mut Context<'_>) -> Result<(), Quit> {
        if self.is_apart() {
            return Ok(());
        }
        if cx.settings.promise_ends_with_connection && end == End::Closed {
            cx.own.bond.end_by(self.leader, cx.now);
        }
        Err(Quit::LeaderLost)
    }

    pub(super) fn pass_time(&mut self, cx: &mut Context<'_>) -> Result<(), Quit> {
        if let Stage::HeldBack(epoch) = self.stage
            && !cx.is_bound_against(self.leader)
        {
            self.promise(epoch, cx);
        }
        match self.limit(cx.settings) {
            Some((limit, quit)) if cx.now >= limit => Err(quit),
            _ => Ok(()),
        }
    }

    /// When the learner has waited long enough, and for what in vain.
    fn limit(&self, settings: Settings) -> Option<(Moment, Quit)> {
        match self.stage {
            Stage::Connecting
            | Stage::Introduced
            | Stage::HeldBack(_)
            | Stage::Promised(_)
            | Stage::Activated(_) => {
                Some((self.since.after(settings.init_limit), Quit::NotEstablished))
            }
            Stage::Following { heard, .. } => {
                Some((heard.after(settings.sync_limit), Quit::LeaderSilent))
            }
            Stage::Apart => None,
        }
    }

    pub(super) fn deadline(&self, settings: Settings, promised_until: Moment) -> Option<Moment> {
        let (limit, _) = self.limit(settings)?;
        let is_held_back = matches!(self.stage, Stage::HeldBack(_));
        Some(if is_held_back {
            limit.min(promised_until)
        } else {
            limit
        })
    }
}
