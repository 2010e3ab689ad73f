//! How mistakes in configuration are reported: all at once, each with its place.

use super::foreign::printable;
use super::problem::{Problem, Severity};
use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong, and where. Displays as one line: place, what is wrong, what to do.
///
/// ```
/// use fle::config::{DynamicConfig, Rules};
///
/// let errors = DynamicConfig::parse("server.1=zoo1:2888:70000", Rules::default()).unwrap_err();
/// assert_eq!(
///     errors.diagnostics()[0].to_string(),
///     "1: server.1: the election port \"70000\" is not a port (1 to 65535); \
///      write a port that no other service uses",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The file, when the text came from one.
    pub file: Option<PathBuf>,
    /// The line, from 1; `None` for what is missing or is about the whole text.
    pub line: Option<usize>,
    /// The key.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// A value and the warnings that came with it, in the order of files and lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed<T> {
    /// The value.
    pub value: T,
    /// What is probably not meant, or refused by ZooKeeper: [`Severity::Warning`] or
    /// [`Severity::Refused`].
    pub warnings: Vec<Diagnostic>,
}

/// Why a configuration cannot be used: every mistake, and the warnings too, in the order of files
/// and lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigErrors {
    diagnostics: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostic {
    /// Whether the configuration can be used all the same.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.problem.severity()
    }
}

impl ConfigErrors {
    /// What is wrong; at least one is more than a warning. Of a text with very many mistakes, the
    /// first thousand found.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", printable(&file.to_string_lossy())),
            (Some(file), None) => format!("{}: ", printable(&file.to_string_lossy())),
            (None, Some(line)) => format!("{line}: "),
            (None, None) => String::new(),
        };
        let severity = match self.severity() {
            Severity::Warning => "warning: ",
            Severity::Refused => "ZooKeeper refuses it: ",
            Severity::Unsupported => "fle serve does not support it: ",
            Severity::Error => "",
        };
        let key = self.key.as_ref().map_or(String::new(), |key| {
            let beginning: String = key.chars().take(LONGEST_KEY).collect();
            format!("{}: ", printable(&beginning))
        });
        let (problem, remedy) = (&self.problem, self.problem.remedy());
        write!(f, "{place}{severity}{key}{problem}; {remedy}")
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{diagnostic}")?;
        }
        if self.omitted > 0 {
            write!(f, "\nand {} more", self.omitted)?;
        }
        Ok(())
    }
}

/// How much of a key is told.
const LONGEST_KEY: usize = 80;

/// Where a reader puts what it finds wrong.
#[derive(Default)]
pub(super) struct Report {
    diagnostics: Vec<Diagnostic>,
    omitted: usize,
    failed: bool,
}

impl Report {
    /// How many findings are kept: a peer's text may hold a mistake on every line.
    const KEPT: usize = 1000;

    pub(super) fn add(&mut self, line: Option<usize>, key: Option<&str>, problem: Problem) {
        self.failed |= problem.severity() > Severity::Refused;
        if self.diagnostics.len() == Self::KEPT {
            self.omitted += 1;
            return;
        }
        self.diagnostics.push(Diagnostic {
            file: None,
            line,
            key: key.map(str::to_owned),
            problem,
        });
    }

    /// Whether this has been found.
    pub(super) fn has(&self, problem: &Problem) -> bool {
        let mut found = self.diagnostics.iter();
        found.any(|found| found.problem == *problem)
    }

    /// Takes over what was found in one file, in the order of its lines.
    pub(super) fn absorb(&mut self, mut found: Self, file: Option<&Path>) {
        found
            .diagnostics
            .sort_by_key(|found| found.line.unwrap_or(usize::MAX));
        for diagnostic in &mut found.diagnostics {
            diagnostic.file = file.map(Path::to_owned);
        }
        self.append(found);
    }

    /// Takes over what was found in several files.
    pub(super) fn append(&mut self, mut found: Self) {
        self.diagnostics.append(&mut found.diagnostics);
        self.omitted += found.omitted;
        self.failed |= found.failed;
    }

    /// The value and the warnings, or everything that is wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<Parsed<T>, ConfigErrors> {
        match value {
            Some(value) if !self.failed => Ok(Parsed {
                value,
                warnings: self.diagnostics,
            }),
            _ => Err(ConfigErrors {
                diagnostics: self.diagnostics,
                omitted: self.omitted,
            }),
        }
    }
}
