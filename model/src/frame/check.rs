//! Checks a scenario and says what came of it.
//!
//! Two kinds of search. The first checks what must always hold and [visits](super::visit) every
//! reachable state. It goes depth first: few states are pending at a time then, so that memory is
//! little more than the fingerprints of the states visited. The second looks for what must be seen
//! to happen, and stops when it has seen everything. Where there is something that must hold
//! eventually, [`super::liveness`] records the first search and judges its graph. The shortest way
//! to a violation is stateright's to find.

pub(crate) mod fair_runs;
pub(crate) mod search;
pub(crate) mod sightings;

use super::claim::{ALL_HOLD, Checked, Claim, Kind};
use super::counterexample::Counterexample;
use super::liveness::Lasso;
use super::progress::{Phase, Watch, Watcher};
use super::report::{Liveness, Report, Row, Verdict};
use super::scenario::{Scenario, Task};
use super::shard::Shard;
use super::subject::{StateOf, Subject, Trace, Way};
use fair_runs::FairRuns;
use search::{Recorded, Search};
use sightings::seen;
use stateright::{Checker, Model};
use std::num::NonZeroUsize;

/// How to run a check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads search.
    pub threads: NonZeroUsize,
    /// Which part of the initial states to start from.
    pub shard: Shard,
}

/// Checks the scenario.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn check<C: Scenario>(scenario: &C, options: Options, watcher: Option<Watcher<'_>>) -> Report {
    let watch = Watch(watcher);
    scenario.run(Check { options, watch })
}

struct Check<'a> {
    options: Options,
    watch: Watch<'a>,
}

impl<C: Scenario> Task<C> for Check<'_> {
    type Output = Report;

    fn run<const N: usize>(self, scenario: &C) -> Report {
        let Self { options, watch } = self;
        let run: Run<'_, '_, C, N> = Run {
            scenario,
            options,
            watch,
        };
        run.check()
    }
}

/// A check under way.
pub(super) struct Run<'a, 'w, C: Scenario, const N: usize> {
    pub(super) scenario: &'a C,
    pub(super) options: Options,
    pub(super) watch: Watch<'w>,
}

impl<C: Scenario, const N: usize> Run<'_, '_, C, N> {
    fn check(mut self) -> Report {
        let always = self.claims(|kind| matches!(kind, Kind::Always { .. }));
        let of_runs = self.claims(Kind::is_of_runs);
        let sometimes = self.claims(|kind| matches!(kind, Kind::Witness | Kind::Pitfall));
        let checked = self.checked(always);
        let goals: Vec<_> = of_runs.iter().map(|claim| claim.condition).collect();
        let (bounded, threads) = (self.scenario.mutant().is_some(), self.options.threads);
        let (search, recording) =
            Search::recorded(&checked, &goals, bounded, threads, &mut self.watch);
        let mut properties = self.judge(&checked, &search);
        let mut liveness = None;
        if search.came_to_end() {
            if let Some(recording) = recording {
                let (rows, took) = self.fair_runs(&checked, &search, &of_runs, recording);
                properties.extend(rows);
                liveness = Some(took);
            }
            properties.extend(self.sightings(&sometimes));
        } else {
            let undecided = of_runs.iter().chain(&sometimes);
            properties.extend(undecided.map(|claim| row(claim, Verdict::Undecided)));
        }
        search.report(self.scenario, self.options.shard, liveness, properties)
    }

    /// The properties to be checked of these kinds.
    pub(super) fn claims(&self, wanted: fn(Kind) -> bool) -> Vec<Claim<C::System<N>>> {
        let applies = |kind: Kind| self.scenario.mutant().is_none() || kind.kills();
        let claims = self.scenario.claims::<N>().into_iter();
        let claims = claims.filter(|claim| applies(claim.kind) && wanted(claim.kind));
        claims.collect()
    }

    pub(super) fn checked(&self, claims: Vec<Claim<C::System<N>>>) -> Checked<C::System<N>> {
        let shard = self.options.shard;
        self.scenario.checked(|number| shard.holds(number), claims)
    }

