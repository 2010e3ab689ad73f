//! One run: an ensemble, faults for a while, then none, until everybody agrees; and then a server
//! that comes late.

use crate::disk::Disk;
use crate::ensemble::{Ensemble, Server, name};
use crate::faults::{Faults, Whim};
use crate::hostile::{self, Hostile};
use crate::log::{History, Listener};
use crate::network::Simulated;
use crate::owner::{Home, Order, Orders};
use fastrand::Rng;
use fle::Sid;
use fle::leadership::{Epochs, Stored};
use fle::member::Standing;
use fle_conformance::history::judge::judge;
use fle_conformance::history::log::Logs;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use turmoil::Sim;

/// How time passes: within a tick servers run one after the other.
const TICK: Duration = Duration::from_millis(5);
/// In this time, of the servers', everybody agrees once nothing breaks any more; the longest wait
/// of a server is a minute.
const PATIENCE: Duration = Duration::from_secs(300);
/// For so long they have to agree.
const STABLE: Duration = Duration::from_secs(1);

/// What came of a seed.
pub(crate) struct Outcome {
    /// What happened, line by line.
    pub(crate) text: String,
    /// What must not be, if it was.
    pub(crate) objection: Option<String>,
    /// What it has shown to be possible.
    pub(crate) seen: BTreeSet<&'static str>,
}

/// Runs the seed.
pub(crate) fn run(seed: u64) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    // An observer waits for a random while.
    fastrand::seed(seed);
    let ensemble = Arc::new(Ensemble::random(&mut rng));
    let is_attacked = ensemble.is_attacked;
    let disks = disks(&ensemble);
    let history = History::new(Arc::clone(&ensemble), disks.clone());
    let history = Arc::new(Mutex::new(history));
    let listener = Listener(Arc::clone(&history));
    let result = tracing::subscriber::with_default(listener, || {
        let mut run = Run::new(rng, ensemble, &disks, Arc::clone(&history));
        run.faulty()?;
        let leader = run.agrees()?;
        run.joins_late(leader)
    });
    let mut history = history.lock().unwrap();
    // The judge takes everybody at their word.
    let judged = || match is_attacked {
        true => None,
        false => judged(&history.logs()),
    };
    let objection = result.err().or_else(judged);
    Outcome {
        objection,
        text: std::mem::take(&mut history.text),
        seen: std::mem::take(&mut history.picture.seen),
    }
}

/// What is on the servers' disks when everything starts. An epoch that anybody was in has been
/// promised by a quorum, at least.
fn disks(ensemble: &Ensemble) -> BTreeMap<i64, Disk> {
    let epochs = ensemble.servers.iter().map(|it| it.credentials.peer_epoch);
    let promised = epochs.max().unwrap_or_default();
    let stored = |server: &Server| match ensemble.is_new {
        true => Stored::BLANK,
        false => Stored::complete(Epochs {
            accepted: promised,
            current: server.credentials.peer_epoch,
        }),
    };
    let servers = ensemble.servers.iter();
    servers.map(|it| (it.sid, Disk::new(stored(it)))).collect()
}

/// What the judge of event logs points at first: no line of them is missing.
fn judged(logs: &Logs) -> Option<String> {
    let verdict = judge(logs, None);
    let (sid, at, why) = verdict.against_whole_logs().next()?;
    let server = sid.map_or(String::new(), |sid| format!("server {sid}, "));
    Some(format!("{server}event {}: {why}", at.line))
}

struct Run {
    sim: Sim<'static>,
    rng: Rng,
    ensemble: Arc<Ensemble>,
    history: Arc<Mutex<History>>,
    homes: BTreeMap<i64, Arc<Home>>,
    faults: Faults,
    faulty_until: Duration,
}

