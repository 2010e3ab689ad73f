//! From logs to times.
//!
//! A server looks from where its log says that it starts an election (`election.started`; `New
//! election. My id =`) until where it says that its state has changed (`election.decided`; `Peer
//! state changed: following` or `leading`). An ensemble takes from the moment when its last server
//! begins to look, until all have settled. That all begin at the same time is beyond a program that
//! starts processes; what a server spends on waiting for the rest to start is no part of the
//! ensemble's time. The servers share one machine and so one clock, this program's.
//!
//! A leader is established when it knows that a quorum has acknowledged its NEWLEADER, and so is in
//! its epoch: that is where fle's log says `leadership.established`, and ZooKeeper's `Have quorum
//! of supporters`, before it starts to serve. A failover goes from the signal that kills the leader
//! until then. *Detection* ends when the *first* of the others begins to look; that the rest is
//! late to notice counts as part of what comes after, as it delays the new leader. So the two parts
//! are the whole.
//!
//! A server that has a quorum of votes waits [200 ms](FINALIZING) for a better one. One that joins
//! servers which have settled already does not: whether there was a wait is what the judge of logs
//! finds. An eager server, as its log calls itself, has no wait that it could be excused for.

use crate::Result;
use fle::Sid;
use fle::config::DynamicConfig;
use fle_conformance::history::event::{Event, Fact};
use fle_conformance::history::judge::{Looking, judge};
use fle_conformance::history::log::{Log, Logs};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The fixed wait, in milliseconds.
pub(crate) const FINALIZING: f64 = 200.0;

/// What an election came to.
#[derive(Debug)]
pub(crate) struct Election {
    /// When the servers were started, or their leader was killed.
    began: Timestamp,
    pub(crate) leader: i64,
    /// When the leader was established.
    established: Timestamp,
    /// Of each server.
    pub(crate) searches: Vec<Search>,
}

/// One server's way from looking to settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    looked: Timestamp,
    settled: Timestamp,
    has_waited: bool,
}

/// A time in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Took {
    pub(crate) all: f64,
    /// Without the finalizing wait, or what of it is part of this time.
    pub(crate) own: f64,
}

/// The way from a leader's death to the next established leader, in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Failover {
    pub(crate) all: f64,
    /// Until the first of the others begins to look.
    pub(crate) detection: f64,
    /// From there on.
    pub(crate) after: Took,
}

impl Search {
    pub(crate) fn took(self) -> Took {
        Took::between(self.looked, self.settled, self.has_waited)
    }
}

impl Took {
    fn between(start: Timestamp, end: Timestamp, has_waited: bool) -> Self {
        let all = milliseconds(start, end);
        let wait = if has_waited { FINALIZING } else { 0.0 };
        Self {
            all,
            own: (all - wait).max(0.0),
        }
    }
}

impl Election {
    /// From the last server's beginning until all have settled.
    pub(crate) fn took(&self) -> Took {
        let (_, start) = self.beginnings();
        let last = self.searches.iter().max_by_key(|it| it.settled);
        let last = last.expect("an election has servers");
        Took::between(start, last.settled, last.has_waited)
    }

    /// From the first server's beginning to the last one's, in milliseconds.
    pub(crate) fn skew(&self) -> f64 {
        let (first, last) = self.beginnings();
        milliseconds(first, last)
    }

    /// From the leader's death, which it began with.
    pub(crate) fn failover(&self) -> Failover {
        let (first, _) = self.beginnings();
        let has_waited = self.searches.iter().any(|it| it.has_waited);
        Failover {
            all: milliseconds(self.began, self.established),
            detection: milliseconds(self.began, first),
            after: Took::between(first, self.established, has_waited),
        }
    }

    /// When the first and the last server began to look.
    fn beginnings(&self) -> (Timestamp, Timestamp) {
        let times = || self.searches.iter().map(|it| it.looked);
        let ends = times().min().zip(times().max());
        ends.expect("an election has servers")
    }
}

fn milliseconds(start: Timestamp, end: Timestamp) -> f64 {
    end.duration_since(start).as_secs_f64() * 1000.0
}

/// The election that began then, in which all servers took part and whose leader is established.
pub(crate) fn election(
    logs: &Logs,
    config: Option<&DynamicConfig>,
    began: Timestamp,
) -> Result<Election> {
    let verdict = judge(logs, config);
    let mut searches = Vec::new();
    let mut leaders = BTreeSet::new();
    for (sid, log) in &logs.servers {
        let (search, leader) = search(log, &verdict.elections[sid], began)
            .ok_or_else(|| format!("the log of server {sid} tells of no election that ended"))?;
        searches.push(search);
        leaders.insert(leader);
    }
    let leader = match leaders.first() {
        Some(leader) if leaders.len() == 1 => *leader,
        _ => return Err(format!("they have not settled on one leader, but on {leaders:?}").into()),
    };
    let established = logs.servers.get(&leader);
    let established = established.and_then(|log| established_at(log, &verdict.elections[&leader]));
    Ok(Election {
        began,
        leader: leader.0,
        established: established.ok_or_else(|| format!("leader {leader} is not established"))?,
        searches,
    })
}

/// Whether it happened since then, as far as ZooKeeper's clock of whole milliseconds tells.
pub(crate) fn is_since(event: &Event, began: Timestamp) -> bool {
    let time = event.time.map(Timestamp::as_millisecond);
    time.is_some_and(|time| time >= began.as_millisecond())
}

