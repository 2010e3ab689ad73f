//! One static file, usually `zoo.cfg`.
//!
//! Source: `QuorumPeerConfig.parseProperties`. What ZooKeeper hands on as a system property is read
//! here as what it means; a key that ZooKeeper has for another purpose passes without a word.

use super::dynamic::DynamicConfig;
use super::error::{ConfigErrors, Parsed, Report};
use super::keys::{Endpoint, Settings, is_foreign, setter};
use super::lines::{Duplicates, EnsembleLines};
use super::lint::{lint, lint_oracle};
use super::near::nearest;
use super::options::Options;
use super::problem::{Problem, Severity};
use super::properties::{Entry, entries};
use super::server::ClientAddress;
use super::slip::{self, java_trim};
use crate::id::Sid;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A static file: this server's options, and the ensemble or where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZooConfig {
    /// How the server behaves.
    pub options: Options,
    /// Who is in the ensemble.
    pub ensemble: EnsembleSource,
}

/// Where a static file says who is in the ensemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnsembleSource {
    /// In itself.
    Inline(DynamicConfig),
    /// In the file that `dynamicConfigFile` names, relative to the working directory.
    File(PathBuf),
}

impl ZooConfig {
    /// Reads the text of a static file, without touching any other file.
    ///
    /// ```
    /// use fle::config::{EnsembleSource, ZooConfig};
    ///
    /// let text = "dataDir=/var/lib/fle\ntickTime=2000\ninitLimit=10\nsyncLimit=5\n\
    ///             server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888\n";
    /// let parsed = ZooConfig::parse(text)?;
    /// assert_eq!(parsed.warnings, []);
    /// assert_eq!(parsed.value.options.tick_time.as_secs(), 2);
    /// assert!(matches!(parsed.value.ensemble, EnsembleSource::Inline(config) if config.servers().len() == 3));
    /// # Ok::<(), fle::config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str) -> Result<Parsed<Self>, ConfigErrors> {
        let mut found = Report::default();
        let file = StaticFile::read(text, &mut found);
        let ensemble = match file.settings.dynamic_file.clone() {
            Some(path) => Some(EnsembleSource::File(path)),
            None => file.inline(None, &mut found).map(EnsembleSource::Inline),
        };
        if let Some(EnsembleSource::Inline(config)) = &ensemble {
            file.check_against(config, &mut found);
        }
        let options = file.options(&mut found);
        let mut report = Report::default();
        report.absorb(found, None);
        report.finish(ensemble.map(|ensemble| Self { options, ensemble }))
    }
}

/// Some editors write it at the start of a text; it is no part of Java's white space.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What stands in a static file, before it is known to make sense.
pub(super) struct StaticFile {
    pub(super) settings: Settings,
    ensemble: EnsembleLines,
    /// The lines of the options.
    lines: BTreeMap<String, usize>,
    /// Those of which the value cannot be used.
    refused: BTreeSet<String>,
}

fn check_known(key: &str, line: usize, report: &mut Report) {
    if ["group", "weight"].iter().any(|kind| key.starts_with(kind)) {
        let id = key.split_once('.').map(|(_, id)| id.parse::<i64>());
        let has_id = id.is_some_and(|id| id.is_ok());
        report.add(Some(line), Some(key), Problem::GroupKey { has_id });
    } else if setter(key).is_none() && !EnsembleLines::owns(key) && !is_foreign(key) {
        let nearest = nearest(key);
        report.add(Some(line), Some(key), Problem::UnknownKey { nearest });
    }
}