impl Run {
    fn new(
        mut rng: Rng,
        ensemble: Arc<Ensemble>,
        disks: &BTreeMap<i64, Disk>,
        history: Arc<Mutex<History>>,
    ) -> Self {
        let network = Simulated::default();
        let faulty_until = Duration::from_millis(rng.u64(0..15_000));
        let slowest = rng.choice([10, 50, 200, 800]).unwrap();
        let mut sim = turmoil::Builder::new()
            .rng_seed(rng.u64(..))
            .tick_duration(TICK)
            .max_message_latency(Duration::from_millis(slowest))
            .tcp_capacity(1024)
            .enable_random_order()
            .build();
        let mut homes = BTreeMap::new();
        for server in &ensemble.servers {
            let home = Arc::new(Home {
                sid: server.sid,
                ensemble: Arc::clone(&ensemble),
                limits: Mutex::new(ensemble.limits(&mut rng)),
                network: network.clone(),
                disk: disks[&server.sid].clone(),
                history: Mutex::new((server.credentials.zxid, rng.fork())),
                orders: Orders::default(),
                life: Mutex::new(None),
            });
            homes.insert(server.sid, Arc::clone(&home));
            sim.host(name(server.sid), move || Arc::clone(&home).live());
        }
        if ensemble.is_attacked {
            let hostile = Arc::new(Hostile {
                rng: Mutex::new(rng.fork()),
                ensemble: Arc::clone(&ensemble),
                history: Arc::clone(&history),
                until: faulty_until,
            });
            sim.host(hostile::HOST, move || Arc::clone(&hostile).live());
        }
        Self {
            faults: Faults::new(
                rng.fork(),
                network,
                Arc::clone(&ensemble),
                homes.clone(),
                faulty_until,
            ),
            sim,
            rng,
            ensemble,
            history,
            homes,
            faulty_until,
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    /// A tick. Safety is checked at each event in it, and told here.
    fn step(&mut self) -> Result<(), String> {
        self.sim
            .step()
            .map_err(|error| format!("a server stopped: {error}"))?;
        let now = self.sim.elapsed();
        let history = Arc::clone(&self.history);
        let mut history = history.lock().unwrap();
        if let Some(objection) = history.picture.objection.take() {
            return Err(objection);
        }
        let leases = self.homes.iter();
        let leases = leases.filter_map(|(&sid, home)| Some((sid, home.leases(now)?)));
        history.picture.lease(&leases.collect::<Vec<_>>());
        let whim = self.faults.step(now, &mut self.sim, &mut history);
        for (sid, home) in &self.homes {
            if history.picture.server(*sid).is_down() {
                home.crashes();
            }
        }
        if let Some(whim) = whim {
            self.obey(whim, now, &mut history);
        }
        Ok(())
    }

    /// What a server's owner wants may concern nobody just now.
    fn obey(&self, whim: Whim, now: Duration, history: &mut History) {
        match whim {
            Whim::Doubt(sid) if history.picture.server(sid).leader().is_some() => {
                history.note(now, &format!("{sid} gives up its leader"));
                self.homes[&sid].orders.give(Order::Doubt);
            }
            Whim::Doubt(_) => {}
            Whim::Favour(heir) => {
                for (&sid, home) in &self.homes {
                    if matches!(home.standing(), Standing::Leading { .. }) {
                        history.note(now, &format!("{sid} is to hand over to {heir}"));
                        home.orders.give(Order::Transfer(heir));
                    }
                }
            }
        }
    }

    /// The established leader that all servers follow, having been taken in again where they lost
    /// their disks.
    fn agreed(&self) -> Option<i64> {
        let mut standings = self.homes.iter().map(|(sid, home)| match home.standing() {
            Standing::Looking => None,
            Standing::Leading { epoch, .. } => Some((Sid(*sid), epoch)),
            Standing::Following { leader, epoch } | Standing::Observing { leader, epoch } => {
                Some((leader, epoch))
            }
        });
        let first = standings.next()??;
        let are_whole = self.homes.values().all(|home| home.disk.is_whole());
        (standings.all(|it| it == Some(first)) && are_whole).then_some(first.0.0)
    }

    fn faulty(&mut self) -> Result<(), String> {
        while self.sim.elapsed() < self.faulty_until {
            self.step()?;
        }
        let history = Arc::clone(&self.history);
        let now = self.sim.elapsed();
        self.sim.set_max_message_latency(Duration::from_millis(50));
        self.faults
            .end(now, &mut self.sim, &mut history.lock().unwrap());
        self.history().note(now, "nothing breaks any more");
        Ok(())
    }

    /// Termination: all servers settle on one leader, and stay with it.
    fn agrees(&mut self) -> Result<i64, String> {
        let mut since: Option<(i64, Duration)> = None;
        let deadline = self.sim.elapsed() + PATIENCE;
        while self.sim.elapsed() < deadline {
            self.step()?;
            let now = self.sim.elapsed();
            let agreed = self.agreed().filter(|_| self.faults.are_over());
            since = agreed.map(|leader| match since {
                Some((before, since)) if before == leader => (leader, since),
                _ => (leader, now),
            });
            if let Some((leader, _)) = since.filter(|(_, since)| now - *since >= STABLE) {
                let mut history = self.history();
                history.note(now, &format!("all follow {leader}"));
                if self.faults.lost_disks {
                    history.picture.seen.insert("a lost disk is made up for");
                }
                drop(history);
                return Ok(leader);
            }
        }
        Err(format!(
            "no agreement {PATIENCE:?} after everything was repaired"
        ))
    }

    /// A joiner respects the ensemble: one that comes back follows the leader that the others
    /// follow, and moves nobody.
    fn joins_late(&mut self, leader: i64) -> Result<(), String> {
        let servers: Vec<i64> = self.homes.keys().copied().collect();
        let can_be_missed = |&&sid: &&i64| {
            let rest = servers
                .iter()
                .filter(|&&it| it != sid && self.ensemble.votes(it));
            sid != leader && self.ensemble.is_quorum(&rest.copied().collect())
        };
        let late: Vec<i64> = servers.iter().filter(can_be_missed).copied().collect();
        let Some(&late) = self.rng.choice(&late) else {
            return Ok(());
        };
        let searches = |run: &Self, sid: i64| run.history().picture.server(sid).searches;
        let rest: Vec<i64> = servers.into_iter().filter(|&sid| sid != late).collect();
        let before: Vec<usize> = rest.iter().map(|&sid| searches(self, sid)).collect();
        let (now, history) = (self.sim.elapsed(), Arc::clone(&self.history));
        let mut told = history.lock().unwrap();
        self.faults.crash(late, now, &mut self.sim, &mut told);
        if self.rng.u8(0..4) == 0 {
            let fault = "a disk loses everything";
            self.faults
                .lose_disk(late, fault, now, &mut self.sim, &mut told);
        }
        drop(told);
        self.homes[&late].crashes();
        let joined = self.agrees()?;
        if joined != leader {
            return Err(format!(
                "{late} came back, and all follow {joined} instead of {leader}"
            ));
        }
        let moved = rest
            .iter()
            .zip(before)
            .find(|(sid, before)| searches(self, **sid) != *before);
        match moved {
            Some((sid, _)) => Err(format!(
                "{late} came back, and {sid} looked for another leader"
            )),
            None => Ok(()),
        }
    }
}
