//! The logs of a run: files in, the events of each server out.
//!
//! A file may hold the lines of one server or of several, told apart by what each line says of its
//! server and by what passed it on (`reading`). Files of one server (a log and the one rotated
//! before it) are put together in the order of their times, or else of the command line; what is
//! given twice counts once (`pieces`). Logs may grow while they are read (`growing`). Clocks that
//! are off are found out (`clocks`). Lines of other components, stack traces, cut lines and bytes
//! that are no text are skipped and counted. Files are read line by line, and only events are kept,
//! and complaints with the exceptions that follow them (`heads`).
//!
//! Nothing is lost without a word: lines that tell of an election and are not understood, lines
//! whose server nothing tells and events without a time are counted, the first of each is shown.

mod clocks;
mod growing;
mod heads;
mod input;
mod joined;
mod parts;
mod pieces;
mod reading;

pub use growing::{Growing, News};
pub use parts::{Dialect, Last, Log, LogError, Report, Sample, Source, Unclear};

use super::event::Place;
use super::text;
use fle::Sid;
use reading::Read;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What servers logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Logs {
    /// The files, in the order of the command line.
    pub files: Vec<Source>,
    /// By sid.
    pub servers: BTreeMap<Sid, Log>,
    /// By sid, also of servers that say nothing of elections.
    pub reports: BTreeMap<Sid, Report>,
    /// Servers that lines name as voters, heard or not.
    pub voters: BTreeSet<Sid>,
    /// What somebody who reads the judgement should know: what was given twice, whose clock is off.
    pub notes: Vec<String>,
    /// What keeps some of it from being judged.
    pub unclear: Vec<Unclear>,
}

impl Logs {
    /// Reads the logs.
    ///
    /// # Errors
    /// When a file cannot be read, none holds an event, or nothing tells whose events they are.
    pub fn read(paths: &[PathBuf]) -> Result<Self, LogError> {
        let read = |(index, path): (usize, &PathBuf)| {
            let bytes = input::whole(path).map_err(|cause| LogError::Read {
                path: path.clone(),
                cause,
            })?;
            reading::read(index, path, bytes)
        };
        let mut logs = Self::of(paths.iter().enumerate().map(read))?;
        let says_nothing = |file: &&Source| file.sids.is_empty();
        let silent = logs.files.iter().filter(says_nothing);
        let silent = silent.map(|file| LogError::NoEvent(file.path.clone()));
        let mut silent: Vec<_> = silent.collect();
        if silent.len() == paths.len() && !silent.is_empty() {
            return Err(silent.swap_remove(0));
        }
        logs.notes.extend(silent.iter().map(ToString::to_string));
        Ok(logs)
    }

    /// What was read of each file, put together.
    fn of(files: impl Iterator<Item = Result<Read, LogError>>) -> Result<Self, LogError> {
        let mut logs = Self {
            files: Vec::new(),
            servers: BTreeMap::new(),
            reports: BTreeMap::new(),
            voters: BTreeSet::new(),
            notes: Vec::new(),
            unclear: Vec::new(),
        };
        let mut servers: BTreeMap<Sid, Vec<Log>> = BTreeMap::new();
        for read in files {
            let read = read?;
            for (sid, log) in read.servers {
                let parts = servers.entry(sid).or_default();
                if parts.first().is_some_and(|it| it.dialect != log.dialect) {
                    let path = read.source.path;
                    return Err(LogError::TwoDialects { path, sid });
                }
                parts.push(log);
            }
            for (sid, report) in read.reports {
                logs.reports.entry(sid).or_default().add(report);
            }
            logs.voters.extend(read.voters);
            logs.files.push(read.source);
            logs.unclear.extend(read.unclear);
        }
        for (sid, parts) in servers {
            let log = logs.put_together(sid, parts);
            logs.servers.insert(sid, log);
        }
        logs.notes
            .extend(clocks::align(&mut logs.servers, &mut logs.reports));
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
        self.reports.entry(sid).or_default().double = whole.at_once;
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
        let file = input::regular(&self.files[place.file].path).ok()?;
        let mut lines = text::lines(file).ok()?;
        for _ in 1..place.line {
            lines.next().ok()??;
        }
        Some(lines.next().ok()??.trim_end().to_owned())
    }
}
