//! The reachable graph: states are numbers, edges are compressed rows. It is put together from what the threads of a search saw, so
//! the numbers mean nothing, and nothing that the graph tells depends on them.
//!
//! Several actions may lead from one state to another, so edges are parallel, which petgraph's own compact graphs do not allow. This
//! one lends itself to petgraph's algorithms by the traits of [`petgraph::visit`].

use super::recording::{Book, Goals, NOT_OWED};
use crate::frame::system::Fairness;
use fixedbitset::FixedBitSet;
use nohash_hasher::BuildNoHashHasher;
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::visit::{
    GraphBase, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, NodeFiltered, Visitable,
};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::iter::Copied;
use std::mem;
use std::ops::Range;
use std::slice;
use std::thread;

/// A state's number.
pub(super) type Number = u32;

/// Where an edge leads that crosses the boundary: to no state that was expanded.
const BEYOND: Number = Number::MAX;

/// The reachable graph, with the classes that its actions belong to.
pub(super) struct Graph<C> {
    /// In an order of their own, so that their places do not depend on which was met first.
    classes: Vec<(C, Fairness)>,
    weak: ClassSet,
    strong: ClassSet,
    numbers: Numbers,
    successors: Rows,
    /// The class of each edge, in the order of `successors`.
    edge_classes: Vec<u8>,
    predecessors: Rows,
}

/// An action that leads from state to state.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) source: Number,
    pub(super) target: Number,
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

/// The numbers of the states, by their fingerprints, which are hashes already.
type Numbers = HashMap<u64, Number, BuildNoHashHasher<u64>>;

/// For each state, in order, some states.
#[derive(Default)]
struct Rows {
    /// Where each row ends; it begins where the one before ends.
    ends: Vec<u32>,
    states: Vec<Number>,
}

impl<C: Copy + Ord + Hash + Send + Sync> Graph<C> {
    /// Puts together what the threads of a search saw, and tells `visit` where the goals fail.
    pub(super) fn of(mut books: Vec<Book<C>>, mut visit: impl FnMut(Number, Goals)) -> Self {
        let classes = in_order(&books);
        let mut numbers = Numbers::default();
        numbers.reserve(books.iter().map(|book| book.states.len()).sum());
        let mut successors = Rows::default();
        for seen in books.iter().flat_map(|book| &book.states) {
            let number = Number::try_from(numbers.len()).ok();
            let number = number.filter(|&number| number != BEYOND);
            let number = number.expect("at most 2³² - 1 states");
            visit(number, seen.failing);
            let twice = numbers.insert(seen.fingerprint, number);
            assert!(twice.is_none(), "a search expands a state once");
            successors.end_row(seen.edges);
        }
        let mut edge_classes = Vec::new();
        for (targets, places) in all_edges(&mut books, &numbers, &classes) {
            successors.states.extend(targets);
            edge_classes.extend(places);
        }
        Self {
            weak: owed_as(&classes, Fairness::Weak),
            strong: owed_as(&classes, Fairness::Strong),
            classes,
            numbers,
            predecessors: successors.reversed(),
            successors,
            edge_classes,
        }
    }

    /// Whether an edge's action belongs to this class.
    pub(super) fn is_of(&self, edge: Edge, class: Option<(C, Fairness)>) -> bool {
        self.classes.get(usize::from(edge.class)).copied() == class
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.numbers.len()
    }

    /// How many edges there are.
    pub(super) fn edges(&self) -> usize {
        self.edge_classes.len()
    }

    /// The edges out of a state.
    pub(super) fn edges_from(&self, source: Number) -> impl Iterator<Item = Edge> {
        let edges = self.successors.range(source);
        edges.map(move |edge| Edge {
            source,
            target: self.successors.states[edge],
            class: self.edge_classes[edge],
        })
    }

    /// The classes that can be taken in a state.
    pub(super) fn enabled(&self, state: Number) -> ClassSet {
        let edges = &self.edge_classes[self.successors.range(state)];
        edges
            .iter()
            .copied()
            .fold(ClassSet::default(), ClassSet::with)
    }

    /// Whether an action of this class can be taken in the state.
    pub(super) fn can_take(&self, state: Number, class: ClassSet) -> bool {
        self.enabled(state).intersects(class)
    }

