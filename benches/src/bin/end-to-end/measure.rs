//! From logs to times.
//!
//! A server looks from where its log says that it starts an election (`election.started`; `New election. My id =`) until where
//! it says that its state has changed (`election.decided`; `Peer state changed: following` or `leading`). An ensemble takes from
//! the moment when its last server begins to look, until all have settled. That all begin at the same time is beyond a
//! program that starts processes; what a server spends on waiting for the rest to start is no part of the ensemble's time. The
//! servers share one machine and so one clock.
//!
//! A server that has a quorum of votes waits [200 ms](FINALIZING) for a better one. One that joins servers which have settled
//! already does not: whether there was a wait is what the judge of logs finds.

use crate::Result;
use fle::Sid;
use fle::config::DynamicConfig;
use fle_conformance::history::judge::{Looking, judge};
use fle_conformance::history::log::{Log, Logs};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The fixed wait, in milliseconds.
pub(crate) const FINALIZING: f64 = 200.0;

/// What an election came to.
#[derive(Debug)]
pub(crate) struct Election {
    pub(crate) leader: i64,
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

impl Search {
    pub(crate) fn took(self) -> Took {
        self.took_since(self.looked)
    }

    fn took_since(self, start: Timestamp) -> Took {
        let all = self.settled.duration_since(start).as_secs_f64() * 1000.0;
        let wait = if self.has_waited { FINALIZING } else { 0.0 };
        Took {
            all,
            own: (all - wait).max(0.0),
        }
    }
}

impl Election {
    /// From the last server's beginning until all have settled.
    pub(crate) fn took(&self) -> Took {
        let last_looked = self.searches.iter().map(|it| it.looked).max();
        let last_settled = self.searches.iter().max_by_key(|it| it.settled);
        let (start, last) = last_looked
            .zip(last_settled)
            .expect("an election has servers");
        last.took_since(start)
    }

    /// From the first server's beginning to the last one's, in milliseconds.
    pub(crate) fn skew(&self) -> f64 {
        let times = || self.searches.iter().map(|it| it.looked);
        let (first, last) = times().min().zip(times().max()).expect("as above");
        last.duration_since(first).as_secs_f64() * 1000.0
    }
}

/// The election that the logs tell of since then, in which all servers took part.
pub(crate) fn election(
    logs: &Logs,
    config: Option<&DynamicConfig>,
    since: Timestamp,
) -> Result<Election> {
    let verdict = judge(logs, config);
    let mut searches = Vec::new();
    let mut leaders = BTreeSet::new();
    for (sid, log) in &logs.servers {
        let (search, leader) = search(log, &verdict.elections[sid], since)
            .ok_or_else(|| format!("the log of server {sid} tells of no election that ended"))?;
        searches.push(search);
        leaders.insert(leader);
    }
    match leaders.first() {
        Some(leader) if leaders.len() == 1 => Ok(Election {
            leader: leader.0,
            searches,
        }),
        _ => Err(format!("they have not settled on one leader, but on {leaders:?}").into()),
    }
}

/// From its first beginning to its last decision: who looks again at once has not settled.
fn search(log: &Log, elections: &[Looking], since: Timestamp) -> Option<(Search, Sid)> {
    let time = |event: usize| log.events[event].time;
    let is_recent = |it: &&Looking| time(it.started).is_some_and(|time| time >= since);
    let first = elections.iter().find(is_recent)?;
    let last = elections.last()?;
    let search = Search {
        looked: time(first.started)?,
        settled: time(last.decided?)?,
        has_waited: last.quorum.is_some(),
    };
    Some((search, Sid(last.vote?.leader)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::ensemble::{Ensemble, Program};
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

    #[test]
    fn servers_of_fle_elect_and_elect_again() {
        let build = escargot::CargoBuild::new().package("fle").bin("fle");
        let built = build.current_release().run().unwrap();
        let mut ensemble = Ensemble::new(Program::Fle, 3, built.path()).unwrap();
        let start = ensemble.start().unwrap();
        assert_eq!(start.searches.len(), 3);
        let after = ensemble.lose_leader(start.leader).unwrap();
        assert_eq!(after.searches.len(), 2);
        assert!(after.searches.iter().all(|it| it.has_waited));
        assert_ne!(after.leader, start.leader);
    }
}
