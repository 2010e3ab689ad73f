//! The one task that owns a member's leadership, its quorum port and its node: carries events in
//! and effects out, one at a time.
//!
//! # Invariants
//! - A lease that ends is taken back before anybody can see the connections end that it rested on.
//! - What is stored is stored before anything that follows it is sent. What cannot be stored ends
//!   the term, and the server begins anew with what the disk says.

use super::backoff::Backoff;
use super::disk::Disk;
use super::shown::Shown;
use super::transfer::{Outcome, Transfer};
use super::{MemberConfig, Note, Standing, StartError};
use crate::election::Credentials;
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::leadership::packet::{LearnerInfo, PROTOCOL, Packet};
use crate::leadership::{Effect, Effects, Leadership, Moment, Quit, Settings};
use crate::learner_type::LearnerType;
use crate::node::{Node, Status, Stopped};
use crate::notification::Notification;
use crate::quorum::{Oracle, OracleFile};
use crate::storage::{Storage, StorageError};
use crate::timer::sleep_until;
use crate::transport::{LinkState, Network, PortEvent, QuorumPort};
use crate::vote::ServerState;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// What the member's owner asks of it.
pub(super) enum Command {
    StepDown,
    Transfer(Sid, oneshot::Sender<Outcome>),
    Reconfigure(Arc<Ensemble>),
}

/// What tells the last transaction of a server in this epoch.
pub(super) type LastZxid = Box<dyn FnMut(PeerEpoch) -> Zxid + Send>;

/// The wait before a server whose disk failed looks for a leader again.
const AFTER_FAILED_STORE: Duration = Duration::from_secs(1);

pub(super) struct Driver<N: Network, S> {
    settings: Settings,
    leadership: Leadership,
    node: Node,
    port: QuorumPort<N>,
    disk: Disk<S>,
    last_zxid: LastZxid,
    oracle: Option<OracleFile>,
    observer_election_delay: Duration,
    /// Where this server's moments begin.
    origin: Instant,
    status: watch::Receiver<Status>,
    ensemble: Arc<Ensemble>,
    stage: Stage,
    shown: Shown,
    backoff: Backoff,
    followers: usize,
    transfer: Option<Transfer>,
    /// Whether what is in memory may not be on the disk.
    disk_failed: bool,
}

enum Stage {
    /// Looks again at this moment.
    Resting(Instant),
    /// The leader has handed over to this server.
    Changing(Sid),
    /// The election is under way, with these credentials.
    Electing(Credentials, oneshot::Receiver<Notification>),
    /// Leads or learns.
    Serving,
}

impl<N: Network, S: Storage> Driver<N, S> {
    pub(super) async fn start(
        network: N,
        config: MemberConfig,
        storage: S,
        last_zxid: LastZxid,
    ) -> Result<Self, StartError> {
        let MemberConfig {
            node,
            quorum_bind,
            limits,
        } = config;
        let ensemble = Arc::clone(&node.ensemble);
        let settings = Settings {
            sid: node.transport.sid,
            learner_type: node.learner_type,
            tick: limits.tick_time,
            init_limit: limits.tick_time * limits.init_limit,
            sync_limit: limits.tick_time * limits.sync_limit,
            clock_drift_ppm: limits.clock_drift_ppm,
            epoch_timeout: limits.epoch_timeout,
            promise_ends_with_connection: limits.promise_ends_with_connection,
        };
        let mut disk = Disk::new(storage, settings.init_limit);
        let stored = disk.load().await?;
        let origin = Instant::now();
        let leadership =
            Leadership::new(settings, Arc::clone(&ensemble), stored, Moment::default());
        let delay = limits.connect_retry_delay;
        let transport = &node.transport;
        let port =
            QuorumPort::start(network.clone(), transport, &quorum_bind, delay, &ensemble).await?;
        let oracle = node.oracle.clone();
        let node = Node::start_on(network, node).await?;
        Ok(Self {
            settings,
            leadership,
            status: node.status(),
            node,
            port,
            disk,
            last_zxid,
            oracle,
            observer_election_delay: limits.observer_election_delay,
            origin,
            ensemble,
            stage: Stage::Resting(origin),
            shown: Shown::new(settings.sid, origin),
            backoff: Backoff::default(),
            followers: 0,
            transfer: None,
            disk_failed: false,
        })
    }

    pub(super) fn leadership(&self) -> watch::Receiver<Standing> {
        self.shown.standing()
    }

    pub(super) fn notes(&self) -> watch::Receiver<BTreeSet<Note>> {
        self.shown.notes()
    }

