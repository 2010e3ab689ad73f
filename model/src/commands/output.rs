//! Where the commands write: text to standard output, JSON to a file, progress to the terminal.

use super::annotations::annotate;
use fle_model::frame::coverage;
use fle_model::frame::failure::failures;
use fle_model::frame::progress::{Progress, Watcher};
use fle_model::frame::report::{Report, Tell};
use serde::Serialize;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use textwrap::{Options, WordSplitter};

/// No line of text is longer.
const COLUMNS: usize = 80;

/// Prints text for readers: what is too long for a line goes on in the next, further in.
pub(crate) fn print(text: &str) -> Result<(), String> {
    print_as_is(&text.lines().map(fitted).collect::<String>())
}

/// A word that is longer than a line, a path for instance, stays whole.
fn fitted(line: &str) -> String {
    let indent = line.len() - line.trim_start().len() + 4;
    let indent = " ".repeat(indent);
    let options = Options::new(COLUMNS)
        .subsequent_indent(&indent)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(line, options) + "\n"
}

fn print_as_is(text: &str) -> Result<(), String> {
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Does work that takes long, with a line of progress if anybody watches.
pub(crate) fn watched<T>(name: &str, work: impl FnOnce(Option<Watcher<'_>>) -> T) -> T {
    if !io::stderr().is_terminal() {
        return work(None);
    }
    // A line too long for the terminal is cut: if it went on in the next, it could not be written
    // over.
    let mut show = |progress: Progress| eprint!("\r\x1b[K\x1b[?7l{name}: {progress}\x1b[?7h");
    let result = work(Some(&mut show));
    eprint!("\r\x1b[K");
    result
}

/// Where reports go, as text and as JSON.
pub(crate) struct Reports<C> {
    json: Option<JsonFile>,
    reports: Vec<Report<C>>,
}

impl<C: Tell + Serialize> Reports<C> {
    pub(crate) fn new(json: Option<PathBuf>) -> Result<Self, String> {
        Ok(Self {
            json: json.map(JsonFile::create).transpose()?,
            reports: Vec::new(),
        })
    }

    /// Whether standard output is for text.
    fn text_wanted(&self) -> bool {
        !self.json.as_ref().is_some_and(JsonFile::is_standard_output)
    }

    pub(crate) fn add(&mut self, report: Report<C>) -> Result<(), String> {
        if self.text_wanted() {
            print(&report.to_string())?;
        }
        for failure in failures(&report) {
            annotate(&report.title(), &failure);
        }
        self.reports.push(report);
        Ok(())
    }

    /// All reports so far.
    pub(crate) fn all(&self) -> &[Report<C>] {
        &self.reports
    }

    /// Says which kinds of steps no scenario took; whether an action is among them.
    pub(crate) fn tell_what_never_happened(&self) -> Result<bool, String> {
        let never = coverage::never(self.reports.iter().map(|report| &report.coverage));
        if self.text_wanted() {
            let lines = never.iter().map(|taken| {
                let what = if taken.action { "FAILED: " } else { "" };
                format!("{what}never happened in any scenario: {}\n", taken.kind)
            });
            print(&lines.collect::<String>())?;
        }
        Ok(never.iter().any(|taken| taken.action))
    }

    /// The last line, with how long all of it took if it was worked out here; the JSON, and the
    /// exit code.
    pub(crate) fn finish(self, took: Option<Duration>) -> Result<ExitCode, String> {
        let count = self.reports.len();
        let passed = self.reports.iter().filter(|report| report.passed());
        let failed = count - passed.count();
        if self.text_wanted() {
            let took = took.map(|took| format!(", in {:.1} s", took.as_secs_f64()));
            let took = took.unwrap_or_default();
            print(&format!(
                "{count} scenario(s) checked, {failed} failed{took}\n"
            ))?;
        }
        if let Some(json) = self.json {
            json.write(&self.reports)?;
        }
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

/// A file to be written when the work is done. It is created before that begins, so that a wrong
/// path is known at once.
pub(crate) struct NamedFile(PathBuf, File);

impl NamedFile {
    pub(crate) fn create(path: PathBuf) -> Result<Self, String> {
        match File::create(&path) {
            Ok(file) => Ok(Self(path, file)),
            Err(error) => Err(format!("cannot write {}: {error}", path.display())),
        }
    }

    pub(crate) fn write(self, text: &str) -> Result<(), String> {
        let Self(path, mut file) = self;
        let written = file.write_all(text.as_bytes());
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// Where `--json` writes.
pub(crate) enum JsonFile {
    StandardOutput,
    Named(NamedFile),
}

impl JsonFile {
    pub(crate) fn create(path: PathBuf) -> Result<Self, String> {
        if path == Path::new("-") {
            return Ok(Self::StandardOutput);
        }
        NamedFile::create(path).map(Self::Named)
    }

    pub(crate) fn is_standard_output(&self) -> bool {
        matches!(self, Self::StandardOutput)
    }

    pub(crate) fn write(self, value: &impl Serialize) -> Result<(), String> {
        let mut text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
        text.push('\n');
        match self {
            Self::StandardOutput => print_as_is(&text),
            Self::Named(file) => file.write(&text),
        }
    }
}
