//! What is read: the log of a server, the file it stands in, and why one cannot be used.

use crate::history::complaint::Complaint;
use crate::history::event::{Event, Place};
use crate::history::zookeeper;
use fle::Sid;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

/// What one server logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Log {
    /// Whose words they are.
    pub dialect: Dialect,
    /// In the order in which the server said them.
    pub events: Vec<Event>,
}

/// What a server said beside its elections.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    /// What it complained of, by time.
    pub complaints: Vec<Complaint>,
    /// Its last line of whatever kind, or the last that is known to be its own.
    pub last: Option<Last>,
    /// Where a second log begins that covers the same time and says different things.
    pub double: Option<Place>,
}

/// Where a log ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Last {
    /// When the line was written.
    pub time: Timestamp,
    /// Where it stands.
    pub at: Place,
}

/// Whose words a log speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// This project's.
    Own,
    /// ZooKeeper's.
    ZooKeeper,
}

/// A file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Whose lines it holds.
    pub sids: BTreeSet<Sid>,
    /// How many lines it has.
    pub lines: usize,
    /// How many of them are events.
    pub events: usize,
    /// How many of the events have no time that is understood.
    pub untimed: usize,
    /// Lines of parts that elect, which are not understood.
    pub not_understood: BTreeMap<zookeeper::Part, Sample>,
    /// Where the log says that it is not whole.
    pub lost: Vec<Sample>,
}

/// Lines of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// How many.
    pub count: usize,
    /// The first, from 1.
    pub line: usize,
    /// Its words.
    pub text: String,
}

/// Something that keeps lines from being judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unclear {
    /// Whose lines, if that is known.
    pub sid: Option<Sid>,
    /// The first of them.
    pub at: Place,
    /// What is unclear.
    pub why: String,
}

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read, or not all of it.
    #[error("{path}: {cause}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// No line is an event.
    #[error("{path}: no line tells of an election; give the server logs of ZooKeeper at level INFO, or this project's event logs",
        path = .0.display())]
    NoEvent(PathBuf),
    /// Nothing names the server.
    #[error("{path}: no line names the server that wrote it, as `myid=1` or `My id = 1` would", path = .0.display())]
    NoServer(PathBuf),
    /// Two dialects in the logs of one server.
    #[error("{path}: server {sid} has logs of ZooKeeper and of this project; they cannot be of one run", path = path.display())]
    TwoDialects {
        /// The file.
        path: PathBuf,
        /// The server.
        sid: Sid,
    },
    /// An event that is none of the vocabulary.
    #[error("{path}:{line}: {cause}", path = path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What does not fit.
        cause: serde_json::Error,
    },
}

impl Report {
    /// What it complained of from then on, until then if there is an end.
    #[must_use]
    pub fn between(&self, from: Timestamp, until: Option<Timestamp>) -> &[Complaint] {
        let first = self.complaints.partition_point(|it| it.time < Some(from));
        let rest = &self.complaints[first..];
        let end = until.map(|until| rest.partition_point(|it| it.time <= Some(until)));
        &rest[..end.unwrap_or(rest.len())]
    }

    /// What another file says of the same server; what is given twice counts once.
    pub(super) fn add(&mut self, more: Self) {
        self.last = self.last.max(more.last);
        self.complaints.extend(more.complaints);
        self.complaints.sort_by_key(|it| it.time);
        self.complaints
            .dedup_by(|it, before| (it.time, &it.text) == (before.time, &before.text));
    }
}

impl Sample {
    /// Counts one more line.
    pub(super) fn count(kind: Option<Self>, line: usize, text: &str) -> Self {
        let first = kind.unwrap_or_else(|| Self {
            count: 0,
            line,
            text: text.trim().chars().take(200).collect(),
        });
        Self {
            count: first.count + 1,
            ..first
        }
    }
}
