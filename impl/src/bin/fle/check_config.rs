//! `fle check-config`: what is wrong with configuration files, each by itself and beside one
//! another.
//!
//! What must be the same on every server is the ensemble; what had better be the same are the
//! limits and switches that decide how servers wait for one another.

use crate::failure::Failure;
use crate::output::say;
use fle::config::{ConfigErrors, DynamicConfig, LearnerType, Options, Problem, ServerConfig};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads configuration files, tells every mistake in them, and compares them with one another.
#[derive(clap::Args)]
pub(crate) struct CheckConfig {
    /// Configuration files (zoo.cfg), one of each server. The files that they name are read too.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

struct Loaded<'a> {
    path: &'a Path,
    server: ServerConfig,
}

impl CheckConfig {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut text = String::new();
        let mut mistakes = 0;
        let mut loaded = Vec::new();
        for path in &self.files {
            match ServerConfig::load(path) {
                Ok(parsed) => {
                    let server = parsed.value;
                    text += &format!("{}: {}\n", path.display(), describe(&server));
                    for warning in parsed.warnings {
                        text += &format!("{warning}\n");
                    }
                    loaded.push(Loaded { path, server });
                }
                Err(errors) => {
                    is_readable(path, &errors)?;
                    text += &format!("{errors}\n");
                    mistakes += 1;
                }
            }
        }
        let Differences { wrong, suspicious } = compare(&loaded);
        for difference in suspicious.iter().chain(&wrong) {
            text += &format!("{difference}\n");
        }
        mistakes += wrong.len();
        say(&text)?;
        match mistakes {
            0 => Ok(()),
            _ => Err(Failure::Check(format!(
                "{mistakes} of these configurations or of their differences would keep an ensemble from working"
            ))),
        }
    }
}

/// # Errors
/// When the path is wrong, rather than what the file says.
fn is_readable(path: &Path, errors: &ConfigErrors) -> Result<(), Failure> {
    let about_it = |file: &Option<PathBuf>| file.as_deref() == Some(path);
    let found = errors
        .diagnostics()
        .iter()
        .find(|found| about_it(&found.file) && matches!(found.problem, Problem::Unreadable(_)));
    found.map_or(Ok(()), |found| Err(Failure::Unusable(found.to_string())))
}

/// The server and its ensemble in a line.
fn describe(server: &ServerConfig) -> String {
    let ensemble = server.dynamic();
    let voters = ensemble
        .servers()
        .filter(|s| s.learner_type() == LearnerType::Participant)
        .count();
    let observers = ensemble.servers().len() - voters;
    format!(
        "server {}, {}; {voters} participants, {observers} observers; configuration of version {}, digest {}",
        server.sid(),
        server.learner_type(),
        ensemble.version(),
        digest(ensemble)
    )
}

/// A short name for a configuration: the same on all servers that have the same one.
fn digest(ensemble: &DynamicConfig) -> String {
    let hash = Sha256::digest(ensemble.to_string());
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What differs between servers.
#[derive(Default)]
struct Differences {
    /// What keeps them from working together.
    wrong: Vec<String>,
    /// What may be meant, as warnings.
    suspicious: Vec<String>,
}

fn compare(loaded: &[Loaded<'_>]) -> Differences {
    let mut differences = Differences {
        wrong: same_ids(loaded),
        ..Differences::default()
    };
    let Some((first, others)) = loaded.split_first() else {
        return differences;
    };
    for other in others {
        differences.wrong.extend(ensemble_differences(first, other));
        for (key, must_agree, value) in shared_options() {
            let (here, there) = (value(other.server.options()), value(first.server.options()));
            if here == there {
                continue;
            }
            let severity = if must_agree { "" } else { "warning: " };
            let text = format!(
                "{}: {severity}{key} is {here}, and {there} in {}; write the same on every server",
                other.path.display(),
                first.path.display()
            );
            let kind = if must_agree {
                &mut differences.wrong
            } else {
                &mut differences.suspicious
            };
            kind.push(text);
        }
    }
    differences
}

fn same_ids(loaded: &[Loaded<'_>]) -> Vec<String> {
    let mut paths = BTreeMap::new();
    let mut found = Vec::new();
    for Loaded { path, server } in loaded {
        if let Some(other) = paths.insert(server.sid(), path.display()) {
            found.push(format!(
                "{}: server {} is {other}'s too; give each server a dataDir with a myid of its own",
                path.display(),
                server.sid()
            ));
        }
    }
    found
}

/// A sentence for each line of the ensemble that the two do not share.
fn ensemble_differences(first: &Loaded<'_>, other: &Loaded<'_>) -> Vec<String> {
    let (there, here) = (first.server.dynamic(), other.server.dynamic());
    if there.has_same_members(here) && there.version() == here.version() {
        return Vec::new();
    }
    let (there, here) = (lines(there), lines(here));
    let keys: std::collections::BTreeSet<_> = there.keys().chain(here.keys()).collect();
    let or_none = |value: Option<&String>| value.map_or("not there".to_owned(), Clone::clone);
    let differ = keys
        .into_iter()
        .filter(|key| there.get(*key) != here.get(*key));
    differ
        .map(|key| {
            format!(
                "{}: {key} is {}, and {} in {}; write the same on every server",
                other.path.display(),
                or_none(here.get(key)),
                or_none(there.get(key)),
                first.path.display()
            )
        })
        .collect()
}

/// The ensemble's text, by key.
fn lines(ensemble: &DynamicConfig) -> BTreeMap<String, String> {
    let text = ensemble.to_string();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

type Value = fn(&Options) -> String;

/// Options that are about more than one server: the key, whether servers with different values fail
/// to understand one another, and the value.
fn shared_options() -> [(&'static str, bool, Value); 9] {
    [
        ("multiAddress.enabled", true, |o| {
            o.multi_address.enabled.to_string()
        }),
        ("sslQuorum", true, |o| {
            (o.ssl_quorum && !o.port_unification).to_string()
        }),
        ("standaloneEnabled", true, |o| {
            o.standalone_enabled.to_string()
        }),
        ("reconfigEnabled", false, |o| o.reconfig_enabled.to_string()),
        ("tickTime", false, |o| o.tick_time.as_millis().to_string()),
        ("initLimit", false, |o| o.init_limit.to_string()),
        ("syncLimit", false, |o| o.sync_limit.to_string()),
        ("fastleader.maxNotificationInterval", false, |o| {
            o.max_notification_interval.as_millis().to_string()
        }),
        ("oraclePath", false, |o| match &o.oracle_path {
            Some(_) => "set".to_owned(),
            None => "not set".to_owned(),
        }),
    ]
}
