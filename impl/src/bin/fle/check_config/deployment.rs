//! Servers that a compose file or a ConfigMap describes: each one's files as its container would
//! find them.
//!
//! Source: the entry points of the images `zookeeper`, `bitnami/zookeeper` and
//! `confluentinc/cp-zookeeper`, which write `zoo.cfg` and `myid` from the environment. What compose
//! itself would fill in is not filled in, and told as a placeholder.

use fle::config::Machine;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// One server's container, or a file that several of them share.
pub(super) struct Deployed {
    /// The document's name and the server's in it; the static file is read from there.
    pub(super) path: PathBuf,
    text: String,
    /// `None` of a file that several servers share.
    my_id: Option<String>,
    others: BTreeMap<String, String>,
}

impl Deployed {
    /// Whether the file is one server's, rather than shared by several.
    pub(super) fn is_one_server(&self) -> bool {
        self.my_id.is_some()
    }

    /// A shared file is read as the first of its servers does.
    fn my_id(&self) -> Option<String> {
        let first = |text: &str| {
            let mut keys = text.lines().filter_map(|line| line.split_once('='));
            keys.find_map(|(key, _)| key.trim().strip_prefix("server.").map(str::to_owned))
        };
        let texts = std::iter::once(&self.text).chain(self.others.values());
        let mut shared = texts.filter_map(|text| first(text));
        self.my_id.clone().or_else(|| shared.next())
    }
}

impl Machine for Deployed {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.file_name().and_then(|name| name.to_str());
        let text = match name {
            _ if path == self.path => Some(self.text.clone()),
            Some("myid") => self.my_id(),
            name => name.and_then(|name| self.others.get(name).cloned()),
        };
        let text = text.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(text.into_bytes())
    }

    /// The names are those of another network.
    fn resolves(&self, _: &str) -> bool {
        true
    }
}

/// The servers in a YAML text, none where it is about something else.
///
/// # Errors
/// When it is no YAML.
pub(super) fn servers(name: &str, text: &str) -> Result<Vec<Deployed>, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| {
        error
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    })?;
    let mut found = Vec::new();
    for document in &documents {
        if let Some(services) = document["services"].as_object() {
            found.extend(services.iter().filter_map(|it| container(name, it)));
        }
        let listed = document["items"].as_array().map_or(&[][..], Vec::as_slice);
        for object in std::iter::once(document).chain(listed) {
            found.extend(config_map(name, object));
        }
    }
    Ok(found)
}

/// The files of a ConfigMap that are static ones.
fn config_map(name: &str, object: &Value) -> Vec<Deployed> {
    let Some(data) = object["data"]
        .as_object()
        .filter(|_| object["kind"] == "ConfigMap")
    else {
        return Vec::new();
    };
    let files = data
        .iter()
        .filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned())));
    let files: BTreeMap<String, String> = files.collect();
    let map = object["metadata"]["name"].as_str().unwrap_or("ConfigMap");
    let is_static = |text: &str| {
        let mut keys = text.lines().map(str::trim_start);
        keys.any(|line| line.starts_with("dataDir") || line.starts_with("tickTime"))
    };
    let found = files.iter().filter(|(_, text)| is_static(text));
    found
        .map(|(key, text)| Deployed {
            path: format!("{name}: {map}/{key}").into(),
            text: text.clone(),
            my_id: files.get("myid").cloned(),
            others: files.clone(),
        })
        .collect()
}

/// A service of a compose file, if its environment is a ZooKeeper server's.
fn container(name: &str, (service, definition): (&String, &Value)) -> Option<Deployed> {
    let environment = Environment::read(&definition["environment"]);
    let (my_id, text) = environment
        .of_confluent()
        .or_else(|| environment.of_bitnami())
        .or_else(|| environment.of_official())?;
    Some(Deployed {
        path: format!("{name}: {service}/zoo.cfg").into(),
        text,
        my_id: Some(my_id),
        others: BTreeMap::new(),
    })
}

struct Environment(BTreeMap<String, String>);

