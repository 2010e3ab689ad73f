//! Whether a model comes to a goal and stays there, if its scheduler is fair: a checker for any [`stateright::Model`].
//!
//! stateright's own `eventually` looks only at paths that end: it forgets cycles, and paths that join others. Here the property is
//! *eventually always*: in every fair run there is a moment after which the goal holds for good.
//!
//! A run is a path that never ends, or one that ends in a state and stays there for ever; in a terminal state it has no
//! choice. The caller sorts the actions into *classes*, one for each thing that the scheduler owes by itself (a link's
//! deliveries, a server's time-out). A run is fair if
//! - no class that is owed [weakly](super::system::Fairness::Weak) can, from some moment on, be taken in every state and is not, and
//! - no class that is owed [strongly](super::system::Fairness::Strong) can be taken again and again and is not.
//!
//! In a finite graph the states that a run visits again and again are connected both ways. So the property fails exactly if
//! some set of such states holds one where the goal fails, and is all that some fair run visits again and again. It is sought
//! among the strongly connected components. A component is fair if for every class
//! - owed weakly: some state of the component has it disabled, or some edge within takes it;
//! - owed strongly: no state of the component has it enabled, or some edge within takes it. If not, a fair run may still stay
//!   among the states that have it disabled: the others are removed, and what remains is searched again.
//!
//! A fair component with a state where the goal fails is a violation, and there are no others.
//!
//! A single state is a component too, whether or not an edge leads back to it, since a run may stay in it. By
//! the same rules it may only where nothing is owed, as in a terminal state.
//!
//! A class is *enabled* where an action of it leads to a state (`next_state` is not `None`), beyond the boundary or not. States
//! beyond the boundary are no part of any component: what lies behind them is not known.
//!
//! **One search.** stateright visits the states; a [`Recording`] of the model writes the graph down meanwhile, so that a step is worked
//! out once for what must always hold and for what must hold eventually. A state is known by a 64-bit fingerprint, and derived again,
//! from an initial state, when it is told. (Of two states with one fingerprint the second is lost: the chance is that given in
//! [`super::check`].) Where the checker leaves off early the rest counts as beyond the boundary.
//!
//! **Memory.** An edge takes nine bytes while it is recorded, its target's fingerprint and its class, and nine in the graph: its
//! target, its class, and its source once more because petgraph's search for components goes along the edges and against them (the
//! one that does not is recursive, and overflows the stack).

mod graph;
mod lasso;
mod recording;
mod run;

pub use lasso::Lasso;
pub use recording::{ALL_HOLD, Goal, Printed, Recording, Scheduler};

use fixedbitset::FixedBitSet;
use graph::{Graph, Number};
use petgraph::Direction;
use recording::fingerprint;
use stateright::{Checker, Model};
use std::hash::Hash;
use std::sync::Arc;

/// What a model's fair runs can visit again and again, and where the goals fail.
pub struct Reachable<M: Model, C> {
    model: Arc<M>,
    scheduler: Scheduler<M, C>,
    graph: Graph<C>,
    /// The greatest sets of connected states that a fair run can visit again and again, each in the order of their numbers.
    fair: Vec<Vec<Number>>,
    /// For each goal, the states where it fails.
    failing: Vec<FixedBitSet>,
}

impl<M, C> Reachable<M, C>
where
    M: Model,
    M::State: Hash,
    M::Action: Clone,
    C: Copy + Ord + Hash + Send + Sync,
{
    /// Lets stateright visit every state that can be reached within the model's boundary, on one thread.
    ///
    /// # Panics
    /// With more than 32 goals, 128 classes, or 2³² states or edges.
    #[must_use]
    pub fn explore(model: M, scheduler: Scheduler<M, C>, goals: &[Goal<M>]) -> Self
    where
        M: Send + Sync + 'static,
        M::State: Clone + PartialEq + Send + Sync + 'static,
        M::Action: PartialEq + Send + Sync + 'static,
        C: 'static,
    {
        let recording = Recording::new(model, scheduler, goals);
        drop(recording.clone().checker().spawn_dfs().join());
        Self::recorded(recording)
    }

    /// What was recorded of a search that is over.
    ///
    /// # Panics
    /// If it is not, or was repeated; with more than 128 classes, or 2³² states or edges.
    #[must_use]
    pub fn recorded(recording: Recording<M, C>) -> Self {
        let mut failing = vec![FixedBitSet::new(); recording.goals()];
        let (model, scheduler) = (recording.model.clone(), recording.scheduler);
        let graph = Graph::of(recording.into_books(), |number, fails| {
            for (goal, failing) in failing.iter_mut().enumerate() {
                failing.grow(number as usize + 1);
                failing.set(number as usize, fails.contains(goal));
            }
        });
        Self {
            model,
            scheduler,
            fair: fair_components(&graph),
            graph,
            failing,
        }
    }

    /// How many states there are.
    #[must_use]
    pub fn states(&self) -> usize {
        self.graph.states()
    }

    /// How many edges there are, those that lead beyond the boundary included.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.graph.edges()
    }

    /// A fair run that never comes to stay where the goal of this number holds, if there is one. Of all those, one whose way in
    /// is the shortest.
    #[must_use]
    pub fn violation(&self, goal: usize) -> Option<Lasso<M::State, M::Action>> {
        let mut knots = FixedBitSet::with_capacity(self.graph.states());
        for &state in self.fair.iter().flatten() {
            knots.set(state as usize, self.failing[goal].contains(state as usize));
        }
        if knots.is_clear() {
            return None;
        }
        let starts = self.model.init_states();
        let starts = starts.iter().filter_map(|state| self.number(state));
        let way = self.graph.shortest_way(starts, &knots)?;
        let knot = way.last()?;
        let mut components = self.fair.iter();
        let component = components.find(|component| component.binary_search(knot).is_ok());
        Some(self.lasso(&way, component?))
    }

    fn number(&self, state: &M::State) -> Option<Number> {
        self.graph.number(fingerprint(state))
    }
}

/// The components that can be all that a fair run visits again and again.
fn fair_components<C: Copy + Ord + Hash + Send + Sync>(graph: &Graph<C>) -> Vec<Vec<Number>> {
    let mut fair = Vec::new();
    let mut unsearched = FixedBitSet::with_capacity(graph.states());
    unsearched.insert_range(..);
    // Most states lie on no cycle. Each is a component by itself, too many to be kept as lists.
    for direction in [Direction::Outgoing, Direction::Incoming] {
        graph.peel(&mut unsearched, direction, |state| {
            if graph.owes_nothing(state) {
                fair.push(vec![state]);
            }
        });
    }
    while !unsearched.is_clear() {
        for component in graph.components(&unsearched) {
            let owed = graph.owed_within(&component);
            // Where something is owed weakly no part of the component fares better: it disables the class nowhere, and has no
            // more edges.
            let parts_may_be_fair = owed.weakly.is_empty() && !owed.strongly.is_empty();
            for &state in &component {
                if !parts_may_be_fair || graph.can_take(state, owed.strongly) {
                    unsearched.remove(state as usize);
                }
            }
            if owed.weakly.is_empty() && owed.strongly.is_empty() {
                fair.push(component);
            }
        }
    }
    fair
}
