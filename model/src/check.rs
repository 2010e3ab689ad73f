//! Runs stateright over a scenario and says what came of it.
//!
//! Two kinds of search, both breadth-first. The first checks what must always hold and visits every reachable state: stateright
//! leaves off early when each of its properties has been decided, and properties that hold are never decided before the end.
//! The second looks for what must be seen to happen and stops when it has seen everything. What must hold eventually is not
//! for stateright to check: where there is such a property, [`crate::liveness`] builds the graph of the same states.
//!
//! stateright remembers a state by a 64-bit fingerprint. Two states with one fingerprint would be taken for one; among 20 million
//! states the chance that any two share one is about one in 100,000.

use crate::catalogue::Scenario;
use crate::counterexample::Counterexample;
use crate::liveness::Reachable;
use crate::mutants::Mutant;
use crate::properties::{Claim, Kind};
use crate::story::Story;
use crate::system::{Action, State, System};
use serde::Serialize;
use stateright::{Checker, HasDiscoveries, Model, Path};
use std::fs;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How to run a check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads search.
    pub threads: NonZeroUsize,
    /// Which part of the initial states to start from.
    pub shard: Shard,
}

/// One part of a run divided over machines: part `index` of `count`, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shard {
    index: usize,
    count: usize,
}

/// What came of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Which rule is broken, if any is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutant>,
    /// What it covers.
    pub covers: &'static str,
    /// Which part of its initial states was searched.
    pub shard: Shard,
    /// How many initial states that is.
    pub initial_states: usize,
    /// Whether every state that can be reached from them was visited.
    pub exhausted: bool,
    /// How many different states were visited.
    pub unique_states: usize,
    /// How many it must be, for a run that is whole.
    pub pinned_unique_states: Option<usize>,
    /// How many states were generated, repetitions included.
    pub generated_states: usize,
    /// The longest way that was taken to a new state, in states. With more than one thread it may differ from run to run.
    pub depth: usize,
    /// How long the exhaustive search took.
    pub seconds: f64,
    /// Unique states a second.
    pub states_per_second: f64,
    /// The search for fair runs, where there is a property to be had eventually.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Liveness>,
    /// The process's peak memory so far, where the system tells (`VmHWM`).
    pub peak_memory_bytes: Option<u64>,
    /// A row for each property.
    pub properties: Vec<Row>,
}

/// What the search for fair runs took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Liveness {
    /// How many states its graph has: as many as were visited.
    pub states: usize,
    /// How many transitions lead from one to another.
    pub transitions: usize,
    /// How long it took.
    pub seconds: f64,
}

/// What came of a property.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The property's name.
    pub name: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// The counterexample, where the property is violated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
}

/// What can come of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds in every state, or in every fair run from some moment on.
    Holds,
    /// There is a state in which it does not hold, or a fair run in which it fails again and again.
    Violated,
    /// It was seen to happen, as it should.
    Seen,
    /// It never happens, and should.
    NeverSeen,
    /// It does not happen in this part of the initial states; another may show it.
    NotInThisShard,
    /// The search stopped at another property's counterexample, or at the bounds of a mutant.
    Undecided,
}

/// The way to a state.
pub type Trace<const N: usize> = Path<State<N>, Action>;

impl Report {
    /// Whether all is as it should be.
    #[must_use]
    pub fn passed(&self) -> bool {
        let failed = |row: &Row| matches!(row.verdict, Verdict::Violated | Verdict::NeverSeen);
        let searched = self.exhausted || self.mutant.is_some();
        searched && !self.properties.iter().any(failed) && !self.pin_differs()
    }

    /// Whether the number of states is not the pinned one.
    #[must_use]
    pub fn pin_differs(&self) -> bool {
        let pinned = self.pinned_unique_states;
        self.exhausted && pinned.is_some_and(|pinned| pinned != self.unique_states)
    }

    /// The counterexamples to the properties that were violated.
    pub fn counterexamples(&self) -> impl Iterator<Item = &Counterexample> {
        let rows = self.properties.iter();
        rows.filter_map(|row| row.counterexample.as_ref())
    }
}

/// Checks the scenario. `progress` is called now and then with the states generated so far.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn check(
    scenario: &Scenario,
    options: Options,
    progress: Option<&mut (dyn FnMut(usize) + Send)>,
) -> Report {
    match scenario.servers {
        2 => check_servers::<2>(scenario, options, progress),
        3 => check_servers::<3>(scenario, options, progress),
        4 => check_servers::<4>(scenario, options, progress),
        5 => check_servers::<5>(scenario, options, progress),
        7 => check_servers::<7>(scenario, options, progress),
        servers => unreachable!("no scenario has {servers} servers"),
    }
}

fn check_servers<const N: usize>(
    scenario: &Scenario,
    options: Options,
    progress: Option<&mut (dyn FnMut(usize) + Send)>,
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
    let search = Search::run(model(always.clone()), threads, progress);

    let judged = always.into_iter().map(|claim| {
        match (search.violated.contains(&claim.name), search.exhausted()) {
            (true, _) => violation(scenario, &model(vec![claim])),
            (false, true) => row(&claim, Verdict::Holds),
            (false, false) => row(&claim, Verdict::Undecided),
        }
    });
    let mut properties: Vec<Row> = judged.collect();
    let mut liveness = None;
    if search.came_to_end() {
        let unseen = options.shard.unseen();
        if !of_runs.is_empty() {
            let (rows, took) = fair_runs(scenario, &model(of_runs), unseen);
            properties.extend(rows.into_iter().map(|row| search.judge(row)));
            liveness = Some(took);
        }
        properties.extend(sightings(model(sometimes), threads, unseen));
    } else {
        let undecided = of_runs.iter().chain(&sometimes);
        properties.extend(undecided.map(|claim| row(claim, Verdict::Undecided)));
    }
    search.report(scenario, options, liveness, properties)
}

