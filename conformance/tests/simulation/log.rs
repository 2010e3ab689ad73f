//! Hears what the servers say while they say it.

use crate::disk::Disk;
use crate::ensemble::Ensemble;
use crate::properties::Picture;
use fle::Sid;
use fle_conformance::history::event::{Event, Fact, Place};
use fle_conformance::history::log::{Dialect, Log, Logs, Source};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

/// What has happened so far: as text for people, as logs for the judge, and as the picture that the
/// properties are checked on.
pub(crate) struct History {
    pub(crate) text: String,
    pub(crate) picture: Picture,
    logs: BTreeMap<Sid, Log>,
}

impl History {
    pub(crate) fn new(ensemble: Arc<Ensemble>, disks: BTreeMap<i64, Disk>) -> Self {
        Self {
            text: String::new(),
            picture: Picture::new(ensemble, disks),
            logs: BTreeMap::new(),
        }
    }

    /// Something that the simulation does.
    pub(crate) fn note(&mut self, now: Duration, what: &str) {
        let _ = writeln!(self.text, "{:>8.3} {what}", now.as_secs_f64());
    }

    /// Something that a server says. Its own warnings are no events.
    fn says(&mut self, now: Duration, fields: Map<String, Value>) {
        self.note(now, &Value::Object(fields.clone()).to_string());
        let (Some(sid), true) = (
            fields.get("sid").and_then(Value::as_i64),
            fields.contains_key("event"),
        ) else {
            return;
        };
        let fact: Fact = match serde_json::from_value(Value::Object(fields)) {
            Ok(fact) => fact,
            Err(error) => return self.picture.object(sid, &error.to_string()),
        };
        self.picture.happens(sid, &fact);
        let log = self.logs.entry(Sid(sid)).or_insert_with(|| Log {
            dialect: Dialect::Own,
            events: Vec::new(),
        });
        let at = Place {
            file: usize::try_from(sid).unwrap(),
            line: log.events.len() + 1,
        };
        log.events.push(Event {
            at,
            time: None,
            is_exact: false,
            fact,
        });
    }

    /// The servers' logs, as if they had been read from files of their ids.
    pub(crate) fn logs(&self) -> Logs {
        let files = (0..10).map(|file| Source {
            path: format!("server.{file}").into(),
            sids: BTreeSet::from([Sid(file)]),
            lines: 0,
            events: 0,
            untimed: 0,
            not_understood: BTreeMap::new(),
            lost: Vec::new(),
        });
        Logs {
            files: files.collect(),
            servers: self.logs.clone(),
            reports: BTreeMap::new(),
            voters: BTreeSet::new(),
            notes: Vec::new(),
            unclear: Vec::new(),
        }
    }
}

/// Takes the events of this crate's servers on one thread.
pub(crate) struct Listener(pub(crate) Arc<Mutex<History>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "fle" && *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let now = turmoil::sim_elapsed().unwrap_or_default();
        self.0.lock().unwrap().says(now, fields.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }
}
