//! The keys of a static file: a table that says where each setting goes, and the keys that
//! ZooKeeper has for other purposes.
//!
//! ZooKeeper reads some values while it reads the file, and ends where it cannot. The others it
//! hands on as system properties, to be read where they are needed: what is no number there leaves
//! the default, but for `cnxTimeout`, on which the server ends all the same.

use super::host::Host;
use super::options::{BindRetries, Options};
use super::problem::{Port, Problem};
use super::server::parse_port;
use crate::finalize::Finalize;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// What a static file has set so far.
pub(super) struct Settings {
    pub(super) options: Options,
    pub(super) dynamic_file: Option<PathBuf>,
    pub(super) client: Endpoint,
    pub(super) secure_client: Endpoint,
    /// `tickTime`, whether it can be waited for or not.
    pub(super) tick_millis: i32,
    /// `minSessionTimeout` and `maxSessionTimeout`, in milliseconds.
    pub(super) session_timeouts: [Option<i32>; 2],
    /// `ssl.authProvider`: who clients over TLS are.
    pub(super) ssl_auth_provider: Option<String>,
}

/// A client address in its two keys.
#[derive(Default)]
pub(super) struct Endpoint {
    pub(super) port: Option<u16>,
    pub(super) host: Option<Host>,
}

type Setter = fn(&mut Settings, &str) -> Result<(), Problem>;

/// The setting that a key makes.
pub(super) fn setter(key: &str) -> Option<Setter> {
    let found = SETTERS.iter().find(|(name, _)| *name == key);
    found.map(|&(_, setter)| setter)
}

/// Whether ZooKeeper has the key for something that has no part in an election.
pub(super) fn is_foreign(key: &str) -> bool {
    FOREIGN.lines().any(|known| match known.strip_suffix('*') {
        Some(family) => key.starts_with(family),
        None => key == known,
    })
}

/// Every key that is known by its whole name.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    let foreign = FOREIGN.lines().filter(|known| !known.ends_with('*'));
    SETTERS.iter().map(|&(name, _)| name).chain(foreign)
}

/// One key a line; a `*` at its end stands for a family. Collected from ZooKeeper's sources, 3.8,
/// 3.9 and main.
const FOREIGN: &str = include_str!("foreign_keys.txt");