impl Environment {
    /// `KEY: value` or `- KEY=value`.
    fn read(value: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let map = value.as_object().into_iter().flat_map(Map::iter);
        let map = map.map(|(key, value)| (key.clone(), text(value)));
        let list = value.as_array().into_iter().flatten();
        let list = list.filter_map(|entry| entry.as_str()?.split_once('='));
        let list = list.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self(map.chain(list).collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The value of each key, in the environment or else this one.
    fn lines(&self, options: &[(&str, &str, &str)]) -> String {
        let mut text = String::new();
        for (key, variable, default) in options {
            let value = self.get(variable).unwrap_or(default);
            if !value.is_empty() {
                let _ = writeln!(text, "{key}={value}");
            }
        }
        text
    }

    fn of_official(&self) -> Option<(String, String)> {
        let (my_id, servers) = (self.get("ZOO_MY_ID"), self.get("ZOO_SERVERS"));
        let _either = my_id.or(servers)?;
        let mut text = self.lines(&[
            ("dataDir", "ZOO_DATA_DIR", "/data"),
            ("dataLogDir", "ZOO_DATA_LOG_DIR", "/datalog"),
            ("tickTime", "ZOO_TICK_TIME", "2000"),
            ("initLimit", "ZOO_INIT_LIMIT", "5"),
            ("syncLimit", "ZOO_SYNC_LIMIT", "2"),
            (
                "autopurge.snapRetainCount",
                "ZOO_AUTOPURGE_SNAPRETAINCOUNT",
                "3",
            ),
            (
                "autopurge.purgeInterval",
                "ZOO_AUTOPURGE_PURGEINTERVAL",
                "0",
            ),
            ("maxClientCnxns", "ZOO_MAX_CLIENT_CNXNS", "60"),
            ("standaloneEnabled", "ZOO_STANDALONE_ENABLED", "true"),
            ("admin.enableServer", "ZOO_ADMINSERVER_ENABLED", "true"),
        ]);
        let servers = servers.unwrap_or("server.1=localhost:2888:3888;2181");
        let more = self.get("ZOO_CFG_EXTRA").unwrap_or_default();
        for line in servers.split_whitespace().chain(more.split_whitespace()) {
            let _ = writeln!(text, "{line}");
        }
        Some((my_id.unwrap_or("1").to_owned(), text))
    }

    /// `host:port:port::id`, or without the id in the order of ids.
    fn of_bitnami(&self) -> Option<(String, String)> {
        let my_id = self.get("ZOO_SERVER_ID")?;
        let mut text = self.lines(&[
            ("dataDir", "ZOO_DATA_DIR", "/bitnami/zookeeper/data"),
            ("tickTime", "ZOO_TICK_TIME", "2000"),
            ("initLimit", "ZOO_INIT_LIMIT", "10"),
            ("syncLimit", "ZOO_SYNC_LIMIT", "5"),
            ("maxClientCnxns", "ZOO_MAX_CLIENT_CNXNS", "60"),
            ("clientPort", "ZOO_PORT_NUMBER", "2181"),
        ]);
        let servers = self.get("ZOO_SERVERS").unwrap_or_default();
        let servers = servers.split([',', ' ']).filter(|it| !it.is_empty());
        for (place, server) in (1..).zip(servers) {
            let _ = match server.split_once("::") {
                Some((server, id)) => writeln!(text, "server.{id}={server}"),
                None => writeln!(text, "server.{place}={server}"),
            };
        }
        Some((my_id.to_owned(), text))
    }

    /// Servers in the order of their ids.
    fn of_confluent(&self) -> Option<(String, String)> {
        let servers = self.get("ZOOKEEPER_SERVERS");
        let client_port = self.get("ZOOKEEPER_CLIENT_PORT");
        let _either = servers.or(client_port)?;
        let mut text = self.lines(&[
            ("dataDir", "ZOOKEEPER_DATA_DIR", "/var/lib/zookeeper/data"),
            ("clientPort", "ZOOKEEPER_CLIENT_PORT", ""),
            ("tickTime", "ZOOKEEPER_TICK_TIME", ""),
            ("initLimit", "ZOOKEEPER_INIT_LIMIT", ""),
            ("syncLimit", "ZOOKEEPER_SYNC_LIMIT", ""),
            ("maxClientCnxns", "ZOOKEEPER_MAX_CLIENT_CNXNS", ""),
        ]);
        let servers = servers.unwrap_or_default().split(';');
        for (id, server) in (1..).zip(servers.filter(|it| !it.is_empty())) {
            let _ = writeln!(text, "server.{id}={server}");
        }
        let my_id = self.get("ZOOKEEPER_SERVER_ID").unwrap_or("1");
        Some((my_id.to_owned(), text))
    }
}
