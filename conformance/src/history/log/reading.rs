//! One file: its lines, whose they are, and what of them is not understood.

use super::heads::Heads;
use super::joined::Joined;
use super::{Dialect, Last, Log, LogError, Report, Sample, Source, Unclear};
use crate::history::complaint::{Complaint, Grievance, Trouble};
use crate::history::event::{Event, Fact, Place};
use crate::history::layout::{self, Clock, Line, Time, Told};
use crate::history::own::{self, Said};
use crate::history::text;
use crate::history::zookeeper::{self, Part};
use fle::Sid;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::mem;
use std::path::{Path, PathBuf};

/// What passes a server's lines on names itself in each of them; so many of them tell.
const ENOUGH: usize = 50;

/// What a file holds.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) servers: BTreeMap<Sid, Log>,
    pub(super) reports: BTreeMap<Sid, Report>,
    pub(super) voters: BTreeSet<Sid>,
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
        reading.line(&line)?;
    }
    reading.finish()
}

/// A file while it is read.
#[derive(Clone)]
pub(super) struct Reading {
    file: usize,
    source: Source,
    /// Lines that are not whole yet.
    joined: Joined,
    clock: Clock,
    said: Vec<Entry>,
    complaints: Vec<Complained>,
    /// The lines that exceptions may follow.
    heads: Heads,
    /// The servers that the lines of each source name.
    named: BTreeMap<String, BTreeSet<Sid>>,
    times_named: BTreeMap<Sid, usize>,
    /// Servers that lines name as voters.
    voters: BTreeSet<Sid>,
    unclear: Vec<Unclear>,
}

/// An event whose server may be told elsewhere.
#[derive(Clone)]
struct Entry {
    sid: Option<Sid>,
    source: String,
    dialect: Dialect,
    event: Event,
    /// The event's time, which all of the file decides about.
    time: Option<Told>,
}

/// A complaint whose server may be told elsewhere.
#[derive(Clone)]
struct Complained {
    sid: Option<Sid>,
    complaint: Complaint,
    /// The complaint's time, which all of the file decides about.
    time: Option<Told>,
}