    pub(super) fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Runs until nobody is left who could ask anything of the member, or the node has stopped.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        self.port.set_past(self.leadership.past());
        while let Ok(true) = self.turn(&mut commands).await {}
        self.abandon();
        self.port.shutdown().await;
        self.node.shutdown().await;
    }

    /// The next event; false when there will be none.
    async fn turn(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<bool, Stopped> {
        let deadline = self.leadership.deadline();
        let deadline = deadline.and_then(|Moment(at)| self.origin.checked_add(at));
        // A random order could not be simulated twice.
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(Command::StepDown) => self.step(|it, now, _| it.step_down(now)).await?,
                Some(Command::Transfer(heir, told)) => self.hand_over(heir, told).await?,
                Some(Command::Reconfigure(ensemble)) => self.node.reconfigure(ensemble).await?,
                None => return Ok(false),
            },
            event = self.stage.next() => match event {
                StageEvent::Rested => self.look().await?,
                StageEvent::Changed(leader) => self.change_to(leader).await?,
                StageEvent::Decided(credentials, vote) => self.serve(credentials, vote?).await?,
            },
            changed = self.status.changed() => {
                changed.map_err(|_| Stopped)?;
                self.see_election().await?;
            }
            event = self.port.next() => self.hear(event).await?,
            () = sleep_until(deadline) => {
                self.step(|it, now, oracle| it.handle_time(now, oracle)).await?;
            }
        }
        Ok(true)
    }

    async fn look(&mut self) -> Result<(), Stopped> {
        if self.disk_failed {
            if let Err(error) = self.begin_anew().await {
                return self.rest_after(&error).await;
            }
            self.disk_failed = false;
        }
        let credentials = self.credentials();
        let decision = self.node.begin_to_look(credentials).await?;
        self.stage = Stage::Electing(credentials, decision);
        Ok(())
    }

    /// Goes on with this leader, which may be the server itself, as if it had been elected.
    async fn change_to(&mut self, leader: Sid) -> Result<(), Stopped> {
        let credentials = self.credentials();
        let decision = self.node.designate(leader).await?;
        self.stage = Stage::Electing(credentials, decision);
        Ok(())
    }

    /// One that does not know what it has promised votes like a server without data, which nobody
    /// counts.
    fn credentials(&mut self) -> Credentials {
        let peer_epoch = self.leadership.epochs().current;
        let zxid = match self.leadership.remembers() {
            true => (self.last_zxid)(peer_epoch),
            false => Zxid::NO_DATA,
        };
        Credentials { zxid, peer_epoch }
    }

    async fn hand_over(
        &mut self,
        heir: Sid,
        told: oneshot::Sender<Outcome>,
    ) -> Result<(), Stopped> {
        let now = Moment(self.origin.elapsed());
        match self.leadership.hand_over(heir, now) {
            Ok(effects) => {
                tracing::info!(target: "fle", sid = %self.settings.sid, "hands over to server {heir}");
                self.transfer = Some(Transfer::new(heir, told));
                self.follow_up(effects).await
            }
            Err(error) => {
                // Whoever stopped waiting does not want to know.
                let _ = told.send(Err(error.into()));
                Ok(())
            }
        }
    }

    /// A promise may be on the disk or not: what the disk says counts from now on.
    async fn begin_anew(&mut self) -> Result<(), StorageError> {
        let stored = self.disk.load().await?;
        let now = Moment(self.origin.elapsed());
        let ensemble = Arc::clone(&self.ensemble);
        self.leadership = Leadership::new(self.settings, ensemble, stored, now);
        self.port.set_past(self.leadership.past());
        Ok(())
    }

    /// The disk failed: the term is over, and the server tries again in a while.
    /// Until then it says that it looks, and votes for nobody.
    async fn rest_after(&mut self, error: &StorageError) -> Result<(), Stopped> {
        tracing::error!(target: "fle", sid = %self.settings.sid, %error, "cannot promise anything");
        self.disk_failed = true;
        self.abandon();
        let nobody = Credentials {
            zxid: Zxid::NO_DATA,
            peer_epoch: self.leadership.epochs().current,
        };
        // What it decides is of no use.
        drop(self.node.begin_to_look(nobody).await?);
        self.stage = Stage::Resting(Instant::now() + AFTER_FAILED_STORE);
        Ok(())
    }

    /// The term is over, whatever it was, and the engine does not know why.
    fn abandon(&mut self) {
        let last_words = self.leadership.abandon();
        self.shown.end_lease();
        for effect in last_words {
            if let Effect::Send { to, packet } = effect {
                self.port.send(to, packet);
            }
        }
        self.retire();
    }

    /// The election is over.
    async fn serve(&mut self, credentials: Credentials, vote: Notification) -> Result<(), Stopped> {
        self.stage = Stage::Serving;
        let leader = vote.proposal.leader;
        if vote.state == ServerState::Leading {
            let electors = self.status.borrow().electors.clone();
            self.shown.begin_lease();
            self.step(|it, now, oracle| it.lead(credentials, electors, now, oracle))
                .await
        } else {
            self.step(|it, now, _| it.learn(leader, credentials.zxid, now))
                .await
        }
    }

    async fn hear(&mut self, event: PortEvent) -> Result<(), Stopped> {
        if let PortEvent::Packet(_, Packet::LearnerInfo(info)) = &event {
            self.see_learner(info);
        }
        self.step(|it, now, oracle| match event {
            PortEvent::Connected(peer) => it.handle_connected(peer, now),
            PortEvent::Packet(from, packet) => it.handle_packet(from, &packet, now, oracle),
            PortEvent::Ended(peer, end) => it.handle_end(peer, end, now),
            PortEvent::Answered(peer, past) => it.handle_answer(peer, past, now),
            PortEvent::Contested(peer) => it.probe(peer, now),
        })
        .await
    }

    fn see_learner(&self, info: &LearnerInfo) {
        let (learner, own) = (info.sid, self.settings.sync_limit);
        let theirs = info.promise;
        if info.protocol != PROTOCOL {
            tracing::warn!(target: "fle", sid = %self.settings.sid, peer = %learner, "server {learner} keeps transactions (it is ZooKeeper's) and cannot follow this one, which has none");
        } else if self.ensemble.view().slot(learner).is_some() {
            let unlike = own.abs_diff(theirs) >= Duration::from_millis(1);
            let note = Note::UnlikeLimits {
                learner,
                theirs,
                own,
            };
            if let Some(note) = self.shown.note_limits(learner, unlike.then_some(note)) {
                tracing::warn!(target: "fle", sid = %self.settings.sid, peer = %learner, "{note}");
            }
        }
    }

    /// What the election's side has seen: other configurations, voters that look again, a leader
    /// without a term that is gone.
    async fn see_election(&mut self) -> Result<(), Stopped> {
        let status = self.status.borrow_and_update().clone();
        if !Arc::ptr_eq(&status.ensemble, &self.ensemble) {
            self.ensemble = Arc::clone(&status.ensemble);
            self.port.reconfigure(&self.ensemble);
            let ensemble = Arc::clone(&self.ensemble);
            if let Err(error) = self.disk.store_ensemble(&ensemble).await {
                tracing::warn!(target: "fle", sid = %self.settings.sid, %error, "cannot store who the voters are");
            }
            self.step(|it, now, oracle| it.reconfigure(ensemble, now, oracle))
                .await?;
        }
        self.shown.note_disturbers(status.disturbers.keys());
        for voter in status.looking_voters {
            self.step(|it, now, _| it.handle_looking_voter(voter, now))
                .await?;
        }
        if self.leadership.is_apart() {
            let leader = status.announcement.proposal.leader;
            let is_cut_off = matches!(status.links.get(&leader), Some(LinkState::Unreachable(_)));
            if status.leader_in_doubt || is_cut_off {
                self.step(|it, now, _| it.step_down(now)).await?;
            }
        }
        Ok(())
    }

    async fn step(
        &mut self,
        event: impl FnOnce(&mut Leadership, Moment, Option<&dyn Oracle>) -> Effects,
    ) -> Result<(), Stopped> {
        let now = Moment(self.origin.elapsed());
        let oracle = self.oracle.as_ref().map(|oracle| oracle as &dyn Oracle);
        let effects = event(&mut self.leadership, now, oracle);
        self.follow_up(effects).await
    }

    async fn follow_up(&mut self, effects: Effects) -> Result<(), Stopped> {
        self.shown.renew_lease(self.leadership.standing());
        // Before anything is stored: an epoch that may be on the disk is one that is told of.
        self.port.set_past(self.leadership.past());
        for effect in effects {
            if let Err(error) = self.carry_out(effect).await? {
                self.rest_after(&error).await?;
                break;
            }
        }
        self.show();
        let (now, heir) = (self.leadership.standing(), self.leadership.heir());
        self.transfer
            .take_if(|it| it.tell(self.settings.sid, now, heir));
        self.tell_followers().await
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Result<(), StorageError>, Stopped> {
        match effect {
            Effect::StoreAccepted(_)
            | Effect::StoreCurrent(_)
            | Effect::StorePromise(_)
            | Effect::StoreKnown => return Ok(self.disk.store(effect).await),
            Effect::Ask(voter) => self.port.ask([voter]),
            Effect::Doubt { leader, epoch } => self.doubt(leader, epoch).await?,
            Effect::Connect(leader) => self.port.dial(leader),
            Effect::Send { to, packet } => self.port.send(to, packet),
            Effect::Close { peer, reason } => {
                let at = self
                    .port
                    .address_of(peer)
                    .map(|it| format!(" at {it}"))
                    .unwrap_or_default();
                tracing::warn!(target: "fle", sid = %self.settings.sid, %peer, "disconnects server {peer}{at}: {reason}");
                self.port.close(peer);
            }
            Effect::Established(epoch) => self.node.update_epoch(epoch).await?,
            Effect::Quit(Quit::HandedOver(leader)) => self.leave_for(leader),
            Effect::Quit(reason) => self.quit(reason),
        }
        Ok(Ok(()))
    }

    /// Nobody promises what this leader proposes, so it would be elected in vain, again and again.
    /// If it is right, others follow it.
    async fn doubt(&mut self, leader: Sid, epoch: PeerEpoch) -> Result<(), Stopped> {
        let at = self.port.address_of(leader);
        let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
        tracing::warn!(target: "fle", sid = %self.settings.sid, peer = %leader, "server {leader}{at} proposes epoch {epoch}, far above this server's: one of the two has a wrong epoch file; no vote for it counts for a while");
        let while_it_waits = self.settings.init_limit;
        self.node.shun(leader, while_it_waits * 4).await
    }

    /// The term is over: the server looks for a leader again.
    fn quit(&mut self, reason: Quit) {
        if reason == Quit::New {
            tracing::info!(target: "fle", sid = %self.settings.sid, "{reason}");
        } else {
            let trouble = self
                .port
                .trouble()
                .map(|it| format!("; cannot connect to the leader: {it}"));
            let trouble = trouble.unwrap_or_default();
            tracing::warn!(target: "fle", sid = %self.settings.sid, "looks for a leader again: {reason}{trouble}");
        }
        if reason == Quit::VotersLook {
            metrics::counter!("quit_leading_due_to_disloyal_voter").increment(1);
        }
        if reason == Quit::New || self.shown.lasts() >= Some(self.settings.tick) {
            self.backoff.end_in_peace();
        }
        let rest = match self.settings.learner_type {
            // All of them lose their leader at the same moment.
            LearnerType::Observer => self.observer_election_delay.mul_f64(fastrand::f64()),
            LearnerType::Participant => Duration::ZERO,
        };
        let rest = rest.max(self.backoff.rest(fastrand::f64()));
        self.retire();
        self.stage = Stage::Resting(Instant::now() + rest);
    }

    /// The term is over, and another begins without an election. What was sent last is what tells
    /// the others of it.
    fn leave_for(&mut self, leader: Sid) {
        tracing::info!(target: "fle", sid = %self.settings.sid, %leader, "the leader has handed over to server {leader}");
        self.retire();
        self.stage = Stage::Changing(leader);
    }

    fn show(&mut self) {
        let (now, remembers) = (self.leadership.standing(), self.leadership.remembers());
        self.shown.show(now, remembers);
    }

    /// Whoever relied on this server sees that it is over, and only then do its peers, by what was
    /// sent to them last.
    fn retire(&mut self) {
        self.shown.end_lease();
        self.show();
        self.shown.forget_limits();
        self.port.close_all_in_peace();
    }

    /// Without followers a leader of two may need the oracle again.
    async fn tell_followers(&mut self) -> Result<(), Stopped> {
        let followers = self.leadership.followers();
        if self.followers != followers {
            self.followers = followers;
            metrics::gauge!("synced_followers").set(u32::try_from(followers).unwrap_or(u32::MAX));
            self.node.report_followers(followers).await?;
        }
        Ok(())
    }
}

enum StageEvent {
    Rested,
    Changed(Sid),
    Decided(Credentials, Result<Notification, Stopped>),
}

impl Stage {
    /// What ends the stage, if anything but a term's end does. May be given up at any time.
    async fn next(&mut self) -> StageEvent {
        match self {
            Self::Resting(until) => {
                sleep_until(Some(*until)).await;
                StageEvent::Rested
            }
            Self::Changing(leader) => StageEvent::Changed(*leader),
            Self::Electing(credentials, decision) => {
                let vote = decision.await;
                StageEvent::Decided(*credentials, vote.map_err(|_| Stopped))
            }
            Self::Serving => std::future::pending().await,
        }
    }
}