    /// Takes away, again and again, each of these states that has no neighbour among them in this direction, and shows it to
    /// `lone`. Nothing that lies on a cycle is taken away.
    pub(super) fn peel(
        &self,
        states: &mut FixedBitSet,
        direction: Direction,
        mut lone: impl FnMut(Number),
    ) {
        let within = |states: &FixedBitSet, state: &Number| states.contains(*state as usize);
        let degree = |state| {
            let neighbours = self.neighbors_directed(state, direction);
            let neighbours = neighbours.filter(|state| within(states, state));
            neighbours.fold(0_u32, |degree, _| degree + 1)
        };
        let mut degrees: Vec<u32> = self.node_identifiers().map(degree).collect();
        let is_end = |state: &Number| within(states, state) && degrees[*state as usize] == 0;
        let mut ends: Vec<Number> = self.node_identifiers().filter(is_end).collect();
        while let Some(end) = ends.pop() {
            states.remove(end as usize);
            lone(end);
            for state in self.neighbors_directed(end, direction.opposite()) {
                if within(states, &state) {
                    degrees[state as usize] -= 1;
                    if degrees[state as usize] == 0 {
                        ends.push(state);
                    }
                }
            }
        }
    }

    /// Whether a run may stay in this state for ever, no edge leading back to it.
    pub(super) fn owes_nothing(&self, state: Number) -> bool {
        let owed = self.owed([state].into_iter(), std::iter::empty());
        owed.weakly.is_empty() && owed.strongly.is_empty()
    }

    /// The strongly connected components among these states, each with its states in order.
    pub(super) fn components(&self, states: &FixedBitSet) -> Vec<Vec<Number>> {
        let mut components = kosaraju_scc(&NodeFiltered(self, states));
        for component in &mut components {
            component.sort_unstable();
        }
        components
    }

    /// What a run owes that visits the states of a component again and again, and takes all edges between them.
    pub(super) fn owed_within(&self, component: &[Number]) -> Owed {
        let edges = component.iter().flat_map(|&state| self.edges_from(state));
        let inner = edges.filter(|edge| component.binary_search(&edge.target).is_ok());
        self.owed(component.iter().copied(), inner)
    }

    /// What a run owes that visits these states again and again, and takes these edges between them.
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

    /// The number of the state with this fingerprint.
    pub(super) fn number(&self, fingerprint: u64) -> Option<Number> {
        self.numbers.get(&fingerprint).copied()
    }

