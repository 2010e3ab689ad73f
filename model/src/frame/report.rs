//! What came of checking a scenario: written as JSON, read back, printed.
//!
//! Reports of shards are read back to be merged ([`super::merge`]). Their counterexamples are then
//! only to be told again, so they are kept as they are written ([`Kept`]).

use super::counterexample::Counterexample;
use super::coverage::Taken;
use super::figures::{collision, grouped};
use super::shard::Shard;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// Why a property is not judged, and what to do about it.
pub(super) const NOT_JUDGED: &str = "what must hold eventually is not judged by a search in a \
    store, which records no runs; `check` without --store does";

/// What came of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report<C = Counterexample> {
    /// The scenario's name.
    pub scenario: String,
    /// What it covers.
    pub covers: String,
    /// The mutant that was checked instead of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// Which part of its initial states was searched.
    pub shard: Shard,
    /// The shards that this report was merged from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// How many initial states that is.
    pub initial_states: usize,
    /// Whether every state that can be reached from them was visited.
    pub exhausted: bool,
    /// How many different states were visited. Merged, states that several shards visited count
    /// several times.
    pub unique_states: usize,
    /// How many it must be, for a run that is whole.
    pub pinned_unique_states: Option<usize>,
    /// The file that says how many, from the workspace on.
    #[serde(default)]
    pub pinned_in: String,
    /// How many it must be for all shards together.
    pub whole: Whole,
    /// How many states were generated, repetitions included.
    pub generated_states: usize,
    /// The longest way that was taken to a new state, in states. With more than one thread it may
    /// differ from run to run.
    pub depth: usize,
    /// How long the exhaustive search took. Merged, the sum: how long one machine would have taken.
    pub seconds: f64,
    /// Unique states a second.
    pub states_per_second: f64,
    /// The search for fair runs, where there is a property to be had eventually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Liveness>,
    /// The process's peak memory so far, where the system tells (`VmHWM`). Merged, that of the
    /// largest.
    pub peak_memory_bytes: Option<u64>,
    /// How likely it is at most that two states had one fingerprint, so that one of them was never
    /// looked at.
    #[serde(default)]
    pub collision_probability: f64,
    /// How often each kind of step was taken.
    #[serde(default)]
    pub coverage: Vec<Taken>,
    /// A row for each property.
    pub properties: Vec<Row<C>>,
}

/// What the shards of a run must come to together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// How many different states the whole run visits; `None` for a mutant, which is not pinned.
    pub pinned_unique_states: Option<usize>,
    /// Whether no state can be reached from two initial states, so that the shards' numbers add up
    /// to that of the whole. If not, their sum is an upper bound.
    pub disjoint: bool,
}

/// The shards of a merged report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    /// How many.
    pub shards: usize,
    /// How long the longest search took: all of it, if they ran at the same time.
    pub longest_seconds: f64,
}

/// What the search for fair runs took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Liveness {
    /// How many states its graph has: as many as were visited.
    pub states: usize,
    /// How many transitions lead from one to another.
    pub transitions: usize,
    /// How long it took.
    pub seconds: f64,
}

/// What came of a property.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row<C = Counterexample> {
    /// The property's name.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The counterexample, where the property is violated.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<C>,
}

/// What can come of a property. The order is that of merging: the greatest verdict of the shards is
/// that of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds in every state, or in every fair run from some moment on.
    Holds,
    /// No random walk came to a state in which it does not hold. Others may.
    NotViolated,
    /// It does not happen in this part of the initial states; another may show it.
    NotInThisShard,
    /// It never happens, and should.
    NeverSeen,
    /// The search stopped at another property's counterexample, or at the bounds of the scenario or
    /// of a mutant.
    Undecided,
    /// It is a property of fair runs, and the search was one in a store, which does not record
    /// them.
    NotJudged,
    /// It was seen to happen, as it should.
    Seen,
    /// There is a state in which it does not hold, or a fair run in which it fails again and again.
    Violated,
}

impl Verdict {
    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::NotViolated => "not violated",
            Self::NotInThisShard => "not in this shard",
            Self::NeverSeen => "NEVER SEEN",
            Self::Undecided => "undecided",
            Self::NotJudged => "NOT JUDGED",
            Self::Seen => "seen",
            Self::Violated => "VIOLATED",
        }
    }

    /// Whether it leaves open what holds.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Undecided | Self::NotInThisShard)
    }

    /// Whether it fails the check.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Violated | Self::NeverSeen | Self::NotJudged)
    }
}

/// A counterexample read back from a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    beginning: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<String>,
    steps: Vec<KeptStep>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptStep {
    told: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What can be told in sentences.
pub trait Tell {
    /// How it begins.
    fn beginning(&self) -> &str;

    /// What happens then, step by step.
    fn steps(&self) -> impl Iterator<Item = &str>;

    /// How it goes on, if it never ends.
    fn ending(&self) -> Option<&str>;
}

impl Tell for Counterexample {
    fn beginning(&self) -> &str {
        &self.story.beginning
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.story.steps.iter().map(|step| &*step.told)
    }

    fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
    }
}

impl Tell for Kept {
    fn beginning(&self) -> &str {
        &self.beginning
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| &*step.told)
    }

    fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
    }
}

