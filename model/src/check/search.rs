//! The search for states in which something does not hold: the same for both models, with or without a record of it.

use super::{Options, peak_memory_bytes};
use crate::liveness::{ALL_HOLD, Goal, Recording, Scheduler};
use crate::progress::{Counter, Phase, Watch};
use crate::report::{Liveness, Report, Row, Verdict, Whole, rate};
use stateright::{Checker, HasDiscoveries, Model};
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

/// A model of this crate, as far as a search asks.
pub(crate) trait Searched: Model<Action: Clone + PartialEq + Debug + Send + Sync> {
    /// How many states have been expanded.
    fn expanded(&self) -> &Counter;

    /// How many times a state was met beyond the bounds.
    fn beyond(&self) -> &Counter;

    /// Whether a rule is broken. Its states may be without end then.
    fn is_mutant(&self) -> bool;

    /// The names of the properties that do not hold in the state.
    fn violated_in(&self, state: &Self::State) -> Vec<&'static str>;
}

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

/// What was searched, as its report says it.
pub(crate) struct Subject {
    pub(crate) scenario: &'static str,
    pub(crate) covers: &'static str,
    pub(crate) mutant: Option<String>,
    /// How many states there must be, if no rule is broken.
    pub(crate) unique_states: usize,
    /// Whether no state can be reached from two initial states.
    pub(crate) disjoint: bool,
}

/// How many states are generated of a mutant's scenario at most.
const MUTANT_STATES: usize = 10_000_000;

impl Search {
    /// Searches the system, and records it if there are goals that its fair runs should come to.
    pub(crate) fn recorded<S, D>(
        system: &S,
        scheduler: Scheduler<S, D>,
        goals: &[Goal<S>],
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> (Self, Option<Recording<S, D>>)
    where
        S: Searched + Clone + Send + Sync + 'static,
        S::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
        D: Copy + Eq + Hash + Send + Sync + 'static,
    {
        if goals.is_empty() {
            let search = Self::run(system, system.clone(), |state| state, threads, watch);
            return (search, None);
        }
        let recording = Recording::new(system.clone(), scheduler, goals);
        let model = recording.clone();
        let search = Self::run(system, model, |it| &it.state, threads, watch);
        (search, Some(recording))
    }

    /// Searches until the first violation, or every state, of the system or of a recording of it. What it needs of memory is free
    /// again afterwards. A mutant's states may be without end, so they are searched breadth first, and not for ever.
    fn run<S, M>(
        system: &S,
        model: M,
        state: fn(&M::State) -> &S::State,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        S: Searched + Sync,
        M: Model<Action = S::Action> + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    {
        let checker = model.checker().threads(threads);
        let checker = checker.finish_when(HasDiscoveries::AnyFailures);
        if system.is_mutant() {
            let checker = checker.target_state_count(MUTANT_STATES);
            Self::watched(system, checker.spawn_bfs(), state, watch)
        } else {
            Self::watched(system, checker.spawn_dfs(), state, watch)
        }
    }

    fn watched<S, M>(
        system: &S,
        mut search: impl Checker<M> + Sync,
        state: fn(&M::State) -> &S::State,
        watch: &mut Watch<'_>,
    ) -> Self
    where
        S: Searched + Sync,
        M: Model<Action = S::Action>,
        M::State: Clone + Debug + Hash + PartialEq,
    {
        let start = Instant::now();
        let workers = search.handles();
        let progress = || {
            // In this order, so that hardly any is counted as expanded that is not counted as found.
            let expanded = system.expanded().get();
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
        let violated = search
            .discovery(ALL_HOLD)
            .map(|path| system.violated_in(state(path.last_state())));
        let generated_states = search.state_count();
        Self {
            violated: violated.unwrap_or_default(),
            at_bounds: system.beyond().get() > 0,
            given_up: system.is_mutant() && generated_states >= MUTANT_STATES,
            initial_states: system.init_states().len(),
            unique_states: search.unique_state_count(),
            generated_states,
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
    pub(crate) fn judge<C>(&self, row: Row<C>) -> Row<C> {
        let verdict = match row.verdict {
            Verdict::Holds if !self.exhausted() => Verdict::Undecided,
            verdict => verdict,
        };
        Row { verdict, ..row }
    }

    pub(crate) fn report<C>(
        self,
        subject: Subject,
        options: Options,
        liveness: Option<Liveness>,
        properties: Vec<Row<C>>,
    ) -> Report<C> {
        let pinned = subject.mutant.is_none().then_some(subject.unique_states);
        Report {
            scenario: subject.scenario.to_owned(),
            covers: subject.covers.to_owned(),
            mutant: subject.mutant,
            shard: options.shard,
            merged: None,
            initial_states: self.initial_states,
            exhausted: self.exhausted(),
            unique_states: self.unique_states,
            pinned_unique_states: pinned.filter(|_| options.shard.is_whole()),
            whole: Whole {
                pinned_unique_states: pinned,
                disjoint: subject.disjoint,
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