    /// A shortest way from one of these states to one of those, all states on it included. Which of several is chosen does
    /// not depend on how the states are numbered.
    pub(super) fn shortest_way(
        &self,
        starts: impl Iterator<Item = Number>,
        ends: &FixedBitSet,
    ) -> Option<Vec<Number>> {
        let mut parents = vec![BEYOND; self.states()];
        let mut frontier = VecDeque::new();
        for start in starts {
            parents[start as usize] = start;
            frontier.push_back(start);
        }
        while let Some(state) = frontier.pop_front() {
            if ends.contains(state as usize) {
                return Some(way_by(&parents, state));
            }
            for &next in self.successors.row(state) {
                if next != BEYOND && parents[next as usize] == BEYOND {
                    parents[next as usize] = state;
                    frontier.push_back(next);
                }
            }
        }
        None
    }
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

/// The classes that were met, in their own order.
///
/// # Panics
/// With more than 128.
fn in_order<C: Copy + Ord>(books: &[Book<C>]) -> Vec<(C, Fairness)> {
    let met = books.iter().flat_map(|book| book.classes.keys().copied());
    let classes: Vec<_> = met.collect::<BTreeSet<_>>().into_iter().collect();
    assert!(classes.len() <= 128, "a scheduler has at most 128 classes");
    classes
}

/// Those of the classes that are owed in this way.
fn owed_as<C>(classes: &[(C, Fairness)], fairness: Fairness) -> ClassSet {
    let places = (0_u8..).zip(classes);
    let places = places.filter(|(_, (_, known))| *known == fairness);
    places.fold(ClassSet::default(), |set, (place, _)| set.with(place))
}

/// The edges of each book: their targets, and the places of their classes.
fn all_edges<C: Copy + Ord + Hash + Send + Sync>(
    books: &mut [Book<C>],
    numbers: &Numbers,
    classes: &[(C, Fairness)],
) -> Vec<(Vec<Number>, Vec<u8>)> {
    thread::scope(|scope| {
        let books = books.iter_mut();
        let parts = books.map(|book| scope.spawn(|| edges(book, numbers, classes)));
        let parts: Vec<_> = parts.collect();
        let parts = parts.into_iter().map(|part| part.join());
        parts
            .map(|part| part.expect("looking numbers up does not panic"))
            .collect()
    })
}

/// The edges of one book. It gives them up.
fn edges<C: Copy + Ord + Hash>(
    book: &mut Book<C>,
    numbers: &Numbers,
    classes: &[(C, Fairness)],
) -> (Vec<Number>, Vec<u8>) {
    let mut places = [NOT_OWED; u8::MAX as usize + 1];
    for (class, &place) in &book.classes {
        let known = classes.binary_search(class).expect("it was met");
        places[usize::from(place)] = u8::try_from(known).expect("there are at most 128");
    }
    let number = |target| numbers.get(&target).copied().unwrap_or(BEYOND);
    let targets = mem::take(&mut book.edges).into_iter().map(number).collect();
    let mut edge_classes = mem::take(&mut book.edge_classes);
    for class in &mut edge_classes {
        *class = places[usize::from(*class)];
    }
    (targets, edge_classes)
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

impl Rows {
    /// A row of this length follows.
    fn end_row(&mut self, length: u32) {
        let before = self.ends.last().copied().unwrap_or(0);
        let end = before.checked_add(length);
        self.ends.push(end.expect("at most 2³² - 1 edges"));
    }

    /// How many rows there are.
    fn count(&self) -> Number {
        Number::try_from(self.ends.len()).expect("states have been numbered")
    }

    fn range(&self, row: Number) -> Range<usize> {
        let row = row as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[row] as usize
    }

    fn row(&self, row: Number) -> &[Number] {
        &self.states[self.range(row)]
    }

    /// The same edges, by their targets.
    fn reversed(&self) -> Self {
        let inner = |states: &[Number]| states.iter().filter(|&&state| state != BEYOND).count();
        let mut next = vec![0_u32; self.ends.len()];
        let mut reversed = Self {
            ends: Vec::with_capacity(self.ends.len()),
            states: vec![0; inner(&self.states)],
        };
        for &target in self.states.iter().filter(|&&state| state != BEYOND) {
            next[target as usize] += 1;
        }
        let mut end = 0;
        for count in &mut next {
            (*count, end) = (end, end + *count);
            reversed.ends.push(end);
        }
        for source in 0..self.count() {
            for &target in self.row(source).iter().filter(|&&state| state != BEYOND) {
                let place = &mut next[target as usize];
                reversed.states[*place as usize] = source;
                *place += 1;
            }
        }
        reversed
    }
}

impl<C> GraphBase for Graph<C> {
    type NodeId = Number;
    type EdgeId = usize;
}

impl<C> Visitable for Graph<C> {
    type Map = FixedBitSet;

    fn visit_map(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.successors.ends.len())
    }

    fn reset_map(&self, map: &mut FixedBitSet) {
        map.clear();
    }
}

impl<C> IntoNodeIdentifiers for &Graph<C> {
    type NodeIdentifiers = Range<Number>;

    fn node_identifiers(self) -> Range<Number> {
        0..self.successors.count()
    }
}

impl<'a, C> IntoNeighbors for &'a Graph<C> {
    type Neighbors = Copied<slice::Iter<'a, Number>>;

    fn neighbors(self, state: Number) -> Self::Neighbors {
        self.neighbors_directed(state, Direction::Outgoing)
    }
}

/// What lies beyond the boundary counts as a neighbour; the search among chosen states passes it over.
impl<'a, C> IntoNeighborsDirected for &'a Graph<C> {
    type NeighborsDirected = Copied<slice::Iter<'a, Number>>;

    fn neighbors_directed(self, state: Number, direction: Direction) -> Self::NeighborsDirected {
        let rows = match direction {
            Direction::Outgoing => &self.successors,
            Direction::Incoming => &self.predecessors,
        };
        rows.row(state).iter().copied()
    }
}
