//! `fle check-config`: what is wrong with configuration files, each by itself and beside one
//! another.
//!
//! The verdict on a file is that of ZooKeeper 3.8.0. What ZooKeeper takes and `fle serve` cannot,
//! such as a standalone server, is said and is no mistake.

mod compare;
mod deployment;
mod elsewhere;
mod sources;

use crate::failure::Failure;
use crate::output::say;
use compare::{Differences, Loaded, compare};
use elsewhere::Elsewhere;
use fle::config::{
    ConfigErrors, Diagnostic, DynamicConfig, LearnerType, Machine, Parsed, Problem, ServerConfig,
    Severity, printable,
};
use fle::small_file;
use sha2::{Digest, Sha256};
use sources::{LONGEST, Source, sources};
use std::io;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

/// Reads configuration files, tells every mistake in them, and compares them with one another.
#[derive(clap::Args)]
pub(crate) struct CheckConfig {
    /// Configuration files (zoo.cfg), one of each server, directories with such files, compose
    /// files, or ConfigMaps in YAML. The files that a configuration names are read too.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What has been found so far.
#[derive(Default)]
struct Findings {
    text: String,
    mistakes: usize,
    /// The first file that is not there.
    unreadable: Option<String>,
    loaded: Vec<Loaded>,
}

impl CheckConfig {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut findings = Findings::default();
        let found: Vec<_> = self.files.iter().map(|path| sources(path)).collect();
        let are_several = found.iter().flatten().flatten().count() > 1;
        for sources in found {
            match sources {
                Ok(sources) => sources
                    .iter()
                    .for_each(|source| findings.check(source, are_several)),
                Err(nothing) => {
                    findings.line(&nothing);
                    findings.unreadable.get_or_insert(nothing);
                }
            }
        }
        let Differences { wrong, suspicious } = compare(&findings.loaded);
        for difference in wrong.iter().chain(&suspicious) {
            findings.line(difference);
        }
        let mistakes = findings.mistakes + wrong.len();
        say(&findings.text)?;
        if let Some(unreadable) = findings.unreadable {
            return Err(Failure::Unusable(unreadable));
        }
        match mistakes {
            0 => Ok(()),
            _ => Err(Failure::Check(format!(
                "{mistakes} of these configurations or of their differences would keep an ensemble \
                 from working"
            ))),
        }
    }
}

/// The machine on which the command runs.
struct Here;

impl Machine for Here {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        small_file::read(path, LONGEST)
    }

    fn resolves(&self, name: &str) -> bool {
        (name, 0).to_socket_addrs().is_ok()
    }
}

impl Findings {
    fn check(&mut self, source: &Source, are_several: bool) {
        let elsewhere = match source {
            Source::File(path) if are_several => Elsewhere::of(path),
            _ => None,
        };
        let (machine, path, is_one_server): (&dyn Machine, _, _) = match (source, &elsewhere) {
            (Source::File(path), Some(it)) => (it, path, it.is_told()),
            (Source::File(path), None) => (&Here, path, true),
            (Source::Deployed(it), _) => (it, &it.path, it.is_one_server()),
        };
        let name = printable(&path.to_string_lossy());
        if let Some(read) = DynamicConfig::load_on(machine, path) {
            let Some(ensemble) = self.take(&name, path, read, |ensemble| {
                format!("a dynamic file; {}", describe(ensemble))
            }) else {
                return;
            };
            self.loaded.push(Loaded {
                name,
                server: None,
                is_one_server: false,
                ensemble,
            });
        } else {
            let read = ServerConfig::load_on(machine, path);
            let Some(server) = self.take(&name, path, read, |server| {
                let (sid, role) = (server.sid(), server.learner_type());
                let ensemble = describe(server.dynamic());
                if is_one_server {
                    format!("server {sid}, {role}; {ensemble}")
                } else if elsewhere.is_some() {
                    format!("of one of the servers, whose dataDir is not here; {ensemble}")
                } else {
                    format!("shared by servers; {ensemble}")
                }
            }) else {
                return;
            };
            self.loaded.push(Loaded {
                name,
                ensemble: server.dynamic().clone(),
                server: Some(server),
                is_one_server,
            });
        }
    }

    /// Tells what one file has been read as.
    fn take<T>(
        &mut self,
        name: &str,
        path: &Path,
        read: Result<Parsed<T>, ConfigErrors>,
        describe: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match read {
            Ok(Parsed { value, warnings }) => {
                let is_refused = |it: &Diagnostic| it.severity() == Severity::Refused;
                self.mistakes += usize::from(warnings.iter().any(is_refused));
                self.line(&format!("{name}: {}", describe(&value)));
                self.tell(warnings.iter().collect());
                Some(value)
            }
            Err(errors) => {
                let found: Vec<&Diagnostic> = errors.diagnostics().iter().collect();
                let is_missing = |found: &&&Diagnostic| {
                    found.file.as_deref() == Some(path)
                        && matches!(found.problem, Problem::Unreadable(_))
                };
                if let Some(missing) = found.iter().find(is_missing) {
                    self.unreadable.get_or_insert(missing.to_string());
                } else if found.iter().any(|it| it.severity() == Severity::Error) {
                    self.mistakes += 1;
                } else {
                    self.line(&format!("{name}: ZooKeeper takes it, fle serve does not"));
                }
                self.tell(found);
                None
            }
        }
    }

    /// Mistakes first, then what looks like a slip; keys of whatever else uses the file are
    /// gathered.
    fn tell(&mut self, mut found: Vec<&Diagnostic>) {
        found.sort_by_key(|found| rank(found));
        let (others, found): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|found| rank(found) == GATHERED);
        for found in found {
            self.line(&found.to_string());
        }
        if let [first, rest @ ..] = &others[..] {
            self.line(&first.to_string());
            self.gather(rest);
        }
    }

    fn gather(&mut self, rest: &[&Diagnostic]) {
        const TOLD: usize = 10;
        if rest.is_empty() {
            return;
        }
        let keys = rest.iter().filter_map(|found| {
            let (line, key) = (found.line?, found.key.as_deref()?);
            let key: String = key.chars().take(80).collect();
            Some(format!("{} ({line})", printable(&key)))
        });
        let mut keys: Vec<String> = keys.collect();
        let more = keys.len().saturating_sub(TOLD);
        keys.truncate(TOLD);
        if more > 0 {
            keys.push(format!("and {more} more"));
        }
        self.line(&format!("  the same of {}", keys.join(", ")));
    }

    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }
}

const GATHERED: u8 = 4;

fn rank(found: &Diagnostic) -> u8 {
    match (found.severity(), &found.problem) {
        (Severity::Error | Severity::Refused, _) => 0,
        (_, Problem::UnknownKey { nearest: None }) => GATHERED,
        (_, Problem::UnknownKey { .. } | Problem::ByteOrderMark | Problem::Suspicious(_)) => 1,
        (Severity::Unsupported, _) => 2,
        (Severity::Warning, _) => 3,
    }
}

/// The ensemble in a line.
fn describe(ensemble: &DynamicConfig) -> String {
    let voters = ensemble
        .servers()
        .filter(|s| s.learner_type() == LearnerType::Participant)
        .count();
    let observers = ensemble.servers().len() - voters;
    format!(
        "{voters} participants, {observers} observers; configuration of version {}, digest {}",
        ensemble.version(),
        digest(ensemble)
    )
}

/// A short name for a configuration: the same on all servers that have the same one.
fn digest(ensemble: &DynamicConfig) -> String {
    let hash = Sha256::digest(ensemble.to_string());
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}
