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
use std::hash::{Hash, Hasher};

/// What is remembered of the way to a state.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
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

/// In one word: every transition has it hashed.
impl<const N: usize> Hash for Past<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { had, broken } = self;
        let word = had.iter().fold(u128::from(broken.bits()), |word, had| {
            word << 8 | u128::from(had.bits())
        });
        hasher.write_u128(word);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::system::{Change, assert_fingerprints_differ};

    const CHANGES: &[Change<Past<7>>] = &[
        ("nothing", |_| {}),
        ("had", |it| it.had[0] = Credentials::new(1, 1)),
        ("a later one", |it| it.had[0] = Credentials::new(2, 1)),
        ("of the last", |it| it.had[6] = Credentials::new(1, 1)),
        ("broken", |it| {
            it.broken = it.broken.with(StepRule::QuorumEvidence);
        }),
        ("the last rule", |it| {
            it.broken = it.broken.with(StepRule::EnsembleLasts);
        }),
    ];

    #[test]
    fn each_field_has_a_part_in_the_fingerprint() {
        let past = Past {
            had: [Credentials::NO_DATA; 7],
            broken: Broken::default(),
        };
        assert_fingerprints_differ(past, CHANGES);
    }
}
