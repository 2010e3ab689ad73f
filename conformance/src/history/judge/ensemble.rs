//! The quorum rule that a history is judged by, and where it comes from.

use crate::history::event::Fact;
use crate::history::log::Logs;
use fle::config::{ConfigErrors, DynamicConfig, EnsembleSource, Rules, ZooConfig};
use fle::{Ensemble, Sid, Zxid};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// Where the quorum rule comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuorumSource {
    /// A configuration file.
    Told,
    /// The logs.
    Logged,
    /// A majority of the servers that are heard or voted for.
    Deduced,
    /// A majority of those and of some that are not seen anywhere.
    DeducedWithUnseen(usize),
}

/// The rule assumed.
pub(super) struct Assumed {
    pub(super) source: QuorumSource,
    pub(super) ensemble: Arc<Ensemble>,
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableConfig {
    /// It cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// It is no configuration.
    #[error("{path}: no configuration: {errors}", path = path.display())]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// Its mistakes.
        errors: ConfigErrors,
    },
}

/// The ensemble that a `zoo.cfg` tells of, or the dynamic configuration file that it names or that
/// is given in its place.
///
/// # Errors
/// When a file cannot be read or is no configuration.
pub fn configuration(path: &Path) -> Result<DynamicConfig, UnusableConfig> {
    let text = read(path)?;
    let is_static = text.lines().any(|line| line.starts_with("dataDir"));
    if !is_static {
        return parse(path, &text);
    }
    match ZooConfig::parse(&text).map(|parsed| parsed.value.ensemble) {
        Ok(EnsembleSource::Inline(config)) => Ok(config),
        Ok(EnsembleSource::File(dynamic)) => parse(&dynamic, &read(&dynamic)?),
        Err(errors) => Err(UnusableConfig::Mistakes {
            path: path.to_owned(),
            errors,
        }),
    }
}

fn read(path: &Path) -> Result<String, UnusableConfig> {
    fs::read_to_string(path).map_err(|cause| UnusableConfig::Read {
        path: path.to_owned(),
        cause,
    })
}

fn parse(path: &Path, text: &str) -> Result<DynamicConfig, UnusableConfig> {
    DynamicConfig::parse(text, Rules::default()).map_err(|errors| UnusableConfig::Mistakes {
        path: path.to_owned(),
        errors,
    })
}

/// What may be assumed, the likeliest first.
pub(super) fn assumptions(logs: &Logs, told: Option<&DynamicConfig>) -> Vec<Assumed> {
    if let Some(config) = told {
        return vec![assume(QuorumSource::Told, config.clone(), None)];
    }
    if let Some(logged) = logged(logs) {
        return vec![logged];
    }
    let seen = seen_voters(logs);
    let with_unseen = |unseen: usize| {
        let source = match unseen {
            0 => QuorumSource::Deduced,
            unseen => QuorumSource::DeducedWithUnseen(unseen),
        };
        assume(source, majority(&seen, unseen), None)
    };
    // More than half of the voters elect; so there are less than twice as many as are seen. A
    // server that is alone does not elect, and does not know what those can do that it never saw.
    let fewest = match seen.len() {
        0 => 1,
        1 => 2,
        _ => 0,
    };
    let deduced = (fewest..seen.len().max(fewest + 1)).map(with_unseen);
    let named: BTreeSet<Sid> = seen.union(&logs.voters).copied().collect();
    let named = (named != seen).then(|| assume(QuorumSource::Deduced, majority(&named, 0), None));
    named.into_iter().chain(deduced).collect()
}

pub(super) fn assume(
    source: QuorumSource,
    committed: DynamicConfig,
    last_seen: Option<DynamicConfig>,
) -> Assumed {
    let ensemble = Ensemble::new(committed, last_seen, Rules::default());
    Assumed {
        source,
        ensemble: Arc::new(ensemble),
    }
}

/// What the first server that tells its configuration says.
fn logged(logs: &Logs) -> Option<Assumed> {
    let mut events = logs.servers.values().flat_map(|log| &log.events);
    events.find_map(|event| configured(&event.fact))
}

/// The configuration with which a server says that it starts.
pub(super) fn configured(fact: &Fact) -> Option<Assumed> {
    let Fact::ServerStarted {
        config: Some(config),
        last_seen_config,
        ..
    } = fact
    else {
        return None;
    };
    let parse = |text: &str| DynamicConfig::parse(text, Rules::default()).ok();
    let last_seen = last_seen_config.as_deref().and_then(parse);
    Some(assume(QuorumSource::Logged, parse(config)?, last_seen))
}

/// Who is heard or voted for. A server without a vote is neither: ZooKeeper logs no notification of
/// one.
fn seen_voters(logs: &Logs) -> BTreeSet<Sid> {
    let mut seen = BTreeSet::new();
    for (&sid, log) in &logs.servers {
        for event in &log.events {
            match &event.fact {
                Fact::NotificationReceived {
                    from, announcement, ..
                } => {
                    seen.insert(Sid(*from));
                    seen.insert(Sid(announcement.ballot.leader));
                }
                Fact::ElectionStarted { zxid, .. } if *zxid != Zxid::NONE.0 => {
                    seen.insert(sid);
                }
                _ => {}
            }
        }
    }
    seen.remove(&Sid::NONE);
    if seen.is_empty() {
        seen.extend(logs.servers.keys());
    }
    seen
}

/// A configuration of these voters and some more.
fn majority(seen: &BTreeSet<Sid>, unseen: usize) -> DynamicConfig {
    let beyond = seen.last().map_or(0, |sid| sid.0);
    let unseen = (1..)
        .map(|next| Sid(beyond.saturating_add(next)))
        .take(unseen);
    let mut text = String::new();
    for sid in seen.iter().copied().chain(unseen) {
        let _ = writeln!(text, "server.{sid}=unknown:1:2:participant");
    }
    DynamicConfig::parse(&text, Rules::default()).expect("a list of voters is a configuration")
}