const SETTERS: &[(&str, Setter)] = &[
    ("dataDir", |s, v| put(&mut s.options.data_dir, folder(v))),
    ("dataLogDir", |s, v| {
        put(&mut s.options.data_log_dir, folder(v))
    }),
    ("tickTime", tick_time),
    ("initLimit", |s, v| put(&mut s.options.init_limit, count(v))),
    ("syncLimit", |s, v| put(&mut s.options.sync_limit, count(v))),
    ("connectToLearnerMasterLimit", |s, v| {
        put(&mut s.options.connect_to_learner_master_limit, count(v))
    }),
    ("electionAlg", |_, v| election_algorithm(v)),
    ("peerType", |s, v| put(&mut s.options.peer_type, v.parse())),
    ("clientPort", |s, v| {
        put(&mut s.client.port, port(v, Port::Client))
    }),
    ("clientPortAddress", |s, v| {
        put(&mut s.client.host, own_host(v).map(Some))
    }),
    ("secureClientPort", |s, v| {
        put(&mut s.secure_client.port, port(v, Port::SecureClient))
    }),
    ("secureClientPortAddress", |s, v| {
        put(&mut s.secure_client.host, own_host(v).map(Some))
    }),
    ("quorumListenOnAllIPs", |s, v| {
        put(&mut s.options.quorum_listen_on_all_ips, flag(v))
    }),
    ("reconfigEnabled", |s, v| {
        put(&mut s.options.reconfig_enabled, flag(v))
    }),
    ("standaloneEnabled", |s, v| {
        put(&mut s.options.standalone_enabled, flag(v))
    }),
    ("dynamicConfigFile", |s, v| {
        put(&mut s.dynamic_file, path(v).map(Some))
    }),
    ("oraclePath", |s, v| {
        // Where there is no file, the oracle denies.
        put(&mut s.options.oracle_path, Ok(Some(v.into())))
    }),
    ("multiAddress.enabled", |s, v| {
        put(&mut s.options.multi_address.enabled, flag(v))
    }),
    ("multiAddress.reachabilityCheckEnabled", |s, v| {
        let multi_address = &mut s.options.multi_address;
        put(&mut multi_address.reachability_check_enabled, flag(v))
    }),
    ("multiAddress.reachabilityCheckTimeoutMs", |s, v| {
        let multi_address = &mut s.options.multi_address;
        let timeout = number(v, 1).and_then(|millis| some_millis(v, millis));
        put(&mut multi_address.reachability_check_timeout, timeout)
    }),
    ("fastleader.minNotificationInterval", |s, v| {
        let interval = number_of_property(v).and_then(|millis| some_millis(v, millis));
        put(&mut s.options.min_notification_interval, interval)
    }),
    ("fastleader.maxNotificationInterval", |s, v| {
        let interval = number_of_property(v).and_then(|millis| some_millis(v, millis));
        put(&mut s.options.max_notification_interval, interval)
    }),
    ("finalize", |s, v| put(&mut s.options.finalize, finalize(v))),
    ("promiseEndsWithConnection", |s, v| {
        property(&mut s.options.promise_ends_with_connection, v)
    }),
    ("cnxTimeout", |s, v| {
        let millis = v.parse().map_err(|_| Problem::ReadTooLate(v.to_owned()));
        let timeout = millis.and_then(|millis| some_millis(v, millis));
        put(&mut s.options.connect_timeout, timeout)
    }),
    ("quorumCnxnTimeoutMs", |s, v| {
        let timeout = optional_millis(v).map(|millis| millis.filter(|millis| !millis.is_zero()));
        put(&mut s.options.connection_timeout, timeout)
    }),
    ("quorum.cnxn.threads.size", |s, v| {
        let default = s.options.connection_threads;
        let threads = integer(v).map(|it| u32::try_from(it).unwrap_or(0).max(default));
        put(&mut s.options.connection_threads, threads)
    }),
    ("electionPortBindRetry", |s, v| {
        put(&mut s.options.election_port_bind_retries, bind_retries(v))
    }),
    ("tcpKeepAlive", |s, v| {
        property(&mut s.options.tcp_keep_alive, v)
    }),
    ("observer.election.DelayMs", |s, v| {
        put(&mut s.options.observer_election_delay, longest_delay(v))
    }),
    ("observer.reconnectDelayMs", |s, v| {
        put(&mut s.options.observer_reconnect_delay, longest_delay(v))
    }),
    ("leader.maxTimeToWaitForEpoch", |s, v| {
        put(&mut s.options.leader_epoch_timeout, optional_millis(v))
    }),
    ("leaderConnectDelayDuringRetryMs", |s, v| {
        let delay = number_of_property(v).and_then(|millis| at_least(0, v, millis));
        let delay = delay.map(|millis| Duration::from_millis(millis.into()));
        put(&mut s.options.leader_connect_retry_delay, delay)
    }),
    ("sslQuorum", |s, v| put(&mut s.options.ssl_quorum, flag(v))),
    ("portUnification", |s, v| {
        put(&mut s.options.port_unification, flag(v))
    }),
    ("sslQuorumReloadCertFiles", |s, v| {
        put(&mut s.options.ssl_quorum_reload_cert_files, flag(v))
    }),
    ("fips-mode", |s, v| property(&mut s.options.fips_mode, v)),
    ("quorum.auth.enableSasl", |s, v| {
        put(&mut s.options.quorum_auth.enable_sasl, flag(v))
    }),
    ("quorum.auth.learnerRequireSasl", |s, v| {
        put(&mut s.options.quorum_auth.learner_require_sasl, flag(v))
    }),
    ("quorum.auth.serverRequireSasl", |s, v| {
        put(&mut s.options.quorum_auth.server_require_sasl, flag(v))
    }),
    ("quorum.auth.learner.saslLoginContext", |s, v| {
        put(
            &mut s.options.quorum_auth.learner_login_context,
            Ok(v.to_owned()),
        )
    }),
    ("quorum.auth.server.saslLoginContext", |s, v| {
        put(
            &mut s.options.quorum_auth.server_login_context,
            Ok(v.to_owned()),
        )
    }),
    ("quorum.auth.kerberos.servicePrincipal", |s, v| {
        let principal = &mut s.options.quorum_auth.kerberos_service_principal;
        put(principal, Ok(v.to_owned()))
    }),
    ("kerberos.canonicalizeHostNames", |s, v| {
        property(&mut s.options.canonicalize_host_names, v)
    }),
    // What has no part in an election and stops ZooKeeper all the same when it cannot be read.
    ("maxClientCnxns", |_, v| integer(v).map(drop)),
    ("clientPortListenBacklog", |_, v| integer(v).map(drop)),
    ("observerMasterPort", |_, v| integer(v).map(drop)),
    ("autopurge.snapRetainCount", |_, v| integer(v).map(drop)),
    ("autopurge.purgeInterval", |_, v| integer(v).map(drop)),
    ("minSessionTimeout", |s, v| {
        put(&mut s.session_timeouts[0], session_timeout(v))
    }),
    ("maxSessionTimeout", |s, v| {
        put(&mut s.session_timeouts[1], session_timeout(v))
    }),
    ("localSessionsEnabled", |_, v| flag(v).map(drop)),
    ("localSessionsUpgradingEnabled", |_, v| flag(v).map(drop)),
    ("syncEnabled", |_, v| flag(v).map(drop)),
    ("jvm.pause.monitor", |_, v| flag(v).map(drop)),
    ("jvm.pause.info-threshold.ms", |_, v| long(v)),
    ("jvm.pause.warn-threshold.ms", |_, v| long(v)),
    ("jvm.pause.sleep.time.ms", |_, v| long(v)),
    ("metricsProvider.className", |_, v| metrics_provider(v)),
    ("ssl.authProvider", |s, v| {
        put(&mut s.ssl_auth_provider, Ok(Some(v.to_owned())))
    }),
];

