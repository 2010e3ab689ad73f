//! Visits every state that a [`Model`] can reach within its boundary, once each, on several
//! threads.
//!
//! What stateright's own checkers do, without what they keep to tell the way to each state: a state
//! that waits is the state and nothing else, one that was visited is a fingerprint (`visited.rs`).
//! `tests/visit.rs` holds both to the same counts. Where a way is to be told, stateright looks for
//! it.
//!
//! What a search is for is its [`Observer`]s', one for each thread, who see every state and every
//! step between two states.
//!
//! Two states with one 64-bit fingerprint are taken for one: a report says how likely that is.

mod pool;
mod recent;
mod visited;

use super::progress::{Phase, Watch};
use super::threads::for_each;
use ahash::RandomState;
use pool::{Pool, Worker};
use recent::Recent;
use stateright::Model;
use std::collections::VecDeque;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use visited::Visited;

/// How to go about it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many threads search.
    pub threads: NonZeroUsize,
    /// Which of the states that wait comes next.
    pub order: Order,
    /// How many states are generated at least before the search is given up; `None` for as many as
    /// there are.
    pub give_up_after: Option<usize>,
}

/// Which of the states that wait comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// The newest: few wait at a time.
    DepthFirst,
    /// The oldest: the states nearest to the initial ones come first.
    BreadthFirst,
}

/// What a thread of a search shows of the states that it visits.
pub trait Observer<M: Model, L> {
    /// The state is visited. To break ends the search.
    fn visit(&mut self, label: L, state: &M::State) -> ControlFlow<()>;

    /// From the state that was visited last this action leads to that state, which has a label
    /// unless it lies beyond the boundary.
    fn step(&mut self, before: &M::State, action: &M::Action, after: &M::State, label: Option<L>);
}

/// How a state is called by those who observe.
pub trait Label: Copy + Default + Send {
    /// The name of the state that is found next, where so many are.
    ///
    /// # Panics
    /// If it has no more names.
    fn next(found: &AtomicUsize) -> Self;
}

/// Nobody asks.
impl Label for () {
    fn next(_: &AtomicUsize) {}
}

/// A number. The initial states come first, in their order.
impl Label for u32 {
    fn next(found: &AtomicUsize) -> Self {
        let number = found.fetch_add(1, Ordering::Relaxed);
        Self::try_from(number).expect("at most 2³² states are numbered")
    }
}

/// What a search has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many different states were found.
    pub unique: usize,
    /// How many were found, every time that one is found again included.
    pub generated: usize,
    /// How many of the different ones were visited.
    pub visited: usize,
    /// How often a state beyond the boundary was met.
    pub beyond: usize,
    /// How many states were on the longest way by which one was found.
    pub depth: usize,
}

impl Tally {
    /// How far a search is that visits every state.
    pub fn searched(self) -> Phase {
        Phase::Search {
            unique: self.unique,
            generated: self.generated,
            queue: self.unique.saturating_sub(self.visited),
        }
    }
}

/// What is said of a search while it goes on, and how it ends.
#[derive(Default)]
struct Counts {
    unique: AtomicUsize,
    generated: AtomicUsize,
    visited: AtomicUsize,
    beyond: AtomicUsize,
    depth: AtomicUsize,
}

// Any seeds do, but always the same, so that two runs agree.
const HASHER: RandomState = RandomState::with_seeds(1, 2, 3, 4);

/// What a state is remembered by.
pub(super) fn fingerprint(state: &impl Hash) -> u64 {
    HASHER.hash_one(state)
}

/// The different initial states within the boundary, in their order.
pub(super) fn starts<M: Model>(model: &M) -> Vec<M::State>
where
    M::State: Hash,
{
    let met = Visited::new();
    let starts = model.init_states().into_iter();
    let is_new = |state: &M::State| met.meet(fingerprint(state), || ()).1;
    starts
        .filter(|state| model.within_boundary(state) && is_new(state))
        .collect()
}

/// Searches, with as many threads as there are observers, and tells the watcher how far it is.
///
/// # Panics
/// If the model does, or an observer.
pub fn visit<M, L, O>(
    model: &M,
    plan: Plan,
    observe: impl Fn() -> O,
    watch: &mut Watch<'_>,
    phase: impl Fn(Tally) -> Phase + Sync,
) -> (Tally, Vec<O>)
where
    M: Model + Sync,
    M::State: Hash + Send,
    M::Action: Clone,
    L: Label + Send,
    O: Observer<M, L> + Send,
{
    let visited = Visited::new();
    let found = AtomicUsize::new(0);
    let starts = starts(model).into_iter().map(|state| {
        let (label, _) = visited.meet(fingerprint(&state), || L::next(&found));
        Waiting {
            state,
            label,
            depth: 1,
        }
    });
    let starts: VecDeque<_> = starts.collect();
    let counts = Counts::default();
    counts.unique.store(starts.len(), Ordering::Relaxed);
    counts.generated.store(starts.len(), Ordering::Relaxed);
    let search = Search {
        model,
        plan,
        pool: Pool::new(plan.threads.get(), starts),
        visited,
        found,
        counts,
    };
    let mut observers: Vec<_> = (0..plan.threads.get()).map(|_| observe()).collect();
    watch.during(
        || phase(search.counts.tally()),
        || for_each(&mut observers, |observer| search.work(observer)),
    );
    (search.counts.tally(), observers)
}

