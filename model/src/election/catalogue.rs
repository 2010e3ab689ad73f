//! The scenarios, as data: what each covers, its bounds, and the number of states that it must come
//! to.
//!
//! A scenario's unique states are pinned. When a change of the model moves a number, the commit
//! that moves it says why.

mod scenarios;

pub use scenarios::SCENARIOS;
use scenarios::pinned_in;

use crate::election::claims::{Claim, claims};
use crate::election::mutants::Mutant;
use crate::election::scenario::Scenario;
use crate::election::system::System;
use crate::frame::scenario::{self, About, Task, with_servers};

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

impl scenario::Scenario for Scenario {
    type System<const N: usize> = System<N>;
    type Mutant = Mutant;

    fn about(&self) -> About {
        About {
            name: self.name,
            covers: self.covers,
            tier: self.tier,
            unique_states: self.unique_states,
            pinned_in: pinned_in(self.name),
            is_disjoint: self.is_disjoint(),
        }
    }

    fn mutant(&self) -> Option<Mutant> {
        self.mutant
    }

    fn mutated(&self, mutant: Mutant) -> Self {
        Self {
            mutant: Some(mutant),
            ..*self
        }
    }

    fn system<const N: usize>(&self, chosen: impl Fn(usize) -> bool) -> System<N> {
        self.make(chosen)
    }

    fn claims<const N: usize>(&self) -> Vec<Claim<N>> {
        let claims = claims().into_iter();
        claims.filter(|claim| (claim.applies)(self)).collect()
    }

    fn run<T: Task<Self>>(&self, task: T) -> T::Output {
        with_servers!(self.servers, [2, 3, 4, 5, 7], N => task.run::<N>(self))
    }
}
