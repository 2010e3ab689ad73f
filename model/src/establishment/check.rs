//! Runs stateright over a scenario of the establishment: as [`crate::check`] does for the election.

use super::catalogue::Scenario;
use super::mutants::Mutant;
use super::properties::Claim;
use super::system::{Action, State, System};
use crate::check::{Options, peak_memory_bytes};
use crate::liveness::ALL_HOLD;
use crate::progress::{Phase, Watch, Watcher};
use crate::properties::Kind;
use crate::report::{Report, Row, Tell, Verdict, Whole, rate};
use serde::Serialize;
use stateright::{Checker, HasDiscoveries, Model};
use std::time::Instant;

/// A way to a state in which a property does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Counterexample {
    /// The property's name.
    pub property: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How the way begins.
    pub beginning: String,
    /// What happens then.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What happens in it, in a sentence.
    pub told: String,
}

impl Tell for Counterexample {
    fn beginning(&self) -> &str {
        &self.beginning
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| &*step.told)
    }

    fn ending(&self) -> Option<&str> {
        None
    }
}

/// Checks the scenario.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn check(
    scenario: &Scenario,
    mutant: Option<Mutant>,
    options: Options,
    watcher: Option<Watcher<'_>>,
) -> Report<Counterexample> {
    let watch = Watch(watcher);
    match scenario.servers {
        2 => check_servers::<2>(scenario, mutant, options, watch),
        3 => check_servers::<3>(scenario, mutant, options, watch),
        servers => unreachable!("the model is not built for {servers} servers"),
    }
}

fn check_servers<const N: usize>(
    scenario: &Scenario,
    mutant: Option<Mutant>,
    options: Options,
    mut watch: Watch<'_>,
) -> Report<Counterexample> {
    let model = |claims| scenario.system::<N>(options.shard, mutant, claims);
    let (always, sometimes): (Vec<_>, Vec<_>) = scenario
        .claims()
        .into_iter()
        .partition(|claim: &Claim<N>| claim.kind.kills());
    let system = model(always.clone());
    let start = Instant::now();
    let builder = system.clone().checker().threads(options.threads.get());
    let mut search = builder.finish_when(HasDiscoveries::AnyFailures).spawn_dfs();
    let workers = search.handles();
    let progress = || {
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
    let seconds = start.elapsed().as_secs_f64();
    let violated: Vec<_> = search.discovery(ALL_HOLD).map_or(Vec::new(), |path| {
        let violated = system.violated(path.last_state());
        violated.map(|claim| claim.name).collect()
    });
    let exhausted = violated.is_empty();
    let mut properties: Vec<_> = always
        .iter()
        .map(|claim| match (violated.contains(&claim.name), exhausted) {
            (true, _) => violation(&model(vec![*claim])),
            (false, true) => row(claim, Verdict::Holds),
            (false, false) => row(claim, Verdict::Undecided),
        })
        .collect();
    if mutant.is_none() {
        properties.extend(sightings(&model(sometimes), options));
    }
    let pinned = mutant.is_none().then_some(scenario.unique_states);
    Report {
        scenario: scenario.name.to_owned(),
        covers: scenario.covers.to_owned(),
        mutant: mutant.map(|mutant| format!("{mutant:?}")),
        shard: options.shard,
        merged: None,
        initial_states: system.starts.len(),
        exhausted,
        unique_states: search.unique_state_count(),
        pinned_unique_states: pinned.filter(|_| options.shard.is_whole()),
        whole: Whole {
            pinned_unique_states: pinned,
            disjoint: true,
        },
        generated_states: search.state_count(),
        depth: search.max_depth(),
        seconds,
        states_per_second: rate(search.unique_state_count(), seconds),
        liveness: None,
        peak_memory_bytes: peak_memory_bytes(),
        properties,
    }
}

fn row<const N: usize>(claim: &Claim<N>, verdict: Verdict) -> Row<Counterexample> {
    Row {
        name: claim.name.to_owned(),
        verdict,
        counterexample: None,
    }
}

/// The shortest way to a state in which the system's one property does not hold. One thread, breadth first, finds it.
fn violation<const N: usize>(system: &System<N>) -> Row<Counterexample> {
    let claim = &system.claims[0];
    let search = system
        .clone()
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let path = search.discovery(ALL_HOLD);
    let steps = path.expect("the property was seen to fail").into_vec();
    let told = steps
        .iter()
        .filter_map(|(state, action)| Some(tell(system, state, (*action)?)));
    Row {
        name: claim.name.to_owned(),
        verdict: Verdict::Violated,
        counterexample: Some(Counterexample {
            property: claim.name,
            statement: claim.statement,
            beginning: "All look for a leader, and none has accepted an epoch.".to_owned(),
            steps: told.collect(),
        }),
    }
}

/// What happens, and what the server does about it.
fn tell<const N: usize>(system: &System<N>, before: &State<N>, action: Action) -> Step {
    let effects = match action {
        Action::Take(me, cause) => system.handle(before, me, cause),
        Action::CrashIn(me, cause, count) => {
            system
                .handle(before, me, cause)
                .map(|(state, event, mut effects)| {
                    effects.truncate(count.into());
                    (state, event, effects)
                })
        }
        Action::Crash(_) | Action::Start(_) | Action::Break { .. } => None,
    };
    let effects = effects.map_or(Vec::new(), |(_, _, effects)| effects);
    let told = effects.iter().map(|effect| format!("; {effect}"));
    Step {
        told: format!("{action}{}", told.collect::<String>()),
    }
}

fn sightings<const N: usize>(system: &System<N>, options: Options) -> Vec<Row<Counterexample>> {
    let unseen = match options.shard.is_whole() {
        true => Verdict::NeverSeen,
        false => Verdict::NotInThisShard,
    };
    let search = system
        .clone()
        .checker()
        .threads(options.threads.get())
        .spawn_bfs()
        .join();
    let seen = search.discoveries();
    let claims = system.claims.iter();
    debug_assert!(claims.clone().all(|claim| claim.kind == Kind::Witness));
    let judged = claims.map(|claim| {
        let is_seen = seen.contains_key(claim.name);
        row(claim, if is_seen { Verdict::Seen } else { unseen })
    });
    judged.collect()
}
