//! Runs stateright over a scenario and says what came of it.
//!
//! Two kinds of search. The first checks what must always hold and visits every reachable state: stateright leaves off early
//! when each of its properties has been decided, and properties that hold are never decided before the end. It goes depth first:
//! few states are pending at a time then, so that memory is little more than the fingerprints of the states visited. The second
//! looks for what must be seen to happen, breadth first, and stops when it has seen everything. What must hold eventually is
//! not for stateright to check: where there is such a property, [`crate::liveness`] records the first search and judges its graph.
//!
//! stateright remembers a state by a 64-bit fingerprint. Two states with one fingerprint would be taken for one; among 20 million
//! states the chance that any two share one is about one in 100,000.

pub(crate) mod fair_runs;
pub(crate) mod search;

use crate::catalogue::Scenario;
use crate::counterexample::Counterexample;
use crate::dispatch::with_servers;
use crate::liveness::{ALL_HOLD, Lasso};
use crate::progress::{Counter, Phase, Watch, Watcher};
use crate::properties::{Claim, Kind};
use crate::report::{Report, Row, Verdict};
use crate::shard::Shard;
use crate::system::{Action, State, System};
use fair_runs::FairRuns;
use search::{Search, Searched, Subject};
use stateright::{Checker, Model, Path};
use std::fs;
use std::num::NonZeroUsize;

/// How to run a check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads search.
    pub threads: NonZeroUsize,
    /// Which part of the initial states to start from.
    pub shard: Shard,
}

/// The way to a state.
pub type Trace<const N: usize> = Path<State<N>, Action>;

/// Checks the scenario.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn check(scenario: &Scenario, options: Options, watcher: Option<Watcher<'_>>) -> Report {
    with_servers!(
        scenario.servers,
        check_servers(scenario, options, Watch(watcher))
    )
}

fn check_servers<const N: usize>(
    scenario: &Scenario,
    options: Options,
    mut watch: Watch<'_>,
) -> Report {
    let model = |claims| scenario.system::<N>(|number| options.shard.holds(number), claims);
    let of_kind = |wanted: fn(Kind) -> bool| -> Vec<Claim<N>> {
        let claims = scenario.claims().into_iter();
        let applies = |kind: Kind| scenario.mutant.is_none() || kind.kills();
        let claims = claims.filter(|claim| applies(claim.kind) && wanted(claim.kind));
        claims.collect()
    };
    let always = of_kind(|kind| matches!(kind, Kind::Always { .. }));
    let of_runs = of_kind(Kind::is_of_runs);
    let sometimes = of_kind(|kind| matches!(kind, Kind::Witness | Kind::Pitfall));
    let threads = options.threads.get();
    let system = model(always.clone());
    let goals: Vec<_> = of_runs.iter().map(|claim| claim.condition).collect();
    let (search, recording) =
        Search::recorded(&system, System::fairness, &goals, threads, &mut watch);

    let judged = always.into_iter().map(|claim| {
        match (search.violated.contains(&claim.name), search.exhausted()) {
            (true, _) => violation(scenario, &model(vec![claim]), &mut watch),
            (false, true) => row(&claim, Verdict::Holds),
            (false, false) => row(&claim, Verdict::Undecided),
        }
    });
    let mut properties: Vec<Row> = judged.collect();
    let mut liveness = None;
    if search.came_to_end() {
        let unseen = unseen(options.shard);
        if let Some(recording) = recording {
            let fair_runs = FairRuns {
                claims: of_runs.iter().map(|it| (it.name, it.kind)).collect(),
                states: search.unique_states,
                unseen,
            };
            let tell = |goal: usize, lasso: &Lasso<_, _>| {
                Counterexample::of_lasso(scenario, &of_runs[goal], &system, lasso)
            };
            let (rows, took) = fair_runs.search(recording, tell, &mut watch);
            properties.extend(rows.into_iter().map(|row| search.judge(row)));
            liveness = Some(took);
        }
        properties.extend(sightings(model(sometimes), threads, unseen, &mut watch));
    } else {
        let undecided = of_runs.iter().chain(&sometimes);
        properties.extend(undecided.map(|claim| row(claim, Verdict::Undecided)));
    }
    let subject = Subject {
        scenario: scenario.name,
        covers: scenario.covers,
        mutant: scenario.mutant.map(|mutant| mutant.name().to_owned()),
        unique_states: scenario.unique_states,
        disjoint: scenario.is_disjoint(),
    };
    search.report(subject, options, liveness, properties)
}

