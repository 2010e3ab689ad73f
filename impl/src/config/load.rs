//! Everything one server starts from: the static file, the dynamic file that it names, the
//! configuration proposed last, and `myid`.
//!
//! Source: `QuorumPeerConfig.parse` and `setupQuorumPeerConfig`.

use super::dynamic::{ConfigVersion, DynamicConfig};
use super::error::{ConfigErrors, Parsed, Report};
use super::host::Host;
use super::lines::{Duplicates, EnsembleLines, parse_version};
use super::lint::{lint, lint_sid};
use super::options::Options;
use super::problem::{Port, Problem};
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

/// Where a server runs: what its configuration is read from.
pub trait Machine {
    /// What is in a file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether a host name has an address here.
    fn resolves(&self, name: &str) -> bool;
}

/// This machine, whose names are looked up when they are needed.
struct Disk;

impl Machine for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        small_file::read(path, LONGEST)
    }

    fn resolves(&self, _: &str) -> bool {
        true
    }
}

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
        Self::load_on(&Disk, path)
    }

    /// The same on another machine.
    ///
    /// # Errors
    /// Every mistake in all of the files, and every file that is missing.
    pub fn load_on(machine: &dyn Machine, path: &Path) -> Result<Parsed<Self>, ConfigErrors> {
        let mut report = Report::default();
        let (mut fixed, mut others) = (Report::default(), Report::default());
        let Some(text) = read_text(machine, path, &mut report) else {
            return report.finish(None);
        };
        let file = StaticFile::read(&text, &mut fixed);
        let rules = file.settings.options.rules();
        let own = MyId::read(machine, &file.settings.options);
        let (dynamic, last_seen) = match &file.settings.dynamic_file {
            None => (file.inline(own.sid(), &mut fixed), None),
            Some(dynamic_path) => {
                let dynamic = load_dynamic(machine, dynamic_path, rules, own.sid(), &mut others);
                let last_seen = load_last_seen(machine, path, dynamic.as_ref(), rules, &mut others);
                (dynamic, last_seen)
            }
        };
        if let Some(dynamic) = &dynamic {
            file.check_against(dynamic, &mut fixed);
        }
        let mut options = file.options(&mut fixed);
        check_resolution(machine, &file, &options, &mut fixed);
        let standalone = rules.standalone_enabled
            && match &dynamic {
                Some(ensemble) => ensemble.verifier().voters().len() == 1,
                None => [&fixed, &others]
                    .iter()
                    .any(|it| it.has(&Problem::Standalone)),
            };
        let server = own.member(dynamic.as_ref(), standalone, &mut others);
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

impl DynamicConfig {
    /// Reads a dynamic file by itself; `None` where the file is another one.
    #[must_use]
    pub fn load_on(
        machine: &dyn Machine,
        path: &Path,
    ) -> Option<Result<Parsed<Self>, ConfigErrors>> {
        let text = decode(machine.read(path).ok()?);
        if !EnsembleLines::are_all(&text) {
            return None;
        }
        let mut found = Report::default();
        // A proposal has its version inside.
        let is_proposal = path
            .extension()
            .is_some_and(|extension| extension == "next");
        let lines = if is_proposal {
            EnsembleLines::read(&text, Duplicates::Told, &mut found)
        } else {
            EnsembleLines::read_file(&text, version_in_name(path), &mut found)
        };
        // What the static file beside it allows is not known.
        let rules = Rules {
            multi_address: true,
            standalone_enabled: false,
        };
        let config = build(&lines, rules, None, &mut found);
        let mut report = Report::default();
        report.absorb(found, Some(path));
        Some(report.finish(config))
    }
}

fn load_dynamic(
    machine: &dyn Machine,
    path: &Path,
    rules: Rules,
    own: Option<Sid>,
    report: &mut Report,
) -> Option<DynamicConfig> {
    let text = read_text(machine, path, report)?;
    let mut found = Report::default();
    let lines = EnsembleLines::read_file(&text, version_in_name(path), &mut found);
    let config = build(&lines, rules, own, &mut found);
    report.absorb(found, Some(path));
    config
}

fn build(
    lines: &EnsembleLines,
    rules: Rules,
    own: Option<Sid>,
    report: &mut Report,
) -> Option<DynamicConfig> {
    let config = lines.build(rules, report)?;
    lint(&config, lines, own, report);
    Some(config)
}

/// The version that ends a dynamic file's name; 0 where nothing hexadecimal does.
fn version_in_name(path: &Path) -> ConfigVersion {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.and_then(parse_version).unwrap_or_default()
}

/// A proposal that cannot be read is left out, as ZooKeeper does; one with mistakes stops the
/// server, which would otherwise forget that it may have helped to commit it.
fn load_last_seen(
    machine: &dyn Machine,
    static_path: &Path,
    committed: Option<&DynamicConfig>,
    rules: Rules,
    report: &mut Report,
) -> Option<DynamicConfig> {
    let mut name = OsString::from(static_path);
    name.push(".dynamic.next");
    let path = PathBuf::from(name);
    let mut found = Report::default();
    let config = match machine.read(&path) {
        Ok(bytes) => {
            let lines = EnsembleLines::read(&decode(bytes), Duplicates::Told, &mut found);
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

/// What `myid` says.
struct MyId {
    path: PathBuf,
    /// `None` where nothing says where the file is.
    read: Option<Result<Sid, Problem>>,
}

impl MyId {
    fn read(machine: &dyn Machine, options: &Options) -> Self {
        let path = options.data_dir.join("myid");
        let known = !options.data_dir.as_os_str().is_empty();
        Self {
            read: known.then(|| {
                let bytes = machine.read(&path);
                parse_my_id(&decode(bytes.map_err(|error| unreadable(&error))?))
            }),
            path,
        }
    }

    fn sid(&self) -> Option<Sid> {
        self.read.as_ref()?.as_ref().ok().copied()
    }

    /// The line of the ensemble that is about this server. A standalone server needs none.
    fn member(
        self,
        dynamic: Option<&DynamicConfig>,
        standalone: bool,
        report: &mut Report,
    ) -> Option<ServerSpec> {
        let mut found = Report::default();
        let server = match self.read? {
            Ok(sid) => {
                let server = dynamic.and_then(|dynamic| dynamic.server(sid));
                if dynamic.is_some() && server.is_none() {
                    let problem = if standalone {
                        Problem::StandaloneMyId
                    } else {
                        Problem::NotAMember(sid)
                    };
                    found.add(Some(1), None, problem);
                }
                if let Some(problem) = lint_sid(sid) {
                    found.add(Some(1), None, problem);
                }
                server.cloned()
            }
            Err(Problem::Unreadable(_)) if standalone => {
                if dynamic.is_some() {
                    found.add(None, None, Problem::StandaloneMyId);
                }
                None
            }
            Err(problem @ Problem::Unreadable(_)) => {
                found.add(None, None, problem);
                None
            }
            Err(problem) => {
                found.add(Some(1), None, problem);
                None
            }
        };
        report.absorb(found, Some(&self.path));
        server
    }
}

/// The first line, as `Long.parseLong` reads it.
fn parse_my_id(text: &str) -> Result<Sid, Problem> {
    let text = text.split(['\n', '\r']).next().unwrap_or_default();
    text.parse().map(Sid).map_err(|_| {
        let is_padded = text.trim().parse::<i64>().is_ok();
        let problem = if is_padded {
            Problem::BlankInMyId
        } else {
            Problem::BadMyId
        };
        problem(text.to_owned())
    })
}

/// ZooKeeper looks up the names that it listens on while it reads its configuration.
fn check_resolution(
    machine: &dyn Machine,
    file: &StaticFile,
    options: &Options,
    report: &mut Report,
) {
    let clients = [
        ("clientPortAddress", &options.client_address),
        ("secureClientPortAddress", &options.secure_client_address),
    ];
    for (key, address) in clients {
        if let Some(Host::Name(name)) = address.as_ref().map(|address| &address.host)
            && !machine.resolves(name)
        {
            file.report(key, Problem::Unresolved(name.clone()), report);
        }
    }
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
    check_ports(file, own, options, report);
}

/// Whether the server listens on one port for clients and for servers. What its own line says of
/// both has been compared before.
fn check_ports(file: &StaticFile, own: &ServerSpec, options: &Options, report: &mut Report) {
    let clients = [
        ("clientPort", &options.client_address),
        ("secureClientPort", &options.secure_client_address),
    ];
    for (key, client) in clients {
        let Some(client) = client else { continue };
        for address in own.addresses() {
            let ports = [
                (address.quorum_port, Port::Quorum),
                (address.election_port, Port::Election),
            ];
            let meet = client.host.is_wildcard()
                || address.host.is_wildcard()
                || (file.has(key) && client.host.normalized() == address.host.normalized());
            for (port, other) in ports {
                if meet && port.get() == client.port {
                    let port = client.port;
                    file.report(key, Problem::PortTaken { port, other }, report);
                }
            }
        }
    }
    let [(_, client), (key, secure)] = clients;
    if let Some((client, secure)) = client.as_ref().zip(secure.as_ref())
        && client.port == secure.port
        && client.host == secure.host
        && file.has(key)
    {
        let (port, other) = (client.port, Port::Client);
        file.report(key, Problem::PortTaken { port, other }, report);
    }
}

/// Whether the address in the static file allows the one in the ensemble (`setupClientPort`).
fn is_served_by(dynamic: &ClientAddress, fixed: &ClientAddress) -> bool {
    if fixed.host.is_wildcard() {
        dynamic.port == fixed.port
    } else {
        dynamic.normalized() == fixed.normalized()
    }
}

fn read_text(machine: &dyn Machine, path: &Path, report: &mut Report) -> Option<String> {
    let read = machine.read(path).map_err(|error| unreadable(&error));
    let text = read.and_then(|bytes| match bytes.get(..2) {
        Some([0xff, 0xfe] | [0xfe, 0xff]) => Err(Problem::Utf16),
        _ => Ok(decode(bytes)),
    });
    text.map_err(|problem| {
        let mut found = Report::default();
        found.add(None, None, problem);
        report.absorb(found, Some(path));
    })
    .ok()
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::Unreadable(error.to_string())
}

fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
