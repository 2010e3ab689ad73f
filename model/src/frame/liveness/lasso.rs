//! A violation as a run that can be followed step by step: a way in, and a cycle.

/// A fair run on which a goal fails again and again.
///
/// The way in is a shortest one to the `knot`, a state where the goal fails. The cycle leads from
/// it back to it, by real transitions, and going round it for ever is itself fair: each class owed
/// weakly is disabled in some state of the cycle or taken on it, and each owed strongly is enabled
/// in none of its states or taken. An empty cycle means that the run stays in the knot: nothing is
/// owed there. Each stretch of the cycle, up to the next thing that it owes, is as short as can be;
/// the whole need not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lasso<S, A> {
    /// From an initial state: each state with the action taken in it.
    pub way_in: Vec<(S, A)>,
    /// Where the way ends and the cycle begins.
    pub knot: S,
    /// From the knot back to it: each state with the action taken in it.
    pub cycle: Vec<(S, A)>,
}
