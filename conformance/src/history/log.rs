//! The logs of a run: files in, the events of each server out.
//!
//! A file holds the lines of one server. Files of the same server (a log and the one rotated before it) are put together in the
//! order of their times, or else of the command line. Lines of other components, stack traces, cut lines and bytes that are no
//! text are skipped and counted. Files are read line by line, and only events are kept.

use super::event::{Event, Fact, Place};
use super::{own, zookeeper};
use fle::Sid;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A longer line is no event: what is over is dropped without being kept.
const LONGEST_LINE: u64 = 64 * 1024;

/// What servers logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Logs {
    /// The files, in the order of the command line.
    pub files: Vec<Source>,
    /// By sid.
    pub servers: BTreeMap<Sid, Log>,
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
    pub sid: Sid,
    /// How many lines it has.
    pub lines: usize,
    /// How many of them are no events.
    pub skipped: usize,
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
    /// Two servers wrote it.
    #[error("{path}:{line}: a line of server {other} in a log of server {sid}; give a file for each server", path = path.display())]
    TwoServers {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// Whose log it is.
        sid: Sid,
        /// Whose line it is.
        other: Sid,
    },
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
    /// When a file cannot be read, holds no event, or holds those of more than one server.
    pub fn read(paths: &[PathBuf]) -> Result<Self, LogError> {
        let mut logs = Self {
            files: Vec::new(),
            servers: BTreeMap::new(),
        };
        for (file, path) in paths.iter().enumerate() {
            let cause = |cause| LogError::Read {
                path: path.clone(),
                cause,
            };
            let reader = BufReader::new(File::open(path).map_err(cause)?);
            logs.add(file, path, reader)?;
        }
        for log in logs.servers.values_mut() {
            log.put_in_order();
        }
        Ok(logs)
    }

    fn add(&mut self, file: usize, path: &Path, reader: impl BufRead) -> Result<(), LogError> {
        let mut part = Part::new(file, path);
        part.read(reader)?;
        let (source, dialect) = part.source()?;
        let log = self.servers.entry(source.sid).or_insert_with(|| Log {
            dialect,
            events: Vec::new(),
        });
        if log.dialect != dialect {
            let (path, sid) = (path.to_owned(), source.sid);
            return Err(LogError::TwoDialects { path, sid });
        }
        log.events.append(&mut part.events);
        self.files.push(source);
        Ok(())
    }

    /// The place as `file:line`.
    #[must_use]
    pub fn locate(&self, place: Place) -> String {
        let path = self.files[place.file].path.display();
        format!("{path}:{}", place.line)
    }
}

impl Log {
    /// Files of one server in the order of their first times. Within a file nothing moves.
    fn put_in_order(&mut self) {
        let mut files: Vec<Vec<Event>> = Vec::new();
        for event in self.events.drain(..) {
            match files.last_mut() {
                Some(file) if file[0].at.file == event.at.file => file.push(event),
                _ => files.push(vec![event]),
            }
        }
        files.sort_by_key(|file| file.iter().find_map(|event| event.time));
        self.events = files.into_iter().flatten().collect();
    }
}

/// One file while it is read.
struct Part<'a> {
    file: usize,
    path: &'a Path,
    sid: Option<Sid>,
    dialect: Option<Dialect>,
    lines: usize,
    events: Vec<Event>,
}

impl<'a> Part<'a> {
    fn new(file: usize, path: &'a Path) -> Self {
        Self {
            file,
            path,
            sid: None,
            dialect: None,
            lines: 0,
            events: Vec::new(),
        }
    }

    fn read(&mut self, mut reader: impl BufRead) -> Result<(), LogError> {
        let mut line = Vec::new();
        while read_line(&mut reader, &mut line).map_err(|cause| LogError::Read {
            path: self.path.to_owned(),
            cause,
        })? {
            self.lines += 1;
            self.line(&String::from_utf8_lossy(&line))?;
        }
        Ok(())
    }

    fn line(&mut self, text: &str) -> Result<(), LogError> {
        match own::line(text) {
            Some(Ok(line)) => {
                self.speaks(Sid(line.sid))?;
                self.push(Dialect::Own, line.timestamp, line.fact)
            }
            Some(Err(cause)) => Err(LogError::Event {
                path: self.path.to_owned(),
                line: self.lines,
                cause,
            }),
            None => {
                if let Some(line) = zookeeper::line(text) {
                    if let Some(sid) = line.sid {
                        self.speaks(Sid(sid))?;
                    }
                    self.push(Dialect::ZooKeeper, line.time, line.fact)?;
                }
                Ok(())
            }
        }
    }

    fn push(
        &mut self,
        dialect: Dialect,
        time: Option<jiff::Timestamp>,
        fact: Fact,
    ) -> Result<(), LogError> {
        if *self.dialect.get_or_insert(dialect) != dialect {
            return Err(LogError::TwoDialects {
                path: self.path.to_owned(),
                sid: self.sid.unwrap_or(Sid::NONE),
            });
        }
        let at = Place {
            file: self.file,
            line: self.lines,
        };
        self.events.push(Event { at, time, fact });
        Ok(())
    }

    fn speaks(&mut self, sid: Sid) -> Result<(), LogError> {
        let known = *self.sid.get_or_insert(sid);
        if known == sid {
            return Ok(());
        }
        Err(LogError::TwoServers {
            path: self.path.to_owned(),
            line: self.lines,
            sid: known,
            other: sid,
        })
    }

    fn source(&self) -> Result<(Source, Dialect), LogError> {
        let path = self.path.to_owned();
        let Some(dialect) = self.dialect else {
            return Err(LogError::NoEvent(path));
        };
        let Some(sid) = self.sid else {
            return Err(LogError::NoServer(path));
        };
        let source = Source {
            path,
            sid,
            lines: self.lines,
            skipped: self.lines - self.events.len(),
        };
        Ok((source, dialect))
    }
}

/// Reads a line, or its beginning; whether there was one.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    reader.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(!line.is_empty())
}
