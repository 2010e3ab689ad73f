//! Several servers' files beside one another.
//!
//! What must be the same on every server is the ensemble, but for a server's own line, which may
//! have a wildcard for a host; what had better be the same are the limits and switches that decide
//! how servers wait for one another. Servers of one machine must not want the same port.

use fle::Sid;
use fle::config::{DynamicConfig, Options, ServerAddress, ServerConfig, ServerSpec};
use std::collections::{BTreeMap, BTreeSet};

/// A file that can be compared with others.
pub(super) struct Loaded {
    pub(super) name: String,
    /// `None` of a dynamic file by itself.
    pub(super) server: Option<ServerConfig>,
    /// Whether the file is that server's, rather than any one's of those that it lists.
    pub(super) is_one_server: bool,
    pub(super) ensemble: DynamicConfig,
}

/// What differs between servers.
#[derive(Default)]
pub(super) struct Differences {
    /// What keeps them from working together.
    pub(super) wrong: Vec<String>,
    /// What may be meant, as warnings.
    pub(super) suspicious: Vec<String>,
}

pub(super) fn compare(loaded: &[Loaded]) -> Differences {
    let mut differences = Differences {
        wrong: same_ids(loaded),
        ..Differences::default()
    };
    differences.wrong.extend(ensembles(loaded));
    differences.wrong.extend(shared_ports(loaded));
    let servers: Vec<_> = servers(loaded).collect();
    let Some(((first_name, first), others)) = servers.split_first() else {
        return differences;
    };
    for (name, other) in others {
        for (key, must_agree, value) in shared_options() {
            let (here, there) = (value(other.options()), value(first.options()));
            if here == there {
                continue;
            }
            let severity = if must_agree { "" } else { "warning: " };
            let text = format!(
                "{name}: {severity}{key} is {here}, and {there} in {first_name}; \
                 write the same on every server"
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

fn servers(loaded: &[Loaded]) -> impl Iterator<Item = (&str, &ServerConfig)> {
    loaded
        .iter()
        .filter_map(|it| Some((it.name.as_str(), it.server.as_ref()?)))
}

/// Those of which the id is known.
fn identified(loaded: &[Loaded]) -> impl Iterator<Item = (&str, &ServerConfig)> {
    let loaded = loaded.iter().filter(|it| it.is_one_server);
    loaded.filter_map(|it| Some((it.name.as_str(), it.server.as_ref()?)))
}

fn same_ids(loaded: &[Loaded]) -> Vec<String> {
    let mut names = BTreeMap::new();
    let mut found = Vec::new();
    for (name, server) in identified(loaded) {
        if let Some(other) = names.insert(server.sid(), name) {
            found.push(format!(
                "{name}: server {} is {other}'s too; \
                 give each server a dataDir with a myid of its own",
                server.sid()
            ));
        }
    }
    found
}

/// A sentence for each line of the ensemble in which a file differs from the first that has a say
/// in it: of a line with a wildcard, that is no file of the server itself.
fn ensembles(loaded: &[Loaded]) -> Vec<String> {
    let mut reference = BTreeMap::new();
    for it in loaded {
        for (key, value) in lines(&it.ensemble) {
            if own_wildcard(it).is_none_or(|own| key != key_of(own)) {
                reference.entry(key).or_insert((value, &it.name));
            }
        }
    }
    let mut found = Vec::new();
    for it in loaded {
        let here = lines(&it.ensemble);
        let keys: BTreeSet<&String> = reference.keys().chain(here.keys()).collect();
        for key in keys {
            let (listed, mine) = (reference.get(key), here.get(key));
            let (Some((there, name)), true) = (listed, listed.map(|it| &it.0) != mine) else {
                continue;
            };
            let own = own_wildcard(it).filter(|own| *key == key_of(own));
            if own.is_some_and(|own| there.ends_with(&behind_host(own))) {
                continue;
            }
            let mine = mine.map_or("not there", String::as_str);
            found.push(format!(
                "{}: {key} is {mine}, and {there} in {name}; write the same on every server",
                it.name
            ));
        }
    }
    found
}

/// The server's own line, where it stands for every address of its machine.
fn own_wildcard(loaded: &Loaded) -> Option<&ServerSpec> {
    let own = own_line(loaded.server.as_ref().filter(|_| loaded.is_one_server)?)?;
    let mut addresses = own.addresses().iter();
    addresses
        .all(|address| address.host.is_wildcard())
        .then_some(own)
}

fn own_line(server: &ServerConfig) -> Option<&ServerSpec> {
    server.dynamic().server(server.sid())
}

fn key_of(server: &ServerSpec) -> String {
    format!("server.{}", server.sid())
}

/// Ports, role and client addresses.
fn behind_host(server: &ServerSpec) -> String {
    let text = server.to_string();
    let host = server.addresses().first().map(|it| it.host.to_string());
    host.and_then(|host| text.strip_prefix(&host).map(str::to_owned))
        .unwrap_or(text)
}

/// The ensemble's text, by key.
fn lines(ensemble: &DynamicConfig) -> BTreeMap<String, String> {
    let text = ensemble.to_string();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Ports that two of the servers want on one machine, which is told by the hosts of their lines.
fn shared_ports(loaded: &[Loaded]) -> Vec<String> {
    let mut used: BTreeMap<(String, u16), (Sid, &str)> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, server) in identified(loaded) {
        for (host, port) in ports(server) {
            let sid = server.sid();
            let socket = (host, port);
            match used.get(&socket) {
                Some(&(other, theirs)) if other != sid => found.push(format!(
                    "{name}: server {sid} listens on port {port} of {}, and so does server {other} \
                     in {theirs}; give each server of a machine ports of its own",
                    socket.0
                )),
                _ => drop(used.insert(socket, (sid, name))),
            }
        }
    }
    found
}

/// What the server listens on, by machine; nothing where its line does not say which that is.
fn ports(server: &ServerConfig) -> BTreeSet<(String, u16)> {
    let machine = |address: &ServerAddress| match &address.host {
        host if host.is_loopback() => "this machine".to_owned(),
        host => host.to_string().to_lowercase(),
    };
    let options = server.options();
    let clients = [&options.client_address, &options.secure_client_address];
    let clients: Vec<u16> = clients.into_iter().flatten().map(|it| it.port).collect();
    let addresses = own_line(server).map_or(&[][..], ServerSpec::addresses);
    addresses
        .iter()
        .filter(|address| !address.host.is_wildcard())
        .flat_map(|address| {
            let servers = [address.quorum_port.get(), address.election_port.get()];
            let ports = clients.iter().copied().chain(servers);
            ports.map(|port| (machine(address), port))
        })
        .filter(|&(_, port)| port != 0)
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
