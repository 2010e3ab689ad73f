//! Random walks through scenarios too large to be exhausted, and what must hold on them.
//!
//! A walk that comes to a state in which something does not hold is a counterexample. It is
//! shortened: what can be left out of it, so that the rest is still a path to a state in which the
//! same does not hold, is left out. That no walk finds one proves nothing.
//!
//! Every walk has a seed of its own, the numbers from the first on, and needs no more memory than
//! its own steps.

use super::check::{row, violated};
use super::claim::{Checked, Claim, Kind};
use super::figures::{grouped, rate};
use super::progress::{Phase, Watch, Watcher};
use super::report::{Row, Verdict};
use super::scenario::{About, Scenario, Task};
use super::subject::{StateOf, Subject, Way};
use super::threads::on_threads;
use super::walk::{LONGEST, Walk};
use stateright::Model;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// How to walk.
pub struct Options<'a> {
    /// How many threads walk.
    pub threads: NonZeroUsize,
    /// The seed of the first walk; each further one has the next number.
    pub seed: u64,
    /// Asked before each walk, with how many have begun, whether there have been enough.
    pub enough: &'a (dyn Fn(u64) -> bool + Sync),
}

/// What came of the walks.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The scenario's name.
    pub scenario: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// How many walks were taken.
    pub walks: usize,
    /// How many of them ended where nothing more can happen.
    pub ended: usize,
    /// How many were cut off after [`LONGEST`] steps.
    pub cut_off: usize,
    /// How many steps they took.
    pub steps: usize,
    /// How long they took.
    pub seconds: f64,
    /// A row for each property that must always hold.
    pub properties: Vec<Row>,
    /// The walk that found a violation: of all that did, the one with the first seed.
    pub found: Option<Found>,
}

/// The walk that found a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its seed: with it the first walk is this one.
    pub seed: u64,
    /// How many steps it took to the violation.
    pub steps: usize,
}

impl Simulation {
    /// Whether nothing was found.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.found.is_none()
    }
}

/// Walks through the scenario until there have been enough walks, or one finds a violation.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn simulate<C: Scenario>(
    scenario: &C,
    options: &Options<'_>,
    watcher: Option<Watcher<'_>>,
) -> Simulation {
    let watch = Watch(watcher);
    scenario.run(Simulate { options, watch })
}

struct Simulate<'a, 'w> {
    options: &'a Options<'a>,
    watch: Watch<'w>,
}

impl<C: Scenario> Task<C> for Simulate<'_, '_> {
    type Output = Simulation;

    fn run<const N: usize>(self, scenario: &C) -> Simulation {
        let mut claims = scenario.claims::<N>();
        claims.retain(|claim| matches!(claim.kind, Kind::Always { .. }));
        let checked = scenario.checked(|_| true, claims);
        simulate_checked(scenario, &checked, self.options, self.watch)
    }
}

/// The same for a system of the scenario with any properties, each of them read as one that must
/// always hold.
pub fn simulate_checked<C: Scenario, S: Subject<Scenario = C>>(
    scenario: &C,
    system: &Checked<S>,
    options: &Options<'_>,
    mut watch: Watch<'_>,
) -> Simulation {
    let start = Instant::now();
    let tally = Tally::new();
    let progress = || Phase::Walks {
        walks: tally.walks.load(Ordering::Relaxed),
        steps: tally.steps.load(Ordering::Relaxed),
    };
    watch.during(progress, || {
        on_threads(options.threads.get(), &|_| tally.walk(system, options));
    });
    let seconds = start.elapsed().as_secs_f64();
    let violation = tally.violation.into_inner().expect("no walker panicked");
    let judged = system.claims.iter().map(|claim| match &violation {
        Some(violation) if !(claim.condition)(system, &violation.end) => {
            let way = violation.shortened(system, claim);
            violated(scenario, claim, system, &way)
        }
        _ => row(claim, Verdict::NotViolated),
    });
    let About { name, covers, .. } = scenario.about();
    Simulation {
        scenario: name,
        covers,
        walks: tally.walks.into_inner(),
        ended: tally.ended.into_inner(),
        cut_off: tally.cut_off.into_inner(),
        steps: tally.steps.into_inner(),
        seconds,
        properties: judged.collect(),
        found: violation.map(|violation| Found {
            seed: options.seed.wrapping_add(violation.walk),
            steps: violation.actions.len(),
        }),
    }
}

/// What the walkers came to so far.
struct Tally<S: Subject> {
    begun: AtomicU64,
    walks: AtomicUsize,
    ended: AtomicUsize,
    cut_off: AtomicUsize,
    steps: AtomicUsize,
    violation: Mutex<Option<Violation<S>>>,
}

/// A way to a state in which something does not hold.
struct Violation<S: Subject> {
    /// The number of the walk, from 0.
    walk: u64,
    start: S::State,
    actions: Vec<S::Action>,
    end: StateOf<S>,
}

