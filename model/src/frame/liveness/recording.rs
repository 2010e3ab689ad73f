//! The reachable graph written down while stateright searches it, so that no step is worked out twice.
//!
//! A [`Recording`] is the model itself to the checker that searches it, which asks for the actions of a state and then for
//! where each of them leads. Each thread of the checker writes what it asked and was told into a book of its own.
//!
//! A state of a recording carries its fingerprint: it is worked out once, for the book and for stateright's set of visited states.

use crate::frame::system::Fairness;
use ahash::RandomState;
use stateright::{Expectation, Model, Property};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};
use thread_local::ThreadLocal;

/// To which class an action belongs, and how that is owed; `None` for what the scheduler may neglect for ever.
pub type Scheduler<M, C> = fn(&M, &<M as Model>::Action) -> Option<(C, Fairness)>;

/// Where a run should come and stay.
pub type Goal<M> = fn(&M, &<M as Model>::State) -> bool;

/// A model that remembers what it was asked by the checker that exhausts it. Clones remember together.
///
/// It has one property: that whatever must always hold in the model holds. What the model has of other properties is left out.
pub struct Recording<M: Model, C: Send> {
    pub(super) model: Arc<M>,
    always: Arc<Vec<Property<M>>>,
    pub(super) scheduler: Scheduler<M, C>,
    goals: Arc<[Goal<M>]>,
    books: Arc<ThreadLocal<RefCell<Book<C>>>>,
}

/// A state with its fingerprint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed<S> {
    fingerprint: u64,
    /// The model's state.
    pub state: S,
}

/// What one thread saw, in its order.
pub(super) struct Book<C> {
    /// The classes of the actions it saw, each with its place.
    pub(super) classes: HashMap<(C, Fairness), u8, RandomState>,
    pub(super) states: Vec<Seen>,
    /// For each edge of each state the fingerprint of the state that it leads to.
    pub(super) edges: Vec<u64>,
    /// For each edge the place of its action's class.
    pub(super) edge_classes: Vec<u8>,
}

/// A state that was asked what can happen next.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) fingerprint: u64,
    pub(super) failing: Goals,
    pub(super) edges: u32,
}

/// A set of goals.
#[derive(Clone, Copy)]
pub(super) struct Goals(u32);

/// The class of an action that is not owed.
pub(super) const NOT_OWED: u8 = u8::MAX;

/// The name of the conjunction of everything that must always hold.
pub const ALL_HOLD: &str = "everything holds that must always hold";

// Any seeds do, but always the same, so that two runs agree.
static HASHER: LazyLock<RandomState> = LazyLock::new(|| RandomState::with_seeds(1, 2, 3, 4));

pub(super) fn fingerprint(state: &impl Hash) -> u64 {
    HASHER.hash_one(state)
}

impl<M, C> Recording<M, C>
where
    M: Model,
    C: Copy + Eq + Hash + Send,
{
    /// Begins to remember, for these goals.
    ///
    /// # Panics
    /// With more than 32 goals.
    #[must_use]
    pub fn new(model: M, scheduler: Scheduler<M, C>, goals: &[Goal<M>]) -> Self {
        assert!(goals.len() <= Goals::MAX, "so many fit into a word");
        let mut always = model.properties();
        always.retain(|property| property.expectation == Expectation::Always);
        Self {
            model: Arc::new(model),
            always: Arc::new(always),
            scheduler,
            goals: goals.into(),
            books: Arc::default(),
        }
    }

    /// What it remembers, when the search is over.
    ///
    /// # Panics
    /// If a clone of it is still in use.
    pub(super) fn into_books(self) -> Vec<Book<C>> {
        let books = Arc::into_inner(self.books).expect("the checker is gone");
        books.into_iter().map(RefCell::into_inner).collect()
    }

    /// How many goals there are.
    pub(super) fn goals(&self) -> usize {
        self.goals.len()
    }

    fn failing(&self, state: &M::State) -> Goals {
        let goals = self.goals.iter().enumerate();
        let failing = goals.filter(|(_, goal)| !goal(&self.model, state));
        Goals(failing.fold(0, |set, (goal, _)| set | 1 << goal))
    }
}

impl<M, C> Model for Recording<M, C>
where
    M: Model,
    M::State: Hash,
    C: Copy + Eq + Hash + Send,
{
    type State = Printed<M::State>;
    type Action = M::Action;

    fn init_states(&self) -> Vec<Self::State> {
        let states = self.model.init_states().into_iter();
        let mut met = HashSet::new();
        let printed = states.map(Printed::new);
        printed
            .filter(|state| met.insert(state.fingerprint))
            .collect()
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<M::Action>) {
        let seen = Seen {
            fingerprint: state.fingerprint,
            failing: self.failing(&state.state),
            edges: 0,
        };
        let book = self.books.get_or_default();
        book.borrow_mut().states.push(seen);
        self.model.actions(&state.state, actions);
    }

    fn next_state(&self, state: &Self::State, action: M::Action) -> Option<Self::State> {
        let class = (self.scheduler)(&self.model, &action);
        let next = Printed::new(self.model.next_state(&state.state, action)?);
        let book = self.books.get_or_default();
        book.borrow_mut().write(class, next.fingerprint);
        Some(next)
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        self.model.within_boundary(&state.state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(
            ALL_HOLD,
            |recording: &Self, printed: &Self::State| {
                let mut always = recording.always.iter();
                always.all(|property| (property.condition)(&recording.model, &printed.state))
            },
        )]
    }
}

impl<M: Model, C: Send> Clone for Recording<M, C> {
    fn clone(&self) -> Self {
        Self {
            model: self.model.clone(),
            always: self.always.clone(),
            scheduler: self.scheduler,
            goals: self.goals.clone(),
            books: self.books.clone(),
        }
    }
}

impl<S: Hash> Printed<S> {
    fn new(state: S) -> Self {
        Self {
            fingerprint: fingerprint(&state),
            state,
        }
    }
}

impl<S> Hash for Printed<S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.fingerprint);
    }
}

impl<C: Eq + Hash> Book<C> {
    /// An edge out of the state that was seen last.
    fn write(&mut self, class: Option<(C, Fairness)>, to: u64) {
        let class = class.map_or(NOT_OWED, |class| {
            let next = u8::try_from(self.classes.len()).unwrap_or(NOT_OWED);
            *self.classes.entry(class).or_insert(next)
        });
        let source = self.states.last_mut();
        source.expect("a state is asked first").edges += 1;
        self.edges.push(to);
        self.edge_classes.push(class);
    }
}

impl<C> Default for Book<C> {
    fn default() -> Self {
        Self {
            classes: HashMap::default(),
            states: Vec::new(),
            edges: Vec::new(),
            edge_classes: Vec::new(),
        }
    }
}

impl Goals {
    const MAX: usize = 32;

    pub(super) fn contains(self, goal: usize) -> bool {
        self.0 >> goal & 1 == 1
    }
}
