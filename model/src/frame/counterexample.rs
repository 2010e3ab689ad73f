//! A way to a state in which a property does not hold, or a run on which it fails again and again.

use super::claim::Claim;
use super::diagram::draw_story;
use super::mutant::Mutant as _;
use super::scenario::Scenario;
use super::story::{Recorded, Story};
use super::subject::{Subject, Way};
use serde::Serialize;

/// A way to a state in which a property does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Counterexample {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Which rule is broken, if any is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// The property's name.
    pub property: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How it goes on, if it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// The way.
    #[serde(flatten)]
    pub story: Story,
    /// The way as each server saw it; of one that never ends, once round. None where there is no
    /// format that could tell it.
    #[serde(skip)]
    pub recordings: Vec<Recorded>,
}

impl Counterexample {
    /// A way of the scenario's system on which the property fails: at its end, or again and again.
    #[must_use]
    pub fn new<C: Scenario, S: Subject<Scenario = C>>(
        scenario: &C,
        claim: &Claim<S>,
        system: &S,
        way: &Way<S>,
    ) -> Self {
        let story = system.story(way);
        Self {
            scenario: scenario.about().name,
            mutant: scenario.mutant().map(|mutant| mutant.name()),
            property: claim.name,
            statement: claim.statement,
            ending: story.goes_on(),
            story,
            recordings: system.record(way).unwrap_or_default(),
        }
    }

    /// The name of its files, without the extension.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let mutant = self.mutant.as_ref().map(|mutant| format!("{mutant}-"));
        let mutant = mutant.unwrap_or_default();
        format!("{mutant}{}-{}", self.scenario, self.property).replace(' ', "-")
    }

    /// What fails, where, and how soon.
    #[must_use]
    pub fn fails_in(&self) -> String {
        let (property, scenario, steps) = (self.property, self.scenario, self.story.steps.len());
        format!("{property} fails in {scenario} within {steps} steps")
    }

    /// The way as a diagram.
    #[must_use]
    pub fn svg(&self) -> String {
        let mutant = self.mutant.as_ref().map(|it| format!(", mutant {it}"));
        let of = format!("{}{}", self.scenario, mutant.unwrap_or_default());
        let title = format!("{of}: a counterexample to “{}”", self.property);
        draw_story(&title, self.statement, &self.story).to_string()
    }
}
