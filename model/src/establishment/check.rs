//! Runs stateright over a scenario of the establishment: as [`crate::check`] does for the election.

use super::catalogue::Scenario;
use super::mutants::Mutant;
use super::properties::Claim;
use super::server::{Knowledge, Stored};
use super::system::{Action, State, System};
use crate::check::fair_runs::FairRuns;
use crate::check::search::{Search, Searched, Subject};
use crate::check::{Options, unseen};
use crate::liveness::{ALL_HOLD, Lasso};
use crate::mutants::Found;
use crate::progress::{Counter, Watch, Watcher};
use crate::properties::Kind;
use crate::report::{Report, Row, Tell, Verdict, numbered};
use serde::Serialize;
use stateright::{Checker, HasDiscoveries, Model};

/// A way to a state in which a property does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Counterexample {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The property's name.
    pub property: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How the way begins.
    pub beginning: String,
    /// What happens then.
    pub steps: Vec<Step>,
    /// How it goes on, if it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What happens in it, in a sentence.
    pub told: String,
}

impl Found for Counterexample {
    fn what_and_where(&self) -> (&str, &str) {
        (self.property, self.scenario)
    }

    fn length(&self) -> usize {
        self.steps.len()
    }

    fn told(&self) -> String {
        numbered(self)
    }
}

impl Tell for Counterexample {
    fn beginning(&self) -> &str {
        &self.beginning
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| &*step.told)
    }

    fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
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
    let of_kind = |wanted: fn(Kind) -> bool| -> Vec<Claim<N>> {
        let claims = scenario.claims().into_iter();
        claims.filter(|claim| wanted(claim.kind)).collect()
    };
    let always = of_kind(|kind| matches!(kind, Kind::Always { .. }));
    let of_runs = of_kind(Kind::is_of_runs);
    let threads = options.threads.get();
    let system = model(always.clone());
    let goals: Vec<_> = of_runs.iter().map(|claim| claim.condition).collect();
    let (search, recording) =
        Search::recorded(&system, System::fairness, &goals, threads, &mut watch);
    let judged = always.iter().map(|claim| {
        match (search.violated.contains(&claim.name), search.exhausted()) {
            (true, _) => violation(scenario, &model(vec![*claim])),
            (false, true) => row(claim, Verdict::Holds),
            (false, false) => row(claim, Verdict::Undecided),
        }
    });
    let mut properties: Vec<_> = judged.collect();
    let mut liveness = None;
    if let Some(recording) = recording.filter(|_| search.came_to_end()) {
        let fair_runs = FairRuns {
            claims: of_runs.iter().map(|it| (it.name, it.kind)).collect(),
            states: search.unique_states,
            unseen: unseen(options.shard),
        };
        let tell =
            |goal: usize, lasso: &Lasso<_, _>| of_lasso(scenario, &system, &of_runs[goal], lasso);
        let (rows, took) = fair_runs.search(recording, tell, &mut watch);
        properties.extend(rows.into_iter().map(|row| search.judge(row)));
        liveness = Some(took);
    }
    if mutant.is_none() {
        let sometimes = of_kind(|kind| kind == Kind::Witness);
        properties.extend(sightings(&model(sometimes), options));
    }
    let subject = Subject {
        scenario: scenario.name,
        covers: scenario.covers,
        mutant: mutant.map(Mutant::name),
        unique_states: scenario.unique_states,
        disjoint: scenario.disks.len() == 1,
    };
    search.report(subject, options, liveness, properties)
}

impl<const N: usize> Searched for System<N> {
    fn expanded(&self) -> &Counter {
        &self.expanded
    }

    fn beyond(&self) -> &Counter {
        &self.beyond
    }

    fn is_mutant(&self) -> bool {
        self.protocol.mutant.is_some()
    }

    fn violated_in(&self, state: &State<N>) -> Vec<&'static str> {
        self.violated(state).map(|claim| claim.name).collect()
    }
}

fn row<const N: usize>(claim: &Claim<N>, verdict: Verdict) -> Row<Counterexample> {
    Row {
        name: claim.name.to_owned(),
        verdict,
        counterexample: None,
    }
}

/// The shortest way to a state in which the system's one property does not hold. One thread,
/// breadth first, finds it.
fn violation<const N: usize>(scenario: &Scenario, system: &System<N>) -> Row<Counterexample> {
    let claim = &system.claims[0];
    let search = system
        .clone()
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let path = search.discovery(ALL_HOLD);
    let steps = path.expect("the property was seen to fail").into_vec();
    let steps: Vec<_> = steps
        .into_iter()
        .filter_map(|(state, action)| Some((state, action?)))
        .collect();
    Row {
        name: claim.name.to_owned(),
        verdict: Verdict::Violated,
        counterexample: Some(counterexample(scenario, system, claim, &steps, None)),
    }
}

/// A fair run on which the property fails again and again.
fn of_lasso<const N: usize>(
    scenario: &Scenario,
    system: &System<N>,
    claim: &Claim<N>,
    lasso: &Lasso<State<N>, Action>,
) -> Counterexample {
    let steps = [&lasso.way_in[..], &lasso.cycle].concat();
    let ending = match lasso.cycle.is_empty() {
        true => "Then nothing more happens.".to_owned(),
        false => {
            let first = lasso.way_in.len() + 1;
            format!("Steps {first} to {} repeat for ever.", steps.len())
        }
    };
    counterexample(scenario, system, claim, &steps, Some(ending))
}

fn counterexample<const N: usize>(
    scenario: &Scenario,
    system: &System<N>,
    claim: &Claim<N>,
    steps: &[(State<N>, Action)],
    ending: Option<String>,
) -> Counterexample {
    let told = steps
        .iter()
        .map(|(state, action)| tell(system, state, *action));
    Counterexample {
        scenario: scenario.name,
        property: claim.name,
        statement: claim.statement,
        beginning: beginning(steps),
        steps: told.collect(),
        ending,
    }
}

fn beginning<const N: usize>(steps: &[(State<N>, Action)]) -> String {
    let servers = steps.iter().flat_map(|(start, _)| start.servers.iter());
    let disks = (1..=N).zip(servers).map(|(sid, server)| {
        let Stored {
            accepted,
            current,
            knowledge,
        } = server.disk;
        match knowledge {
            Knowledge::Complete => {
                format!("{sid} has accepted epoch {accepted:?}, its current one is {current:?}")
            }
            Knowledge::Blank => format!("{sid} has an empty disk"),
            Knowledge::Lost => format!("{sid} has lost what it has accepted"),
        }
    });
    let disks: Vec<_> = disks.collect();
    format!("All look for a leader. {}.", disks.join("; "))
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
        Action::Crash(_)
        | Action::Start(_)
        | Action::Lose(_)
        | Action::RollBack(..)
        | Action::Break { .. } => None,
    };
    let effects = effects.map_or(Vec::new(), |(_, _, effects)| effects);
    let told = effects.iter().map(|effect| format!("; {effect}"));
    Step {
        told: format!("{action}{}", told.collect::<String>()),
    }
}

fn sightings<const N: usize>(system: &System<N>, options: Options) -> Vec<Row<Counterexample>> {
    let unseen = unseen(options.shard);
    let search = system
        .clone()
        .checker()
        .threads(options.threads.get())
        .spawn_dfs()
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
