//! The reachable graph: states are numbers, in the order in which a breadth-first search finds them; edges are compressed rows.
//!
//! Several actions may lead from one state to another, so edges are parallel, which petgraph's own compact graphs do not allow. This
//! one lends itself to petgraph's algorithms by the traits of [`petgraph::visit`].

use super::Fairness;
use super::expand::{BLOCK, Found, Questions};
use ahash::RandomState;
use fixedbitset::FixedBitSet;
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::visit::{
    GraphBase, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, NodeFiltered, Visitable,
};
use stateright::Model;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::iter::Copied;
use std::ops::Range;
use std::slice;

/// A state's number.
pub(super) type Number = u32;

/// Where an edge leads that crosses the boundary: to no state of the graph.
const BEYOND: Number = Number::MAX;

/// The class of an action that is not owed.
const NOT_OWED: u8 = u8::MAX;

/// The reachable graph, with the classes that its actions belong to.
pub(super) struct Graph<C> {
    classes: Vec<(C, Fairness)>,
    numbers: Numbers,
    /// For each state the one from which it was found first, itself if it is initial.
    parents: Vec<Number>,
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

/// The numbers of the states, by their fingerprints.
pub(super) struct Numbers {
    hasher: RandomState,
    known: HashMap<u64, Number, RandomState>,
}

/// For each state, in order, some states.
#[derive(Default)]
struct Rows {
    /// Where each row ends; it begins where the one before ends.
    ends: Vec<u32>,
    states: Vec<Number>,
}

impl<C: Copy + Eq> Graph<C> {
    /// Visits every state, the nearest first, and tells `visit` where the goals fail.
    pub(super) fn explore<M>(
        questions: &Questions<'_, M, C>,
        mut visit: impl FnMut(Number, &[bool]),
    ) -> Self
    where
        M: Model + Sync,
        M::State: Hash + Send + Sync,
        C: Send,
    {
        let mut graph = Self {
            classes: Vec::new(),
            numbers: Numbers::none(),
            parents: Vec::new(),
            successors: Rows::default(),
            edge_classes: Vec::new(),
            predecessors: Rows::default(),
        };
        let mut frontier = VecDeque::new();
        for state in questions.model.init_states() {
            let found = questions.find(state, &graph.numbers);
            graph.number_of(found, None, &mut frontier);
        }
        let mut numbers = 0..;
        while !frontier.is_empty() {
            let block: Vec<_> = frontier.drain(..BLOCK.min(frontier.len())).collect();
            for expansion in questions.expand(&block, &graph.numbers) {
                let mut edges = expansion.edges.into_iter();
                for ((count, failing), number) in expansion.states.into_iter().zip(&mut numbers) {
                    visit(number, &failing);
                    for (class, found) in edges.by_ref().take(count) {
                        let class = graph.class(class);
                        let target = graph.number_of(found, Some(number), &mut frontier);
                        graph.successors.states.push(target);
                        graph.edge_classes.push(class);
                    }
                    graph.successors.end_row();
                }
            }
        }
        drop(frontier); // Empty, but as large as it ever was.
        graph.predecessors = graph.successors.reversed();
        graph
    }

    /// The number of a state; if it is new it is put on the frontier.
    fn number_of<S>(
        &mut self,
        found: Found<S>,
        parent: Option<Number>,
        frontier: &mut VecDeque<S>,
    ) -> Number {
        let (fingerprint, state) = match found {
            Found::Beyond => return BEYOND,
            Found::Known(number) => return number,
            Found::Unknown(fingerprint, state) => (fingerprint, state),
        };
        let (number, is_new) = self.numbers.enter(fingerprint);
        if is_new {
            self.parents.push(parent.unwrap_or(number));
            frontier.push_back(state);
        }
        number
    }

    /// Whether an edge's action belongs to this class.
    pub(super) fn is_of(&self, edge: Edge, class: Option<(C, Fairness)>) -> bool {
        self.classes.get(usize::from(edge.class)).copied() == class
    }

    /// The place of a class, its own from now on.
    fn class(&mut self, class: Option<(C, Fairness)>) -> u8 {
        let Some(class) = class else {
            return NOT_OWED;
        };
        let place = self.classes.iter().position(|known| *known == class);
        let place = place.unwrap_or_else(|| {
            self.classes.push(class);
            self.classes.len() - 1
        });
        assert!(place < 128, "a scheduler has at most 128 classes");
        u8::try_from(place).expect("it is less than 128")
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.parents.len()
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
        let owed = |enabled: ClassSet, how| ClassSet(enabled.0 & !taken.0 & self.owed_as(how).0);
        Owed {
            weakly: owed(always, Fairness::Weak),
            strongly: owed(sometimes, Fairness::Strong),
        }
    }

    /// The classes that are owed in this way.
    fn owed_as(&self, fairness: Fairness) -> ClassSet {
        let places = (0_u8..).zip(&self.classes);
        let places = places.filter(|(_, (_, known))| *known == fairness);
        places.fold(ClassSet::default(), |set, (place, _)| set.with(place))
    }

    /// The number of a state of the graph.
    pub(super) fn number<S: Hash>(&self, state: &S) -> Option<Number> {
        self.numbers.of(self.numbers.fingerprint(state))
    }

    /// The states on the shortest way from an initial state to this one, both included.
    pub(super) fn way_to(&self, state: Number) -> Vec<Number> {
        let parent = |&state: &Number| {
            let parent = self.parents[state as usize];
            (parent != state).then_some(parent)
        };
        let mut way: Vec<_> = std::iter::successors(Some(state), parent).collect();
        way.reverse();
        way
    }
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

impl Numbers {
    fn none() -> Self {
        // Any seeds do, but always the same, so that two runs agree.
        let hasher = RandomState::with_seeds(1, 2, 3, 4);
        let known = HashMap::with_hasher(hasher.clone());
        Self { hasher, known }
    }

    pub(super) fn fingerprint<S: Hash>(&self, state: &S) -> u64 {
        self.hasher.hash_one(state)
    }

    /// The number of the state with this fingerprint, if it is known.
    pub(super) fn of(&self, fingerprint: u64) -> Option<Number> {
        self.known.get(&fingerprint).copied()
    }

    /// The number of the state with this fingerprint, and whether it is new.
    fn enter(&mut self, fingerprint: u64) -> (Number, bool) {
        let next = Number::try_from(self.known.len()).ok();
        let next = next
            .filter(|&next| next != BEYOND)
            .expect("at most 2³² - 1 states");
        let number = *self.known.entry(fingerprint).or_insert(next);
        (number, number == next)
    }
}

impl Rows {
    fn end_row(&mut self) {
        let end = u32::try_from(self.states.len()).expect("at most 2³² - 1 edges");
        self.ends.push(end);
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
        FixedBitSet::with_capacity(self.parents.len())
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
