//! Everything one server starts from: the static file, the dynamic file that it names, the
//! configuration proposed last, and `myid`.
//!
//! Source: `QuorumPeerConfig.parse` and `setupQuorumPeerConfig`.

use super::dynamic::{ConfigVersion, DynamicConfig};
use super::error::{ConfigErrors, Parsed, Report};
use super::lines::{Duplicates, EnsembleLines, parse_version};
use super::lint::{lint, lint_sid};
use super::options::Options;
use super::problem::Problem;
use super::rules::Rules;
use super::server::{ClientAddress, ServerSpec};
use super::zoo::StaticFile;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use crate::small_file;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// How long a file may be, in bytes: more than the lines of ten thousand servers take.
const LONGEST: u64 = 1 << 20;

/// One server's configuration, complete: the server is in its ensemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerConfig {
    sid: Sid,
    options: Options,
    dynamic: DynamicConfig,
    last_seen: Option<DynamicConfig>,
    learner_type: LearnerType,
}

impl ServerConfig {
    /// Reads the static file at `path`, `myid` in its `dataDir`, and, where the file names a
    /// dynamic one, that (its version is the end of its name, as in `zoo.cfg.dynamic.100000000`)
    /// and the configuration proposed last, `<path>.dynamic.next`.
    ///
    /// Files are UTF-8, or else Latin-1, which is what ZooKeeper reads.
    ///
    /// # Errors
    /// Every mistake in all of the files, and every file that is missing.
    pub fn load(path: &Path) -> Result<Parsed<Self>, ConfigErrors> {
        let mut report = Report::default();
        let (mut fixed, mut others) = (Report::default(), Report::default());
        let Some(text) = read_text(path, &mut report) else {
            return report.finish(None);
        };
        let file = StaticFile::read(&text, &mut fixed);
        let rules = file.settings.options.rules();
        let (dynamic, last_seen) = match &file.settings.dynamic_file {
            None => (file.inline(&mut fixed), None),
            Some(dynamic_path) => {
                let dynamic = load_dynamic(dynamic_path, rules, &mut others);
                let last_seen = load_last_seen(path, dynamic.as_ref(), rules, &mut others);
                (dynamic, last_seen)
            }
        };
        if let Some(dynamic) = &dynamic {
            file.check_against(dynamic, &mut fixed);
        }
        let mut options = file.options(&mut fixed);
        let server = load_my_id(&options, dynamic.as_ref(), &mut others);
        if let Some(server) = &server {
            check_own(&file, server, &mut options, &mut fixed);
        }
        report.absorb(fixed, Some(path));
        report.append(others);
        report.finish(dynamic.zip(server).map(|(dynamic, server)| Self {
            sid: server.sid(),
            learner_type: server.learner_type(),
            options,
            dynamic,
            last_seen,
        }))
    }

    /// The server's id, from `myid`.
    #[must_use]
    pub fn sid(&self) -> Sid {
        self.sid
    }

    /// How the server behaves. The client addresses are those of the ensemble where it has them.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The committed ensemble.
    #[must_use]
    pub fn dynamic(&self) -> &DynamicConfig {
        &self.dynamic
    }

    /// The ensemble that was proposed and not committed before the server stopped. Newer than the
    /// committed one.
    #[must_use]
    pub fn last_seen(&self) -> Option<&DynamicConfig> {
        self.last_seen.as_ref()
    }

    /// Whether the server votes, as the committed ensemble says.
    #[must_use]
    pub fn learner_type(&self) -> LearnerType {
        self.learner_type
    }
}

fn load_dynamic(path: &Path, rules: Rules, report: &mut Report) -> Option<DynamicConfig> {
    let text = read_text(path, report)?;
    let mut found = Report::default();
    let lines = EnsembleLines::read_file(&text, version_in_name(path), &mut found);
    let config = lines.build(rules, &mut found);
    if let Some(config) = &config {
        lint(config, &lines, &mut found);
    }
    report.absorb(found, Some(path));
    config
}