/// The classes that come with ZooKeeper, the last one in a jar of its own.
const METRICS_PROVIDERS: [&str; 3] = [
    "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider",
    "org.apache.zookeeper.metrics.impl.NullMetricsProvider",
    "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
];

fn put<T>(place: &mut T, value: Result<T, Problem>) -> Result<(), Problem> {
    *place = value?;
    Ok(())
}

fn path(text: &str) -> Result<PathBuf, Problem> {
    if text.is_empty() {
        return Err(Problem::Missing);
    }
    Ok(text.into())
}

/// ZooKeeper looks whether a relative path begins with `./`, by two characters.
fn folder(text: &str) -> Result<PathBuf, Problem> {
    let is_short = text.trim_end_matches('/').len() < 2;
    if is_short && !text.is_empty() && !text.starts_with('/') {
        return Err(Problem::ShortPath(text.to_owned()));
    }
    path(text)
}

fn tick_time(settings: &mut Settings, text: &str) -> Result<(), Problem> {
    settings.tick_millis = number(text, 1)?;
    if settings.tick_millis == 0 {
        return Err(not_from(1, text));
    }
    let tick = some_millis(text, settings.tick_millis);
    put(&mut settings.options.tick_time, tick)
}

fn finalize(text: &str) -> Result<Finalize, Problem> {
    match text {
        "fixed" => Ok(Finalize::Fixed),
        "eager" => Ok(Finalize::Eager),
        _ => Err(Problem::NotAFinalizeRule(text.to_owned())),
    }
}

fn flag(text: &str) -> Result<bool, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::NotABoolean(text.to_owned())),
    }
}

/// A switch that ZooKeeper takes as a system property, which is off unless it is `true`.
fn property(place: &mut bool, text: &str) -> Result<(), Problem> {
    let value = flag(text);
    *place = value == Ok(true);
    value
        .map(drop)
        .map_err(|_| Problem::MeansFalse(text.to_owned()))
}

/// A number that ZooKeeper reads at once, a Java `int`. It is of use from `min` on.
fn number(text: &str, min: i32) -> Result<i32, Problem> {
    text.parse().map_err(|_| not_from(min, text))
}

