//! How a violation is put together from the graph: the shortest way to it, and a fair cycle there.

use super::Reachable;
use super::graph::{ClassSet, Edge};
use super::lasso::Lasso;
use super::rows::Number;
use stateright::Model;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Each state with the action taken in it.
type Steps<M> = Vec<(<M as Model>::State, <M as Model>::Action)>;

impl<M> Reachable<M>
where
    M: Model,
    M::State: Clone + Hash,
    M::Action: Clone,
{
    /// The run by this way to a state of a fair component, and round it.
    pub(super) fn lasso(
        &self,
        starts: &[M::State],
        way: &[Number],
        component: &[Number],
    ) -> Lasso<M::State, M::Action> {
        let knot = *way.last().expect("a way has an end");
        let start = starts[way[0] as usize].clone();
        let edges = way.windows(2).map(|step| {
            let mut edges = self.graph.edges_from(step[0]);
            edges
                .find(|edge| edge.target == step[1])
                .expect("it was found by this edge")
        });
        let (way_in, knot_state) = self.follow(start, edges);
        let cycle = self.fair_cycle(knot, component).into_iter();
        let (cycle, knot) = self.follow(knot_state, cycle);
        Lasso {
            way_in,
            knot,
            cycle,
        }
    }

    /// Takes these edges from this state: each state with the action taken in it, and the last.
    fn follow(
        &self,
        mut state: M::State,
        edges: impl Iterator<Item = Edge>,
    ) -> (Steps<M>, M::State) {
        let mut taken = Vec::new();
        for edge in edges {
            let mut actions = Vec::new();
            self.model.actions(&state, &mut actions);
            let steps = actions.into_iter().filter_map(|action| {
                let next = self.model.next_state(&state, action.clone())?;
                Some((action, next))
            });
            let step = { steps }.nth(edge.place);
            let (action, next) = step.expect("the model does what it did when it was explored");
            taken.push((std::mem::replace(&mut state, next), action));
        }
        (taken, state)
    }

    /// A cycle that is fair by itself: from the knot to the nearest place that gives what the cycle
    /// so far owes, as often as it takes, and back.
    fn fair_cycle(&self, knot: Number, component: &[Number]) -> Vec<Edge> {
        let mut cycle: Vec<Edge> = Vec::new();
        loop {
            let end = cycle.last().map_or(knot, |edge| edge.target);
            let back = self.walk(end, component, |state| state == knot, ClassSet::default());
            let closed = [&cycle[..], &back].concat();
            let states = closed.iter().map(|edge| edge.target).chain([knot]);
            let owed = self.graph.owed(states, closed.iter().copied());
            if let Some(class) = owed.strongly.first() {
                cycle.extend(self.walk(end, component, |_| false, class));
            } else if let Some(class) = owed.weakly.first() {
                let disabled = |state| !self.graph.can_take(state, class);
                cycle.extend(self.walk(end, component, disabled, class));
            } else {
                return closed;
            }
        }
    }

    /// The shortest walk within a component to such a state, or over an edge of such a class.
    fn walk(
        &self,
        from: Number,
        component: &[Number],
        wanted: impl Fn(Number) -> bool,
        classes: ClassSet,
    ) -> Vec<Edge> {
        if wanted(from) {
            return Vec::new();
        }
        let mut found_by: HashMap<Number, Edge> = HashMap::new();
        let mut frontier = VecDeque::from([from]);
        while let Some(state) = frontier.pop_front() {
            let edges = self.graph.edges_from(state);
            for edge in edges.filter(|edge| component.binary_search(&edge.target).is_ok()) {
                if wanted(edge.target) || edge.is_of(classes) {
                    let mut walk = vec![edge];
                    while walk[0].source != from {
                        walk.insert(0, found_by[&walk[0].source]);
                    }
                    return walk;
                }
                if edge.target != from && !found_by.contains_key(&edge.target) {
                    found_by.insert(edge.target, edge);
                    frontier.push_back(edge.target);
                }
            }
        }
        unreachable!("a fair component is connected and gives what is owed")
    }
}
