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

use crate::catalogue::Scenario;
use crate::counterexample::Counterexample;
use crate::dispatch::with_servers;
use crate::liveness::{ALL_HOLD, Reachable, Recording};
use crate::progress::{Phase, Watch, Watcher};
use crate::properties::{Claim, Kind};
use crate::report::{Liveness, Report, Row, Verdict, Whole, rate};
use crate::shard::Shard;
use crate::system::{Action, State, System};
use stateright::{Checker, HasDiscoveries, Model, Path};
use std::fmt::Debug;
use std::fs;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::time::Instant;

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
    let recording = (!of_runs.is_empty()).then(|| {
        let goals: Vec<_> = of_runs.iter().map(|claim| claim.condition).collect();
        Recording::new(system.clone(), System::fairness, &goals)
    });
    let search = match &recording {
        None => Search::run(&system, system.clone(), |state| state, threads, &mut watch),
        Some(recording) => {
            let recording = recording.clone();
            Search::run(&system, recording, |it| &it.state, threads, &mut watch)
        }
    };

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
                scenario,
                claims: &of_runs,
                states: search.unique_states,
                unseen,
            };
            let (rows, took) = fair_runs.search(&system, recording, &mut watch);
            properties.extend(rows.into_iter().map(|row| search.judge(row)));
            liveness = Some(took);
        }
        properties.extend(sightings(model(sometimes), threads, unseen, &mut watch));
    } else {
        let undecided = of_runs.iter().chain(&sometimes);
        properties.extend(undecided.map(|claim| row(claim, Verdict::Undecided)));
    }
    search.report(scenario, options, liveness, properties)
}

/// What it means that something is not seen in this part of the initial states.
fn unseen(shard: Shard) -> Verdict {
    if shard.is_whole() {
        Verdict::NeverSeen
    } else {
        Verdict::NotInThisShard
    }
}

/// What the search for states in which something does not hold came to.
struct Search {
    violated: Vec<&'static str>,
    /// Whether states beyond the bounds of a mutant were left out.
    at_bounds: bool,
    /// Whether it took longer than a mutant may take.
    given_up: bool,
    initial_states: usize,
    unique_states: usize,
    generated_states: usize,
    depth: usize,
    seconds: f64,
}

/// How many states are generated of a mutant's scenario at most.
const MUTANT_STATES: usize = 10_000_000;

impl Search {
    /// Searches until the first violation, or every state, of the system or of a recording of it. What it needs of memory is free
    /// again afterwards. A mutant's states may be without end, so they are searched breadth first, and not for ever.
    fn run<const N: usize, M>(
        system: &System<N>,
        model: M,
        state: fn(&M::State) -> &State<N>,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        M: Model<Action = Action> + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    {
        let checker = model.checker().threads(threads);
        let checker = checker.finish_when(HasDiscoveries::AnyFailures);
        if system.election.mutant.is_some() {
            let checker = checker.target_state_count(MUTANT_STATES);
            Self::watched(system, checker.spawn_bfs(), state, watch)
        } else {
            Self::watched(system, checker.spawn_dfs(), state, watch)
        }
    }

    fn watched<const N: usize, M>(
        system: &System<N>,
        mut search: impl Checker<M> + Sync,
        state: fn(&M::State) -> &State<N>,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        M: Model<Action = Action>,
        M::State: Clone + Debug + Hash + PartialEq,
    {
        let start = Instant::now();
        let workers = search.handles();
        let progress = || {
            // In this order, so that hardly any is counted as expanded that is not counted as found.
            let expanded = system.expanded.get();
            let unique = search.unique_state_count();
            Phase::Search {
                unique,
                generated: search.state_count(),
                queue: unique.saturating_sub(expanded),
            }
        };
        watch.during(progress, || {
            for worker in workers {
                worker.join().expect("a checker thread panicked");
            }
        });
        let violated = search.discovery(ALL_HOLD).map(|path| {
            let violated = system.violated(state(path.last_state()));
            violated.map(|claim| claim.name).collect()
        });
        let generated_states = search.state_count();
        Self {
            violated: violated.unwrap_or_default(),
            at_bounds: system.beyond.get() > 0,
            given_up: system.election.mutant.is_some() && generated_states >= MUTANT_STATES,
            initial_states: system.starts.len(),
            unique_states: search.unique_state_count(),
            generated_states,
            depth: search.max_depth(),
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Whether every state was visited.
    fn exhausted(&self) -> bool {
        self.came_to_end() && !self.at_bounds
    }

    /// Whether every state within the bounds was visited.
    fn came_to_end(&self) -> bool {
        self.violated.is_empty() && !self.given_up
    }

    /// What holds within the bounds need not hold.
    fn judge(&self, row: Row) -> Row {
        let verdict = match row.verdict {
            Verdict::Holds if !self.exhausted() => Verdict::Undecided,
            verdict => verdict,
        };
        Row { verdict, ..row }
    }

    fn report(
        self,
        scenario: &Scenario,
        options: Options,
        liveness: Option<Liveness>,
        properties: Vec<Row>,
    ) -> Report {
        let pinned = scenario.mutant.is_none().then_some(scenario.unique_states);
        Report {
            scenario: scenario.name.to_owned(),
            covers: scenario.covers.to_owned(),
            mutant: scenario.mutant.map(|mutant| mutant.name().to_owned()),
            shard: options.shard,
            merged: None,
            initial_states: self.initial_states,
            exhausted: self.exhausted(),
            unique_states: self.unique_states,
            pinned_unique_states: pinned.filter(|_| options.shard.is_whole()),
            whole: Whole {
                pinned_unique_states: pinned,
                disjoint: scenario.is_disjoint(),
            },
            generated_states: self.generated_states,
            depth: self.depth,
            seconds: self.seconds,
            states_per_second: rate(self.unique_states, self.seconds),
            liveness,
            peak_memory_bytes: peak_memory_bytes(),
            properties,
        }
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

/// The search for what must hold eventually, in every fair run.
struct FairRuns<'a, const N: usize> {
    scenario: &'a Scenario,
    /// What is sought, in the order of the recording's goals.
    claims: &'a [Claim<N>],
    /// How many states were recorded.
    states: usize,
    unseen: Verdict,
}

impl<const N: usize> FairRuns<'_, N> {
    /// A row for each of the claims.
    fn search(
        &self,
        system: &System<N>,
        recording: Recording<System<N>, Action>,
        watch: &mut Watch<'_>,
    ) -> (Vec<Row>, Liveness) {
        let start = Instant::now();
        let progress = || Phase::FairRuns {
            states: self.states,
        };
        let reachable = watch.during(progress, || Reachable::recorded(recording));
        let rows = self.claims.iter().enumerate().map(|(goal, claim)| {
            match (claim.kind, reachable.violation(goal)) {
                (Kind::EndlessPitfall, Some(_)) => row(claim, Verdict::Seen),
                (Kind::EndlessPitfall, None) => row(claim, self.unseen),
                (_, None) => row(claim, Verdict::Holds),
                (_, Some(lasso)) => violated(
                    claim,
                    Counterexample::of_lasso(self.scenario, claim, system, &lasso),
                ),
            }
        });
        let rows = rows.collect();
        let liveness = Liveness {
            states: reachable.states(),
            transitions: reachable.edges(),
            seconds: start.elapsed().as_secs_f64(),
        };
        (rows, liveness)
    }
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