impl Reading {
    pub(super) fn new(file: usize, path: &Path) -> Self {
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
            joined: Joined::default(),
            clock: Clock::default(),
            said: Vec::new(),
            complaints: Vec::new(),
            heads: Heads::default(),
            named: BTreeMap::new(),
            times_named: BTreeMap::new(),
            voters: BTreeSet::new(),
            unclear: Vec::new(),
        }
    }

    /// A reading of the file that follows this one: whoever spoke in this one speaks there too.
    pub(super) fn successor(&self, file: usize, path: &Path) -> Self {
        Self {
            named: self.named.clone(),
            clock: self.clock,
            ..Self::new(file, path)
        }
    }

    /// The file has this name now.
    pub(super) fn is_called(&mut self, path: PathBuf) {
        self.source.path = path;
    }

    /// The file is not there any more, in these words.
    pub(super) fn is_gone(&mut self, when: &str) {
        let path = self.source.path.display();
        let ending = format!(" ({when})");
        if !path.to_string().ends_with(&ending) {
            self.source.path = format!("{path}{ending}").into();
        }
    }

    /// What is read so far, even if it is nothing.
    pub(super) fn so_far(&self) -> Result<Read, LogError> {
        match self.clone().finish() {
            Err(LogError::NoServer(_)) => Ok(Read {
                source: self.source.clone(),
                servers: BTreeMap::new(),
                reports: BTreeMap::new(),
                voters: BTreeSet::new(),
                unclear: Vec::new(),
            }),
            read => read,
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, raw: &str) -> Result<(), LogError> {
        self.source.lines += 1;
        let Some(raw) = self.joined.take(raw) else {
            return Ok(());
        };
        let raw = raw.as_ref();
        let line = Line::new(raw);
        match line.object().and_then(own::said) {
            Some(Ok(Said::Event(it))) => {
                let time = it.timestamp.map(|at| Time::certain(at, true));
                self.push(
                    Dialect::Own,
                    Some(Sid(it.sid)),
                    String::new(),
                    time,
                    it.fact,
                );
                self.heads.put(raw, self.source.lines, None);
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
            None => self.zookeeper(&line, raw),
        }
        Ok(())
    }

    /// A line that is no event may be a complaint, or the exception that belongs to one.
    fn beside(&mut self, line: &Line<'_>, raw: &str) {
        if line.object().is_none() && zookeeper::is_exception(&line.text) {
            return self.exception(&line.text);
        }
        let grievance = match line.object().filter(own::is_program) {
            Some(object) => own::complaint(object),
            None => zookeeper::complaint(&line.text, &line.text),
        };
        let peer = grievance.as_ref().and_then(|it| match it.trouble {
            Trouble::Unreachable => it.peer,
            _ => None,
        });
        self.voters.extend(peer);
        let complaint = grievance.map(|grievance| {
            let time = line.around(line.text.len()).time;
            let sid = own::speaker(line.object()).or_else(|| layout::server(&line.text));
            let time = time.map(|it| self.clock.tell(it));
            self.complain(grievance, sid, &line.text, time)
        });
        self.heads.put(raw, self.source.lines, complaint);
    }

    /// An exception goes on with the line before it, or makes a complaint of it.
    fn exception(&mut self, text: &str) {
        let Some(head) = self.heads.before(text).cloned() else {
            return;
        };
        let more = zookeeper::complaint(&head.text, text);
        let reason = zookeeper::reason(text);
        if let Some(index) = head.complaint {
            let complaint = &mut self.complaints[index].complaint;
            complaint.goes_on(text, more, reason);
        } else if let Some(grievance) = more {
            let (sid, time) = (layout::server(&head.text), head.told(&mut self.clock));
            let complaint = self.complain(grievance, sid, text, time);
            self.heads.put(&head.text, head.line, Some(complaint));
        }
    }

    fn complain(
        &mut self,
        grievance: Grievance,
        sid: Option<i64>,
        text: &str,
        time: Option<Told>,
    ) -> usize {
        let reason = grievance.reason;
        let complaint = Complaint {
            at: self.here(),
            time: None,
            grievance: Grievance {
                reason: reason.filter(|_| grievance.trouble.has_reason()),
                ..grievance
            },
            text: Complaint::shown(text),
        };
        self.complaints.push(Complained {
            sid: sid.map(Sid),
            complaint,
            time,
        });
        self.complaints.len() - 1
    }

    fn here(&self) -> Place {
        Place {
            file: self.file,
            line: self.source.lines,
        }
    }

    fn zookeeper(&mut self, line: &Line<'_>, raw: &str) {
        let sid = layout::server(&line.text).map(Sid);
        self.voters.extend(zookeeper::voters(&line.text));
        let words = zookeeper::words(&line.text);
        if words.is_some() {
            self.heads.put(raw, self.source.lines, None);
        } else {
            self.beside(line, raw);
        }
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
        let at = self.here();
        self.source.untimed += usize::from(time.is_none());
        self.said.push(Entry {
            sid,
            source,
            dialect,
            event: Event {
                at,
                time: None,
                is_exact: time.is_some_and(|it| it.is_exact),
                fact,
            },
            time: time.map(|it| self.clock.tell(it)),
        });
    }

    /// Gives each event to its server.
    fn finish(mut self) -> Result<Read, LogError> {
        let path = self.source.path.clone();
        self.source.events = self.said.len();
        let mut servers: BTreeMap<Sid, Log> = BTreeMap::new();
        let mut nobody = None;
        for entry in mem::take(&mut self.said) {
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
            log.events.push(Event {
                time: entry.time.and_then(|it| self.clock.meant(it)),
                ..entry.event
            });
        }
        let reports = self.reports(&servers);
        if servers.is_empty() && reports.is_empty() && nobody.is_some() {
            return Err(LogError::NoServer(path));
        }
        self.source.sids = servers.keys().chain(reports.keys()).copied().collect();
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
            reports,
            voters: self.voters,
            unclear: self.unclear,
        })
    }

    /// What each server complained of. Whoever does not say its name is the file's only server.
    fn reports(&mut self, servers: &BTreeMap<Sid, Log>) -> BTreeMap<Sid, Report> {
        let mut reports: BTreeMap<Sid, Report> = BTreeMap::new();
        let named = self.complaints.iter().filter_map(|it| it.sid);
        let sids: BTreeSet<Sid> = servers.keys().copied().chain(named).collect();
        let only = sids.first().copied().filter(|_| sids.len() == 1);
        for it in mem::take(&mut self.complaints) {
            if let Some(sid) = it.sid.or(only) {
                reports.entry(sid).or_default().complaints.push(Complaint {
                    time: it.time.and_then(|it| self.clock.meant(it)),
                    ..it.complaint
                });
            }
        }
        let last = self.heads.all().filter_map(|head| {
            let at = Place {
                file: self.file,
                line: head.line,
            };
            let time = head.time(self.clock)?;
            Some((
                layout::server(&head.text).map(Sid).or(only)?,
                Last { time, at },
            ))
        });
        for (sid, last) in last.filter(|it| sids.contains(&it.0)) {
            let report = reports.entry(sid).or_default();
            report.last = report.last.max(Some(last));
        }
        reports
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
