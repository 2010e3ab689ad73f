//! What goes wrong: random faults for a while, and then no more. With the [links](links) between
//! servers, and with the [machines](machines) that they run on.

mod links;
mod machines;

use crate::ensemble::{Ensemble, name};
use crate::log::History;
use crate::network::{End, Ending, Simulated};
use crate::owner::Home;
use fastrand::Rng;
use fle::member::Standing;
use links::Trouble;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use turmoil::Sim;

/// The faults of one run.
pub(crate) struct Faults {
    rng: Rng,
    network: Simulated,
    ensemble: Arc<Ensemble>,
    homes: BTreeMap<i64, Arc<Home>>,
    servers: Vec<i64>,
    /// What can go wrong in this run, and how many milliseconds it takes at most until the next
    /// thing does. Where everything happens all the time, nobody leads for long enough to be
    /// missed.
    kinds: Vec<&'static str>,
    calm: u64,
    next: Duration,
    until: Duration,
    troubles: BTreeMap<(i64, i64), Trouble>,
    /// Who is down, and when it comes back.
    down: BTreeMap<i64, Duration>,
    ends: Vec<(Duration, Weak<End>, Ending)>,
    /// Whose disks do not work, and until when.
    disks: BTreeMap<i64, Duration>,
    /// Until when names do not resolve.
    names: Option<Duration>,
    /// Whether a disk was ever lost.
    pub(crate) lost_disks: bool,
}

/// All that can go wrong.
pub(crate) const FAULTS: [&str; 19] = [
    "a crash",
    "a loss of power",
    "a partition",
    "a server is cut off",
    "a link is down",
    "a link is down in one direction",
    "a link is stalled",
    "a connection breaks",
    "a connection is reset",
    "a firewall rejects",
    "a connection is closed",
    "a disk loses everything",
    "a disk loses its epochs",
    "a disk is restored",
    "a disk is in trouble",
    "names do not resolve",
    "limits change",
    "a doubt",
    "a favour",
];

/// What a server's owner takes into its head.
#[derive(Clone, Copy)]
pub(crate) enum Whim {
    /// This one's wants another leader.
    Doubt(i64),
    /// The leader's wants this one to lead.
    Favour(i64),
}

impl Faults {
    pub(crate) fn new(
        mut rng: Rng,
        network: Simulated,
        ensemble: Arc<Ensemble>,
        homes: BTreeMap<i64, Arc<Home>>,
        until: Duration,
    ) -> Self {
        let mut kinds = FAULTS.to_vec();
        rng.shuffle(&mut kinds);
        kinds.truncate(rng.usize(2..=9));
        Self {
            kinds,
            calm: *rng.choice(&[500, 1500, 4000]).unwrap(),
            rng,
            network,
            servers: ensemble.servers.iter().map(|server| server.sid).collect(),
            ensemble,
            homes,
            next: Duration::ZERO,
            until,
            troubles: BTreeMap::new(),
            down: BTreeMap::new(),
            ends: Vec::new(),
            disks: BTreeMap::new(),
            names: None,
            lost_disks: false,
        }
    }

    /// What is over is repaired; perhaps something else breaks. What an owner wants, if anything.
    pub(crate) fn step(
        &mut self,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) -> Option<Whim> {
        self.repair_links(now, sim, history);
        self.repair_machines(now, history);
        let up: Vec<_> = self
            .down
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(sid, _)| *sid)
            .collect();
        up.into_iter()
            .for_each(|sid| self.restart(sid, now, sim, history));
        if now < self.next || now >= self.until {
            return None;
        }
        self.next = now + self.lasts(50, self.calm);
        let fault = self.rng.choice(&self.kinds).copied().unwrap();
        self.strike(fault, now, sim, history)
    }

    /// Nothing breaks any more, and everything is repaired.
    pub(crate) fn end(&mut self, now: Duration, sim: &mut Sim<'_>, history: &mut History) {
        self.until = now;
        self.troubles
            .values_mut()
            .for_each(|trouble| trouble.until = now);
        self.down.values_mut().for_each(|until| *until = now);
        self.disks.values_mut().for_each(|until| *until = now);
        self.names = self.names.map(|_| now);
        self.step(now, sim, history);
    }

    /// Whether everything that broke has been noticed, and everybody is there.
    pub(crate) fn are_over(&self) -> bool {
        self.ends.is_empty() && self.down.is_empty()
    }

    pub(crate) fn crash(
        &mut self,
        sid: i64,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) {
        // Its tasks end in an order that depends on what ran before in this process. So their last
        // words are lost, and what the system says in their place is said here.
        let others: Vec<i64> = self
            .servers
            .iter()
            .copied()
            .filter(|&other| other != sid)
            .collect();
        let reached = |&other: &i64| self.reaches(sid, other) && self.reaches(other, sid);
        let reached: Vec<i64> = others.into_iter().filter(reached).collect();
        for &other in &reached {
            sim.partition(name(sid), name(other));
        }
        sim.crash(name(sid));
        for &other in &reached {
            sim.repair(name(sid), name(other));
            let pair = (sim.lookup(name(sid)), sim.lookup(name(other)));
            for (_, end) in self.network.between(pair.0, pair.1) {
                let at = now + self.lasts(1, 100);
                self.ends.push((at, end, Ending::Reset));
            }
        }
        history.picture.crashes(sid);
        history.note(now, &format!("{sid} crashes"));
        let lasts = self.lasts(0, 3000);
        self.down.insert(sid, now + lasts);
    }

    fn strike(
        &mut self,
        fault: &'static str,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) -> Option<Whim> {
        self.rng.shuffle(&mut self.servers);
        self.put_leader_first();
        let (a, b) = (self.servers[0], self.servers[1]);
        match fault {
            "a doubt" | "a favour" => {
                history.picture.seen.insert(fault);
                return Some(match fault {
                    "a doubt" => Whim::Doubt(a),
                    _ => Whim::Favour(a),
                });
            }
            "a crash" if !self.down.contains_key(&a) => {
                history.picture.seen.insert(fault);
                self.crash(a, now, sim, history);
            }
            "a disk loses everything" | "a disk loses its epochs" | "a disk is restored" => {
                self.lose_disk(a, fault, now, sim, history);
            }
            "a disk is in trouble" | "names do not resolve" | "limits change" => {
                self.strike_machine(a, fault, now, history);
            }
            _ => self.strike_links(fault, (a, b), now, sim, history),
        }
        None
    }

    /// Half of what goes wrong goes wrong with a leader, if there is one.
    fn put_leader_first(&mut self) {
        let leads = |sid: &i64| matches!(self.homes[sid].standing(), Standing::Leading { .. });
        let leader = self.servers.iter().position(leads);
        if let Some(leader) = leader.filter(|_| self.rng.bool()) {
            self.servers.swap(0, leader);
        }
    }

    fn restart(&mut self, sid: i64, now: Duration, sim: &mut Sim<'_>, history: &mut History) {
        history.note(now, &format!("{sid} restarts"));
        self.down.remove(&sid);
        sim.bounce(name(sid));
    }

    fn lasts(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.rng.u64(least..most))
    }
}
