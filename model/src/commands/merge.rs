//! `fle-model merge`: the reports of shards as one.

use super::output::Reports;
use fle_model::frame::merge::{merge, parse};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Merge {
    /// The files that `check --shard I/N --json FILE` wrote, all N of them, for any number of
    /// scenarios.
    #[arg(value_name = "REPORT", required = true)]
    files: Vec<PathBuf>,
    /// Also write the merged reports as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Merge {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let mut parts = Vec::new();
        for path in &self.files {
            parts.extend(parse(&path.display().to_string(), &read(path)?)?);
        }
        let merged = merge(parts)?;
        if merged.is_empty() {
            return Err("there is no report in these files".to_owned());
        }
        let mut reports = Reports::new(self.json)?;
        for report in merged {
            reports.add(report)?;
        }
        reports.finish(None)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
