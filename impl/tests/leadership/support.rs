//! Servers that hand one another packets, with a clock and disks.

mod wires;

use fle::config::{ConfigVersion, DynamicConfig, LearnerType, Rules};
use fle::election::Credentials;
use fle::leadership::packet::{LearnerInfo, PROTOCOL, Packet, Past};
use fle::leadership::{
    CannotHandOver, Effect, Effects, End, Epochs, Knowledge, Leadership, Moment, Quit, Refusal,
    Settings, Standing, Stored,
};
use fle::quorum::Oracle;
use fle::{Ensemble, PeerEpoch, Sid, Zxid};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const TICK: Duration = Duration::from_secs(2);
pub(crate) const INIT_LIMIT: Duration = Duration::from_secs(20);
pub(crate) const SYNC_LIMIT: Duration = Duration::from_secs(10);
pub(crate) const MOMENT: Duration = Duration::from_millis(1);
pub(crate) const NEW: Epochs = epochs(0, 0);

pub(crate) const fn epochs(accepted: i64, current: i64) -> Epochs {
    Epochs {
        accepted: PeerEpoch(accepted),
        current: PeerEpoch(current),
    }
}

/// How a server introduces itself that has accepted this epoch.
pub(crate) fn introduction(sid: i64, accepted: i64) -> LearnerInfo {
    let (participant, version) = (LearnerType::Participant, ConfigVersion(0));
    LearnerInfo {
        promise: SYNC_LIMIT,
        patience: INIT_LIMIT,
        ..LearnerInfo::of_the_reference(
            Sid(sid),
            participant,
            PeerEpoch(accepted),
            PROTOCOL,
            version,
        )
    }
}

fn oracle(asks: bool) -> Option<&'static dyn Oracle> {
    asks.then_some(&true)
}

/// Voters 1, 2, …, and observers after them.
fn ensemble(voters: usize, observers: usize) -> Ensemble {
    ensemble_with(voters, observers, "")
}

fn ensemble_with(voters: usize, observers: usize, groups: &str) -> Ensemble {
    let line = |sid| {
        let role = if sid > voters {
            "observer"
        } else {
            "participant"
        };
        format!("server.{sid}=h{sid}:1:2:{role}")
    };
    let lines = (1..=voters + observers).map(line);
    let lines: Vec<String> = lines.chain([groups.to_owned()]).collect();
    let rules = Rules {
        standalone_enabled: false,
        ..Rules::default()
    };
    let config = DynamicConfig::parse(&lines.join("\n"), rules).expect("a valid configuration");
    Ensemble::new(config, None, rules)
}

/// An ensemble, a clock, and a wire in each direction between any two servers that are connected.
pub(crate) struct World {
    ensemble: Arc<Ensemble>,
    pub(crate) now: Moment,
    /// What the servers that are started from now on go by, beside who they are.
    pub(crate) settings: Settings,
    /// Whether there is an oracle, which grants.
    pub(crate) ask_oracle: bool,
    running: BTreeMap<Sid, Leadership>,
    disks: BTreeMap<Sid, Stored>,
    wires: BTreeMap<(Sid, Sid), VecDeque<Packet>>,
    /// What happened that the servers' standing does not tell.
    pub(crate) events: Vec<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Quit(i64, Quit),
    Closed { by: i64, peer: i64, reason: Refusal },
    Doubts(i64, i64, i64),
}

impl World {
    /// Voters 1 to `voters` and an observer after them, none of which has ever followed anybody.
    pub(crate) fn new(voters: usize) -> Self {
        Self::with_disks(&vec![NEW; voters])
    }

    pub(crate) fn with_disks(disks: &[Epochs]) -> Self {
        Self::of(ensemble(disks.len(), 1), disks)
    }

    /// Voters in groups, as these lines say, and an observer.
    pub(crate) fn with_groups(voters: usize, groups: &str) -> Self {
        Self::of(ensemble_with(voters, 1, groups), &vec![NEW; voters])
    }

    fn of(ensemble: Ensemble, disks: &[Epochs]) -> Self {
        let disks = disks.iter().copied().chain([NEW]);
        let mut world = Self {
            ensemble: Arc::new(ensemble),
            now: Moment(Duration::from_secs(1000)),
            settings: Settings {
                sid: Sid::NONE,
                learner_type: LearnerType::Participant,
                tick: TICK,
                init_limit: INIT_LIMIT,
                sync_limit: SYNC_LIMIT,
                clock_drift_ppm: 0,
                epoch_timeout: None,
                promise_ends_with_connection: false,
            },
            ask_oracle: false,
            running: BTreeMap::new(),
            disks: (1..).map(Sid).zip(disks.map(Stored::complete)).collect(),
            wires: BTreeMap::new(),
            events: Vec::new(),
        };
        let sids: Vec<Sid> = world.disks.keys().copied().collect();
        for sid in sids {
            world.start(sid.0);
        }
        world
    }

