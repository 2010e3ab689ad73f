//! The search of this crate beside stateright's own, over scenarios of both models: the same
//! states, the same steps between them.

use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::progress::Watch;
use fle_model::frame::scenario::{Scenario, Task};
use fle_model::frame::subject::{StateOf, Subject};
use fle_model::frame::visit::{Observer, Order, Plan, Tally, visit};
use fle_model::{election, establishment};
use stateright::{Checker, Model};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Keeps count by itself.
#[derive(Default)]
struct Count {
    visited: Vec<u32>,
    steps: usize,
}

impl<S: Subject> Observer<Checked<S>, u32> for Count {
    fn visit(&mut self, number: u32, _: &StateOf<S>) -> ControlFlow<()> {
        self.visited.push(number);
        ControlFlow::Continue(())
    }

    fn step(&mut self, _: &StateOf<S>, _: &S::Action, _: &StateOf<S>, number: Option<u32>) {
        self.steps += usize::from(number.is_some());
    }
}

struct Compare;

impl<C: Scenario> Task<C> for Compare {
    type Output = ();

    fn run<const N: usize>(self, scenario: &C) {
        let mut claims = scenario.claims::<N>();
        claims.retain(|claim| matches!(claim.kind, Kind::Always { .. }));
        let checked = scenario.checked::<N>(|_| true, claims);
        let theirs = checked.clone().checker().spawn_dfs().join();
        for (threads, order) in [
            (1, Order::DepthFirst),
            (3, Order::DepthFirst),
            (2, Order::BreadthFirst),
        ] {
            let plan = Plan {
                threads: NonZeroUsize::new(threads).expect("it is not zero"),
                order,
                give_up_after: None,
            };
            let (ours, counts) = visit(
                &checked,
                plan,
                Count::default,
                &mut Watch(None),
                Tally::searched,
            );
            assert_eq!(ours.unique, theirs.unique_state_count());
            assert_eq!(ours.generated, theirs.state_count());
            assert_eq!(ours.visited, ours.unique);
            let steps: usize = counts.iter().map(|count| count.steps).sum();
            assert_eq!(steps + checked.init_states().len(), ours.generated);
            let numbers: Vec<u32> = counts.into_iter().flat_map(|count| count.visited).collect();
            assert_eq!(numbers.len(), ours.unique);
            let different: BTreeSet<u32> = numbers.into_iter().collect();
            assert!(different.into_iter().eq((0..).take(ours.unique)));
            if threads == 1 && order == Order::DepthFirst {
                assert_eq!(ours.depth, theirs.max_depth());
            }
        }
    }
}

#[test]
fn the_election_has_the_states_that_stateright_finds() {
    for name in ["timely-oracle", "oracle", "timely-blank"] {
        let scenario = election::catalogue::find(name);
        scenario.expect("it is in the catalogue").run(Compare);
    }
}

#[test]
fn the_establishment_has_the_states_that_stateright_finds() {
    for name in ["establish-timely", "establish-timely-blank"] {
        let scenario = establishment::catalogue::find(name);
        scenario.expect("it is in the catalogue").run(Compare);
    }
}
