//! Every transition of a model, as acts of its servers: collected while its states are visited.

use ahash::AHashSet;
use fle_model::frame::claim::Checked;
use fle_model::frame::progress::{Watch, Watcher};
use fle_model::frame::subject::{StateOf, Subject};
use fle_model::frame::visit::{Label, Observer, Order, Plan, Tally, visit};
use stateright::Model;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

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

impl<A: Eq + Hash + Send + 'static> Survey<A> {
    pub(super) fn of<M>(system: M, threads: NonZeroUsize, watcher: Option<Watcher<'_>>) -> Self
    where
        M: Acted<Act = A>,
    {
        let system = Checked::new(system, Vec::new());
        let starts = system.init_states();
        let first = starts.iter().flat_map(|state| system.first(state));
        let mut acts: AHashSet<A> = first.collect();
        let plan = Plan {
            threads,
            order: Order::DepthFirst,
            give_up_after: None,
        };
        let witness = || Witness {
            system: &system,
            transitions: 0,
            acts: AHashSet::new(),
        };
        let watch = &mut Watch(watcher);
        let (tally, witnesses) = visit::<_, (), _>(&system, plan, witness, watch, Tally::searched);
        let transitions = witnesses.iter().map(|witness| witness.transitions).sum();
        acts.extend(witnesses.into_iter().flat_map(|witness| witness.acts));
        Self {
            states: tally.unique,
            transitions,
            acts,
        }
    }
}

/// What one thread of the search sees.
struct Witness<'a, M: Acted> {
    system: &'a Checked<M>,
    transitions: usize,
    acts: AHashSet<M::Act>,
}

impl<M: Acted, L: Label> Observer<Checked<M>, L> for Witness<'_, M> {
    fn visit(&mut self, _: L, _: &StateOf<M>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn step(&mut self, before: &StateOf<M>, action: &M::Action, after: &StateOf<M>, _: Option<L>) {
        self.transitions += 1;
        self.acts.extend(self.system.acts(before, *action, after));
    }
}
