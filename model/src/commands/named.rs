//! Scenarios and mutants, named on the command line.

use super::near::or_near;
use fle_model::frame::any::AnyScenario;
use fle_model::frame::mutant::Entry;
use fle_model::models;

/// A scenario of either protocol.
#[derive(Clone, Copy)]
pub(crate) struct Chosen(pub(crate) &'static dyn AnyScenario);

/// The scenario of this name.
pub(crate) fn scenario(name: &str) -> Result<Chosen, String> {
    models::find(name).map(Chosen).ok_or_else(|| {
        let known = models::scenarios().map(|it| it.about().name.to_owned());
        or_near("there is no such scenario", name, known)
    })
}

/// The mutant of this name.
pub(crate) fn mutant(name: &str) -> Result<Entry, String> {
    let mut mutants = models::mutants().into_iter();
    mutants.find(|mutant| mutant.name == name).ok_or_else(|| {
        let known = models::mutants().into_iter().map(|mutant| mutant.name);
        or_near("there is no such mutant", name, known)
    })
}
