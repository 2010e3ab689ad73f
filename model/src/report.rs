//! What `check` and `list` print.

use crate::catalogue::{SCENARIOS, Scenario};
use crate::check::{Report, Row, Verdict};
use crate::faults::Faults;
use crate::mutants::{self, Mutant, UNMODELLED, Unmodelled};
use crate::properties::{Claim, Kind, claims};
use serde::Serialize;
use std::fmt;

/// Everything that can be checked.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue {
    /// The scenarios.
    pub scenarios: &'static [Scenario],
    /// The properties.
    pub properties: Vec<Entry>,
    /// The mutants.
    pub mutants: Vec<mutants::Entry>,
    /// Old bugs that are no mutants here.
    pub unmodelled: &'static [Unmodelled],
}

/// A property as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// `always`, `eventually` or `sometimes`.
    pub expectation: &'static str,
    /// Whether the opposite sounds right and is false.
    pub pitfall: bool,
    /// The properties that show it is not vacuous.
    pub witnesses: &'static [&'static str],
    /// In which scenarios it is checked.
    pub scenarios: Vec<&'static str>,
}

impl Catalogue {
    /// The catalogue.
    #[must_use]
    pub fn new() -> Self {
        // The number of servers is no matter here: nothing is run.
        Self {
            scenarios: SCENARIOS,
            properties: claims::<3>().into_iter().map(Entry::from).collect(),
            mutants: Mutant::ALL.iter().map(|mutant| mutant.entry()).collect(),
            unmodelled: UNMODELLED,
        }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> From<Claim<N>> for Entry {
    fn from(claim: Claim<N>) -> Self {
        let (expectation, witnesses) = match claim.kind {
            Kind::Always { witnesses } => ("always", witnesses),
            Kind::Eventually { witnesses } => ("eventually", witnesses),
            Kind::Witness | Kind::Pitfall | Kind::EndlessPitfall => ("sometimes", &[][..]),
        };
        Self {
            name: claim.name,
            statement: claim.statement,
            expectation,
            pitfall: matches!(claim.kind, Kind::Pitfall | Kind::EndlessPitfall),
            witnesses,
            scenarios: SCENARIOS
                .iter()
                .filter(|scenario| (claim.applies)(scenario))
                .map(|scenario| scenario.name)
                .collect(),
        }
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Scenarios")?;
        for scenario in self.scenarios {
            writeln!(f, "  {}: {}", scenario.name, scenario.covers)?;
            writeln!(f, "    {}", bounds(scenario))?;
        }
        writeln!(f, "\nProperties")?;
        for property in &self.properties {
            writeln!(
                f,
                "  {} {}: {}",
                property.expectation, property.name, property.statement
            )?;
            if !property.witnesses.is_empty() {
                writeln!(f, "    not vacuous: {}", property.witnesses.join(", "))?;
            }
            if property.pitfall {
                writeln!(f, "    The opposite sounds right and is false.")?;
            }
            if property.scenarios.len() < self.scenarios.len() {
                writeln!(f, "    checked in: {}", property.scenarios.join(", "))?;
            }
        }
        writeln!(f, "\nMutants")?;
        for mutant in &self.mutants {
            writeln!(f, "  {mutant}")?;
        }
        writeln!(f, "\nOld bugs that are no mutants here")?;
        for Unmodelled {
            tickets,
            change,
            reason,
        } in self.unmodelled
        {
            writeln!(f, "  {tickets}: {change}\n    {reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.scenario, self.covers)?;
        for row in &self.properties {
            write!(f, "{row}")?;
        }
        let searched = if self.exhausted {
            "exhausted"
        } else if self.counterexamples().next().is_some() {
            "stopped at a counterexample"
        } else {
            "stopped at the bounds of a mutant"
        };
        write!(
            f,
            "  {searched}: {} initial states, {} unique states, {} generated, depth {}, {:.1} s, {:.0} unique states/s",
            self.initial_states,
            grouped(self.unique_states),
            grouped(self.generated_states),
            self.depth,
            self.seconds,
            self.states_per_second,
        )?;
        if let Some(bytes) = self.peak_memory_bytes {
            write!(
                f,
                ", peak memory of the process so far {} MiB",
                bytes / (1024 * 1024)
            )?;
        }
        writeln!(f)?;
        if let Some(liveness) = self.liveness {
            writeln!(
                f,
                "  fair runs searched: {} states, {} transitions, {:.1} s",
                grouped(liveness.states),
                grouped(liveness.transitions),
                liveness.seconds,
            )?;
        }
        if let Some(pinned) = self.pinned_unique_states.filter(|_| self.pin_differs()) {
            writeln!(
                f,
                "  FAILED: {} unique states are pinned. If the model was meant to change, pin {} in model/src/catalogue.rs and say in \
                 the commit what moved it; if not, look for what did.",
                grouped(pinned),
                grouped(self.unique_states),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Holds => "holds",
            Verdict::Violated => "VIOLATED",
            Verdict::Seen => "seen",
            Verdict::NeverSeen => "NEVER SEEN",
            Verdict::NotInThisShard => "not in this shard",
            Verdict::Undecided => "undecided",
        };
        writeln!(f, "  {verdict:<10} {}", self.name)?;
        self.counterexample
            .as_ref()
            .map_or(Ok(()), |found| write!(f, "{}", found.story))
    }
}

/// A scenario's bounds and what they come to.
fn bounds(scenario: &Scenario) -> String {
    let Faults {
        crashes,
        stops,
        wipes,
        breaks,
        losses,
    } = scenario.faults;
    let faults = [
        (crashes, "crash and restart"),
        (stops, "crash for good"),
        (wipes, "crash and loss of disk"),
        (breaks, "broken connection"),
        (losses, "spurious loss of leadership"),
    ];
    let faults = faults.into_iter().filter(|(budget, _)| *budget > 0);
    let faults = faults.map(|(budget, fault)| format!("{budget} {fault}"));
    let faults: Vec<_> = faults.collect();
    format!(
        "tier {}, {} servers, {}, {}, {} choices of credentials, {} starting rounds, faults: {}; {} initial states, {} unique states",
        scenario.tier.name(),
        scenario.servers,
        scenario.setting.name(),
        scenario.links.name(),
        scenario.credentials.len(),
        scenario.rounds,
        if faults.is_empty() {
            "none".to_owned()
        } else {
            faults.join(", ")
        },
        scenario.initial_states(),
        grouped(scenario.unique_states),
    )
}

/// The number with its digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
