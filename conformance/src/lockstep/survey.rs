//! Every transition of a model, as acts of its servers: collected while stateright visits the states.

use ahash::AHashSet;
use fle_model::progress::{Phase, Watch, Watcher};
use fle_model::system::{Action, State, System};
use fle_model::trace::acts::{self, Act};
use stateright::{Checker, Model, Property};
use std::array;
use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thread_local::ThreadLocal;

/// What a model can do.
pub(super) struct Survey<const N: usize> {
    pub(super) states: usize,
    pub(super) transitions: usize,
    /// The different acts of each server, by its place.
    pub(super) acts: [AHashSet<Act<N>>; N],
}

/// The system to the checker, which asks it for every transition once.
#[derive(Clone)]
struct Surveyed<const N: usize> {
    system: System<N>,
    transitions: Arc<AtomicUsize>,
    /// For each of the checker's threads, the acts it saw.
    seen: Arc<ThreadLocal<RefCell<AHashSet<Act<N>>>>>,
}

impl<const N: usize> Survey<N> {
    pub(super) fn of(
        system: System<N>,
        threads: NonZeroUsize,
        watcher: Option<Watcher<'_>>,
    ) -> Self {
        let surveyed = Surveyed {
            system,
            transitions: Arc::default(),
            seen: Arc::default(),
        };
        for state in surveyed.init_states() {
            surveyed.see(acts::first(&surveyed.system, &state));
        }
        let checker = surveyed.clone().checker().threads(threads.get());
        let mut search = checker.spawn_dfs();
        let workers = search.handles();
        let progress = || Phase::Search {
            unique: search.unique_state_count(),
            generated: search.state_count(),
            queue: (search.unique_state_count()).saturating_sub(surveyed.system.expanded.get()),
        };
        Watch(watcher).during(progress, || {
            for worker in workers {
                worker.join().expect("a checker thread panicked");
            }
        });
        let states = search.unique_state_count();
        drop(search);
        Self {
            states,
            transitions: surveyed.transitions.load(Ordering::Relaxed),
            acts: surveyed.acts(),
        }
    }
}

impl<const N: usize> Surveyed<N> {
    fn see(&self, acts: Vec<Act<N>>) {
        let seen = self.seen.get_or_default();
        seen.borrow_mut().extend(acts);
    }

    /// What was seen, by the server's place.
    fn acts(self) -> [AHashSet<Act<N>>; N] {
        let seen = Arc::into_inner(self.seen).expect("the checker is gone");
        let mut acts = array::from_fn(|_| AHashSet::new());
        for act in seen.into_iter().flat_map(RefCell::into_inner) {
            acts[act.server].insert(act);
        }
        acts
    }
}

impl<const N: usize> Model for Surveyed<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<State<N>> {
        self.system.init_states()
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        self.system.actions(state, actions);
    }

    fn next_state(&self, state: &State<N>, action: Action) -> Option<State<N>> {
        let next = self.system.next_state(state, action)?;
        self.transitions.fetch_add(1, Ordering::Relaxed);
        self.see(acts::acts(&self.system, state, action));
        Some(next)
    }

    fn within_boundary(&self, state: &State<N>) -> bool {
        self.system.within_boundary(state)
    }

    /// One that is never decided: stateright leaves off when it has nothing more to decide.
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("every transition is seen", |_, _| true)]
    }
}
