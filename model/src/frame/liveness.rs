//! Whether a model comes to a goal and stays there, if its scheduler is fair: a checker for any
//! [`stateright::Model`].
//!
//! stateright's own `eventually` looks only at paths that end: it forgets cycles, and paths that
//! join others. Here the property is *eventually always*: in every fair run there is a moment after
//! which the goal holds for good.
//!
//! A run is a path that never ends, or one that ends in a state and stays there for ever; in a
//! terminal state it has no choice. The caller sorts the actions into *classes*, one for each thing
//! that the scheduler owes by itself (a link's deliveries, a server's time-out). A run is fair if
//! - no class that is owed [weakly](super::system::Fairness::Weak) can, from some moment on, be
//!   taken in every state and is not, and
//! - no class that is owed [strongly](super::system::Fairness::Strong) can be taken again and again
//!   and is not.
//!
//! In a finite graph the states that a run visits again and again are connected both ways. So the
//! property fails exactly if some set of such states holds one where the goal fails, and is all
//! that some fair run visits again and again. It is sought among the strongly connected components.
//! A component is fair if for every class
//! - owed weakly: some state of the component has it disabled, or some edge within takes it;
//! - owed strongly: no state of the component has it enabled, or some edge within takes it. If not,
//!   a fair run may still stay among the states that have it disabled: the others are removed, and
//!   what remains is searched again.
//!
//! A fair component with a state where the goal fails is a violation, and there are no others.
//!
//! A single state is a component too, whether or not an edge leads back to it, since a run may stay
//! in it. By the same rules it may only where nothing is owed, as in a terminal state.
//!
//! A class is *enabled* where an action of it leads to a state (`next_state` is not `None`), beyond
//! the boundary or not. States beyond the boundary are no part of any component: what lies behind
//! them is not known.
//!
//! **One search.** While the states are [visited](super::visit) the graph is [written
//! down](Recording), so that a step is worked out once for what must always hold and for what must
//! hold eventually. A state is known by its number from then on, and derived again, from an initial
//! state, when it is told. Where the search leaves off early the rest counts as beyond the
//! boundary.
//!
//! **Memory.** A state takes the bytes of its row (`rows.rs`), some three for each edge, and four
//! for its place; while it is searched for components, four more. Its fingerprint is forgotten by
//! then.

mod graph;
mod lasso;
mod recording;
mod rows;
mod run;

pub use lasso::Lasso;
pub use recording::{Book, Goal, Recording, Scheduler};
pub(crate) use rows::Rows;

use super::progress::Watch;
use super::visit::{Order, Plan, Tally, starts, visit};
use fixedbitset::FixedBitSet;
use graph::Graph;
use rows::Number;
use stateright::Model;
use std::hash::Hash;
use std::num::NonZeroUsize;

/// What a model's fair runs can visit again and again, and where the goals fail.
pub struct Reachable<M: Model> {
    model: M,
    graph: Graph,
    /// The greatest sets of connected states that a fair run can visit again and again, each in the
    /// order of their numbers.
    fair: Vec<Vec<Number>>,
}

impl<M> Reachable<M>
where
    M: Model,
    M::State: Clone + Hash,
    M::Action: Clone,
{
    /// Visits every state that can be reached within the model's boundary, on one thread.
    ///
    /// # Panics
    /// With more than 32 goals, 126 classes, 2³² states, or 2³² bytes of edges.
    #[must_use]
    pub fn explore<C>(model: M, scheduler: Scheduler<M, C>, goals: &[Goal<M>]) -> Self
    where
        M: Sync,
        M::State: Send,
        C: Copy + Ord + Hash + Send,
    {
        let recording = Recording::new(model, scheduler, goals);
        let plan = Plan {
            threads: NonZeroUsize::MIN,
            order: Order::DepthFirst,
            give_up_after: None,
        };
        let book = || recording.book();
        let (_, books) = visit(
            &recording.model,
            plan,
            book,
            &mut Watch(None),
            Tally::searched,
        );
        let rows = books.into_iter().map(Book::into_rows).collect();
        Self::recorded(recording, rows)
    }

    /// What was recorded of a search that is over.
    ///
    /// # Panics
    /// If it is not, or was repeated; with more than 2³² bytes of edges.
    #[must_use]
    pub(crate) fn recorded<C: Copy + Ord>(recording: Recording<M, C>, rows: Vec<Rows>) -> Self {
        let graph = Graph::of(&recording, rows);
        Self {
            fair: fair_components(&graph),
            graph,
            model: recording.model,
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

    /// A fair run that never comes to stay where the goal of this number holds, if there is one. Of
    /// all those, one whose way in is the shortest.
    #[must_use]
    pub fn violation(&self, goal: usize) -> Option<Lasso<M::State, M::Action>> {
        let mut knots = FixedBitSet::with_capacity(self.graph.states());
        for &state in self.fair.iter().flatten() {
            knots.set(state as usize, self.graph.fails(goal, state));
        }
        if knots.is_clear() {
            return None;
        }
        let starts = starts(&self.model);
        let way = self.graph.shortest_way(0..starts.len(), &knots)?;
        let knot = way.last()?;
        let mut components = self.fair.iter();
        let component = components.find(|component| component.binary_search(knot).is_ok());
        Some(self.lasso(&starts, &way, component?))
    }
}

/// The components that can be all that a fair run visits again and again.
fn fair_components(graph: &Graph) -> Vec<Vec<Number>> {
    let mut fair = Vec::new();
    let mut unsearched = FixedBitSet::with_capacity(graph.states());
    unsearched.insert_range(..);
    while !unsearched.is_clear() {
        let mut parts = FixedBitSet::with_capacity(graph.states());
        graph.components(&unsearched, |component| {
            let owed = graph.owed_by(&component);
            if !owed.weakly.is_empty() {
                // No part of it fares better: it disables the class nowhere, and has no more edges.
            } else if owed.strongly.is_empty() {
                fair.push(component);
            } else {
                let rest = component.into_iter();
                let rest = rest.filter(|&state| !graph.can_take(state, owed.strongly));
                parts.extend(rest.map(|state| state as usize));
            }
        });
        unsearched = parts;
    }
    fair
}
