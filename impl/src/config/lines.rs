//! The lines of a text that describe the ensemble, on their way to a [`DynamicConfig`].

use super::dynamic::{ConfigVersion, DynamicConfig};
use super::error::{ConfigErrors, Report};
use super::host::java_split;
use super::problem::{Problem, Severity};
use super::properties::{Entry, entries};
use super::rules::Rules;
use super::server::ServerSpec;
use super::slip::{self, Slip};
use crate::id::Sid;
use crate::learner_type::LearnerType;
use crate::quorum::{Group, QuorumError};
use std::collections::{BTreeMap, BTreeSet};

/// What a second line with the same key means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Duplicates {
    /// It replaces the first, as for ZooKeeper: a peer's text.
    LastCounts,
    /// It replaces the first, and is told: a file that somebody wrote.
    Told,
}

/// Lines of an ensemble, each subject once, in the order of the text.
#[derive(Default)]
pub(super) struct EnsembleLines {
    entries: Vec<Option<(Subject, Entry)>>,
    places: BTreeMap<Subject, usize>,
    /// The version that stands outside the text.
    version: ConfigVersion,
    /// Whether a line was left out because its key is wrong.
    incomplete: bool,
    /// Whether somebody wrote the text, for 3.8: newer peers may say more.
    is_file: bool,
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Subject {
    Server(Sid),
    Group(i64),
    Weight(Sid),
    Version,
}

impl DynamicConfig {
    /// Reads an ensemble. The version is optional and 0 without one; of two lines with one key the
    /// later counts, as for ZooKeeper.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str, rules: Rules) -> Result<Self, ConfigErrors> {
        let mut found = Report::default();
        let lines = EnsembleLines::read(text, Duplicates::LastCounts, &mut found);
        let config = lines.build(rules, &mut found);
        let mut report = Report::default();
        report.absorb(found, None);
        report.finish(config).map(|parsed| parsed.value)
    }
}

impl EnsembleLines {
    pub(super) fn new(duplicates: Duplicates) -> Self {
        Self {
            is_file: duplicates == Duplicates::Told,
            ..Self::default()
        }
    }

    /// Reads a text that holds nothing but an ensemble.
    pub(super) fn read(text: &str, duplicates: Duplicates, report: &mut Report) -> Self {
        let mut lines = Self::new(duplicates);
        for entry in entries(text) {
            match entry {
                Ok(entry) => lines.add(entry, duplicates, report),
                Err(malformed) => report.add(Some(malformed.line), None, Problem::MalformedEscape),
            }
        }
        lines
    }

    /// Reads a dynamic file, whose version is in its name.
    pub(super) fn read_file(text: &str, version: ConfigVersion, report: &mut Report) -> Self {
        let mut lines = Self::read(text, Duplicates::Told, report);
        lines.version = version;
        if let Some((_, entry)) = lines.take(Subject::Version) {
            report.add(Some(entry.line), Some(&entry.key), Problem::VersionInside);
        }
        lines
    }

    /// Whether the text has lines, and all of them describe an ensemble.
    pub(super) fn are_all(text: &str) -> bool {
        let mut entries = entries(text).peekable();
        entries.peek().is_some()
            && entries.all(|entry| entry.is_ok_and(|entry| Self::owns(&entry.key)))
    }

    /// Whether the key is one that describes an ensemble.
    pub(super) fn owns(key: &str) -> bool {
        key == "version" || Self::names_member(key)
    }

    /// Whether the key is one that must stand in the dynamic file if there is one.
    pub(super) fn names_member(key: &str) -> bool {
        ["server.", "group.", "weight."]
            .iter()
            .any(|kind| key.starts_with(kind))
    }

    pub(super) fn add(&mut self, entry: Entry, duplicates: Duplicates, report: &mut Report) {
        let subject = match Subject::of(&entry.key) {
            Ok(subject) => subject,
            Err(problem) => {
                self.incomplete = true;
                let problem = slip::in_value(&entry).map_or(problem, Problem::Slip);
                return report.add(Some(entry.line), Some(&entry.key), problem);
            }
        };
        if let Some((_, first)) = self.take(subject)
            && duplicates == Duplicates::Told
        {
            let first = first.line;
            report.add(
                Some(entry.line),
                Some(&entry.key),
                Problem::DuplicateKey { first },
            );
        }
        self.places.insert(subject, self.entries.len());
        self.entries.push(Some((subject, entry)));
    }

