//! The catalogue as `list` prints it.

use crate::catalogue::{SCENARIOS, Scenario};
use crate::properties::{Claim, Kind, Scope, claims};
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
    pub scope: Scope,
}

impl Catalogue {
    /// The catalogue.
    #[must_use]
    pub fn new() -> Self {
        // The number of servers is no matter here: nothing is run.
        Self {
            scenarios: SCENARIOS,
            properties: claims::<3>().into_iter().map(Entry::from).collect(),
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
            scope: claim.scope,
        }
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Scenarios")?;
        for scenario in self.scenarios {
            let Scenario {
                name,
                covers,
                servers,
                setting,
                epochs,
                zxids,
                rounds,
                ..
            } = scenario;
            writeln!(f, "  {name}: {covers}")?;
            writeln!(
                f,
                "    tier {}, {servers} servers, {}, epochs {epochs}, zxids {zxids}, starting rounds {rounds}, {} initial states, {} \
                 unique states",
                scenario.tier.name(),
                setting.name(),
                scenario.initial_states(),
                grouped(scenario.unique_states),
            )?;
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
            let place = match property.scope {
                Scope::Everywhere => continue,
                Scope::CredentialsDiffer => "servers may start with different credentials",
                Scope::RoundsDiffer => "servers may start in different rounds",
                Scope::Timely => "the setting is timely",
                Scope::TimelyOutOfStep => {
                    "the setting is timely and servers may start in different rounds"
                }
                Scope::OutOfStep => {
                    "the setting is asynchronous or servers may start in different rounds"
                }
                Scope::OutOfStepCredentialsDiffer => {
                    "the setting is asynchronous or servers may start in different rounds, and they may start with different credentials"
                }
            };
            writeln!(f, "    Checked where {place}.")?;
        }
        Ok(())
    }
}
