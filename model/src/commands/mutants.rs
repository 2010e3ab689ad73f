//! `fle-model mutants`: the power of the checker.

use super::all_processors;
use super::broken::{Broken, broken};
use super::output::{JsonFile, print};
use fle_model::check::Options;
use fle_model::establishment::{check::Counterexample, mutants as establishment};
use fle_model::mutants::{self, run};
use fle_model::shard::Shard;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Mutants {
    /// The mutants to run; without any, all of both models.
    #[arg(value_name = "NAME", value_parser = broken)]
    mutants: Vec<Broken>,
    /// Also write what came of them as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What came of a mutant of one of the two models.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Election(mutants::Outcome),
    Establishment(mutants::Outcome<establishment::Mutant, Counterexample>),
}

impl Outcome {
    fn is_killed(&self) -> bool {
        match self {
            Self::Election(outcome) => outcome.killed_by.is_some(),
            Self::Establishment(outcome) => outcome.killed_by.is_some(),
        }
    }

    fn is_as_expected(&self) -> bool {
        match self {
            Self::Election(outcome) => outcome.is_as_expected(),
            Self::Establishment(outcome) => outcome.is_as_expected(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Election(outcome) => outcome.fmt(f),
            Self::Establishment(outcome) => outcome.fmt(f),
        }
    }
}

impl Mutants {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let json = self.json.map(JsonFile::create).transpose()?;
        let text_wanted = !json.as_ref().is_some_and(JsonFile::is_standard_output);
        let options = Options {
            threads: all_processors(),
            shard: Shard::WHOLE,
        };
        let chosen = match &self.mutants[..] {
            [] => Broken::all(),
            named => named.to_vec(),
        };
        let mut outcomes = Vec::new();
        for mutant in chosen {
            let outcome = match mutant {
                Broken::Election(mutant) => Outcome::Election(run(mutant, options)),
                Broken::Establishment(mutant) => {
                    Outcome::Establishment(establishment::run(mutant, options))
                }
            };
            if text_wanted {
                print(&outcome.to_string())?;
            }
            outcomes.push(outcome);
        }
        if text_wanted {
            print(&summary(&outcomes))?;
        }
        let all_well = outcomes.iter().all(Outcome::is_as_expected);
        if let Some(json) = json {
            json.write(&outcomes)?;
        }
        Ok(ExitCode::from(u8::from(!all_well)))
    }
}

fn summary(outcomes: &[Outcome]) -> String {
    let count =
        |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let unexpected = count(|outcome| !outcome.is_as_expected());
    format!(
        "{} mutant(s) run: {} killed, {} survived; {unexpected} not as expected\n",
        outcomes.len(),
        count(Outcome::is_killed),
        count(|outcome| !outcome.is_killed()),
    )
}
