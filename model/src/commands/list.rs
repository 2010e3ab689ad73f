//! `fle-model list`: what there is to check.

use super::near::or_near;
use super::output::{JsonFile, print};
use fle_model::listing::Catalogue;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct List {
    /// Only scenarios, properties and mutants that have this in their name.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write the catalogue as JSON to this file instead, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl List {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let catalogue = match self.filter {
            Some(text) => filtered(&text)?,
            None => Catalogue::new(),
        };
        match self.json {
            Some(file) => JsonFile::create(file)?.write(&catalogue)?,
            None => print(&catalogue.to_string())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn filtered(text: &str) -> Result<Catalogue, String> {
    let all = Catalogue::new();
    let known: Vec<_> = all.names().map(str::to_owned).collect();
    let filtered = all.filtered(text);
    if filtered.names().next().is_some() {
        return Ok(filtered);
    }
    let wrong = format!("there is no name with “{text}” in it");
    Err(or_near(&wrong, text, known.into_iter()))
}
