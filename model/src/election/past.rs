//! What claims need to know of the past of an election, and no server does.
//!
//! A vote tells what its candidate's disk said when it was proposed. Disks are lost, and votes
//! outlive them. So what each disk said last is kept beside the state, and with it what a quorum
//! had: that may have been committed, and no loss undoes it.

use crate::election::rules::{Broken, Step, StepRule};
use crate::election::system::State;
use crate::terms::ensemble::Ensemble;
use crate::terms::vote::Credentials;
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

/// What is remembered of the way to a state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Past<const N: usize> {
    /// What each disk says, or said before it was lost.
    pub had: [Credentials; N],
    /// The rules that a step has broken.
    pub broken: Broken,
}

impl<const N: usize> fmt::Debug for Past<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { had, broken } = self;
        f.write_str("disks said: ")?;
        f.debug_list().entries(had).finish()?;
        f.write_str("\n")?;
        broken.fmt(f)
    }
}

impl<const N: usize> Past<N> {
    /// What there is to remember in an initial state.
    #[must_use]
    pub fn of(start: &State<N>) -> Self {
        Self {
            had: start.servers.map(|server| server.credentials),
            broken: Broken::default(),
        }
    }

    /// What is remembered after a step.
    #[must_use]
    pub fn after(self, step: &Step<'_, N>) -> Self {
        let mut had = self.had;
        for (had, server) in had.iter_mut().zip(&step.after.servers) {
            if server.credentials.has_data() {
                *had = server.credentials;
            }
        }
        Self {
            had,
            broken: self.broken.and(step.broken_rules()),
        }
    }

    /// Whether a step has broken this rule.
    #[must_use]
    pub fn contains(&self, rule: StepRule) -> bool {
        self.broken.contains(rule)
    }

    /// The best history that a quorum has, or had before it was lost. What the favourite of an
    /// oracle has alone is not counted.
    #[must_use]
    pub fn committed(&self, ensemble: &Ensemble<N>) -> Credentials {
        let is_committed = |&history: &Credentials| {
            let have = (0..N).filter(|&server| self.had[server] >= history);
            ensemble.has_quorum(have.collect(), false)
        };
        let committed = self.had.into_iter().filter(is_committed).max();
        committed.unwrap_or(Credentials::NO_DATA)
    }
}
