//! Folders for stores, and searches in them.

use fle_model::frame::any::AnyScenario;
use fle_model::frame::check::Options;
use fle_model::frame::report::Report;
use fle_model::frame::shard::Shard;
use fle_model::frame::store::{Limits, Problem, Store};
use fle_model::models;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Two threads, and all of it.
pub(crate) const OPTIONS: Options = Options {
    threads: NonZeroUsize::MIN.saturating_add(1),
    shard: Shard::WHOLE,
};

/// So narrow that a small search has many chunks, many runs, and more of them than are merged.
pub(crate) const NARROW: Limits = Limits {
    chunk_from: 40,
    chunk_to: 60,
    gathered: 4_000,
    merged: 3,
    recent: 64,
};

/// A folder that goes with the test. Where memory can be one, no disk is waited for.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => TempDir::new_in(memory),
        false => TempDir::new(),
    };
    folder.expect("a folder")
}

pub(crate) fn scenario(name: &str) -> &'static dyn AnyScenario {
    models::find(name).expect("it is in the catalogue")
}

/// Within narrow limits.
pub(crate) fn check_in(folder: &Path, scenario: &dyn AnyScenario) -> Result<Report, Problem> {
    let limits = NARROW;
    scenario.check_in_store(Store { folder, limits }, OPTIONS, None)
}

/// `check` with a store in this folder.
pub(crate) fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command
        .arg("check")
        .args(arguments)
        .arg("--store")
        .arg(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(arguments: &[&str], folder: &Path) -> Output {
    command(arguments, folder)
        .output()
        .expect("the binary runs")
}

/// The names of the files in the folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("UTF-8")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
