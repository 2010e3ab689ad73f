//! The catalogue as `list` prints it.

use crate::catalogue::{SCENARIOS, Scenario};
use crate::establishment;
use crate::faults::Faults;
use crate::mutants::{self, Mutant, UNMODELLED, Unmodelled};
use crate::properties::{Claim, Kind, claims};
use crate::report::grouped;
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
    /// The scenarios of the establishment.
    pub establishment: &'static [establishment::catalogue::Scenario],
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
            scenarios: &SCENARIOS,
            properties: claims::<3>().into_iter().map(Entry::from).collect(),
            mutants: Mutant::ALL.iter().map(|mutant| mutant.entry()).collect(),
            unmodelled: UNMODELLED,
            establishment: establishment::catalogue::SCENARIOS,
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
        writeln!(f, "\nScenarios of the establishment")?;
        for scenario in self.establishment {
            let (tier, states) = (scenario.tier.name(), grouped(scenario.unique_states));
            writeln!(f, "  {}: {}", scenario.name, scenario.covers)?;
            writeln!(f, "    tier {tier}, {states} unique states")?;
        }
        Ok(())
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
        "tier {}, {} servers, {}, {}, {} choices of credentials, {} starting rounds, faults: {}; {} initial states, {} unique states{}",
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
        match scenario.seconds {
            0 => String::new(),
            seconds => format!(", {seconds} s on two cores"),
        },
    )
}
