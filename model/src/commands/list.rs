//! `fle-model list`: what there is to check.

use super::output::{JsonFile, print};
use fle_model::listing::Catalogue;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct List {
    /// Write the catalogue as JSON to this file instead, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl List {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let catalogue = Catalogue::new();
        match self.json {
            Some(file) => JsonFile::create(file)?.write(&catalogue)?,
            None => print(&catalogue.to_string())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