    fn take(&mut self, subject: Subject) -> Option<(Subject, Entry)> {
        let place = self.places.remove(&subject)?;
        self.entries.get_mut(place)?.take()
    }

    /// The line on which a server stands.
    pub(super) fn line_of(&self, sid: Sid) -> Option<usize> {
        self.entry(Subject::Server(sid)).map(|entry| entry.line)
    }

    /// Whether nothing names a server, so that the file is a standalone server's.
    fn is_standalone(&self, rules: Rules) -> bool {
        let mut subjects = self.places.keys();
        self.is_file
            && rules.standalone_enabled
            && !self.incomplete
            && !subjects.any(|subject| matches!(subject, Subject::Server(_)))
    }

    /// Every line, in the order of the text.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten().map(|(_, entry)| entry)
    }

    fn entry(&self, subject: Subject) -> Option<&Entry> {
        let &place = self.places.get(&subject)?;
        self.entries.get(place)?.as_ref().map(|(_, entry)| entry)
    }

    /// The ensemble, unless something is wrong with it.
    pub(super) fn build(&self, rules: Rules, report: &mut Report) -> Option<DynamicConfig> {
        let mut read = Members::default();
        let (mut complete, mut readable) = (true, true);
        for (subject, entry) in self.entries.iter().flatten() {
            let mut problems = Vec::new();
            read.add(*subject, &entry.value, rules, &mut problems);
            let is_server = matches!(subject, Subject::Server(_));
            if self.is_file && is_server && ServerSpec::has_second_semicolon(&entry.value) {
                problems = vec![Problem::SecondSemicolon(entry.value.clone())];
            }
            complete &= problems.is_empty();
            readable &= problems.iter().all(|it| it.severity() != Severity::Error);
            for problem in explain(entry, problems) {
                report.add(Some(entry.line), Some(&entry.key), problem);
            }
        }
        // What follows from lines that could not be read would only confuse.
        let is_standalone = self.is_standalone(rules);
        if is_standalone {
            report.add(None, None, Problem::Standalone);
        }
        let sound = readable
            && (is_standalone || self.check_roles(&read, rules, report))
            && self.check_groups(&read, report);
        if is_standalone || !(sound && complete) {
            return None;
        }
        let version = read.version.unwrap_or(self.version);
        DynamicConfig::assemble(read.servers, &read.groups, read.weights, version)
            .map_err(|error| self.report_quorum(error, report))
            .ok()
    }

    fn check_roles(&self, read: &Members, rules: Rules, report: &mut Report) -> bool {
        let voters = read.voters().count();
        let problem = if voters == 0 {
            Problem::NoVoters
        } else if voters == 1 && read.roles.len() > 1 && rules.standalone_enabled {
            Problem::ObserversOfStandalone
        } else {
            return true;
        };
        report.add(None, None, problem);
        false
    }

    /// Reports everything wrong with the groups at once;
    /// [`QuorumVerifier`](crate::quorum::QuorumVerifier) would stop at the first.
    fn check_groups(&self, read: &Members, report: &mut Report) -> bool {
        if read.groups.is_empty() && read.weights.is_empty() {
            return true;
        }
        let weighted: BTreeSet<Sid> = read
            .voters()
            .chain(read.weights.iter().map(|&(sid, _)| sid))
            .collect();
        let mut seated = BTreeSet::new();
        let mut sound = true;
        for group in &read.groups {
            let line = self.entry(Subject::Group(group.id));
            for &sid in &group.members {
                let error = if !seated.insert(sid) {
                    QuorumError::InTwoGroups(sid)
                } else if !weighted.contains(&sid) {
                    let group = group.id;
                    QuorumError::WithoutWeight { group, sid }
                } else {
                    continue;
                };
                report_at(line, Problem::Quorum(error), report);
                sound = false;
            }
        }
        for sid in read.voters().filter(|sid| !seated.contains(sid)) {
            self.report_quorum(QuorumError::InNoGroup(sid), report);
            sound = false;
        }
        sound
    }

    fn report_quorum(&self, error: QuorumError, report: &mut Report) {
        let subject = match error {
            QuorumError::InNoGroup(sid) | QuorumError::InTwoGroups(sid) => Subject::Server(sid),
            QuorumError::WithoutWeight { group, .. } | QuorumError::TooHeavy(group) => {
                Subject::Group(group)
            }
        };
        report_at(self.entry(subject), Problem::Quorum(error), report);
    }
}