impl<S: Subject> Tally<S> {
    fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            walks: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            cut_off: AtomicUsize::new(0),
            steps: AtomicUsize::new(0),
            violation: Mutex::new(None),
        }
    }

    /// One thread's walks, one after another. When one has found a violation, those that began
    /// before it still end, so that the first of all is found whatever the number of threads.
    fn walk(&self, system: &Checked<S>, options: &Options<'_>) {
        loop {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            if self.found_before(number) || (options.enough)(number) {
                return;
            }
            let mut walk = Walk::new(system, options.seed.wrapping_add(number));
            let start = walk.state().state;
            let mut actions = Vec::new();
            while all_hold(system, walk.state())
                && let Some((action, _)) = walk.next()
            {
                actions.push(action);
            }
            self.walks.fetch_add(1, Ordering::Relaxed);
            self.steps.fetch_add(actions.len(), Ordering::Relaxed);
            let end = *walk.state();
            if !all_hold(system, &end) {
                self.note(Violation {
                    walk: number,
                    start,
                    actions,
                    end,
                });
            } else if actions.len() < LONGEST {
                self.ended.fetch_add(1, Ordering::Relaxed);
            } else {
                self.cut_off.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Whether a walk of a lower number has found a violation.
    fn found_before(&self, number: u64) -> bool {
        is_before(&self.violation.lock().expect("no walker panicked"), number)
    }

    /// Keeps the violation if it is the first.
    fn note(&self, found: Violation<S>) {
        let mut first = self.violation.lock().expect("no walker panicked");
        if !is_before(&first, found.walk) {
            *first = Some(found);
        }
    }
}

fn is_before<S: Subject>(violation: &Option<Violation<S>>, number: u64) -> bool {
    violation
        .as_ref()
        .is_some_and(|violation| violation.walk < number)
}

fn all_hold<S: Subject>(system: &Checked<S>, state: &StateOf<S>) -> bool {
    let mut claims = system.claims.iter();
    claims.all(|claim| (claim.condition)(system, state))
}

impl<S: Subject> Violation<S> {
    /// The way without what can be left out of it: first half of it at a time, in the end any
    /// single step.
    fn shortened(&self, system: &Checked<S>, claim: &Claim<S>) -> Way<S> {
        let mut actions = self.actions.clone();
        let mut size = actions.len();
        while size > 0 {
            let before = actions.len();
            let mut from = 0;
            while from < actions.len() {
                let mut rest = actions.clone();
                rest.drain(from..actions.len().min(from + size));
                match self.steps_to_failure(system, claim, &rest) {
                    Some(steps) => {
                        rest.truncate(steps);
                        actions = rest;
                    }
                    None => from += size,
                }
            }
            // What single steps could not be left out of may have changed.
            if size > 1 || actions.len() == before {
                size /= 2;
            }
        }
        Way::taken(&system.system, self.start, &actions).expect("it was walked")
    }

    /// After how many of these actions the property does not hold; `None` if they are not a path to
    /// where it does not.
    fn steps_to_failure(
        &self,
        system: &Checked<S>,
        claim: &Claim<S>,
        actions: &[S::Action],
    ) -> Option<usize> {
        let mut state = system.begin(self.start);
        let mut possible = Vec::new();
        for (steps, action) in actions.iter().enumerate() {
            if !(claim.condition)(system, &state) {
                return Some(steps);
            }
            possible.clear();
            system.actions(&state, &mut possible);
            if !possible.contains(action) {
                return None;
            }
            state = system.next_state(&state, *action)?;
        }
        (!(claim.condition)(system, &state)).then_some(actions.len())
    }
}

impl fmt::Display for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.scenario, self.covers)?;
        for row in &self.properties {
            write!(f, "{row}")?;
        }
        writeln!(
            f,
            "  {} walks, {} to where nothing more can happen, {} cut off after {} steps, {} to a violation; {} steps in {:.1} s, {:.0} \
             steps/s",
            grouped(self.walks),
            grouped(self.ended),
            grouped(self.cut_off),
            grouped(LONGEST),
            self.walks - self.ended - self.cut_off,
            grouped(self.steps),
            self.seconds,
            rate(self.steps, self.seconds),
        )?;
        let Some(Found { seed, steps }) = self.found else {
            return Ok(());
        };
        writeln!(
            f,
            "  found by the walk of seed {seed} after {steps} steps; --seed {seed} begins with it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::election::catalogue;
    use crate::election::claims::Claim;
    use crate::election::system::System;
    use stateright::Path;

    /// False: one may lead.
    const NOBODY_LEADS: Claim<3> = Claim {
        name: "nobody leads",
        statement: "No server is LEADING.",
        kind: Kind::Always { witnesses: &[] },
        applies: |_| true,
        condition: |_, state| (0..3).all(|server| state.leader_of(server) != Some(server)),
    };

    fn system() -> Checked<System<3>> {
        let scenario = catalogue::find("fault-free").expect("a scenario");
        scenario.checked(|_| true, vec![NOBODY_LEADS])
    }

    fn violation(system: &Checked<System<3>>, seed: u64) -> Violation<System<3>> {
        let mut walk = Walk::new(system, seed);
        let start = walk.state().state;
        let actions = walk.by_ref().map(|(action, _)| action).collect();
        let end = *walk.state();
        Violation {
            walk: seed,
            start,
            actions,
            end,
        }
    }

    #[test]
    fn the_violation_of_the_lowest_number_is_kept() {
        let system = system();
        let tally = Tally::new();
        for (number, first) in [(5, 5), (7, 5), (3, 3), (4, 3)] {
            tally.note(violation(&system, number));
            assert!(!tally.found_before(first));
            assert!(tally.found_before(first + 1));
        }
    }

    #[test]
    fn no_step_can_be_left_out_of_what_has_been_shortened() {
        let system = system();
        let fails = |state: &StateOf<System<3>>| !(NOBODY_LEADS.condition)(&system, state);
        for seed in 0..20 {
            let long = violation(&system, seed);
            let short = long.shortened(&system, &NOBODY_LEADS);
            let actions: Vec<_> = short.actions().collect();
            let states = |actions: &[_]| {
                let start = system.begin(long.start);
                let path = Path::from_actions(&system, start, actions);
                path.map(Path::into_states).unwrap_or_default()
            };
            assert!(states(&actions).last().is_some_and(fails));
            assert!(actions.len() <= long.actions.len());
            for left_out in 0..actions.len() {
                let mut rest = actions.clone();
                rest.remove(left_out);
                let fails = states(&rest).iter().any(fails);
                assert!(!fails, "seed {seed}, step {left_out}");
            }
        }
    }
}
