//! A mutant by its name, of whichever of the two models.

use clap::ValueEnum;
use fle_model::establishment::mutants as establishment;
use fle_model::mutants::Mutant;

/// A mutant of one of the two models.
#[derive(Clone, Copy)]
pub(crate) enum Broken {
    Election(Mutant),
    Establishment(establishment::Mutant),
}

impl Broken {
    pub(crate) fn all() -> Vec<Self> {
        let elections = Mutant::ALL.iter().copied().map(Self::Election);
        let establishments = establishment::Mutant::ALL.iter().copied();
        elections
            .chain(establishments.map(Self::Establishment))
            .collect()
    }
}

pub(crate) fn broken(name: &str) -> Result<Broken, String> {
    let of_election = Mutant::from_str(name, false).map(Broken::Election);
    of_election
        .or_else(|_| establishment::Mutant::from_str(name, false).map(Broken::Establishment))
        .map_err(|_| format!("there is no mutant {name}; `fle-model list` names them"))
}