/// A state that is yet to be visited.
struct Waiting<S, L> {
    state: S,
    label: L,
    /// How many states are on the way by which it was found.
    depth: usize,
}

/// What one thread works with.
struct Desk<M: Model, L> {
    waiting: VecDeque<Waiting<M::State, L>>,
    /// What can happen in the state that is visited.
    actions: Vec<M::Action>,
    recent: Recent<L>,
    /// What it has counted since it last told.
    tally: Tally,
}

/// A search under way.
struct Search<'a, M: Model, L> {
    model: &'a M,
    plan: Plan,
    pool: Pool<Waiting<M::State, L>>,
    visited: Visited<L>,
    found: AtomicUsize,
    counts: Counts,
}

impl<M, L> Search<'_, M, L>
where
    M: Model + Sync,
    M::State: Hash + Send,
    M::Action: Clone,
    L: Label,
{
    /// What one thread does.
    fn work<O: Observer<M, L>>(&self, observer: &mut O) {
        let _worker = Worker(&self.pool);
        let mut desk = Desk::<M, L>::new();
        while let Some(waiting) = self.pool.take() {
            desk.waiting = waiting;
            while let Some(state) = &self.plan.order.next(&mut desk.waiting) {
                let goes_on = observer.visit(state.label, &state.state);
                if goes_on.is_break() {
                    self.counts.add(&mut desk.tally);
                    return;
                }
                self.expand(state, &mut desk, observer);
                if desk.tally.visited == Self::BETWEEN_LOOKS {
                    self.counts.add(&mut desk.tally);
                    if self.pool.is_over() || self.is_given_up() {
                        return;
                    }
                    self.pool.share(&mut desk.waiting);
                }
            }
            self.counts.add(&mut desk.tally);
        }
    }

    /// After so many states a thread looks what the others do.
    const BETWEEN_LOOKS: usize = 256;

    fn is_given_up(&self) -> bool {
        let generated = self.counts.generated.load(Ordering::Relaxed);
        let most = self.plan.give_up_after;
        most.is_some_and(|most| generated >= most)
    }

    /// Finds what comes of a state.
    fn expand<O: Observer<M, L>>(
        &self,
        from: &Waiting<M::State, L>,
        desk: &mut Desk<M, L>,
        observer: &mut O,
    ) {
        let tally = &mut desk.tally;
        tally.visited += 1;
        tally.depth = tally.depth.max(from.depth);
        self.model.actions(&from.state, &mut desk.actions);
        for action in desk.actions.drain(..) {
            let mut next = self.model.next_state(&from.state, action.clone());
            let Some(state) = &next else {
                continue;
            };
            if !self.model.within_boundary(state) {
                tally.beyond += 1;
                observer.step(&from.state, &action, state, None);
                continue;
            }
            tally.generated += 1;
            let (label, is_new) = self.meet(fingerprint(state), &mut desk.recent);
            observer.step(&from.state, &action, state, Some(label));
            // Only what is new is moved.
            if is_new && let Some(state) = next.take() {
                tally.unique += 1;
                let depth = from.depth + 1;
                desk.waiting.push_back(Waiting {
                    state,
                    label,
                    depth,
                });
            }
        }
    }

    /// The label of the state with this fingerprint, and whether it is new.
    fn meet(&self, fingerprint: u64, recent: &mut Recent<L>) -> (L, bool) {
        if let Some(label) = recent.find(fingerprint) {
            return (label, false);
        }
        let next = || L::next(&self.found);
        let (label, is_new) = self.visited.meet(fingerprint, next);
        recent.remember(fingerprint, label);
        (label, is_new)
    }
}

impl<M: Model, L: Label> Desk<M, L> {
    fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            actions: Vec::new(),
            recent: Recent::new(),
            tally: Tally::default(),
        }
    }
}

impl Order {
    fn next<T>(self, waiting: &mut VecDeque<T>) -> Option<T> {
        match self {
            Self::DepthFirst => waiting.pop_back(),
            Self::BreadthFirst => waiting.pop_front(),
        }
    }
}

impl Counts {
    /// Adds what a thread has counted, which begins anew.
    fn add(&self, tally: &mut Tally) {
        let Tally {
            unique,
            generated,
            visited,
            beyond,
            depth,
        } = std::mem::take(tally);
        self.visited.fetch_add(visited, Ordering::Relaxed);
        self.unique.fetch_add(unique, Ordering::Relaxed);
        self.generated.fetch_add(generated, Ordering::Relaxed);
        self.beyond.fetch_add(beyond, Ordering::Relaxed);
        self.depth.fetch_max(depth, Ordering::Relaxed);
    }

    fn tally(&self) -> Tally {
        Tally {
            unique: self.unique.load(Ordering::Relaxed),
            generated: self.generated.load(Ordering::Relaxed),
            visited: self.visited.load(Ordering::Relaxed),
            beyond: self.beyond.load(Ordering::Relaxed),
            depth: self.depth.load(Ordering::Relaxed),
        }
    }
}