fn not_from(min: i32, text: &str) -> Problem {
    Problem::NotInRange {
        text: text.to_owned(),
        min: min.into(),
        max: i32::MAX.into(),
    }
}

fn integer(text: &str) -> Result<i32, Problem> {
    number(text, i32::MIN)
}

fn long(text: &str) -> Result<(), Problem> {
    let number = text.parse::<i64>();
    number.map(drop).map_err(|_| Problem::NotInRange {
        text: text.to_owned(),
        min: i64::MIN,
        max: i64::MAX,
    })
}

/// -1 is the default.
fn session_timeout(text: &str) -> Result<Option<i32>, Problem> {
    integer(text).map(|millis| (millis != -1).then_some(millis))
}

fn metrics_provider(text: &str) -> Result<(), Problem> {
    if METRICS_PROVIDERS.contains(&text) {
        return Ok(());
    }
    Err(Problem::UnknownMetricsProvider(text.to_owned()))
}

/// What a server listens on, which ZooKeeper looks up while it reads its configuration. Java takes
/// no name for the loopback address.
fn own_host(text: &str) -> Result<Host, Problem> {
    if text.is_empty() {
        return Ok(Host::Ip(Ipv4Addr::LOCALHOST.into()));
    }
    // What the system takes for an address in hexadecimal or octal numbers, Java does not.
    let is_number = |part: &str| part.starts_with("0x") || part.parse::<u64>().is_ok();
    let host = Host::parse(text).ok();
    let host = host.filter(|host| match host {
        Host::Name(name) => !name.split('.').all(is_number),
        Host::Ip(_) => true,
    });
    host.ok_or_else(|| Problem::Unresolved(text.to_owned()))
}

/// A number that ZooKeeper takes as a system property.
fn number_of_property(text: &str) -> Result<i32, Problem> {
    let number = decoded(text).and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| Problem::MeansDefault(text.to_owned()))
}

/// `Long.decode`: hexadecimal and octal where the digits begin as in Java.
fn decoded(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let hexadecimal = ["0x", "0X", "#"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix));
    let (digits, radix) = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(octal)) if !octal.is_empty() => (octal, 8),
        _ => (digits, 10),
    };
    let is_signed_twice = digits.starts_with(['-', '+']);
    let number = i64::from_str_radix(&format!("{sign}{digits}"), radix).ok();
    number.filter(|_| !is_signed_twice)
}

fn at_least(min: i32, text: &str, number: i32) -> Result<u32, Problem> {
    let number = u32::try_from(number).ok();
    let enough = number.filter(|number| *number >= min.unsigned_abs());
    enough.ok_or_else(|| Problem::TooSmall {
        text: text.to_owned(),
        min,
    })
}

fn count(text: &str) -> Result<u32, Problem> {
    at_least(0, text, number(text, 0)?)
}

fn some_millis(text: &str, millis: i32) -> Result<Duration, Problem> {
    at_least(1, text, millis).map(|millis| Duration::from_millis(millis.into()))
}

/// Of a random delay; there is none where it is not above 0.
fn longest_delay(text: &str) -> Result<Duration, Problem> {
    let millis = decoded(text).ok_or_else(|| Problem::MeansDefault(text.to_owned()))?;
    Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

/// A negative number is none.
fn optional_millis(text: &str) -> Result<Option<Duration>, Problem> {
    let millis = u64::try_from(number_of_property(text)?);
    Ok(millis.ok().map(Duration::from_millis))
}

/// Port 0 is none, as in 3.8.
fn port(text: &str, port: Port) -> Result<Option<u16>, Problem> {
    parse_port(text, port).map(|number| (number != 0).then_some(number))
}

fn election_algorithm(text: &str) -> Result<(), Problem> {
    if text.parse() == Ok(3) {
        return Ok(());
    }
    Err(Problem::ElectionAlgorithm(text.to_owned()))
}

fn bind_retries(text: &str) -> Result<BindRetries, Problem> {
    let retries = number_of_property(text)?;
    Ok(match u32::try_from(retries) {
        Err(_) => BindRetries::DEFAULT,
        Ok(retries) => NonZeroU32::new(retries).map_or(BindRetries::Forever, BindRetries::AtMost),
    })
}
