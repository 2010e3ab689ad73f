//! The one task that owns an election and its connections: carries events in and effects out, one
//! at a time.
//!
//! # Invariants
//! - All effects of an event are carried out before the next event, so what a peer is told and what
//!   [`Status`] shows never disagree.
//! - Before the first election nothing is read from peers: what they send waits in the transport.

mod telling;

use super::answers::Answers;
use super::config::NodeConfig;
use super::early::Early;
use super::guard::{Guard, Refusal, Verdict};
use super::links::Links;
use super::log;
use super::status::Status;
use crate::codec;
use crate::election::{
    Credentials, Effect, Effects, Election, Finalize, Settings, Wait, WaitPhase,
};
use crate::ensemble::Ensemble;
use crate::id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
use crate::notification::Notification;
use crate::quorum::{Oracle, OracleFile};
use crate::timer::sleep_until;
use crate::transport::{Happening, LinkState, Network, Transport};
use crate::vote::ServerState;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::Level;

/// What the node's owner asks of it.
pub(super) enum Command {
    Look(Credentials, oneshot::Sender<Notification>),
    Designate(Sid, oneshot::Sender<Notification>),
    UpdateEpoch(PeerEpoch),
    ReportFollowers(usize),
    Reconfigure(Arc<Ensemble>),
    Shun(Sid, Duration),
}

pub(super) struct Driver<N: Network> {
    sid: Sid,
    settings: Settings,
    election: Election,
    transport: Transport<N>,
    oracle: Option<OracleFile>,
    status: watch::Sender<Status>,
    /// Since when the node runs.
    origin: Instant,
    guard: Guard,
    /// What runs out when.
    wait: Option<(WaitPhase, Instant)>,
    /// The last election that was asked for, with what it started from.
    look: Option<Look>,
    /// Who waits for the decision.
    waiting: Vec<oneshot::Sender<Notification>>,
    answers: Answers,
    /// How much has been heard since the wait was over.
    heard_late: usize,
    /// The round of the notification that was heard last.
    heard_round: ElectionEpoch,
    links: Links,
    early: Early,
}

/// The history of a server that has not been told its own yet.
const NOTHING: Credentials = Credentials {
    zxid: Zxid(0),
    peer_epoch: PeerEpoch(0),
};

/// How much that waits is heard before a wait that is over ends, as in the reference; no more, or
/// who floods would hold it up.
const HEARD_LATE: usize = 100;

struct Look {
    credentials: Credentials,
    /// When it began, until it is decided.
    since: Option<Instant>,
}

impl<N: Network> Driver<N> {
    pub(super) fn new(
        config: NodeConfig,
        transport: Transport<N>,
    ) -> (Self, watch::Receiver<Status>) {
        let sid = config.transport.sid;
        let settings = Settings {
            sid,
            learner_type: config.learner_type,
            timing: config.timing,
            reconfig_enabled: config.reconfig_enabled,
        };
        let election = Election::new(settings, config.ensemble, NOTHING);
        log::started(&settings, election.ensemble(), config.oracle.is_some());
        let (status, shown) = watch::channel(Status {
            announcement: election.announcement(),
            ensemble: Arc::clone(election.ensemble()),
            links: BTreeMap::new(),
            strangers: 0,
            disturbers: BTreeMap::new(),
            electors: Vec::new(),
            looking_voters: BTreeSet::new(),
            leader_in_doubt: false,
            notifications: 0,
            last_election: None,
        });
        let driver = Self {
            sid,
            settings,
            origin: Instant::now(),
            guard: Guard::new(sid, config.reconfig_enabled, election.ensemble()),
            answers: Answers::every(config.timing.min_notification_interval),
            election,
            transport,
            oracle: config.oracle,
            status,
            wait: None,
            look: None,
            waiting: Vec::new(),
            heard_late: 0,
            heard_round: ElectionEpoch::START,
            links: Links::default(),
            early: Early::default(),
        };
        (driver, shown)
    }

