//! The servers at one moment, and what is wrong with them: as a page, as the lines in which it
//! differs from the moment before, and as JSON.

use super::findings::{Finding, Severity, findings};
use super::row::{Row, State};
use crate::watch::answer::Nothing;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct Picture {
    /// Since the start.
    at: Duration,
    rows: Vec<Row>,
    /// When each row came into its state.
    since: Vec<Duration>,
    findings: Vec<Finding>,
}

/// How much fits on a terminal, in letters and lines.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Picture {
    /// The servers as they have answered just now, in the same order as before.
    pub(super) fn new(at: Duration, rows: Vec<Row>, before: Option<&Self>) -> Self {
        let Some(before) = before else {
            return Self {
                at,
                since: vec![at; rows.len()],
                findings: findings(&rows),
                rows,
            };
        };
        let rows = rows.into_iter().zip(&before.rows);
        let rows: Vec<Row> = rows.map(|(row, old)| row.remembering(old)).collect();
        let known = before.rows.iter().zip(&before.since);
        let since = rows.iter().zip(known).map(|(row, (old, since))| {
            let is_same = row.state == old.state && row.leader == old.leader;
            if is_same { *since } else { at }
        });
        Self {
            at,
            since: since.collect(),
            findings: findings(&rows),
            rows,
        }
    }

    /// How many findings say that something is wrong.
    pub(super) fn wrong(&self) -> usize {
        let wrong = |finding: &&Finding| finding.severity == Severity::Wrong;
        self.findings.iter().filter(wrong).count()
    }

    /// The verdict, which is seen however low the terminal is, the table and the findings.
    pub(super) fn page(&self, size: Option<Size>) -> String {
        let width = size.map(|size| size.width);
        let mut lines = vec![self.summary()];
        lines.extend(self.table(width));
        for finding in &self.findings {
            let text = finding.to_string();
            match width {
                Some(width) => {
                    let options = textwrap::Options::new(width).subsequent_indent("  ");
                    let wrapped = textwrap::wrap(&text, options);
                    lines.extend(wrapped.into_iter().map(String::from));
                }
                None => lines.push(text),
            }
        }
        if let Some(Size { width, height }) = size {
            // The cursor takes a line, too.
            let room = height.saturating_sub(1).max(1);
            if lines.len() > room {
                lines.truncate(room - 1);
                lines.push("… and more than fits here".to_owned());
            }
            for line in &mut lines {
                *line = line.chars().take(width).collect();
            }
        }
        lines.join("\n") + "\n"
    }

    fn summary(&self) -> String {
        let answering = self.rows.iter().filter(|row| row.answers()).count();
        let leaders = self.rows.iter().filter(|row| row.state == State::Leading);
        let leaders: Vec<String> = leaders.map(Row::name).collect();
        let leads = match leaders.len() {
            0 => String::new(),
            1 => format!("; {} leads", leaders[0]),
            _ => format!("; {} lead", leaders.join(", ")),
        };
        let verdict = match self.wrong() {
            0 => "all is well".to_owned(),
            wrong => format!("wrong: {wrong}"),
        };
        format!(
            "{answering} of {} answer{leads}; {verdict}",
            self.rows.len()
        )
    }

    fn table(&self, width: Option<usize>) -> Vec<String> {
        let times = self
            .since
            .iter()
            .map(|since| age(self.at.saturating_sub(*since)));
        let cells = self
            .rows
            .iter()
            .zip(times)
            .map(|(row, time)| cells(row, time));
        let cells: Vec<[String; TITLES.len()]> = cells.collect();
        let mut columns: Vec<Vec<&str>> = (0..TITLES.len())
            .map(|column| cells.iter().map(|row| row[column].as_str()).collect())
            .collect();
        for (column, title) in columns.iter_mut().zip(TITLES) {
            if column.iter().all(|cell| cell.is_empty()) {
                column.clear();
            } else {
                column.insert(0, title);
            }
        }
        for spare in SPARE {
            if width.is_some_and(|width| breadth(&columns) > width) {
                columns[spare].clear();
            }
        }
        columns.retain(|column| !column.is_empty());
        (0..=self.rows.len())
            .map(|line| laid_out(&columns, line))
            .collect()
    }

    /// In what it differs from the moment before, a line each.
    pub(super) fn changes(&self, before: Option<&Self>) -> String {
        let empty: &[Finding] = &[];
        let old = before.map_or(empty, |before| &before.findings);
        let over = old
            .iter()
            .filter(|finding| !self.findings.contains(finding));
        let mut lines: Vec<String> = over.map(|it| format!("over: {}", it.text)).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let headline = headline(row);
            let last = before.and_then(|before| before.rows.get(index));
            if last.map(self::headline).as_ref() != Some(&headline) {
                lines.push(headline);
            }
        }
        let new = self
            .findings
            .iter()
            .filter(|finding| !old.contains(finding));
        lines.extend(new.map(Finding::to_string));
        lines.join("\n")
    }

    /// All that the page says, and more exactly.
    pub(super) fn json(&self) -> Value {
        let rows = self.rows.iter().zip(&self.since);
        let servers = rows.map(|(row, since)| {
            json!({
                "address": row.address.to_string(),
                "kind": row.kind.map(|kind| kind.word()),
                "version": row.version,
                "sid": row.sid,
                "state": row.state.word(),
                "reason": reason(&row.state),
                "leader": row.leader,
                "epoch": row.epoch,
                "zxid": row.zxid.map(|zxid| zxid.to_string()),
                "synced_followers": row.synced,
                "voters": row.voter_count(),
                "seconds_in_state": self.at.saturating_sub(*since).as_secs(),
            })
        });
        json!({
            "seconds": self.at.as_secs_f64(),
            "well": self.wrong() == 0,
            "servers": servers.collect::<Vec<_>>(),
            "findings": self.findings,
        })
    }
}

