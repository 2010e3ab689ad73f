//! The commands, and where they write.

pub(crate) mod lockstep;
pub(crate) mod reference;
pub(crate) mod replay;
pub(crate) mod validate;

use fle_model::election::catalogue::{self, SCENARIOS};
use fle_model::election::scenario::Scenario;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a command could not do its work.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The scenario of this name, for the command line.
fn scenario(name: &str) -> std::result::Result<&'static Scenario, String> {
    catalogue::find(name).ok_or_else(|| {
        let known: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("there is no such scenario; there are {}", known.join(", "))
    })
}

/// Where the text and the JSON of a result go.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// Writes the result as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Output {
    /// Whether the JSON goes to standard output.
    pub(crate) fn is_on_stdout(&self) -> bool {
        self.json.as_deref() == Some(Path::new("-"))
    }

    /// The file that the JSON goes to, if it goes to one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|_| !self.is_on_stdout())
    }

    /// Where the text goes: to standard output, unless the JSON does.
    pub(crate) fn text(&self) -> Box<dyn Write> {
        if self.is_on_stdout() {
            Box::new(io::stderr())
        } else {
            Box::new(io::stdout())
        }
    }

    /// Writes the JSON where it was asked for.
    pub(crate) fn json(&self, report: &impl Serialize) -> Result<()> {
        let Some(path) = &self.json else {
            return Ok(());
        };
        let mut out: Box<dyn Write> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let file = File::create(path);
            Box::new(file.map_err(|error| format!("{}: {error}", path.display()))?)
        };
        serde_json::to_writer_pretty(&mut out, report)?;
        writeln!(out)?;
        Ok(())
    }
}
