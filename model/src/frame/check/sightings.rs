//! The search for what should be seen to happen.

use crate::frame::claim::Checked;
use crate::frame::progress::{Phase, Watch};
use crate::frame::subject::{StateOf, Subject};
use crate::frame::visit::{Label, Observer, Order, Plan, Tally, visit};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The names of the properties, each to be seen sometimes, that are. One initial state after
/// another is searched, for what the ones before did not show: most things show soon after any of
/// them.
pub(super) fn seen<S: Subject>(
    mut checked: Checked<S>,
    threads: NonZeroUsize,
    watch: &mut Watch<'_>,
) -> Vec<&'static str> {
    let plan = Plan {
        threads,
        order: Order::DepthFirst,
        give_up_after: None,
    };
    let claims = checked.claims.len();
    let seen: Vec<_> = std::iter::repeat_with(AtomicBool::default)
        .take(claims)
        .collect();
    let mut visited = 0;
    for start in std::mem::take(&mut checked.starts) {
        checked.starts = vec![start];
        let lookout = || Lookout {
            checked: &checked,
            seen: &seen,
        };
        if lookout().has_seen_everything() {
            break;
        }
        let phase = |tally: Tally| Phase::Sightings {
            visited: visited + tally.visited,
        };
        let (tally, _) = visit::<_, (), _>(&checked, plan, lookout, watch, phase);
        visited += tally.visited;
    }
    let claims = checked.claims.iter().zip(seen);
    let seen = claims.filter(|(_, seen)| seen.load(Ordering::Relaxed));
    seen.map(|(claim, _)| claim.name).collect()
}

/// Ends the search when everything has been seen, by whichever thread.
struct Lookout<'a, S: Subject> {
    checked: &'a Checked<S>,
    /// For each property whether it was.
    seen: &'a [AtomicBool],
}

impl<S: Subject> Lookout<'_, S> {
    fn has_seen_everything(&self) -> bool {
        self.seen.iter().all(|seen| seen.load(Ordering::Relaxed))
    }
}

impl<S: Subject, L: Label> Observer<Checked<S>, L> for Lookout<'_, S> {
    fn visit(&mut self, _: L, state: &StateOf<S>) -> ControlFlow<()> {
        for (claim, seen) in self.checked.claims.iter().zip(self.seen) {
            if !seen.load(Ordering::Relaxed) && (claim.condition)(self.checked, state) {
                seen.store(true, Ordering::Relaxed);
            }
        }
        if self.has_seen_everything() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn step(&mut self, _: &StateOf<S>, _: &S::Action, _: &StateOf<S>, _: Option<L>) {}
}