    /// Runs until nobody is left who could ask anything of the node.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let wait = self.wait;
            let heard_enough = self.heard_late >= HEARD_LATE;
            // Orders are the owner's and do not flood. A random order could not be simulated twice.
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => break,
                },
                phase = expiry(wait), if heard_enough => self.expire(phase),
                happening = self.transport.next(), if self.look.is_some() => {
                    let is_over = wait.is_some_and(|(_, at)| at <= Instant::now());
                    self.heard_late = if is_over { self.heard_late + 1 } else { 0 };
                    match happening {
                        Happening::Received { from, payload } => self.hear(from, &payload),
                        Happening::Link { peer, state } => self.see_link(peer, state),
                    }
                }
                phase = expiry(wait), if !heard_enough => self.expire(phase),
            }
        }
        self.transport.shutdown().await;
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Look(credentials, decided) => {
                self.waiting.push(decided);
                if self.look.is_none() {
                    // What it tells those without a vote, until it has settled, is a vote for
                    // itself with these credentials.
                    let ensemble = Arc::clone(self.election.ensemble());
                    self.election = Election::new(self.settings, ensemble, credentials);
                } else if self.is_looking_with(credentials) {
                    return;
                }
                self.guard.begin(credentials.peer_epoch);
                self.show_disturbers();
                self.look_for_leader(credentials);
            }
            Command::Designate(leader, decided) => {
                self.waiting.push(decided);
                self.change_leader(leader);
            }
            Command::UpdateEpoch(epoch) => {
                self.election.update_epoch(epoch);
                self.guard.establish(epoch);
                let leader = self.election.announcement().proposal.leader;
                log::established(self.sid, leader, epoch);
                self.show();
            }
            Command::ReportFollowers(followers) => self.election.report_followers(followers),
            Command::Reconfigure(ensemble) => {
                self.election.reconfigure(ensemble);
                self.follow_configuration();
                self.show();
            }
            Command::Shun(candidate, time) => {
                log::shuns(self.sid, candidate, time);
                self.guard.shun(candidate, self.origin.elapsed() + time);
            }
        }
    }

    /// The leader has handed over. What was known of voters that look concerns the one before.
    fn change_leader(&mut self, leader: Sid) {
        if self.election.state() == ServerState::Looking {
            return;
        }
        self.status.send_modify(|status| {
            status.looking_voters.clear();
            status.leader_in_doubt = false;
        });
        log::handed_over(self.sid, leader);
        self.step(|election| election.designate(leader));
    }

    /// With others, a server that looks begins a round of its own.
    fn is_looking_with(&self, credentials: Credentials) -> bool {
        let same = |look: &Look| look.credentials == credentials;
        self.election.state() == ServerState::Looking && self.look.as_ref().is_some_and(same)
    }

    fn look_for_leader(&mut self, credentials: Credentials) {
        // One that starts over goes on as the same election.
        let since = self.look.as_ref().and_then(|look| look.since);
        let since = Some(since.unwrap_or_else(Instant::now));
        self.look = Some(Look { credentials, since });
        self.answers.forget();
        metrics::counter!("looking_count").increment(1);
        let voters = self.election.ensemble().view().voters().len();
        metrics::gauge!("quorum_size").set(u32::try_from(voters).unwrap_or(u32::MAX));
        self.status.send_modify(|status| {
            status.electors.clear();
            status.looking_voters.clear();
            status.leader_in_doubt = false;
        });
        let effects = self.election.look_for_leader(credentials);
        log::election_started(self.sid, credentials, &self.election.announcement());
        self.carry_out(&effects);
        // Who noticed first that the leader is gone would say it again only when its wait is over.
        for (from, payload) in self.early.take() {
            self.hear(from, &payload);
        }
    }

    /// Bytes from a peer. What is no notification is dropped and changes nothing.
    fn hear(&mut self, from: Sid, payload: &Bytes) {
        let now = self.origin.elapsed();
        let ensemble = Arc::clone(self.election.ensemble());
        let received = match codec::decode(payload) {
            Ok(received) => received,
            Err(error) => {
                let refused = self.guard.unreadable(from, error, &ensemble, now);
                return self.warn_of(from, refused);
            }
        };
        if let Some(told) = received.notification {
            self.note(from, told);
            if self.is_eager() {
                self.early.keep(from, &told, payload, &self.election);
            }
        }
        let Verdict { heard, refused } = self.guard.judge(from, &received, &self.election, now);
        self.warn_of(from, refused);
        let Some(heard) = heard else {
            metrics::counter!("fle_notifications_withheld", "peer" => from.to_string())
                .increment(1);
            return self.show_disturbers();
        };
        log::received(
            self.sid,
            from,
            &heard,
            self.election.state(),
            self.level(from),
        );
        let oracle = self.oracle.clone();
        let oracle = oracle.as_ref().map(|oracle| oracle as &dyn Oracle);
        self.step(|election| election.handle_notification(from, &heard, oracle));
        let adopted = self.election.ensemble();
        if !Arc::ptr_eq(adopted, &ensemble) {
            let address = self.links.address_of(from);
            log::adopted(self.sid, from, address, adopted.committed().version());
        }
    }

    fn warn_of(&self, from: Sid, refused: Option<Refusal>) {
        if let Some(refusal) = refused {
            log::refused(self.sid, from, self.links.address_of(from), &refusal);
        }
    }

    fn show_disturbers(&self) {
        self.status.send_if_modified(|status| {
            let disturbers: BTreeMap<_, _> = self.guard.disturbers().collect();
            let news = !status.disturbers.keys().eq(disturbers.keys());
            status.disturbers = disturbers;
            news
        });
    }

    /// What strangers make a server say would fill its log.
    fn level(&self, peer: Sid) -> Level {
        if peer == self.sid || self.election.ensemble().names(peer) {
            Level::INFO
        } else {
            Level::DEBUG
        }
    }

    fn see_link(&mut self, peer: Sid, link: LinkState) {
        if link == LinkState::Idle && self.needs_link(peer) {
            self.transport.connect(peer);
        }
        let ensemble = self.election.ensemble();
        if let (LinkState::Up, Some(address)) = (&link, self.transport.address_of(peer)) {
            self.links.note_address(peer, address, ensemble);
        }
        let is_leader = self.follows(peer);
        self.status.send_if_modified(|status| {
            let was_up = status.links.get(&peer) == Some(&LinkState::Up);
            let is_lost = is_leader && was_up && link != LinkState::Up;
            let news = is_lost && !status.leader_in_doubt;
            status.leader_in_doubt |= is_lost;
            news
        });
        let now = self.links.see(peer, link, ensemble, &self.status);
        if let Some(now) = now
            && self.is_eager()
            && self.election.state() == ServerState::Looking
        {
            log::sees(self.sid, peer, now);
            self.step(|election| election.handle_reachability(peer, now));
        }
    }

    fn is_eager(&self) -> bool {
        self.settings.timing.finalize == Finalize::Eager
    }

    /// A settled server keeps the connections between leader and followers, and an eager one that
    /// looks those with the voters that it waits for: whether one that ended can be made again
    /// tells whether the other end is still there. A vote may have left into the connection with a
    /// dead leader just before its end was seen, so that nothing is left to be sent.
    fn needs_link(&self, peer: Sid) -> bool {
        let own = self.election.announcement();
        match own.state {
            ServerState::Looking => self.election.awaits(peer),
            ServerState::Leading => self.election.ensemble().view().slot(peer).is_some(),
            ServerState::Following | ServerState::Observing => self.follows(peer),
        }
    }

    /// Whether this server has settled on a peer.
    fn follows(&self, peer: Sid) -> bool {
        let own = self.election.announcement();
        let has_settled = own.state != ServerState::Looking;
        has_settled && peer == own.proposal.leader
    }

    /// Counts a notification, and sees whether the leader that this server follows gives up.
    fn note(&mut self, from: Sid, told: Notification) {
        self.heard_round = told.election_epoch;
        let own = self.election.announcement();
        let gives_up = self.follows(from)
            && told.state == ServerState::Looking
            && told.election_epoch != own.election_epoch;
        self.status.send_if_modified(|status| {
            status.notifications += 1;
            let news = gives_up && !status.leader_in_doubt;
            status.leader_in_doubt |= gives_up;
            news
        });
    }

    fn round(&self) -> ElectionEpoch {
        self.election.announcement().election_epoch
    }

    fn expire(&mut self, phase: WaitPhase) {
        self.wait = None;
        self.heard_late = 0;
        log::wait_expired(self.sid, phase);
        let delivery = self.transport.delivery();
        let oracle = self.oracle.clone();
        let oracle = oracle.as_ref().map(|oracle| oracle as &dyn Oracle);
        self.step(|election| match phase {
            WaitPhase::Collecting => election.handle_renotify_timeout(delivery, oracle),
            WaitPhase::Finalizing => election.handle_finalize_timeout(),
        });
    }

    fn step(&mut self, step: impl FnOnce(&mut Election) -> Effects) {
        let before = self.election.announcement();
        let effects = step(&mut self.election);
        if let [Effect::Broadcast(now), ..] = &effects[..]
            && *now != before
        {
            log::proposal_changed(self.sid, now);
        }
        self.carry_out(&effects);
    }

    fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Broadcast(notification) => self.broadcast(notification),
                Effect::Send { to, notification } => self.answer(*to, notification),
                Effect::ConnectAll => self.transport.connect_all(),
                Effect::Arm(Wait { phase, duration }) => {
                    self.wait = Some((*phase, Instant::now() + *duration));
                }
                Effect::Decide(vote) => self.decide(vote),
                // One of this round has not settled yet, which is no sign that it wants another
                // leader.
                Effect::ReportLooking(_) if self.heard_round == self.round() => {}
                Effect::ReportLooking(sid) => {
                    self.status.send_modify(|status| {
                        status.looking_voters.insert(*sid);
                    });
                }
                Effect::Adopt(_) => self.follow_configuration(),
                Effect::RestartElection => return self.restart(),
            }
        }
        self.show();
    }

    fn decide(&mut self, vote: &Notification) {
        self.wait = None;
        log::decided(self.sid, vote);
        // A leader that is handed over to takes no election.
        let since = self.look.as_mut().and_then(|look| look.since.take());
        let took = since.map(|since| since.elapsed());
        if let Some(took) = took {
            metrics::histogram!("election_time").record(took.as_secs_f64() * 1000.0);
        }
        let ensemble = Arc::clone(self.election.ensemble());
        for voter in ensemble.view().voters() {
            if voter != self.sid && self.needs_link(voter) {
                self.transport.connect(voter);
            }
        }
        let electors = self.election.leading_vote_set();
        let electors = electors.map_or_else(Vec::new, |set| set.voters().to_vec());
        self.show();
        self.status.send_modify(|status| {
            status.electors = electors;
            status.last_election = took.or(status.last_election);
        });
        for waiting in self.waiting.drain(..) {
            // Whoever stopped waiting sees it in the status.
            let _ = waiting.send(*vote);
        }
    }

    /// Other configurations are in force: who left is forgotten.
    fn follow_configuration(&mut self) {
        let ensemble = Arc::clone(self.election.ensemble());
        self.transport.reconfigure(&ensemble);
        self.guard.reconfigure(&ensemble);
        self.links.reconfigure(&ensemble, &self.status);
        self.early.reconfigure(&ensemble);
        self.answers.forget();
    }

    /// A newer configuration has other members: new connections, and the election from the start.
    fn restart(&mut self) {
        log::restarted(self.sid);
        self.transport.renew();
        self.links.clear(&self.status);
        if let Some(look) = &self.look {
            self.look_for_leader(look.credentials);
        }
    }

    fn show(&self) {
        let now = self.election.announcement();
        let ensemble = self.election.ensemble();
        self.status.send_if_modified(|status| {
            let same = status.announcement == now && Arc::ptr_eq(&status.ensemble, ensemble);
            status.announcement = now;
            status.ensemble = Arc::clone(ensemble);
            !same
        });
    }
}

async fn expiry(wait: Option<(WaitPhase, Instant)>) -> WaitPhase {
    sleep_until(wait.map(|(_, at)| at)).await;
    match wait {
        Some((phase, _)) => phase,
        None => std::future::pending().await,
    }
}