/// What the search for states in which something does not hold came to.
struct Search {
    violated: Vec<&'static str>,
    /// Whether states beyond the bounds were left out.
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
    /// Searches until the first violation, or every state. What it needs of memory is free again afterwards.
    fn run<const N: usize>(
        mut system: System<N>,
        threads: usize,
        progress: Option<&mut (dyn FnMut(usize) + Send)>,
    ) -> Self {
        let start = Instant::now();
        let initial_states = system.starts.len();
        let at_most = system.election.mutant.map_or(usize::MAX, |_| MUTANT_STATES);
        let edge = Claim::edge();
        system.claims.push(edge);
        let search = system
            .checker()
            .threads(threads)
            .target_state_count(at_most)
            .finish_when(HasDiscoveries::AnyFailures);
        let done = join(search.spawn_bfs(), progress);
        let found = done.discoveries();
        Self {
            at_bounds: found.contains_key(edge.name),
            given_up: done.state_count() >= at_most,
            violated: found
                .into_keys()
                .filter(|&name| name != edge.name)
                .collect(),
            initial_states,
            unique_states: done.unique_state_count(),
            generated_states: done.state_count(),
            depth: done.max_depth(),
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
        let whole = options.shard.is_whole();
        Report {
            scenario: scenario.name,
            mutant: scenario.mutant,
            covers: scenario.covers,
            shard: options.shard,
            initial_states: self.initial_states,
            exhausted: self.exhausted(),
            unique_states: self.unique_states,
            pinned_unique_states: (whole && scenario.mutant.is_none())
                .then_some(scenario.unique_states),
            generated_states: self.generated_states,
            depth: self.depth,
            seconds: self.seconds,
            #[expect(clippy::cast_precision_loss, reason = "a rate is an approximation")]
            states_per_second: self.unique_states as f64 / self.seconds,
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
        if let Some(path) = search.discovery(claim.name) {
            return Some(path);
        }
        if search.unique_state_count() == visited {
            break;
        }
        visited = search.unique_state_count();
    }
    None
}

/// A row for each of the system's properties, all of them to be seen sometimes.
fn sightings<const N: usize>(system: System<N>, threads: usize, unseen: Verdict) -> Vec<Row> {
    let claims = system.claims.clone();
    let seen = seen(system, threads);
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
        let search = system.clone().checker().threads(threads).spawn_bfs().join();
        seen.extend(search.discoveries().into_keys());
    }
    seen
}

/// A row for each of the system's properties, all of them of fair runs.
fn fair_runs<const N: usize>(
    scenario: &Scenario,
    system: &System<N>,
    unseen: Verdict,
) -> (Vec<Row>, Liveness) {
    let start = Instant::now();
    let goals: Vec<_> = system.claims.iter().map(|claim| claim.condition).collect();
    let reachable = Reachable::explore(system, System::fairness, &goals);
    let rows = system.claims.iter().enumerate().map(|(goal, claim)| {
        match (claim.kind, reachable.violation(goal)) {
            (Kind::EndlessPitfall, Some(_)) => row(claim, Verdict::Seen),
            (Kind::EndlessPitfall, None) => row(claim, unseen),
            (_, None) => row(claim, Verdict::Holds),
            (_, Some(lasso)) => violated(claim, scenario, Story::of_lasso(system, &lasso)),
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

fn row<const N: usize>(claim: &Claim<N>, verdict: Verdict) -> Row {
    Row {
        name: claim.name,
        verdict,
        counterexample: None,
    }
}

fn violated<const N: usize>(claim: &Claim<N>, scenario: &Scenario, story: Story) -> Row {
    Row {
        counterexample: Some(Counterexample::new(scenario, claim, story)),
        ..row(claim, Verdict::Violated)
    }
}

fn violation<const N: usize>(scenario: &Scenario, system: &System<N>) -> Row {
    let path = shortest(system).expect("the property was seen to fail");
    violated(&system.claims[0], scenario, Story::new(system, &path))
}

/// Waits for the search, telling its progress.
fn join<M: Model, C: Checker<M> + Sync>(
    mut search: C,
    progress: Option<&mut (dyn FnMut(usize) + Send)>,
) -> C {
    let Some(progress) = progress else {
        return search.join();
    };
    let mut workers = search.handles();
    while let Some(worker) = workers.pop() {
        while !worker.is_finished() {
            std::thread::sleep(Duration::from_millis(200));
            progress(search.state_count());
        }
        worker.join().expect("a checker thread panicked");
    }
    search
}

/// The peak of the process's resident memory, from `/proc/self/status`.
fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    fn is_whole(self) -> bool {
        self.count == 1
    }

    /// What it means that something is not seen in this part.
    fn unseen(self) -> Verdict {
        if self.is_whole() {
            Verdict::NeverSeen
        } else {
            Verdict::NotInThisShard
        }
    }

    /// Whether the initial state of this number is in this part.
    fn holds(self, number: usize) -> bool {
        number % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some(Self {
                index: index.parse().ok()?,
                count: count.parse::<NonZeroUsize>().ok()?.get(),
            })
        });
        let shard = parsed.ok_or("a shard is written I/N, for example 0/4")?;
        if shard.index < shard.count {
            Ok(shard)
        } else {
            let count = shard.count;
            let last = count - 1;
            Err(format!(
                "shards count from 0 to N-1: the last of {count} is {last}/{count}"
            ))
        }
    }
}
