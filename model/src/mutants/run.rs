//! Running a mutant until a property kills it.

use super::{Entry, Mutant};
use crate::catalogue::{SCENARIOS, Scenario, Tier};
use crate::check::{Options, check};
use crate::counterexample::Counterexample;
use crate::report::Report;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// Scenarios with more states are left out, but for the one that is tried first: they take longer than all others together.
const STATES: usize = 250_000;

/// What came of a mutant.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome<M = Mutant, C = Counterexample> {
    /// The mutant.
    #[serde(flatten)]
    pub entry: Entry<M>,
    /// In how many scenarios it was run, the one that killed it included.
    pub scenarios: usize,
    /// How long the counterexample is.
    pub steps: Option<usize>,
    /// What killed it: the scenario, the property, and how it comes to fail.
    pub killed_by: Option<C>,
}

/// A counterexample that kills a mutant.
pub trait Found: Clone {
    /// The property that fails, and the scenario in which it does.
    fn what_and_where(&self) -> (&str, &str);

    /// How many steps it takes.
    fn length(&self) -> usize;

    /// The steps in words.
    fn told(&self) -> String;

    /// What fails, where, and how soon.
    fn fails_in(&self) -> String {
        let ((property, scenario), steps) = (self.what_and_where(), self.length());
        format!("{property} fails in {scenario} within {steps} steps")
    }
}

impl Found for Counterexample {
    fn what_and_where(&self) -> (&str, &str) {
        (self.property, self.scenario)
    }

    fn length(&self) -> usize {
        self.story.steps.len()
    }

    fn told(&self) -> String {
        self.story.to_string()
    }
}

impl<M, C> Outcome<M, C> {
    /// Whether it was killed, unless it is known to survive.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.killed_by.is_some() == self.entry.survives.is_none()
    }
}

/// The scenario to be tried first, then those of tier `ci` that are small enough, from the smallest up.
#[must_use]
pub fn in_order(mutant: Mutant) -> Vec<&'static Scenario> {
    let first = mutant.entry().tried_first;
    let small = |scenario: &Scenario| scenario.tier == Tier::Ci && scenario.unique_states <= STATES;
    let chosen = SCENARIOS.iter();
    let chosen = chosen.filter(|scenario| scenario.name == first || small(scenario));
    let mut scenarios: Vec<_> = chosen.collect();
    scenarios.sort_by_key(|scenario| (scenario.name != first, scenario.unique_states));
    scenarios
}

/// Runs the mutant in one scenario after another until a property fails.
#[must_use]
pub fn run(mutant: Mutant, options: Options) -> Outcome {
    let scenarios = in_order(mutant).into_iter();
    run_in(mutant.entry(), scenarios, |scenario| {
        check(&scenario.mutated(mutant), options, None)
    })
}

/// Checks scenarios with the mutant of this entry until a property fails.
pub fn run_in<M, S, C: Found>(
    entry: Entry<M>,
    scenarios: impl IntoIterator<Item = S>,
    check: impl Fn(S) -> Report<C>,
) -> Outcome<M, C> {
    let mut outcome = Outcome {
        entry,
        scenarios: 0,
        steps: None,
        killed_by: None,
    };
    for scenario in scenarios {
        let report = check(scenario);
        outcome.scenarios += 1;
        if let Some(found) = report.counterexamples().next() {
            outcome.steps = Some(found.length());
            outcome.killed_by = Some(found.clone());
            break;
        }
    }
    outcome
}

impl<M: ValueEnum, C: Found> fmt::Display for Outcome<M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.entry.name();
        match (&self.killed_by, self.entry.survives) {
            (Some(found), None) => writeln!(f, "killed    {name}: {}", found.fails_in())?,
            (Some(found), Some(_)) => {
                let fails = found.fails_in();
                writeln!(f, "KILLED    {name}, which was known to survive: {fails}")?;
            }
            (None, Some(reason)) => writeln!(f, "survives as expected    {name}: {reason}")?,
            (None, None) => writeln!(f, "SURVIVED    {name}, in {} scenarios", self.scenarios)?,
        }
        writeln!(f, "    {}", self.entry)?;
        let told = self.killed_by.as_ref().map(Found::told);
        f.write_str(&told.unwrap_or_default())
    }
}