impl StaticFile {
    pub(super) fn read(text: &str, report: &mut Report) -> Self {
        let mut file = Self {
            settings: Settings {
                options: Options::unset(),
                dynamic_file: None,
                client: Endpoint::default(),
                secure_client: Endpoint::default(),
                tick_millis: 3000,
                session_timeouts: [None; 2],
                ssl_auth_provider: None,
            },
            ensemble: EnsembleLines::new(Duplicates::Told),
            lines: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        // Of two lines with one key the later counts, whatever the first says.
        let last: BTreeMap<String, usize> = entries(text)
            .flatten()
            .map(|entry| (entry.key, entry.line))
            .collect();
        for entry in entries(text) {
            match entry {
                Ok(entry) if entry.key.starts_with(BYTE_ORDER_MARK) => {
                    let key = entry.key.trim_start_matches(BYTE_ORDER_MARK);
                    report.add(Some(entry.line), Some(key), Problem::ByteOrderMark);
                    check_known(key, entry.line, report);
                }
                Ok(entry) if EnsembleLines::owns(&entry.key) => {
                    file.ensemble.add(entry, Duplicates::Told, report);
                }
                Ok(entry) if last.get(&entry.key) != Some(&entry.line) => {
                    file.lines.insert(entry.key, entry.line);
                }
                Ok(entry) => file.set(&entry, report),
                Err(malformed) => report.add(Some(malformed.line), None, Problem::MalformedEscape),
            }
        }
        if file.settings.dynamic_file.is_some() {
            file.refuse_ensemble(report);
        }
        file
    }

    fn set(&mut self, entry: &Entry, report: &mut Report) {
        let key = java_trim(&entry.key);
        let mut add = |problem| report.add(Some(entry.line), Some(key), problem);
        if let Some(first) = self.lines.insert(key.to_owned(), entry.line) {
            add(Problem::DuplicateKey { first });
        }
        let set = setter(key).map(|set| set(&mut self.settings, java_trim(&entry.value)));
        match (set, slip::in_value(entry)) {
            (Some(Err(problem)), slip) if problem.severity() == Severity::Error => {
                self.refused.insert(key.to_owned());
                add(slip.map_or(problem, Problem::Slip));
            }
            (Some(Err(problem)), slip) => {
                self.refused.insert(key.to_owned());
                slip.map(Problem::Suspicious).into_iter().for_each(&mut add);
                add(problem);
            }
            (_, Some(slip)) => add(Problem::Suspicious(slip)),
            (_, None) => {}
        }
        check_known(key, entry.line, report);
    }

    /// Beside `dynamicConfigFile` no member may stand. A version may: ZooKeeper leaves it there
    /// when it moves the members out.
    fn refuse_ensemble(&self, report: &mut Report) {
        for entry in self.ensemble.entries() {
            if EnsembleLines::names_member(&entry.key) {
                let problem = Problem::BesideDynamicFile;
                report.add(Some(entry.line), Some(&entry.key), problem);
            }
        }
    }

    /// The ensemble that stands in the file, as the server with this id has it.
    pub(super) fn inline(&self, own: Option<Sid>, report: &mut Report) -> Option<DynamicConfig> {
        let rules = self.settings.options.rules();
        let config = self.ensemble.build(rules, report)?;
        lint(&config, &self.ensemble, own, report);
        Some(config)
    }

    /// The options; only good when the report holds no error.
    pub(super) fn options(&self, report: &mut Report) -> Options {
        let mut options = self.settings.options.clone();
        if options.data_dir.as_os_str().is_empty() && !self.lines.contains_key("dataDir") {
            self.report("dataDir", Problem::Missing, report);
        }
        if options.data_log_dir.as_os_str().is_empty() {
            options.data_log_dir = options.data_dir.clone();
        }
        if options.connect_to_learner_master_limit == 0 {
            options.connect_to_learner_master_limit = options.init_limit;
        }
        let client = ["clientPort", "clientPortAddress"];
        options.client_address = self.endpoint(&self.settings.client, client, report);
        let secure = ["secureClientPort", "secureClientPortAddress"];
        options.secure_client_address = self.endpoint(&self.settings.secure_client, secure, report);
        if options.secure_client_address.is_some() {
            self.check_auth_provider(report);
        }
        self.check_intervals(report);
        self.check_session_timeouts(report);
        self.check_sasl(report);
        options
    }

    fn endpoint(
        &self,
        endpoint: &Endpoint,
        [port_key, host_key]: [&'static str; 2],
        report: &mut Report,
    ) -> Option<ClientAddress> {
        if endpoint.port.is_none() && endpoint.host.is_some() {
            self.report(host_key, Problem::Needs(port_key), report);
        }
        endpoint.port.map(|port| ClientAddress {
            host: endpoint.host.clone().unwrap_or(super::Host::ANY),
            port,
        })
    }

    /// Only that for X.509 need not be named.
    fn check_auth_provider(&self, report: &mut Report) {
        const X509: &str = "x509";
        let scheme = self.settings.ssl_auth_provider.as_deref().unwrap_or(X509);
        if scheme != X509 && !self.has(&format!("authProvider.{scheme}")) {
            let problem = Problem::NoAuthProvider(scheme.to_owned());
            self.report("ssl.authProvider", problem, report);
        }
    }

    fn check_intervals(&self, report: &mut Report) {
        let min = self.settings.options.min_notification_interval.as_millis();
        let max = self.settings.options.max_notification_interval.as_millis();
        if min > max {
            let keys = ["min", "max"].map(|end| format!("fastleader.{end}NotificationInterval"));
            let later = keys.iter().max_by_key(|key| self.lines.get(*key));
            let key = later.map_or("", String::as_str);
            self.report(key, Problem::IntervalsCrossed { min, max }, report);
        }
    }

    /// Two ticks and twenty where they are not set.
    fn check_session_timeouts(&self, report: &mut Report) {
        let tick = self.settings.tick_millis;
        let [min, max] = self.settings.session_timeouts;
        // Java's products overflow.
        let min = min.unwrap_or(tick.wrapping_mul(2));
        let max = max.unwrap_or(tick.wrapping_mul(20));
        if min > max {
            let keys = ["minSessionTimeout", "maxSessionTimeout"];
            let later = keys.iter().max_by_key(|key| self.lines.get(**key));
            let problem = Problem::SessionTimeoutsCrossed { min, max };
            self.report(later.unwrap_or(&keys[0]), problem, report);
        }
    }

    /// Each switch of SASL needs the one before; ZooKeeper refuses to start otherwise.
    fn check_sasl(&self, report: &mut Report) {
        const ENABLE: &str = "quorum.auth.enableSasl";
        const LEARNER: &str = "quorum.auth.learnerRequireSasl";
        const SERVER: &str = "quorum.auth.serverRequireSasl";
        let auth = &self.settings.options.quorum_auth;
        if auth.learner_require_sasl && !auth.enable_sasl {
            self.report(LEARNER, Problem::Needs(ENABLE), report);
        }
        if auth.server_require_sasl && !auth.enable_sasl {
            self.report(SERVER, Problem::Needs(ENABLE), report);
        }
        if auth.server_require_sasl && !auth.learner_require_sasl {
            self.report(SERVER, Problem::Needs(LEARNER), report);
        }
    }

    /// Checks the options that depend on the ensemble.
    pub(super) fn check_against(&self, config: &DynamicConfig, report: &mut Report) {
        let options = &self.settings.options;
        if options.oracle_path.is_some()
            && let Some(problem) = lint_oracle(config)
        {
            self.report("oraclePath", problem, report);
        }
        if config.verifier().voters().len() == 1 && options.standalone_enabled {
            return;
        }
        for (key, limit) in [
            ("initLimit", options.init_limit),
            ("syncLimit", options.sync_limit),
        ] {
            match self.lines.contains_key(key) {
                false => self.report(key, Problem::Missing, report),
                true if limit == 0 && !self.refused.contains(key) => {
                    self.report(key, Problem::ZeroLimit, report);
                }
                true => {}
            }
        }
    }

    /// Whether the key stands in the file.
    pub(super) fn has(&self, key: &str) -> bool {
        self.lines.contains_key(key)
    }

    /// Reports a problem with a key, on its line if it has one.
    pub(super) fn report(&self, key: &str, problem: Problem, report: &mut Report) {
        report.add(self.lines.get(key).copied(), Some(key), problem);
    }
}
