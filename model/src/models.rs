//! Both protocols together: every scenario, every mutant, by name.

use crate::frame::any::AnyScenario;
use crate::frame::mutant::{Entry, Mutant};
use crate::{election, establishment};
use clap::ValueEnum;

/// Every scenario: those of the election, then those of the establishment.
pub fn scenarios() -> impl Iterator<Item = &'static dyn AnyScenario> {
    let elections = election::catalogue::SCENARIOS.iter();
    let elections = elections.map(|it| it as &dyn AnyScenario);
    let establishments = establishment::catalogue::SCENARIOS.iter();
    elections.chain(establishments.map(|it| it as &dyn AnyScenario))
}

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn AnyScenario> {
    scenarios().find(|scenario| scenario.about().name == name)
}

/// Every mutant: those of the election, then those of the establishment.
#[must_use]
pub fn mutants() -> Vec<Entry> {
    let elections = entries::<election::mutants::Mutant>();
    elections
        .chain(entries::<establishment::mutants::Mutant>())
        .collect()
}

/// Every mutant of one protocol.
pub(crate) fn entries<M: Mutant>() -> impl Iterator<Item = Entry> {
    <M as ValueEnum>::value_variants()
        .iter()
        .map(|it| it.entry())
}
