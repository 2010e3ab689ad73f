//! Counterexamples as files: `--trace-dir DIR` has each there as JSON, for programs, as SVG, for
//! readers, and, of an election, as the trace of each server's lives, for the implementation to
//! replay.
//!
//! A trace says what the model's servers did. Those of a mutant do what the mutant does, so that
//! the replay ends with a difference where the broken rule first shows in what a server sends,
//! proposes or decides. It ends without one where it has not shown yet, and where servers keep
//! every rule: a mutant of the network, of the oracle, of the peer's main loop.

use super::counterexample::Counterexample;
use super::report::Row;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder for counterexamples.
#[derive(Clone, Debug)]
pub struct TraceDir(PathBuf);

impl TraceDir {
    /// The folder, made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made, or no file can be created in it.
    pub fn create(path: PathBuf) -> Result<Self, String> {
        let usable = fs::create_dir_all(&path).and_then(|()| tempfile::tempfile_in(&path));
        match usable {
            Ok(_) => Ok(Self(path)),
            Err(error) => Err(cannot_write(&path, &error)),
        }
    }

    /// Writes the counterexamples of these properties.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_all(&self, properties: &[Row]) -> Result<(), String> {
        let mut found = properties
            .iter()
            .filter_map(|row| row.counterexample.as_ref());
        found.try_for_each(|counterexample| self.write(counterexample))
    }

    /// Writes `<scenario>-<property>.json`, `.svg`, and `-s<sid>-g<life>.jsonl` for each server and
    /// each of its lives, over what an earlier run left there. Of a mutant the names begin with its
    /// name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, counterexample: &Counterexample) -> Result<(), String> {
        let json =
            serde_json::to_string_pretty(counterexample).map_err(|error| error.to_string())?;
        let svg = counterexample.svg();
        for (extension, text) in [("json", json), ("svg", svg)] {
            let file = format!("{}.{extension}", counterexample.file_stem());
            let path = self.0.join(file);
            fs::write(&path, text + "\n").map_err(|error| cannot_write(&path, &error))?;
        }
        for recording in &counterexample.recordings {
            let file = format!("{}-{}", counterexample.file_stem(), recording.name);
            let path = self.0.join(file);
            fs::write(&path, &recording.text).map_err(|error| cannot_write(&path, &error))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
