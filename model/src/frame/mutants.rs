//! Running a mutant until a property kills it.
//!
//! Where none does, the number of states may still tell it from the algorithm. That is other
//! evidence, which says that something is different and not that it is wrong: it is reported, and
//! kills nobody.

use super::any::AnyScenario;
use super::check::Options;
use super::counterexample::Counterexample;
use super::failure::Failure;
use super::figures::{collision, grouped};
use super::mutant::Entry;
use super::report::numbered;
use super::scenario::{About, Tier};
use serde::Serialize;
use std::fmt;

/// Scenarios with more states are left out, but for the one that is tried first: they take longer
/// than all others together.
const STATES: usize = 250_000;

/// What came of a mutant.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The mutant.
    #[serde(flatten)]
    pub entry: Entry,
    /// In how many scenarios it was run, the one that killed it included.
    pub scenarios: usize,
    /// How likely it is at most that a state was not looked at, where the mutant was not noticed,
    /// because another had its fingerprint.
    pub collision_probability: f64,
    /// How long the counterexample is.
    pub steps: Option<usize>,
    /// What killed it: the scenario, the property, and how it comes to fail.
    pub killed_by: Option<Counterexample>,
    /// The first scenario, of those that did not kill it, where the number of states tells it from
    /// the algorithm.
    pub counted: Option<Counted>,
}

/// A scenario in which a mutant comes to another number of states than the algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The scenario.
    pub scenario: &'static str,
    /// How many states there are with the mutant.
    pub states: usize,
    /// How many there are without.
    pub without: usize,
}

impl Outcome {
    /// Whether it was killed, unless it is known to survive.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.killed_by.is_some() == self.entry.survives.is_none()
    }

    /// What is not as expected, if anything is.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        let message = match &self.killed_by {
            _ if self.is_as_expected() => return None,
            Some(found) => format!("known to survive, and killed: {}", found.fails_in()),
            None => format!("survived in {} scenarios", self.scenarios),
        };
        Some(Failure {
            name: self.entry.name.clone(),
            message,
            counterexample: self.killed_by.as_ref().map(numbered),
        })
    }
}

/// Of these scenarios those that have the rule, broken: first the one to be tried first, then those
/// of tier `ci` that are small enough, from the smallest up.
pub fn in_order<'a>(
    mutant: &Entry,
    scenarios: impl IntoIterator<Item = &'a dyn AnyScenario>,
) -> Vec<Box<dyn AnyScenario>> {
    let is_first = |scenario: &dyn AnyScenario| scenario.about().name == mutant.tried_first;
    let is_small = |scenario: &dyn AnyScenario| {
        scenario.about().tier == Tier::Ci && scenario.about().unique_states <= STATES
    };
    let scenarios = scenarios.into_iter();
    let chosen = scenarios.filter(|&scenario| is_first(scenario) || is_small(scenario));
    let mut broken: Vec<_> = chosen
        .filter_map(|scenario| scenario.broken(&mutant.name))
        .collect();
    broken.sort_by_key(|it| (!is_first(&**it), it.about().unique_states));
    broken
}

/// Checks scenarios with this broken rule until a property fails.
#[must_use]
pub fn run(
    entry: Entry,
    scenarios: impl IntoIterator<Item = Box<dyn AnyScenario>>,
    options: Options,
) -> Outcome {
    let mut outcome = Outcome {
        entry,
        scenarios: 0,
        collision_probability: 0.0,
        steps: None,
        killed_by: None,
        counted: None,
    };
    for scenario in scenarios {
        let About {
            name,
            unique_states: without,
            ..
        } = scenario.about();
        let report = scenario.check(options, None);
        outcome.scenarios += 1;
        if let Some(found) = report.counterexamples().next() {
            outcome.steps = Some(found.story.steps.len());
            outcome.killed_by = Some(found.clone());
            break;
        }
        outcome.collision_probability += report.collision_probability;
        let states = report.unique_states;
        let counted = Counted {
            scenario: name,
            states,
            without,
        };
        outcome.counted = outcome.counted.or((states != without).then_some(counted));
    }
    outcome
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.entry.name;
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
        match &self.killed_by {
            Some(found) => found.story.fmt(f),
            None => {
                match &self.counted {
                    Some(counted) => writeln!(f, "    {counted}")?,
                    None => writeln!(f, "    no number of states tells it from the algorithm")?,
                }
                writeln!(f, "    {}", collision(self.collision_probability))
            }
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scenario,
            states,
            without,
        } = self;
        let [states, without] = [states, without].map(|&count| grouped(count));
        write!(
            f,
            "{scenario} has {states} states with it, and {without} without"
        )
    }
}
