//! The reachable graph in few bytes, and what can be asked of it.

use super::recording::Recording;
use super::rows::{BEYOND, Cursor, Index, Number, Rows};
use crate::frame::system::Fairness;
use fixedbitset::FixedBitSet;
use stateright::Model;
use std::collections::VecDeque;
use std::ops::Range;

/// The reachable graph, with the classes that its actions belong to.
pub(super) struct Graph {
    /// For the place of each class in the rows, its place in an order that does not depend on which
    /// was met first.
    places: Vec<u8>,
    weak: ClassSet,
    strong: ClassSet,
    rows: Index,
}

/// An action that leads from state to state.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) source: Number,
    pub(super) target: Number,
    /// Which of the edges out of its source it is.
    pub(super) place: usize,
    class: u8,
}

/// A set of classes, by their places.
#[derive(Clone, Copy, Default)]
pub(super) struct ClassSet(u128);

/// The classes that a run owes if it stays among some states and takes every edge between them.
#[derive(Default)]
pub(super) struct Owed {
    /// Enabled in every state, and never taken.
    pub(super) weakly: ClassSet,
    /// Enabled in some state, and never taken.
    pub(super) strongly: ClassSet,
}

/// How far a search for components is in a state.
struct Frame {
    state: Number,
    edges: Cursor,
    /// Whether it has not been seen to lead back to a state that was entered before.
    is_root: bool,
}

impl Graph {
    /// What the threads of a search saw.
    pub(super) fn of<M: Model, C: Copy + Ord>(
        recording: &Recording<M, C>,
        rows: Vec<Rows>,
    ) -> Self {
        let met = recording.classes.lock().expect("nobody panics here");
        let mut classes = met.clone();
        classes.sort_unstable();
        let place = |class| classes.binary_search(class).expect("it was met");
        let places = met
            .iter()
            .map(|class| u8::try_from(place(class)).expect("there are few"));
        Self {
            places: places.collect(),
            weak: owed_as(&classes, Fairness::Weak),
            strong: owed_as(&classes, Fairness::Strong),
            rows: Index::of(rows),
        }
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.rows.states()
    }

    /// How many edges there are.
    pub(super) fn edges(&self) -> usize {
        self.rows.edges()
    }

    /// Whether this goal fails in the state.
    pub(super) fn fails(&self, goal: usize, state: Number) -> bool {
        self.rows.failing(state) >> goal & 1 == 1
    }

    /// The edges out of a state.
    pub(super) fn edges_from(&self, source: Number) -> impl Iterator<Item = Edge> {
        let mut cursor = self.rows.edges_from(source);
        let edges = std::iter::from_fn(move || self.rows.advance(&mut cursor));
        edges.enumerate().map(move |(place, (class, target))| Edge {
            source,
            target,
            place,
            class: self.class(class),
        })
    }

    /// The place of a class by its place in the rows.
    fn class(&self, class: u8) -> u8 {
        let known = self.places.get(usize::from(class));
        known.copied().unwrap_or(class)
    }

    /// The classes that can be taken in a state.
    pub(super) fn enabled(&self, state: Number) -> ClassSet {
        let edges = self.edges_from(state);
        edges.fold(ClassSet::default(), |set, edge| set.with(edge.class))
    }

    /// Whether an action of this class can be taken in the state.
    pub(super) fn can_take(&self, state: Number, class: ClassSet) -> bool {
        self.enabled(state).intersects(class)
    }

    /// Shows the strongly connected components among these states, each with its states in order.
    ///
    /// Pearce's form of Tarjan's search, with a stack of its own: a graph is deeper than a thread's
    /// stack. Each state has the least number that is known of a state that it leads back to, in
    /// the order in which they were entered.
    pub(super) fn components(&self, among: &FixedBitSet, mut found: impl FnMut(Vec<Number>)) {
        let mut search = Components {
            graph: self,
            among,
            entered: 0,
            least: vec![UNSEEN; self.states()],
            way: Vec::new(),
            open: Vec::new(),
        };
        for state in among.ones() {
            if search.least[state] == UNSEEN {
                search.enter(Number::try_from(state).expect("states are numbered"));
                search.run(&mut found);
            }
        }
    }

    /// What a run owes that visits the states of a component again and again, and takes all edges
    /// between them: of a single state those that lead from it to itself, if there are any.
    pub(super) fn owed_by(&self, component: &[Number]) -> Owed {
        let edges = component.iter().flat_map(|&state| self.edges_from(state));
        let inner = edges.filter(|edge| component.binary_search(&edge.target).is_ok());
        self.owed(component.iter().copied(), inner)
    }

    /// What a run owes that visits these states again and again, and takes these edges between
    /// them.
    pub(super) fn owed(
        &self,
        states: impl Iterator<Item = Number>,
        edges: impl Iterator<Item = Edge>,
    ) -> Owed {
        let taken = edges.fold(ClassSet::default(), |taken, edge| taken.with(edge.class));
        let (mut always, mut sometimes) = (ClassSet(u128::MAX), ClassSet::default());
        for state in states {
            let enabled = self.enabled(state);
            always = ClassSet(always.0 & enabled.0);
            sometimes = ClassSet(sometimes.0 | enabled.0);
        }
        Owed {
            weakly: ClassSet(always.0 & !taken.0 & self.weak.0),
            strongly: ClassSet(sometimes.0 & !taken.0 & self.strong.0),
        }
    }

