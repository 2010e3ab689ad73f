//! The logs of a run: files in, the events of each server out.
//!
//! A file may hold the lines of one server or of several, told apart by what each line says of its
//! server and by what passed it on (`reading`). Files of one server (a log and the one rotated
//! before it) are put together in the order of their times, or else of the command line; what is
//! given twice counts once (`pieces`). Clocks that are off are found out (`clocks`). Lines of other
//! components, stack traces, cut lines and bytes that are no text are skipped and counted. Files are
//! read line by line, and only events are kept.
//!
//! Nothing is lost without a word: lines that tell of an election and are not understood, lines
//! whose server nothing tells and events without a time are counted, the first of each is shown.

mod clocks;
mod pieces;
mod reading;

use super::event::{Event, Place};
use super::{text, zookeeper};
use fle::Sid;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// What servers logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Logs {
    /// The files, in the order of the command line.
    pub files: Vec<Source>,
    /// By sid.
    pub servers: BTreeMap<Sid, Log>,
    /// What somebody who reads the judgement should know: what was given twice, whose clock is off.
    pub notes: Vec<String>,
    /// What keeps some of it from being judged.
    pub unclear: Vec<Unclear>,
}

/// What one server logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Log {
    /// Whose words they are.
    pub dialect: Dialect,
    /// In the order in which the server said them.
    pub events: Vec<Event>,
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

impl Logs {
    /// Reads the logs.
    ///
    /// # Errors
    /// When a file cannot be read, holds no event, or nothing tells whose events they are.
    pub fn read(paths: &[PathBuf]) -> Result<Self, LogError> {
        let mut logs = Self {
            files: Vec::new(),
            servers: BTreeMap::new(),
            notes: Vec::new(),
            unclear: Vec::new(),
        };
        let mut servers: BTreeMap<Sid, Vec<Log>> = BTreeMap::new();
        for (index, path) in paths.iter().enumerate() {
            let bytes = File::open(path).map_err(|cause| LogError::Read {
                path: path.clone(),
                cause,
            })?;
            let read = reading::read(index, path, bytes)?;
            for (sid, log) in read.servers {
                let parts = servers.entry(sid).or_default();
                if parts.first().is_some_and(|it| it.dialect != log.dialect) {
                    let path = path.clone();
                    return Err(LogError::TwoDialects { path, sid });
                }
                parts.push(log);
            }
            logs.files.push(read.source);
            logs.unclear.extend(read.unclear);
        }
        for (sid, parts) in servers {
            let log = logs.put_together(sid, parts);
            logs.servers.insert(sid, log);
        }
        clocks::align(&mut logs);
        Ok(logs)
    }

    /// One server's events out of all that was read of it.
    fn put_together(&mut self, sid: Sid, parts: Vec<Log>) -> Log {
        let dialect = parts[0].dialect;
        let parts = parts.into_iter().map(|log| log.events).collect();
        let whole = pieces::put_together(parts);
        for repeated in whole.repeated {
            self.notes.push(format!(
                "{}: {} events of server {sid} are given twice and count once",
                self.locate(repeated.at),
                repeated.count
            ));
        }
        self.unclear.extend(whole.at_once.map(|at| Unclear {
            sid: Some(sid),
            at,
            why: format!(
                "two logs of server {sid} cover the same time and say different things; \
                 two servers may have this id"
            ),
        }));
        Log {
            dialect,
            events: whole.events,
        }
    }

    /// The place as `file:line`.
    #[must_use]
    pub fn locate(&self, place: Place) -> String {
        let path = self.files[place.file].path.display();
        format!("{path}:{}", place.line)
    }

    /// The line itself, if the file can still be read.
    #[must_use]
    pub fn line(&self, place: Place) -> Option<String> {
        let file = File::open(&self.files[place.file].path).ok()?;
        let mut lines = text::lines(file).ok()?;
        for _ in 1..place.line {
            lines.next().ok()??;
        }
        Some(lines.next().ok()??.trim_end().to_owned())
    }
}

impl Sample {
    /// Counts one more line.
    fn count(kind: Option<Self>, line: usize, text: &str) -> Self {
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
