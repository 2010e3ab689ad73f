//! The search for what must hold eventually, in every fair run.

use crate::frame::claim::Kind;
use crate::frame::counterexample::Counterexample;
use crate::frame::liveness::{Lasso, Reachable, Recording, Rows};
use crate::frame::progress::{Phase, Watch};
use crate::frame::report::{Liveness, Row, Verdict};
use stateright::Model;
use std::hash::Hash;
use std::time::Instant;

/// What is sought, in the order of the recording's goals: the names of properties, and how they are
/// to be read.
pub(crate) struct FairRuns {
    pub(crate) claims: Vec<(&'static str, Kind)>,
    /// How many states were recorded.
    pub(crate) states: usize,
    /// What it means that a pitfall is not seen.
    pub(crate) unseen: Verdict,
}

impl FairRuns {
    /// A row for each of the claims; `tell` makes a counterexample of the run on which the claim of
    /// this place fails.
    pub(crate) fn search<M, D>(
        &self,
        (recording, rows): (Recording<M, D>, Vec<Rows>),
        tell: impl Fn(usize, &Lasso<M::State, M::Action>) -> Counterexample,
        watch: &mut Watch<'_>,
    ) -> (Vec<Row>, Liveness)
    where
        M: Model,
        M::State: Clone + Hash,
        M::Action: Clone,
        D: Copy + Ord + Hash + Send + Sync,
    {
        let start = Instant::now();
        let progress = || Phase::FairRuns {
            states: self.states,
        };
        let reachable = watch.during(progress, || Reachable::recorded(recording, rows));
        let rows = self.claims.iter().enumerate().map(|(goal, &(name, kind))| {
            let (verdict, lasso) = match (kind, reachable.violation(goal)) {
                (Kind::EndlessPitfall, Some(_)) => (Verdict::Seen, None),
                (Kind::EndlessPitfall, None) => (self.unseen, None),
                (_, None) => (Verdict::Holds, None),
                (_, Some(lasso)) => (Verdict::Violated, Some(lasso)),
            };
            Row {
                name: name.to_owned(),
                verdict,
                counterexample: lasso.map(|lasso| tell(goal, &lasso)),
            }
        });
        let rows = rows.collect();
        let liveness = Liveness {
            states: reachable.states(),
            transitions: reachable.edges(),
            seconds: start.elapsed().as_secs_f64(),
        };
        (rows, liveness)
    }
}