    pub(crate) fn start(&mut self, sid: i64) {
        let observes = self.ensemble.view().slot(Sid(sid)).is_none();
        let settings = Settings {
            sid: Sid(sid),
            learner_type: match observes {
                true => LearnerType::Observer,
                false => LearnerType::Participant,
            },
            ..self.settings
        };
        let ensemble = Arc::clone(&self.ensemble);
        let server = Leadership::new(settings, ensemble, self.disks[&Sid(sid)], self.now);
        self.running.insert(Sid(sid), server);
    }

    /// Starts a server again with other epochs on its disk.
    pub(crate) fn give_disk(&mut self, sid: i64, disk: Epochs) {
        self.kill(sid);
        self.disks.insert(Sid(sid), Stored::complete(disk));
        self.start(sid);
    }

    /// A server's disk is emptied while it is down, or what is left of it is old, and known to be.
    pub(crate) fn lose_disk(&mut self, sid: i64, left: Epochs, knowledge: Knowledge) {
        self.kill(sid);
        let stored = Stored {
            epochs: left,
            knowledge,
            promise: None,
        };
        self.disks.insert(Sid(sid), stored);
        self.start(sid);
    }

    pub(crate) fn stored(&self, sid: i64) -> Stored {
        self.disks[&Sid(sid)]
    }

    /// The server is shut down.
    pub(crate) fn shut_down(&mut self, sid: i64) {
        self.step(Sid(sid), |it, _| it.abandon());
        self.running.remove(&Sid(sid));
        self.say_last_words(Sid(sid));
    }

    /// Starts a server again with other settings.
    pub(crate) fn restart_with(&mut self, sid: i64, settings: Settings) {
        self.kill(sid);
        self.settings = settings;
        self.start(sid);
    }

    /// Voters 1 to `voters` alone are the ensemble from now on, as server `sid` sees it.
    pub(crate) fn shrink(&mut self, sid: i64, voters: usize) {
        let ensemble = Arc::new(ensemble(voters, 0));
        self.step(Sid(sid), |it, now| it.reconfigure(ensemble, now, None));
    }

    pub(crate) fn followers(&self, sid: i64) -> usize {
        self.running[&Sid(sid)].followers()
    }

    /// The process is gone; its peers see their connections closed.
    pub(crate) fn kill(&mut self, sid: i64) {
        self.running.remove(&Sid(sid));
        for peer in self.peers(Sid(sid)) {
            self.part(Sid(sid), peer, End::Closed);
        }
    }

    /// The server is not heard of any more, and hears nothing.
    pub(crate) fn isolate(&mut self, sid: i64) {
        self.wires
            .retain(|&(from, to), _| from != Sid(sid) && to != Sid(sid));
    }

    pub(crate) fn lead(&mut self, sid: i64) {
        let voters: Vec<Sid> = self.ensemble.view().voters().collect();
        self.lead_by(sid, &voters);
    }

    pub(crate) fn lead_by(&mut self, sid: i64, electors: &[Sid]) {
        let peer_epoch = self.disk(sid).current;
        let credentials = Credentials {
            zxid: peer_epoch.first_zxid(),
            peer_epoch,
        };
        let electors = electors.iter().copied();
        let asks = self.ask_oracle;
        self.step(Sid(sid), |it, now| {
            it.lead(credentials, electors, now, oracle(asks))
        });
    }

    pub(crate) fn learn(&mut self, sid: i64, leader: i64) {
        let zxid = self.disk(sid).current.first_zxid();
        self.learn_with(sid, leader, zxid);
    }

    pub(crate) fn learn_with(&mut self, sid: i64, leader: i64, zxid: Zxid) {
        self.step(Sid(sid), |it, now| it.learn(Sid(leader), zxid, now));
    }

    /// An election was won by `leader`, and these have heard of it.
    pub(crate) fn elect(&mut self, leader: i64, learners: &[i64]) {
        self.lead(leader);
        for &learner in learners {
            self.learn(learner, leader);
        }
        self.deliver();
    }

    /// One event at one server, with all that it leads to there.
    pub(crate) fn step(
        &mut self,
        sid: Sid,
        event: impl FnOnce(&mut Leadership, Moment) -> Effects,
    ) {
        let now = self.now;
        let effects = self.running.get_mut(&sid).map(|server| event(server, now));
        for effect in effects.unwrap_or_default() {
            self.carry_out(sid, effect);
        }
    }

