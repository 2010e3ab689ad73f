//! The catalogue as `list` prints it.

use crate::election;
use crate::election::catalogue::SCENARIOS;
use crate::election::faults::Faults;
use crate::election::mutants::{Mutant, UNMODELLED, Unmodelled};
use crate::election::scenario::Scenario;
use crate::establishment;
use crate::frame::claim::{Claim, Kind};
use crate::frame::figures::grouped;
use crate::frame::mutant;
use crate::frame::scenario::Scenario as _;
use crate::frame::subject::Subject;
use crate::models::entries;
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
    pub mutants: Vec<mutant::Entry>,
    /// Old bugs that are no mutants here.
    pub unmodelled: &'static [Unmodelled],
    /// The second model.
    pub establishment: Establishment,
}

/// Everything that can be checked of the second model.
#[derive(Clone, Debug, Serialize)]
pub struct Establishment {
    /// The scenarios.
    pub scenarios: &'static [establishment::scenario::Scenario],
    /// The properties.
    pub properties: Vec<Entry>,
    /// The mutants.
    pub mutants: Vec<mutant::Entry>,
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
            properties: entries_of(election::claims::claims::<3>(), &SCENARIOS, |it| it.name),
            mutants: entries::<Mutant>().collect(),
            unmodelled: UNMODELLED,
            establishment: Establishment::new(),
        }
    }
}

impl Establishment {
    fn new() -> Self {
        let scenarios = establishment::catalogue::SCENARIOS;
        let claims = establishment::claims::claims::<3>();
        Self {
            scenarios,
            properties: entries_of(claims, scenarios, |it| it.name),
            mutants: entries::<establishment::mutants::Mutant>().collect(),
        }
    }
}

/// The properties, each with the scenarios in which it is checked.
fn entries_of<S: Subject>(
    claims: Vec<Claim<S>>,
    scenarios: &[S::Scenario],
    name: fn(&S::Scenario) -> &'static str,
) -> Vec<Entry> {
    let entries = claims.into_iter().map(|claim| {
        let scenarios = scenarios.iter().filter(|it| (claim.applies)(it));
        let scenarios = scenarios.map(name).collect();
        Entry::new(claim.name, claim.statement, claim.kind, scenarios)
    });
    entries.collect()
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    fn new(
        name: &'static str,
        statement: &'static str,
        kind: Kind,
        scenarios: Vec<&'static str>,
    ) -> Self {
        let (expectation, witnesses) = match kind {
            Kind::Always { witnesses } => ("always", witnesses),
            Kind::Eventually { witnesses } => ("eventually", witnesses),
            Kind::Witness | Kind::Pitfall | Kind::EndlessPitfall => ("sometimes", &[][..]),
        };
        Self {
            name,
            statement,
            expectation,
            pitfall: matches!(kind, Kind::Pitfall | Kind::EndlessPitfall),
            witnesses,
            scenarios,
        }
    }

    /// What is printed where `of` scenarios could check it.
    fn write(&self, f: &mut fmt::Formatter<'_>, of: usize) -> fmt::Result {
        let Self {
            name,
            statement,
            expectation,
            ..
        } = self;
        writeln!(f, "  {expectation} {name}: {statement}")?;
        if !self.witnesses.is_empty() {
            writeln!(f, "    not vacuous: {}", self.witnesses.join(", "))?;
        }
        if self.pitfall {
            writeln!(f, "    The opposite sounds right and is false.")?;
        }
        if self.scenarios.len() < of {
            writeln!(f, "    checked in: {}", self.scenarios.join(", "))?;
        }
        Ok(())
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
            property.write(f, self.scenarios.len())?;
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
        self.establishment.fmt(f)
    }
}

impl fmt::Display for Establishment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nScenarios of the establishment")?;
        for scenario in self.scenarios {
            let (tier, states) = (scenario.tier.name(), grouped(scenario.unique_states));
            writeln!(f, "  {}: {}", scenario.name, scenario.covers)?;
            writeln!(f, "    tier {tier}, {states} unique states")?;
        }
        writeln!(f, "\nProperties of the establishment")?;
        for property in &self.properties {
            property.write(f, self.scenarios.len())?;
        }
        writeln!(f, "\nMutants of the establishment")?;
        for mutant in &self.mutants {
            writeln!(f, "  {mutant}")?;
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
