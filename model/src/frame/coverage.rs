//! Which kinds of steps a search takes, and how often. What never happens is not checked, whatever
//! holds.
//!
//! A protocol says what kinds there are: its actions, and what can come of them, which is where its
//! rules part ways. Every step that leads from one state to another counts, also to one that was
//! met before.

use serde::{Deserialize, Serialize};

/// A kind of step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// What happens, in a few words.
    pub name: &'static str,
    /// Whether it is an action; else it is something that can come of one.
    pub is_action: bool,
}

/// The kinds of which one step is, by their places in the protocol's list: a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds(u64);

/// How many kinds a protocol can have.
const MOST: usize = 64;

/// How often each kind was taken, by its place.
pub(super) struct Counter([u64; MOST]);

/// A kind, and how often it was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// What happens.
    pub kind: String,
    /// Whether it is an action.
    pub action: bool,
    /// In how many steps.
    pub steps: u64,
}

impl Kinds {
    /// With the kind of this place.
    #[must_use]
    pub fn with(self, place: usize) -> Self {
        Self(self.0 | 1 << place)
    }
}

impl Counter {
    pub(super) fn new() -> Self {
        Self([0; MOST])
    }

    pub(super) fn count(&mut self, kinds: Kinds) {
        let mut rest = kinds.0;
        while rest != 0 {
            self.0[rest.trailing_zeros() as usize] += 1;
            rest &= rest - 1;
        }
    }

    /// With what another thread counted.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (sum, steps) in self.0.iter_mut().zip(other.0) {
            *sum += steps;
        }
        self
    }

    pub(super) fn taken(&self, kinds: &[Kind]) -> Vec<Taken> {
        let counted = kinds.iter().zip(self.0);
        let taken = counted.map(|(kind, steps)| Taken {
            kind: kind.name.to_owned(),
            action: kind.is_action,
            steps,
        });
        taken.collect()
    }
}

/// What was taken in two searches of one protocol together.
#[must_use]
pub fn add(a: &[Taken], b: &[Taken]) -> Vec<Taken> {
    let both = a.iter().zip(b);
    let sum = both.map(|(a, b)| Taken {
        steps: a.steps + b.steps,
        ..a.clone()
    });
    sum.collect()
}

/// What was taken in all of these searches, protocol by protocol.
#[must_use]
pub fn of_all<'a>(searches: impl IntoIterator<Item = &'a Vec<Taken>>) -> Vec<Vec<Taken>> {
    let mut protocols: Vec<Vec<Taken>> = Vec::new();
    for search in searches {
        let is_same = |known: &&mut Vec<Taken>| {
            let names = |taken: &[Taken]| -> Vec<_> {
                taken.iter().map(|taken| taken.kind.clone()).collect()
            };
            names(known) == names(search)
        };
        match protocols.iter_mut().find(is_same) {
            Some(known) => *known = add(known, search),
            None => protocols.push(search.clone()),
        }
    }
    protocols
}

/// The kinds that were taken in none of these searches.
#[must_use]
pub fn never<'a>(searches: impl IntoIterator<Item = &'a Vec<Taken>>) -> Vec<Taken> {
    let mut taken = of_all(searches).concat();
    taken.retain(|taken| taken.steps == 0);
    taken
}

/// A list of kinds: first the actions, then what can come of them.
macro_rules! kinds {
    ($what:literal; $($action:ident: $name:literal,)* ; $($outcome:ident: $comes:literal,)*) => {
        #[doc = $what]
        #[derive(Clone, Copy)]
        enum Happens {
            $($action,)*
            $($outcome,)*
        }

        /// All of them, in their order.
        pub(super) const KINDS: &[$crate::frame::coverage::Kind] = &[
            $($crate::frame::coverage::Kind { name: $name, is_action: true },)*
            $($crate::frame::coverage::Kind { name: $comes, is_action: false },)*
        ];
    };
}

pub(crate) use kinds;

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[Kind] = &[
        Kind {
            name: "asks",
            is_action: true,
        },
        Kind {
            name: "is answered",
            is_action: false,
        },
    ];

    #[test]
    fn each_kind_of_a_step_is_counted() {
        let asks = Kinds::default().with(0);
        let mut counter = Counter::new();
        for kinds in [asks, asks.with(1), Kinds::default()] {
            counter.count(kinds);
        }
        let twice = Counter::new().and(&counter).and(&counter);
        let steps = |counter: &Counter| -> Vec<_> {
            let taken = counter.taken(KINDS).into_iter();
            taken.map(|it| (it.kind, it.action, it.steps)).collect()
        };
        let [asks, answered] = ["asks", "is answered"].map(str::to_owned);
        assert_eq!(
            steps(&counter),
            [(asks.clone(), true, 2), (answered.clone(), false, 1)]
        );
        assert_eq!(steps(&twice), [(asks, true, 4), (answered, false, 2)]);
        let sum = add(&counter.taken(KINDS), &counter.taken(KINDS));
        assert_eq!(sum, twice.taken(KINDS));
    }

    /// Of two protocols, each of which asks.
    #[test]
    fn what_one_search_shows_another_need_not() {
        let taken = |steps: [u64; 2]| -> Vec<_> {
            let kinds = KINDS.iter().zip(steps);
            let taken = kinds.map(|(kind, steps)| Taken {
                kind: kind.name.to_owned(),
                action: kind.is_action,
                steps,
            });
            taken.collect()
        };
        let never = |searches: &[Vec<Taken>]| -> Vec<_> {
            let never = never(searches).into_iter();
            never.map(|taken| taken.kind).collect()
        };
        assert_eq!(never(&[taken([0, 1]), taken([1, 0])]), [""; 0]);
        assert_eq!(never(&[taken([1, 0]), taken([1, 0])]), ["is answered"]);
        let other = taken([0, 0])[..1].to_vec();
        assert_eq!(never(&[taken([1, 1]), other]), ["asks"]);
    }
}
