//! The search for states in which something does not hold, with or without a record of it.

use crate::frame::claim::Checked;
use crate::frame::figures::{collision_probability, rate};
use crate::frame::liveness::{ALL_HOLD, Goal, Recording};
use crate::frame::mutant::Mutant as _;
use crate::frame::progress::{Phase, Watch};
use crate::frame::report::{Liveness, Report, Row, Verdict, Whole};
use crate::frame::scenario::{About, Scenario};
use crate::frame::shard::Shard;
use crate::frame::subject::{StateOf, Subject};
use crate::frame::system::TransitionSystem;
use stateright::{Checker, HasDiscoveries, Model};
use std::fmt::Debug;
use std::fs;
use std::hash::Hash;
use std::time::Instant;

/// What is written down of a search for the sake of fair runs.
pub(crate) type Recorded<S> = Recording<Checked<S>, <S as TransitionSystem>::Duty>;

/// What the search came to.
pub(crate) struct Search {
    pub(crate) violated: Vec<&'static str>,
    /// Whether states beyond the bounds were left out.
    at_bounds: bool,
    /// Whether it took longer than a mutant may take.
    given_up: bool,
    initial_states: usize,
    pub(crate) unique_states: usize,
    generated_states: usize,
    depth: usize,
    seconds: f64,
}

/// How many states are generated of a mutant's scenario at most.
const MUTANT_STATES: usize = 10_000_000;

impl Search {
    /// Searches the system, and records it if there are goals that its fair runs should come to.
    /// The states of a mutant may be without end, so that its search is bounded.
    pub(crate) fn recorded<S: Subject>(
        checked: &Checked<S>,
        goals: &[Goal<Checked<S>>],
        bounded: bool,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> (Self, Option<Recorded<S>>) {
        if goals.is_empty() {
            let model = checked.clone();
            let search = Self::run(checked, model, |state| state, bounded, threads, watch);
            return (search, None);
        }
        let recording = Recording::new(checked.clone(), Checked::fairness, goals);
        let model = recording.clone();
        let search = Self::run(checked, model, |it| &it.state, bounded, threads, watch);
        (search, Some(recording))
    }

    /// Searches until the first violation, or every state, of the system or of a recording of it.
    /// What it needs of memory is free again afterwards. A bounded search goes breadth first.
    fn run<S, M>(
        checked: &Checked<S>,
        model: M,
        state: fn(&M::State) -> &StateOf<S>,
        bounded: bool,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        S: Subject,
        M: Model<Action = S::Action> + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    {
        let checker = model.checker().threads(threads);
        let checker = checker.finish_when(HasDiscoveries::AnyFailures);
        let mut search = if bounded {
            let checker = checker.target_state_count(MUTANT_STATES);
            Self::watched(checked, checker.spawn_bfs(), state, watch)
        } else {
            Self::watched(checked, checker.spawn_dfs(), state, watch)
        };
        search.given_up = bounded && search.generated_states >= MUTANT_STATES;
        search
    }

    fn watched<S, M>(
        checked: &Checked<S>,
        mut search: impl Checker<M> + Sync,
        state: fn(&M::State) -> &StateOf<S>,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        S: Subject,
        M: Model<Action = S::Action>,
        M::State: Clone + Debug + Hash + PartialEq,
    {
        let start = Instant::now();
        let workers = search.handles();
        let progress = || {
            // In this order, so that hardly any is counted as expanded that is not counted as found.
            let expanded = checked.expanded.get();
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
            let violated = checked.violated(state(path.last_state()));
            violated.map(|claim| claim.name).collect()
        });
        Self {
            violated: violated.unwrap_or_default(),
            at_bounds: checked.beyond.get() > 0,
            given_up: false,
            initial_states: checked.starts.len(),
            unique_states: search.unique_state_count(),
            generated_states: search.state_count(),
            depth: search.max_depth(),
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Whether every state was visited.
    pub(crate) fn exhausted(&self) -> bool {
        self.came_to_end() && !self.at_bounds
    }

    /// Whether every state within the bounds was visited.
    pub(crate) fn came_to_end(&self) -> bool {
        self.violated.is_empty() && !self.given_up
    }

    /// What holds within the bounds need not hold.
    pub(crate) fn judge(&self, row: Row) -> Row {
        let verdict = match row.verdict {
            Verdict::Holds if !self.exhausted() => Verdict::Undecided,
            verdict => verdict,
        };
        Row { verdict, ..row }
    }

    pub(crate) fn report<C: Scenario>(
        self,
        scenario: &C,
        shard: Shard,
        liveness: Option<Liveness>,
        properties: Vec<Row>,
    ) -> Report {
        let About {
            name,
            covers,
            tier: _,
            unique_states,
            is_disjoint,
        } = scenario.about();
        let mutant = scenario.mutant().map(|mutant| mutant.name());
        let pinned = mutant.is_none().then_some(unique_states);
        Report {
            scenario: name.to_owned(),
            covers: covers.to_owned(),
            mutant,
            shard,
            merged: None,
            initial_states: self.initial_states,
            exhausted: self.exhausted(),
            unique_states: self.unique_states,
            pinned_unique_states: pinned.filter(|_| shard.is_whole()),
            whole: Whole {
                pinned_unique_states: pinned,
                disjoint: is_disjoint,
            },
            generated_states: self.generated_states,
            depth: self.depth,
            seconds: self.seconds,
            states_per_second: rate(self.unique_states, self.seconds),
            liveness,
            peak_memory_bytes: peak_memory_bytes(),
            collision_probability: collision_probability(self.unique_states),
            properties,
        }
    }
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