impl<C> Report<C> {
    /// The scenario, and the mutant if it is one.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.mutant {
            Some(mutant) => format!("{}, mutant {mutant}", self.scenario),
            None => self.scenario.clone(),
        }
    }

    /// Whether all is as it should be.
    #[must_use]
    pub fn passed(&self) -> bool {
        let failed = |row: &Row<C>| row.verdict.is_failure();
        self.searched() && !self.properties.iter().any(failed) && !self.pin_differs()
    }

    /// Whether as much was searched as there was to search.
    #[must_use]
    pub fn searched(&self) -> bool {
        self.exhausted || self.mutant.is_some()
    }

    /// Whether the number of states cannot be the pinned one.
    #[must_use]
    pub fn pin_differs(&self) -> bool {
        let differs = |pinned| {
            if self.merged.is_none() || self.whole.disjoint {
                self.unique_states != pinned
            } else {
                self.unique_states < pinned
            }
        };
        self.exhausted && self.pinned_unique_states.is_some_and(differs)
    }

    /// The counterexamples to the properties that were violated.
    pub fn counterexamples(&self) -> impl Iterator<Item = &C> {
        let rows = self.properties.iter();
        rows.filter_map(|row| row.counterexample.as_ref())
    }
}

impl<C: Tell> fmt::Display for Report<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.title(), self.covers)?;
        for row in &self.properties {
            write!(f, "{row}")?;
        }
        self.write_search(f)?;
        if let Some(liveness) = self.liveness {
            writeln!(
                f,
                "  fair runs: {} states, {} transitions, searched in {:.1} s",
                grouped(liveness.states),
                grouped(liveness.transitions),
                liveness.seconds,
            )?;
        }
        self.write_pin(f)?;
        self.write_not_judged(f)
    }
}

impl<C> Report<C> {
    /// What the search took.
    fn write_search(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let searched = if self.exhausted {
            "exhausted"
        } else if self.counterexamples().next().is_some() {
            "stopped at a counterexample"
        } else {
            "stopped at the bounds of the scenario or of a mutant"
        };
        write!(
            f,
            "  {searched}: {} initial states, {} unique states, {} generated, depth {}\n  \
             searched in {:.1} s",
            self.initial_states,
            grouped(self.unique_states),
            grouped(self.generated_states),
            self.depth,
            self.seconds,
        )?;
        if let Some(merged) = self.merged {
            let (shards, longest) = (merged.shards, merged.longest_seconds);
            write!(f, " in {shards} shard(s), the longest {longest:.1} s")?;
        }
        write!(f, ", {:.0} unique states/s", self.states_per_second)?;
        if let Some(bytes) = self.peak_memory_bytes {
            let whose = match self.merged {
                Some(_) => "of the largest process",
                None => "of the process so far",
            };
            write!(f, "\n  peak memory {whose} {} MiB", bytes / (1024 * 1024))?;
        }
        writeln!(f, "\n  {}", collision(self.collision_probability))
    }

    /// How the number of states stands to the pinned one, where that is worth a word.
    fn write_pin(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(failure) = self.pin_failure() {
            return writeln!(f, "  FAILED: {failure}");
        }
        match self.pinned_unique_states {
            Some(pinned) if self.merged.is_some() && !self.whole.disjoint => writeln!(
                f,
                "  Shards of this scenario can visit the same states, so these are at most {}; {} \
                 are pinned, and only a run of the whole can tell whether it is so many.",
                grouped(self.unique_states),
                grouped(pinned),
            ),
            _ => Ok(()),
        }
    }

    /// Why a property is not judged, if one is not.
    fn write_not_judged(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut verdicts = self.properties.iter().map(|row| row.verdict);
        match verdicts.any(|verdict| verdict == Verdict::NotJudged) {
            true => writeln!(f, "  FAILED: {NOT_JUDGED}"),
            false => Ok(()),
        }
    }

    /// What to do about a number of states that cannot be the pinned one.
    #[must_use]
    pub fn pin_failure(&self) -> Option<String> {
        let pinned = self.pinned_unique_states.filter(|_| self.pin_differs())?;
        let (pinned, found) = (grouped(pinned), grouped(self.unique_states));
        Some(format!(
            "{pinned} unique states are pinned. If the model was meant to change, pin {found} in {}, \
             correct the totals in model/RESULTS.md (`cargo test -p fle-model --test results` says \
             them), and say in the commit what moved it; if not, look for what did.",
            self.pinned_in
        ))
    }
}

impl<C: Tell> fmt::Display for Row<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<10} {}", self.verdict.name(), self.name)?;
        let Some(counterexample) = &self.counterexample else {
            return Ok(());
        };
        f.write_str(&numbered(counterexample))
    }
}

/// A counterexample step by step.
pub(crate) fn numbered(counterexample: &impl Tell) -> String {
    let lines = std::iter::once(counterexample.beginning()).chain(counterexample.steps());
    let lines = lines.enumerate();
    let mut text: String = lines
        .map(|(number, line)| format!("    {number:>3}. {line}\n"))
        .collect();
    if let Some(how) = counterexample.ending() {
        text += &format!("    {how}\n");
    }
    text
}