/// The version that ends a dynamic file's name; 0 where nothing hexadecimal does.
fn version_in_name(path: &Path) -> ConfigVersion {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.and_then(parse_version).unwrap_or_default()
}

/// A proposal that cannot be read is left out, as ZooKeeper does; one with mistakes stops the
/// server, which would otherwise forget that it may have helped to commit it.
fn load_last_seen(
    static_path: &Path,
    committed: Option<&DynamicConfig>,
    rules: Rules,
    report: &mut Report,
) -> Option<DynamicConfig> {
    let mut name = OsString::from(static_path);
    name.push(".dynamic.next");
    let path = PathBuf::from(name);
    let mut found = Report::default();
    let config = match small_file::read(&path, LONGEST) {
        Ok(bytes) => {
            let lines = EnsembleLines::read(&decode(bytes), Duplicates::Refused, &mut found);
            lines.build(rules, &mut found)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let problem = Problem::LastSeenUnreadable(error.to_string());
            found.add(None, None, problem);
            None
        }
    };
    let stale = |config: &DynamicConfig| committed.is_some_and(|c| c.version() >= config.version());
    if config.as_ref().is_some_and(stale) {
        found.add(None, None, Problem::LastSeenStale);
    }
    report.absorb(found, Some(&path));
    config.filter(|config| !stale(config))
}

/// The line of the ensemble that is about this server.
fn load_my_id(
    options: &Options,
    dynamic: Option<&DynamicConfig>,
    report: &mut Report,
) -> Option<ServerSpec> {
    if options.data_dir.as_os_str().is_empty() {
        return None;
    }
    let path = options.data_dir.join("myid");
    let text = read_text(&path, report)?;
    let text = text.lines().next().unwrap_or_default().trim();
    let mut found = Report::default();
    let server = match text.parse().map(Sid) {
        Ok(sid) => {
            let server = dynamic.and_then(|dynamic| dynamic.server(sid));
            if dynamic.is_some() && server.is_none() {
                found.add(Some(1), None, Problem::NotAMember(sid));
            }
            if let Some(problem) = lint_sid(sid) {
                found.add(Some(1), None, problem);
            }
            server.cloned()
        }
        Err(_) => {
            found.add(Some(1), None, Problem::BadMyId(text.to_owned()));
            None
        }
    };
    report.absorb(found, Some(&path));
    server
}

/// Holds the static file against what the ensemble says of this server.
fn check_own(file: &StaticFile, own: &ServerSpec, options: &mut Options, report: &mut Report) {
    if options.peer_type != own.learner_type() {
        let problem = Problem::PeerTypeDiffers(own.learner_type());
        file.report("peerType", problem, report);
    }
    let mut merge = |key, fixed: &mut Option<ClientAddress>, dynamic: Option<&ClientAddress>| {
        let (Some(dynamic), fixed_here) = (dynamic, fixed.as_ref()) else {
            return;
        };
        if let Some(fixed) = fixed_here.filter(|fixed| !is_served_by(dynamic, fixed)) {
            let (fixed, dynamic) = (fixed.to_string(), dynamic.to_string());
            let problem = Problem::ClientAddressDiffers { fixed, dynamic };
            file.report(key, problem, report);
        }
        *fixed = Some(dynamic.clone());
    };
    merge(
        "clientPort",
        &mut options.client_address,
        own.client_address(),
    );
    let secure = &mut options.secure_client_address;
    merge("secureClientPort", secure, own.secure_client_address());
}

/// Whether the address in the static file allows the one in the ensemble (`setupClientPort`).
fn is_served_by(dynamic: &ClientAddress, fixed: &ClientAddress) -> bool {
    if fixed.host.is_wildcard() {
        dynamic.port == fixed.port
    } else {
        dynamic.normalized() == fixed.normalized()
    }
}

fn read_text(path: &Path, report: &mut Report) -> Option<String> {
    match small_file::read(path, LONGEST) {
        Ok(bytes) => Some(decode(bytes)),
        Err(error) => {
            let mut found = Report::default();
            found.add(None, None, Problem::Unreadable(error.to_string()));
            report.absorb(found, Some(path));
            None
        }
    }
}

fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
