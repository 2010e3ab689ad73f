//! `fle-model mutants`: the power of the checker.

use super::all_processors;
use super::output::{JsonFile, print};
use fle_model::check::Options;
use fle_model::mutants::{Mutant, Outcome, run};
use fle_model::shard::Shard;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Mutants {
    /// The mutants to run; without any, all.
    #[arg(value_name = "NAME", value_enum, hide_possible_values = true)]
    mutants: Vec<Mutant>,
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
        let chosen = match &self.mutants[..] {
            [] => Mutant::ALL,
            named => named,
        };
        let mut outcomes = Vec::new();
        for &mutant in chosen {
            let outcome = run(mutant, options);
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
        count(|outcome| outcome.killed_by.is_some()),
        count(|outcome| outcome.killed_by.is_none()),
    )
}
