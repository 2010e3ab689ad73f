//! Every transition of a model, as acts of its servers: collected while stateright visits the states.

use ahash::AHashSet;
use fle_model::frame::claim::Checked;
use fle_model::frame::progress::{Phase, Watch, Watcher};
use fle_model::frame::subject::{StateOf, Subject};
use stateright::{Checker, Model, Property};
use std::cell::RefCell;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thread_local::ThreadLocal;

/// A model whose transitions are acts of its servers.
pub(super) trait Acted: Subject {
    /// What one server does.
    type Act: Eq + Hash + Send + 'static;

    /// What the servers did before and in this initial state.
    fn first(&self, state: &Self::State) -> Vec<Self::Act>;

    /// What the servers do in this transition.
    fn acts(
        &self,
        before: &Self::State,
        action: Self::Action,
        after: &Self::State,
    ) -> impl IntoIterator<Item = Self::Act>;
}

/// What a model can do.
pub(super) struct Survey<A> {
    pub(super) states: usize,
    pub(super) transitions: usize,
    /// The different acts of all servers.
    pub(super) acts: AHashSet<A>,
}

/// The system to the checker, which asks it for every transition once.
struct Surveyed<M: Acted> {
    system: Checked<M>,
    transitions: Arc<AtomicUsize>,
    /// For each of the checker's threads, the acts it saw.
    seen: Arc<ThreadLocal<RefCell<AHashSet<M::Act>>>>,
}

impl<A: Eq + Hash + Send + 'static> Survey<A> {
    pub(super) fn of<M>(system: M, threads: NonZeroUsize, watcher: Option<Watcher<'_>>) -> Self
    where
        M: Acted<Act = A>,
    {
        let surveyed = Surveyed {
            system: Checked::new(system, Vec::new()),
            transitions: Arc::default(),
            seen: Arc::default(),
        };
        for state in surveyed.init_states() {
            surveyed.see(surveyed.system.first(&state));
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

/// Derived, it would ask of acts to be cloned.
impl<M: Acted> Clone for Surveyed<M> {
    fn clone(&self) -> Self {
        Self {
            system: self.system.clone(),
            transitions: Arc::clone(&self.transitions),
            seen: Arc::clone(&self.seen),
        }
    }
}

impl<M: Acted> Surveyed<M> {
    fn see(&self, acts: impl IntoIterator<Item = M::Act>) {
        let seen = self.seen.get_or_default();
        seen.borrow_mut().extend(acts);
    }

    fn acts(self) -> AHashSet<M::Act> {
        let seen = Arc::into_inner(self.seen).expect("the checker is gone");
        seen.into_iter().flat_map(RefCell::into_inner).collect()
    }
}

impl<M: Acted> Model for Surveyed<M> {
    type State = StateOf<M>;
    type Action = M::Action;

    fn init_states(&self) -> Vec<StateOf<M>> {
        self.system.init_states()
    }

    fn actions(&self, state: &StateOf<M>, actions: &mut Vec<M::Action>) {
        self.system.actions(state, actions);
    }

    fn next_state(&self, state: &StateOf<M>, action: M::Action) -> Option<StateOf<M>> {
        let next = self.system.next_state(state, action)?;
        self.transitions.fetch_add(1, Ordering::Relaxed);
        self.see(self.system.acts(state, action, &next));
        Some(next)
    }

    fn within_boundary(&self, state: &StateOf<M>) -> bool {
        self.system.within_boundary(state)
    }

    /// One that is never decided: stateright leaves off when it has nothing more to decide.
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("every transition is seen", |_, _| true)]
    }
}
