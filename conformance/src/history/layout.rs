//! What stands around a message: when it was said, by which server, and what passed it on.
//!
//! Layouts are not told apart by whole patterns. Each part of a line is recognised by itself,
//! wherever it stands: the time by its form ([`time`]), the server by `myid` or `My id`, what
//! passed the line on (a compose service, a pod, a host) by what stands before the server's own
//! time. A JSON object becomes a plain line of its values first, its message last, so that
//! encoders, log drivers and `journalctl` need no knowledge of their own; what stands before the
//! object stays.

mod time;

use super::text;
use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;
pub(super) use time::{Clock, Time, Told};

/// Keys under which encoders put the message, the likeliest first.
const MESSAGE_KEYS: [&str; 9] = [
    "message",
    "msg",
    "MESSAGE",
    "log",
    "short_message",
    "textPayload",
    "line",
    "text",
    "body",
];
/// Keys under which they put the time, the server's own first.
const TIME_KEYS: [&str; 10] = [
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "timeMillis",
    "instant",
    "date",
    "datetime",
    "asctime",
    "__REALTIME_TIMESTAMP",
];
/// Keys that tell what passed the line on.
const SOURCE_KEYS: [&str; 9] = [
    "pod",
    "pod_name",
    "podName",
    "container",
    "container_name",
    "CONTAINER_NAME",
    "_HOSTNAME",
    "host",
    "hostname",
];

/// A line without its layout's quirks: plain text, the message at its end.
pub(super) struct Line<'a> {
    /// The text in which to look for a message.
    pub(super) text: Cow<'a, str>,
    /// What the object told that the line was, if it was one.
    object: Option<Object>,
}

/// What a JSON object tells beside its text.
struct Object {
    value: Value,
    time: Option<Time>,
    source: String,
}

/// What stands around a message.
pub(super) struct Around {
    pub(super) time: Option<Time>,
    /// What passed the line on; empty if nothing shows.
    pub(super) source: String,
}

impl<'a> Line<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        let raw = raw.trim_end();
        let Some((before, value)) = object(raw) else {
            return Self {
                text: Cow::Borrowed(raw),
                object: None,
            };
        };
        let mut flat = Flat {
            text: before.to_owned(),
            message: None,
            source: before.trim().to_owned(),
        };
        flat.add("", &value);
        let message = flat.message.unwrap_or_default();
        let inner = object(&message).map(|(_, inner)| inner);
        let _ = write!(flat.text, " - {}", message.trim_end());
        let object = Object {
            time: time_of(&value),
            source: flat.source,
            value: inner.unwrap_or(value),
        };
        Self {
            text: Cow::Owned(flat.text),
            object: Some(object),
        }
    }

    /// The object that the line was, or that the message was which it passed on.
    pub(super) fn object(&self) -> Option<&Value> {
        self.object.as_ref().map(|it| &it.value)
    }

    /// What stands around a message that begins there.
    pub(super) fn around(&self, message: usize) -> Around {
        let header = &self.text[..message];
        let times = time::find(header);
        match &self.object {
            // The object's own time may be that of the log driver: the message's is better.
            Some(object) => Around {
                time: time::best(&times).or(object.time),
                source: object.source.clone(),
            },
            None => Around {
                time: time::best(&times),
                source: source(header, &times),
            },
        }
    }
}

/// The JSON object in a line, and what stands before it.
fn object(raw: &str) -> Option<(&str, Value)> {
    let start = raw.find('{')?;
    let text = raw[start..].trim_end_matches([',', ']']);
    if !text.ends_with('}') {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    Some((&raw[..start], value))
}

/// An object as a plain line.
struct Flat {
    text: String,
    message: Option<String>,
    source: String,
}

impl Flat {
    /// Puts the values one after the other, `key=value`, but for the message and times.
    fn add(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                let is_message =
                    |it: &&&str| fields.get(**it).is_some_and(|it| message(it).is_some());
                let message_key = MESSAGE_KEYS.iter().find(is_message);
                for (name, value) in fields {
                    if message_key == Some(&name.as_str()) && self.message.is_none() {
                        self.message = message(value);
                    } else {
                        self.add(name, value);
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.add(key, value)),
            Value::Number(number) if !TIME_KEYS.contains(&key) => {
                let _ = write!(self.text, " {key}={number}");
            }
            Value::String(value) if !TIME_KEYS.contains(&key) => {
                let _ = write!(self.text, " {key}={value}");
                if SOURCE_KEYS.contains(&key) {
                    let _ = write!(self.source, "{value} ");
                }
            }
            _ => {}
        }
    }
}

/// A message: text, or its bytes, as `journalctl` shows what is not all printable.
fn message(value: &Value) -> Option<String> {
    if let Value::Array(bytes) = value {
        let byte = |it: &Value| u8::try_from(it.as_u64()?).ok();
        let bytes: Option<Vec<u8>> = bytes.iter().map(byte).collect();
        return bytes.map(|bytes| text::line(&bytes).into_owned());
    }
    value.as_str().map(str::to_owned)
}

/// The time under one of the object's keys.
fn time_of(value: &Value) -> Option<Time> {
    let at = |key: &&str| match value.get(*key)? {
        Value::Number(number) => time::since_1970(number.as_f64()?),
        Value::String(text) => {
            let as_number = || time::since_1970(text.parse().ok()?);
            time::best(&time::find(text)).or_else(as_number)
        }
        Value::Object(instant) => {
            let number = |key: &str| instant.get(key)?.as_i64();
            let nanos = i32::try_from(number("nanoOfSecond").unwrap_or_default()).ok()?;
            let at = Timestamp::new(number("epochSecond")?, nanos).ok()?;
            Some(Time::certain(at, true))
        }
        _ => None,
    };
    TIME_KEYS.iter().find_map(at)
}

/// What stands before the server's own time, without other times. Where no time stands before the
/// server's words but that of syslog, its host and tag.
fn source(header: &str, times: &[time::Found]) -> String {
    let Some(last) = times.last() else {
        let until = header.find('|').or_else(|| pod(header));
        return header[..until.unwrap_or(0)].trim().to_owned();
    };
    let mut source = String::new();
    let mut from = 0;
    for time in times {
        source.push_str(&header[from..time.at.start]);
        from = time.at.end;
    }
    let named = without_levels(&source);
    if !named.is_empty() {
        return named;
    }
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^ (?<tag>\S+ [\w./@-]+(?:\[\d+\])?): ").expect("a constant"));
    let tag = TAG.captures(&header[last.at.end..]);
    tag.map_or(String::new(), |it| it["tag"].to_owned())
}

/// What names a source, without levels and process ids, which change.
fn without_levels(source: &str) -> String {
    static CHANGING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\[\d+\]|\b(?:TRACE|DEBUG|INFO|WARN|ERROR)\b").expect("a constant")
    });
    let named = CHANGING.replace_all(source, "");
    named
        .trim_matches([' ', '[', ']', '\t', '"', ':'])
        .to_owned()
}

/// Where the name that `kubectl logs --prefix` puts before a line ends.
fn pod(header: &str) -> Option<usize> {
    let header = header.trim_start();
    header.starts_with("[pod/").then(|| header.find(']'))?
}

static SERVER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\bmy ?id"?(?: ?[=:] *"?)(?<sid>-?\d+)"#).expect("a constant")
});

/// The server that a line names as its own.
pub(super) fn server(text: &str) -> Option<i64> {
    let names_one = ["myid", "My id", "my id", "myId"]
        .iter()
        .any(|it| text.contains(it));
    names_one.then(|| SERVER.captures(text))??["sid"]
        .parse()
        .ok()
}