/// From its first beginning to its last decision: who looks again at once has not settled.
fn search(log: &Log, elections: &[Looking], began: Timestamp) -> Option<(Search, Sid)> {
    let is_recent = |it: &&Looking| is_since(&log.events[it.started], began);
    let first = elections.iter().find(is_recent)?;
    let last = elections.last()?;
    let is_eager = |event: &Event| matches!(event.fact, Fact::ServerStarted { eager: true, .. });
    let search = Search {
        looked: log.events[first.started].time?,
        settled: log.events[last.decided?].time?,
        has_waited: last.quorum.is_some() && !log.events.iter().any(is_eager),
    };
    Some((search, Sid(last.vote?.leader)))
}

/// When the leader, whose log it is, was established after its last election.
fn established_at(log: &Log, elections: &[Looking]) -> Option<Timestamp> {
    let after = &log.events[elections.last()?.decided?..];
    let mut facts = after.iter();
    let event = facts.find(|it| matches!(it.fact, Fact::LeadershipEstablished { .. }))?;
    event.time
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::ensemble::{Ensemble, Kind};
    use std::path::{Path, PathBuf};

    fn sample(folder: &str, sids: &[i64]) -> Logs {
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/logs");
        let path = |sid| logs.join(folder).join(format!("server.{sid}.log"));
        Logs::read(&sids.iter().map(path).collect::<Vec<PathBuf>>()).unwrap()
    }

    fn all(searches: &[Search]) -> Vec<f64> {
        searches.iter().map(|it| it.took().all.round()).collect()
    }

    /// The numbers are differences of times in the kept logs.
    #[test]
    fn zookeeper_after_its_leader_was_killed() {
        let logs = sample("three-leader-killed", &[1, 2]);
        let killed = "2026-11-23T21:34:11.700Z".parse().unwrap();
        let found = election(&logs, None, killed).unwrap();
        assert_eq!(found.leader, 2);
        assert_eq!(all(&found.searches), [410.0, 416.0]);
        assert_eq!(found.took().all.round(), 410.0);
        assert_eq!(found.took().own.round(), 210.0);
        assert_eq!(found.skew().round(), 7.0);
        let failover = found.failover();
        assert_eq!(failover.all.round(), 569.0);
        assert_eq!(failover.detection.round(), 30.0);
        assert_eq!(failover.after.all.round(), 539.0);
        assert_eq!(failover.after.own.round(), 339.0);
    }

    /// The kept logs know no more than milliseconds.
    #[test]
    fn who_looks_in_the_millisecond_of_the_kill_looks_after_it() {
        let logs = sample("three-leader-killed", &[1, 2]);
        let killed = "2026-11-23T21:34:11.7301Z".parse().unwrap();
        assert_eq!(election(&logs, None, killed).unwrap().leader, 2);
        let later = "2026-11-23T21:34:11.7311Z".parse().unwrap();
        let found = election(&logs, None, later);
        assert!(found.is_err(), "server 2 began before that");
    }

    /// The third server found a leader: there is no wait to take off.
    #[test]
    fn who_joins_has_not_waited() {
        let logs = sample("three-late-joiner", &[1, 2, 3]);
        let found = election(&logs, None, Timestamp::MIN).unwrap();
        let waited: Vec<bool> = found.searches.iter().map(|it| it.has_waited).collect();
        assert_eq!(waited, [true, true, false]);
        assert_eq!(found.took(), found.searches[2].took());
        assert_eq!(found.took().own, found.took().all);
    }

    #[test]
    fn logs_without_an_election_since_then_are_refused() {
        let logs = sample("three-late-joiner", &[1, 2, 3]);
        let error = election(&logs, None, Timestamp::MAX).unwrap_err();
        assert!(error.to_string().contains("server 1"), "{error}");
    }

    /// The leader's log without its last words.
    #[test]
    fn a_leader_that_is_not_established_is_refused() {
        let mut logs = sample("three-leader-killed", &[1, 2]);
        let leader = logs.servers.get_mut(&Sid(2)).unwrap();
        let killed = "2026-11-23T21:34:11.700Z".parse().unwrap();
        let is_established = |it: &Event| {
            it.time > Some(killed) && matches!(it.fact, Fact::LeadershipEstablished { .. })
        };
        let first = leader.events.iter().position(is_established).unwrap();
        leader.events.truncate(first);
        let error = election(&logs, None, killed).unwrap_err();
        assert!(error.to_string().contains("leader 2"), "{error}");
    }

    fn elect_and_elect_again(kind: Kind) -> [Election; 2] {
        let build = escargot::CargoBuild::new().package("fle").bin("fle");
        let built = build.current_release().run().unwrap();
        let mut ensemble = Ensemble::new(kind, 3, false, built.path()).unwrap();
        let start = ensemble.start().unwrap();
        assert_eq!(start.searches.len(), 3);
        let after = ensemble.lose_leader(start.leader).unwrap();
        assert_eq!(after.searches.len(), 2);
        assert_ne!(after.leader, start.leader);
        let failover = after.failover();
        assert!(failover.detection > 0.0);
        assert!(failover.after.all > after.skew());
        let parts = failover.detection + failover.after.all;
        assert!((failover.all - parts).abs() < 0.001, "{failover:?}");
        [start, after]
    }

    #[test]
    fn servers_of_fle_elect_and_elect_again() {
        for election in elect_and_elect_again(Kind::Fixed) {
            assert!(election.searches.iter().any(|it| it.has_waited));
            let after = election.failover().after;
            assert_eq!(after.own, after.all - FINALIZING);
        }
    }

    #[test]
    fn eager_servers_are_excused_for_no_wait() {
        for election in elect_and_elect_again(Kind::Eager) {
            assert_eq!(election.took().own, election.took().all);
            let after = election.failover().after;
            assert_eq!(after.own, after.all);
        }
    }
}