    /// A shortest way from one of the states of these numbers to one of those, all states on it
    /// included. Which of several is chosen does not depend on how the states are numbered.
    pub(super) fn shortest_way(
        &self,
        starts: Range<usize>,
        ends: &FixedBitSet,
    ) -> Option<Vec<Number>> {
        let mut parents = vec![BEYOND; self.states()];
        let mut frontier = VecDeque::new();
        for start in starts {
            let number = Number::try_from(start).expect("states are numbered");
            parents[start] = number;
            frontier.push_back(number);
        }
        while let Some(state) = frontier.pop_front() {
            if ends.contains(state as usize) {
                return Some(way_by(&parents, state));
            }
            for Edge { target: next, .. } in self.edges_from(state) {
                if next != BEYOND && parents[next as usize] == BEYOND {
                    parents[next as usize] = state;
                    frontier.push_back(next);
                }
            }
        }
        None
    }
}

/// A search for components: a state that was not entered.
const UNSEEN: u32 = 0;

/// A search for components: a state that belongs to one that was shown, or does not count.
const DONE: u32 = u32::MAX;

/// A search for components under way.
struct Components<'a> {
    graph: &'a Graph,
    among: &'a FixedBitSet,
    entered: u32,
    least: Vec<u32>,
    /// From where the search began to where it is.
    way: Vec<Frame>,
    /// What was left, but belongs to a component that is not complete.
    open: Vec<Number>,
}

impl Components<'_> {
    fn enter(&mut self, state: Number) {
        self.entered += 1;
        self.least[state as usize] = self.entered;
        self.way.push(Frame {
            state,
            edges: self.graph.rows.edges_from(state),
            is_root: true,
        });
    }

    fn run(&mut self, found: &mut impl FnMut(Vec<Number>)) {
        while let Some(frame) = self.way.last_mut() {
            match self.graph.rows.advance(&mut frame.edges) {
                Some((_, target)) if target == BEYOND || !self.among.contains(target as usize) => {}
                Some((_, target)) if self.least[target as usize] == UNSEEN => self.enter(target),
                Some((_, target)) => {
                    let state = frame.state as usize;
                    frame.is_root &= !lower(&mut self.least, state, target);
                }
                None => self.leave(found),
            }
        }
    }

    /// Everything that the state leads to was entered.
    fn leave(&mut self, found: &mut impl FnMut(Vec<Number>)) {
        let Frame { state, is_root, .. } = self.way.pop().expect("it is in some state");
        if is_root {
            self.complete(state, found);
        } else {
            self.open.push(state);
        }
        if let Some(frame) = self.way.last_mut() {
            let from = frame.state as usize;
            frame.is_root &= !lower(&mut self.least, from, state);
        }
    }

    /// What is open and was entered after the state makes a component with it.
    fn complete(&mut self, root: Number, found: &mut impl FnMut(Vec<Number>)) {
        let first = self.least[root as usize];
        let within = |state: &&Number| self.least[**state as usize] >= first;
        let others = self.open.iter().rev().take_while(within).count();
        let mut component = self.open.split_off(self.open.len() - others);
        component.push(root);
        component.sort_unstable();
        for &state in &component {
            self.least[state as usize] = DONE;
        }
        found(component);
    }
}

/// Whether the state leads to one that leads back further than what was known of it. Then that is
/// known of it, too.
fn lower(least: &mut [u32], state: usize, target: Number) -> bool {
    let target = least[target as usize];
    let is_lower = target < least[state];
    if is_lower {
        least[state] = target;
    }
    is_lower
}

/// The way to a state, each of whose states is the parent of the next; the first is its own.
fn way_by(parents: &[Number], end: Number) -> Vec<Number> {
    let parent = |&state: &Number| {
        let parent = parents[state as usize];
        (parent != state).then_some(parent)
    };
    let mut way: Vec<_> = std::iter::successors(Some(end), parent).collect();
    way.reverse();
    way
}

/// Those of the classes that are owed in this way.
fn owed_as<C>(classes: &[(C, Fairness)], fairness: Fairness) -> ClassSet {
    let places = (0_u8..).zip(classes);
    let places = places.filter(|(_, (_, known))| *known == fairness);
    places.fold(ClassSet::default(), |set, (place, _)| set.with(place))
}

impl ClassSet {
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set with the class of an edge, if it has one.
    fn with(self, class: u8) -> Self {
        Self(self.0 | 1_u128.checked_shl(class.into()).unwrap_or(0))
    }

    /// One class of the set.
    pub(super) fn first(self) -> Option<Self> {
        (!self.is_empty()).then(|| Self(self.0 & self.0.wrapping_neg()))
    }
}

impl Edge {
    /// Whether its action belongs to one of these classes.
    pub(super) fn is_of(self, classes: ClassSet) -> bool {
        ClassSet::default().with(self.class).intersects(classes)
    }
}
