//! What follows from a block of states, worked out on several threads before any of it is entered in the graph.
//!
//! The graph itself is built by one thread, in the order of the states, so that it does not depend on how many worked.

use super::graph::{Number, Numbers};
use super::{Fairness, Goal, Scheduler};
use stateright::Model;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::thread;

/// How many states are worked on at a time.
pub(super) const BLOCK: usize = 1 << 12;

/// Fewer states are not worth a thread's start.
const WORTH_A_THREAD: usize = 64;

/// What follows from some states, in their order.
pub(super) struct Expansion<S, C> {
    /// For each state the number of its edges, and whether each goal fails there.
    pub(super) states: Vec<(usize, Vec<bool>)>,
    /// The edges of all of them.
    pub(super) edges: Vec<Leads<S, C>>,
}

/// The class of an edge's action, and where it leads.
pub(super) type Leads<S, C> = (Option<(C, Fairness)>, Found<S>);

/// Where an edge leads.
pub(super) enum Found<S> {
    /// Beyond the boundary.
    Beyond,
    /// To a state that is known already.
    Known(Number),
    /// To one that was not known when the block was begun, with its fingerprint.
    Unknown(u64, S),
}

/// What is asked of the model.
pub(super) struct Questions<'a, M: Model, C> {
    pub(super) model: &'a M,
    pub(super) scheduler: Scheduler<M, C>,
    pub(super) goals: &'a [Goal<M>],
    pub(super) threads: NonZeroUsize,
}

impl<M, C> Questions<'_, M, C>
where
    M: Model + Sync,
    M::State: Hash + Send + Sync,
    C: Send,
{
    /// Expands a block of states, split between the threads.
    pub(super) fn expand(
        &self,
        block: &[M::State],
        known: &Numbers,
    ) -> Vec<Expansion<M::State, C>> {
        let share = block.len().div_ceil(self.threads.get()).max(WORTH_A_THREAD);
        let mut parts = block.chunks(share);
        let Some(first) = parts.next() else {
            return Vec::new();
        };
        thread::scope(|scope| {
            let others: Vec<_> = parts
                .map(|part| scope.spawn(move || self.expand_part(part, known)))
                .collect();
            let mut expansions = vec![self.expand_part(first, known)];
            let joined = others.into_iter().map(|other| other.join());
            expansions.extend(joined.map(|part| part.expect("the model did not panic")));
            expansions
        })
    }

    fn expand_part(&self, part: &[M::State], known: &Numbers) -> Expansion<M::State, C> {
        let mut expansion = Expansion {
            states: Vec::with_capacity(part.len()),
            edges: Vec::new(),
        };
        let mut actions = Vec::new();
        for state in part {
            let before = expansion.edges.len();
            self.model.actions(state, &mut actions);
            for action in actions.drain(..) {
                let class = (self.scheduler)(self.model, &action);
                if let Some(next) = self.model.next_state(state, action) {
                    expansion.edges.push((class, self.find(next, known)));
                }
            }
            let fails = self.goals.iter().map(|goal| !goal(self.model, state));
            let edges = expansion.edges.len() - before;
            expansion.states.push((edges, fails.collect()));
        }
        expansion
    }

    pub(super) fn find(&self, state: M::State, known: &Numbers) -> Found<M::State> {
        if !self.model.within_boundary(&state) {
            return Found::Beyond;
        }
        let fingerprint = known.fingerprint(&state);
        match known.of(fingerprint) {
            Some(number) => Found::Known(number),
            None => Found::Unknown(fingerprint, state),
        }
    }
}