    fn carry_out(&mut self, sid: Sid, effect: Effect) {
        match effect {
            Effect::StoreAccepted(epoch) => {
                self.disks
                    .entry(sid)
                    .and_modify(|it| it.epochs.accepted = epoch);
            }
            Effect::StoreCurrent(epoch) => {
                self.disks
                    .entry(sid)
                    .and_modify(|it| it.epochs.current = epoch);
            }
            Effect::StorePromise(length) => {
                self.disks
                    .entry(sid)
                    .and_modify(|it| it.promise = Some(length));
            }
            Effect::StoreKnown => {
                self.disks
                    .entry(sid)
                    .and_modify(|it| it.knowledge = Knowledge::Complete);
            }
            Effect::Ask(voter) => {
                let past = self.running.get(&voter).map(Leadership::past);
                if let Some(past) = past {
                    self.answer(voter, sid, past);
                }
            }
            Effect::Doubt { leader, epoch } => {
                self.events.push(Event::Doubts(sid.0, leader.0, epoch.0));
            }
            Effect::Connect(leader) => {
                self.wires.insert((sid, leader), VecDeque::new());
                self.wires.insert((leader, sid), VecDeque::new());
                self.step(sid, |it, now| it.handle_connected(leader, now));
            }
            Effect::Send { to, packet } => {
                if let Some(wire) = self.wires.get_mut(&(sid, to)) {
                    wire.push_back(packet);
                }
            }
            Effect::Close { peer, reason } => {
                let by = sid.0;
                let peer_sid = peer.0;
                self.events.push(Event::Closed {
                    by,
                    peer: peer_sid,
                    reason,
                });
                self.part(sid, peer, End::Closed);
            }
            Effect::Established(_) => {}
            Effect::Quit(reason) => {
                self.events.push(Event::Quit(sid.0, reason));
                if let Quit::HandedOver(leader) = reason {
                    self.change(sid, leader);
                } else {
                    self.say_last_words(sid);
                }
            }
        }
    }

    /// A voter answers what it has accepted.
    fn answer(&mut self, from: Sid, to: Sid, past: Past) {
        self.step(to, |it, now| it.handle_answer(from, past, now));
    }

    /// A server changes its leader as if it were told of an election's outcome.
    fn change(&mut self, sid: Sid, leader: Sid) {
        let last_words = self.close_wires(sid);
        if sid == leader {
            self.lead(sid.0);
        } else {
            self.learn(sid.0, leader.0);
        }
        self.hear_last_words(sid, last_words);
    }

    /// The server's owner has it hand over to another.
    pub(crate) fn hand_over(&mut self, sid: i64, heir: i64) -> Result<(), CannotHandOver> {
        let mut outcome = Ok(());
        self.step(Sid(sid), |it, now| {
            let begun = it.hand_over(Sid(heir), now);
            outcome = begun.as_ref().map(|_| ()).map_err(|error| *error);
            begun.unwrap_or_default()
        });
        outcome
    }

    pub(crate) fn heir(&self, sid: i64) -> Option<i64> {
        self.running[&Sid(sid)].heir().map(|heir| heir.0)
    }

    /// A packet arrives that nobody sent.
    pub(crate) fn forge(&mut self, from: i64, to: i64, packet: &Packet) {
        self.step(Sid(to), |it, now| {
            it.handle_packet(Sid(from), packet, now, None)
        });
    }

    /// Time passes, from one deadline to the next, and everything arrives at once, except at those
    /// that `asleep` names.
    pub(crate) fn pass(&mut self, duration: Duration, asleep: &[i64]) {
        let end = self.now.after(duration);
        loop {
            while self.deliver_one_to(|to| !asleep.contains(&to.0)) {}
            let awake = self
                .running
                .iter()
                .filter(|(sid, _)| !asleep.contains(&sid.0));
            let next = awake.filter_map(|(_, it)| it.deadline()).min();
            let Some(next) = next.filter(|&next| next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.wake(asleep);
        }
        self.now = end;
        self.wake(asleep);
        while self.deliver_one_to(|to| !asleep.contains(&to.0)) {}
    }

    fn wake(&mut self, asleep: &[i64]) {
        let due: Vec<Sid> = self
            .running
            .iter()
            .filter(|(sid, it)| {
                !asleep.contains(&sid.0) && it.deadline().is_some_and(|at| at <= self.now)
            })
            .map(|(&sid, _)| sid)
            .collect();
        let asks = self.ask_oracle;
        for sid in due {
            self.step(sid, |it, now| it.handle_time(now, oracle(asks)));
        }
    }

    pub(crate) fn standing(&self, sid: i64) -> Standing {
        self.running[&Sid(sid)].standing()
    }

    /// The epoch in which the server leads, established.
    pub(crate) fn leads(&self, sid: i64) -> Option<i64> {
        match self.standing(sid) {
            Standing::Leading { epoch, .. } => Some(epoch.0),
            _ => None,
        }
    }

    /// Whom the server follows or observes, in which epoch.
    pub(crate) fn follows(&self, sid: i64) -> Option<(i64, i64)> {
        match self.standing(sid) {
            Standing::Following { leader, epoch } | Standing::Observing { leader, epoch } => {
                Some((leader.0, epoch.0))
            }
            Standing::Looking | Standing::Leading { .. } => None,
        }
    }

    /// Whether the server leads with a lease that is not over.
    pub(crate) fn holds_lease(&self, sid: i64) -> bool {
        let now = self.now;
        self.running.contains_key(&Sid(sid))
            && matches!(self.standing(sid), Standing::Leading { lease: Some(until), .. } if until > now)
    }

    pub(crate) fn disk(&self, sid: i64) -> Epochs {
        self.stored(sid).epochs
    }

    pub(crate) fn quits(&self) -> Vec<(i64, Quit)> {
        let quits = self.events.iter().filter_map(|event| match event {
            Event::Quit(sid, reason) => Some((*sid, *reason)),
            Event::Closed { .. } | Event::Doubts(..) => None,
        });
        quits.collect()
    }
}