/// What it means that something is not seen in this part of the initial states.
pub(crate) fn unseen(shard: Shard) -> Verdict {
    if shard.is_whole() {
        Verdict::NeverSeen
    } else {
        Verdict::NotInThisShard
    }
}

impl<const N: usize> Searched for System<N> {
    fn expanded(&self) -> &Counter {
        &self.expanded
    }

    fn beyond(&self) -> &Counter {
        &self.beyond
    }

    fn is_mutant(&self) -> bool {
        self.election.mutant.is_some()
    }

    fn violated_in(&self, state: &State<N>) -> Vec<&'static str> {
        self.violated(state).map(|claim| claim.name).collect()
    }
}

/// The shortest way to a state that decides the system's one property: a counterexample to what should always hold, an example of
/// what should be seen. `None` if there is no such state.
///
/// The search is repeated with one more step allowed each time. (Left to
/// itself, stateright keeps the last discovery that it makes, not the first.)
///
/// # Panics
/// If the system has not exactly one property.
pub fn shortest<const N: usize>(system: &System<N>) -> Option<Trace<N>> {
    let [claim] = &system.claims[..] else {
        panic!("the shortest way is that to one property");
    };
    let mut visited = 0;
    for depth in 2.. {
        let search = system
            .clone()
            .checker()
            .target_max_depth(depth)
            .spawn_bfs()
            .join();
        let found = search
            .discovery(claim.name)
            .or_else(|| search.discovery(ALL_HOLD));
        if found.is_some() {
            return found;
        }
        if search.unique_state_count() == visited {
            break;
        }
        visited = search.unique_state_count();
    }
    None
}

/// A row for each of the system's properties, all of them to be seen sometimes.
fn sightings<const N: usize>(
    system: System<N>,
    threads: usize,
    unseen: Verdict,
    watch: &mut Watch<'_>,
) -> Vec<Row> {
    let claims = system.claims.clone();
    let expanded = system.expanded.clone();
    let progress = || Phase::Sightings {
        expanded: expanded.get(),
    };
    let seen = watch.during(progress, || seen(system, threads));
    let judged = claims.iter().map(|claim| {
        let is_seen = seen.contains(&claim.name);
        row(claim, if is_seen { Verdict::Seen } else { unseen })
    });
    judged.collect()
}

/// The names of the system's properties, each to be seen sometimes, that are. One initial state after another is searched, for
/// what the ones before did not show: most things show soon after any of them.
fn seen<const N: usize>(mut system: System<N>, threads: usize) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for start in std::mem::take(&mut system.starts) {
        system.starts = vec![start];
        system.claims.retain(|claim| !seen.contains(&claim.name));
        if system.claims.is_empty() {
            break;
        }
        let search = system.clone().checker().threads(threads).spawn_dfs().join();
        seen.extend(search.discoveries().into_keys());
    }
    seen
}

pub(crate) fn row<const N: usize>(claim: &Claim<N>, verdict: Verdict) -> Row {
    Row {
        name: claim.name.to_owned(),
        verdict,
        counterexample: None,
    }
}

pub(crate) fn violated<const N: usize>(claim: &Claim<N>, how: Counterexample) -> Row {
    Row {
        counterexample: Some(how),
        ..row(claim, Verdict::Violated)
    }
}

fn violation<const N: usize>(
    scenario: &Scenario,
    system: &System<N>,
    watch: &mut Watch<'_>,
) -> Row {
    let progress = || Phase::Counterexample {
        expanded: system.expanded.get(),
    };
    let path = watch.during(progress, || shortest(system));
    let path = path.expect("the property was seen to fail");
    let claim = &system.claims[0];
    violated(
        claim,
        Counterexample::of_path(scenario, claim, system, &path),
    )
}

/// The peak of the process's resident memory, from `/proc/self/status`.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
