//! What goes wrong between servers: links that lose, hold up and end what is said on them.
//!
//! A pair of servers has one trouble at a time. Where messages were lost, the connections are cut:
//! an end may notice during the trouble, and does soon after it (see [`crate::network`]). Somebody
//! in between may end a connection without any trouble, and each end may hear of that at another
//! time.

use super::Faults;
use crate::ensemble::name;
use crate::log::History;
use crate::network::Ending;
use std::time::Duration;
use turmoil::Sim;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    /// What either says is lost.
    Partition,
    /// What the first says is lost.
    OneWay,
    /// What either says arrives when the trouble is over.
    Hold,
}

#[derive(Clone, Copy)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    pub(super) until: Duration,
}

/// How soon an end of a broken connection notices.
const NOTICED_WITHIN: Duration = Duration::from_secs(2);
impl Faults {
    /// Whether what one server says can reach the other.
    pub(super) fn reaches(&self, from: i64, to: i64) -> bool {
        let trouble = |pair| self.troubles.get(&pair).map(|trouble| trouble.kind);
        trouble((from, to)).is_none() && trouble((to, from)).is_none_or(|kind| kind == Kind::OneWay)
    }

    /// What is over is repaired, and connections end that are due to.
    pub(super) fn repair_links(&mut self, now: Duration, sim: &mut Sim<'_>, history: &mut History) {
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
        self.ends.retain(|(at, end, how)| {
            let due = *at <= now;
            end.upgrade()
                .filter(|_| due)
                .inspect(|end| self.network.end(end, *how));
            !due
        });
    }

    pub(super) fn strike_links(
        &mut self,
        fault: &'static str,
        (a, b): (i64, i64),
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) {
        if fault == "a connection is closed" && self.ensemble.trusts_ends() {
            return;
        }
        history.picture.seen.insert(fault);
        let servers = self.servers.clone();
        let until = now + self.lasts(50, 4000);
        let (one, other) = servers.split_at(1 + servers.len() / 3);
        let (pairs, kind) = match fault {
            "a partition" => (all_pairs(one, other), Kind::Partition),
            "a loss of power" | "a server is cut off" | "a firewall rejects" => {
                (all_pairs(&[a], &servers[1..]), Kind::Partition)
            }
            "a link is down" => (vec![(a, b)], Kind::Partition),
            "a link is down in one direction" => (vec![(a, b)], Kind::OneWay),
            "a link is stalled" => (vec![(a, b)], Kind::Hold),
            _ => (Vec::new(), Kind::Hold),
        };
        pairs
            .into_iter()
            .for_each(|pair| self.trouble(pair, Trouble { kind, until }, now, sim, history));
        match fault {
            "a loss of power" if !self.down.contains_key(&a) => {
                self.crash(a, now, sim, history);
            }
            "a connection breaks" => {
                history.note(now, &format!("{a} and {b} lose their connection"));
                self.cut((a, b), now, sim);
            }
            "a connection is reset" => {
                history.note(now, &format!("{a} and {b} have their connections reset"));
                self.end_connections((a, b), Ending::Reset, now, sim);
            }
            "a connection is closed" => {
                history.note(now, &format!("{a} and {b} have their connections closed"));
                self.end_connections((a, b), Ending::Closed, now, sim);
            }
            "a firewall rejects" => {
                history.note(now, &format!("whatever is sent to {a} is rejected"));
                servers[1..]
                    .iter()
                    .for_each(|&b| self.reject((a, b), now, until, sim));
            }
            _ => {}
        }
    }

    /// Something between the two ends their connections: one end hears of it now, the other perhaps
    /// when it says something next.
    fn end_connections(&mut self, (a, b): (i64, i64), how: Ending, now: Duration, sim: &Sim<'_>) {
        let (a, b) = (sim.lookup(name(a)), sim.lookup(name(b)));
        let is_first = self.rng.bool();
        for (host, end) in self.network.between(a, b) {
            let waits = match (host == a) == is_first {
                true => Duration::ZERO,
                false => NOTICED_WITHIN.mul_f64(self.rng.f64()),
            };
            self.ends.push((now + waits, end, how));
        }
    }

    /// What the second says to the first is answered by a reset, of which the first does not hear
    /// before that is over.
    fn reject(&mut self, (a, b): (i64, i64), now: Duration, until: Duration, sim: &Sim<'_>) {
        let (a, b) = (sim.lookup(name(a)), sim.lookup(name(b)));
        for (host, end) in self.network.between(a, b) {
            let (at, how) = match host == b {
                true => (now + self.lasts(0, 200), Ending::Reset),
                false => (
                    until + NOTICED_WITHIN.mul_f64(self.rng.f64()),
                    Ending::TimeOut,
                ),
            };
            self.ends.push((at, end, how));
        }
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

    /// Each end of the connections that the two have now notices soon, for itself.
    fn cut(&mut self, (a, b): (i64, i64), now: Duration, sim: &Sim<'_>) {
        for (_, end) in self
            .network
            .between(sim.lookup(name(a)), sim.lookup(name(b)))
        {
            let at = now + NOTICED_WITHIN.mul_f64(self.rng.f64());
            self.ends.push((at, end, Ending::TimeOut));
        }
    }
}

pub(super) fn all_pairs(one: &[i64], other: &[i64]) -> Vec<(i64, i64)> {
    let with_others = |&a: &i64| other.iter().map(move |&b| (a, b));
    one.iter().flat_map(with_others).collect()
}