const TITLES: [&str; 8] = [
    "address", "server", "sid", "state", "epoch", "zxid", "synced", "since",
];

/// What is left out first where the table is too wide: the zxid tells the epoch, too.
const SPARE: [usize; 3] = [4, 7, 1];

/// A row of the table.
fn cells(row: &Row, time: String) -> [String; TITLES.len()] {
    let text = |number: Option<i64>| number.map_or(String::new(), |it| it.to_string());
    let synced = match (row.synced, row.voter_count()) {
        (Some(synced), Some(voters)) => format!("{synced}/{}", voters.saturating_sub(1)),
        (Some(synced), None) => synced.to_string(),
        (None, _) => String::new(),
    };
    [
        row.address.to_string(),
        server(row),
        text(row.sid),
        state(row),
        text(row.epoch),
        row.zxid.map_or(String::new(), |zxid| zxid.to_string()),
        synced,
        time,
    ]
}

/// Kind and version.
fn server(row: &Row) -> String {
    let version = row.version.as_deref().unwrap_or_default();
    let kind = row.kind.map_or("", |kind| kind.word());
    format!("{kind} {version}").trim().to_owned()
}

/// The state, and whom it follows.
fn state(row: &Row) -> String {
    let word = row.state.word();
    match (&row.state, row.leader) {
        (State::Following | State::Observing | State::Establishing, Some(leader)) => {
            format!("{word} {leader}")
        }
        _ => word.to_owned(),
    }
}

/// A server in a line, without what changes at every moment.
fn headline(row: &Row) -> String {
    let server = match server(row) {
        server if server.is_empty() => String::new(),
        server => format!("{server}, "),
    };
    let epoch = match row.epoch {
        Some(epoch) => format!(" in epoch {epoch}"),
        None => String::new(),
    };
    format!("{}: {server}{}{epoch}", row.name(), state(row))
}

/// Why there is no answer.
fn reason(state: &State) -> Option<String> {
    let State::Unreachable(why) = state else {
        return None;
    };
    Some(match why {
        Nothing::Unresolved(error) => format!("unresolved: {error}"),
        Nothing::Refused => "refused".to_owned(),
        Nothing::Unconnected => "no connection in time".to_owned(),
        Nothing::Silent => "no answer in time".to_owned(),
        Nothing::Closed => "closed".to_owned(),
        Nothing::Failed(error) => error.clone(),
    })
}

/// How long something lasts, roughly.
fn age(time: Duration) -> String {
    match time.as_secs() {
        // It was seen for the first time just now.
        0 => String::new(),
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86400),
    }
}

fn letters(column: &[&str]) -> usize {
    let letters = column.iter().map(|cell| cell.chars().count());
    letters.max().unwrap_or_default()
}

const GAP: usize = 2;

fn breadth(columns: &[Vec<&str>]) -> usize {
    let shown = columns.iter().filter(|column| !column.is_empty());
    shown
        .map(|column| letters(column) + GAP)
        .sum::<usize>()
        .saturating_sub(GAP)
}

fn laid_out(columns: &[Vec<&str>], line: usize) -> String {
    let cells = columns.iter().map(|column| {
        let width = letters(column) + GAP;
        format!("{:<width$}", column[line])
    });
    cells.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests;
