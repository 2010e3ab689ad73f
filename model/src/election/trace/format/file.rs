//! Traces as files: reading one, writing one, finding those in a folder.

use super::Trace;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a trace cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read, or not all of it.
    #[error("{path}: {cause}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {cause}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// It has no line.
    #[error("{path}: empty; a trace starts with a line that describes the server", path = .0.display())]
    Empty(PathBuf),
    /// A line is not of the format.
    #[error("{path}:{line}: {cause}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What does not fit.
        cause: serde_json::Error,
    },
    /// No file to replay.
    #[error("{path}: no .jsonl file in this folder", path = .0.display())]
    NoTraces(PathBuf),
}

impl Trace {
    /// Reads a trace file.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not of the format.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        let text = fs::read_to_string(path).map_err(|cause| TraceError::Read {
            path: path.to_owned(),
            cause,
        })?;
        let at = |index: usize, cause| TraceError::Line {
            path: path.to_owned(),
            line: index + 1,
            cause,
        };
        let mut lines = text.lines().enumerate();
        let (index, first) = lines
            .next()
            .ok_or_else(|| TraceError::Empty(path.to_owned()))?;
        let server = serde_json::from_str(first).map_err(|cause| at(index, cause))?;
        let steps = lines
            .map(|(index, line)| serde_json::from_str(line).map_err(|cause| at(index, cause)))
            .collect::<Result<_, _>>()?;
        Ok(Self { server, steps })
    }

    /// Writes the trace to a file, over what is there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TraceError> {
        fs::write(path, self.to_string()).map_err(|cause| TraceError::Write {
            path: path.to_owned(),
            cause,
        })
    }

    /// The trace files that a path names: itself, or every `.jsonl` file under a folder, in order
    /// of their paths.
    ///
    /// # Errors
    /// When the path cannot be read or holds no trace.
    pub fn files(path: &Path) -> Result<Vec<PathBuf>, TraceError> {
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| TraceError::Read {
                path: error.path().unwrap_or(path).to_owned(),
                cause: error.into(),
            })?;
            let named = entry.depth() == 0;
            let is_trace = entry.path().extension().is_some_and(|it| it == "jsonl");
            if entry.file_type().is_file() && (named || is_trace) {
                files.push(entry.into_path());
            }
        }
        if files.is_empty() {
            return Err(TraceError::NoTraces(path.to_owned()));
        }
        Ok(files)
    }
}

impl fmt::Display for Trace {
    /// As it is in a file: a line for the server, and one for each step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = serde_json::to_string(&self.server).map_err(|_| fmt::Error)?;
        writeln!(f, "{server}")?;
        self.steps.iter().try_for_each(|step| {
            let step = serde_json::to_string(step).map_err(|_| fmt::Error)?;
            writeln!(f, "{step}")
        })
    }
}