/// The slip that led to a line's problems instead of them, or that leads to none.
fn explain(entry: &Entry, problems: Vec<Problem>) -> Vec<Problem> {
    let blank = || slip::ends_blank(&entry.value).then_some(Slip::Blanks);
    let refused = problems
        .iter()
        .any(|problem| problem.severity() == Severity::Error);
    match slip::in_value(entry) {
        Some(slip) if problems.is_empty() => vec![Problem::Suspicious(slip)],
        Some(slip) if refused => vec![Problem::Slip(slip)],
        None if refused => blank().map_or(problems, |blanks| vec![Problem::Slip(blanks)]),
        slip => slip
            .map(Problem::Suspicious)
            .into_iter()
            .chain(problems)
            .collect(),
    }
}

/// What the lines say, in the order of the text.
#[derive(Default)]
struct Members {
    /// Also of those that ZooKeeper takes and this crate cannot.
    roles: Vec<(Sid, LearnerType)>,
    servers: Vec<ServerSpec>,
    groups: Vec<Group>,
    weights: Vec<(Sid, u64)>,
    version: Option<ConfigVersion>,
}

impl Members {
    fn voters(&self) -> impl Iterator<Item = Sid> {
        let voters = self.roles.iter();
        voters
            .filter(|(_, role)| *role == LearnerType::Participant)
            .map(|(sid, _)| *sid)
    }

    fn add(&mut self, subject: Subject, value: &str, rules: Rules, problems: &mut Vec<Problem>) {
        match subject {
            Subject::Server(sid) => {
                let (role, server) = ServerSpec::parse(sid, value, rules, problems);
                self.roles.push((sid, role));
                self.servers.extend(server);
            }
            Subject::Group(id) => self.groups.push(group(id, value, problems)),
            Subject::Weight(sid) => {
                let weight = parse_weight(value).map_err(|problem| problems.push(problem));
                self.weights.push((sid, weight.unwrap_or(0)));
            }
            Subject::Version => {
                self.version = parse_version(value);
                if self.version.is_none() {
                    problems.push(Problem::BadVersion(value.to_owned()));
                }
            }
        }
    }
}

fn report_at(entry: Option<&Entry>, problem: Problem, report: &mut Report) {
    report.add(
        entry.map(|entry| entry.line),
        entry.map(|entry| entry.key.as_str()),
        problem,
    );
}

impl Subject {
    fn of(key: &str) -> Result<Self, Problem> {
        let number = |text: &str| -> Result<i64, Problem> {
            text.parse().map_err(|_| Problem::NotAnId(text.to_owned()))
        };
        match key.split_once('.') {
            Some(("server", id)) => Ok(Self::Server(Sid(number(id)?))),
            Some(("group", id)) => Ok(Self::Group(number(id)?)),
            Some(("weight", id)) => Ok(Self::Weight(Sid(number(id)?))),
            _ if key == "version" => Ok(Self::Version),
            _ => Err(Problem::NotAnEnsembleKey),
        }
    }
}

fn group(id: i64, value: &str, problems: &mut Vec<Problem>) -> Group {
    let mut members = Vec::new();
    for member in java_split(value, ':') {
        match member.parse() {
            Ok(sid) => members.push(Sid(sid)),
            Err(_) => problems.push(Problem::NotAnId(member.to_owned())),
        }
    }
    Group { id, members }
}

fn parse_weight(value: &str) -> Result<u64, Problem> {
    let weight: Result<i64, _> = value.parse();
    let weight = weight.map_err(|_| Problem::BadWeight(value.to_owned()))?;
    u64::try_from(weight).map_err(|_| Problem::NegativeWeight(value.to_owned()))
}

/// A version as `Long.parseLong(…, 16)` reads it, signed hexadecimal, or as ZooKeeper prints a
/// negative one, which it cannot read.
pub(super) fn parse_version(text: &str) -> Option<ConfigVersion> {
    let signed = i64::from_str_radix(text, 16).ok();
    let version = signed.or_else(|| u64::from_str_radix(text, 16).ok().map(u64::cast_signed));
    version.map(ConfigVersion)
}