    /// What it means that something is not seen in this part of the initial states.
    pub(super) fn unseen(&self) -> Verdict {
        if self.options.shard.is_whole() {
            Verdict::NeverSeen
        } else {
            Verdict::NotInThisShard
        }
    }

    /// A row for each property that must always hold.
    fn judge(&mut self, checked: &Checked<C::System<N>>, search: &Search) -> Vec<Row> {
        let judged = checked.claims.iter().map(|claim| {
            match (search.violated.contains(&claim.name), search.exhausted()) {
                (true, _) => self.violation(*claim),
                (false, true) => row(claim, Verdict::Holds),
                (false, false) => row(claim, Verdict::Undecided),
            }
        });
        judged.collect()
    }

    fn violation(&mut self, claim: Claim<C::System<N>>) -> Row {
        let checked = self.checked(vec![claim]);
        let path = shortest_watched(&checked, &mut self.watch);
        let way = Way::of_path(&path.expect("the property was seen to fail"));
        violated(self.scenario, &claim, &checked, &way)
    }

    /// A row for each property of fair runs.
    fn fair_runs(
        &mut self,
        checked: &Checked<C::System<N>>,
        search: &Search,
        claims: &[Claim<C::System<N>>],
        recording: Recorded<C::System<N>>,
    ) -> (Vec<Row>, Liveness) {
        let fair_runs = FairRuns {
            claims: claims.iter().map(|it| (it.name, it.kind)).collect(),
            states: search.unique_states(),
            unseen: self.unseen(),
        };
        let scenario = self.scenario;
        let tell = |goal: usize, lasso: &Lasso<StateOf<C::System<N>>, _>| {
            Counterexample::new(scenario, &claims[goal], checked, &Way::of_lasso(lasso))
        };
        let (rows, took) = fair_runs.search(recording, tell, &mut self.watch);
        let rows = rows.into_iter().map(|row| search.judge(row));
        (rows.collect(), took)
    }

    /// A row for each of these properties, all of them to be seen sometimes.
    fn sightings(&mut self, claims: &[Claim<C::System<N>>]) -> Vec<Row> {
        let unseen = self.unseen();
        let checked = self.checked(claims.to_vec());
        let seen = seen(checked, self.options.threads, &mut self.watch);
        let judged = claims.iter().map(|claim| {
            let is_seen = seen.contains(&claim.name);
            row(claim, if is_seen { Verdict::Seen } else { unseen })
        });
        judged.collect()
    }
}

/// The shortest way to a state that decides the one property: a counterexample to what should
/// always hold, an example of what should be seen. `None` if there is no such state.
///
/// One thread, breadth first, finds it, and leaves off there: nothing else is to be decided.
///
/// # Panics
/// If there is not exactly one property.
pub fn shortest<S: Subject>(checked: &Checked<S>) -> Option<Trace<S>> {
    shortest_watched(checked, &mut Watch(None))
}

fn shortest_watched<S: Subject>(checked: &Checked<S>, watch: &mut Watch<'_>) -> Option<Trace<S>> {
    let [claim] = &checked.claims[..] else {
        panic!("the shortest way is that to one property");
    };
    let mut search = checked.clone().checker().spawn_bfs();
    let workers = search.handles();
    let progress = || Phase::Counterexample {
        unique: search.unique_state_count(),
    };
    watch.during(progress, || {
        for worker in workers {
            worker.join().expect("a checker thread panicked");
        }
    });
    let found = search.discovery(claim.name);
    found.or_else(|| search.discovery(ALL_HOLD))
}

pub(crate) fn row<S: Subject>(claim: &Claim<S>, verdict: Verdict) -> Row {
    Row {
        name: claim.name.to_owned(),
        verdict,
        counterexample: None,
    }
}

/// The row of a property that does not hold at the end of this way.
pub(crate) fn violated<C: Scenario, S: Subject<Scenario = C>>(
    scenario: &C,
    claim: &Claim<S>,
    system: &S,
    way: &Way<S>,
) -> Row {
    Row {
        counterexample: Some(Counterexample::new(scenario, claim, system, way)),
        ..row(claim, Verdict::Violated)
    }
}
