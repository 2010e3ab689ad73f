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
    pub scenarios: Vec<Scenario>,
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
    pub scenarios: Vec<establishment::scenario::Scenario>,
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
    /// Whether that is all of them.
    #[serde(skip)]
    pub everywhere: bool,
}

impl Catalogue {
    /// The catalogue.
    #[must_use]
    pub fn new() -> Self {
        // The number of servers is no matter here: nothing is run.
        Self {
            scenarios: SCENARIOS.to_vec(),
            properties: entries_of(election::claims::claims::<3>(), &SCENARIOS, |it| it.name),
            mutants: entries::<Mutant>().collect(),
            unmodelled: UNMODELLED,
            establishment: Establishment::new(),
        }
    }

    /// What has this text in its name. Old bugs have none.
    #[must_use]
    pub fn filtered(mut self, text: &str) -> Self {
        self.scenarios.retain(|it| it.name.contains(text));
        self.properties.retain(|it| it.name.contains(text));
        self.mutants.retain(|it| it.name.contains(text));
        self.unmodelled = &[];
        let second = &mut self.establishment;
        second.scenarios.retain(|it| it.name.contains(text));
        second.properties.retain(|it| it.name.contains(text));
        second.mutants.retain(|it| it.name.contains(text));
        self
    }

    /// All names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let second = &self.establishment;
        let scenarios = self.scenarios.iter().map(|it| it.name);
        let scenarios = scenarios.chain(second.scenarios.iter().map(|it| it.name));
        let properties = self.properties.iter().chain(&second.properties);
        let mutants = self.mutants.iter().chain(&second.mutants);
        scenarios
            .chain(properties.map(|it| it.name))
            .chain(mutants.map(|it| &*it.name))
    }
}

impl Establishment {
    fn new() -> Self {
        let scenarios = establishment::catalogue::SCENARIOS;
        let claims = establishment::claims::claims::<3>();
        Self {
            scenarios: scenarios.to_vec(),
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
        let applies = scenarios.iter().filter(|it| (claim.applies)(it));
        let names: Vec<_> = applies.map(name).collect();
        let (expectation, witnesses) = match claim.kind {
            Kind::Always { witnesses } => ("always", witnesses),
            Kind::Eventually { witnesses } => ("eventually", witnesses),
            Kind::Witness | Kind::Pitfall | Kind::EndlessPitfall => ("sometimes", &[][..]),
        };
        Entry {
            name: claim.name,
            statement: claim.statement,
            expectation,
            pitfall: matches!(claim.kind, Kind::Pitfall | Kind::EndlessPitfall),
            witnesses,
            everywhere: names.len() == scenarios.len(),
            scenarios: names,
        }
    });
    entries.collect()
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        if !self.everywhere {
            writeln!(f, "    checked in: {}", self.scenarios.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Catalogue {
    /// What there is, under headings; none for what there is nothing of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = &self.establishment;
        let sections = [
            ("Scenarios", lines(&self.scenarios, of_election)),
            ("Properties", lines(&self.properties, Entry::to_string)),
            ("Mutants", lines(&self.mutants, of_mutant)),
            (
                "Old bugs that are no mutants here",
                lines(self.unmodelled, of_old_bug),
            ),
            (
                "Scenarios of the establishment",
                lines(&second.scenarios, of_establishment),
            ),
            (
                "Properties of the establishment",
                lines(&second.properties, Entry::to_string),
            ),
            (
                "Mutants of the establishment",
                lines(&second.mutants, of_mutant),
            ),
        ];
        let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty());
        let sections = sections.map(|(heading, lines)| format!("{heading}\n{lines}"));
        f.write_str(&sections.collect::<Vec<_>>().join("\n"))
    }
}

/// What is printed of each of them.
fn lines<T>(all: &[T], print: fn(&T) -> String) -> String {
    all.iter().map(print).collect()
}

fn of_election(scenario: &Scenario) -> String {
    let Scenario { name, covers, .. } = scenario;
    format!("  {name}: {covers}\n    {}\n", bounds(scenario))
}

fn of_establishment(scenario: &establishment::scenario::Scenario) -> String {
    let (tier, states) = (scenario.tier.name(), grouped(scenario.unique_states));
    let (name, covers) = (scenario.name, scenario.covers);
    format!("  {name}: {covers}\n    tier {tier}, {states} unique states\n")
}

fn of_mutant(mutant: &mutant::Entry) -> String {
    format!("  {mutant}\n")
}

fn of_old_bug(bug: &Unmodelled) -> String {
    let Unmodelled {
        tickets,
        change,
        reason,
    } = bug;
    format!("  {tickets}: {change}\n    {reason}\n")
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
            seconds => format!(", at most {seconds} s on two cores"),
        },
    )
}
