//! What goes wrong: random faults for a while, and then no more.
//!
//! A pair of servers has one trouble at a time. Where messages were lost, the connections are cut: an end may notice during the
//! trouble, and does soon after it (see [`crate::network`]).

use crate::ensemble::{Ensemble, name};
use crate::log::History;
use crate::network::{End, Ending, Simulated};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Weak;
use std::time::Duration;
use turmoil::Sim;

/// The faults of one run.
pub(crate) struct Faults {
    rng: Rng,
    network: Simulated,
    servers: Vec<i64>,
    next: Duration,
    until: Duration,
    troubles: BTreeMap<(i64, i64), Trouble>,
    /// Who is down, and when it comes back.
    down: BTreeMap<i64, Duration>,
    ends: Vec<(Duration, Weak<End>, Ending)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// What either says is lost.
    Partition,
    /// What the first says is lost.
    OneWay,
    /// What either says arrives when the trouble is over.
    Hold,
}

#[derive(Clone, Copy)]
struct Trouble {
    kind: Kind,
    until: Duration,
}

/// All that can go wrong.
pub(crate) const FAULTS: [&str; 9] = [
    "a crash",
    "a loss of power",
    "a partition",
    "a link is down",
    "a link is down in one direction",
    "a link is stalled",
    "a connection breaks",
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

/// How soon an end of a broken connection notices.
const NOTICED_WITHIN: Duration = Duration::from_secs(2);

impl Faults {
    pub(crate) fn new(rng: Rng, network: Simulated, ensemble: &Ensemble, until: Duration) -> Self {
        Self {
            rng,
            network,
            servers: ensemble.servers.iter().map(|server| server.sid).collect(),
            next: Duration::ZERO,
            until,
            troubles: BTreeMap::new(),
            down: BTreeMap::new(),
            ends: Vec::new(),
        }
    }

    /// Whether what one server says can reach the other.
    pub(crate) fn reaches(&self, from: i64, to: i64) -> bool {
        let trouble = |pair| self.troubles.get(&pair).map(|trouble| trouble.kind);
        trouble((from, to)).is_none() && trouble((to, from)).is_none_or(|kind| kind == Kind::OneWay)
    }

    /// What is over is repaired; perhaps something else breaks. What an owner wants, if anything.
    pub(crate) fn step(
        &mut self,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) -> Option<Whim> {
        let over = |it: &Trouble| it.until <= now;
        let healed: Vec<_> = self
            .troubles
            .iter()
            .filter(|(_, it)| over(it))
            .map(|(pair, _)| *pair)
            .collect();
        healed
            .into_iter()
            .for_each(|pair| self.heal(pair, now, sim, history));
        let up: Vec<_> = self
            .down
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(sid, _)| *sid)
            .collect();
        up.into_iter()
            .for_each(|sid| self.restart(sid, now, sim, history));
        self.ends.retain(|(at, end, how)| {
            let due = *at <= now;
            end.upgrade().filter(|_| due).inspect(|end| end.end(*how));
            !due
        });
        if now < self.next || now >= self.until {
            return None;
        }
        self.next = now + self.lasts(50, 1500);
        let fault = self.rng.choice(FAULTS).unwrap();
        self.strike(fault, now, sim, history)
    }

    /// Nothing breaks any more, and everything is repaired.
    pub(crate) fn end(&mut self, now: Duration, sim: &mut Sim<'_>, history: &mut History) {
        self.until = now;
        self.troubles
            .values_mut()
            .for_each(|trouble| trouble.until = now);
        self.down.values_mut().for_each(|until| *until = now);
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
        // Its tasks end in an order that depends on what ran before in this process. So their last words are lost, and what the system
        // says in their place is said here.
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
            for end in self.network.between(pair.0, pair.1) {
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
        let (a, b) = (self.servers[0], self.servers[1]);
        let servers = self.servers.clone();
        let lasts = self.lasts(50, 4000);
        history.picture.seen.insert(fault);
        let (one, other) = servers.split_at(1 + servers.len() / 3);
        let (pairs, kind) = match fault {
            "a partition" => (all_pairs(one, other), Kind::Partition),
            "a loss of power" => (all_pairs(&[a], &servers[1..]), Kind::Partition),
            "a link is down" => (vec![(a, b)], Kind::Partition),
            "a link is down in one direction" => (vec![(a, b)], Kind::OneWay),
            "a link is stalled" => (vec![(a, b)], Kind::Hold),
            _ => (Vec::new(), Kind::Hold),
        };
        let trouble = Trouble {
            kind,
            until: now + lasts,
        };
        pairs
            .into_iter()
            .for_each(|pair| self.trouble(pair, trouble, now, sim, history));
        match fault {
            "a crash" | "a loss of power" if !self.down.contains_key(&a) => {
                self.crash(a, now, sim, history);
            }
            "a connection breaks" => {
                history.note(now, &format!("{a} and {b} lose their connection"));
                self.cut((a, b), now, sim);
            }
            "a doubt" => return Some(Whim::Doubt(a)),
            "a favour" => return Some(Whim::Favour(a)),
            _ => {}
        }
        None
    }

    fn trouble(
        &mut self,
        pair: (i64, i64),
        trouble: Trouble,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) {
        let (a, b) = pair;
        if self.troubles.contains_key(&pair) || self.troubles.contains_key(&(b, a)) {
            return;
        }
        history.note(now, &format!("{:?} from {a} to {b}", trouble.kind));
        match trouble.kind {
            Kind::Partition => sim.partition(name(a), name(b)),
            Kind::OneWay => sim.partition_oneway(name(a), name(b)),
            Kind::Hold => sim.hold(name(a), name(b)),
        }
        self.troubles.insert(pair, trouble);
        if trouble.kind != Kind::Hold && self.rng.bool() {
            self.cut(pair, now, sim);
        }
    }

    fn heal(
        &mut self,
        (a, b): (i64, i64),
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) {
        history.note(now, &format!("{a} and {b} are connected again"));
        sim.release(name(a), name(b));
        let trouble = self.troubles.remove(&(a, b));
        if trouble.is_some_and(|trouble| trouble.kind != Kind::Hold) {
            self.cut((a, b), now, sim);
        }
    }

    fn restart(&mut self, sid: i64, now: Duration, sim: &mut Sim<'_>, history: &mut History) {
        history.note(now, &format!("{sid} restarts"));
        self.down.remove(&sid);
        sim.bounce(name(sid));
    }

    /// Each end of the connections that the two have now notices soon, for itself.
    fn cut(&mut self, (a, b): (i64, i64), now: Duration, sim: &Sim<'_>) {
        for end in self
            .network
            .between(sim.lookup(name(a)), sim.lookup(name(b)))
        {
            let at = now + NOTICED_WITHIN.mul_f64(self.rng.f64());
            self.ends.push((at, end, Ending::TimeOut));
        }
    }

    fn lasts(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.rng.u64(least..most))
    }
}

fn all_pairs(one: &[i64], other: &[i64]) -> Vec<(i64, i64)> {
    let with_others = |&a: &i64| other.iter().map(move |&b| (a, b));
    one.iter().flat_map(with_others).collect()
}
