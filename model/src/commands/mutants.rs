//! `fle-model mutants`: the power of the checker.

use super::all_processors;
use super::annotations::annotate;
use super::named::mutant;
use super::output::{JsonFile, print};
use fle_model::frame::check::Options;
use fle_model::frame::mutant::Entry;
use fle_model::frame::mutants::{Outcome, in_order, run};
use fle_model::frame::shard::Shard;
use fle_model::models;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Mutants {
    /// The mutants to run; without any, all of both protocols.
    #[arg(value_name = "NAME", value_parser = mutant)]
    mutants: Vec<Entry>,
    /// Also write what came of them as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Mutants {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let json = self.json.map(JsonFile::create).transpose()?;
        let text_wanted = !json.as_ref().is_some_and(JsonFile::is_standard_output);
        let options = Options {
            threads: all_processors(),
            shard: Shard::WHOLE,
        };
        let chosen = match self.mutants {
            none if none.is_empty() => models::mutants(),
            named => named,
        };
        let mut outcomes = Vec::new();
        for mutant in chosen {
            let scenarios = in_order(&mutant, models::scenarios());
            let outcome = run(mutant, scenarios, options);
            if text_wanted {
                print(&outcome.to_string())?;
            }
            if let Some(failure) = outcome.failure() {
                annotate("mutants", &failure);
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
        count(|outcome| outcome.killed_by.is_some()),
        count(|outcome| outcome.killed_by.is_none()),
    )
}
