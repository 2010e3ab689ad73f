//! One file: its lines, whose they are, and what of them is not understood.

use super::{Dialect, Log, LogError, Sample, Source, Unclear};
use crate::history::event::{Event, Fact, Place};
use crate::history::layout::{self, Line, Time};
use crate::history::own::{self, Said};
use crate::history::text;
use crate::history::zookeeper::{self, Part};
use fle::Sid;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// What passes a server's lines on names itself in each of them; so many of them tell.
const ENOUGH: usize = 50;

/// What a file holds.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) servers: BTreeMap<Sid, Log>,
    pub(super) unclear: Vec<Unclear>,
}

pub(super) fn read(file: usize, path: &Path, bytes: File) -> Result<Read, LogError> {
    let cause = |cause| LogError::Read {
        path: path.to_owned(),
        cause,
    };
    let mut reading = Reading::new(file, path);
    let mut lines = text::lines(bytes).map_err(cause)?;
    while let Some(line) = lines.next().map_err(cause)? {
        reading.source.lines += 1;
        reading.line(&line)?;
    }
    reading.finish()
}

/// A file while it is read.
struct Reading {
    file: usize,
    source: Source,
    said: Vec<Entry>,
    /// The servers that the lines of each source name.
    named: BTreeMap<String, BTreeSet<Sid>>,
    times_named: BTreeMap<Sid, usize>,
    unclear: Vec<Unclear>,
}

/// An event whose server may be told elsewhere.
struct Entry {
    sid: Option<Sid>,
    source: String,
    dialect: Dialect,
    event: Event,
}

impl Reading {
    fn new(file: usize, path: &Path) -> Self {
        Self {
            file,
            source: Source {
                path: path.to_owned(),
                sids: BTreeSet::new(),
                lines: 0,
                events: 0,
                untimed: 0,
                not_understood: BTreeMap::new(),
                lost: Vec::new(),
            },
            said: Vec::new(),
            named: BTreeMap::new(),
            times_named: BTreeMap::new(),
            unclear: Vec::new(),
        }
    }

    fn line(&mut self, raw: &str) -> Result<(), LogError> {
        let line = Line::new(raw);
        match line.object().and_then(own::said) {
            Some(Ok(Said::Event(it))) => {
                let time = it.timestamp.map(|at| Time { at, is_exact: true });
                self.push(
                    Dialect::Own,
                    Some(Sid(it.sid)),
                    String::new(),
                    time,
                    it.fact,
                );
            }
            Some(Ok(Said::Lost(words))) => {
                let sample = Sample::count(None, self.source.lines, &words);
                self.source.lost.push(sample);
            }
            Some(Err(cause)) => {
                return Err(LogError::Event {
                    path: self.source.path.clone(),
                    line: self.source.lines,
                    cause,
                });
            }
            None => self.zookeeper(&line),
        }
        Ok(())
    }

    fn zookeeper(&mut self, line: &Line<'_>) {
        let sid = layout::server(&line.text).map(Sid);
        let words = zookeeper::words(&line.text);
        if words.is_none() && !sid.is_some_and(|sid| self.is_news(sid)) {
            return self.foreign(&line.text);
        }
        let around = line.around(words.as_ref().map_or(line.text.len(), |it| it.start));
        if let Some(sid) = sid {
            let named = self.named.entry(around.source.clone()).or_default();
            named.insert(sid);
        }
        match words {
            Some(it) => self.push(Dialect::ZooKeeper, sid, around.source, around.time, it.fact),
            None => self.foreign(&line.text),
        }
    }

    /// Whether a line that names this server and is no event may still tell who speaks where.
    fn is_news(&mut self, sid: Sid) -> bool {
        let named = self.times_named.entry(sid).or_default();
        *named += 1;
        *named <= ENOUGH
    }

    /// A line that is no event.
    fn foreign(&mut self, text: &str) {
        if let Some(part) = zookeeper::part(text) {
            let before = self.source.not_understood.remove(&part);
            let sample = Sample::count(before, self.source.lines, text);
            self.source.not_understood.insert(part, sample);
        }
    }

    fn push(
        &mut self,
        dialect: Dialect,
        sid: Option<Sid>,
        source: String,
        time: Option<Time>,
        fact: Fact,
    ) {
        let at = Place {
            file: self.file,
            line: self.source.lines,
        };
        self.source.untimed += usize::from(time.is_none());
        self.said.push(Entry {
            sid,
            source,
            dialect,
            event: Event {
                at,
                time: time.map(|it| it.at),
                is_exact: time.is_some_and(|it| it.is_exact),
                fact,
            },
        });
    }

    /// Gives each event to its server.
    fn finish(mut self) -> Result<Read, LogError> {
        let path = self.source.path.clone();
        if self.said.is_empty() {
            return Err(LogError::NoEvent(path));
        }
        self.source.events = self.said.len();
        let mut servers: BTreeMap<Sid, Log> = BTreeMap::new();
        let mut nobody = None;
        for entry in std::mem::take(&mut self.said) {
            let Some(sid) = entry.sid.or_else(|| self.only_server(&entry.source)) else {
                let before = nobody.take().map(|(_, count)| count);
                nobody = Some((entry.event.at, before.unwrap_or(0) + 1));
                continue;
            };
            let log = servers.entry(sid).or_insert_with(|| Log {
                dialect: entry.dialect,
                events: Vec::new(),
            });
            if log.dialect != entry.dialect {
                return Err(LogError::TwoDialects { path, sid });
            }
            log.events.push(entry.event);
        }
        if servers.is_empty() {
            return Err(LogError::NoServer(path));
        }
        self.source.sids = servers.keys().copied().collect();
        self.unclear.extend(self.votes_not_understood());
        self.unclear.extend(nobody.map(|(at, count)| Unclear {
            sid: None,
            at,
            why: format!(
                "nothing tells which server said this and {} lines more",
                count - 1
            ),
        }));
        Ok(Read {
            source: self.source,
            servers,
            unclear: self.unclear,
        })
    }

    /// What the election itself says may be a vote; but the last line of a log is often cut.
    fn votes_not_understood(&self) -> Option<Unclear> {
        let sample = self.source.not_understood.get(&Part::FastLeaderElection)?;
        let only = self.source.sids.iter().next().copied();
        (sample.line < self.source.lines).then(|| Unclear {
            sid: only.filter(|_| self.source.sids.len() == 1),
            at: Place {
                file: self.file,
                line: sample.line,
            },
            why: format!(
                "{} lines of FastLeaderElection are not understood, the first: {}",
                sample.count, sample.text
            ),
        })
    }

    /// The server that alone is named where this source speaks, or in all of the file where no
    /// source is told from another.
    fn only_server(&self, source: &str) -> Option<Sid> {
        let only = |mut sids: Box<dyn Iterator<Item = &Sid> + '_>| {
            let first = *sids.next()?;
            sids.all(|sid| *sid == first).then_some(first)
        };
        match self.named.get(source) {
            Some(named) => only(Box::new(named.iter())),
            None if is_passed_on(source) => None,
            None => only(Box::new(self.named.values().flatten())),
        }
    }
}

/// Whether a source is certainly the name of one of several that speak in one file.
fn is_passed_on(source: &str) -> bool {
    source.contains('|') || source.starts_with("pod/") || source.starts_with("[pod/")
}
