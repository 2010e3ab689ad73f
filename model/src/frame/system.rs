//! What a protocol must be to be checked: states, and steps from one to another.
//!
//! Such a system knows its rules and its bounds, and nothing of what is claimed of it, of how far a
//! search has come, or of how a step reads. Those are a [`Subject`](super::subject::Subject)'s and
//! a [`Checked`](super::claim::Checked) system's.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// A protocol with its bounds: where it begins, what can happen, and what comes of that.
pub trait TransitionSystem: Clone + Send + Sync + 'static {
    /// Everything at a moment.
    type State: Copy + Eq + Hash + Debug + Packed + Send + Sync + 'static;
    /// What can happen. It reads as a sentence.
    type Action: Copy + Eq + Debug + Display + Send + Sync + 'static;
    /// What the server that acts does in a step, as far as others could see it.
    type Effects;
    /// What the scheduler owes by itself.
    type Duty: Copy + Ord + Hash + Debug + Send + Sync + 'static;

    /// The states in which it can begin.
    fn init(&self) -> &[Self::State];

    /// What can happen in the state. Some of it may turn out to change nothing.
    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>);

    /// Makes of `after`, a copy of the state before, the state after an action. What was done in
    /// it; `None`, and a copy that is of no use any more, if the action changes nothing.
    fn step(
        &self,
        before: &Self::State,
        action: Self::Action,
        after: &mut Self::State,
    ) -> Option<Self::Effects>;

    /// The state after an action, and what was done in it; `None` if the action changes nothing.
    fn next(
        &self,
        before: &Self::State,
        action: Self::Action,
    ) -> Option<(Self::State, Self::Effects)> {
        let mut after = *before;
        let effects = self.step(before, action, &mut after)?;
        Some((after, effects))
    }

    /// Whether the state is one to go on from.
    fn within_bounds(&self, state: &Self::State) -> bool;

    /// What an action is owed as, and how; `None` for what may be put off for ever.
    fn fairness(&self, action: &Self::Action) -> Option<(Self::Duty, Fairness)>;
}

/// What can be written to a file, byte by byte, and read back as it was.
pub trait Packed: BorshSerialize + BorshDeserialize {}

impl<T: BorshSerialize + BorshDeserialize> Packed for T {}

/// How a class of actions is owed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fairness {
    /// What can be taken from some moment on, always, is taken.
    Weak,
    /// What can be taken again and again is taken again and again.
    Strong,
}

/// A change of one field of a state, and what it is.
#[cfg(test)]
pub(crate) type Change<T> = (&'static str, fn(&mut T));

/// Each change gives a state another fingerprint, and each another than every other change.
#[cfg(test)]
pub(crate) fn assert_fingerprints_differ<T: Copy + Hash>(start: T, changes: &[Change<T>]) {
    use std::hash::{DefaultHasher, Hasher};

    let mut known = std::collections::HashMap::new();
    for &(what, change) in changes {
        let mut state = start;
        change(&mut state);
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        let twin = known.insert(hasher.finish(), what);
        assert_eq!(twin, None, "{what} hashes like it");
    }
}
